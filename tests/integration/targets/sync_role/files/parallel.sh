#!/usr/bin/env bash
# Two runs of the full sequence at once; their output, one after the other. Usage: parallel.sh PYTHON FOLDER
set -u
# Which of the two does the work is settled by lot: their results are not recorded for the comparison of the two ways.
unset ANSIBLE_CONFIG
"$1" "$(dirname "$1")/ansible-playbook" activeprolearn.toolsync.full_sync --extra-vars "@$2/first.json" > "$2/first.log" 2>&1 &
first=$!
"$1" "$(dirname "$1")/ansible-playbook" activeprolearn.toolsync.full_sync --extra-vars "@$2/second.json" > "$2/second.log" 2>&1 &
second=$!
wait "$first"
status=$?
wait "$second" || status=$?
cat "$2/first.log" "$2/second.log"
exit "$status"

#!/usr/bin/env bash
# Everything CI checks, part after part; goes on after a failure and closes with one line over all parts.
# Usage: scripts/test.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
export RESULTS=$ROOT/.cache/results
rm -rf "$RESULTS"
mkdir -p "$RESULTS"

part() { "$ROOT/scripts/$1.sh" "${@:2}" || note "$1" "scripts/$*" failed 0; }

part lint
part unit unit -n 2
TOOLSYNC_TEST_MOODLE=5.1 part unit unit -n 2
part unit contract -n 2
part unit fuzz
part unit truth -n 2
part unit role -n 2
part unit docs -n 2
part docs
# The cells wait for time-outs more than they compute.
part unit faults -n 6
part unit secrets
part unit runner -n 2 --dist loadfile
part sanity
part integration
part build
part sanity --newest
TOOLSYNC_TEST_MOODLE=5.1 part integration --newest toolsync_config toolsync_enrol sync_role
part integration --oldest toolsync_config toolsync_enrol sync_role
log "summary"
py scripts/summary.py "$RESULTS"

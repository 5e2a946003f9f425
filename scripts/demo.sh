#!/usr/bin/env bash
# The demonstration: a practice Moodle on a free port, and playbooks/demo.yml against it. Everything goes when it ends.
# Usage: scripts/demo.sh [ansible-playbook's arguments]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOM/checkout"
token=$(py -c 'import secrets; print(secrets.token_hex(16))')
background "$VENV/bin/python" -m tests.simulator --port 0 --token "$token" --data "$ROOM/practice.sqlite" > "$ROOM/practice.log" 2>&1
for _ in $(seq 100); do
  url=$(grep -oE -m1 'https?://[^[:space:]]+' "$ROOM/practice.log") && break
  kill -0 "${PIDS[0]}" 2>/dev/null || break
  sleep 0.1
done
[ -n "${url:-}" ] || { echo "The practice Moodle did not start:" >&2; cat "$ROOM/practice.log" >&2; exit 1; }
echo "The practice Moodle listens on $url"

export TOOLSYNC_URL=$url TOOLSYNC_TOKEN=$token ANSIBLE_HOME=$ROOM/ansible ANSIBLE_LOCALHOST_WARNING=false \
  ANSIBLE_INVENTORY_UNPARSED_WARNING=false

sync() {
  local run=$1
  shift
  background "$VENV/bin/python" "$VENV/bin/ansible-playbook" "$NAMESPACE.$NAME.demo" --extra-vars "sync_state_file=$ROOM/state.json \
    sync_lock_file=$ROOM/lock sync_report_dir=$ROOM/report sync_report_name=$run" "$@"
  wait $!
}

log "the first run"
sync first "$@"
log "the second run: the same files again"
sync second "$@"

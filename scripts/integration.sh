#!/usr/bin/env bash
# The integration targets, against practice Moodles that the targets start themselves.
# Usage: scripts/integration.sh [--oldest|--newest] [TARGET...]   (no target: all of them)
# TOOLSYNC_TEST_MOODLE: the version that the practice Moodles play, if not their default.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# settings [LINE...]: what ansible-test gives to every target, which it starts without our environment.
settings() {
  printf '%s\n' --- ${TOOLSYNC_TEST_MOODLE:+"setup_practice_moodle: '$TOOLSYNC_TEST_MOODLE'"} "$@" > tests/integration/integration_config.yml
}

# A target counts as one. ansible-test says which ones failed; in its JUnit files a rescued task would be a failure too.
integration() { # PART VENV [TARGET...]
  local part=$1 environment=$2 status=0 failed target
  shift 2
  log "$part: $(core_version "$environment")"
  rm -rf tests/output
  ansible_test "$environment" integration --continue-on-error "$@" || status=$?
  failed=$(sed '1,/^FATAL: The .* integration test(s) listed below/d' "$ROOM/ansible-test.log")
  while read -r target; do
    if grep -qx "$target" <<< "$failed"; then note "$part" "$target" failed 0; else note "$part" "$target" passed 0; fi
  done < <(sed -nE 's/^Running (\S+) integration test (role|script)$/\1/p' "$ROOM/ansible-test.log")
  if [ "$status" != 0 ] && [ -z "$failed" ]; then note "$part" "ansible-test (exit status $status)" failed 0; fi
}

# both_ways TARGET...: the targets with all tasks inside the controller, then as modules, and whether the results were the same.
both_ways() {
  local way python tree=$PWD
  mkdir -p "$ROOM/ways/bin"
  # Another path to the same Python: what is not the controller's own is started as a module.
  ln -s "$(py -c 'import os, sys; print(os.path.realpath(sys.executable))')" "$ROOM/ways/bin/python"
  cp "$VENV/pyvenv.cfg" "$ROOM/ways/"
  ln -s "$VENV/lib" "$ROOM/ways/lib"
  for way in inside module; do
    if [ "$way" = inside ]; then python="{{ ansible_playbook_python }}"; else python=$ROOM/ways/bin/python; fi
    settings "ansible_python_interpreter: \"$python\""
    printf '[defaults]\ncallback_plugins = %s\n[every_result]\npath = %s\n' \
      "$tree/tests/secrets/plugins" "$ROOM/$way.jsonl" > tests/integration/integration.cfg
    integration "integration-$way" "$VENV" "$@"
  done
  check integration "both ways say the same" py "$ROOT/scripts/same_results.py" "$ROOM/inside.jsonl" "$ROOM/module.jsonl"
}

which=base
case ${1:-} in --oldest | --newest) which=${1#--}; shift ;; esac
if ! command -v ssh-keygen >/dev/null; then
  skip "integration-$which" "ansible-test integration" "it needs ssh-keygen, which is not there"
  verdict
  exit
fi
cd "$(copy_tree)"
case $which in
  base)
    both_ways "$@"
    ;;
  oldest)
    if python=$(find_python 3.11 || find_python 3.10 || find_python 3.12); then
      second=$(second_venv oldest "$python" 'ansible-core~=2.16.0')
      settings
      integration integration-oldest "$second" "$@"
    else
      skip integration-oldest "ansible-core 2.16" "no Python 3.10 to 3.12 here"
    fi
    ;;
  newest)
    if python=$(find_python 3.13 || find_python 3.12); then
      second=$(second_venv newest "$python" 'ansible-core~=2.21.0')
      settings
      integration integration-newest "$second" "$@"
    else
      skip integration-newest "ansible-core 2.21" "no Python 3.12 or 3.13 here"
    fi
    ;;
esac
verdict

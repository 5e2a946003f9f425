#!/usr/bin/env bash
# ansible-test sanity: with .venv's ansible-core, and with the newest one where a Python for it is found.
# Usage: scripts/sanity.sh [--newest] [ansible-test sanity's arguments, such as a test or a file]
set -euo pipefail
. "$(dirname "$0")/lib.sh"

sanity() { # PART VENV ARGUMENT...
  local part=$1 environment=$2 status=0
  shift 2
  rm -rf tests/output
  ansible_test "$environment" sanity --junit "$@" || status=$?
  find tests/output/junit -name '*.xml' -exec cp {} "$RESULTS/$part/" \;
  return "$status"
}

newest=''
if [ "${1:-}" = --newest ]; then newest=yes; shift; fi
cd "$(copy_tree)"
if [ -z "$newest" ]; then
  # Compile and import with every Python that plugins promise to run on and that is there.
  for version in 3.9 3.10 3.11 3.12 3.13; do
    if python=$(find_python "$version"); then EXTRA_PATH+=:$(dirname "$python"); fi
  done
  suite sanity "$(core_version "$VENV")" sanity sanity "$VENV" "$@"
elif python=$(find_python 3.13 || find_python 3.12); then
  second=$(second_venv newest "$python" 'ansible-core~=2.21.0')
  suite sanity-newest "$(core_version "$second")" sanity sanity-newest "$second" "$@"
else
  skip sanity-newest "ansible-core 2.21" "no Python 3.12 or 3.13 here"
fi
verdict

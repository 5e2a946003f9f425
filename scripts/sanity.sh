#!/usr/bin/env bash
# ansible-test sanity: with .venv's ansible-core, and with the newest one where a Python for it is found.
# Usage: scripts/sanity.sh [--newest] [ansible-test sanity's arguments, such as a test or a file]
. "$(dirname "$0")/lib.sh"

sanity() { # PART VENV ARGUMENT...
  local part=$1 venv=$2
  shift 2
  rm -rf tests/output
  ansible_test "$venv" sanity --junit "$@"
  mkdir -p "$RESULTS/$part"
  cp tests/output/junit/*.xml "$RESULTS/$part/"
}

newest=''
if [ "${1:-}" = --newest ]; then newest=yes; shift; fi
cd "$(copy_tree)"
# The oldest Python that the plugins promise, for compile and import, where there is one.
if old=$(find_python 3.9); then EXTRA_PATH=$(dirname "$old"); fi
if [ -z "$newest" ]; then
  check sanity "$("$VENV/bin/ansible-test" --version)" sanity sanity "$VENV" "$@"
elif python=$(find_python 3.13 || find_python 3.12); then
  venv=$(second_venv newest "$python" 'ansible-core~=2.21.0' 'requests>=2.28' 'aiohttp>=3.10,<4')
  check sanity-newest "$("$venv/bin/ansible-test" --version)" sanity sanity-newest "$venv" "$@"
else
  skip sanity-newest "ansible-core 2.21" "no Python 3.12 or 3.13 here"
fi
verdict

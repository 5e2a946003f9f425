#!/usr/bin/env bash
# The integration targets, against practice Moodles that the targets start themselves.
# Usage: scripts/integration.sh [--oldest|--newest] [TARGET...]   (no target: all of them)
. "$(dirname "$0")/lib.sh"

integration() { # PART VENV ARGUMENT...
  local part=$1 venv=$2 status=0
  shift 2
  rm -rf tests/output
  ansible_test "$venv" integration --continue-on-error "$@" || status=$?
  mkdir -p "$RESULTS/$part"
  cp tests/output/junit/*.xml "$RESULTS/$part/"
  return "$status"
}

which=base
case ${1:-} in --oldest | --newest) which=${1#--}; shift ;; esac
cd "$(copy_tree)"
tools=('requests>=2.28' 'aiohttp>=3.10,<4')
case $which in
  base)
    check integration "$("$VENV/bin/ansible-test" --version)" integration integration "$VENV" "$@"
    ;;
  oldest)
    if python=$(find_python 3.11 || find_python 3.10 || find_python 3.12); then
      venv=$(second_venv oldest "$python" 'ansible-core~=2.16.0' "${tools[@]}")
      check integration-oldest "$("$venv/bin/ansible-test" --version)" integration integration-oldest "$venv" "$@"
    else
      skip integration-oldest "ansible-core 2.16" "no Python 3.10 to 3.12 here"
    fi
    ;;
  newest)
    if python=$(find_python 3.13 || find_python 3.12); then
      venv=$(second_venv newest "$python" 'ansible-core~=2.21.0' "${tools[@]}")
      check integration-newest "$("$venv/bin/ansible-test" --version)" integration integration-newest "$venv" "$@"
    else
      skip integration-newest "ansible-core 2.21" "no Python 3.12 or 3.13 here"
    fi
    ;;
esac
verdict

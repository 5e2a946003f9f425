#!/usr/bin/env bash
# The integration targets, against practice Moodles that the targets start themselves.
# Usage: scripts/integration.sh [--oldest|--newest] [TARGET...]   (no target: all of them)
set -euo pipefail
. "$(dirname "$0")/lib.sh"

integration() { # PART VENV ARGUMENT...
  local part=$1 environment=$2 status=0
  shift 2
  rm -rf tests/output
  ansible_test "$environment" integration --continue-on-error "$@" || status=$?
  keep_junit "$part"
  return "$status"
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
    suite integration "$(core_version "$VENV")" integration integration "$VENV" "$@"
    ;;
  oldest)
    if python=$(find_python 3.11 || find_python 3.10 || find_python 3.12); then
      second=$(second_venv oldest "$python" 'ansible-core~=2.16.0')
      suite integration-oldest "$(core_version "$second")" integration integration-oldest "$second" "$@"
    else
      skip integration-oldest "ansible-core 2.16" "no Python 3.10 to 3.12 here"
    fi
    ;;
  newest)
    if python=$(find_python 3.13 || find_python 3.12); then
      second=$(second_venv newest "$python" 'ansible-core~=2.21.0')
      suite integration-newest "$(core_version "$second")" integration integration-newest "$second" "$@"
    else
      skip integration-newest "ansible-core 2.21" "no Python 3.12 or 3.13 here"
    fi
    ;;
esac
verdict

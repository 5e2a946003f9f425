#!/usr/bin/env bash
# Plain pytest over one folder of tests.
# Usage: scripts/unit.sh unit|contract|fuzz [PYTEST ARGUMENT...]
. "$(dirname "$0")/lib.sh"
part=$1
shift
if ls "$ROOT/tests/$part"/test_*.py "$ROOT/tests/$part"/*/test_*.py >/dev/null 2>&1; then
  log "$part"
  # pytest's own failures are in its JUnit file; what keeps it from running at all must count too.
  status=0
  run_pytest "$part" -q "tests/$part" "$@" || status=$?
  [ "$status" -le 1 ] || note "$part" "pytest (exit status $status)" failed 0
else
  skip "$part" "tests/$part" "no tests there"
fi
verdict

#!/usr/bin/env bash
# Plain pytest over one folder of tests.
# Usage: scripts/unit.sh unit|contract|fuzz|secrets|runner [PYTEST ARGUMENT...]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
part=$1
shift
cd "$ROOM/checkout"
if find "tests/$part" -name 'test_*.py' 2>/dev/null | grep -q .; then
  suite "$part" pytest py -m pytest -q --junit-xml="$RESULTS/$part/pytest.xml" "tests/$part" "$@"
else
  skip "$part" "tests/$part" "no tests there"
fi
verdict

#!/usr/bin/env bash
# Plain pytest over one folder of tests.
# Usage: scripts/unit.sh unit|contract|fuzz|truth|role|secrets|runner [PYTEST ARGUMENT...]
# TOOLSYNC_TEST_MOODLE: the version that the practice Moodle plays, if not its default.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
part=$1
label=$part${TOOLSYNC_TEST_MOODLE:+-$TOOLSYNC_TEST_MOODLE}
shift
cd "$ROOM/checkout"
if find "tests/$part" -name 'test_*.py' 2>/dev/null | grep -q .; then
  suite "$label" pytest py -m pytest -q --junit-xml="$RESULTS/$label/pytest.xml" "tests/$part" "$@"
else
  skip "$label" "tests/$part" "no tests there"
fi
verdict

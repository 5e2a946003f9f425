#!/usr/bin/env bash
# Plain pytest over one folder of tests.
# Usage: scripts/unit.sh unit|contract|fuzz|truth|role|docs|faults|secrets|runner [PYTEST ARGUMENT...]
# TOOLSYNC_TEST_MOODLE: the version that the practice Moodle plays, if not its default.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
part=$1
label=$part${TOOLSYNC_TEST_MOODLE:+-$TOOLSYNC_TEST_MOODLE}
shift
cd "$ROOM/checkout"
suite "$label" pytest py -m pytest -q --junit-xml="$RESULTS/$label/pytest.xml" "tests/$part" "$@"
verdict

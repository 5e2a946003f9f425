#!/usr/bin/env bash
# The fault matrix: every call of every task times every fault, and tasks that are killed at any point. Prints the matrix.
# Usage: scripts/faults.sh [PYTEST ARGUMENT...]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOM/checkout"
# The cells wait for time-outs more than they compute.
suite faults pytest py -m pytest -q -n 6 --junit-xml="$RESULTS/faults/pytest.xml" tests/faults "$@"
verdict

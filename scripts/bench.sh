#!/usr/bin/env bash
# Speed, beside what one would use instead: prints a table and writes .cache/bench.json. Not a part of the tests: it wants an idle machine.
# Usage: scripts/bench.sh [NAME ...]   (task, enrol_1000, enrol_10000, unchanged, growth, sequence, sites, upload, csv)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOM/checkout"
py -m tests.bench.bench "$@"

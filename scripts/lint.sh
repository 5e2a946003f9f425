#!/usr/bin/env bash
# Style and documentation: yamllint, ruff, shellcheck, ansible-lint, antsibull-docs, antsibull-changelog.
# Usage: scripts/lint.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOM/checkout"
PATH=$VENV/bin:$PATH
export HOME=$ROOM  # antsibull-docs leaves a log there

check lint yamllint py -m yamllint --strict .
check lint ruff py -m ruff check .
if command -v shellcheck >/dev/null; then
  check lint shellcheck shellcheck --external-sources --source-path=SCRIPTDIR .ci/run scripts/*.sh
else
  skip lint shellcheck "the program is not there"
fi
check lint ansible-lint tool ansible-lint --offline --nocolor
check lint antsibull-docs tool antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --check-extra-docs-refs .
check lint antsibull-changelog tool antsibull-changelog lint
verdict

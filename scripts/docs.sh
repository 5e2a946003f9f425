#!/usr/bin/env bash
# The documentation as a site in docs/build: the guides, the pages made of the code, and the reference of all plugins and roles.
# Needs no network. Any warning is a failure.
# Usage: scripts/docs.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
SITE=$ROOM/site
export HOME=$ROOM PATH=$VENV/bin:$PATH  # antsibull-docs leaves a log, and starts ansible-doc

reference() { py scripts/reference.py; }

prepare() {
  export ANSIBLE_COLLECTIONS_PATH=$ROOM/tree ANSIBLE_COLLECTIONS_SCAN_SYS_PATH=false
  copy_tree >/dev/null
  mkdir -m 700 "$SITE"
  tool antsibull-docs sphinx-init --use-current --squash-hierarchy --dest-dir "$SITE" --fail-on-error \
    --project activeprolearn.toolsync --copyright 'ActiveProLearn toolsync contributors' \
    --title 'activeprolearn.toolsync: Moodle courses, users, enrolments and cohorts with Ansible' \
    --html-short-title activeprolearn.toolsync "$NAMESPACE.$NAME" >/dev/null
  cat docs/site/conf_extra.py >> "$SITE/conf.py"
  cp -R docs/site/front.rst docs/site/static "$SITE"
  tool antsibull-docs --config-file "$SITE/antsibull-docs.cfg" collection --cleanup everything --fail-on-error --use-current \
    --squash-hierarchy --dest-dir "$SITE/rst" "$NAMESPACE.$NAME"
  # Pictures are no part of what antsibull-docs copies.
  cp -R docs/docsite/rst/images "$SITE/rst/docsite/images"
}

html() {
  py -m sphinx -q -b html -c "$SITE" -W --keep-going "$SITE/rst" "$SITE/html"
  local english
  english=$(grep -L '<html[^>]* lang="fr"' "$SITE"/html/docsite/fr_*.html || true)
  [ -z "$english" ] || { echo "not said to be in French: $english"; return 1; }
  # Files that the theme leaves for a web server's sake.
  rm -rf "$SITE/html/.doctrees" "$ROOT/docs/build"
  cp -R "$SITE/html" "$ROOT/docs/build"
  echo "The documentation is in docs/build/index.html."
}

cd "$ROOM/checkout"
check docs reference reference
check docs antsibull-docs prepare
check docs sphinx html
verdict

#!/usr/bin/env bash
# Builds the collection into dist/, looks at what the tarball holds, installs it into an empty folder and uses it from there.
# Usage: scripts/build.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
INSTALLED=$ROOM/installed
export ANSIBLE_COLLECTIONS_PATH=$INSTALLED ANSIBLE_COLLECTIONS_SCAN_SYS_PATH=false ANSIBLE_HOME=$ROOM/ansible

build() {
  rm -rf "$ROOT/dist"
  cd "$(copy_tree)"
  tool ansible-galaxy collection build --force --output-path "$ROOT/dist" .
}

contents() { py "$ROOT/scripts/check_tarball.py" "$ROOT"/dist/*.tar.gz; }
install_it() { tool ansible-galaxy collection install --offline -p "$INSTALLED" "$ROOT"/dist/*.tar.gz; }

documentation() {
  local modules=() file
  for file in "$INSTALLED/ansible_collections/$NAMESPACE/$NAME"/plugins/modules/*.py; do
    modules+=("$NAMESPACE.$NAME.$(basename "$file" .py)")
  done
  tool ansible-doc --type module "${modules[@]}" >/dev/null
  tool ansible-doc --list "$NAMESPACE.$NAME"
}

playbooks() {
  local file
  for file in "$INSTALLED/ansible_collections/$NAMESPACE/$NAME"/playbooks/*.yml; do
    tool ansible-playbook --syntax-check "$NAMESPACE.$NAME.$(basename "$file" .yml)"
  done
}

# Every plugin file can be imported by its full name, from nothing but what was installed.
imports() { py "$ROOT/scripts/import_all.py" "$INSTALLED"; }

cd "$ROOM"
check build build build
check build "tarball contents" contents
check build install install_it
check build ansible-doc documentation
check build playbooks playbooks
check build imports imports
verdict

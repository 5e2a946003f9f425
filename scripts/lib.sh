# shellcheck shell=bash
# Sourced by every script here: where things are, how tools are started, how checks are counted.
#
# ROOM is a private folder whose path has no space in it, wherever the checkout lies: Ansible puts the path of the Python
# interpreter unquoted into a shell command, so everything runs through ROOM/checkout, a link. It goes when the script ends,
# and so does every process that was started with `background`.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
NAMESPACE=activeprolearn NAME=toolsync
case ${TMPDIR:-/tmp} in *[[:space:]]*) SCRATCH=/tmp ;; *) SCRATCH=${TMPDIR:-/tmp} ;; esac
ROOM=$(mktemp -d "$SCRATCH/toolsync.XXXXXXXX")
ln -s "$ROOT" "$ROOM/checkout"
VENV=$ROOM/checkout/.venv
# Downloads, environments of ansible-test and results; kept between runs. Its path must have no space either.
CACHE=${TOOLSYNC_CACHE:-$ROOT/.cache}
case $CACHE in *[[:space:]]*) CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/$NAMESPACE-$NAME ;; esac
# Outcomes for the closing line. test.sh sets it for all parts; a part that runs alone has its own and gives the verdict itself.
ALONE=${RESULTS:+no}
export RESULTS=${RESULTS:-$ROOM/results}
mkdir -p "$RESULTS"
PIDS=()
# More folders for the PATH of ansible-test, each with a colon before it.
EXTRA_PATH=""

log() { printf '\n=== %s (%ss)\n' "$*" "$(($(date +%s) - STARTED))"; }
export STARTED=${STARTED:-$(date +%s)}

cleanup() {
  local status=$? pid
  trap - EXIT INT TERM HUP
  for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null || true; done
  leave_nothing || status=1
  rm -rf "$ROOM"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The processes that were started through ROOM.
in_room() {
  local process words
  for process in /proc/[0-9]*; do
    { mapfile -d '' -t words < "$process/cmdline"; } 2>/dev/null || continue
    [[ "${words[*]}" != *"$ROOM/"* ]] || echo "${process#/proc/}"
  done
}

# Practice Moodles that integration targets started end a moment after ansible-playbook; whatever stays for longer was
# forgotten by a test. Returns false when that had to be ended here.
leave_nothing() {
  local pid
  for _ in {1..100}; do
    [ -n "$(in_room)" ] || return 0
    sleep 0.1
  done
  for pid in $(in_room); do
    printf 'left behind, ended now: %s\n' "$(tr '\0' ' ' < "/proc/$pid/cmdline")" >&2
    kill "$pid" 2>/dev/null || true
  done
  return 1
}

# background PROGRAM ARGUMENT...: a program, not a function, so that $! is its own process.
background() {
  "$@" &
  PIDS+=($!)
}

# A tool of the virtual environment, started by its Python: works in a moved checkout and in a path with a space.
py() { "$VENV/bin/python" "$@"; }
tool() { local name=$1; shift; "$VENV/bin/python" "$VENV/bin/$name" "$@"; }

# pip_install PYTHON ARGUMENT...: quiet, without pip's remarks on index folders that are not there.
pip_install() {
  local python=$1
  shift
  "$python" -m pip install --quiet --disable-pip-version-check "$@" 2> >(grep -v 'is ignored: it is neither a file nor a directory' >&2)
}

# The real interpreter of a Python version ("3.13"), never a pyenv shim; empty and false when there is none that can make a
# virtual environment.
find_python() {
  local version=$1 candidate
  for candidate in "$(command -v "python$version" 2>/dev/null)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python"$version"; do
    [ -x "$candidate" ] || continue
    "$candidate" -c 'import venv, ensurepip, sys; print(sys.executable)' 2>/dev/null && return 0
  done
  return 1
}

# check PART NAME COMMAND...: runs the command, notes the outcome for the closing line. Returns 0 always: the run goes on and
# `verdict` fails at the end.
check() {
  local part=$1 name=$2 begun status
  shift 2
  log "$part: $name"
  begun=$(date +%s)
  set +e
  (set -e; "$@")
  status=$?
  set -e
  note "$part" "$name" "$([ "$status" = 0 ] && echo passed || echo failed)" "$(($(date +%s) - begun))"
  [ "$status" = 0 ] || printf '%s: %s FAILED (exit status %s)\n' "$part" "$name" "$status"
}

skip() { log "$1: $2: skipped, $3"; note "$1" "$2" skipped 0; }
note() { (IFS=$'\t'; printf '%s\n' "$*" >> "$RESULTS/checks.tsv"); }
verdict() { [ "$ALONE" = no ] || py "$ROOT/scripts/summary.py" "$RESULTS"; }

# suite PART NAME COMMAND...: the same for a command that leaves JUnit files in RESULTS/PART. Those are counted; the command
# itself only when it failed without a failure in them.
suite() {
  local part=$1 name=$2 status
  shift 2
  log "$part: $name"
  mkdir -p "$RESULTS/$part"
  set +e
  (set -e; "$@")
  status=$?
  set -e
  [ "$status" = 0 ] || grep -qrE '<(failure|error)' "$RESULTS/$part" || note "$part" "$name (exit status $status)" failed 0
}

# The committed and the new files of the checkout, copied to where ansible-test wants them; prints the folder.
copy_tree() {
  local tree=$ROOM/tree/ansible_collections/$NAMESPACE/$NAME
  mkdir -p "$tree"
  if [ -e "$ROOT/.git" ] && git -C "$ROOT" rev-parse 2>/dev/null; then
    (cd "$ROOT" && git ls-files -z --cached --others --exclude-standard |
      tar --null --ignore-failed-read -T - -cf - 2>/dev/null) | tar -xf - -C "$tree"
    git -C "$tree" init -q  # its own repository, or ansible-test asks one further up, and tests nothing
  else
    (cd "$ROOT" && tar --exclude=./.git --exclude=./.venv --exclude=./.cache --exclude=__pycache__ -cf - .) | tar -xf - -C "$tree"
  fi
  printf '%s\n' "$tree"
}

# ansible_test VENV ARGUMENT...: ansible-test in the copied tree, with a PATH that holds no pyenv shim and a home of its own,
# where the stand-in for the pip bootstrap script lies that ansible-test would download.
ansible_test() {
  local venv=$1 version
  shift
  for version in 23_1_2 24_2 25_2; do
    install -D -m 644 "$ROOT/.ci/get_pip.py" "$CACHE/home/.ansible/test/cache/get_pip_$version.py"
  done
  # Started by Python's path: the first line of an installed script can't name a Python in a path with a space.
  HOME=$CACHE/home PATH=$venv/bin$EXTRA_PATH:/usr/local/bin:/usr/bin:/bin \
    "$venv/bin/python" "$venv/bin/ansible-test" "$@" --color no 2>&1 | tee "$ROOM/ansible-test.log" || return
  ! grep 'All targets skipped' "$ROOM/ansible-test.log"  # it says so and ends well
}

core_version() { "$1/bin/python" -c 'import ansible, platform; print(f"ansible-core {ansible.__version__}, Python {platform.python_version()}")'; }

# second_venv NAME PYTHON CORE: another virtual environment in CACHE, for another ansible-core; prints its folder.
second_venv() {
  local venv=$CACHE/venv-$1 python=$2 core=$3 stamp
  local needs=$ROOT/tests/integration/requirements.txt
  stamp="$python $core $(cksum < "$needs")"
  if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    pip_install "$venv/bin/python" "$core" --requirement="$needs" >&2
    printf '%s\n' "$stamp" > "$venv/.stamp"
  fi
  printf '%s\n' "$venv"
}

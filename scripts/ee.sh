#!/usr/bin/env bash
# Builds an execution environment with the collection of this checkout, and runs the job tests in it as AWX would.
# Usage: scripts/ee.sh [PYTEST ARGUMENT...]
#
# It needs podman; as root on Debian it is installed. The base image is the one of the definition where that can be pulled, else
# a Debian made here with debootstrap (root). EE_BASE names another one, EE_TAG the image that is made.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
EE_TAG=${EE_TAG:-localhost/toolsync-ee:test}
LOCAL_BASE=localhost/toolsync-ee-base:bookworm
definition=$ROOT/playbooks/files/awx/execution-environment.yml

# Debian packages, where they may be installed.
programs() {
  local missing=() program
  for program in "$@"; do command -v "$program" >/dev/null || missing+=("$program"); done
  [ ${#missing[@]} != 0 ] || return 0
  log "installing ${missing[*]}"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "It needs ${missing[*]}, which only root can install here, and only on Debian." >&2
    return 1
  fi
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null
}

# A small Debian, with the certificate authorities that were added to this machine.
debian_base() {
  local tree=$ROOM/rootfs
  debootstrap --variant=minbase bookworm "$tree" >"$ROOM/debootstrap.log" || { tail -n 5 "$ROOM/debootstrap.log" >&2; return 1; }
  mkdir -p "$tree/usr/local/share/ca-certificates"
  find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$tree/usr/local/share/ca-certificates/" \;
  tar -C "$tree" -c . | podman import - "$LOCAL_BASE"
}

# Sets EE_BASE, unless it is given: the definition's own image, or one made here where that can't be had.
base_image() {
  [ -z "${EE_BASE:-}" ] || return 0
  EE_BASE=$(py -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1]))["images"]["base_image"]["name"])' "$definition")
  podman image exists "$EE_BASE" || timeout 120 podman pull --quiet "$EE_BASE" >/dev/null 2>&1 || {
    log "$EE_BASE can't be pulled, using a Debian made here"
    EE_BASE=$LOCAL_BASE
    podman image exists "$EE_BASE" || { programs debootstrap && debian_base; }
  }
}

# Where podman can't start a container by its own settings (inside another container, mostly), ones that ask less of the machine.
engine() {
  podman run --rm --network=host "$EE_BASE" true >/dev/null 2>&1 && return
  programs runc
  export CONTAINERS_CONF=$ROOM/containers.conf
  cat > "$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "host"
cgroupns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
  podman run --rm --network=host "$EE_BASE" true
}

build() {
  local tarball
  (cd "$(copy_tree)" && tool ansible-galaxy collection build --force --output-path "$ROOM/dist" . >/dev/null)
  tarball=$(echo "$ROOM"/dist/*.tar.gz)
  mkdir "$ROOM/definition"
  py tests/ee/local_definition.py "$tarball" "$ROOM/definition" "$EE_BASE"
  tool ansible-builder build --container-runtime podman --tag "$EE_TAG" --verbosity 2 --context "$ROOM/context" \
    --file "$ROOM/definition/execution-environment.yml" --extra-build-cli-args=--network=host
}

cd "$ROOM/checkout"
programs podman
base_image
engine
check ee "build $EE_TAG" build
export TOOLSYNC_EE_IMAGE=$EE_TAG
suite ee "jobs in $EE_TAG" py -m pytest -q --junit-xml="$RESULTS/ee/pytest.xml" tests/runner/test_job.py tests/runner/test_job_tls.py "$@"
verdict

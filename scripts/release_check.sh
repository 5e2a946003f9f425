#!/usr/bin/env bash
# What must hold before a release, besides `make test`: one version everywhere, a complete changelog, licence headers, no exceptions
# from sanity tests, the documentation, the tarball, galaxy-importer, unit tests on the Moodles that `make test` leaves out, and all
# integration targets with the oldest and the newest ansible-core, on the oldest and the newest Moodle.
# Usage: scripts/release_check.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
export RESULTS=$ROOT/.cache/release-results
rm -rf "$RESULTS"
mkdir -p "$RESULTS"

part() { "$ROOT/scripts/$1.sh" "${@:2}" || note "$1" "scripts/$*" failed 0; }
agree() { py scripts/release_check.py "$1"; }
changelog_lint() { tool antsibull-changelog lint; }

# What Galaxy and Automation Hub do with an upload, in an environment of its own.
importer() {
  local importer_env
  importer_env=$(second_venv importer "$VENV/bin/python" 'galaxy-importer>=0.4.44')
  mkdir -p "$ROOM/importer"
  cat > "$ROOM/importer/galaxy-importer.cfg" <<CFG
[galaxy-importer]
ansible_local_tmp = $ROOM/importer/tmp
check_required_tags = True
require_v1_or_greater = True
run_ansible_doc = True
run_ansible_lint = True
run_ansible_test = False
CFG
  (cd "$ROOM/importer" && HOME=$ROOM/importer GALAXY_IMPORTER_CONFIG=$ROOM/importer/galaxy-importer.cfg PATH=$importer_env/bin:$PATH \
    "$importer_env/bin/python" -m galaxy_importer.main "$ROOT"/dist/*.tar.gz) 2>&1 | tee "$ROOM/importer.log"
  grep -q 'Importer processing completed successfully' "$ROOM/importer.log" && ! grep -E '^(WARNING|ERROR)' "$ROOM/importer.log"
}

cd "$ROOM/checkout"
check release "versions agree" agree versions
check release "the changelog is complete" agree changelog
check release antsibull-changelog changelog_lint
check release "licence headers" agree licences
check release "no exceptions from sanity tests" agree ignores
part docs
part build
check release galaxy-importer importer
part sanity
part sanity --newest
for moodle in 4.3 4.5; do
  TOOLSYNC_TEST_MOODLE=$moodle part unit unit -n 2
done
part integration --oldest
TOOLSYNC_TEST_MOODLE=5.1 part integration --newest
log "summary"
py scripts/summary.py "$RESULTS"

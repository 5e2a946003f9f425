# Each target does its own set-up. What takes more than a line is in scripts/.
.POSIX:
.PHONY: help venv demo test lint unit contract replay fuzz truth role faults secrets runner ee bench sanity integration build simulator changelog docs examples release-check clean

PORT = 8099
# The version of Moodle that unit and integration tests play; the practice Moodle's default where it is empty.
MOODLE =

help: ## what the targets do
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile

venv: ## make .venv with all tools
	@scripts/venv.sh

demo: venv ## a full sync of example data into a practice Moodle, twice
	@scripts/demo.sh

test: venv ## everything CI checks
	@scripts/test.sh

lint: venv ## yamllint, ruff, shellcheck, ansible-lint, antsibull-docs, antsibull-changelog
	@scripts/lint.sh

unit: venv ## unit tests; on another Moodle: make unit MOODLE=5.1
	@TOOLSYNC_TEST_MOODLE=$(MOODLE) scripts/unit.sh unit -n 2

contract: venv ## the practice Moodle against the recordings of real ones
	@scripts/unit.sh contract -n 2

replay: venv ## play the recordings of four real Moodles against the practice Moodle
	@.venv/bin/python -m tests.contract.replay

fuzz: venv ## property tests
	@scripts/unit.sh fuzz

truth: venv ## random jobs held against the practice Moodle's database; N=5000 plays more of them, SEED=7 others
	@TRUTH_JOBS="$(N)" TRUTH_SEED="$(SEED)" scripts/unit.sh truth -n 2

role: venv ## the role sync as people see it: its output, its report, where it looks for files
	@scripts/unit.sh role -n 2

faults: venv ## every call of every task times every fault, as a matrix; tasks killed at any point
	@scripts/unit.sh faults -n 6

secrets: venv ## every module and playbook, run both ways: nothing leaks, and both ways say the same
	@scripts/unit.sh secrets

runner: venv ## jobs as AWX runs them, AWX set up by the playbook, fifty sites in one play
	@scripts/unit.sh runner -n 2 --dist loadfile

ee: venv ## an execution environment, built with podman, and the jobs in it (not part of test)
	@scripts/ee.sh

bench: venv ## speed, beside what one would use instead; writes .cache/bench.json
	@scripts/bench.sh $(ONLY)

sanity: venv ## ansible-test sanity
	@scripts/sanity.sh

integration: venv ## the integration targets, and jobs as AWX runs them, for 50 sites too; one of them: make integration TARGET=toolsync_config MOODLE=5.1
	@TOOLSYNC_TEST_MOODLE=$(MOODLE) scripts/integration.sh $(TARGET)
	@[ -n "$(TARGET)" ] || scripts/unit.sh runner -n 2 --dist loadfile

build: venv ## dist/*.tar.gz, checked and installed into an empty folder
	@scripts/build.sh

examples: venv ## every example of the documentation, run against a practice Moodle
	@scripts/unit.sh docs -n 2

docs: venv ## the documentation as a site in docs/build
	@scripts/docs.sh

simulator: venv ## a practice Moodle with the token "practicetoken", until Ctrl-C; on another port than 8099: make simulator PORT=8100
	@.venv/bin/python -m tests.simulator --port $(PORT) --token practicetoken --data .cache/practice.sqlite

changelog: venv ## bring CHANGELOG.rst up to date with changelogs/fragments, for the version in galaxy.yml
	@PATH="$$PWD/.venv/bin:$$PATH" .venv/bin/python .venv/bin/antsibull-changelog release --update-existing --refresh --reload-plugins

release-check: venv ## what must hold before a release, besides test
	@scripts/release_check.sh

clean: ## remove what the other targets made
	rm -rf .venv .cache dist .ansible tests/output

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs against the practice Moodle: what they report, and what check mode foretells of them."""

from __future__ import annotations

import os

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors, memory
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.source import SOURCE_SPEC, Source
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import config, process, upload
from ansible_collections.activeprolearn.toolsync.plugins.modules import toolsync_process

USERS = """username;firstname;lastname;email;idnumber;city
ada;Ada;Lovelace;ada@example.org;U1;London
cleo;Cl\u00e9o;Dupont;cleo@example.org;U2;Orl\u00e9ans
dan;Dan;Brown;dan@example.org;U3;
"""
ENROLS = """cmd;uid;cid;rolename;enrol;starttime
add;ada;MATH101;student;manual;2026-09-01 08:00:00
add;cleo;MATH101;teacher;manual;2026-09-01 08:00:00
"""
COHORTS = """cmd;userid;cidnumber;cname;cdescription
add;ada;COH1;Cohort one;first
add;cleo;COH1;Cohort one;first
"""
COURSES = "shortname;fullname;category;idnumber\nC1;Course one;1;I1\nMATH101;Math 101;1;M101\n"
SETTINGS = {
    "users": {"primaryidentity": "username"},
    "enrols": {"courseidentifier": "shortname", "useridentifier": "username"},
    "cohorts": {"useridentifier": "username", "cohortidentifier": "idnumber", "autocreate": 1},
    "courses": {},
}
PARAMS = {
    "settings": None, "on_failures": "continue", "tryback": None, "timeout": 3600, "allow_destructive": False, "parallel_requests": 4,
}  # fmt: skip
LOCATIONS = {"create": "fileuploadlocation", "delete": "filedeletelocation", "reset": "fileresetlocation"}


def source(**given):
    return Source({**{name: spec.get("default") for name, spec in SOURCE_SPEC.items()}, **given}, None, None)


class Sequence:
    """The documented sequence, step by step, as the role does it."""

    def __init__(self, practice, site_on, tmp_path):
        self.practice, self.site_on, self.tmp_path = practice, site_on, tmp_path
        self.site = site_on(practice.url, practice.token)

    def put(self, service, action, content, **settings):
        name = f"{service}-{action}.csv"
        made = upload.plan(
            self.site, source(content=content), name, service=service, action=action, allow_destructive=True
        )
        made.apply()
        made.close()
        (self.tmp_path / name).write_text(content, encoding="utf-8")
        location = {LOCATIONS.get(action, "filelocation"): made.result["filename"]}
        config.plan(self.site, service, {**location, **SETTINGS[service], **settings}).apply()
        return source(src=str(self.tmp_path / name)), service, action

    def plan(self, file, check_mode=False, **more):
        site = self.site_on(self.practice.url, self.practice.token, check_mode) if check_mode else self.site
        return process.plan(site, *file, {**PARAMS, **more})

    def run(self, service, content, action="sync", settings=None, **more):
        """Puts the file, foretells the run in check mode, runs it; returns (foretold, done)."""
        file = self.put(service, action, content, **(settings or {}))
        foretold = self.plan(file, check_mode=True, **more)
        done = self.plan(file, **more)
        done.apply()
        return foretold, done


@pytest.fixture
def sequence(practice, site_on, tmp_path):
    return Sequence(practice, site_on, tmp_path)


def counts(plan, *names):
    return tuple(plan.result["counts"][name] for name in names)


def nonzero(plan):
    return {name: count for name, count in plan.result["counts"].items() if count}


def test_users(sequence):
    foretold, done = sequence.run("users", USERS)
    assert nonzero(foretold) == nonzero(done) == {"rows": 3, "created": 3}
    assert done.changed and foretold.changed
    assert done.result["outcome"] == "complete" and done.result["changed_is_certain"]
    assert foretold.result["outcome"] == "predicted" and set(foretold.result) == set(done.result)

    foretold, done = sequence.run("users", USERS)
    assert nonzero(foretold) == nonzero(done) == {"rows": 3, "unchanged": 3}
    assert not done.changed and not foretold.changed and done.result["changed_is_certain"]

    foretold, done = sequence.run("users", USERS.replace("Orl\u00e9ans", "Nevers"))
    assert nonzero(foretold) == nonzero(done) == {"rows": 3, "updated": 1, "unchanged": 2}
    assert done.changed


def test_a_column_that_cannot_be_read_back_makes_unchanged_uncertain(sequence):
    content = "username;firstname;lastname;email;password\nada;Ada;L;ada@example.org;Sesame-1\n"
    sequence.run("users", content)
    foretold, done = sequence.run("users", content)
    assert done.changed and not done.result["changed_is_certain"]
    assert foretold.changed and not foretold.result["changed_is_certain"]


def test_without_the_read_function_changed_is_not_certain(practice, sequence):
    sequence.run("users", USERS)
    file = sequence.put("users", "sync", USERS)
    sequence.site = sequence.site_on(practice.url, practice.service_tokens["tool_sync"])
    done = sequence.plan(file)
    done.apply()
    assert done.changed and not done.result["changed_is_certain"] and done.result["outcome"] == "complete"
    assert any("core_user_get_users_by_field" in warning for warning in sequence.site.warnings)


def test_failed_rows(sequence):
    content = USERS + "eve;Eve;X;admin@example.com;U9;\n"
    with pytest.raises(errors.RunFailed, match="1 of 4 rows failed"):
        sequence.run("users", content)
    file = sequence.put("users", "sync", content)
    done = sequence.plan(file, on_failures="warn")
    done.apply()
    assert nonzero(done) == {"rows": 4, "unchanged": 3, "failed": 1}
    assert [(failure["line"], failure["key"]) for failure in done.result["failures"]] == [(5, "eve")]
    assert any("1 of 4 rows failed" in warning for warning in sequence.site.warnings)
    (failure,) = done.result["failures"]
    assert failure["reason"].startswith("email: belongs to another username") and "Correct the cell" in failure["cure"]
    assert "collision" in failure["said"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_bad_rows_that_stop_the_run_before_it_starts(practice, perform_run, check_mode):
    calls = practice.counters()["calls"].get("tool_sync_process", 0)
    result = perform_run(check_mode, on_failures="stop")
    assert result["failed"] and not result["changed"] and result["changed_is_certain"] and result["outcome"] == "refused"
    assert "1 of 4 rows is going to fail, and on_failures is stop" in result["msg"] and "nothing was sent" in result["msg"]
    assert result["counts"]["not_done"] == 4 and [failure["line"] for failure in result["failures"]] == [5]
    assert [row["outcome"] for row in result["rows"]] == ["fail"]
    assert practice.counters()["calls"].get("tool_sync_process", 0) == calls


def test_tryback_can_be_corrected_and_sent_again(sequence, tmp_path):
    bad = "eve;Eve;X;admin@example.com;U9;\n"
    tryback = tmp_path / "tryback.csv"
    with pytest.raises(errors.RunFailed):
        sequence.run("users", USERS + bad, tryback=str(tryback))
    assert tryback.stat().st_mode & 0o777 == 0o600
    text = tryback.read_text(encoding="utf-8")
    assert text.splitlines()[0] == USERS.splitlines()[0] and bad.strip() in text and "Lovelace" not in text
    _foretold, done = sequence.run("users", text.replace("admin@example.com", "eve@example.org"))
    assert nonzero(done) == {"rows": 1, "created": 1}


def test_enrols(sequence):
    sequence.run("users", USERS)
    foretold, done = sequence.run("enrols", ENROLS)
    assert nonzero(foretold) == nonzero(done) == {"rows": 2, "created": 2}
    foretold, done = sequence.run("enrols", ENROLS)
    assert nonzero(foretold) == nonzero(done) == {"rows": 2, "unchanged": 2}
    assert not foretold.changed and not done.changed, "the same file was run last, and set the dates"
    assert not done.result["changed_is_certain"]
    foretold, done = sequence.run("enrols", ENROLS + "\n")
    assert foretold.changed and done.changed and not done.result["changed_is_certain"], "this one may have other dates"
    assert done.result["uncertain"] == [{"because": "starttime: the dates that are there can't be seen", "rows": 2}]
    foretold, done = sequence.run("enrols", ENROLS.replace("ada;MATH101;student", "ada;MATH101;teacher"))
    assert nonzero(foretold) == nonzero(done) == {"rows": 2, "updated": 1, "unchanged": 1}
    foretold, done = sequence.run("enrols", ENROLS.replace("add;cleo", "del;cleo"))
    assert counts(foretold, "rows", "deleted") == counts(done, "rows", "deleted") == (2, 1)
    _foretold, done = sequence.run("enrols", ENROLS.replace("add;cleo", "del;cleo"))
    assert counts(done, "deleted", "unchanged") == (0, 2) and done.result["uncertain"][0]["rows"] == 1


def test_another_file_may_have_set_other_dates(sequence):
    sequence.run("users", USERS)
    sequence.run("enrols", ENROLS)
    sequence.run("users", USERS)
    foretold, done = sequence.run("enrols", ENROLS)
    assert not foretold.changed and not done.changed, "a file of accounts alone sets no dates"
    enrolling = [f"{line};{more}\n" for line, more in zip(USERS.split(), ["course1;enrol1;start1", *3 * ["MATH101;manual;1790000000"]])]
    sequence.run("users", "".join(enrolling))
    foretold, done = sequence.run("enrols", ENROLS)
    assert foretold.changed and done.changed and not done.result["changed_is_certain"]
    foretold, done = sequence.run("enrols", ENROLS)
    assert not foretold.changed and not done.changed


def test_enrols_with_an_unknown_course(sequence):
    sequence.run("users", USERS)
    with pytest.raises(errors.RunFailed):
        sequence.run("enrols", ENROLS + "add;dan;NOPE;student;manual;2026-09-01 08:00:00\n")


def test_cohorts(sequence):
    sequence.run("users", USERS)
    foretold, done = sequence.run("cohorts", COHORTS)
    assert done.changed and counts(done, "rows", "created", "updated", "unchanged") in ((2, 1, 1, 0), (2, 2, 0, 0))
    assert foretold.changed
    foretold, done = sequence.run("cohorts", COHORTS)
    assert nonzero(foretold) == nonzero(done) == {"rows": 2, "unchanged": 2}
    assert not done.changed and done.result["changed_is_certain"]
    foretold, done = sequence.run("cohorts", COHORTS.replace("add;cleo", "del;cleo"))
    assert nonzero(foretold) == nonzero(done) == {"rows": 2, "deleted": 1, "unchanged": 1}


def test_courses(sequence):
    foretold, done = sequence.run("courses", COURSES, "create")
    assert nonzero(foretold) == nonzero(done) == {"rows": 2, "created": 1, "unchanged": 1}
    foretold, done = sequence.run("courses", COURSES, "create")
    assert nonzero(foretold) == nonzero(done) == {"rows": 2, "unchanged": 2}
    assert not done.changed and done.result["changed_is_certain"]
    settings = {"filedeleteidentifier": "shortname"}
    foretold, done = sequence.run("courses", "C1\nNOPE\n", "delete", settings)
    assert nonzero(foretold) == nonzero(done) == {"rows": 2, "deleted": 1, "skipped": 1}
    foretold, done = sequence.run("courses", "C1\nNOPE\n", "delete", settings)
    assert not done.changed and not foretold.changed


def test_courses_that_are_checked_one_by_one(practice, sequence, tmp_path):
    (tmp_path / "check.csv").write_text("MATH101\nNOPE;a description\n")
    file = source(src=str(tmp_path / "check.csv")), "courses", "check"
    with pytest.raises(errors.RunFailed, match="1 of 2 rows failed in the run of courses check") as caught:
        sequence.plan(file, check_mode=True)
    assert caught.value.result["failures"] == [
        {
            "line": 2, "key": "NOPE", "reason": "identifier: there is no course with this shortname",
            "cure": "Create the course first, or correct the cell.", "said": None,
        }
    ]  # fmt: skip
    done = sequence.plan(file, on_failures="warn")
    done.apply()
    assert nonzero(done) == {"rows": 2, "unchanged": 1, "failed": 1} and not done.changed
    assert "tool_sync_process" not in practice.counters()["calls"]
    with pytest.raises(errors.OptionError, match="src is missing"):
        sequence.plan((None, "courses", "check"))


def test_a_report_that_moodle_hands_over_as_debugging_text(practice, sequence):
    content = USERS.replace("Dan;", "a<b;")
    sequence.run("users", content)
    practice.condition("debug-developer")
    _foretold, done = sequence.run("users", content)
    assert nonzero(done) == {"rows": 3, "unchanged": 3}


def test_check_mode_writes_nothing(practice, sequence):
    file = sequence.put("users", "sync", USERS)
    before = practice.counters()["writes"]
    sequence.plan(file, check_mode=True)
    assert practice.counters()["writes"] == before


def test_the_file_is_not_there(sequence):
    config.plan(sequence.site, "users", {"filelocation": "gone.csv"}).apply()
    done = sequence.plan((None, "users", "sync"))
    with pytest.raises(errors.RunFailed, match=r"found no file gone\.csv"):
        done.apply()
    assert not done.changed and done.result["outcome"] == "aborted"


@pytest.mark.parametrize("kind, how", [("status", {"status": 504}), ("status", {"status": 500}), ("reset", {})])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_whose_answer_is_lost_is_unknown_and_not_repeated(practice, sequence, kind, how, when):
    file = sequence.put("users", "sync", USERS)
    practice.fault(kind, function="tool_sync_process", when=when, **how)
    done = sequence.plan(file)
    with pytest.raises(errors.OutcomeUnknown, match="not started again on its own"):
        done.apply()
    assert done.changed and done.result["outcome"] == "unknown" and not done.result["changed_is_certain"]
    assert nonzero(done) == {"rows": 3, "created" if when == "after" else "not_done": 3} and len(done.result["rows"]) == 3
    assert practice.counters()["calls"]["tool_sync_process"] == 1


@pytest.mark.parametrize("status", [200, 500])
def test_a_run_in_which_php_died_is_over(practice, sequence, status):
    file = sequence.put("users", "sync", USERS)
    died = "<br />\n<b>Fatal error</b>:  Maximum execution time of 300 seconds exceeded in <b>/srv/lib.php</b> on line <b>1</b><br />\n"
    practice.fault("status", function="tool_sync_process", when="before", status=status, text=died)
    done = sequence.plan(file)
    with pytest.raises(errors.OutcomeUnknown, match="Maximum execution time of 300 seconds exceeded") as caught:
        done.apply()
    told = str(caught.value)
    assert "still be" not in told and "3 not done" in told and "send: differing" in told
    assert done.result["outcome"] == "aborted" and nonzero(done) == {"rows": 3, "not_done": 3}
    assert done.result["changed_is_certain"] and not done.changed


def test_a_run_that_moodle_keeps_to_itself(practice, sequence):
    content = USERS.replace("Dan;", "a<b;")  # a report with markup in it is refused; only that of a known user has names
    sequence.run("users", content)
    done = sequence.plan(sequence.put("users", "sync", content))
    with pytest.raises(errors.ExecutedUnreadable, match="see rows"):
        done.apply()
    assert done.result["outcome"] == "executed_unreadable" and nonzero(done) == {"rows": 3, "unchanged": 3}
    assert not done.changed and done.result["changed_is_certain"], "it was looked at"


def state_of(sequence, name="users-sync.csv"):
    """What a task that comes later remembers of the file."""
    return memory.Memory(sequence.practice.url, sequence.site.memory.path).get("files", name)["state"]


def test_the_community_release(practice, sequence):
    file = sequence.put("users", "sync", USERS)
    practice.configure(edition="community")
    done = sequence.plan(file)
    with pytest.raises(errors.EditionError):
        done.apply()
    assert not done.changed and done.result["outcome"] == "aborted"
    assert state_of(sequence) == "kept", "nothing was started"


def test_a_site_that_is_not_there_any_more_was_not_changed(practice, sequence):
    file = sequence.put("users", "sync", USERS)
    done = sequence.plan(file)
    sequence.site.moodle.transport.base = "http://127.0.0.1:9"
    with pytest.raises(errors.Unreachable):
        done.apply()
    assert not done.changed and done.result["outcome"] == "aborted" and state_of(sequence) == "kept"


def test_that_a_run_was_started_is_remembered_before_it_starts(sequence, monkeypatch):
    done = sequence.plan(sequence.put("users", "sync", USERS))
    call, seen = sequence.site.moodle.call, []

    def watched(name, *args, **kwargs):
        seen.append((name, state_of(sequence)))
        return call(name, *args, **kwargs)

    monkeypatch.setattr(sequence.site.moodle, "call", watched)
    done.apply()
    assert ("tool_sync_process", "maybe_consumed") in seen


@pytest.mark.parametrize("kind, how", [("status", {"status": 504}), ("reset", {}), ("status", {"status": 200, "text": "<br />"})])
def test_a_file_that_a_lost_run_may_have_consumed_is_sent_again(practice, sequence, tmp_path, kind, how):
    practice.configure(plugin={"filecleanup": "1"})
    file = sequence.put("users", "sync", USERS)
    practice.fault(kind, function="tool_sync_process", when="after", **how)
    with pytest.raises(errors.ToolsyncError):
        sequence.plan(file).apply()
    assert state_of(sequence) == "maybe_consumed"
    _foretold, done = sequence.run("users", USERS)
    assert nonzero(done) == {"rows": 3, "unchanged": 3}


def test_a_run_that_can_not_be_remembered_is_not_started(practice, sequence, monkeypatch):
    done = sequence.plan(sequence.put("users", "sync", USERS))
    monkeypatch.setattr(memory.files.os, "replace", no_space)
    with pytest.raises(errors.StateFileError, match="No space left"):
        done.apply()
    assert not done.changed and done.result["outcome"] == "aborted"
    assert "tool_sync_process" not in practice.counters()["calls"]


def no_space(*args):
    raise OSError(28, "No space left on device")


BAD = USERS + "eve;Eve;X;admin@example.com;U9;\n"


@pytest.fixture
def perform_run(practice, sequence, perform, tmp_path):
    """Run users with one bad row as the module does it."""

    def do(check_mode=False, **options):
        sequence.put("users", "sync", BAD)
        return perform(toolsync_process.TASK, check_mode, service="users", src=str(tmp_path / "users-sync.csv"), **options)

    return do


def assert_nothing_is_lost(result, changed=True):
    assert result["failed"] and result["changed"] == changed and result["outcome"] == "complete"
    assert [failure["key"] for failure in result["failures"]] == ["eve"] and "end of report" in result["report"][-1]
    assert result["counts"]["rows"] == 4 and result["counts"]["failed"] == 1


def test_a_look_that_fails_after_the_run_loses_nothing(practice, perform_run, tmp_path):
    perform_run(on_failures="warn")
    before = practice.counters()["calls"]["core_user_get_users_by_field"]
    perform_run(check_mode=True)
    reads = practice.counters()["calls"]["core_user_get_users_by_field"] - before
    practice.fault("status", function="core_user_get_users_by_field", status=500, skip=reads, count=0)
    result = perform_run(tryback=str(tmp_path / "failed.csv"))
    assert_nothing_is_lost(result)
    assert "1 of 4 rows failed" in result["msg"] and "Besides," in result["msg"] and "HTTP 500" in result["msg"]
    assert not result["changed_is_certain"] and "eve" in (tmp_path / "failed.csv").read_text()
    practice.clear_faults()
    practice.fault("status", function="core_user_get_users_by_field", status=500, skip=reads, count=0)
    result = perform_run(on_failures="warn")
    assert_nothing_is_lost(result)
    assert result["msg"].startswith("The run of users sync has ended; what came of it is in the result.") and "HTTP 500" in result["msg"]


def test_a_tryback_that_can_not_be_written_loses_nothing(perform_run, tmp_path, monkeypatch):
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: no_space() if new.endswith("failed.csv") else replace(old, new))
    result = perform_run(tryback=str(tmp_path / "failed.csv"))
    assert_nothing_is_lost(result)
    assert "Besides, 1 of 4 rows failed" in result["msg"] and "tryback: " in result["msg"] and "No space left" in result["msg"]
    assert result["error"]["kind"] == "state_file", "that rows failed is what on_failures is about"
    result = perform_run(tryback=str(tmp_path / "failed.csv"), on_failures="warn")
    assert_nothing_is_lost(result, changed=False)
    assert result["error"]["option"] == "tryback" and not list(tmp_path.glob(".failed*"))


def test_a_defect_after_the_run_loses_nothing(perform_run, monkeypatch):
    monkeypatch.setattr(process.ProcessPlan, "_judge", lambda *args: 1 / 0)
    result = perform_run()
    assert_nothing_is_lost(result)
    assert "ZeroDivisionError" in result["msg"]


def test_a_memory_that_can_not_be_written_after_the_run_loses_nothing(perform_run, monkeypatch):
    monkeypatch.setattr(process.ProcessPlan, "_mark_consumed", lambda plan, *args: full(plan._site.memory))

    def full(known):
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", no_space)
            known.put("files", {"x.csv": {"state": "kept"}})

    result = perform_run()
    assert_nothing_is_lost(result)
    assert "1 of 4 rows failed" in result["msg"] and "Besides, state_file: " in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("place, words", [("nowhere/failed.csv", "there is no folder"), ("", "is a folder"), ("fifo", "regular file")])
def test_where_the_tryback_can_not_be_written_nothing_is_sent(practice, sequence, perform, tmp_path, place, words, check_mode):
    sequence.put("users", "sync", BAD)
    os.mkfifo(tmp_path / "fifo")
    before = practice.counters()["calls"]
    source = str(tmp_path / "users-sync.csv")
    result = perform(toolsync_process.TASK, check_mode, service="users", src=source, tryback=str(tmp_path / place))
    assert result["failed"] and result["error"]["option"] == "tryback" and words in result["msg"]
    assert "nothing was sent" in result["msg"] and practice.counters()["calls"] == before


@pytest.mark.parametrize(
    "service, action, words",
    [("courses", None, "action is missing"), ("users", "create", "no action create"), ("enols", "delete", "enrols has no")],
)
def test_actions_that_a_service_does_not_have(service, action, words):
    from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import checked_action

    with pytest.raises(errors.OptionError, match=words):
        checked_action(service, action)


def test_tryback_needs_the_rows(site):
    with pytest.raises(errors.OptionError, match="tryback needs the rows"):
        process.plan(site, None, "users", "sync", {**PARAMS, "tryback": "/tmp/x.csv"})

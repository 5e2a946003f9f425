# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: what is refused before it is sent, and when something changed."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import config

REFUSED = {"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "Invalid parameter value detected"}


def sent(server):
    return [tuple(value for name, value in seen.form if name in ("service", "confkey", "confvalue")) for seen in server.seen]


def test_settings_are_sent_and_changed_once(site, server):
    server.answer(True).answer(True).answer(True).answer(True)
    settings = {"filelocation": "users.csv", "primaryidentity": "idnumber"}
    first = config.plan(site, "users", settings)
    assert first.changed and first.result["previous"] == {"filelocation": None, "primaryidentity": None}
    first.apply()
    second = config.plan(site, "users", settings)
    assert not second.changed and second.result["changed_keys"] == []
    second.apply()
    assert not second.changed
    assert sent(server) == [("users", "filelocation", "users.csv"), ("users", "primaryidentity", "idnumber")] * 2


def test_another_value_is_a_change_of_that_key(site, server):
    server.answer(True).answer(True).answer(True)
    config.plan(site, "users", {"filelocation": "a.csv", "primaryidentity": "email"}).apply()
    plan = config.plan(site, "users", {"filelocation": "b.csv"})
    assert plan.changed and plan.before == {"filelocation": "a.csv"} and plan.after == {"filelocation": "b.csv"}
    plan.apply()
    assert site.memory.get("settings", "users") == {"filelocation": "b.csv", "primaryidentity": "email"}


def test_planning_sends_nothing(site, server):
    config.plan(site, "cohorts", {"autocreate": True})
    assert not server.seen


def test_a_failure_in_the_middle_tells_and_remembers_what_was_set(site, server):
    server.answer(True).answer(REFUSED)
    plan = config.plan(site, "enrols", {"filelocation": "e.csv", "courseidentifier": "shortname", "useridentifier": "email"})
    with pytest.raises(errors.ParameterRefused, match="refused the setting courseidentifier of enrols"):
        plan.apply()
    assert plan.changed and plan.result["changed_keys"] == ["filelocation"]
    assert plan.after == {"filelocation": "e.csv", "courseidentifier": None, "useridentifier": None}
    assert site.memory.get("settings", "enrols") == {"filelocation": "e.csv"}


def test_a_failure_at_once_changes_nothing(site, server):
    server.answer(REFUSED)
    plan = config.plan(site, "users", {"filelocation": "u.csv"})
    with pytest.raises(errors.ParameterRefused):
        plan.apply()
    assert not plan.changed and site.memory.get("settings") == {}


def test_a_setting_whose_answer_was_lost_counts_as_changed_and_is_known_no_more(site, server):
    server.answer(True).answer(True).answer(drop=True)
    config.plan(site, "users", {"filelocation": "a.csv", "primaryidentity": "email"}).apply()
    plan = config.plan(site, "users", {"filelocation": "a.csv", "primaryidentity": "id"})
    with pytest.raises(errors.ToolsyncError):
        plan.apply()
    assert not plan.changed  # the first of the two, which was to stay as it is
    server.answer(True).answer(drop=True)
    plan = config.plan(site, "users", {"filelocation": "b.csv", "primaryidentity": "id"})
    with pytest.raises(errors.ToolsyncError):
        plan.apply()
    assert plan.changed and plan.result["changed_keys"] == ["filelocation"]
    assert config.plan(site, "users", {"primaryidentity": "email"}).result["previous"] == {"primaryidentity": None}


def test_an_error_that_may_come_after_the_work_is_no_proof_that_nothing_changed(site, server):
    server.answer({"exception": "dml_write_exception", "errorcode": "dmlwriteexception", "message": "Error writing to database"})
    plan = config.plan(site, "users", {"filelocation": "u.csv"})
    with pytest.raises(errors.DatabaseError):
        plan.apply()
    assert plan.changed


def test_the_page_s_spelling_of_enrols(site, server):
    server.answer(True)
    plan = config.plan(site, "enols", {"courseidentifier": "id"})
    plan.apply()
    assert plan.result["service"] == "enrols" and sent(server) == [("enrols", "courseidentifier", "id")]


@pytest.mark.parametrize(
    "key, value, text",
    [
        ("autocreate", True, "1"),
        ("autocreate", False, "0"),
        ("autocreate", 1, "1"),
        ("autocreate", " 0 ", "0"),
        ("cohortidentifier", "name", "name"),
        ("filelocation", "in/cohortes \u00e9t\u00e9.csv", "in/cohortes \u00e9t\u00e9.csv"),
        ("filelocation", "https://files.example.org/x.csv", "https://files.example.org/x.csv"),
    ],
)
def test_values_that_are_sent(key, value, text):
    assert config.checked_setting("cohorts", key, value) == text


@pytest.mark.parametrize(
    "service, key, value, words",
    [
        ("users", "filelocation", "", "file name with an extension"),
        ("users", "filelocation", "users", "extension"),
        ("users", "filelocation", ".csv", "extension"),
        ("users", "filelocation", "in/.csv", "extension"),
        ("users", "filelocation", "a.csv,b.csv", "commas"),
        ("users", "filelocation", "a\\b.csv", "backslashes"),
        ("users", "filelocation", "<b>.csv", "markup"),
        ("users", "filelocation", "a\nb.csv", "extension"),
        ("users", "filelocation", "x" * 300 + ".csv", "255"),
        ("users", "filelocation", None, "single value"),
        ("users", "filelocation", ["a.csv"], "single value"),
        ("users", "primaryidentity", "shortname", "id, username, idnumber, email"),
        ("users", "primaryidentity", "USERNAME", "one of"),
        ("enrols", "courseidentifier", "username", "id, shortname, idnumber"),
        ("courses", "fileresetidentifier", "id", "one of: shortname"),
        ("cohorts", "autocreate", "yes", "0, 1"),
        ("cohorts", "autocreate", 2, "0, 1"),
        ("users", "encoding", "UTF-8", "It has: filelocation, primaryidentity"),
        ("courses", "forceupdate", 1, "courses_forceupdate"),
        ("courses", "fileexistlocation", "a.csv", "toolsync_process"),
    ],
)
def test_values_that_are_refused_before_anything_is_sent(site, server, service, key, value, words):
    with pytest.raises(errors.OptionError, match=words):
        config.plan(site, service, {key: value})
    assert not server.seen


def test_no_settings_at_all(site):
    with pytest.raises(errors.OptionError, match="empty"):
        config.plan(site, "users", {})


@pytest.mark.parametrize("service, key, value", [("cohorts", "syncdelete", "1"), ("courses", "fileexistslocation", "a.csv")])
def test_settings_without_effect_are_told(site, service, key, value):
    config.plan(site, service, {key: value})
    assert "has no effect" in site.warnings[0]


def test_what_is_being_sent_is_forgotten_until_it_is_confirmed(site, server):
    """Else a task that is killed in between leaves a memory of what the site no longer has."""
    server.answer(True).answer(True)
    config.plan(site, "users", {"filelocation": "a.csv", "primaryidentity": "email"}).apply()
    seen = []
    server.answer(True, before=lambda handler: seen.append(site.memory.get("settings", "users")))
    config.plan(site, "users", {"filelocation": "b.csv"}).apply()
    assert seen == [{"primaryidentity": "email"}]


def test_what_can_not_be_remembered_is_not_sent(site, server, monkeypatch):
    def no_space(*args):
        raise OSError(28, "No space left on device")

    plan = config.plan(site, "users", {"filelocation": "a.csv"})
    monkeypatch.setattr("os.replace", no_space)
    with pytest.raises(errors.StateFileError, match="No space left"):
        plan.apply()
    assert not plan.changed and plan.result["changed_keys"] == [] and not server.seen

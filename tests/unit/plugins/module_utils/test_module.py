# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry of all tasks: what becomes of plans, errors and defects."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.errors import RunFailed
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.plan import Plan

PARAMS = {
    "url": "http://127.0.0.1:9",
    "token": "s3cret-token",
    "validate_certs": True,
    "ca_path": None,
    "timeout": 60,
    "connect_timeout": 1,
    "retries": 0,
    "state_file": "/nonexistent/state",
}


class Example(Plan):
    def __init__(self, site, apply):
        super().__init__(changed=True, before={"a": 1}, after={"a": 2}, result={"value": 1})
        self._site, self._apply = site, apply

    def apply(self):
        self.result["value"] = 2
        self._apply(self._site)


def task(apply=lambda site: None, **more):
    return module.Task(lambda site, params: Example(site, apply), options={}, **more)


def test_a_plan_is_applied_and_told():
    assert module.run(task(), PARAMS, diff=True) == {
        "changed": True, "value": 2, "diff": {"before": {"a": 1}, "after": {"a": 2}},
    }  # fmt: skip


def test_check_mode_applies_nothing():
    def never(site):
        raise AssertionError("applied in check mode")

    assert module.run(task(never), PARAMS, check_mode=True) == {"changed": True, "value": 1}


def test_an_error_keeps_what_is_known():
    def fail(site):
        site.warn("beware")
        raise RunFailed("It failed.", errorcode="x")

    result = module.run(task(fail), PARAMS)
    assert result["failed"] and result["changed"] and result["value"] == 2 and result["warnings"] == ["beware"]
    assert result["msg"].startswith("It failed. See failures")
    assert result["error"] == {"kind": "run", "option": None, "errorcode": "x", "debuginfo": None}


def test_a_defect_is_called_one_keeps_the_result_and_shows_nothing_of_the_data():
    def break_down(site):
        raise ZeroDivisionError(f"zqcell of zq@mail.example, {PARAMS['token']}")

    result = module.run(task(break_down), PARAMS)
    assert result["failed"] and "A defect in activeprolearn.toolsync (ZeroDivisionError)" in result["msg"]
    assert result["changed"] and result["value"] == 2 and "is in the result" in result["msg"]
    assert "zq" not in str(result)
    assert result["error"] == {"kind": "defect", "option": None, "errorcode": None, "debuginfo": None}
    loud = module.run(task(break_down), PARAMS, traceback=True)
    assert "Traceback" in loud["error"]["debuginfo"] and "zqcell" in loud["error"]["debuginfo"] and PARAMS["token"] not in str(loud)


def test_an_error_of_the_user_has_no_traceback():
    def fail(site):
        raise RunFailed("It failed.")

    assert module.run(task(fail), PARAMS, traceback=True)["error"]["debuginfo"] is None


@pytest.mark.parametrize("error", [RunFailed("It failed."), ZeroDivisionError()], ids=["error", "defect"])
def test_a_memory_that_can_not_be_written_hides_nothing(tmp_path, error):
    (tmp_path / "file").write_text("")
    params = {**PARAMS, "state_file": str(tmp_path / "file" / "state")}

    def write(site):
        site.memory.put("files", {"a": 1})

    def write_in_the_end(site):
        try:
            raise error
        finally:
            write(site)

    result = module.run(task(write), params)
    assert result["failed"] and result["error"]["kind"] == "state_file" and result["value"] == 2 and result["changed"]
    assert result["msg"].count("could not be written") == 1 and "What was sent to the site stays sent." in result["msg"]
    result = module.run(task(write_in_the_end), params)
    assert ("It failed." in result["msg"] or "ZeroDivisionError" in result["msg"]) and "Besides, state_file: " in result["msg"]
    assert result["error"]["kind"] in ("run", "defect") and result["value"] == 2


def test_a_damaged_memory_is_told_also_when_the_task_fails(tmp_path):
    (tmp_path / "state").write_text("{")

    def fail(site):
        site.memory.get("files")
        raise RunFailed("It failed.")

    result = module.run(task(fail), {**PARAMS, "state_file": str(tmp_path / "state")})
    assert result["failed"] and any("was damaged" in warning for warning in result["warnings"])


@pytest.mark.parametrize("option, value", [("timeout", 0), ("connect_timeout", 0), ("retries", -1)])
def test_numbers_that_make_no_sense(option, value):
    result = module.run(task(), {**PARAMS, option: value})
    assert result["failed"] and result["error"]["option"] == option


def test_a_long_time_out_is_not_that_of_every_read():
    seen = []
    module.run(task(lambda site: seen.append(site.moodle.transport.timeout)), {**PARAMS, "timeout": 36000})
    assert seen == [module.LONGEST_READ]


def test_a_long_task_tells_how_far_it_is_and_a_quick_one_is_silent():
    now, told = [0.0], []
    tell = module._now_and_then(told.append, clock=lambda: now[0])
    for second in range(12):
        now[0] = float(second)
        tell(f"second {second}")
    assert told == ["second 5", "second 10"]


def test_the_invocation_hides_secrets_and_personal_data():
    shown = module.invocation(task(personal=("rows",)), {"token": "t", "url": "u", "rows": [{"a": 1}], "state_file": None})
    assert shown == {"module_args": {"token": module.CENSORED, "url": "u", "rows": module.CENSORED, "state_file": None}}


LISTED = module.Task(
    lambda site, params: None,
    options={
        "users": {"type": "list", "elements": "str", "aliases": ["user"]},
        "state": {"type": "str", "choices": ["present", "absent"]},
        "items": {
            "type": "list",
            "elements": "dict",
            "aliases": ["things"],
            "options": {
                "user": {"type": "str", "required": True, "aliases": ["userid"]},
                "role": {"type": "str"},
                "state": {"type": "str", "choices": ["present", "absent"]},
                "suspended": {"type": "bool", "aliases": ["suspend"]},
                "count": {"type": "int"},
            },
        },
    },
)


def test_options_go_by_their_own_names():
    args, warnings = module.prepared(LISTED, {"moodle_url": "u", "things": [{"userid": "ada", "suspend": True}, "no item"], "colour": 1})
    assert args == {"url": "u", "items": [{"user": "ada", "suspended": True}, "no item"], "colour": 1} and warnings == []


def test_an_option_and_its_alias_are_told_once_and_the_alias_wins():
    item = {"user": "ada", "userid": "bob"}
    args, warnings = module.prepared(LISTED, {"url": "u", "moodle_url": "v", "items": [dict(item), dict(item)]})
    assert args == {"url": "v", "items": [{"user": "bob"}] * 2}
    assert warnings == [
        "Both option url and its alias moodle_url are set.",
        "Both option items.user and its alias items.userid are set.",
    ]


def test_in_an_item_an_empty_text_says_nothing_where_none_is_an_answer():
    args, _warnings = module.prepared(
        LISTED, {"state": "", "items": [{"user": "", "role": "", "state": "", "suspend": "", "count": ""}, {"suspended": "no"}]}
    )
    assert args == {"state": "", "items": [{"user": "", "role": ""}, {"suspended": "no"}]}

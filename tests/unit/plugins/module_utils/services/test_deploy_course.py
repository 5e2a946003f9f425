# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments: what exists is left alone, what is wrong is named, nothing is ever sent twice."""

from __future__ import annotations

import json

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import deploy_course
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import NO_PARAMETER
from ansible_collections.activeprolearn.toolsync.plugins.modules import toolsync_deploy_course

TPL = {"id": 2, "shortname": "TPL", "fullname": "Template course", "idnumber": "TPL1", "categoryid": 1}
D1 = {"id": 6, "shortname": "D1", "fullname": "Deployed one", "idnumber": "DI1", "categoryid": 1}
REFUSED = {
    "exception": "invalid_parameter_exception",
    "errorcode": "invalidparameter",
    "message": "Invalid parameter value detected",
}
NO_ACCESS = {
    "exception": "webservice_access_exception",
    "errorcode": "accessexception",
    "message": "Access control exception",
}
COMMUNITY = {"exception": "moodle_exception", "errorcode": "proreleasefeature", "message": "error/proreleasefeature"}
WANTED = {
    "category": "1", "category_identifier": "id", "template": "TPL", "template_identifier": "shortname", "shortname": "D1",
    "fullname": "Deployed one", "idnumber": None, "update": False, "replacements": None, "timeout": 3600, "poll_timeout": 20,
}  # fmt: skip
#: What is read before a course without idnumber is created: the name (twice), the category, the template, and whether the
#: function may be called.
NEW = ({"courses": []}, False, [{"id": 1}], {"courses": [TPL]}, REFUSED)


class Watch:
    """A clock that goes on by itself when somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 0.0, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self):
        return self.now


@pytest.fixture(autouse=True)
def watch(monkeypatch):
    watch = Watch()
    monkeypatch.setattr(deploy_course, "time", watch)
    return watch


@pytest.fixture
def make_plan(site, server):
    def make(*answers, **options):
        for answer in answers:
            server.answer(answer)
        return deploy_course.plan(site, {**WANTED, **options})

    return make


def called(server):
    return [dict(seen.form)["wsfunction"] for seen in server.seen]


def deployments(server):
    forms = [dict(seen.form) for seen in server.seen]
    return [form for form in forms if form["wsfunction"] == "tool_sync_deploy_course" and NO_PARAMETER not in form]


# -- creating ------------------------------------------------------------------------------------------------------


def test_a_new_course_is_planned_by_reading_and_deployed_once(server, make_plan):
    plan = make_plan(*NEW)
    assert plan.changed and plan.result["created"] and plan.result["course_id"] is None
    assert plan.before == {}
    assert plan.after == {"shortname": "D1", "fullname": "Deployed one", "category": "1", "template": "TPL"}
    assert not deployments(server)
    server.answer(6)
    plan.apply()
    assert plan.changed
    assert plan.result == {
        "shortname": "D1",
        "course_id": 6,
        "course_url": f"{server.url}/course/view.php?id=6",
        "created": True,
        "updated": False,
        "confirmed": True,
        "differences": {},
    }
    [sent] = deployments(server)
    names = ("categoryidsource", "categoryid", "templateidsource", "templateid", "shortname", "fullname", "idnumber")
    assert [sent[name] for name in names] == ["id", "1", "shortname", "TPL", "D1", "Deployed one", ""]
    assert "replacements" not in sent


def test_the_deployment_has_its_own_timeout_and_reading_has_not(site, server, monkeypatch):
    asked = []
    call = site.moodle.call

    def recording(name, parameters, timeout=None):
        asked.append((name, timeout))
        return call(name, parameters, timeout=timeout)

    monkeypatch.setattr(site.moodle, "call", recording)
    for answer in (*NEW, 6):
        server.answer(answer)
    deploy_course.plan(site, {**WANTED, "timeout": 1234, "poll_timeout": 0}).apply()
    assert asked.pop() == ("tool_sync_deploy_course", 1234)
    assert {timeout for name, timeout in asked} == {deploy_course.READ_TIMEOUT}


def test_a_path_is_no_course_and_is_not_looked_for(server, make_plan):
    plan = make_plan(*NEW[:3], NEW[4], 6, template="/srv/t.mbz", template_identifier="path")
    plan.apply()
    [sent] = deployments(server)
    assert (sent["templateidsource"], sent["templateid"]) == ("shortname", "/srv/t.mbz")


def test_replacements_survive_moodle_and_json():
    values = {"section0:summary": {"a": "<p>caf\u00e9 & \"x\" 'y' \\ </p>", "n": [1, None, True]}}
    text = deploy_course.rendered(values)
    assert text.isascii() and "<" not in text and ">" not in text
    assert json.loads(text) == values


def test_replacements_are_sent_as_one_text(server, make_plan):
    make_plan(*NEW, 6, replacements={"k": "<b>"}).apply()
    assert deployments(server)[0]["replacements"] == '{"k": "\\u003cb\\u003e"}'


# -- existing ------------------------------------------------------------------------------------------------------


def test_a_course_that_exists_is_left_alone(server, make_plan):
    plan = make_plan({"courses": [D1]})
    assert not plan.changed and plan.result["differences"] == {}
    assert plan.result["course_id"] == 6 and plan.result["created"] is False
    assert plan.before == plan.after == {name: value for name, value in D1.items() if name != "id"}
    plan.apply()
    assert not plan.changed and called(server) == ["core_course_get_courses_by_field"]


def test_what_differs_is_told(site, make_plan):
    existing = {**D1, "fullname": "R&amp;D", "idnumber": "OTHER"}
    options = {"category": "SCI", "category_identifier": "idnumber", "idnumber": "DI1"}
    plan = make_plan({"courses": [existing]}, {"courses": []}, False, [{"id": 4}], **options)
    assert plan.result["differences"] == DIFFERENT
    assert not plan.changed and not site.warnings


#: What differs of a course, and what is sent to set it.
DIFFERENT = {
    "fullname": {"current": "R&D", "wanted": "Deployed one"},
    "idnumber": {"current": "OTHER", "wanted": "DI1"},
    "category": {"current": 1, "wanted": 4},
}
EXISTING = {**D1, "fullname": "R&amp;D", "idnumber": "OTHER"}
SET = {**D1, "categoryid": 4}
UPDATED = {"category": "SCI", "category_identifier": "idnumber", "idnumber": "DI1", "update": True}


@pytest.fixture
def make_update(make_plan):
    """A plan that sets what differs. answers: to the question whether the function may be called, and what follows."""

    def make(*answers):
        return make_plan({"courses": [EXISTING]}, {"courses": []}, False, [{"id": 4}], *answers, **UPDATED)

    return make


def test_what_differs_is_set_and_looked_at(server, make_update):
    plan = make_update(REFUSED)
    assert plan.changed and plan.result["updated"] and not plan.result["created"]
    assert plan.result["differences"] == DIFFERENT
    assert plan.after["fullname"] == "Deployed one" and plan.before["fullname"] == "R&D"
    for answer in ({"warnings": []}, {"courses": [SET]}):
        server.answer(answer)
    plan.apply()
    assert plan.changed and plan.result["updated"] and plan.result["confirmed"] and plan.result["differences"] == {}
    sent = dict(server.seen[-2].form)
    assert sent["wsfunction"] == "core_course_update_courses"
    named = {name: value for name, value in sent.items() if name.startswith("courses")}
    assert named == {
        "courses[0][id]": "6", "courses[0][fullname]": "Deployed one", "courses[0][idnumber]": "DI1", "courses[0][categoryid]": "4",
    }  # fmt: skip


def test_nothing_is_set_by_a_token_that_may_not(site, server, make_update):
    plan = make_update(NO_ACCESS)
    assert not plan.changed and not plan.result["updated"] and plan.result["differences"] == DIFFERENT
    assert "may not call core_course_update_courses" in site.warnings[0]
    plan.apply()
    assert called(server).count("core_course_update_courses") == 1


def test_a_warning_is_a_refusal_and_a_look_says_what_was_done(server, make_update):
    plan = make_update(REFUSED)
    refused = {"warnings": [{"item": "course", "itemid": 6, "warningcode": "nopermissions", "message": "Sorry, but you do not"}]}
    for answer in (refused, {"courses": [EXISTING]}):
        server.answer(answer)
    with pytest.raises(errors.MoodleError, match="did not set fullname, idnumber, category: Sorry") as caught:
        plan.apply()
    assert caught.value.errorcode == "nopermissions"
    assert not plan.changed and plan.result["updated"] is False and plan.result["differences"] == DIFFERENT


def test_an_error_after_the_work_is_no_failure_where_a_look_finds_it_done(server, make_update):
    plan = make_update(REFUSED)
    for answer in ({"exception": "moodle_exception", "errorcode": "cannotsend", "message": "Message was not sent."}, {"courses": [SET]}):
        server.answer(answer)
    plan.apply()
    assert plan.changed and plan.result["updated"] and plan.result["differences"] == {}


@pytest.mark.parametrize("looks", [[NO_ACCESS, NO_ACCESS], ["<html>"]])
def test_where_nobody_can_look_the_task_fails_and_nothing_is_certain(server, make_update, looks):
    plan = make_update(REFUSED)
    for answer in ({"warnings": []}, *looks):
        server.answer(answer)
    with pytest.raises((errors.AccessRefused, errors.NotMoodle)):
        plan.apply()
    assert plan.changed and plan.result["updated"] is None and plan.result["confirmed"] is False and plan.result["differences"] is None


def test_what_got_no_answer_may_still_be_done_after_a_look(server, make_update):
    plan = make_update(REFUSED)
    for _try in range(4):
        server.answer("<html>", status=502)
    server.answer({"courses": [EXISTING]})
    with pytest.raises(errors.ToolsyncError):
        plan.apply()
    assert plan.changed and plan.result["updated"] is None and plan.result["confirmed"] is False


def test_an_answer_without_effect_is_a_failure(server, make_update):
    plan = make_update(REFUSED)
    for answer in ({"warnings": []}, {"courses": [EXISTING]}):
        server.answer(answer)
    with pytest.raises(errors.MoodleError, match="answered that it had set"):
        plan.apply()
    assert not plan.changed


@pytest.mark.parametrize("shown", ["R&amp;D &lt;1&gt;", "R&D <1>"])
def test_names_that_come_back_written_for_a_web_page_do_not_differ(make_plan, shown):
    # Moodle would refuse <1> from us; somebody may have typed it.
    plan = make_plan({"courses": [{**D1, "fullname": shown}]}, fullname="R&D < 1")
    assert plan.result["differences"]["fullname"] == {"current": "R&D <1>", "wanted": "R&D < 1"}


def test_an_escaped_name_is_the_same(make_plan):
    plan = make_plan({"courses": [{**D1, "fullname": "R&amp;D"}]}, fullname="R&D")
    assert plan.result["differences"] == {}


def test_the_category_by_idnumber_is_left_out_where_it_cannot_be_read(make_plan):
    options = {"category": "SCI", "category_identifier": "idnumber"}
    assert make_plan({"courses": [D1]}, NO_ACCESS, **options).result["differences"] == {}
    failing = {"exception": "moodle_exception", "errorcode": "criteriaerror", "message": "Criteria error"}
    assert make_plan({"courses": [D1]}, failing, **options).result["differences"] == {}


def test_a_course_of_another_name_with_the_idnumber_is_another_one(make_plan):
    with pytest.raises(errors.OptionError, match="idnumber DI1 is taken by the course OLD, which is another one than the course D1"):
        make_plan({"courses": []}, False, {"courses": [{**D1, "shortname": "OLD"}]}, idnumber="DI1")


def test_an_idnumber_of_another_course_is_named(make_plan):
    with pytest.raises(errors.OptionError, match="idnumber TPL1 is taken by the course TPL") as caught:
        make_plan({"courses": [D1]}, {"courses": [TPL]}, idnumber="TPL1")
    assert caught.value.option == "idnumber"


def test_without_core_functions_existence_is_all_that_is_known(site, server, make_plan):
    plan = make_plan(NO_ACCESS, True)
    assert not plan.changed and plan.result["differences"] is None and plan.result["course_id"] is None
    assert "core_course_get_courses_by_field" in site.warnings[0]
    assert called(server) == ["core_course_get_courses_by_field", "tool_sync_check_course"]


def test_without_core_functions_a_course_is_still_deployed(server, make_plan):
    plan = make_plan(NO_ACCESS, False, False, NO_ACCESS, True, REFUSED, idnumber="DI1")
    server.answer(6)
    plan.apply()
    assert plan.result["course_id"] == 6
    # What was refused once is not asked again.
    assert called(server).count("core_course_get_courses_by_field") == 1


def test_a_course_that_the_account_may_not_see_exists_all_the_same(make_plan):
    plan = make_plan({"courses": []}, True)
    assert not plan.changed and plan.result["differences"] is None


def test_where_nothing_can_be_asked_nothing_is_sent(server, make_plan):
    with pytest.raises(errors.AccessRefused, match="tool_sync_check_course"):
        make_plan(NO_ACCESS, NO_ACCESS)
    assert not deployments(server)


# -- what does not exist -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers, options, message, option",
    [
        ((*NEW[:2], []), {"category": "999"}, "category id 999 does not exist", "category"),
        (
            (*NEW[:2], []),
            {"category": "SCI", "category_identifier": "idnumber"},
            "category idnumber SCI does not exist",
            "category",
        ),
        (
            (*NEW[:3], {"courses": []}, False),
            {"template": "NOPE"},
            "template shortname NOPE does not exist",
            "template",
        ),
    ],
)
def test_what_does_not_exist_is_named_before_anything_is_sent(server, make_plan, answers, options, message, option):
    with pytest.raises(errors.OptionError, match=message) as caught:
        make_plan(*answers, **options)
    assert caught.value.option == option
    assert not deployments(server)


def test_a_function_that_the_token_may_not_call_is_named_before_anything_is_sent(server, make_plan):
    with pytest.raises(errors.AccessRefused, match="may not call tool_sync_deploy_course"):
        make_plan(*NEW[:4], NO_ACCESS)
    assert not deployments(server)


# -- options -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, option, words",
    [
        ({"category": ""}, "category", "empty"),
        ({"category": "  "}, "category", "empty"),
        ({"category": "SCI"}, "category", "must be a number"),
        ({"category": "-1"}, "category", "must be a number"),
        ({"category": "1.0"}, "category", "must be a number"),
        ({"category": "\u0661"}, "category", "must be a number"),
        ({"category": "9" * 19}, "category", "must be a number"),
        ({"category": "<b>", "category_identifier": "idnumber"}, "category", "markup"),
        ({"template": ""}, "template", "empty"),
        ({"template": "x", "template_identifier": "id"}, "template", "must be a number"),
        ({"template": "/srv/t.zip", "template_identifier": "path"}, "template", ".mbz"),
        ({"template": "T<b>"}, "template", "markup"),
        ({"shortname": ""}, "shortname", "empty"),
        ({"shortname": None}, "shortname", "empty"),
        ({"shortname": "a\nb"}, "shortname", "line break"),
        ({"shortname": "a\x00b"}, "shortname", "control"),
        ({"shortname": "x" * 256}, "shortname", "256 characters"),
        ({"shortname": "a\udcff"}, "shortname", "UTF-8"),
        ({"fullname": ""}, "fullname", "empty"),
        ({"fullname": "x" * 255}, "fullname", "254"),
        ({"fullname": "<p>x</p>"}, "fullname", "markup"),
        ({"idnumber": "x" * 101}, "idnumber", "100"),
        ({"idnumber": "<i>"}, "idnumber", "markup"),
        ({"replacements": {"a": float("nan")}}, "replacements", "JSON"),
        ({"replacements": {"a": {1, 2}}}, "replacements", "JSON"),
    ],
)
def test_bad_options_are_named_before_anything_is_sent(server, options, option, words):
    with pytest.raises(errors.OptionError, match=words) as caught:
        deploy_course.checked({**WANTED, **options})
    assert caught.value.option == option
    assert not server.seen


@pytest.mark.parametrize("option, value", [("timeout", 0), ("poll_timeout", -1)])
def test_limits_that_make_no_sense(practice, perform, option, value):
    before = practice.counters()["calls"]
    result = perform(toolsync_deploy_course.TASK, category="1", template="TPL", shortname="D1", fullname="One", **{option: value})
    assert result["failed"] and result["error"]["option"] == option and practice.counters()["calls"] == before


@pytest.mark.parametrize(
    "options, expected",
    [
        ({"shortname": " D1 "}, {"shortname": "D1"}),
        ({"category": 7}, {"category": "7"}),
        ({"idnumber": ""}, {"idnumber": ""}),
        ({"idnumber": None}, {"idnumber": ""}),
        ({"fullname": "\u00c9l\u00e8ves 3 < 4"}, {"fullname": "\u00c9l\u00e8ves 3 < 4"}),
        ({"shortname": "x" * 255}, {"shortname": "x" * 255}),
        ({"replacements": {}}, {"replacements": "{}"}),
    ],
)
def test_good_options_are_taken(options, expected):
    wanted = deploy_course.checked({**WANTED, **options})
    assert {name: wanted[name] for name in expected} == expected


# -- lost answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"status": 504, "body": b"x"}, {"drop": True}, {"body": b"half a", "status": 200}])
def test_a_lost_answer_is_followed_by_looking(site, server, make_plan, watch, how):
    plan = make_plan(*NEW)
    server.answer(**how)
    for answer in ({"courses": []}, False, {"courses": []}, False, {"courses": [D1]}):
        server.answer(answer)
    plan.apply()
    assert plan.changed and plan.result["created"] is True and plan.result["confirmed"] is False
    assert plan.result["course_id"] == 6
    assert len(deployments(server)) == 1
    assert watch.slept == [deploy_course.POLL_SECONDS] * 2
    assert "found by looking" in site.warnings[0]


def test_a_site_that_does_not_answer_while_one_looks_is_asked_again(server, make_plan):
    plan = make_plan(*NEW)
    server.answer(b"x", 502).answer(b"x", 502).answer({"courses": [D1]})
    plan.apply()
    assert plan.result["course_id"] == 6 and len(deployments(server)) == 1


def test_a_course_that_does_not_come_is_an_unknown_outcome(server, make_plan, watch):
    plan = make_plan(*NEW, poll_timeout=12)
    server.answer(b"x", 504)
    for _look in range(5):
        server.answer({"courses": []}).answer(False)
    with pytest.raises(errors.OutcomeUnknown, match="was not there after 12 s") as caught:
        plan.apply()
    assert "run the task again" in caught.value.cure
    assert plan.changed and plan.result["created"] is None and plan.result["confirmed"] is False
    assert watch.slept == [5, 5, 2] and len(deployments(server)) == 1


def test_no_looking_longer_than_asked(server, make_plan, watch):
    plan = make_plan(*NEW, poll_timeout=0)
    server.answer(b"x", 504).answer({"courses": []}).answer(False)
    with pytest.raises(errors.OutcomeUnknown):
        plan.apply()
    assert watch.slept == []


def test_an_answer_that_moodle_held_back_is_read_from_the_site(server, make_plan):
    refused = {"exception": "invalid_response_exception", "errorcode": "invalidresponse", "message": "Invalid response"}
    plan = make_plan(*NEW, refused, {"courses": [D1]})
    plan.apply()
    assert plan.result["course_id"] == 6 and plan.result["confirmed"] is False


@pytest.mark.parametrize("answer", [0, -1])
def test_an_answer_that_is_no_course_is_checked(server, make_plan, answer):
    plan = make_plan(*NEW, answer, {"courses": []}, False)
    with pytest.raises(errors.ExecutedUnreadable, match="not answer with the number"):
        plan.apply()
    assert plan.result["created"] is None and len(deployments(server)) == 1


@pytest.mark.parametrize("answer", [None, False, True, "x", []])
def test_an_answer_that_is_no_number_is_none(server, make_plan, answer):
    plan = make_plan(*NEW, answer, {"courses": []}, False, poll_timeout=0)
    with pytest.raises(errors.OutcomeUnknown, match="not what Moodle answers: the answer is not a number"):
        plan.apply()
    assert plan.result["created"] is None and len(deployments(server)) == 1


# -- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer, kind, words",
    [
        (COMMUNITY, errors.EditionError, "community release"),
        (NO_ACCESS, errors.AccessRefused, "tool_sync_deploy_course"),
        (
            {"exception": "moodle_exception", "errorcode": "shortnametaken", "message": "taken"},
            errors.MoodleError,
            "shortname D1 was taken",
        ),
        (
            {"exception": "moodle_exception", "errorcode": "courseidnumbertaken", "message": "taken"},
            errors.MoodleError,
            "idnumber is taken|idnumber .* is taken",
        ),
    ],
)
def test_a_refusal_is_told_and_nothing_changed(server, make_plan, answer, kind, words):
    plan = make_plan(*NEW, answer)
    with pytest.raises(kind, match=words):
        plan.apply()
    assert not plan.changed and plan.result["created"] is False
    assert len(deployments(server)) == 1


def test_a_failure_in_the_middle_looks_for_what_was_left(server, make_plan):
    failed = {"exception": "dml_write_exception", "errorcode": "dmlwriteexception", "message": "Error writing"}
    plan = make_plan(*NEW, failed, {"courses": [D1]})
    with pytest.raises(errors.DatabaseError, match="exists now, and may be incomplete"):
        plan.apply()
    assert plan.changed and plan.result["created"] and plan.result["course_id"] == 6
    assert plan.result["confirmed"] is False


def test_a_failure_that_left_nothing_changed_nothing(make_plan):
    failed = {"exception": "dml_write_exception", "errorcode": "dmlwriteexception", "message": "Error writing"}
    plan = make_plan(*NEW, failed, {"courses": []}, False)
    with pytest.raises(errors.DatabaseError):
        plan.apply()
    assert not plan.changed and plan.result["created"] is False


# -- older parameter names -----------------------------------------------------------------------------------------


def test_an_older_plugin_gets_the_names_that_it_knows(server, make_plan):
    plan = make_plan(*NEW, REFUSED, {"courses": []}, False, 6)
    plan.apply()
    assert plan.result["course_id"] == 6 and plan.result["confirmed"] is True
    first, second = deployments(server)
    assert {"categoryidsource", "templateidsource"} <= set(first)
    assert (second["categorysourceid"], second["templatesourceid"]) == ("id", "shortname")
    assert not {"categoryidsource", "templateidsource"} & set(second)


@pytest.mark.parametrize(
    "debuginfo", ["Missing required key in single structure: categorysourceid", "Unexpected keys (x)"]
)
def test_moodle_may_say_that_it_is_the_names(server, make_plan, debuginfo):
    make_plan(*NEW, {**REFUSED, "debuginfo": debuginfo}, 6).apply()
    assert len(deployments(server)) == 2


def test_other_names_are_tried_once(server, make_plan):
    plan = make_plan(*NEW, REFUSED, {"courses": []}, False, REFUSED, {"courses": []}, False)
    with pytest.raises(errors.ParameterRefused):
        plan.apply()
    assert len(deployments(server)) == 2 and not plan.changed


def test_other_names_are_not_tried_when_something_else_was_refused(server, make_plan):
    plan = make_plan(*NEW, {**REFUSED, "debuginfo": "Category does not exist."}, {"courses": []}, False)
    with pytest.raises(errors.ParameterRefused, match="Category does not exist"):
        plan.apply()
    assert len(deployments(server)) == 1


def test_other_names_are_not_tried_when_the_course_has_come_all_the_same(server, make_plan):
    plan = make_plan(*NEW, REFUSED, {"courses": [D1]}, {"courses": [D1]})
    with pytest.raises(errors.ParameterRefused, match="may be incomplete"):
        plan.apply()
    assert len(deployments(server)) == 1 and plan.changed


def test_other_names_are_not_tried_when_the_category_may_be_the_reason(server, make_plan):
    plan = make_plan(*NEW[:2], NO_ACCESS, *NEW[3:], REFUSED)
    with pytest.raises(errors.ParameterRefused, match="core_course_get_categories") as caught:
        plan.apply()
    assert len(deployments(server)) == 1 and caught.value.option == "category"


# -- against the practice Moodle -----------------------------------------------------------------------------------


def deploy(site, **options):
    plan = deploy_course.plan(site, {**WANTED, **options})
    plan.apply()
    return plan


def test_a_course_comes_into_being_once(site_on, practice):
    site = site_on(practice.url, practice.token)
    first = deploy(site, idnumber="DI1", replacements={"a": {"b": "<p>\u00e9</p>"}})
    again = deploy(site, idnumber="DI1")
    assert first.changed and not again.changed
    assert again.result["course_id"] == first.result["course_id"] and again.result["differences"] == {}
    assert practice.counters()["writes"] == 1


def test_planning_writes_nothing(site_on, practice):
    plan = deploy_course.plan(site_on(practice.url, practice.token, check_mode=True), WANTED)
    assert plan.changed
    counters = practice.counters()
    assert counters["writes"] == 0 and "tool_sync_deploy_course" not in counters["executed"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 504, "when": "after"},
        {"kind": "reset", "when": "after"},
        {"kind": "cut"},
        {"kind": "empty"},
        {"kind": "truncate"},
    ],
)
def test_whatever_becomes_of_the_answer_the_course_is_there_once(site_on, practice, fault):
    # The first call only asks whether the token may.
    practice.fault(function="tool_sync_deploy_course", skip=1, **fault)
    plan = deploy(site_on(practice.url, practice.token), shortname="FAULT 12345")
    courses = [row for row in practice.state()["course"] if row["shortname"] == "FAULT 12345"]
    assert len(courses) == 1 and practice.counters()["writes"] == 1
    assert plan.changed and plan.result["course_id"] == courses[0]["id"]


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 502}, {"kind": "close"}, {"kind": "reset"}])
def test_a_request_that_never_did_anything_is_not_sent_again(site_on, practice, fault):
    practice.fault(function="tool_sync_deploy_course", skip=1, **fault)
    with pytest.raises(errors.OutcomeUnknown):
        deploy(site_on(practice.url, practice.token))
    counters = practice.counters()
    assert counters["writes"] == 0 and counters["calls"]["tool_sync_deploy_course"] == 2


@pytest.mark.parametrize(
    "options, words",
    [
        ({"category": "999"}, "category id 999 does not exist"),
        ({"category": "X", "category_identifier": "idnumber"}, "category idnumber X does not exist"),
        ({"template": "NOPE"}, "template shortname NOPE does not exist"),
        ({"template": "999", "template_identifier": "id"}, "template id 999 does not exist"),
        ({"shortname": "MATH101", "idnumber": "TPL1"}, "idnumber TPL1 is taken by the course TPL"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_wrong_is_named(site_on, practice, options, words, check_mode):
    with pytest.raises(errors.OptionError, match=words):
        deploy(site_on(practice.url, practice.token, check_mode=check_mode), **options)
    assert practice.counters()["writes"] == 0


def test_the_packaged_service_is_enough_to_deploy(site_on, practice):
    site = site_on(practice.url, practice.service_tokens["tool_sync"])
    first = deploy(site)
    again = deploy(site)
    assert first.changed and first.result["course_id"]
    assert not again.changed and again.result["differences"] is None
    with pytest.raises(errors.ParameterRefused, match="category id 999 exists could not be read"):
        deploy(site, shortname="D2", category="999")


def test_the_community_release_is_told(site_on, practice):
    practice.condition("community")
    with pytest.raises(errors.EditionError):
        deploy(site_on(practice.url, practice.token))

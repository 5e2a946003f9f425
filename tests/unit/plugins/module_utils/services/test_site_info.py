# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preflight: what it finds out, what it says to whom, and that it writes nothing."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import site_info
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import NO_PARAMETER

REFUSED = {"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "Invalid"}
NO_ACCESS = {"exception": "webservice_access_exception", "errorcode": "accessexception", "message": "Access"}
NO_FUNCTION = {
    "exception": "dml_missing_record_exception",
    "errorcode": "invalidrecord",
    "message": "Can't find data record in database table external_functions.",
}
NO_TOKEN = {"exception": "moodle_exception", "errorcode": "invalidtoken", "message": "Invalid token - token not found"}
SEQUENCE = ["config", "upload", "process"]
PACKAGED = ["tool_sync_" + name for name in "set_config commit_file process check_course deploy_course".split()]


def info(functions=tuple(FUNCTIONS), **more):
    return {
        "sitename": "Real &amp; good",
        "username": "admin",
        "fullname": "Admin User",
        "userid": 2,
        "siteurl": "",
        "functions": [
            {"name": name, "version": "2021111600" if name.startswith("tool_sync_") else "2023100900"}
            for name in functions
        ],
        "uploadfiles": 1,
        "release": "4.3 (Build: 20231009)",
        "version": "2023100900",
        "userquota": 0,
        "usermaxuploadfilesize": -1,
        "userissiteadmin": True,
        **more,
    }


def packaged(server, allowed, upload=(), unknown=()):
    """Script a site whose service lacks the site information."""
    server.answer(NO_ACCESS)
    for name in FUNCTIONS:
        if name != site_info.SITE_INFO:
            server.answer(REFUSED if name in allowed else NO_FUNCTION if name in unknown else NO_ACCESS)
    server.answer(upload if isinstance(upload, dict) else list(upload))


def called(server):
    return [dict(seen.form).get("wsfunction", seen.path) for seen in server.seen]


# -- ready ---------------------------------------------------------------------------------------------------------


def test_one_call_tells_everything(site, server):
    server.answer(info(usermaxuploadfilesize=1000, userquota=2000))
    plan = site_info.plan(site, list(site_info.FEATURES))
    assert not plan.changed
    assert plan.result == {
        "ready": True,
        "reachable": True,
        "site": {
            "name": "Real & good",
            "url": "",
            "release": "4.3 (Build: 20231009)",
            "version": "2023100900",
        },
        "account": {"id": 2, "username": "admin", "full_name": "Admin User", "is_site_admin": True},
        "plugin": {"edition": "unknown", "edition_source": None, "version": "2021111600"},
        "functions": sorted(FUNCTIONS),
        "upload_allowed": True,
        "max_upload_size": 1000,
        "user_quota": 2000,
        "features": dict.fromkeys(site_info.FEATURES, True),
        "problems": [],
        "unknown": plan.result["unknown"],
    }
    assert "pro release" in plan.result["unknown"][0]
    assert called(server) == [site_info.SITE_INFO]


def test_no_limit_is_none(site, server):
    server.answer(info())
    result = site_info.plan(site, []).result
    assert result["max_upload_size"] is None and result["user_quota"] is None and result["ready"]


@pytest.mark.parametrize("own", ["https://moodle.example.org/", "none"])
def test_another_address_is_told(site, server, own):
    server.answer(info(siteurl=own))
    site_info.plan(site, [])
    assert own in site.warnings[0]


@pytest.mark.parametrize("spelt", [lambda url: f"{url}/", lambda url: f"{url.upper()}//", lambda url: ""])
def test_the_same_address_is_not(site, server, spelt):
    server.answer(info(siteurl=spelt(server.url)))
    site_info.plan(site, [])
    assert site.warnings == []


def test_an_earlier_commit_shows_that_it_is_the_pro_release(site, server):
    site.memory.put("files", {"users.csv": {"sha256": "0", "size": 1, "state": "kept"}})
    server.answer(info())
    result = site_info.plan(site, SEQUENCE).result
    assert result["plugin"]["edition"] == "pro" and result["plugin"]["edition_source"] == "state_file"
    assert result["unknown"] == []


# -- what is missing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer, words, page", [
    (NO_ACCESS, "service does not hold", site_info.SERVICES_PAGE),
    (NO_FUNCTION, "not installed, or too old", site_info.PLUGINS_PAGE),
])  # fmt: skip
def test_a_missing_function_is_named_with_its_page(site, server, answer, words, page):
    server.answer(info([name for name in FUNCTIONS if name != "tool_sync_process"])).answer(answer)
    result = site_info.plan(site, SEQUENCE).result
    assert not result["ready"] and result["reachable"]
    assert result["features"] == {"config": True, "upload": True, "process": False}
    [problem] = result["problems"]
    assert (problem["feature"], problem["function"]) == ("process", "tool_sync_process")
    assert words in problem["message"]
    assert problem["admin_page"] == page.name and problem["admin_url"] == server.url + page.path


def test_a_function_of_moodle_that_is_unknown_is_not_the_plugins_fault(site, server):
    name = "core_user_get_users_by_field"
    server.answer(info([other for other in FUNCTIONS if other != name])).answer(NO_FUNCTION)
    [problem] = site_info.plan(site, ["compare_users"]).result["problems"]
    assert "Moodle is too old" in problem["message"]


def test_what_is_not_asked_for_is_not_missing(site, server):
    server.answer(info(["core_webservice_get_site_info", "tool_sync_set_config"]))
    assert site_info.plan(site, ["config"]).result["ready"]


def test_a_service_without_uploads(site, server):
    server.answer(info(uploadfiles=0))
    result = site_info.plan(site, SEQUENCE).result
    assert result["upload_allowed"] is False
    [problem] = result["problems"]
    assert problem["feature"] == "upload" and "Can upload files" in problem["message"]


def test_a_site_without_the_plugin(site, server):
    server.answer(info(["core_webservice_get_site_info"])).answer(NO_FUNCTION).answer(NO_FUNCTION)
    result = site_info.plan(site, ["config"]).result
    assert result["plugin"] == {"edition": "absent", "edition_source": "site", "version": None}
    assert "not installed" in result["problems"][0]["message"]
    assert called(server)[1:] == ["tool_sync_set_config", "tool_sync_check_course"]


# -- packaged services ---------------------------------------------------------------------------------------------


def test_a_packaged_service_is_found_out_function_by_function(site, server):
    packaged(server, PACKAGED)
    result = site_info.plan(site, [*SEQUENCE, "deploy", "enrol"]).result
    assert result["functions"] == sorted(PACKAGED)
    assert result["upload_allowed"] is True
    assert result["features"] == {"config": True, "upload": True, "process": True, "deploy": True, "enrol": False}
    assert set(result["site"].values()) == set(result["account"].values()) == {None}
    assert "core_webservice_get_site_info" in result["unknown"][0]
    assert [problem["function"] for problem in result["problems"]] == ["tool_sync_enrol_users_enrol"]


def test_a_packaged_service_without_uploads(site, server):
    packaged(server, PACKAGED, upload={"error": "Access control exception", "errorcode": "accessexception"})
    assert site_info.plan(site, ["upload"]).result["upload_allowed"] is False


def test_an_account_that_may_do_nothing_is_one_problem(site, server):
    packaged(server, [], upload={"error": "Access control exception", "errorcode": "accessexception"})
    result = site_info.plan(site, SEQUENCE).result
    [problem] = result["problems"]
    assert problem["feature"] is None and "none of the functions" in problem["message"]
    assert "Moodle says" not in problem["message"]
    assert set(result["features"].values()) == {False} and result["reachable"]


def test_a_function_that_is_broken_does_not_end_the_survey(site, server):
    broken = {"exception": "Error", "message": 'Class "tool_sync_external" not found'}
    server.answer(NO_ACCESS)
    for name in FUNCTIONS:
        if name != site_info.SITE_INFO:
            server.answer(broken if name == "tool_sync_get_cohorts" else REFUSED)
    server.answer([])
    result = site_info.plan(site, [*SEQUENCE, "compare_cohorts"]).result
    assert result["features"] == {"config": True, "upload": True, "process": True, "compare_cohorts": False}
    [problem] = result["problems"]
    assert "tool_sync_get_cohorts, which is broken on this site" in problem["message"]


def test_moodle_may_say_why_where_debugging_is_on(site, server):
    server.answer({**NO_ACCESS, "debuginfo": "You are not allowed to use the rest protocol"})
    for _call in FUNCTIONS:
        server.answer(NO_ACCESS)
    [problem] = site_info.plan(site, SEQUENCE).result["problems"]
    assert "Moodle says: You are not allowed to use the rest protocol" in problem["message"]


def test_a_site_without_the_plugin_and_without_site_information(site, server):
    plugin = [name for name in FUNCTIONS if name.startswith("tool_sync_")]
    packaged(server, [], unknown=plugin)
    result = site_info.plan(site, ["config"]).result
    assert result["plugin"]["edition"] == "absent"
    assert "not installed" in result["problems"][0]["message"]


def test_a_token_that_expires_at_its_first_use_is_told_apart(site, server):
    server.answer(NO_ACCESS).answer(NO_TOKEN)
    result = site_info.plan(site, SEQUENCE).result
    [problem] = result["problems"]
    assert "had expired" in problem["message"] and problem["admin_page"] == site_info.TOKENS_PAGE.name


@pytest.mark.parametrize("how", [{"body": info(["core_webservice_get_site_info"])}, {"body": NO_ACCESS}])
def test_no_function_that_writes_is_ever_run(site, server, how):
    server.answer(**how)
    for _call in range(40):
        server.answer(NO_ACCESS)
    site_info.plan(site, list(site_info.FEATURES))
    asked = [dict(seen.form) for seen in server.seen if seen.path.endswith("server.php")]
    assert len(asked) > 10
    assert all(NO_PARAMETER in form for form in asked[1:])
    assert site.moodle.read_only


# -- what can't be asked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer, reachable, words, page",
    [
        ({"body": NO_TOKEN}, True, "does not know this token", site_info.TOKENS_PAGE),
        ({"body": b"", "status": 403}, True, "switched off", site_info.OVERVIEW_PAGE),
        ({"body": {**NO_ACCESS, "errorcode": "wsaccessusersuspended"}}, True, "is suspended", site_info.USERS_PAGE),
        ({"body": {**NO_ACCESS, "errorcode": "servicenotavailable"}}, True, "refused access", site_info.SERVICES_PAGE),
        ({"body": {**NO_ACCESS, "errorcode": "sitemaintenance"}}, True, "maintenance", site_info.MAINTENANCE_PAGE),
        ({"body": {**NO_ACCESS, "errorcode": "upgraderunning"}}, True, "maintenance", site_info.NOTIFICATIONS_PAGE),
        (
            {"body": b"<html><title>Down</title>", "status": 503, "headers": {"Retry-After": "300"}},
            True,
            "maintenance",
            site_info.MAINTENANCE_PAGE,
        ),
        ({"body": b"<html>hello</html>"}, False, "a web page", None),
        ({"body": b"x", "status": 404}, False, "404", None),
        ({"body": b"x", "status": 502}, False, "502", None),
        ({"body": b"", "status": 303, "headers": {"Location": "https://other.example.org/"}}, False, "redirects", None),
        ({"drop": True}, False, "broke", None),
    ],
)
def test_a_site_that_refuses_or_is_none_is_a_finding(site, server, answer, reachable, words, page):
    server.answer(**answer)
    result = site_info.plan(site, SEQUENCE).result
    assert result["ready"] is False and result["reachable"] is reachable
    [problem] = result["problems"]
    assert words in problem["message"] and problem["feature"] is None
    assert problem["admin_page"] == (page and page.name)
    assert problem["admin_url"] == (page and server.url + page.path)
    assert set(result["features"].values()) == {False} and result["functions"] == [] and result["unknown"] == []


def test_an_address_that_cannot_be_asked_is_a_mistake_of_the_options(site, monkeypatch):
    def refuse(*args, **kwargs):
        raise errors.OptionError("url: no address", option="url")

    monkeypatch.setattr(site.moodle, "call", refuse)
    with pytest.raises(errors.OptionError):
        site_info.plan(site, [])


# -- failing -------------------------------------------------------------------------------------------------------


def test_problems_can_be_made_a_failure(site, server):
    server.answer(info(uploadfiles=0))
    with pytest.raises(errors.NotReady, match="takes files") as caught:
        site_info.plan(site, SEQUENCE, fail_on_problems=True)
    assert caught.value.result["ready"] is False and caught.value.result["problems"]


def test_a_failure_keeps_its_kind(site, server):
    server.answer(NO_TOKEN)
    with pytest.raises(errors.TokenRefused) as caught:
        site_info.plan(site, SEQUENCE, fail_on_problems=True)
    assert caught.value.result["reachable"] is True


def test_no_problem_no_failure(site, server):
    server.answer(info())
    assert site_info.plan(site, SEQUENCE, fail_on_problems=True).result["ready"]


# -- the table of features -----------------------------------------------------------------------------------------


def test_the_features_name_functions_of_the_catalogue():
    named = {name for feature in site_info.FEATURES.values() for name in feature}
    assert named <= set(FUNCTIONS)


def test_a_feature_asked_for_twice_is_told_once(site, server):
    server.answer(info(uploadfiles=0))
    assert len(site_info.plan(site, ["upload", "upload"]).result["problems"]) == 1


# -- against the practice Moodle -----------------------------------------------------------------------------------


def test_the_practice_moodle_is_ready_and_nothing_is_written(site_on, practice):
    features = sorted(set(site_info.FEATURES) - {"unassign_role", "enrol_info", "enrol_groups", "groups", "cohorts", "roles", "leavers"})
    result = site_info.plan(site_on(practice.url, practice.token), features).result
    assert result["ready"] and result["account"]["username"] == "admin"
    assert practice.counters()["writes"] == 0


@pytest.mark.parametrize(
    "service, ready",
    [
        ("tool_sync", ["config", "upload", "process", "check_courses", "deploy"]),
        ("tool_sync_core_ext", ["enrol"]),
        ("tool_sync_cohort_ext", []),
    ],
)
def test_the_packaged_services_of_the_practice_moodle(site_on, practice, service, ready):
    site = site_on(practice.url, practice.service_tokens[service])
    result = site_info.plan(site, list(site_info.FEATURES)).result
    assert [name for name, usable in result["features"].items() if usable] == ready
    assert result["upload_allowed"] is (service == "tool_sync")
    # Site information is the only function that was ever entered; uploads without a file count as entered.
    counters = practice.counters()
    assert counters["writes"] == 0 and set(counters["executed"]) <= {"upload.php"}


@pytest.mark.parametrize(
    "condition, page",
    [
        ("webservices-off", site_info.OVERVIEW_PAGE),
        ("rest-off", site_info.OVERVIEW_PAGE),
        ("cli-maintenance", site_info.MAINTENANCE_PAGE),
        ("service-off", site_info.SERVICES_PAGE),
        ("not-authorised", site_info.SERVICES_PAGE),
        ("no-capabilities", site_info.SERVICES_PAGE),
        ("token-other-address", site_info.SERVICES_PAGE),
        ("account-suspended", site_info.USERS_PAGE),
        ("token-expired", site_info.TOKENS_PAGE),
    ],
)
def test_the_conditions_of_the_practice_moodle_name_their_page(site_on, practice, condition, page):
    practice.condition(condition)
    result = site_info.plan(site_on(practice.url, practice.token), SEQUENCE).result
    [problem] = result["problems"]
    assert problem["admin_page"] == page.name and not result["ready"] and result["reachable"]

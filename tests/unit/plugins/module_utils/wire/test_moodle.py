# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's protocol: what is encoded, and which answer is which error."""

from __future__ import annotations

import json

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import Moodle, flatten, has_markup
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import ALWAYS, Transport

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def moodle(server):
    with Transport(server.url, TOKEN, sleep=lambda seconds: None, retries=0) as transport:
        yield Moodle(transport, TOKEN)


def process(moodle):
    return moodle.call("tool_sync_process", {"service": "users", "action": "sync"})


@pytest.mark.parametrize(
    "value, pairs",
    [
        ({"a": 1, "b": True, "c": False, "d": None, "e": ""}, [("a", "1"), ("b", "1"), ("c", "0"), ("e", "")]),
        ({"a": [{"x": 1}, {"x": 2}]}, [("a[0][x]", "1"), ("a[1][x]", "2")]),
        ({"m": {"t": {"type": "idnumber"}}}, [("m[t][type]", "idnumber")]),
        ({"ids": [7, 8]}, [("ids[0]", "7"), ("ids[1]", "8")]),
        ({"empty": []}, []),
    ],
)
def test_flatten(value, pairs):
    assert flatten(value) == pairs


def test_credentials_come_first_then_format_and_language(server, moodle):
    server.answer("report")
    process(moodle)
    assert server.seen[0].form == [
        ("wstoken", TOKEN),
        ("wsfunction", "tool_sync_process"),
        ("moodlewsrestformat", "json"),
        ("moodlewssettinglang", "en"),
        ("service", "users"),
        ("action", "sync"),
    ]
    assert server.seen[0].path == "/webservice/rest/server.php"


def error_body(code, message="", **more):
    return {"exception": "moodle_exception", "errorcode": code, "message": message, **more}


#: A missing record, or function, of Moodle 5.1.
NO_RECORD = error_body("invalidrecordunknown", "Can't find data record in database.")


@pytest.mark.parametrize(
    "body, kind, words",
    [
        (error_body("invalidtoken", "Invalid token - token not found"), errors.TokenRefused, "Manage tokens"),
        (error_body("accessexception", "Access control exception"), errors.AccessRefused, "External services"),
        (error_body("servicenotavailable"), errors.AccessRefused, "External services"),
        (error_body("invalidrecord", "Can't find data record in database table external_functions."), errors.FunctionUnknown, "plugin"),
        (error_body("invalidrecord", "Can't find data record in database table course."), errors.MoodleError, "course"),
        (error_body("proreleasefeature", "error/proreleasefeature"), errors.EditionError, "community release"),
        (error_body("invalidparameter", "Invalid parameter value detected"), errors.ParameterRefused, "Debugging"),
        (error_body("invalidresponse", "Invalid response value detected"), errors.ExecutedUnreadable, "was executed"),
        (error_body("sitemaintenance", "The site is being upgraded"), errors.Maintenance, "maintenance"),
        (error_body("upgraderunning"), errors.Maintenance, "maintenance"),
        (error_body("wsaccessusersuspended"), errors.AccessRefused, "is suspended"),
        (error_body("dmlreadexception", "Error reading from database"), errors.DatabaseError, "identifier"),
        (error_body("This enrol method does not support x()", "error/This"), errors.MoodleError, "error/This"),
        ({"exception": "TypeError", "message": "in_array(): null given"}, errors.MoodleError, "in_array"),
        ({"errorcode": "strange"}, errors.MoodleError, "strange"),
    ],
)  # fmt: skip
def test_error_objects(server, moodle, body, kind, words):
    server.answer(body)
    with pytest.raises(errors.ToolsyncError, match=words) as caught:
        process(moodle)
    assert caught.value.kind == kind.kind
    assert caught.value.errorcode == body.get("errorcode")


def test_debuginfo_is_told_without_the_token(server, moodle):
    server.answer(error_body("invalidparameter", "Invalid parameter value detected", debuginfo=f"Bad {TOKEN}\nline two"))
    with pytest.raises(errors.ParameterRefused) as caught:
        moodle.call("tool_sync_check_course", {"courseidsource": "x", "courseid": "1"})
    assert "(Bad ********)" in str(caught.value) and TOKEN not in str(caught.value.describe())


def test_an_error_after_noise_is_an_error(server, moodle):
    server.answer(b"Resetting\n" + json.dumps(error_body("dmlwriteexception", "Error writing")).encode())
    with pytest.raises(errors.DatabaseError):
        process(moodle)


@pytest.mark.parametrize(
    "status, body, headers, kind, words",
    [
        (403, b"", {}, errors.AccessRefused, "REST protocol"),
        (403, b"<html><title>Forbidden</title></html>", {}, errors.HttpRefused, "Forbidden"),
        (401, b"<html></html>", {}, errors.HttpRefused, "login of its own"),
        (404, b"<html><title>Not Found</title></html>", {}, errors.NotMoodle, "HTTP 404"),
        (503, b"<html>maintenance</html>", {"Retry-After": "300"}, errors.Maintenance, "maintenance"),
        (200, b"<!DOCTYPE html><title>Welcome</title>", {}, errors.NotMoodle, "Welcome"),
        (200, b"", {}, errors.NotMoodle, "no text at all"),
        (200, b"it works", {}, errors.NotMoodle, "not JSON"),
        (429, b"", {}, errors.Throttled, "429"),
        (500, b"", {}, errors.HttpRefused, "500"),
        (504, b"", {}, errors.HttpRefused, "504"),
    ],
)
def test_what_is_not_moodles_json(server, moodle, status, body, headers, kind, words):
    server.answer(body, status, headers=headers)
    with pytest.raises(errors.ToolsyncError, match=words) as caught:
        moodle.call("tool_sync_check_course", {"courseidsource": "id", "courseid": "1"})
    assert caught.value.kind == kind.kind


DEATH = b"<br />\n<b>Fatal error</b>:  Maximum execution time of 300 seconds exceeded in <b>/var/www/dml.php</b> on line <b>12</b><br />\n"
PAGE = b"<!DOCTYPE html><html><head><title>Welcome</title></head></html>"
#: What is not an answer of Moodle: (status, body, headers, words of the message).
NO_ANSWERS = [
    *((status, b"", {}, f"HTTP {status}") for status in (400, 401, 404, 405, 413, 418, 500, 502, 504, 520, 524, 599)),
    (403, b"<html>Forbidden</html>", {}, "HTTP 403"),
    (503, b"busy", {}, "HTTP 503"),
    (429, b"", {}, "HTTP 429"),
    (200, b"", {}, "no text at all"),
    (200, b'"half', {}, "not JSON"),
    (200, PAGE, {}, "a web page .*Welcome"),
    (200, DEATH, {}, "Fatal error: Maximum execution time of 300 seconds exceeded"),
    (500, DEATH, {}, "Fatal error: Maximum execution time of 300 seconds exceeded"),
    (200, b"Starting...1\n" + DEATH, {}, "Fatal error: Maximum"),
    (200, b"PHP Fatal error:  Allowed memory size exhausted\nStack", {}, "PHP Fatal error: Allowed memory size exhausted"),
    (200, b"[1]", {}, "not what Moodle answers: the answer is not a text"),
    (200, b"{}", {}, "not what Moodle answers: the answer is not a text"),
    (200, b"7", {}, "not what Moodle answers: the answer is not a text"),
    (200, b"NaN", {}, "not JSON"),
    (200, b"x", {"Content-Encoding": "br"}, "a packing that nobody asked for"),
    (302, b"", {"Location": "/login/index.php"}, "/login/index.php, which is a login .* Exempt"),
    (303, b"", {"Location": "https://moodle.example.org/webservice/rest/server.php"}, "https://moodle.example.org: use that as url"),
]


@pytest.mark.parametrize("status, body, headers, words", NO_ANSWERS)
def test_what_is_no_answer_of_moodle_says_nothing_of_a_call_that_may_not_be_repeated(server, moodle, status, body, headers, words):
    server.answer(True).answer(body, status, headers=headers)
    moodle.call("tool_sync_set_config", {"service": "users", "confkey": "a", "confvalue": "b"})
    with pytest.raises(errors.OutcomeUnknown, match=words) as caught:
        process(moodle)
    assert "Whether tool_sync_process was done cannot be told" in caught.value.message and caught.value.may_be_done
    assert "Check that url" not in str(caught.value), "url was seen to be right"
    assert "<" not in caught.value.message


@pytest.mark.parametrize("status, body, headers, words", NO_ANSWERS)
def test_of_a_call_that_must_not_run_twice_at_a_time_neither(server, moodle, status, body, headers, words):
    server.answer(body, status, headers=headers)
    kind = {429: errors.Throttled, 503: errors.HttpRefused}.get(status, errors.OutcomeUnknown)
    with pytest.raises(errors.ToolsyncError, match=words.partition(" the answer is")[0]) as caught:
        moodle.call("tool_sync_cohort_add_members", {"members": []})
    assert isinstance(caught.value, kind) and caught.value.may_be_done
    assert kind is not errors.OutcomeUnknown or "Run this again when it has had the time to end" in str(caught.value)


@pytest.mark.parametrize("status, body, headers, words", NO_ANSWERS)
def test_of_another_call_it_is_told_what_came(server, moodle, status, body, headers, words):
    server.answer(body, status, headers=headers)
    with pytest.raises(errors.ToolsyncError, match=words.partition(" the answer is")[0]) as caught:
        moodle.call("tool_sync_check_course", {"courseidsource": "id", "courseid": "1"})
    assert not isinstance(caught.value, errors.OutcomeUnknown)


def test_php_that_died_is_no_reason_to_check_url(server, moodle):
    server.answer(DEATH)
    with pytest.raises(errors.HttpRefused, match="PHP stopped in the middle of core_course_get_categories: Fatal error") as caught:
        moodle.call("core_course_get_categories")
    assert "url" not in str(caught.value) and "PHP's log" in str(caught.value)


def test_an_address_that_has_answered_is_not_doubted(server, moodle):
    server.answer(PAGE).answer({"courses": []}).answer(PAGE)
    for doubted in (True, False):
        with pytest.raises(errors.NotMoodle) as caught:
            moodle.call("core_course_get_courses_by_field", {"field": "id", "value": "1"})
        assert ("Check that url" in str(caught.value)) is doubted
        if doubted:
            moodle.call("core_course_get_courses_by_field", {"field": "id", "value": "1"})


@pytest.mark.parametrize(
    "location, named, is_address",
    [
        ("https://moodle.example.org/webservice/rest/server.php", "https://moodle.example.org", True),
        ("https://example.org/moodle/webservice/rest/server.php?x=1", "https://example.org/moodle", True),
        ("https://moodle.example.org", "https://moodle.example.org", True),
        ("https://moodle.example.org/", "https://moodle.example.org", True),
        ("//moodle.example.org//webservice/rest/server.php", "http://moodle.example.org", True),
        ("https://login.example.net/saml2/idp/SSOService.php?SAMLRequest=f", "https://login.example.net/saml2/idp/SSOService.php", False),
        ("/login/index.php", "/login/index.php", False),
        ("/cdn-cgi/access/login/moodle.example.org?kid=abc", "/cdn-cgi/access/login/moodle.example.org", False),
        ("https://somebody:word@other.example/x", "https://other.example/x", False),
    ],
)
def test_where_a_redirect_leads(server, moodle, location, named, is_address):
    server.answer(b"", 303, headers={"Location": location})
    with pytest.raises(errors.Redirected) as caught:
        moodle.call("core_webservice_get_site_info")
    assert (f"{named}: use that as url" in str(caught.value)) is is_address
    assert (f"{named}, which is a login or another page" in str(caught.value)) is not is_address
    assert ("Exempt /webservice/" in str(caught.value)) is not is_address
    assert not any(word in str(caught.value) for word in ("SAMLRequest", "kid=", "somebody", "?"))


@pytest.mark.parametrize("location", ["/", "", "/webservice/rest/server.php"])
def test_a_redirect_to_the_address_that_was_asked(server, moodle, location):
    """Moodle 4.1 leads to its root, 4.5 to the same path."""
    server.answer(b"", 303, headers={"Location": f"{server.url}{location}"})
    with pytest.raises(errors.Redirected, match="redirects to itself") as caught:
        moodle.call("core_webservice_get_site_info")
    assert "sslproxy" in str(caught.value) and "use that" not in str(caught.value)


@pytest.mark.parametrize("headers", [{}, {"Location": "http://[nonsense"}])
def test_a_redirect_to_nowhere(server, moodle, headers):
    server.answer(b"", 302, headers=headers)
    with pytest.raises(errors.Redirected, match="names no address"):
        moodle.call("core_webservice_get_site_info")


@pytest.mark.parametrize("function", [function for function in FUNCTIONS.values() if function.answers])
def test_an_answer_of_another_shape_is_told_with_the_function(server, moodle, function):
    server.answer({"courses": 7, "cohorts": [None], "warnings": {}})
    with pytest.raises(errors.ToolsyncError, match=f"answered {function.name} with JSON that is not what Moodle answers") as caught:
        moodle.call(function.name)
    assert isinstance(caught.value, errors.NotMoodle if function.repeat == ALWAYS else errors.OutcomeUnknown)


@pytest.mark.parametrize("strange", [None, 7, 1.5, True, [], {}, ["x"], {"a": 1}, "", " x\ny "])
@pytest.mark.parametrize("key", ["exception", "errorcode", "message", "debuginfo", "error"])
def test_an_error_object_may_hold_anything(server, moodle, tmp_path, key, strange):
    error = {**error_body("invalidrecord", "Can't find"), "debuginfo": "x", key: strange}
    server.answer(error).answer(error)
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    for ask in (lambda: process(moodle), lambda: moodle.upload(str(tmp_path / "a.csv"), "a.csv")):
        with pytest.raises(errors.ToolsyncError) as caught:
            ask()
        described = caught.value.describe()
        assert all(value is None or isinstance(value, str) for value in described.values())


def test_white_space_around_a_token_is_taken_off_and_no_page_shows_it(server):
    server.answer(f"<html><title>Blocked: wstoken={TOKEN}</title></html>".encode(), 403)
    with Transport(server.url, f" {TOKEN}\n", retries=0) as transport, pytest.raises(errors.HttpRefused) as caught:
        Moodle(transport, f" {TOKEN}\n").call("core_webservice_get_site_info")
    assert dict(server.seen[0].form)["wstoken"] == TOKEN
    assert "Blocked: wstoken=********" in str(caught.value)


@pytest.mark.parametrize("name", ["Location", "X-Other"])
def test_no_header_shows_the_token(server, moodle, name):
    server.answer(b"", 302, headers={name: f"https://{TOKEN.upper()}.example.org/?{TOKEN}"})
    with pytest.raises(errors.Redirected) as caught:
        moodle.call("core_webservice_get_site_info")
    assert TOKEN not in str(caught.value).lower()


EVIL = "\x1b]0;mine\x07\x1b[2J\x1b[31mRED\x9b0m\r\nok: [localhost]"


@pytest.mark.parametrize(
    "answer",
    [
        {"body": error_body("boom", EVIL, debuginfo=EVIL)},
        {"body": error_body(EVIL, "m")},
        {"body": f"<html><title>{EVIL}</title></html>".encode(), "status": 500},
        {"body": f"<html>Fatal error: {EVIL}".encode()},
    ],
)
def test_what_a_terminal_may_obey_is_written_out(server, moodle, answer):
    server.answer(**answer)
    with pytest.raises(errors.ToolsyncError) as caught:
        process(moodle)
    shown = [str(caught.value), *filter(None, caught.value.describe().values())]
    assert "\\x1b[31mRED\\x9b0m" in "".join(shown)
    assert not any(ord(sign) < 32 and sign not in "\n\t" or 127 <= ord(sign) < 160 for text in shown for sign in text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "body, kind, words",
    [
        ([], errors.UploadRefused, "no file was in it"),
        ([{"filename": "a.csv", "errortype": "fileoversized", "error": "[[maxbytes]]"}], errors.UploadRefused, "larger than the site"),
        ([{"filename": "a.csv", "errortype": "filenameexist", "error": "File name already exists: a.csv"}], errors.UploadRefused, "exists"),
        ({"error": "missing", "errorcode": "missingparam"}, errors.UploadRefused, "post_max_size"),
        ({"error": "exceeds", "errorcode": "upload_error_ini_size"}, errors.UploadRefused, "upload_max_filesize"),
        ({"error": "quota", "errorcode": "userquotalimit"}, errors.UploadRefused, "quota"),
        ({"error": "virus", "errorcode": "virusfound"}, errors.UploadRefused, "virus"),
        ({"error": "Access control exception", "errorcode": "accessexception"}, errors.AccessRefused, "allow uploads"),
        ({"error": "Invalid token", "errorcode": "invalidtoken"}, errors.TokenRefused, "does not know this token"),
        ("text", errors.NotMoodle, "not a list"),
    ],
)  # fmt: skip
def test_failures_of_an_upload(server, moodle, tmp_path, body, kind, words):
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1;2\n")
    server.answer(body)
    with pytest.raises(errors.ToolsyncError, match=words) as caught:
        moodle.upload(str(path), "a.csv")
    assert caught.value.kind == kind.kind


def test_an_upload_that_is_too_large_for_the_proxy(server, moodle, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1;2\n")
    server.answer(b"", 413)
    with pytest.raises(errors.UploadRefused, match="client_max_body_size"):
        moodle.upload(str(path), "a.csv")


@pytest.mark.parametrize("function", [function for function in FUNCTIONS.values() if function.writes])
def test_check_mode_refuses_every_writing_function(server, function):
    with Transport(server.url, TOKEN) as transport, pytest.raises(RuntimeError):
        Moodle(transport, TOKEN, read_only=True).call(function.name, {})
    assert not server.seen


def test_check_mode_refuses_uploads(server, tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    with Transport(server.url, TOKEN) as transport, pytest.raises(RuntimeError):
        Moodle(transport, TOKEN, read_only=True).upload(str(tmp_path / "a.csv"), "a.csv")
    assert not server.seen


def test_a_parameter_that_the_function_does_not_have_is_a_defect(moodle):
    with pytest.raises(KeyError):
        moodle.call("tool_sync_process", {"service": "users", "aktion": "sync"})


@pytest.mark.parametrize(
    "text, refused", [("<p>", True), ("a <3 b", True), ("a <", True), ("a < b", False), ("x > y", False), ("\0", True), ("é", False)]
)
def test_markup(text, refused):
    assert has_markup(text) is refused


@pytest.mark.parametrize(
    "body, expected",
    [
        ({"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "Invalid"}, True),
        ({"exception": "webservice_access_exception", "errorcode": "accessexception", "message": "Access"}, False),
        ({"exception": "dml", "errorcode": "invalidrecord", "message": "record in table external_functions."}, None),
        (NO_RECORD, None),
    ],
)
def test_may_call_asks_without_running_the_function_even_in_check_mode(server, moodle, body, expected):
    moodle.read_only = True
    server.answer(body)
    assert moodle.may_call("tool_sync_process") is expected
    form = dict(server.seen[0].form)
    assert form.pop("wsfunction") == "tool_sync_process"
    known = set(FUNCTIONS["tool_sync_process"].parameters)
    assert not known & set(form) and set(form) - {"wstoken", "moodlewsrestformat", "moodlewssettinglang"}


def check_course(moodle):
    return moodle.call("tool_sync_check_course", {"courseidsource": "id", "courseid": "9"})


def test_a_missing_record_of_no_name_is_told_from_a_missing_function_once(server, moodle):
    server.answer(NO_RECORD).answer(error_body("invalidparameter", "Invalid")).answer(NO_RECORD)
    for _twice in range(2):
        with pytest.raises(errors.MoodleError, match="data record") as caught:
            check_course(moodle)
        assert caught.value.kind == "moodle" and caught.value.errorcode == "invalidrecordunknown"
    assert len(server.seen) == 3


def test_a_missing_function_of_no_name_is_named(server, moodle):
    server.answer(NO_RECORD).answer(NO_RECORD).answer(NO_RECORD)
    for _twice in range(2):
        with pytest.raises(errors.FunctionUnknown, match="does not know the web service function tool_sync_process"):
            process(moodle)
    assert [len(seen.form) for seen in server.seen] == [6, 5, 6]


def test_what_can_not_be_told_from_a_missing_function_is_what_moodle_said(server, moodle):
    server.answer(NO_RECORD).answer(b"busy", 503).answer(NO_RECORD).answer(NO_RECORD)
    with pytest.raises(errors.MoodleError, match="data record"):
        check_course(moodle)
    with pytest.raises(errors.FunctionUnknown):
        check_course(moodle)


@pytest.mark.parametrize(
    "answer, error",
    [
        ({"body": b"", "status": 403}, errors.AccessRefused),
        ({"body": {"exception": "x", "errorcode": "invalidtoken", "message": "Invalid"}}, errors.TokenRefused),
        ({"body": {"exception": "Error", "message": "Class not found"}}, errors.MoodleError),
    ],
)
def test_may_call_raises_what_is_no_answer_to_the_question(server, moodle, answer, error):
    server.answer(**answer)
    with pytest.raises(error):
        moodle.may_call("tool_sync_process")


@pytest.mark.parametrize(
    "body, expected",
    [([], True), ({"error": "Access control exception", "errorcode": "accessexception"}, False)],
)
def test_may_upload_sends_no_file(server, moodle, body, expected):
    moodle.read_only = True
    server.answer(body)
    assert moodle.may_upload() is expected
    assert server.seen[0].path == "/webservice/upload.php"
    assert server.seen[0].form == [("token", TOKEN), ("itemid", "0")]


def test_may_upload_raises_for_a_wrong_token(server, moodle):
    server.answer({"error": "Invalid token - token not found", "errorcode": "invalidtoken"})
    with pytest.raises(errors.TokenRefused):
        moodle.may_upload()

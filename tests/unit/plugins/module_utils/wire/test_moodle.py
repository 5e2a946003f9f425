# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's protocol: what is encoded, and which answer is which error."""

from __future__ import annotations

import json

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import Moodle, decode, flatten, has_markup
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import Transport

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


@pytest.mark.parametrize(
    "body, value, noise",
    [
        (b"true", True, ""),
        (b"null", None, ""),
        (b"6", 6, ""),
        (b"\xef\xbb\xbf[]", [], ""),
        (b'"line\\nend of report\\n"\n', "line\nend of report\n", ""),
        (b'Finalization\n"Starting...1\\n"', "Starting...1\n", "Finalization\n"),
        (b'Cleaning out input file... cleaned.true', True, "Cleaning out input file... cleaned."),
        (b'a "quoted" word\n"the \\"report\\" of it"', 'the "report" of it', 'a "quoted" word\n'),
        (b'Notice: [x] {y}<br/>{"errorcode":"z"}', {"errorcode": "z"}, "Notice: [x] {y}<br/>"),
        (b"Restoring\n7", 7, "Restoring\n"),
        (b'User [ada] "x"\n' * 5000 + b'"end of \\"report\\" \\\\"', 'end of "report" \\', 'User [ada] "x"\n' * 5000),
        (b"{$a->x}\n" * 1000 + b'{"a": [{}]}', {"a": [{}]}, "{$a->x}\n" * 1000),
        (b'caf\xe9 "r\\u00e9sultat"', "r\u00e9sultat", "caf\ufffd "),
    ],
)  # fmt: skip
def test_decode(body, value, noise):
    assert decode(body) == (value, noise)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>It works</body></html>",
        b"PHP Fatal error: Uncaught Error in process.php on line 12",
        b'"half a repo',
        b'[{"id": 1}, {"id"',
        b'[{"id": 1}, {"id": "x"',
        b'[1, 2',
        b'{"a": true',
        b'Finalization\n[{"id": 1}, {"id":1}',
        b"untrue",
        b"<b>12</b",
        b"[" * 100000,
    ],
)
def test_decode_finds_no_value_where_there_is_none(body):
    with pytest.raises(ValueError):
        decode(body)


def error_body(code, message="", **more):
    return {"exception": "moodle_exception", "errorcode": code, "message": message, **more}


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


@pytest.mark.parametrize(
    "status, body", [(500, b""), (502, b""), (503, b"busy"), (504, b"<html></html>"), (429, b""), (200, b""), (200, b'"half')]
)
def test_a_run_without_a_usable_answer_is_unknown(server, moodle, status, body):
    server.answer(body, status)
    with pytest.raises(errors.OutcomeUnknown):
        process(moodle)


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

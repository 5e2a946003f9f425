# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the practice Moodle has beyond the plugin: limits, faults, conditions, counters, the page, its own life."""
from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.helpers import HEAD, configure, run, table
from tests.simulator.fixture import ROOT, Practice


@pytest.fixture(scope="module")
def running() -> Iterator[Practice]:
    """One version: what is tried here is the same for all."""
    with Practice() as practice:
        yield practice


CHECK = {"courseidsource": "shortname", "courseid": "TPL"}


def check(practice: Practice) -> object:
    return practice.call("tool_sync_check_course", **CHECK)


def raw(practice: Practice, timeout: float = 10) -> bytes:
    form = {"wstoken": practice.token, "wsfunction": "tool_sync_check_course", "moodlewsrestformat": "json", **CHECK}
    url = practice.url + "/webservice/rest/server.php"
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=timeout) as answer:
        return answer.read()


# -- PHP's limits -------------------------------------------------------------------------------------------------


def bulk(practice: Practice, number: int, **more: str) -> object:
    form = []
    for index in range(number):
        item = {
            "roleidsource": "shortname", "roleid": "student", "useridsource": "username", "userid": f"u{index}",
            "courseidsource": "shortname", "courseid": "MATH101", **more,
        }
        form += [(f"enrols[{index}][{key}]", value) for key, value in item.items()]
    return practice.call("tool_sync_enrol_users_enrol", **dict(form))


@pytest.fixture()
def many(practice: Practice) -> Practice:
    configure(practice, "users", primaryidentity="username")
    rows = "".join(f"u{number};U;N;;\n" for number in range(130))
    run(practice, "users", "sync", "userimport.csv", HEAD + rows)
    return practice


def test_the_tail_is_cut_off_and_called_a_success(many: Practice) -> None:
    answer = bulk(many, 120, method="manual", timestart="0", timeend="0", suspend="1")
    assert isinstance(answer, list) and len(answer) == 100
    states = [row["status"] for row in table(many, "user_enrolments")]
    assert states == [1] * 99 + [0]


def test_a_higher_limit_takes_them_all(many: Practice) -> None:
    many.configure(limits={"max_input_vars": 5000})
    answer = bulk(many, 120, method="manual", timestart="0", timeend="0", suspend="1")
    assert isinstance(answer, list) and len(answer) == 120


def test_bulk_stops_at_the_first_bad_one(many: Practice) -> None:
    form = {}
    for index, name in enumerate(("u0", "nobody", "u1")):
        item = {"roleidsource": "id", "roleid": "5", "useridsource": "username", "userid": name}
        item.update(courseidsource="id", courseid="3")
        form.update({f"enrols[{index}][{key}]": value for key, value in item.items()})
    answer = many.call("tool_sync_enrol_users_enrol", **form)
    assert answer == {
        "exception": "invalid_parameter_exception", "errorcode": "invalidparameter",
        "message": "Invalid parameter value detected",
    }
    assert [row["userid"] for row in table(many, "user_enrolments")] == [3]


def test_too_large_a_request_arrives_empty(practice: Practice) -> None:
    practice.configure(limits={"post_max_size": 100})
    body = b"x" * 200
    request = urllib.request.Request(
        practice.url + "/webservice/upload.php", body, {"Content-Type": "multipart/form-data; boundary=m"}
    )
    answer = json.load(urllib.request.urlopen(request, timeout=10))
    assert answer["errorcode"] == "missingparam"


def test_too_large_a_file(practice: Practice) -> None:
    practice.configure(limits={"upload_max_filesize": 5})
    with pytest.raises(RuntimeError, match="upload_error_ini_size"):
        practice.put("a.csv", "123456")
    practice.put("a.csv", "12345")


# -- faults -------------------------------------------------------------------------------------------------------


def error_of(practice: Practice) -> BaseException:
    with pytest.raises((OSError, ValueError, http.client.HTTPException)) as caught:
        check(practice)
    return caught.value


@pytest.mark.parametrize("status", [401, 403, 413, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("when", ["before", "after"])
def test_error_pages_before_and_after_the_work(practice: Practice, status: int, when: str) -> None:
    practice.fault("status", function="tool_sync_check_course", status=status, when=when, retry_after="7")
    error = error_of(practice)
    assert isinstance(error, urllib.error.HTTPError)
    assert (error.code, error.headers["Retry-After"]) == (status, "7")
    assert practice.counters()["executed"] == ({"tool_sync_check_course": 1} if when == "after" else {})
    assert check(practice) is True


def test_after_the_work_the_work_is_done(practice: Practice) -> None:
    practice.fault("status", function="tool_sync_set_config", status=504, when="after")
    with pytest.raises(urllib.error.HTTPError):
        configure(practice, "users", primaryidentity="email")
    assert table(practice, "config_plugins", name="users_primaryidentity")[0]["value"] == "email"


@pytest.mark.parametrize("when", ["before", "after"])
def test_reset(practice: Practice, when: str) -> None:
    practice.fault("reset", when=when)
    assert isinstance(error_of(practice), ConnectionResetError)
    assert practice.counters()["executed"] == ({"tool_sync_check_course": 1} if when == "after" else {})


def test_close_cut_truncate_empty_noise(practice: Practice) -> None:
    practice.fault("close")
    assert isinstance(error_of(practice), http.client.RemoteDisconnected)
    practice.fault("cut")
    assert isinstance(error_of(practice), http.client.IncompleteRead)
    practice.fault("truncate")
    assert raw(practice) == b"tr"
    practice.fault("empty")
    assert raw(practice) == b""
    practice.fault("noise", text="Notice: x\n")
    assert raw(practice) == b"Notice: x\ntrue"


def test_slow_answers(practice: Practice) -> None:
    practice.fault("slow-headers", seconds=0.4)
    with pytest.raises(TimeoutError):
        raw(practice, timeout=0.2)
    practice.fault("slow-body", seconds=0.3)
    started = time.monotonic()
    assert raw(practice) == b"true"
    assert time.monotonic() - started > 0.2


def test_hang(practice: Practice) -> None:
    practice.fault("hang")
    with pytest.raises(TimeoutError):
        raw(practice, timeout=0.2)
    assert check(practice) is True


def test_redirect(practice: Practice) -> None:
    practice.fault("redirect", status=307, location="https://elsewhere.example.org/")
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(practice.url).netloc)
    connection.request("POST", "/webservice/rest/server.php", "wsfunction=x")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (307, "https://elsewhere.example.org/")
    connection.close()


def test_refused_connections(practice: Practice) -> None:
    practice.fault("refuse", seconds=0.5)
    time.sleep(0.2)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", practice.port), timeout=2)
    time.sleep(0.6)
    assert check(practice) is True


def test_counts_and_skips(practice: Practice) -> None:
    practice.fault("status", function="tool_sync_check_course", status=503, count=2, skip=1)
    assert check(practice) is True
    assert isinstance(error_of(practice), urllib.error.HTTPError)
    assert practice.call("core_course_get_courses_by_field")["warnings"] == []
    assert isinstance(error_of(practice), urllib.error.HTTPError)
    assert check(practice) is True


def test_unknown_faults_are_refused(practice: Practice) -> None:
    with pytest.raises(RuntimeError, match="kind must be one of"):
        practice.fault("gremlins")
    with pytest.raises(RuntimeError, match="unknown key: often"):
        practice.fault("reset", often=2)


# -- conditions that the recordings do not hold -------------------------------------------------------------------


def test_an_expired_token_is_deleted_by_its_use(practice: Practice) -> None:
    practice.condition("token-expired")
    assert check(practice)["errorcode"] == "accessexception"
    assert check(practice)["errorcode"] == "invalidtoken"
    practice.condition("token-expired", on=False)
    assert check(practice) is True


def test_maintenance_stops_those_who_are_not_administrators(practice: Practice) -> None:
    practice.configure(
        account={"username": "robot", "capabilities": ["webservice/rest:use"]},
        service={"shortname": "own", "functions": ["tool_sync_check_course"], "token": "robottoken", "username": "robot"},
    )
    assert practice.call("tool_sync_check_course", token="robottoken", **CHECK) is True
    practice.condition("maintenance")
    answer = practice.call("tool_sync_check_course", token="robottoken", **CHECK)
    practice.clear_conditions()
    assert answer["errorcode"] == "sitemaintenance"


def test_rights_of_an_account(practice: Practice) -> None:
    practice.configure(
        account={"username": "robot", "capabilities": ["webservice/rest:use", "enrol/manual:enrol"]},
        service={"shortname": "own", "functions": ["enrol_manual_enrol_users"], "token": "robottoken", "username": "robot"},
    )
    form = {"enrolments[0][roleid]": "5", "enrolments[0][userid]": "2", "enrolments[0][courseid]": "3"}
    assert practice.call("enrol_manual_enrol_users", token="robottoken", **form)["errorcode"] == "wsusercannotassign"
    assert practice.call("enrol_manual_enrol_users", token="robottoken", **{**form, "enrolments[0][courseid]": "99"})[
        "errorcode"
    ] == "invalidparameter"
    assert practice.call("enrol_manual_enrol_users", **form) is None


# -- the endless run ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service,action,name", [
    ("users", "sync", "userimport.csv"), ("enrols", "sync", "enrols.csv"), ("cohorts", "sync", "cohorts.csv"),
    ("courses", "reset", "resetcourses.csv"),
])
@pytest.mark.parametrize("content", ["", "# only a comment", "\n\n"])
def test_a_file_without_a_header_hangs_the_run(
    practice: Practice, service: str, action: str, name: str, content: str
) -> None:
    practice.put(name, content)
    form = {"wstoken": practice.token, "wsfunction": "tool_sync_process", "service": service, "action": action}
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(
            practice.url + "/webservice/rest/server.php", urllib.parse.urlencode(form).encode(), timeout=0.15
        )
    assert check(practice) is True


# -- counters, page, log, life ------------------------------------------------------------------------------------


def test_counters(practice: Practice) -> None:
    assert practice.counters() == {"calls": {}, "executed": {}, "writes": 0}
    check(practice)
    practice.call("tool_sync_set_config", service="users", confkey="nope", confvalue="x")
    practice.call("tool_sync_set_config", service="users")
    practice.call("tool_sync_nope")
    assert practice.counters() == {
        "calls": {"tool_sync_check_course": 1, "tool_sync_set_config": 2, "tool_sync_nope": 1},
        "executed": {"tool_sync_check_course": 1, "tool_sync_set_config": 1},
        "writes": 1,
    }


def test_page_shows_what_there_is_and_no_token(practice: Practice) -> None:
    configure(practice, "users", primaryidentity="username")
    practice.put("userimport.csv", HEAD + "mallory;<b>M</b>;O;;\n")
    assert practice.call("tool_sync_process", service="users", action="sync").splitlines()[-1] == "end of report"
    practice.condition("french-account")
    practice.fault("reset", function="tool_sync_process")
    page = urllib.request.urlopen(practice.url + "/", timeout=10).read().decode().replace("<wbr>", "")
    practice.clear_conditions()
    for text in ("mallory", "&lt;b&gt;M&lt;/b&gt;", "Math 101", "tool_sync_process", "userimport.csv", "French"):
        assert text in page
    assert "<b>M</b>" not in page
    for token in (practice.token, *practice.service_tokens.values()):
        assert token not in page and token not in str(practice.state())


def test_page_breaks_long_words_and_names_its_numbers(practice: Practice) -> None:
    configure(practice, "users", primaryidentity="username")
    practice.put("userimport.csv", HEAD + f"{'w' * 90};{'P' * 90};Q;{'m' * 60}@example.org;\n")
    assert practice.call("tool_sync_process", service="users", action="sync")
    page = urllib.request.urlopen(practice.url + "/", timeout=10).read().decode()
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page)
    assert any("w" * 20 in cell for cell in cells)
    assert max(len(word) for cell in cells for word in re.split(r"<wbr>|\s", cell)) <= 21
    assert all('data-name="' in cell for cell in re.findall(r'<td class="number"[^>]*>', page))


def test_page_and_calls_answer_while_a_run_lasts(practice: Practice) -> None:
    configure(practice, "users", primaryidentity="username")
    practice.configure(latency={"record_ms": 20})
    practice.put("userimport.csv", HEAD + "".join(f"p{number};P;Q;;\n" for number in range(40)))
    form = {"service": "users", "action": "sync"}
    running = threading.Thread(target=practice.call, args=("tool_sync_process",), kwargs=form)
    running.start()
    time.sleep(0.3)
    assert check(practice) is True
    assert "Practice" in urllib.request.urlopen(practice.url + "/", timeout=10).read().decode()
    there = len(table(practice, "user")) - 2
    assert running.is_alive() and 0 < there < 40
    running.join()
    assert len(table(practice, "user")) == 42


def test_access_log_holds_the_query_and_no_body(practice: Practice) -> None:
    check(practice)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(practice.url + "/elsewhere?a=b", timeout=10)
    lines = practice.access_log().splitlines()[-2:]
    assert lines == ["POST /webservice/rest/server.php 200", "GET /elsewhere?a=b 404"]
    assert practice.token not in practice.access_log()


def test_data_survives_a_restart(tmp_path: Path) -> None:
    data = str(tmp_path / "site.sqlite")
    with Practice("--data", data) as practice:
        run(practice, "users", "sync", "userimport.csv", HEAD + "kept;K;K;;K1\n")
        practice.stop()
        practice.start()
        assert table(practice, "user", username="kept")
        report = run(practice, "users", "sync", "userimport.csv", HEAD + "kept;K;K;;K1\n")
        assert "User account changed" in report[2]


def test_stops_at_once_even_with_a_hanging_call() -> None:
    practice = Practice().start()
    practice.put("userimport.csv", "")
    with pytest.raises(TimeoutError):
        form = {"wstoken": practice.token, "wsfunction": "tool_sync_process", "service": "users", "action": "sync"}
        urllib.request.urlopen(
            practice.url + "/webservice/rest/server.php", urllib.parse.urlencode(form).encode(), timeout=0.15
        )
    started = time.monotonic()
    with practice:
        practice.stop()
    assert time.monotonic() - started < 5


def test_options_that_make_no_sense() -> None:
    command = [sys.executable, "-m", "tests.simulator"]
    for options, words in (
        (["--condition", "storm"], "must be one of"),
        (["--service-token", "tool_sync"], "NAME=TOKEN"),
        (["--service-token", "nope=T"], "no service"),
    ):
        done = subprocess.run(command + options, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 2 and words in done.stderr


def test_another_host_name_is_sent_to_the_site(practice: Practice) -> None:
    connection = http.client.HTTPConnection("localhost", practice.port)
    connection.request("POST", "/webservice/rest/server.php", "wsfunction=x")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (303, practice.url)
    connection.close()


def test_a_hundred_thousand_accounts(practice: Practice) -> None:
    rows = "".join(f"u{number};U;N;u{number}@example.com;I{number}\n" for number in range(100_000))
    configure(practice, "users", primaryidentity="idnumber")
    report = run(practice, "users", "sync", "userimport.csv", HEAD + rows)
    assert len(report) == 100_003
    configure(practice, "enrols", useridentifier="idnumber", courseidentifier="shortname")
    rows = "".join(f"I{number};MATH101;student;manual\n" for number in range(100_000))
    report = run(practice, "enrols", "sync", "enrols.csv", "uid;cid;rolename;enrol\n" + rows)
    assert sum("enrolled in course" in line for line in report) == 100_000
    listed = practice.call(
        "core_enrol_get_enrolled_users", courseid="3",
        **{"options[0][name]": "userfields", "options[0][value]": "id,roles"},
    )
    assert len(listed) == 100_000 and listed[-1]["roles"][0]["shortname"] == "student"

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: what is refused, what is sent, and when it counts as a change."""

from __future__ import annotations

import hashlib
import os

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.source import SOURCE_SPEC, Source
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.memory import CONSUMED, KEPT, MAYBE_CONSUMED
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import upload

CSV = "username;firstname;lastname;email\nada;Ada;Lovelace;ada@example.org\ncleo;Cléo;Dupont;cleo@example.org\n"


def record(name="users.csv", item=77):
    return [{"filename": name, "itemid": item, "filepath": "/"}]


def source_of(service=None, action=None, **given):
    return Source({**{name: spec.get("default") for name, spec in SOURCE_SPEC.items()}, **given}, service, action)


def plan(site, content=CSV, dest="users.csv", *, service=None, action=None, **more):
    return upload.plan(site, source_of(content=content), dest, service=service, action=action or service and "sync", **more)


def sent(site, server, **more):
    server.answer(record()).answer(True)
    made = plan(site, **more)
    made.apply()
    return made


def functions(server):
    return [dict(seen.form).get("wsfunction", "?") if "rest" in seen.path else "upload" for seen in server.seen]


def test_upload_and_commit(site, server):
    made = sent(site, server, service="users")
    assert functions(server) == ["upload", "tool_sync_commit_file"]
    assert dict(server.seen[1].form)["draftitemid"] == "77"
    assert made.changed
    assert made.result["sha256"] == hashlib.sha256(CSV.encode()).hexdigest()
    assert (made.result["size"], made.result["rows"], made.result["draft_item_id"]) == (len(CSV.encode()), 2, 77)
    assert made.result["sent"] and made.result["committed"]


def test_the_same_bytes_are_not_sent_again(site, server):
    sent(site, server)
    again = plan(site)
    again.apply()
    assert not again.changed and not again.result["sent"] and again.result["committed"]
    assert len(server.seen) == 2


def test_force_sends(site, server):
    sent(site, server)
    assert sent(site, server, force=True).changed


def test_other_bytes_are_a_change(site, server):
    sent(site, server)
    made = plan(site, content=CSV + "dan;Dan;Brown;dan@example.org\n")
    assert made.changed and made.before["sha256"] != made.after["sha256"]


@pytest.mark.parametrize("state, changed", [(MAYBE_CONSUMED, False), (CONSUMED, True)])
def test_after_a_run_the_same_bytes_are_sent_again(site, server, state, changed):
    sent(site, server)
    site.memory.mark_files("users.csv", state)
    assert sent(site, server).changed is changed
    assert functions(server) == ["upload", "tool_sync_commit_file"] * 2
    assert site.memory.get("files", "users.csv")["state"] == KEPT


def test_marking_touches_known_files_only(site, server):
    site.memory.mark_files("other.csv", CONSUMED)
    assert site.memory.get("files") == {}
    sent(site, server)
    site.memory.mark_files(None, MAYBE_CONSUMED)
    assert site.memory.get("files", "users.csv")["state"] == MAYBE_CONSUMED


def test_the_server_s_name_is_used(site, server):
    server.answer(record("users_1.csv")).answer(True)
    made = plan(site)
    made.apply()
    assert made.result["filename"] == "users_1.csv" and list(site.memory.get("files")) == ["users_1.csv"]


def test_without_commit_a_draft_is_left_every_time(site, server):
    for _again in range(2):
        server.answer(record())
        made = plan(site, commit=False)
        made.apply()
        assert made.changed and made.result["sent"] and not made.result["committed"]
    assert functions(server) == ["upload", "upload"] and site.memory.get("files") == {}


def test_a_commit_that_is_not_confirmed_is_unknown_and_forgotten(site, server):
    sent(site, server)
    server.answer(record()).answer(drop=True)
    made = plan(site, content=CSV + "dan;Dan;Brown;d@example.org\n")
    with pytest.raises(errors.OutcomeUnknown, match="new draft item"):
        made.apply()
    assert made.changed and not made.result["committed"] and site.memory.get("files") == {}
    assert functions(server)[2:] == ["upload", "tool_sync_commit_file"]


def test_what_can_not_be_remembered_is_not_committed(site, server, monkeypatch):
    server.answer(record())
    made = plan(site)
    monkeypatch.setattr(site.memory, "put", lambda *args: setattr(site.memory, "failure", errors.StateFileError("No space left.")))
    with pytest.raises(errors.StateFileError, match="No space left"):
        made.apply()
    assert functions(server) == ["upload"] and not made.changed and not made.result["committed"]


@pytest.mark.parametrize("code, changed", [("dmlwriteexception", True), ("storedfileproblem", True), ("invalidparameter", False)])
def test_an_error_of_a_commit_that_may_come_after_the_work_is_no_proof(site, server, code, changed):
    server.answer(record()).answer({"exception": "x", "errorcode": code, "message": "y"})
    made = plan(site)
    with pytest.raises(errors.MoodleError):
        made.apply()
    assert made.changed is changed and not made.result["committed"] and site.memory.get("files") == {}


def test_a_failed_upload_changes_nothing(site, server):
    server.answer({"error": "x", "errorcode": "missingparam"})
    made = plan(site)
    with pytest.raises(errors.UploadRefused):
        made.apply()
    assert not made.changed and not made.result["sent"] and not made.result["committed"]


def test_the_community_release(site, server):
    refusal = {"exception": "moodle_exception", "errorcode": "proreleasefeature", "message": "error/proreleasefeature"}
    server.answer(record()).answer(refusal)
    made = plan(site)
    with pytest.raises(errors.EditionError):
        made.apply()
    assert not made.changed


@pytest.mark.parametrize(
    "content", ["", "\n\n", "# only a comment\n", "username;firstname;lastname\n", "username;firstname;lastname\n\n#x\n"]
)
@pytest.mark.parametrize("service", [None, "users"])
def test_a_file_without_header_or_row_is_refused_whatever_the_options(site, server, content, service):
    with pytest.raises(errors.CsvRefused):
        plan(site, content=content, service=service, force=True, allow_destructive=True)
    assert not server.seen


def test_findings_have_places_and_quote_no_cell(site):
    secret = "kept-to-ourselves"
    with pytest.raises(errors.CsvRefused) as caught:
        plan(site, content=f"username;firstname;lastname\nada;;{secret}\n\nbob;{secret}\n", service="users")
    assert "line 2" in str(caught.value) and secret not in str(caught.value) and secret not in repr(caught.value.result)
    assert caught.value.result["findings"][0]["line"] == 2


def test_destructive_rows_need_consent(site, server):
    content = "username;firstname;lastname;deleted\nada;Ada;L;1\n"
    with pytest.raises(errors.CsvRefused, match="allow_destructive"):
        plan(site, content=content, service="users")
    assert plan(site, content=content, service="users", allow_destructive=True).result["findings"][0]["level"] == "destructive"


def test_rows_are_rendered(site):
    rows = [{"username": "ada", "firstname": "Ada", "lastname": "Lovelace"}, {"username": "bob", "firstname": "Bob", "lastname": "Martin"}]
    source = source_of(rows=rows, columns=["lastname", "firstname", "username"])
    upload.plan(site, source, "u.csv", service="users", action="sync")
    with open(source.path, encoding="utf-8") as stream:
        assert stream.readline() == "lastname;firstname;username\n"
    source.close()
    assert not os.path.exists(source.path)


@pytest.mark.parametrize("action", ["delete", "check"])
def test_rows_of_a_file_without_a_header(action):
    source = source_of("courses", action, rows=[{"shortname": "LAW1"}])
    with open(source.path, encoding="utf-8") as stream:
        assert stream.read() == "LAW1\n"
    source.close()


def test_rows_that_no_csv_can_carry():
    with pytest.raises(errors.CsvRefused, match="rows can't be written"):
        source_of(rows=[{"username": "a\nb"}])


def test_a_source_in_another_encoding_and_separator(site, server, tmp_path):
    path = tmp_path / "export.csv"
    path.write_bytes(CSV.replace(";", ",").encode("cp1252"))
    server.answer(record()).answer(True)
    source = source_of(src=str(path), encoding="cp1252", separator=",", site_separator=";")
    made = upload.plan(site, source, None, service="users", action="sync")
    made.apply()
    assert CSV.encode() in server.seen[0].body
    assert made.result["sha256"] == hashlib.sha256(CSV.encode()).hexdigest()


def test_a_byte_order_mark_is_not_sent(site, server, tmp_path):
    path = tmp_path / "users.csv"
    path.write_bytes(b"\xef\xbb\xbf" + CSV.encode())
    server.answer(record()).answer(True)
    upload.plan(site, source_of(src=str(path)), None).apply()
    assert b"\xef\xbb\xbf" not in server.seen[0].body


def test_a_file_that_changes_while_it_is_sent_is_not_committed(site, server, tmp_path):
    path = tmp_path / "users.csv"
    path.write_text(CSV)
    server.answer(record())
    made = upload.plan(site, source_of(src=str(path)), None)
    path.write_text(CSV.replace("ada@", "eda@"))
    with pytest.raises(errors.SourceFileError, match="changed while"):
        made.apply()
    assert functions(server) == ["upload"] and not made.changed


@pytest.mark.parametrize(
    "name",
    [None, "", "users", ".csv", "a/b.csv", "a\\b.csv", "a|b.csv", "a:b.csv", "<b>.csv", "a'b.csv", "..", "x" * 300 + ".csv", "a\n.csv"],
)
def test_names_that_moodle_would_change(site, name):
    with pytest.raises(errors.OptionError) as caught:
        plan(site, dest=name)
    assert caught.value.option == "dest"


@pytest.mark.parametrize("make, words", [(lambda path: None, "No such file"), (lambda path: path.mkdir(), "not a regular file")])
def test_sources_that_are_no_files(tmp_path, make, words):
    path = tmp_path / "x.csv"
    make(path)
    with pytest.raises(errors.SourceFileError, match=words):
        source_of(src=str(path))


@pytest.mark.parametrize("encoding, words", [("klingon", "no text encoding"), ("ascii", "encoding")])
def test_encodings_that_do_not_fit(tmp_path, encoding, words):
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    with pytest.raises(errors.CsvRefused, match=words):
        source_of(src=str(tmp_path / "a.csv"), encoding=encoding)


def test_a_file_is_checked_by_the_settings_that_its_run_will_find_and_not_by_those_of_another(site, server):
    site.memory.put("settings", {"users": {"primaryidentity": "idnumber"}})
    with pytest.raises(errors.CsvRefused, match="idnumber"):
        plan(site, service="users")
    assert plan(site, service="users", settings={"primaryidentity": "username"}).changed

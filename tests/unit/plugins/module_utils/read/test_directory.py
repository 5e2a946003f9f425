# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking up courses and users: what is asked, and what is made of the answers."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.directory import Directory, reference
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.ask import Asker

NO_ACCESS = {"exception": "webservice_access_exception", "errorcode": "accessexception", "message": "Access control exception"}
REFUSED = {"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "Invalid parameter value detected"}


@pytest.fixture
def directory(site):
    return Directory(Asker(site.moodle))


def user(value, by="username"):
    return reference("user", by, value, "user")


def course(value, by="shortname"):
    return reference("course", by, value, "course")


def asked(server):
    """(function, field, values) of every request."""
    found = []
    for seen in server.seen:
        form = dict(seen.form)
        found.append((form["wsfunction"], form.get("field"), [value for name, value in seen.form if name.startswith("value")]))
    return found


def test_users_are_asked_for_in_one_request_and_once(directory, server):
    server.answer([{"id": 5, "username": "ada"}, {"id": 6, "username": "bob"}])
    names = [user("ada"), user("bob"), user("nobody"), user("ada")]
    directory.look_up(names)
    directory.look_up(names)
    assert [directory.id_of(name) for name in names] == [5, 6, None, 5]
    assert "no user has the username nobody" in directory.problem(user("nobody"))
    assert asked(server) == [("core_user_get_users_by_field", "username", ["ada", "bob", "nobody"])]


def test_the_field_stands_behind_the_values_so_that_a_cut_is_noticed(directory, server):
    server.answer([])
    directory.look_up([user(f"u{number}") for number in range(20)])
    assert server.seen[0].form[-1] == ("field", "username")


def test_each_kind_of_identifier_is_asked_for_apart(directory, server):
    server.answer([{"id": 6, "email": "Ada@Example.com"}]).answer([{"id": 5, "idnumber": "U1"}])
    directory.look_up([user("ada@example.com", "email"), user("U1", "idnumber")])
    assert directory.id_of(user("U1", "idnumber")) == 5
    assert directory.id_of(user("ada@example.com", "email")) == 6


def test_more_users_than_fit_are_asked_for_in_parts(directory, server):
    for _part in range(3):
        server.answer([])
    directory.look_up([user(f"u{number}") for number in range(2985)])
    assert [len(values) for _function, _field, values in asked(server)] == [995, 995, 995]
    assert max(len(seen.form) for seen in server.seen) == 1000


def test_a_value_that_moodle_refuses_is_found_among_the_others(directory, server):
    ada, bob = {"id": 5, "username": "ada"}, {"id": 6, "username": "bob"}
    for answer in (REFUSED, REFUSED, [ada], REFUSED, [bob]):
        server.answer(answer)
    names = [user("ada"), user("a!b"), user("bob"), user("cleo")]
    directory.look_up(names)
    assert [values for _function, _field, values in asked(server)] == [
        ["ada", "a!b", "bob", "cleo"], ["ada", "a!b"], ["ada"], ["a!b"], ["bob", "cleo"],
    ]
    assert [directory.id_of(name) for name in names] == [5, None, 6, None]
    assert "Moodle takes a!b for no username" in directory.problem(user("a!b"))


def test_users_that_share_an_identifier_are_told(directory, server):
    server.answer([{"id": 5, "email": "a@example.com"}, {"id": 9, "email": "A@example.com"}])
    directory.look_up([user("a@example.com", "email")])
    assert "ids 5, 9" in directory.problem(user("a@example.com", "email"))


def test_who_is_not_shown_is_not_said_to_be_unknown(directory, server):
    server.answer([{"id": 5, "fullname": "Ada"}])
    directory.look_up([user("U1", "idnumber")])
    assert directory.id_of(user("U1", "idnumber")) is None and directory.problem(user("U1", "idnumber")) is None


def test_a_token_without_the_functions_knows_ids_only(directory, server):
    server.answer(NO_ACCESS).answer(NO_ACCESS)
    refs = [course("MATH101"), course("3", "id"), user("ada"), user("7", "id")]
    directory.look_up(refs)
    assert [directory.id_of(ref) for ref in refs] == [None, 3, None, 7]
    assert not any(directory.problem(ref) for ref in refs)
    assert not directory.courses.readable and not directory.users.readable and not directory.readable


def test_courses(directory, server):
    server.answer({"courses": [{"id": 3}], "warnings": []}).answer({"courses": [], "warnings": []})
    directory.look_up([course("MATH101"), course("NOPE", "idnumber")])
    assert directory.id_of(course("MATH101")) == 3
    assert "no course has the idnumber NOPE" in directory.problem(course("NOPE", "idnumber"))


def test_a_refusal_of_the_token_is_no_problem_of_a_user(directory, server):
    server.answer({"exception": "moodle_exception", "errorcode": "invalidtoken", "message": "Invalid token"})
    with pytest.raises(errors.TokenRefused):
        directory.look_up([user("ada")])

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role sync as people see it: ansible-playbook, its output, and where it looks for files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCHOOL = ROOT / "playbooks/demo_data/school"
FULL_SYNC = "activeprolearn.toolsync.full_sync"
PERSON = "username;firstname;lastname;email\n{0};{0};Lovelace;{0}@example.org\n"
SEVEN = [
    {"service": "courses", "action": "create", "src": "courses.csv"},
    {"service": "users", "src": "users.csv"},
    {"service": "cohorts", "src": "cohorts.csv"},
    {"service": "enrols", "src": "enrols.csv"},
    {"name": "new course", "deploy": [{"category": "1", "template": "TPL", "shortname": "LAW-2026", "fullname": "Law 2026"}]},
    {"name": "places", "enrol": [{"user": "ines.prevost"}, {"user": "theo.muller"}], "defaults": {"course": "LAW-2026"}},
    {"name": "teams", "groups": [{"course": "LAW-2026", "group": "A", "members": ["ines.prevost"]}]},
]


@pytest.fixture
def school(kitchen):
    """A kitchen with the files of the school."""
    for file in SCHOOL.glob("*.csv"):
        kitchen.write(file.name, file.read_text(encoding="utf-8"))
    return kitchen


def play(kitchen, name="play.yml", **variables):
    """Write a playbook with the role and these variables, beginning with sync_."""
    roles = [{"role": "activeprolearn.toolsync.sync", "vars": {f"sync_{key}": value for key, value in variables.items()}}]
    last = {
        "name": "Keep it",
        "ansible.builtin.copy": {"content": "{{ sync_result | to_json }}", "dest": f"{kitchen.folder}/result.json", "mode": "0600"},
    }
    plays = [{"name": "Play", "hosts": "localhost", "gather_facts": False, "roles": roles, "post_tasks": [last]}]
    kitchen.write(name, yaml.safe_dump(plays, sort_keys=False))
    return name


def result(kitchen):
    return json.loads((kitchen.folder / "result.json").read_text(encoding="utf-8"))


def usernames(practice):
    return {user["username"] for user in practice.state()["user"]}


# -- what is shown -----------------------------------------------------------------------------------------------


def test_seven_steps_are_told_in_few_lines_each_by_its_name(school):
    output = school.succeeds(play(school, steps=SEVEN))
    of_play = output.partition("TASK [Keep it]")[0]
    lines = [line for line in of_play.splitlines() if line.strip()]
    assert len(of_play.splitlines()) < 50, output
    shown = [line for line in lines if line.startswith(("ok:", "changed:", "skipping:", "included:", "failed:"))]
    titles = re.findall(r"\(item=(.*?)\)", "\n".join(shown))
    assert titles == [
        "check the site and all files",
        "courses create: send courses.csv", "users: send users.csv", "cohorts: send cohorts.csv", "enrols: send enrols.csv",
        "new course: deploy courses", "places: enrol users", "teams: set groups",
    ]  # fmt: skip
    assert len(shown) - len(titles) <= 6
    assert f"users ({school.folder}/users.csv): file sent; settings changed; 5 rows: 5 created" in of_play
    assert "places: 2 enrolments: 2 enrolled" in of_play
    assert "cohorts.csv): file sent; settings changed; 4 rows: 2 cohorts created, 4 members added" in of_play
    assert "teams: 2 groups and members: 1 group created, 1 member added" in of_play
    assert result(school)["status"] == "done"
    again = school.succeeds("-v", "play.yml").partition("TASK [Keep it]")[0]
    assert not re.findall(r"changed: .*item=(.*)\)", again) and "file sent" not in again
    assert "whether anything changed is not certain (starttime: the dates that are there can't be seen: 5 rows)" in again
    assert f"users ({school.folder}/users.csv): 5 rows: 5 unchanged" in again
    assert max(len(line.encode()) for line in again.splitlines()) < 8192


def test_no_result_is_long_at_v_however_many_rows_fail(school):
    nobody = "".join(f"add;nobody{number};TPL;student;manual\n" for number in range(300))
    school.write("enrols.csv", f"cmd;uid;cid;rolename;enrol\nadd;admin;TPL;student;manual\n{nobody}")
    done = school.playbook("-v", play(school, steps=[{"service": "enrols", "src": "enrols.csv"}]))
    of_play = done.stdout.partition("TASK [Keep it]")[0]
    assert done.returncode != 0 and "301 rows: 1 created, 300 failed" in of_play and "and 280 more" in of_play
    assert max(len(line.encode()) for line in of_play.splitlines()) < 8192
    assert len(of_play.splitlines()) < 80


@pytest.mark.parametrize(("show", "named"), [("none", False), ("failed", False), ("all", True)])
def test_a_check_tells_who_would_change_where_that_is_asked_for(school, practice, show, named):
    steps = [{"service": "users", "src": "users.csv"}, {"name": "bob", "enrol": [{"user": "admin", "course": "TPL"}]}]
    output = school.succeeds("--check", play(school, steps=steps, report_rows=show, report_dir="r")).partition("TASK [Keep it]")[0]
    told = {name: (school.folder / f"r/toolsync-localhost.{name}").read_text(encoding="utf-8") for name in ("html", "md", "json")}
    for text in (output, *told.values()):
        assert ("ines.prevost" in text) is ("admin / TPL" in text) is named, text
    assert "Check mode: nothing was written." in output
    assert ("ines.prevost: created" in output) is ("admin / TPL: enrolled" in output) is named
    assert ("Who and what would change" in told["html"]) is ("Who and what would change" in told["md"]) is named
    assert practice.counters()["writes"] == 0


def test_a_check_predicts_what_names_users_and_courses_that_the_same_run_would_create(school, practice):
    with (school.folder / "enrols.csv").open("a", encoding="utf-8") as stream:
        stream.write("add;nobody;SEC-INC;student;manual;2026-09-01 08:00:00\nadd;ines.prevost;NEW;student;manual;2026-09-01 08:00:00\n")
    made = {"name": "new", "deploy": [{"category": "1", "template": "TPL", "shortname": "NEW", "fullname": "New"}]}
    steps = [made, *SEVEN[:4]]
    done = school.playbook("--check", play(school, steps=steps, on_failures="warn", report_dir="r"))
    assert done.returncode == 0 and practice.counters()["writes"] == 0, done.stdout
    predicted = json.loads((school.folder / "r/toolsync-localhost.json").read_text(encoding="utf-8"))["steps"]
    assert [step["outcome"] for step in predicted] == ["predicted"] * 5
    assert "Predicted as if the accounts and courses that earlier steps would create were there." in done.stdout
    assert [failure["key"] for failure in predicted[4]["failures"]] == ["nobody / SEC-INC"]
    assert not any(step["changed_is_certain"] for step in predicted[3:])
    school.succeeds("play.yml")
    for before, after in zip(predicted, result(school)["steps"]):
        assert (before["name"], before["counts"], before["details"]) == (after["name"], after["counts"], after["details"])
    # Where nothing is to come, whoever is unknown is a failure, though files are sent for what can't be seen.
    again = school.playbook("--check", "play.yml").stdout
    assert "7 rows: 6 unchanged, 1 failed" in again and "nobody / SEC-INC: uid: there is no such user. Create the account first" in again


def test_in_french(school):
    output = school.succeeds(play(school, csv_dir=".", language="fr", report_dir="r"))
    assert "5 lignes : 5 créées" in output
    assert '<html lang="fr">' in (school.folder / "r/toolsync-localhost.html").read_text(encoding="utf-8")


# -- failures ----------------------------------------------------------------------------------------------------


def test_bad_rows_do_not_stop_what_follows_and_the_role_fails_at_the_end(school):
    with (school.folder / "users.csv").open("a", encoding="utf-8") as stream:
        stream.write("other;Other;Admin;admin@example.com;X1;Paris;FR\n")
    done = school.playbook(play(school, csv_dir=".", report_dir="reports"))
    assert done.returncode != 0
    assert "users: 1 of 6 rows failed. What is done is done" in done.stdout
    assert "line 7, other: " in done.stdout
    assert "enrols.csv): file sent; settings changed; 5 rows: 5 created" in done.stdout
    told = json.loads((school.folder / "reports/toolsync-localhost.json").read_text(encoding="utf-8"))
    assert told["status"] == "rows_failed" and told["counts"]["failed"] == 1
    assert school.playbook(play(school, csv_dir=".", on_failures="warn")).returncode == 0
    stopped = school.playbook(play(school, csv_dir=".", on_failures="stop"))
    assert stopped.returncode != 0 and "enrols.csv): not started" in stopped.stdout


def test_all_that_is_wrong_is_told_before_anything_is_written(school, practice):
    school.write("users.csv", "username;firstname\nada;Ada;too;many\n")
    # Where a setting is wrong, the file is checked all the same.
    school.write("cohorts.csv", "cmd;userid\nadd;ada\n")
    steps = [
        {"service": "users", "src": "users.csv"},
        {"service": "cohorts", "src": "gone.csv"},
        {"service": "enrols", "src": "enrols.csv", "config": {"useridentifier": "name", "courseidentifer": "id"}, "needs": ["usres"]},
        {"name": "odd", "service": "cohorts", "src": "cohorts.csv", "config": {"autocreate": "maybe"}},
        {"service": "courses", "action": "create", "src": "courses.csv", "tryback": "nowhere/failed.csv"},
        {"name": "places", "enrol": [{"user": "ada"}, {"course": "MATH101", "suspended": "perhaps"}]},
        {"name": "law", "deploy": [{"shortname": "LAW", "colour": "blue"}]},
    ]
    practice.configure(
        service={"shortname": "all", "functions": ["core_webservice_get_site_info"], "token": "f" * 32, "restrictedusers": 0}
    )
    done = school.playbook(play(school, steps=steps, report_dir="reports", token="f" * 32))
    assert done.returncode != 0
    told = json.loads((school.folder / "reports/toolsync-localhost.json").read_text(encoding="utf-8"))
    assert told["status"] == "refused"
    problems = "\n".join(told["problems"])
    for part in (
        "users: users.csv has errors",
        f"cohorts: there is no file gone.csv in {school.folder}",
        "enrols: useridentifier of enrols must be one of",
        "enrols: enrols has no setting courseidentifer",
        "enrols: needs names usres, which is no step before it",
        "odd: autocreate of cohorts must be one of",
        "odd: cohorts.csv has errors",
        f"courses create: tryback: {school.folder}/nowhere/failed.csv cannot be written",
        "places: ",
        "law: Unsupported parameters for (toolsync_deploy_course) module: colour",
        "tool_sync_process",
    ):
        assert part in problems, problems
        assert part in done.stdout.replace('\\"', '"')
    for name in ("html", "md"):
        text = (school.folder / f"reports/toolsync-localhost.{name}").read_text(encoding="utf-8")
        assert "Refused" in text and "needs names usres" in text and "nowhere/failed.csv" in text
    assert practice.counters()["writes"] == 0


def test_what_is_wrong_with_the_connection_is_told_once_in_the_words_of_the_role(school):
    for preflight in ("true", "false"):
        done = school.playbook(play(school, csv_dir=".", url="ftp://x"), "-e", f"sync_preflight={preflight}")
        told = done.stdout.partition("TASK [activeprolearn.toolsync.sync : Fail where")[0]
        assert done.returncode == 2 and told.count("url must ") == 1, told
        assert "In the role, url is sync_url." in told
    wrong = school.playbook(play(school, csv_dir=".", token="f" * 32))
    assert wrong.returncode == 2 and "does not know this token" in wrong.stdout
    assert "f" * 32 not in wrong.stdout


PROVISION = "activeprolearn.toolsync.provision_course"


def test_provided_courses_converge(school, practice):
    school.succeeds(play(school, steps=[{"service": "users", "src": "users.csv"}]))

    def provide(*courses, arguments=()):
        known = {"provision_template": "TPL", "provision_courses": [dict(course) for course in courses]}
        return school.playbook(PROVISION, "-e", json.dumps(known), *arguments)

    def people():
        state = practice.state()
        users = {user["id"]: user["username"] for user in state["user"]}
        courses = {method["id"]: method["courseid"] for method in state["enrol"]}
        names = {course["id"]: course["shortname"] for course in state["course"]}
        return {(names[courses[row["enrolid"]]], users[row["userid"]]) for row in state["user_enrolments"]}

    first = {"shortname": "SEC-A", "fullname": "Safety", "idnumber": "S1", "teachers": ["francoise.noel"], "students": ["ines.prevost"]}
    second = {"shortname": "SEC-B", "fullname": "Safety", "students": ["theo.muller", "aicha.benali"]}
    assert provide(first, second).returncode == 0
    assert {("SEC-A", "ines.prevost"), ("SEC-B", "theo.muller"), ("SEC-B", "aicha.benali")} <= people()
    # Who is no more in a list leaves, and what differs is set, or told in check mode.
    changed = [{**first, "fullname": "Safety for all", "students": []}, {**second, "students": ["theo.muller"]}]
    check = provide(*changed, arguments=["--check"]).stdout
    assert "SEC-A: fullname is Safety, becomes Safety for all." in check and "no students of SEC-A: 1 enrolment: 1 unenrolled" in check
    assert {("SEC-A", "ines.prevost"), ("SEC-B", "aicha.benali")} <= people()
    assert provide(*changed).returncode == 0
    assert people() >= {("SEC-A", "francoise.noel"), ("SEC-B", "theo.muller")}
    assert not people() & {("SEC-A", "ines.prevost"), ("SEC-B", "aicha.benali")}
    assert "Safety for all" in {course["fullname"] for course in practice.state()["course"]}
    # The number of another course: that course fails, the others are done.
    taken = provide({**first, "students": ["ines.prevost"]}, {"shortname": "SEC-C", "fullname": "Safety", "idnumber": "S1"})
    assert taken.returncode == 2 and "SEC-C: idnumber S1 is taken by the course SEC-A" in taken.stdout
    assert "courses: 1 of 2 courses failed" in taken.stdout and ("SEC-A", "ines.prevost") in people()
    assert "SEC-C" not in {course["shortname"] for course in practice.state()["course"]}


# -- plans -------------------------------------------------------------------------------------------------------

BAD = "other;Other;Admin;admin@example.com;X1;Paris;FR\n"


def edit(kitchen, name, old, new):
    kitchen.write(name, (kitchen.folder / name).read_text(encoding="utf-8").replace(old, new))


def runs(practice):
    return practice.counters()["executed"].get("tool_sync_process", 0)


def test_nothing_is_sent_where_nothing_differs_and_only_what_differs_where_that_is_asked_for(school, practice):
    school.succeeds(play(school, steps=[{"service": "users", "src": "users.csv"}]))
    assert runs(practice) == 1
    school.succeeds("play.yml")
    assert runs(practice) == 1 and result(school)["steps"][0]["counts"]["unchanged"] == 5
    edit(school, "users.csv", "Inès", "Agnès")
    with (school.folder / "users.csv").open("a", encoding="utf-8") as stream:
        stream.write(BAD)
    steps = [{"service": "users", "src": "users.csv", "on_failures": "warn"}]
    school.succeeds(play(school, steps=steps, send="differing", report_rows="all"))
    (step,) = result(school)["steps"]
    assert {name: number for name, number in step["counts"].items() if number} == {"rows": 6, "updated": 1, "unchanged": 4, "failed": 1}
    assert [(row["line"], row["outcome"]) for row in step["rows"]] == [(2, "update"), (7, "fail")]
    assert step["failures"][0]["line"] == 7 and "email" in step["failures"][0]["reason"]
    assert runs(practice) == 2 and step["file_sent"]
    assert "Agnès" in {user["firstname"] for user in practice.state()["user"]}


def test_parts_are_runs_of_their_own_and_told_as_one(school, practice):
    with (school.folder / "users.csv").open("a", encoding="utf-8") as stream:
        stream.write(BAD)
    steps = [{"service": "users", "src": "users.csv", "on_failures": "warn", "tryback": "failed.csv"}]
    school.succeeds(play(school, steps=steps, rows_per_run="2"))
    (step,) = result(school)["steps"]
    assert runs(practice) == 3
    assert {name: number for name, number in step["counts"].items() if number} == {"rows": 6, "created": 5, "failed": 1}
    assert step["failures"][0]["line"] == 7
    assert "admin@example.com" in (school.folder / "failed-3.csv").read_text(encoding="utf-8")
    assert not [path for path in (school.folder / ".ansible/tmp").rglob("*") if path.suffix == ".csv"]


def test_who_is_left_out_goes_where_that_is_asked_for_and_not_too_many_at_once(school, practice):
    school.succeeds(play(school, csv_dir="."))
    cohorts = (school.folder / "cohorts.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    school.write("cohorts.csv", "".join(line for line in cohorts if "theo" not in line))
    before = runs(practice)
    steps = [
        {"service": "cohorts", "src": "cohorts.csv"},
        {"service": "users", "src": "users.csv", "name": "leavers", "leavers": {"idnumber_prefix": "zz"}},
    ]
    refused = school.playbook(play(school, steps=steps, exact=True, removals_limit="0"))
    assert refused.returncode != 0 and "The plan removes 1 of" in refused.stdout, refused.stdout
    assert runs(practice) == before
    school.succeeds(play(school, steps=steps, exact=True))
    first, second = result(school)["steps"]
    assert (first["counts"]["deleted"], first["counts"]["unchanged"]) == (1, 3)
    assert not second["changed"]
    assert len(practice.state()["cohort_members"]) == 3
    users = (school.folder / "users.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    school.write("users.csv", "".join(line for line in users if "theo" not in line))
    school.succeeds(play(school, csv_dir=".", leavers={"idnumber_prefix": "APP"}, report_rows="all"))
    assert [user["username"] for user in practice.state()["user"] if int(user["suspended"])] == ["theo.muller"]
    told = next(step for step in result(school)["steps"] if step["name"] == "users")
    assert told["counts"]["updated"] == 1


def test_an_approved_plan_is_done_and_no_other(school, practice):
    playbook = play(school, csv_dir=".")
    output = school.succeeds("--check", playbook, "-e", "sync_report_dir=r")
    assert "5 created" in output
    refused = school.playbook(playbook, "-e", "sync_approved_plan=0123456789abcdef")
    assert refused.returncode != 0 and "The plan is another one than the approved 0123456789abcdef" in refused.stdout
    assert practice.counters()["writes"] == 0
    plan = json.loads((school.folder / "r/toolsync-localhost.json").read_text(encoding="utf-8"))["plan_id"]
    assert f"it is {plan} now" in refused.stdout
    school.succeeds(playbook, "-e", f"sync_approved_plan={plan}")
    assert "ines.prevost" in usernames(practice)


# -- booleans as texts -------------------------------------------------------------------------------------------


SPEC = yaml.safe_load((ROOT / "roles/sync/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
BOOLEANS = [name for name, option in SPEC.items() if option["type"] == "bool"]
OF_STEPS = [name for name, option in SPEC["sync_steps"]["options"].items() if option["type"] == "bool"]


@pytest.mark.parametrize("no", ["false", "no", "0"])
def test_booleans_of_a_survey_are_texts_and_mean_what_they_say(school, practice, no):
    school.write("gone.csv", "username;firstname;lastname;deleted\nadmin2;Old;Admin;1\n")
    school.write("survey.json", json.dumps(dict.fromkeys(BOOLEANS, no)))
    refused = school.playbook("-e", "@survey.json", play(school, steps=[{"service": "users", "src": "gone.csv"}]))
    assert refused.returncode != 0 and "allow_destructive" in refused.stdout
    assert practice.counters()["writes"] == 0
    steps = [{"service": "users", "src": "users.csv"}, {"service": "cohorts", "src": "cohorts.csv"}]
    playbook = play(school, steps=steps, lock_file=f"{school.folder}/no/lock")
    output = school.playbook("-e", "@survey.json", playbook, environment={"ANSIBLE_SHOW_CUSTOM_STATS": "true"}).stdout
    # Cohorts that are missing stay missing: every row fails.
    assert "4 rows: 4 failed" in output, output
    assert '"status": "rows_failed"' in output.partition("CUSTOM STATS")[2]
    assert not (school.folder / "no").exists()
    assert "core_webservice_get_site_info" not in practice.counters()["calls"]
    # The step's own word goes before that of the role.
    step = {"service": "users", "src": "users.csv", **dict.fromkeys(OF_STEPS, no)}
    school.write("survey.json", json.dumps(dict.fromkeys(BOOLEANS, "yes")))
    again = school.succeeds("-e", "@survey.json", "-e", "sync_validate_certs=no", "-e", f"sync_force={no}", play(school, steps=[step]))
    assert "users.csv): 5 rows: 5 unchanged" in again, again
    forced = school.succeeds("-e", "@survey.json", "-e", "sync_validate_certs=no", play(school, steps=steps[:1]))
    assert "users.csv): file sent; 5 rows: 5 unchanged" in forced, forced
    refused = school.playbook("-e", "@survey.json", play(school, steps=[{**step, "src": "gone.csv"}]))
    assert refused.returncode != 0 and "allow_destructive" in refused.stdout


# -- where files are ---------------------------------------------------------------------------------------------


def test_a_file_of_the_current_directory_is_sent_and_never_one_of_the_collection(kitchen, practice):
    kitchen.write("users.csv", PERSON.format("ada"))
    steps = json.dumps({"sync_steps": [{"service": "users", "src": "users.csv"}]})
    assert f"users ({kitchen.folder}/users.csv): file sent" in kitchen.succeeds(FULL_SYNC, "-e", steps)
    assert {"ada"} < usernames(practice) and "ines.prevost" not in usernames(practice)
    (kitchen.folder / "users.csv").unlink()
    refused = kitchen.playbook(FULL_SYNC, "-e", steps)
    assert refused.returncode != 0 and f"there is no file {kitchen.folder}/users.csv" in refused.stdout


def test_a_file_that_lies_beside_a_playbook_of_the_collection_is_not_found(kitchen):
    assert [file.name for file in (ROOT / "playbooks").rglob("*.csv") if "demo_data" not in file.parts] == []
    refused = kitchen.playbook(FULL_SYNC, "-e", json.dumps({"sync_steps": [{"service": "users", "src": "demo_data/sixty_users.csv"}]}))
    assert refused.returncode != 0


@pytest.mark.parametrize(("folder", "name"), [("~/exports", "home"), ("exports", "beside"), ("{{ playbook_dir }}/../exports", "above")])
def test_a_folder_is_the_same_for_what_is_looked_for_and_what_is_sent(kitchen, practice, folder, name):
    kitchen.write("exports/users.csv", PERSON.format("home" if name == "home" else "above"))
    kitchen.write("plays/exports/users.csv", PERSON.format("beside"))
    output = kitchen.succeeds(play(kitchen, "plays/play.yml", csv_dir=folder))
    where = {"beside": kitchen.folder / "plays/exports"}.get(name, kitchen.folder / "exports")
    assert f"users ({where}/users.csv): file sent" in output
    assert name in usernames(practice) and len(usernames(practice) & {"home", "above", "beside"}) == 1


def test_a_folder_for_a_playbook_of_the_collection_is_one_of_the_current_directory(kitchen, practice):
    kitchen.write("exports/users.csv", PERSON.format("ada"))
    kitchen.succeeds(FULL_SYNC, "-e", "sync_csv_dir=exports")
    assert "ada" in usernames(practice)


def test_an_inventory_host_that_is_local_needs_no_python_of_its_own(kitchen, practice):
    kitchen.write("users.csv", PERSON.format("ada"))
    kitchen.succeeds("-i", "localhost,", "-c", "local", FULL_SYNC, "-e", "sync_csv_dir=.")
    assert "ada" in usernames(practice)


# -- failures of the machinery -----------------------------------------------------------------------------------


def test_variables_need_not_be_made_of_facts(school):
    done = school.playbook(play(school, csv_dir="."), environment={"ANSIBLE_INJECT_FACT_VARS": "false"})
    assert done.returncode == 0, done.stdout
    assert result(school)["status"] == "done"

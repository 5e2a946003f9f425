# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""courses / create, delete, check, reset, bindmetas, and deployment."""
from __future__ import annotations

from tests.contract.helpers import HEAD, configure, run, table
from tests.simulator.fixture import Practice

CREATE = ["Starting...2", "Starting creating courses..."]
OFF = [
    "Not storing report (disabled by config)",
    "Not archiving input file (disabled by config)",
    "Not cleaning out input file (disabled by config)",
    "",
]


def create(practice: Practice, content: str) -> list[str]:
    report = run(practice, "courses", "create", "uploadcourses.csv", content)
    assert report[:2] == CREATE
    return report[2:]


def test_categories_are_made_along_the_path(practice: Practice) -> None:
    assert create(practice, 'shortname;fullname;category\nX;"Course X";/A/B/\nY;Why;1\nZ;Zed;A\n') == [
        "Course [X] Course X has been created with id 4.",
        "Course [Y] Why has been created with id 5.",
        "Course [Z] Zed has been created with id 6.",
        *OFF,
    ]
    parents = {category["name"]: category["parent"] for category in table(practice, "course_categories")}
    assert parents == {"Category 1": 0, "A": 0, "B": 2}


def test_without_a_category_one_without_a_name_is_made(practice: Practice) -> None:
    create(practice, "shortname;fullname\nX;Ex\n")
    assert table(practice, "course_categories", name="")


def test_an_overlong_name_aborts_and_leaves_the_rows_before_it(practice: Practice) -> None:
    practice.put("uploadcourses.csv", f"shortname;fullname;category\nX;Ex;1\nY;{'y' * 300};1\nZ;Zed;1\n")
    assert practice.call("tool_sync_process", service="courses", action="create")["errorcode"] == "dmlwriteexception"
    assert [course["shortname"] for course in table(practice, "course")[3:]] == ["X"]


def test_wrong_values_are_warnings_and_wrong_counts_are_refused(practice: Practice) -> None:
    content = "# note\nshortname;fullname;category;format;startdate\nX;Ex;1;nope;2026-09-01\n\nY;Why;1\n"
    assert create(practice, content)[:3] == [
        "Error at line 1: Invalid value for field format (Must be one of singleactivity,social,topics,weeks).",
        "Error at line 3 : 3 values found. 5 expected.",
        "Course [X] Ex has been created with id 4.",
    ]
    assert table(practice, "course", shortname="X")[0]["format"] == "topics"


def test_unvalidated_column(practice: Practice) -> None:
    assert create(practice, "shortname;fullname;category;coursedisplay\nX;Ex;1;1\n")[0] == (
        'Coding Error: Unvalidated field type: "coursedisplay"'
    )


def test_headers(practice: Practice) -> None:
    assert create(practice, "shortname;fullname;;category\n")[-1] == (
        "Error : Null CSV columns are not permitted in header"
    )
    assert create(practice, "shortname;category\n")[-1] == '"fullname" is a required field'
    assert create(practice, "shortname;full,name;category\n")[-1].startswith("Invalid separator detected.")
    assert create(practice, "")[-1] == "Error : Null CSV columns are not permitted in header"
    assert create(practice, "shortname;fullname\n")[0] == "Error : No courses were parsed from CSV"


def test_missing_file_is_followed_by_an_end_marker(practice: Practice) -> None:
    report = practice.call("tool_sync_process", service="courses", action="create")
    assert report.splitlines()[2:] == [
        "File /uploadcourses.csv not found.",
        "Error : No courses were parsed from CSV",
        "",
        "end of report",
    ]


def test_force_update_puts_absent_columns_back(practice: Practice) -> None:
    practice.configure(plugin={"courses_forceupdate": 1})
    assert create(practice, "shortname;fullname;category\nMATH101;New name;1\n")[0] == (
        "Course [MATH101] {} New name updated on id 3."
    )
    course = table(practice, "course", id=3)[0]
    assert (course["fullname"], course["idnumber"]) == ("New name", "")


def test_categories_by_idnumber(practice: Practice) -> None:
    practice.configure(plugin={"courses_coursecategoryidentifier": "idnumber"})
    assert create(practice, "shortname;fullname;category\nX;Ex;NOPE\n")[0] == "Course category idnumber NOPE not found"


def test_tryback_takes_the_place_of_the_input_file(practice: Practice) -> None:
    """The plugin's bug: archive and cleanup then see the tryback file."""
    practice.configure(plugin={"filecleanup": 1, "filearchive": 1})
    create(practice, "shortname;fullname;category\nX;Ex\n" + "Y;Why;1\n")
    names = [file["filename"] for file in table(practice, "files")]
    assert "uploadcourses.csv" in names
    assert [name for name in names if "_uploadcourses_tryback_" in name]


def test_templates(practice: Practice) -> None:
    practice.reset(seed="demo")
    head = "shortname;fullname;category;template\n"
    assert create(practice, head + "X;Ex;1;TPL\nY;Why;1;NOPE\nZ;Zed;1;MATH101\n")[:4] == [
        "Creating course with backup-tpl.mbz",
        "Course [X] Ex has been created with id 6.",
        "Error at line 1: Could not find template course with shortname NOPE. Course with shortname Y failed.",
        "Something was wrong with the backup file (Error code: -21).",
    ]


def test_simulation(practice: Practice) -> None:
    practice.configure(plugin={"simulate": 1})
    assert create(practice, "shortname;fullname;category\nX;Ex;A/B\nMATH101;M;1\n")[:3] == [
        "SIMULATION: Will create category {$a}",
        "SIMULATION: Will create course [X] Ex identified by ()",
        "SIMULATION: Course [MATH101] {M101} Math 101 already exists.",
    ]


def test_never_set_up(practice: Practice) -> None:
    practice.reset(seed="empty")
    assert create(practice, "shortname;fullname;category\nX;Ex;1\n")[0].startswith("Invalid separator detected.")
    practice.configure(plugin={"csvseparator": ";", "encoding": "UTF-8"})
    practice.put("uploadcourses.csv", "shortname;fullname;category\nX;Ex;1\n")
    assert practice.call("tool_sync_process", service="courses", action="create")["errorcode"] == "dmlreadexception"


def test_delete(practice: Practice) -> None:
    configure(practice, "courses", filedeleteidentifier="idnumber")
    assert run(practice, "courses", "delete", "deletecourses.csv", "# old ones\n M101\nM101 \nTPL1\n\nTPL1") == [
        "Starting...4",
        "Starting deleting courses...",
        "Course M101 deleted.",
        "Course TPL1 deleted.",
        "Course TPL1 does not exist in this Moodle. \\n",
        "",
    ]
    assert [course["shortname"] for course in table(practice, "course")] == ["real"]


def test_delete_without_a_header_is_harmless_when_empty(practice: Practice) -> None:
    assert run(practice, "courses", "delete", "deletecourses.csv", "") == [
        "Starting...4", "Starting deleting courses...", "",
    ]


def test_check(practice: Practice) -> None:
    assert run(practice, "courses", "check", "check.csv", "NOPE;what it is\n")[2] == (
        'Course with idnumber "{$a->idnumber}" "{$a->description}" not found in this moodle'
    )
    practice.put("check.csv", "MATH101\n")
    practice.condition("debug-normal")
    answer = practice.call("tool_sync_process", service="courses", action="check")
    assert answer["errorcode"] == "invalidresponse"
    assert "<li>fullname = Math 101 </li>" in answer["debuginfo"]
    practice.clear_conditions()


RESET = "shortname;events;logs;notes;grades;roles;local_roles;groups;groupings;modules"


def test_reset(practice: Practice) -> None:
    configure(practice, "courses", fileresetidentifier="shortname")
    report = run(
        practice, "courses", "reset", "resetcourses.csv",
        RESET + "\nMATH101;yes;1;yes;all;student;none;members;none;all\nNOPE;yes;1;yes;all;x;none;all;all;all\n",
    )
    done = [
        "General : Delete events", "General : Delete all notes", "General : Delete blog associations",
        "General : Delete completion data", "Groups : Remove all group members", "Gradebook : Delete all items and categories",
    ]
    if practice.version.reset_names_things:
        done = [
            "General : Events", "General : All notes", "General : Blog associations", "General : Completion data",
            "Groups : All group members", "Gradebook : All items and categories",
        ]
    assert report == [
        "Starting...8",
        "Starting resetting courses...",
        "Resetting course: Math 101 (MATH101)",
        "[[nolocalroletoprocess]]",
        "[[nogroupingtoprocess]]",
        "Summary:",
        *(line + " : OK" for line in done),
        "[[unkownshortname]]",
        "",
    ]


def test_reset_unenrols(practice: Practice) -> None:
    configure(practice, "courses", fileresetidentifier="shortname")
    configure(practice, "users", primaryidentity="username")
    run(practice, "users", "sync", "userimport.csv", HEAD + "a;A;A;;\nb;B;B;;\n")
    for name, role in (("a", "student"), ("b", "teacher")):
        practice.call(
            "tool_sync_enrol_user_enrol", roleidsource="shortname", roleid=role, useridsource="username", userid=name,
            courseidsource="shortname", courseid="MATH101",
        )
    row = "MATH101;no;no;no;no;student nobody;no;no;no;x"
    report = run(practice, "courses", "reset", "resetcourses.csv", f"{RESET}\n{row}\n")
    assert "[Error] role nobody unkown." in report and "Roles : Unenrol (1) : OK" in report
    assert len(table(practice, "user_enrolments")) == 1


def test_reset_identifiers(practice: Practice) -> None:
    assert run(practice, "courses", "reset", "resetcourses.csv", RESET + "\n")[-1] == (
        '"shortname" is not a valid field name'
    )
    configure(practice, "courses", fileresetidentifier="shortname")
    practice.put("resetcourses.csv", RESET + "\nMATH101;yes\n")
    answer = practice.call("tool_sync_process", service="courses", action="reset")
    assert answer["exception"] == "ValueError" and "errorcode" not in answer


def test_bindmetas(practice: Practice) -> None:
    report = run(practice, "courses", "bindmetas", "metas.csv", "master;meta\nMATH101;TPL\nMATH101;TPL\nNOPE;TPL\n")
    assert [line.rpartition(" ")[2] for line in report[1:4]] == ["created", "restored", "created"]
    assert [row["customint1"] for row in table(practice, "enrol", enrol="meta")] == [3, 0]
    practice.put("metas.csv", "master;;meta\n")
    assert practice.call("tool_sync_process", service="courses", action="bindmetas")["exception"] == "Error"


def test_deploy(practice: Practice) -> None:
    form = {
        "categoryidsource": "id", "categoryid": "1", "templateidsource": "idnumber", "templateid": "TPL1",
        "shortname": "N1", "fullname": "New one", "idnumber": "NI1", "replacements": '{"a": "\\u003cb\\u003e"}',
    }
    assert practice.call("tool_sync_deploy_course", **form) == 4
    form.update(shortname="N2", replacements="{}")
    assert practice.call("tool_sync_deploy_course", **form)["errorcode"] == "courseidnumbertaken"
    form.update(idnumber="NI2", replacements='{"a": "<b>"}')
    assert practice.call("tool_sync_deploy_course", **form)["errorcode"] == "invalidparameter"

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of the plugin: counts, the fate of every row, failures. The texts are those of real runs where there is one."""

from __future__ import annotations

import io
import itertools
import json

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.check import Check
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.dialect import read_rows
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report import outcome as report

from tests.contract import replay

USERS = "username;firstname;lastname;email;idnumber\n"
END = "\nend of report\n"


def parse(text, service, action="sync", data=None, **kwargs):
    rows = None if data is None else read_rows(io.BytesIO(data.encode()), service, action)
    parsed = report.parse(text, service, action, rows=rows, **kwargs)
    assert parsed.counts["rows"] == sum(parsed.counts[name] for name in report.TOLD[1:8])
    return parsed


def counts(parsed):
    return {name: number for name, number in parsed.counts.items() if number}


def fates(parsed):
    return dict(parsed.row_outcomes.items())


def user(name, idnumber=""):
    return f"{name};First;Last;{name}@example.org;{idnumber}\n"


class TestOutcome:
    @pytest.mark.parametrize("text", ["", "\n", " \n\n"])
    def test_no_report(self, text):
        parsed = parse(text, "users", data=USERS + user("ada"))
        assert parsed.outcome == "empty"
        assert counts(parsed) == {"rows": 1, "unreported": 1}

    @pytest.mark.parametrize("end", ["end of report", "Fin du rapport de traitement", "end of report  \r"])
    def test_complete(self, end):
        assert parse(f"Starting...1\n\n{end}\n", "users").outcome == "complete"

    def test_without_its_end_a_run_was_aborted(self):
        parsed = parse("Starting...1\nUser account added: 3 , ada  \n", "users", data=USERS + user("ada") + user("bob"))
        assert (parsed.outcome, parsed.fatal) == ("aborted", None)
        assert fates(parsed) == {2: "created", 3: "unreported"}

    def test_a_fatal_line_decides_whatever_the_end_says(self):
        text = "Starting...2\nStarting creating courses...\nError : No courses were parsed from CSV\n" + END
        parsed = parse(text, "courses", "create")
        assert (parsed.outcome, parsed.fatal) == ("aborted", "Error : No courses were parsed from CSV")

    def test_the_file_was_missing(self):
        parsed = parse("Starting...1\nStarting users synchronisation...\nFile /u.csv not found.\n", "users")
        assert (parsed.outcome, parsed.fatal) == ("aborted", "File /u.csv not found.")

    def test_lines_are_kept_without_blank_ones(self):
        assert parse("Starting...1\n\n x  \r\n", "users").lines == ["Starting...1", " x"]

    def test_what_a_terminal_may_obey_is_written_out(self):
        file = USERS + "x\x1b[2J;First;Last;x@example.org;\n"
        text = "Starting...1\n\x1b]0;mine\x07\x9b31m\r\nError : User email collision when creating x\x1b[2J , [], First, Last \n"
        parsed = parse(text, "users", data=file)
        assert parsed.lines[1] == "\\x1b]0;mine\\x07\\x9b31m"
        assert [failure["key"] for failure in parsed.failures] == ["x\\x1b[2J"]
        target = io.BytesIO()
        report.tryback(read_rows(io.BytesIO(file.encode()), "users", "sync"), parsed, target)
        assert b"\x1b" not in target.getvalue().split(b"\n")[1]

    def test_an_e_mail_address_is_in_no_reason(self):
        text = "Starting...1\nUnknown course named \"<ada@example.org>, b@x@y, (c@d): @ at@ @so a-word\"\n"
        (failure,) = parse(text, "users").failures
        assert failure["reason"] == "Unknown course named \"<...>, ..., (...): @ at@ @so a-word\""

    def test_lines_of_no_known_kind_are_counted(self):
        parsed = parse("Starting...1\nsomething new\nelse\n" + END, "users")
        assert parsed.counts["unparsed"] == 2
        assert parsed.warnings == ["2 lines of the report are of no known kind."]

    @pytest.mark.parametrize(
        ("line", "consumed"),
        [
            ("Cleaning out input file... cleaned.", True),
            ("Not cleaning out input file (disabled by config)", False),
            ("Fichier de commande non supprimé (désactivé dans la configuration)", False),
            ("", None),
        ],
    )
    def test_whether_the_input_file_is_still_there(self, line, consumed):
        assert parse(f"Starting...2\n{line}\n" + END, "courses", "create").file_consumed is consumed

    @pytest.mark.parametrize("prefix", ["SIMULATION : ", "SIMULATION: ", "SIMULATE: "])
    def test_simulations(self, prefix):
        parsed = parse(f"Starting...1\n{prefix}User account added:  ada  \n" + END, "users", data=USERS + user("ada"))
        assert parsed.simulated
        assert fates(parsed) == {2: "created"}

    @pytest.mark.parametrize(
        ("name", "double"),
        [("Cléo", True), ("L\u2019H\u00f4te", True), ("Łukasz", True), ("Cléo", False), ("plain", False), ("Straß« x", False)],
    )
    def test_double_encoded_names(self, name, double):
        name = name.encode().decode("latin-1") if double else name
        assert parse(f"User account changed: {name} X as [ada] () \n", "users").mojibake is double

    @pytest.mark.parametrize(
        ("key", "service", "action", "header", "outcome"),
        [
            ("useraccountadded", "users", "sync", USERS, "created"),
            ("usernotaddederror", "users", "sync", USERS, "failed"),
            ("coursecreated", "courses", "create", "shortname;category;fullname\n", "created"),
            ("coursedeleted", "courses", "delete", "", "deleted"),
            ("resettingcourse", "courses", "reset", "shortname;events\n", "updated"),
        ],
    )
    def test_a_string_that_the_site_lacks_names_nobody_and_is_the_next_row(self, key, service, action, header, outcome):
        parsed = parse(f"[[{key}]]" + END, service, action, header + "a;b;c\nd;e;f\n")
        assert list(fates(parsed).values()) == [outcome, "unreported"]


class TestUsers:
    def test_created_updated_and_passed_over(self):
        text = (
            "Starting...1\nStarting users synchronisation...\n"
            "User account changed: Ada Lovelace as [ada] (U0001) \nUser account added: 8 , dan  \n" + END
        )
        data = USERS + user("ada") + user("") + user("Dan")
        parsed = parse(text, "users", data=data)
        assert fates(parsed) == {2: "updated", 3: "skipped", 4: "created"}
        assert parsed.warnings == ["The plugin passes over 1 of the rows without a word, the first in line 3."]
        assert counts(parse(text, "users")) == {"rows": 2, "created": 1, "updated": 1}

    def test_a_revived_user_counts_once(self):
        text = "User was revived : ada (U1)\nUser account changed: A L as [ada] (U1) \n" + END
        parsed = parse(text, "users", data=USERS + user("ada") + user("bob"))
        assert fates(parsed) == {2: "updated", 3: "unreported"}
        assert counts(parse(text, "users"))["rows"] == 1

    @pytest.mark.parametrize(
        "lines",
        [
            "Error : User username collision when creating Required : U1 as \nada , [U1], First, Last \n",
            "Error : User username collision when updating Required : U1 as idnumber\n(7) ada , [U1], First, Last \n",
            "Error : User email collision when updating Required : U1 as \n(7) , ada , [U1], First, Last \n",
            "Error : User email collision when creating ada , [U1], First, Last \n",
            "Error : User email collision when updating (7) , ada , [U1], First, Last \n",
            "Error : Collision d'identifiant à la création de Required : U1 as \nada , [U1], First, Last \n",
            "Error : Collision d'adresse mail à la création de ada , [U1], First, Last \n",
        ],
    )
    @pytest.mark.parametrize("end", [END, ""])
    def test_collisions_span_one_line_or_two(self, lines, end):
        data = USERS + user("bob") + user("ada", "U1") + user("cleo")
        parsed = parse("User account added: 3 , bob  \n" + lines + end, "users", data=data)
        assert fates(parsed) == {2: "created", 3: "failed", 4: "unreported"}
        (failure,) = parsed.failures
        assert (failure["line"], failure["key"]) == (3, "ada")
        # The key names the user; names and addresses stay in the report.
        said = lines.partition("\n")[0]
        assert failure["reason"].endswith(" ...") and said.startswith(failure["reason"][:-3])
        assert not [word for word in ("ada", "U1", "Last") if word in failure["reason"]]
        assert parsed.counts["unparsed"] == 0
        alone = parse(lines + end, "users")
        assert counts(alone) == {"rows": 1, "failed": 1}
        assert alone.failures[0]["key"] == "ada"

    @pytest.mark.parametrize(
        "line",
        [
            "Error on account creation : [ada] Last First (U1)",
            "Error on account update : [ada] Last First (U1)",
            "Error on account rename (target name exists) : : old ada",
            "Erreur sur renommage de compte (compte source manquant) : : old ada",
        ],
    )
    def test_other_refusals(self, line):
        parsed = parse(line + END, "users", data=USERS + user("bob") + user("ada", "U1"))
        assert fates(parsed) == {2: "unreported", 3: "failed"}
        (failure,) = parsed.failures
        assert (failure["line"], failure["key"]) == (3, "ada")
        assert failure["reason"].endswith(": ...") and line.startswith(failure["reason"][:-3]) and "ada" not in failure["reason"]

    def test_a_collision_without_its_second_line(self):
        text = "Error : User username collision when creating Required : U1 as \nUser account added: 3 , bob  \n"
        parsed = parse(text, "users", data=USERS + user("ada", "U1") + user("bob"))
        assert fates(parsed) == {2: "failed", 3: "created"}
        assert fates(parse(text.partition("\n")[0], "users", data=USERS + user("ada"))) == {2: "failed"}

    def test_the_key_of_failures_is_the_identity(self):
        line = "Error : User email collision when creating ada , [U1], First, Last \n"
        parsed = parse(line, "users", data=USERS + user("ada", "U1"), settings={"primaryidentity": "idnumber"})
        assert parsed.failures[0]["key"] == "U1"

    def test_an_unknown_course_of_a_new_user_is_a_failure_beside_the_creation(self):
        text = 'User account added: 3 , ada  \nUnknown course named "NOPE"\n' + END
        parsed = parse(text, "users", data=USERS + user("ada"))
        assert fates(parsed) == {2: "created"}
        assert parsed.failures == [{"line": 2, "key": "ada", "reason": 'Unknown course named "NOPE"'}]
        assert (parsed.failure_count, parsed.counts["failed"]) == (1, 0)

    def test_an_unknown_course_of_a_known_user_is_a_failed_row(self):
        text = 'User account changed: A L as [ada] () \nUnknown course named "NOPE"\n' + END
        parsed = parse(text, "users", data=USERS + user("ada"))
        assert fates(parsed) == {2: "failed"}

    def test_the_false_alarm_after_an_enrolment(self):
        text = (
            "User account added: 3 , ada  \nUser ada enrolled in course C1\n"
            "User enrol ada failure in course C1. Enrol and role data in file are not consistant.\n"
        )
        assert parse(text, "users").failures == []
        assert parse(text.replace("course C1.", "course C2."), "users").failure_count == 1

    def test_group_lines_belong_to_the_user_before(self):
        text = 'User account added: 3 , ada  \nUser ada enrolled in course C1\nAdded to group "A"\n' + END
        assert counts(parse(text, "users")) == {"rows": 1, "created": 1}
        failed = parse(text.replace("Added to", "Not added to"), "users", data=USERS + user("ada"))
        assert failed.failures[0]["line"] == 2
        skipped = parse(text.replace('Added to group "A"', 'Not added to group "A", because not enrolled in course'), "users")
        assert counts(skipped) == {"rows": 1, "created": 1}

    def test_deletions_have_no_line(self):
        data = "username;firstname;lastname;deleted\nada;A;L;1\nbob;B;M;1\ncleo;C;D\n"
        parsed = parse("User account added: 7 , cleo  \n" + END, "users", data=data)
        assert fates(parsed) == {2: "unreported", 3: "unreported", 4: "created"}
        # A name that is written otherwise is not taken for one of the deletions.
        parsed = parse("User account added: 7 , cl\u00e9o  \n" + END, "users", data=data)
        assert fates(parsed) == {2: "unreported", 3: "unreported", 4: "created"}
        # Deleted already: the user is made anew.
        parsed = parse("User account added: 7 , bob  \n" + END, "users", data=data)
        assert fates(parsed) == {2: "unreported", 3: "created", 4: "unreported"}

    def test_a_missing_value_ends_the_run_at_its_row(self):
        text = 'User account added: 3 , ada  \nField "lastname" is missing Error on line 3. Field "lastname" is missing\n'
        data = USERS + user("ada") + "\nbob;B;M;;\ncleo;C;;;\ndan;;;;\n"
        parsed = parse(text, "users", data=data)
        assert (parsed.outcome, parsed.fatal) == ("aborted", text.split("\n")[1])
        assert fates(parsed) == {2: "created", 4: "unreported", 5: "failed", 6: "unreported"}
        assert parsed.failures[0]["key"] == "cleo"

    def test_names_that_differ_are_taken_in_order(self):
        text = "".join(f"User account added: {n} , {name}  \n" for n, name in enumerate(["one", "two", "three"]))
        parsed = parse(text, "users", data=USERS + user("a") + user("b") + user("c"))
        assert fates(parsed) == {2: "created", 3: "created", 4: "created"}

    def test_a_report_of_another_file(self):
        text = "".join(f"User account added: {n} , user{n}  \n" for n in range(5))
        parsed = parse(text, "users", data=USERS + user("user0"))
        assert counts(parsed) == {"rows": 1, "created": 1}
        assert parsed.warnings == ["The report tells of 4 more rows than the file has: it may be of another file."]

    def test_usernames_are_lowered_by_moodle(self):
        text = "User account added: 3 , bob  \n"
        assert fates(parse(text, "users", data=USERS + user("ada") + user("BOB"))) == {2: "unreported", 3: "created"}

    def test_failures_are_listed_up_to_a_limit(self):
        line = "Error : User email collision when creating user{0} , [], First, Last \n"
        text = "".join(line.format(n) for n in range(20))
        parsed = parse(text, "users", data=USERS + "".join(user(f"user{n}") for n in range(20)), limit=5)
        assert (len(parsed.failures), parsed.failure_count, parsed.counts["failed"]) == (5, 20, 20)

    def test_names_are_in_no_reason_however_many_rows_fail_in_several_parts(self):
        text = "".join(
            f"User account added: {n} , user{n}  \n" + "Enrol failed. Ada Lovelace in course C1\n" * 3 for n in range(4)
        )
        parsed = parse(text, "users", limit=4)
        assert {failure["reason"] for failure in parsed.failures} == {"Enrol failed. ... in course C1"}


class TestEnrols:
    DATA = "cmd;cid;uid;rolename;enrol\n" + "".join(f"add;C1;U{n};student;manual\n" for n in range(1, 7))

    def test_rows_are_numbered(self):
        text = (
            "# -- 2\nUser ada (U1) enrolled in course C1\n# -- 3\n# -- 4\n"
            "Error at line 4 : add student bob (U3) NOPE : No such course\n"
            "# -- 5\nError at line 5: add student NOBODY C1 : No such user\n"
            "# -- 6\nUser cleo (U5) already assigned to student in course C1\n"
            "# -- 7\nUser ada (U6) unenrolled from course C2\n# -- 8\n" + END
        )
        parsed = parse(text, "enrols", data=self.DATA)
        assert fates(parsed) == {2: "updated", 3: "unreported", 4: "failed", 5: "failed", 6: "unchanged", 7: "deleted"}
        assert parsed.failures[0] == {
            "line": 4,
            "key": "U3 / C1",
            "reason": "Error at line 4 : add student bob (U3) NOPE : No such course",
        }
        alone = parse(text, "enrols")
        assert counts(alone) == {"rows": 5, "updated": 1, "failed": 2, "unchanged": 1, "deleted": 1}
        assert [failure["line"] for failure in alone.failures] == [4, 5]

    def test_lines_before_the_header_and_between_rows(self):
        data = "# a\n\n" + self.DATA.replace("add;C1;U2", "# no\nadd;C1;U2")
        text = "# -- 2\n# -- 3\n# -- 4\nUser x (U2) enrolled in course C1\n# -- 5\n" + END
        parsed = parse(text, "enrols", data=data)
        assert fates(parsed)[6] == "updated"
        assert parsed.counts["unreported"] == 5

    @pytest.mark.parametrize(
        ("lines", "outcome", "failures"),
        [
            (["User a (1) enrolled in course C", "User a (3) added to group {$a->mygroup}"], "updated", 0),
            (["User a (1) already assigned to student in course C"], "unchanged", 0),
            (["User a (1) already assigned to s in course C", "User a (3) added to group G"], "unchanged", 0),
            (["Group G created in course C", "User a (1) already assigned to s in course C"], "updated", 0),
            (["User a (1) unenrolled from course C", "User a (1) enrolled in course C"], "updated", 0),
            (['Role "student" added for a (1) in course C'], "updated", 0),
            (["The student role asignation deletion for a (1) in course C"], "deleted", 0),
            (["All role deletion for a (1) in course C"], "deleted", 0),
            (["User a (1) {$e->enrol} enrolment in course C has been enableenrol"], "updated", 0),
            (["[[allenrolsupdated]]"], "updated", 0),
            (["User a (1) enrolled in course C", "User a (3) NOT added to group G"], "failed", 1),
            (["Group G created in course C", "This group H is not known in C and cannot be created."], "updated", 1),
            (["Error at line 2 : add s a C : bad command column value.", "[[errorassign]]"], "failed", 1),
            (["Global group gadd/gaddcreate exception on line 2"], "failed", 1),
            (["Line 2 : add role : Last First == student ==> C"], "failed", 1),
            (["User a (1) enrolled in course C", 'Not added to group "G", because not enrolled in course'], "updated", 0),
            (["User a (3) removed from group G"], "updated", 0),
            (["User a (1) enrolled in course C", "User a (3) not removed from group G (may not exist)"], "updated", 0),
            (["Utilisateur a (1) inscrit dans le cours C"], "updated", 0),
            (["Erreur ligne 2 : add s a C : Le cours n'existe pas"], "failed", 1),
        ],
    )
    def test_what_lines_make_of_a_row(self, lines, outcome, failures):
        text = "\n".join(["# -- 2", *lines, "# -- 3"]) + END
        parsed = parse(text, "enrols", data="cid;uid;rolename\nC;1;student\n")
        assert fates(parsed) == {2: outcome}
        assert (parsed.failure_count, parsed.counts["unparsed"]) == (failures, 0)
        assert counts(parse(text, "enrols")) == counts(parsed)

    def test_a_warning_of_many_rows_is_said_once(self):
        line = "The required enrol method is not active in the course\n"
        text = "".join(f"# -- {n}\n{line}" for n in range(2, 8))
        parsed = parse(text, "enrols", data=self.DATA)
        assert parsed.warnings == [line.strip() + " (and 5 more lines like it)"]
        assert counts(parsed) == {"rows": 6, "unreported": 6}

    def test_a_cut_line_counts_as_the_plugin_counts(self):
        data = "cid;uid;rolename\n" + "C;1;" + "x" * 1500 + "\nC;2;student\n"
        text = "# -- 2\nUser a (1) enrolled in course C\n# -- 3\n# -- 4\nUser b (2) enrolled in course C\n# -- 5\n"
        parsed = parse(text, "enrols", data=data)
        assert fates(parsed)[3] == "updated"

    @pytest.mark.parametrize("number", ["99999999999999999999999", "\u0661", "\u00b2", "-1", ""])
    def test_odd_numbers(self, number):
        parse(f"# -- {number}\nUser a (1) enrolled in course C\n", "enrols", data=self.DATA)


class TestCohorts:
    DATA = "cmd;cname;userid;cdescription;cidnumber\nadd;A;U1;;C1\nadd;B;U2;text;C2\nadd;C;U3;;C3\n"

    def lines(self, *groups):
        text = "Starting cohorts operations...\nCohort sync starting...\n"
        for group in groups:
            text += "\n".join(["Processing add by idnumber:C for idnumber:U", *group]) + "\n"
        return text + END

    def test_each_row_is_announced(self):
        text = self.lines(
            ["Cohort A created", "Cohort member ada (U1) added to cohort A"],
            [],
            ["User NOBODY does no exit in moodle"],
        )
        parsed = parse(text, "cohorts", data=self.DATA)
        assert fates(parsed) == {2: "created", 3: "unreported", 4: "failed"}
        assert parsed.failures == [{"line": 4, "key": "C3 / U3", "reason": "User NOBODY does no exit in moodle"}]

    def test_only_some_columns_can_change_a_cohort(self):
        line = "The cohort [1] A has been updated."
        parsed = parse(self.lines([line], [line], [line]), "cohorts", data=self.DATA)
        assert fates(parsed) == {2: "unchanged", 3: "updated", 4: "unchanged"}
        parsed = parse(self.lines([line, "User ada (U1) already member of cohort A"]), "cohorts", data=self.DATA)
        assert fates(parsed)[2] == "unchanged"

    @pytest.mark.parametrize(
        ("lines", "outcome"),
        [
            (["The cohort [1] A has been updated.", "Cohort member a (1) added to cohort A"], "updated"),
            (["Cohort member a (1) removed from cohort A"], "deleted"),
            (["Cohort A deleted"], "deleted"),
            (["Cohort A not found by idnumber. Skipping."], "skipped"),
            (["Cohort A as idnumber was not found. Script cannot create."], "failed"),
            (["The cohort creation has been skeeped because conflicting by name."], "failed"),
            (["Cohort A created", "User U1 does no exit in moodle"], "created"),
            (["Bad context (missing required category 7) for cohort", "Cohort A created"], "created"),
        ],
    )
    def test_what_lines_make_of_a_row(self, lines, outcome):
        parsed = parse(self.lines(lines), "cohorts", data=self.DATA)
        assert fates(parsed)[2] == outcome
        assert counts(parse(self.lines(lines), "cohorts")) == {"rows": 1, outcome: 1}

    @pytest.mark.parametrize(("line", "simulated"), [("SIMULATION: Cohort [C1] A emptied", False), ("Cohort [C1] A emptied", True)])
    def test_the_prefix_of_emptied_cohorts_is_inverted(self, line, simulated):
        parsed = parse(self.lines([line]), "cohorts", data=self.DATA)
        assert (parsed.simulated, fates(parsed)[2]) == (simulated, "updated")


class TestCoursesCreate:
    DATA = "shortname;category;fullname;idnumber\nC1;A;Course 1;I1\nC2;A;Course 2;I2\nC3;A;Course 3;I3\n"

    def test_created_known_and_updated(self):
        text = (
            "Course [C1] Course 1 has been created with id 4.\nCourse [C2] {I2} Course 2 already exists.\n"
            "Course [C3] {I3} Course 3 updated on id 5.\n" + END
        )
        parsed = parse(text, "courses", "create", self.DATA)
        assert fates(parsed) == {2: "created", 3: "unchanged", 4: "updated"}
        assert counts(parse(text, "courses", "create")) == {"rows": 3, "created": 1, "unchanged": 1, "updated": 1}

    def test_errors_of_the_first_reading_come_first(self):
        # Numbers are lines of the file less two.
        text = (
            "Error at line 1 : 3 values found. 4 expected.\n"
            "Course [C1] Course 1 has been created with id 4.\nCourse [C3] Course 3 has been created with id 5.\n" + END
        )
        parsed = parse(text, "courses", "create", self.DATA)
        assert fates(parsed) == {2: "created", 3: "failed", 4: "created"}
        assert parsed.failures == [{"line": 3, "key": "C2", "reason": text.partition("\n")[0]}]
        assert counts(parse(text, "courses", "create")) == {"rows": 3, "created": 2, "failed": 1}

    def test_comments_before_the_header_count_as_lines(self):
        text = "Error at line 2 : 3 values found. 4 expected.\nCourse [C2] Course 2 has been created with id 4.\n"
        assert fates(parse(text, "courses", "create", "# a\n# b\n" + self.DATA)) == {4: "failed", 5: "created", 6: "unreported"}

    def test_an_unknown_category(self):
        text = "Course category idnumber X not found\nCourse [C1] Course 1 has been created with id 4.\n" + END
        data = self.DATA.replace("C2;A", "C2;X").replace("C3;A", "C3;X")
        parsed = parse(text, "courses", "create", data)
        assert fates(parsed) == {2: "created", 3: "failed", 4: "failed"}
        assert counts(parse(text, "courses", "create")) == {"rows": 2, "created": 1, "failed": 1}

    def test_a_row_that_failed_is_not_taken_for_a_later_one_of_its_name(self):
        data = "shortname;category;fullname;idnumber\nC0;A;x;\nC1;X;x;\nC1;A;x;\nC2;A;x;\n"
        text = "Course category idnumber X not found\nCourse [C1] x has been created with id 4.\n" + END
        expected = {2: "unreported", 3: "failed", 4: "created", 5: "unreported"}
        assert fates(parse(text, "courses", "create", data)) == expected
        text = "Course category idnumber X not found\nCourse [] x has been created with id 4.\n" + END
        expected = {2: "created", 3: "failed", 4: "unreported", 5: "unreported"}
        assert fates(parse(text, "courses", "create", data)) == expected

    def test_a_row_that_failed_may_be_the_last(self):
        data = "shortname;category;fullname;idnumber\nC0;A;x;\nC1;X;x;\n"
        text = "Course category idnumber X not found\nCourse [C1] x has been created with id 4.\n" + END
        assert fates(parse(text, "courses", "create", data)) == {2: "unreported", 3: "failed"}

    def test_an_error_of_the_course_just_named(self):
        text = "Course [C1] Course 1 has been created with id 4.\nError at line 0: Course C1 update failed.\n" + END
        parsed = parse(text, "courses", "create", self.DATA)
        assert fates(parsed)[2] == "created"
        assert parsed.failures == [{"line": 2, "key": "C1", "reason": text.split("\n")[1]}]

    def test_precheck_and_its_echo_count_once(self):
        text = (
            "Error in precheck phase\nError at line 0: Could not create topic sections for course with shortname C1\n"
            "Course [C2] Course 2 has been created with id 4.\n" + END
        )
        parsed = parse(text, "courses", "create", self.DATA)
        assert fates(parsed) == {2: "failed", 3: "created", 4: "unreported"}
        assert parsed.failure_count == 1
        alone = parse(text, "courses", "create")
        assert counts(alone) == {"rows": 2, "created": 1, "failed": 1}

    @pytest.mark.parametrize("end", [END, ""])
    def test_precheck_alone(self, end):
        parsed = parse("Error in precheck phase\n" + end, "courses", "create", self.DATA)
        assert fates(parsed) == {2: "failed", 3: "unreported", 4: "unreported"}

    def test_a_failure_that_names_nothing_is_the_next_row(self):
        text = (
            "Course [C1] Course 1 has been created with id 4.\n"
            "Something was wrong with the backup file (Error code: -21).\n"
            "Course [C3] Course 3 has been created with id 5.\n" + END
        )
        assert fates(parse(text, "courses", "create", self.DATA)) == {2: "created", 3: "failed", 4: "created"}

    def test_a_template_on_a_known_course_counts_once(self):
        text = (
            "Creating course with x.mbz\nCourse [C1] Course 1 has been created with id 4.\n"
            "Course [C1] {I1} Course 1 updated on id 4.\nCourse [C2] {I2} Course 2 already exists.\n" + END
        )
        parsed = parse(text, "courses", "create", self.DATA)
        assert fates(parsed) == {2: "updated", 3: "unchanged", 4: "unreported"}
        assert counts(parse(text, "courses", "create")) == {"rows": 2, "updated": 1, "unchanged": 1}

    def test_doubled_rows_count_twice(self):
        data = self.DATA.replace("C2", "C1")
        text = "Course [C1] Course 1 has been created with id 4.\nCourse [C1] {I1} Course 1 updated on id 4.\n" + END
        assert fates(parse(text, "courses", "create", data)) == {2: "created", 3: "updated", 4: "unreported"}

    def test_a_course_that_is_known_by_its_idnumber(self):
        text = "Course [OLD] {I2} Course 2 already exists.\n" + END
        assert fates(parse(text, "courses", "create", self.DATA)) == {2: "unreported", 3: "unchanged", 4: "unreported"}

    def test_fields_that_were_dropped_are_warnings(self):
        text = (
            "Error at line 0: Invalid value for field format (Must be one of topics,weeks).\n"
            'Coding Error: Unvalidated field type: "coursedisplay"\n'
            "Course [C1] Course 1 has been created with id 4.\n" + END
        )
        parsed = parse(text, "courses", "create", self.DATA)
        assert fates(parsed)[2] == "created"
        assert parsed.warnings == text.split("\n")[:2]
        assert parsed.failures == []

    def test_simulation(self):
        text = (
            "SIMULATION: Will create category {$a}\n"
            "SIMULATION: Will create course [C1] Course 1 identified by (I1)\n"
            "SIMULATION: Will create course [C2] Course 2 identified by (I2) on template T\n"
            "SIMULATION: Will update course [C3] Course 3 identified by (I3)\n" + END
        )
        parsed = parse(text, "courses", "create", self.DATA)
        assert fates(parsed) == {2: "created", 3: "created", 4: "updated"}
        assert parsed.simulated

    def test_french(self):
        text = (
            "Erreur ligne 1 : 3 valeurs trouvées. 4 attendues.\n"
            "Le cours [C1] Course 1 a été créé sous l'id 4.\nLe cours [C3] Course 3 existe déjà sous l'id 5.\n"
            "Fin du rapport de traitement\n"
        )
        assert fates(parse(text, "courses", "create", self.DATA)) == {2: "created", 3: "failed", 4: "unchanged"}

    @pytest.mark.parametrize("number", ["99999999999999999999", "-5", "\u00b2", "{$a->i}"])
    def test_odd_line_numbers(self, number):
        text = f"Error at line {number}: Course C1 update failed.\n"
        parsed = parse(text, "courses", "create", self.DATA)
        assert parsed.failure_count == 1
        parse(text, "courses", "create")

    def test_an_error_after_the_course_was_counted(self):
        text = (
            "Course [C1] Course 1 has been created with id 4.\nCourse [C2] Course 2 has been created with id 5.\n"
            "Error at line 0: Could not enrol teachers for course with shortname C1\n" + END
        )
        parsed = parse(text, "courses", "create", self.DATA)
        assert fates(parsed) == {2: "created", 3: "created", 4: "unreported"}
        assert parsed.failures == [{"line": 2, "key": None, "reason": text.split("\n")[2]}]


class TestOtherCourses:
    def test_delete(self):
        text = "Starting...4\nStarting deleting courses...\nCourse C2 deleted.\nCourse NOPE does not exist in this Moodle. \\n\n"
        parsed = parse(text + END, "courses", "delete", "C2\nNOPE\nC3\n")
        assert fates(parsed) == {1: "deleted", 2: "skipped", 3: "unreported"}
        assert counts(parse(text, "courses", "delete")) == {"rows": 2, "deleted": 1, "skipped": 1}

    def test_reset(self):
        text = (
            "Starting...8\nStarting resetting courses...\nResetting course: Course (one) (C1)\n"
            "Not resetting event at line 0\n[[noblogstoprocess]]\n[Error] role  unkown.\n\nSummary:\n"
            "General : Delete blog associations : OK\n[[unkownshortname]]\n"
            "Resetting course: Course two (C (2))\nSummary:\nGroupes : Supprimer tous les groupes : impossible\n" + END
        )
        header = "shortname;events;logs;notes;grades;roles;local_roles;groups;groupings;modules\n"
        parsed = parse(text, "courses", "reset", header + "C1;;;;;;;;;\nNOPE;;;;;;;;;\nC (2);;;;;;;;;\n")
        assert fates(parsed) == {2: "updated", 3: "failed", 4: "updated"}
        assert [failure["key"] for failure in parsed.failures] == ["NOPE", "C (2)"]
        assert parsed.counts["unparsed"] == 0

    def test_odd_lines_of_a_reset(self):
        text = "Before : any course\nResetting course: nameless\nno colon\n" + END
        parsed = parse(text, "courses", "reset", "shortname;events\nC1;1\n")
        assert fates(parsed) == {2: "updated"}
        assert parsed.counts["unparsed"] == 2

    def test_simulated_reset(self):
        assert parse("Resetting course: Course (C1)\nSIMULATION Summary:\n" + END, "courses", "reset").simulated

    def test_bindmetas_go_in_order(self):
        text = (
            "Starting...16\nMetacourse binding for {$e->for} from {$e->from} created\n"
            "Liaison Metacours pour {$e->for} à partir de {$e->from} restaurée\n" + END
        )
        parsed = parse(text, "courses", "bindmetas", "master;meta\nA;B\nC;D\n")
        assert fates(parsed) == {2: "created", 3: "unchanged"}


class TestFindReport:
    REPORT = "Starting...1\nStarting check courses...\nCourse x\n\nend of report"

    @pytest.mark.parametrize(
        "text",
        [
            "{0}",
            'Invalid external api parameter: the value is "{0}\n", the server was expecting "text" type\nError code: x',
            "noise\n{0}\nmore",
        ],
    )
    def test_found(self, text):
        assert report.find_report(text.format(self.REPORT)) == self.REPORT

    def test_found_without_its_end(self):
        text = 'the value is "# -- 2\nUser <b (1) enrolled in course C\n", the server was expecting "text" type'
        assert report.find_report(text) == "# -- 2\nUser <b (1) enrolled in course C\n"

    @pytest.mark.parametrize("text", ["", "Invalid response value detected", "is Starting...1 here"])
    def test_not_found(self, text):
        assert report.find_report(text) is None


class TestTryback:
    def write(self, data, text, service="enrols", action="sync", **kwargs):
        data = data if isinstance(data, bytes) else data.encode()

        def rows():
            return read_rows(io.BytesIO(data), service, action)

        target = io.BytesIO()
        parsed = report.parse(text, service, action, rows=rows())
        return report.tryback(rows(), parsed, target, **kwargs), target.getvalue()

    def test_failed_rows_with_their_reasons(self):
        data = TestEnrols.DATA.replace("U2", "Zo\u00e9")
        text = "# -- 3\nError at line 3: add student Zo\u00e9 C1 : No such user\n# -- 4\nUser a (1) enrolled in course C\n"
        written, tryback = self.write(data, text)
        assert written == 1
        assert tryback.decode() == (
            "cmd;cid;uid;rolename;enrol\n# line 3: Error at line 3: add student Zo\u00e9 C1 : No such user\n"
            "add;C1;Zo\u00e9;student;manual\n"
        )
        # It can be sent again once corrected.
        assert Check(io.BytesIO(tryback.replace("Zo\u00e9;".encode(), b"U7;")), "enrols", "sync", separator=";", settings={}).errors == []

    def test_nothing_failed(self):
        assert self.write(TestEnrols.DATA, "# -- 2\nUser a (1) enrolled in course C\n") == (0, b"")

    def test_a_failure_beside_a_change_is_written(self):
        text = 'User account added: 3 , ada  \nUnknown course named "NOPE"\n'
        written, tryback = self.write(USERS + user("ada"), text, "users")
        assert written == 1
        assert b"ada;First" in tryback

    def test_a_cut_line_is_written_whole(self):
        line = "C;1;" + "x -" * 700
        text = "# -- 2\nError at line 2: add x 1 C : No such user\n"
        written, tryback = self.write(f"cid;uid;rolename\n{line}\nC;2;s\n", text)
        assert written == 1
        assert tryback.decode().split("\n")[2] == line

    def test_bytes_are_kept(self):
        data = "cid;uid;rolename\r\nC;1;caf\u00e9\r\n".encode("latin-1")
        _written, tryback = self.write(data, "# -- 2\nError at line 2: add x 1 C : No such user\n")
        assert tryback.endswith("\nC;1;caf\u00e9\n".encode("latin-1"))

    def test_a_long_reason_stays_one_comment(self):
        reason = "Error at line 2: add " + "\u00e9" * 2000 + " : No such user"
        _written, tryback = self.write("cid;uid;rolename\nC;1;s\n", f"# -- 2\n{reason}\n")
        assert [row.values["uid"] for row in read_rows(io.BytesIO(tryback), "enrols", "sync")] == ["1"]

    def test_files_without_a_header(self):
        rows = list(read_rows(io.BytesIO(b"C1\nC2\n"), "courses", "delete"))
        parsed = report.parse("", "courses", "delete", rows=rows)
        # The plugin has no failure for these.
        parsed.row_outcomes.set(2, "failed", 0)
        parsed.lines.append("some line")
        target = io.BytesIO()
        assert (report.tryback(rows, parsed, target), target.getvalue()) == (1, b"# line 2: some line\nC2\n")


def test_row_outcomes_keep_what_was_said_of_a_line():
    outcomes = report.RowOutcomes()
    outcomes.set(7, "created")
    outcomes.set(3, "failed", 0)
    outcomes.set(3, "updated")
    assert list(outcomes.items()) == [(3, "failed"), (7, "created")]
    assert [outcomes.get(line) for line in (3, 7, 8, 9999)] == ["failed", "created", None, None]
    assert [outcomes.reason(line) for line in (3, 7, 9999)] == [0, None, None]


def recorded_runs():
    """(label, service, action, the file that was sent last, report) of every run in the recordings."""
    for version, kind in itertools.product(replay.VERSIONS, ("sequence", "conditions")):
        sent = None
        for exchange in replay.load(version, kind):
            request = exchange["request"]
            form = dict(request.get("form") or [])
            if request.get("files"):
                sent = request["files"][-1][2]
            if form.get("wsfunction") == "tool_sync_process":
                text = exchange["response"]["body"]
                answer = json.loads(text if isinstance(text, str) else json.dumps(text))
                if isinstance(answer, str):
                    yield pytest.param(form["service"], form["action"], sent, answer, id=f"{version} {kind}: {exchange['label']}")


@pytest.mark.parametrize(("service", "action", "sent", "text"), list(recorded_runs()))
def test_recorded_runs(service, action, sent, text):
    parsed = parse(text, service, action, sent)
    assert parsed.counts["unparsed"] == 0
    assert parsed.outcome == ("aborted" if parsed.fatal else "complete")
    if not parsed.fatal:
        assert parsed.counts["unreported"] == 0
        alone = parse(text, service, action)
        assert alone.counts["rows"] == parsed.counts["rows"] - parsed.counts["skipped"] or action == "delete"
    assert not parsed.mojibake
    assert not parsed.simulated

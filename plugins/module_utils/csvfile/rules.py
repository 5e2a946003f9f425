# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each service of the plugin accepts in its CSV file: columns, values, and what does harm.

Private to this collection. A rule here is something that the plugin (release 4.1.0) was seen to refuse, misread or
choke on. Settings of the site can't be read, so they may be unknown: a rule that depends on one is an error only when
it is known.
"""

from __future__ import annotations

import datetime
import re

_FLAG = frozenset(("0", "1")).__contains__
_FLAG_OR_EMPTY = frozenset(("", "0", "1")).__contains__
_DIGITS = re.compile(r"[0-9]+").fullmatch
_DIGITS_OR_EMPTY = re.compile(r"[0-9]*").fullmatch
_EMAIL_OR_EMPTY = re.compile(r"|[^@\s<>()\",;:]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+").fullmatch
_USERNAME = re.compile(r"[a-z0-9._@-]{1,100}", re.IGNORECASE).fullmatch
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T]+(\d\d):(\d\d)(?::(\d\d))?)?").fullmatch
_INDEXED = re.compile(r"(course|group|role|enrol|start|end|wwwroot)([1-9][0-9]*)").fullmatch
_LOOSE = re.compile(r"course|group|role|enrol|start|end|wwwroot[0-9]")
_TOPIC = re.compile(r"topic([0-9]|[1-4][0-9]|5[0-2])").fullmatch
_TEACHER = re.compile(r"teacher[1-9][0-9]*_(account|role)").fullmatch
_TAME = re.compile(r"[A-Za-z0-9_ .-]{1,40}").fullmatch


def _present(value):
    return value not in ("", "0")


def _at_most(limit):
    return lambda value: len(value) <= limit


def _bytes(least, most):
    def test(value):
        return least <= len(value) and (len(value) * 4 <= most or len(value.encode("utf-8", "replace")) <= most)

    return test


def _between(least, most):
    def test(value):
        return bool(_DIGITS(value)) and least <= int(value[:20]) <= most

    return test


def _is_date(value):
    """Whether it is a date and time that is one whatever the language: YYYY-MM-DD, then hh:mm[:ss]."""
    found = _DATE(value)
    try:
        return found is not None and bool(datetime.datetime(*(int(part or 0) for part in found.groups())))
    except ValueError:
        return False


def _date_or_stamp(value):
    return value in ("", "0") or _is_date(value) or bool(re.fullmatch(r"@-?[0-9]+", value))


def _is_moment(value):
    return not value or (len(value) == 19 and "T" not in value and _is_date(value))


def is_on(settings, key):
    return str(settings.get(key, "")).strip().lower() in ("1", "true", "yes", "on")


class ColumnRules:
    """What holds for a file with that header. note(level, column, code, message) records what is wrong with the header itself.

    cells: (column index, column, test, level, code, message); a message with %s gets the value, where the test fails for known words only.
    row: None or called with (line, cells padded to the header's width, number of cells given, note).
    unique: (column index, column, folds case, level).
    """

    def __init__(self, columns, note):
        self.columns, self.note = columns, note
        self.index = {name: number for number, name in enumerate(columns)}
        self.cells, self.unique, self.row = [], [], None

    # The rules.

    def error(self, column, code, message):
        self.note("error", column, code, message)

    def warn(self, column, code, message):
        self.note("warning", column, code, message)

    def require(self, *names, why="the plugin requires it"):
        for name in names:
            if name not in self.index:
                self.error(name, "missing_column", f"there is no column {name}: {why}")

    def shape(self):
        """Empty, padded and doubled names."""
        seen = set()
        for position, name in enumerate(self.columns, 1):
            if not name.strip():
                self.error(None, "empty_column", f"column {position} has no name")
            elif name != name.strip():
                self.error(name.strip(), "column_space", f"column {position} has a space around its name")
            elif name in seen:
                self.error(name, "duplicate_column", "the column stands in the header more than once")
            seen.add(name)

    def only(self, known, level="error"):
        """Note columns for which known(name) is false; one whose name does not look like a name is not quoted."""
        for name in self.columns:
            if name.strip() and not known(name.strip()):
                column = name if _TAME(name) else None
                which = "this column" if column else "one of the columns"
                self.note(level, column, "unknown_column", f"the plugin does not know {which}")

    # The rows.

    def cell(self, columns, test, code, message, level="error"):
        """columns: a name, or several. Those that the file does not have don't matter."""
        for column in [columns] if isinstance(columns, str) else columns:
            if column in self.index:
                self.cells.append((self.index[column], column, test, level, code, message))

    def once_each(self, column, *, fold=False, level="error"):
        if column in self.index:
            self.unique.append((self.index[column], column, fold, level))

    def digits(self, column, settings, key):
        """With the setting of that key at id, the column must hold numbers."""
        if settings.get(key) == "id":
            self.cell(column, _DIGITS_OR_EMPTY, "not_an_id", f"must be a number, since the setting {key} is id")


COURSE_COLUMNS = frozenset(
    "shortname fullname category sortorder summary format idnumber showgrades newsitems startdate marker maxbytes "
    "legacyfiles showreports visible visibleold coursedisplay groupmode enablecompletion groupmodeforce "
    "defaultgroupingid lang theme timecreated timemodified self guest template".split()
)
# With forceupdate on, what is absent of these is reset to a default in every course that exists.
COURSE_OVERWRITTEN = (
    "sortorder summary idnumber showgrades newsitems startdate marker maxbytes legacyfiles showreports groupmode "
    "groupmodeforce lang theme timecreated self guest"
).split()


def courses_create(rules, settings):
    rules.only(lambda name: name in COURSE_COLUMNS or _TOPIC(name) or _TEACHER(name))
    rules.require("shortname", "fullname")
    rules.require("category", why="without it the plugin looks for, or makes, a category without a name")
    identifier = settings.get("fileuploadidentifier")
    if identifier in ("shortname", "idnumber"):
        rules.require(identifier, why="the setting fileuploadidentifier names it")
    if is_on(settings, "forceupdate"):
        rules.require(*COURSE_OVERWRITTEN, why="with forceupdate the plugin overwrites it by a default in courses that exist")
    for name in ("coursedisplay", "enablecompletion", "defaultgroupingid"):
        if name in rules.index:
            rules.warn(name, "useless_column", "the plugin drops its values and logs a coding error for every row")
    rules.cell("shortname", _bytes(1, 150), "bad_length", "must have 1 to 150 bytes")
    rules.cell("fullname", _bytes(1, 254), "bad_length", "must have 1 to 254 bytes")
    rules.cell("idnumber", _bytes(0, 100), "bad_length", "must have at most 100 bytes")
    rules.cell("category", bool, "empty_required", "is empty: the plugin would make a category without a name")
    if identifier == "idnumber":
        rules.cell("idnumber", bool, "empty_key", "is empty, and the setting fileuploadidentifier makes it the key")
    if settings.get("coursecategoryidentifier") != "idnumber":
        rules.cell("category", lambda value: "//" not in value, "bad_value", "holds a category without a name")
    rules.cell("sortorder", _between(0, 4294967295), "bad_value", "must be a whole number from 0 to 4294967295")
    rules.cell("newsitems", _between(0, 10), "bad_value", "must be a whole number from 0 to 10")
    rules.cell("maxbytes", _DIGITS, "bad_value", "must be a whole number")
    rules.cell("format", bool, "bad_value", "must name an installed course format")
    flags = "showgrades legacyfiles visible visibleold groupmodeforce showreports guest self".split()
    rules.cell(flags, _FLAG, "bad_value", "must be 0 or 1")
    rules.cell("groupmode", frozenset("012").__contains__, "bad_value", "must be 0, 1 or 2")
    rules.cell(("lang", "theme"), _bytes(0, 50), "bad_length", "must have at most 50 bytes")
    message = "must be a date such as 2026-09-01 or @1788220800: the plugin takes anything else for 0"
    rules.cell(("startdate", "timecreated", "timemodified", "marker"), _date_or_stamp, "bad_date", message)
    rules.once_each("shortname")
    rules.once_each("idnumber")
    teachers = [number for name, number in rules.index.items() if _TEACHER(name)]
    template = rules.index.get("template")
    if teachers and template is not None:

        def row(line, cells, given, note):
            if cells[template] and any(cells[number] for number in teachers):
                note("error", line, "template", "teacher_with_template", "a teacher beside a template breaks the plugin's run")

        rules.row = row


RESET_REQUIRED = "shortname events logs notes grades roles local_roles groups groupings modules".split()
RESET_YES = "events logs notes completion comments blog_associations".split()
RESET_MODULES = (
    "forum_all forum_subscriptions glossary_all chat data slots apointments assignment_submissions assign_submissions "
    "survey_answers lesson choice scorm quiz_attempts"
).split()
RESET_COLUMNS = frozenset(RESET_REQUIRED + RESET_YES + RESET_MODULES)
RESET_PARTS = {
    "grades": ("all", "items", "grades"),
    "local_roles": ("all", "roles", "overrides"),
    "groups": ("all", "groups", "members"),
    "groupings": ("all", "groups", "members"),
}
_NO = frozenset(("", "0", "no", "none"))


def courses_reset(rules, settings):
    # A module may declare columns of its own.
    rules.only(lambda name: name in RESET_COLUMNS or re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", name))
    rules.require(*RESET_REQUIRED)
    if settings.get("fileresetidentifier") not in (None, "", "shortname"):
        rules.error(None, "reset_identifier", "the setting fileresetidentifier must be shortname: no other works")
    for name in ("blog_associations", "comments", "completion"):
        if name not in rules.index:
            rules.warn(name, "implicit_reset", "there is no such column, which the plugin may take for yes")
    rules.cell("shortname", bool, "empty_required", "is empty")
    said = frozenset(("yes", "1", "all")) | _NO
    rules.cell(RESET_YES, said.__contains__, "bad_value", "must be yes, 1, no, 0 or empty")
    rules.cell(RESET_YES, lambda value: value != "all", "means_no", "all means no in this column: write yes", "warning")
    for name, words in RESET_PARTS.items():
        rules.cell(name, (frozenset(words) | _NO).__contains__, "bad_value", "must be {}, {} or {}, or none".format(*words))
    rules.cell(RESET_MODULES, _FLAG_OR_EMPTY, "bad_value", "must be 1, 0 or empty")
    rules.once_each("shortname", level="warning")
    sweeping = [(rules.index[name], name) for name in ("roles", *RESET_PARTS) if name in rules.index]

    def row(line, cells, given, note):
        for number, name in sweeping:
            if cells[number] == "all":
                what = "un-enrols everybody" if name == "roles" else "resets all of it"
                note("destructive", line, name, "reset_all", f"all {what} in this course")

    rules.row = row


_BINDING_COLUMNS = frozenset(("master", "meta", "cmd"))


def courses_bindmetas(rules, settings):
    rules.only(_BINDING_COLUMNS.__contains__)
    rules.require("master", "meta")
    rules.cell(("master", "meta"), bool, "empty_required", "is empty: the plugin would write a broken binding")
    rules.cell(rules.index, lambda value: value == value.strip(), "value_space", "has a space around it that the plugin keeps")
    rules.cell("cmd", ("", "add").__contains__, "bad_command", "must be add: anything else does nothing or is not known")


def _list_of_courses(rules, settings, key):
    """A file without a header. key: of the setting that says what names a course there."""
    rules.once_each("identifier", level="warning")
    rules.cell("identifier", bool, "empty_required", "is empty")
    rules.digits("identifier", settings, key)


def courses_check(rules, settings):
    _list_of_courses(rules, settings, "existfileidentifier")


def courses_delete(rules, settings):
    _list_of_courses(rules, settings, "filedeleteidentifier")

    def row(line, cells, given, note):
        note("destructive", line, None, "course_deleted", "deletes this course for good")

    rules.row = row


USER_COLUMNS = frozenset(
    "username firstname lastname mnethostid institution department city country lang maildisplay maildigest timezone "
    "idnumber email auth icq phone1 phone2 address url description mailformat htmleditor autosubscribe trackforums "
    "cohort cohortid password suspended deleted oldusername".split()
)
# Widths of Moodle's user table; a longer value is a database error that ends the run.
USER_WIDTHS = {
    **dict.fromkeys(("firstname", "lastname", "email", "timezone"), 100),
    **dict.fromkeys(("idnumber", "institution", "department", "address"), 255),
    **dict.fromkeys(("auth", "phone1", "phone2"), 20),
    "city": 120,
    "lang": 30,
}
_IDENTITY = frozenset(("username", "firstname", "lastname", "email", "idnumber", "mnethostid", "deleted"))


def users(rules, settings):
    level = "warning" if is_on(settings, "invalidnamesnocheck") else "error"
    rules.only(lambda name: name in USER_COLUMNS or name.startswith("profile_field_") or _LOOSE.search(name), level)
    rules.require("username", "firstname", "lastname")
    key = settings.get("primaryidentity")
    if key in ("idnumber", "email"):
        rules.require(key, why="the setting primaryidentity makes it the key")
    _indexed_columns(rules)
    if "oldusername" in rules.index:
        rules.error("oldusername", "fatal_column", "renaming ends the plugin's run on the Moodle versions of today")
    if "password" in rules.index:
        rules.warn("password", "password_column", "the file holds passwords in clear text: treat it as a secret")
    if rules.columns[0] not in ("username", "firstname", "lastname"):
        message = "is empty or 0, and the first column: the plugin passes over such a row without a word"
        rules.cell(rules.columns[0], _present, "silent_skip", message)
    rules.cell(("username", "firstname", "lastname"), _present, "empty_required", "is empty or 0, which ends the plugin's run")
    if is_on(settings, "extendedusernamechars"):
        rules.cell("username", _at_most(100), "bad_length", "must have at most 100 characters")
    else:
        message = "may only hold a-z, 0-9 and . _ @ - (at most 100): Moodle refuses another one, which ends the plugin's run"
        rules.cell("username", lambda value: not value or _USERNAME(value), "bad_username", message)
    if key in ("idnumber", "email"):
        rules.cell(key, bool, "empty_key", "is empty, and the setting primaryidentity makes it the key")
    rules.cell("email", _EMAIL_OR_EMPTY, "bad_email", "is not an e-mail address, which ends the plugin's run")
    for name, width in USER_WIDTHS.items():
        rules.cell(name, _at_most(width), "bad_length", f"must have at most {width} characters")
    rules.cell("country", re.compile(r"|[A-Za-z]{2}").fullmatch, "bad_value", "must be a country code of two letters")
    rules.cell(("suspended", "mailformat", "autosubscribe", "trackforums", "htmleditor"), _FLAG_OR_EMPTY, "bad_value", "must be 0 or 1")
    rules.cell(("maildisplay", "maildigest"), frozenset(("", "0", "1", "2")).__contains__, "bad_value", "must be 0, 1 or 2")
    rules.cell("mnethostid", _DIGITS_OR_EMPTY, "bad_value", "must be a number")
    for name in rules.index:
        if re.fullmatch(r"(start|end)[1-9][0-9]*", name):
            rules.cell(name, _DIGITS_OR_EMPTY, "bad_timestamp", "must be a Unix time stamp")
        if re.fullmatch(r"start[1-9][0-9]*", name):
            message = "is empty: the enrolment's start moves to now at every run"
            rules.cell(name, bool, "start_moves", message, "warning")
    rules.once_each("username", fold=True)
    rules.once_each("idnumber")
    rules.once_each("email", fold=True)
    if "deleted" in rules.index:
        _deletions(rules)


def _indexed_columns(rules):
    """courseN and its companions: numbered from 1 without a gap, and only enrol1 is read."""
    for name in rules.index:
        found = _INDEXED(name)
        if name in USER_COLUMNS or name.startswith("profile_field_"):
            continue
        if not found:
            if _LOOSE.search(name):
                rules.warn(name if _TAME(name) else None, "ignored_column", "the plugin lets this column pass but never reads it")
            continue
        kind, number = found.group(1), int(found.group(2))
        if kind == "course" and number > 1 and f"course{number - 1}" not in rules.index:
            rules.error(name, "column_gap", f"the plugin stops before it: there is no column course{number - 1}")
        elif kind != "course" and f"course{number}" not in rules.index:
            rules.error(name, "column_gap", f"there is no column course{number} that it belongs to")
        elif kind == "enrol" and number > 1:
            rules.warn(name, "ignored_column", "the plugin reads enrol1 for every course")
        elif kind == "role" and "enrol1" not in rules.index:
            rules.warn(name, "role_only", "without a column enrol1 the role is assigned, but nobody is enrolled")
        elif kind == "course" and f"start{number}" not in rules.index and "enrol1" in rules.index:
            message = f"there is no column start{number}: the enrolment's start moves to now at every run"
            rules.warn(name, "start_moves", message)


def _deletions(rules):
    work = [name for name in rules.columns if name not in _IDENTITY]
    if work:
        message = "deletions must be in a file of their own, with nothing but columns that identify the user"
        rules.error("deleted", "deleted_with_work", message)
    deleted = rules.index["deleted"]

    def row(line, cells, given, note):
        if given > deleted:
            if cells[deleted] != "1":
                message = "must be 1: the plugin deletes the user whatever stands here, 0 and nothing included"
                note("error", line, "deleted", "deleted_not_1", message)
            note("destructive", line, "deleted", "user_deleted", "deletes this user")

    rules.row = row


ENROL_COLUMNS = frozenset("rolename cid uid cmd enrol starttime endtime gcmd".split() + [f"g{n}" for n in range(1, 10)])
ENROL_COMMANDS = frozenset(("add", "del", "delete", "shift", "enable", "disable"))
GROUP_COMMANDS = frozenset(("", "gadd", "gaddcreate", "greplace", "greplacecreate", "gdel"))


def enrols(rules, settings):
    rules.only(ENROL_COLUMNS.__contains__)
    rules.require("rolename", "cid", "uid")
    if "enrol" not in rules.index:
        rules.warn("enrol", "no_enrol_column", "without this column nobody is enrolled: roles are only assigned")
    if "starttime" not in rules.index:
        rules.warn("starttime", "start_moves", "without this column the enrolment's start moves to now at every run")
    rules.cell("uid", bool, "empty_key", "is empty")
    rules.cell("cid", bool, "empty_key", "is empty")
    rules.digits("uid", settings, "useridentifier")
    rules.digits("cid", settings, "courseidentifier")
    rules.cell("cmd", bool, "empty_required", "is empty: write add, or leave the column out")
    words = "add, del, shift or enable"
    rules.cell("cmd", lambda value: not value or value in ENROL_COMMANDS, "bad_command", f"must be {words}")
    rules.cell("gcmd", GROUP_COMMANDS.__contains__, "bad_command", "must be gadd, gaddcreate, gdel or empty")
    broken = "warning" if is_on(settings, "allow_broken_commands") else "error"
    rules.cell("cmd", lambda value: value != "disable", "fatal_command", "%s ends the plugin's run on PHP 8", broken)
    message = "%s takes the user out of all groups and then ends the plugin's run on Moodle 4.1 and later"
    rules.cell("gcmd", lambda value: not value.startswith("greplace"), "fatal_command", message, broken)
    for name in ("starttime", "endtime"):
        message = "must be YYYY-MM-DD hh:mm:ss: the plugin takes anything else for %s" % ("now" if name == "starttime" else "never")
        rules.cell(name, _is_moment, "bad_date", message)
    cmd, role, method, gcmd = (rules.index.get(name) for name in ("cmd", "rolename", "enrol", "gcmd"))
    groups = [rules.index[name] for name in rules.index if re.fullmatch(r"g[1-9]", name)]
    default = settings.get("defaultcmd") or "add"

    def row(line, cells, given, note):
        word = default if cmd is None else cells[cmd]
        if word in ("add", "shift") and role is not None and not cells[role]:
            note("error", line, "rolename", "empty_required", "is empty, and the command needs a role")
        if word in ("del", "delete") and method is None and role is not None and not cells[role]:
            message = "is empty: without a column enrol the plugin then asks Moodle for what ends the run"
            note("error", line, "rolename", "empty_required", message)
        # A command of the file's own, so not counted among the destructive ones.
        if word in ("del", "delete", "shift"):
            note("warning", line, "cmd", "data_loss", "un-enrols: grades and groups of the user in this course are lost")
        if groups and (gcmd is None or not cells[gcmd]) and any(cells[number] for number in groups):
            note("warning", line, "gcmd", "groups_ignored", "there is a group but no group command: nothing is done with it")

    rules.row = row


COHORT_COLUMNS = frozenset("cmd userid cid cname ccatcontext ccatcontextidnumber cdescription cidnumber component".split())


def cohorts(rules, settings):
    rules.only(COHORT_COLUMNS.__contains__)
    identifier = settings.get("cohortidentifier")
    keys = ["c" + identifier] if identifier in ("id", "idnumber", "name") else ["cidnumber", "cname", "cid"]
    key = next((name for name in keys if name in rules.index), None)
    if key is None:
        why = "the setting cohortidentifier makes it the key" if len(keys) == 1 else "no other column identifies the cohort"
        rules.require(keys[0], why=why)
    if key:
        rules.cell(key, bool, "empty_key", "is empty, and identifies the cohort")
    rules.digits("cid", settings, "cohortidentifier")
    rules.digits("userid", settings, "useridentifier")
    rules.cell("cmd", ("", "add", "del", "free").__contains__, "bad_command", "must be add, del or free")
    rules.cell("ccatcontext", _DIGITS_OR_EMPTY, "bad_value", "must be the id of a category")
    cmd, user, name = (rules.index.get(column) for column in ("cmd", "userid", "cname"))
    creates = is_on(settings, "autocreate")

    def row(line, cells, given, note):
        word = (cells[cmd] if cmd is not None else "") or "add"
        who = cells[user] if user is not None else ""
        if word == "del" and not who:
            note("destructive", line, "userid", "cohort_deleted", "del without a user deletes the whole cohort")
        elif word == "del":
            note("warning", line, "userid", "del_needs_user", "if Moodle does not know this user, the whole cohort is deleted")
        elif word == "free":
            note("warning", line, "cmd", "data_loss", "free takes all members out of the cohort")
        elif word == "add" and user is not None and not who:
            note("warning", line, "userid", "empty_user", "is empty: the report will say that the user does not exist")
        if word == "add" and creates and (name is None or not cells[name]):
            note("warning", line, "cname", "no_name", "a cohort that is not there yet can't be made without a name")

    rules.row = row


#: (service, action) -> what adds its rules, and the columns by which a line is known to be a header; empty for files without one.
_BUILDERS = {
    ("courses", "create"): (courses_create, COURSE_COLUMNS),
    ("courses", "delete"): (courses_delete, frozenset()),
    ("courses", "check"): (courses_check, frozenset()),
    ("courses", "reset"): (courses_reset, RESET_COLUMNS),
    ("courses", "bindmetas"): (courses_bindmetas, _BINDING_COLUMNS),
    ("users", "sync"): (users, USER_COLUMNS),
    ("enrols", "sync"): (enrols, ENROL_COLUMNS),
    ("cohorts", "sync"): (cohorts, COHORT_COLUMNS),
}


def for_header(service, action, columns, settings, note):
    """The ColumnRules for a file with that header, or None when the line is no header but data, which is then not quoted.

    note(level, column, code, message) is called for findings in the header.
    """
    build, known = _BUILDERS[service, action]
    if known and known.isdisjoint(name.strip() for name in columns):
        message = "none of the columns in the first line is known: it does not look like a header"
        bare = [name.strip().strip('"') for name in columns]
        if not known.isdisjoint(bare):
            message = "the column names are in quotes, which the plugin does not take off: export the file without them"
        elif not known.isdisjoint(name.lower() for name in bare):
            message = "the plugin knows the column names in small letters only: rename them in the first line"
        note("error", None, "not_a_header", message)
        return None
    rules = ColumnRules(columns, note)
    rules.shape()
    build(rules, settings)
    return rules

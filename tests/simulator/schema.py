# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables, with Moodle's names, types and lengths (of the columns that matter here)."""
from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """``length`` is the largest number of characters of a text column, 0 for no limit."""

    integer: bool
    length: int
    default: int | str | None


def _int(default: int = 0) -> Column:
    return Column(True, 0, default)


def _char(length: int, default: str | None = "") -> Column:
    return Column(False, length, default)


def _text(default: str | None = None) -> Column:
    return Column(False, 0, default)


COLUMNS: dict[str, dict[str, Column]] = {
    "user": {
        "username": _char(100), "auth": _char(20, "manual"), "confirmed": _int(), "suspended": _int(),
        "deleted": _int(), "mnethostid": _int(), "password": _char(255), "idnumber": _char(255),
        "firstname": _char(100), "lastname": _char(100), "email": _char(100), "phone1": _char(20),
        "phone2": _char(20), "institution": _char(255), "department": _char(255), "address": _char(255),
        "city": _char(120), "country": _char(2), "lang": _char(30, "en"), "theme": _char(50),
        "timezone": _char(100, "99"), "firstaccess": _int(), "lastaccess": _int(), "description": _text(),
        "mailformat": _int(1), "maildigest": _int(), "maildisplay": _int(2), "autosubscribe": _int(1),
        "trackforums": _int(), "timecreated": _int(), "timemodified": _int(),
    },
    "user_preferences": {"userid": _int(), "name": _char(255), "value": _char(1333)},
    "user_info_field": {"shortname": _char(255), "name": _text(""), "datatype": _char(255, "text")},
    "user_info_data": {"userid": _int(), "fieldid": _int(), "data": _text("")},
    "user_capabilities": {"userid": _int(), "capability": _char(255)},
    "course_categories": {
        "name": _char(255), "idnumber": _char(100, None), "parent": _int(), "sortorder": _int(), "visible": _int(1),
    },
    "course": {
        "category": _int(), "sortorder": _int(), "fullname": _char(254), "shortname": _char(255),
        "idnumber": _char(100), "summary": _text(""), "format": _char(21, "topics"), "showgrades": _int(1),
        "newsitems": _int(1), "startdate": _int(), "enddate": _int(), "marker": _int(), "maxbytes": _int(),
        "legacyfiles": _int(), "showreports": _int(), "visible": _int(1), "visibleold": _int(1),
        "groupmode": _int(), "groupmodeforce": _int(), "defaultgroupingid": _int(), "lang": _char(30),
        "theme": _char(50), "enablecompletion": _int(1), "timecreated": _int(), "timemodified": _int(),
    },
    "course_modules": {"course": _int(), "idnumber": _char(100)},
    "course_sections": {"course": _int(), "section": _int(), "name": _char(255, None), "summary": _text("")},
    "course_backups": {"courseid": _int(), "filename": _char(255), "timecreated": _int()},
    "context": {"contextlevel": _int(), "instanceid": _int()},
    "role": {"shortname": _char(100), "name": _char(255), "sortorder": _int(), "archetype": _char(30)},
    "role_context_levels": {"roleid": _int(), "contextlevel": _int()},
    "role_assignments": {
        "roleid": _int(), "contextid": _int(), "userid": _int(), "timemodified": _int(),
        "component": _char(100), "itemid": _int(),
    },
    "enrol": {
        "enrol": _char(20), "status": _int(), "courseid": _int(), "sortorder": _int(), "name": _char(255, None),
        "roleid": _int(), "customint1": Column(True, 0, None), "customint2": Column(True, 0, None), "customchar1": _char(255, None),
        "customtext1": _text(), "timecreated": _int(), "timemodified": _int(),
    },
    "user_enrolments": {
        "status": _int(), "enrolid": _int(), "userid": _int(), "timestart": _int(), "timeend": _int(2147483647),
        "timecreated": _int(), "timemodified": _int(),
    },
    "groups": {
        "courseid": _int(), "idnumber": _char(100), "name": _char(254), "description": _text(),
        "enrolmentkey": _char(50, None), "timecreated": _int(),
    },
    "groups_members": {
        "groupid": _int(), "userid": _int(), "timeadded": _int(), "component": _char(100), "itemid": _int(),
    },
    "groupings": {"courseid": _int(), "idnumber": _char(100), "name": _char(255)},
    "groupings_groups": {"groupingid": _int(), "groupid": _int()},
    "cohort": {
        "contextid": _int(), "name": _char(254), "idnumber": _char(100, None), "description": _text(),
        "descriptionformat": _int(), "visible": _int(1), "component": _char(100), "theme": _char(50, None),
        "timecreated": _int(), "timemodified": _int(),
    },
    "cohort_members": {"cohortid": _int(), "userid": _int(), "timeadded": _int()},
    "files": {
        "contextid": _int(), "component": _char(100), "filearea": _char(50), "itemid": _int(),
        "filepath": _char(255), "filename": _char(255), "userid": _int(), "content": _text(), "timecreated": _int(),
    },
    "config_plugins": {"plugin": _char(100), "name": _char(100), "value": _text()},
    "external_services": {
        "shortname": _char(255), "name": _char(200), "enabled": _int(), "restrictedusers": _int(),
        "uploadfiles": _int(), "downloadfiles": _int(),
    },
    "external_services_functions": {"externalserviceid": _int(), "functionname": _char(200)},
    "external_services_users": {"externalserviceid": _int(), "userid": _int()},
    "external_tokens": {
        "token": _char(128), "userid": _int(), "externalserviceid": _int(), "validuntil": _int(),
        "iprestriction": _char(255, None),
    },
}
for _columns in COLUMNS.values():
    _columns["id"] = _int()

_UNIQUE = {
    "user": ["mnethostid, username"],
    "user_preferences": ["userid, name"],
    "user_info_data": ["userid, fieldid"],
    "user_capabilities": ["userid, capability"],
    "context": ["contextlevel, instanceid"],
    "role": ["shortname"],
    "role_context_levels": ["contextlevel, roleid"],
    "role_assignments": ["userid, contextid, roleid, component, itemid"],
    "user_enrolments": ["enrolid, userid"],
    "groups_members": ["userid, groupid"],
    "cohort_members": ["cohortid, userid"],
    "files": ["contextid, component, filearea, itemid, filepath, filename"],
    "config_plugins": ["plugin, name"],
    "external_services": ["shortname"],
    "external_tokens": ["token"],
    "external_services_functions": ["externalserviceid, functionname"],
    "external_services_users": ["externalserviceid, userid"],
}
_INDEX = {
    "user": ["username", "idnumber", "email"],
    "course_categories": ["parent, name", "idnumber"],
    "course": ["category", "shortname", "idnumber"],
    "course_sections": ["course, section"],
    "role_assignments": ["contextid, userid"],
    "enrol": ["courseid, enrol", "enrol, customint1"],
    "user_enrolments": ["userid"],
    "groups": ["courseid, name"],
    "groups_members": ["groupid"],
    "groupings": ["courseid, name"],
    "groupings_groups": ["groupingid", "groupid"],
    "cohort": ["name", "idnumber"],
    "cohort_members": ["userid"],
}


def _statements() -> str:
    lines = []
    for table, columns in COLUMNS.items():
        parts = ["id INTEGER PRIMARY KEY AUTOINCREMENT"]
        for name, column in columns.items():
            if name == "id":
                continue
            default = "NULL" if column.default is None else repr(column.default)
            kind = "INTEGER" if column.integer else "TEXT"
            kind += "" if column.default is None else " NOT NULL"
            parts.append(f'"{name}" {kind} DEFAULT {default}')
        lines.append(f'CREATE TABLE IF NOT EXISTS "{table}" ({", ".join(parts)});')
        for unique, groups in ((True, _UNIQUE), (False, _INDEX)):
            for number, names in enumerate(groups.get(table, ())):
                kind = "UNIQUE INDEX" if unique else "INDEX"
                label = f"{table}_{'u' if unique else 'i'}{number}"
                lines.append(f'CREATE {kind} IF NOT EXISTS "{label}" ON "{table}" ({names});')
    return "\n".join(lines)


SCHEMA = _statements()

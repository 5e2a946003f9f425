# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's services, their actions, and the settings of each that web services can set.

Private to this collection. Nobody checks values but this: a wrong one is stored and breaks the next run.
"""

from __future__ import annotations

import re

from .errors import OptionError
from .wire.moodle import has_markup

FILE = "a file name with an extension"
_SWITCH = ("0", "1")
_COURSE = ("id", "shortname", "idnumber")
_USER = ("id", "username", "idnumber", "email")

#: service -> key -> FILE or the values it may have (plugin.md A.4).
SETTINGS = {
    "courses": {
        "fileuploadlocation": FILE,
        "filedeletelocation": FILE,
        "filedeleteidentifier": _COURSE,
        "fileexistslocation": FILE,
        "existfileidentifier": _COURSE,
        "fileresetlocation": FILE,
        "fileresetidentifier": ("shortname",),
    },
    "users": {"filelocation": FILE, "primaryidentity": _USER},
    "enrols": {"filelocation": FILE, "courseidentifier": _COURSE, "useridentifier": _USER},
    "cohorts": {
        "filelocation": FILE,
        "useridentifier": _USER,
        "cohortidentifier": ("id", "idnumber", "name"),
        "autocreate": _SWITCH,
        "syncdelete": _SWITCH,
    },
}

#: Settings that no web service sets or shows, of the plugin and (country, city, lang, timezone) of Moodle. Who knows them may tell them.
ELSEWHERE = {
    "courses": ("fileuploadidentifier", "coursecategoryidentifier", "forceupdate"),
    "users": ("protectemails", "courses_primaryidentity", "city", "country", "lang", "timezone"),
    "enrols": ("defaultcmd", "protectgroups", "enableenrolondisabled"),
    "cohorts": (),
}

SETTINGS_PAGE = "Site administration > Plugins > Admin tools > Sync"
_REFUSED = {
    ("courses", "forceupdate"): (
        f"Set it on {SETTINGS_PAGE}, or on the Moodle host: php admin/cli/cfg.php --component=tool_sync --name=courses_forceupdate --set=1."
    ),
    ("courses", "fileexistlocation"): (
        "It is not needed: toolsync_process with service courses, action check and src checks a file of courses without it."
    ),
}
_FILE_NAME = re.compile(r"[^,\\\x00-\x1f]*[^,\\/\x00-\x1f]\.[A-Za-z0-9]{1,10}")
#: (service, action) -> the setting that names the run's file, and its default (plugin.md A.4).
LOCATIONS = {
    ("courses", "create"): ("fileuploadlocation", "uploadcourses.csv"),
    ("courses", "delete"): ("filedeletelocation", "deletecourses.csv"),
    ("courses", "reset"): ("fileresetlocation", "resetcourses.csv"),
    ("users", "sync"): ("filelocation", "userimport.csv"),
    ("enrols", "sync"): ("filelocation", "enrols.csv"),
    ("cohorts", "sync"): ("filelocation", "cohorts.csv"),
}
#: What the plugin's web page calls a service otherwise than its code.
SERVICE_ALIASES = {"enols": "enrols"}


def checked_action(service, action):
    """(service, action) in the plugin's own spelling. Raises OptionError."""
    # Here, since a module is compiled at each start, and most have nothing to do with CSV: it costs them a tenth of their time.
    from .csvfile.dialect import ACTIONS

    service = SERVICE_ALIASES.get(service, service)
    action = action or ("" if service == "courses" else "sync")
    if action not in ACTIONS[service]:
        allowed = ", ".join(ACTIONS[service])
        given = f"{service} has no action {action}" if action else f"action is missing for {service}"
        raise OptionError(f"{given}: it has {allowed}.", option="action")
    return service, action


#: Section of the memory: settings that runs have shown.
SEEN = "seen"
#: Where it keeps which file a run took last, by "SERVICE ACTION"; and, by DATES, which one set dates of enrolments last.
RUNS, DATES = "runs", "dates"


def in_force(memory, service, given):
    """The settings that a run will find, as far as they are known: what runs have shown, was last sent, and is told. Raises OptionError."""
    return {
        **(memory.get(SEEN, service) or {}),
        **(memory.get("settings", service) or {}),
        **{key: told_setting(service, key, value) for key, value in (given or {}).items()},
    }


def told_setting(service, key, value):
    """The text of a setting that a user knows the site to have, one of ELSEWHERE included. Raises OptionError."""
    if key not in ELSEWHERE[service]:
        return checked_setting(service, key, value, also=ELSEWHERE[service])
    return _text_of(service, key, value)


def _text_of(service, key, value):
    if isinstance(value, (dict, list)) or value is None:
        raise OptionError(f"{key} of {service} needs a single value.", option="settings")
    return str(int(value)) if isinstance(value, bool) else str(value).strip()


def checked_setting(service, key, value, also=()):
    """The text that is sent for a setting. also: names that the message offers besides. Raises OptionError."""
    known = SETTINGS[service]
    if key not in known:
        cure = _REFUSED.get((service, key))
        if cure:
            raise OptionError(f"The web service refuses to set {key} of {service}.", option="settings", cure=cure)
        names = ", ".join(sorted({*known, *also}))
        raise OptionError(f"{service} has no setting {key}. It has: {names}.", option="settings")
    allowed, text = known[key], _text_of(service, key, value)
    if allowed is FILE:
        if len(text) > 255 or has_markup(text) or not _FILE_NAME.fullmatch(text):
            raise OptionError(
                f"{key} of {service} must be {FILE}, such as {service}.csv: without commas, backslashes or markup, at most 255 characters.",
                option="settings",
            )
    elif text not in allowed:
        raise OptionError(f"{key} of {service} must be one of: {', '.join(allowed)}.", option="settings")
    return text

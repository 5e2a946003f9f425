# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix: every call of every task, every fault, and what must come of it.

A cell's outcome is "ok", or the kind of the error that the task fails with (errors.py). Whatever the outcome, test_matrix.py also
checks what no table need say: nothing is done twice, C(changed) and the counts are true of the practice Moodle's data, a report that came
is in the result, and the next run converges.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import ALWAYS, NOT_WHILE_RUNNING

#: Scenario (tests/scenarios.py) -> the calls of the task, in their order. A "?" marks the question whether a function may be
#: called, which never runs it; a "-" a call that no fault strikes, because another row has the same call from the same code.
STEPS = {
    "upload": "upload.php tool_sync_commit_file",
    "config": "tool_sync_set_config tool_sync_set_config",
    "process users": (
        "core_user_get_users_by_field -core_user_get_users_by_field -core_user_get_users_by_field tool_sync_process "
        "core_user_get_users_by_field -core_user_get_users_by_field"
    ),
    "process enrols": (
        "core_course_get_courses_by_field core_enrol_get_enrolled_users -core_user_get_users_by_field core_enrol_get_enrolled_users "
        "tool_sync_process"
    ),
    "process cohorts": "-core_user_get_users_by_field tool_sync_get_cohorts tool_sync_process",
    "plan users": "core_user_get_users_by_field -core_user_get_users_by_field -core_user_get_users_by_field",
    "plan enrols": (
        "-core_course_get_courses_by_field core_enrol_get_enrolled_users -core_user_get_users_by_field -core_enrol_get_enrolled_users"
    ),
    "check courses": "-tool_sync_check_course tool_sync_check_course",
    "deploy": (
        "core_course_get_courses_by_field tool_sync_check_course -core_course_get_courses_by_field -tool_sync_check_course "
        "core_course_get_categories -core_course_get_courses_by_field tool_sync_deploy_course? tool_sync_deploy_course"
    ),
    "update course": (
        "-core_course_get_courses_by_field -core_course_get_courses_by_field -tool_sync_check_course core_course_update_courses? "
        "core_course_update_courses core_course_get_courses_by_field"
    ),
    "enrol": (
        "core_course_get_courses_by_field core_enrol_get_enrolled_users core_user_get_users_by_field tool_sync_enrol_users_enrol? "
        "tool_sync_enrol_users_enrol tool_sync_enrol_users_enrol"
    ),
    "enrol groups": (
        "-core_course_get_courses_by_field -core_enrol_get_enrolled_users -core_user_get_users_by_field core_group_get_course_groups "
        "core_group_get_group_members -tool_sync_enrol_users_enrol? core_group_add_group_members? -tool_sync_enrol_users_enrol "
        "core_group_add_group_members"
    ),
    "unenrol": (
        "-core_course_get_courses_by_field -core_enrol_get_enrolled_users core_enrol_get_enrolled_users enrol_manual_unenrol_users? "
        "enrol_manual_unenrol_users core_enrol_get_enrolled_users"
    ),
    "unassign": (
        "-core_course_get_courses_by_field -core_enrol_get_enrolled_users -core_enrol_get_enrolled_users -core_role_unassign_roles? "
        "core_role_unassign_roles core_enrol_get_enrolled_users"
    ),
    "site info": "core_webservice_get_site_info",
    "course info": "-core_course_get_courses_by_field core_course_get_courses_by_field tool_sync_check_course",
    "enrol info": "core_course_get_courses_by_field core_enrol_get_enrolled_users core_enrol_get_enrolled_users",
    "cohort": "tool_sync_get_cohorts core_cohort_create_cohorts? core_cohort_create_cohorts",
    "cohort deleted": "-tool_sync_get_cohorts -tool_sync_cohort_delete? tool_sync_cohort_delete",
    "cohort info": "-tool_sync_get_cohorts core_cohort_get_cohort_members core_user_get_users_by_field",
    "cohort members": (
        "-tool_sync_get_cohorts core_cohort_get_cohort_members core_user_get_users_by_field -core_user_get_users_by_field "
        "-tool_sync_cohort_add_members? -tool_sync_cohort_delete_members? tool_sync_cohort_add_members tool_sync_cohort_delete_members"
    ),
    "cohort enrol": (
        "-tool_sync_get_cohorts -core_course_get_courses_by_field -tool_sync_cohort_bind? -tool_sync_cohort_unbind? "
        "tool_sync_cohort_bind core_course_get_courses_by_field"
    ),
    "group": (
        "-core_course_get_courses_by_field core_group_get_course_groups -core_enrol_get_enrolled_users -core_group_create_groups? "
        "-core_group_add_group_members? core_group_create_groups core_group_add_group_members core_group_get_course_groups "
        "core_enrol_get_enrolled_users core_group_get_group_members"
    ),
    "role": (
        "-core_course_get_courses_by_field -core_user_get_users_by_field -core_enrol_get_enrolled_users -core_role_assign_roles? "
        "core_role_assign_roles"
    ),
    "lock": "",
}

#: Seconds that a call gets which is to come too late, that a "slow" answer takes, and that one takes which comes too late.
TIMEOUT, SLOW, TOO_SLOW = 0.3, 0.1, 0.6


class Fault(NamedTuple):
    """how: a fault of the practice Moodle, or empty. repeatable, once: the outcome for a call that may be sent again, and for one that
    may not, when it strikes once and when it strikes always. late: seconds after which the server still does the work.

    via: what stands between (WAYS), and cut or say: what it does to a call, as Relay's methods take it.
    """

    how: dict
    repeatable: tuple[str, str]
    once: tuple[str, str]
    late: float = 0.0
    via: str = ""
    cut: tuple[str, str] | None = None
    say: bytes | None = None

    @property
    def does_the_work(self):
        """Whether the site has done it when the client hears of the fault."""
        if self.via:
            return self.say is not None or (self.cut or ("",))[0] in ("after", "within")
        return self.how.get("when") == "after" or self.how["kind"] in ALWAYS_AFTER


def _both(name, how, repeatable, once):
    """A fault before the work and after it."""
    return {f"{name} {when}": Fault({**how, "when": when}, repeatable, once) for when in ("before", "after")}


_GONE = (("ok", "unreachable"), ("unknown",) * 2)
_PASSES = (("ok", "http"), ("unknown",) * 2)
_REFUSED = (("http",) * 2, ("unknown",) * 2)
#: Kinds of the practice Moodle's faults that come after the work in any case.
ALWAYS_AFTER = ("slow-body", "truncate", "cut", "noise", "empty")
#: What may stand between client and site.
WAYS = ("proxy", "tls", "balancer")
#: Seconds in which nobody speaks before the balancer drops a connection, and that the site works meanwhile.
IDLE, AT_WORK = 0.5, 0.9
_AT_WORK = {"kind": "slow-headers", "seconds": AT_WORK}
#: A Moodle's error that comes after the work: the course's welcome message, for one.
_ERROR = {"exception": "moodle_exception", "errorcode": "messagenotsent", "message": "Message was not sent"}
_FATAL = b"<br />\n<b>Fatal error</b>:  Allowed memory size of 134217728 bytes exhausted in <b>/var/www/lib.php</b> on line <b>1</b><br />"

FAULTS = {
    "refuse": Fault({"kind": "refuse"}, ("ok", "unreachable"), ("ok", "unreachable")),
    **_both("reset", {"kind": "reset"}, *_GONE),
    **_both("close", {"kind": "close"}, *_GONE),
    **_both("hang", {"kind": "hang"}, *_GONE),
    "slow headers": Fault({"kind": "slow-headers", "seconds": SLOW}, ("ok", "ok"), ("ok", "ok")),
    "late headers": Fault({"kind": "slow-headers", "seconds": TOO_SLOW}, *_GONE, late=TOO_SLOW),
    "slow body": Fault({"kind": "slow-body", "seconds": SLOW}, ("ok", "ok"), ("ok", "ok")),
    "late body": Fault({"kind": "slow-body", "seconds": TOO_SLOW}, *_GONE),
    "truncate": Fault({"kind": "truncate"}, ("not_moodle",) * 2, ("unknown",) * 2),
    "cut": Fault({"kind": "cut"}, *_GONE),
    "noise": Fault({"kind": "noise", "text": "Notice: something in lib.php on line 12\n"}, ("ok", "ok"), ("ok", "ok")),
    "empty": Fault({"kind": "empty"}, ("not_moodle",) * 2, ("unknown",) * 2),
    **_both("redirect", {"kind": "redirect"}, ("redirect",) * 2, ("unknown",) * 2),
    **_both("401", {"kind": "status", "status": 401}, *_REFUSED),
    **_both("403", {"kind": "status", "status": 403}, *_REFUSED),
    **_both("413", {"kind": "status", "status": 413}, *_REFUSED),
    **_both("429", {"kind": "status", "status": 429, "retry_after": "7"}, ("ok", "throttled"), ("unknown",) * 2),
    **_both("500", {"kind": "status", "status": 500}, ("http",) * 2, ("unknown",) * 2),
    **_both("502", {"kind": "status", "status": 502}, *_PASSES),
    **_both("503", {"kind": "status", "status": 503}, *_PASSES),
    **_both("504", {"kind": "status", "status": 504}, *_PASSES),
}

#: The same for what stands between, and for errors that are no proof. They strike the calls that write.
BETWEEN = {
    "proxy before": Fault({}, *_GONE, via="proxy", cut=("before", "close")),
    "proxy during": Fault(_AT_WORK, *_GONE, late=AT_WORK, via="proxy", cut=("during", "reset")),
    "proxy after": Fault({}, *_GONE, via="proxy", cut=("after", "reset")),
    "proxy within": Fault({}, *_GONE, via="proxy", cut=("within", "close")),
    "TLS before": Fault({}, *_GONE, via="tls", cut=("before", "reset")),
    "TLS after": Fault({}, *_GONE, via="tls", cut=("after", "close")),
    "balancer": Fault(_AT_WORK, *_GONE, late=AT_WORK, via="balancer"),
    "PHP fatal": Fault({}, ("http",) * 2, ("unknown",) * 2, via="tls", say=_FATAL),
    "error after": Fault({}, ("moodle",) * 2, ("moodle",) * 2, via="tls", say=json.dumps(_ERROR).encode()),
}
FAULTS.update(BETWEEN)


#: How often the tasks call each function, by scenario.
PLANNED = {scenario: Counter(name.strip("-") for name in calls.split() if "?" not in name) for scenario, calls in STEPS.items()}


class Step(NamedTuple):
    """A call of a task: the position-th call of the scenario, the nth of its function."""

    scenario: str
    position: int
    function: str
    nth: int
    probe: bool

    def __str__(self):
        return f"{self.scenario} {self.position + 1} {self.function}{'?' if self.probe else ''}"

    @property
    def repeatable(self):
        return self.probe or self.function == "upload.php" or FUNCTIONS[self.function].repeat == ALWAYS

    @property
    def writes(self):
        return not self.probe and (self.function == "upload.php" or FUNCTIONS[self.function].writes)


def steps_of(scenario):
    seen: dict[str, int] = {}
    for position, name in enumerate(STEPS[scenario].split()):
        function = name.strip("-?")
        if not name.startswith("-"):
            yield Step(scenario, position, function, seen.get(function, 0), name.endswith("?"))
        seen[function] = seen.get(function, 0) + 1


ALL_STEPS = [step for scenario in STEPS for step in steps_of(scenario)]
CELLS = [(step, fault) for step in ALL_STEPS for fault in FAULTS if step.writes or fault not in BETWEEN]
#: Functions whose work the tasks of the matrix look for when it was refused or lost.
LOOKED_FOR = {
    "tool_sync_enrol_users_enrol", "enrol_manual_unenrol_users", "core_role_unassign_roles", "core_role_assign_roles",
    "core_cohort_create_cohorts", "tool_sync_cohort_delete", "tool_sync_cohort_add_members", "tool_sync_cohort_delete_members",
    "core_group_create_groups", "core_group_add_group_members",
    "core_course_update_courses",
}  # fmt: skip


def expected(step, name, always):
    """The outcome of a cell."""
    fault = FAULTS[name]
    outcome = (fault.repeatable if step.repeatable else fault.once)[always]
    for rule in RULES:
        outcome = rule(step, name, always, outcome) or outcome
    return outcome


# -- what differs from the general rule, and why ----------------------------------------------------------------------


def _upload_has_its_own_words(step, name, always, outcome):
    """So has a proxy that refuses one by its size."""
    if step.function == "upload.php" and name.startswith(("413", "error")):
        return "upload"


def _work_is_looked_for(step, name, always, outcome):
    """It is in place when it was done, whatever came instead of an answer."""
    looked_for = LOOKED_FOR if name == "error after" else {*LOOKED_FOR, "tool_sync_deploy_course"}
    if step.function not in looked_for or step.probe:
        return None
    # What is sent again meanwhile is done by the first request, when the last one is lost.
    done_meanwhile = name in ("late headers", "balancer") and always and step.repeatable
    return "ok" if FAULTS[name].does_the_work or done_meanwhile else None


def _has_not_begun(step, name, always, outcome):
    """Some may be sent again where the server is not at it for sure."""
    if name.startswith(("429", "503")) and step.function in FUNCTIONS and FUNCTIONS[step.function].repeat == NOT_WHILE_RUNNING:
        return FAULTS[name].repeatable[always]


RULES = [_upload_has_its_own_words, _has_not_begun, _work_is_looked_for]

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cohorts there are, and who is in them. Private to this collection."""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, AccessRefused, MoodleError
from ..plan import Reading
from ..read.cohorts import COHORT_MEMBERS, Cohorts
from ..read.directory import reference
from ..read.users import USERS, Users
from ..send.batch import checked_limit
from ..wire.ask import Asker

#: What is told of a cohort.
DETAILS = ("id", "name", "idnumber", "description", "visible")


def plan(site, params):
    """params: the options of toolsync_cohort_info. Raises OptionError before anything is asked."""
    asker = Asker(site.moodle, checked_limit(params["max_input_vars"]))
    given = params["cohorts"]
    refs = [
        reference("cohort", params["cohort_identifier"], value, f"item {number} of cohorts") for number, value in enumerate(given or (), 1)
    ]
    cohorts = Cohorts(asker)
    if given is None:
        found = list((cohorts.all() or {}).values())
    else:
        cohorts.look_up(refs)
        found = list({cohort.id: cohort for ref in refs for cohort in cohorts.find(ref)}.values())
    cohorts.require()
    shown = [{name: getattr(cohort, name) for name in DETAILS} for cohort in found]
    if params["members"] != "none":
        _add_members(site, cohorts, shown, Users(asker) if params["members"] == "list" else None)
    missing = [ref.value for ref in dict.fromkeys(refs) if not cohorts.find(ref)]
    return Reading({"cohorts": shown, "missing": missing})


def _add_members(site, cohorts, shown, users):
    """users: the reader that tells their names, None where they are only counted."""
    members = cohorts.members([cohort["id"] for cohort in shown])
    if members is None:
        raise AccessRefused(
            "The members of cohorts can't be read with this token.",
            cure=f"Add {COHORT_MEMBERS} to the token's service ({FUNCTIONS_PAGE}), or set members to none.",
            option="members",
        )
    refusals = [error for error in members.values() if isinstance(error, MoodleError)]
    if refusals:
        raise refusals[0]
    names = {} if users is None else users.usernames([user for ids in members.values() for user in ids])
    if names is None:
        site.warn(f"The usernames of members can't be read: add {USERS} to the token's service ({FUNCTIONS_PAGE}).")
    for cohort in shown:
        ids = members.get(cohort["id"], [])
        cohort["member_count"] = len(ids)
        if users is not None:
            cohort["members"] = [{"id": number, "username": (names or {}).get(number)} for number in ids]

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cohorts there are, and who is in them.

Private to this collection.
"""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, AccessRefused
from ..plan import Plan
from ..read.cohorts import MEMBERS, Cohorts, members_of, usernames_of
from ..read.directory import USERS, reference
from ..send.batch import checked_limit


def plan(site, params):
    """params: the options of toolsync_cohort_info. Raises OptionError before anything is asked."""
    limit = checked_limit(params["max_input_vars"])
    given = params["cohorts"]
    refs = [
        reference("cohort", params["cohort_identifier"], value, f"item {number} of cohorts") for number, value in enumerate(given or (), 1)
    ]
    cohorts = Cohorts(site.moodle, limit)
    if given is None:
        found = list((cohorts.all() or {}).values())
    else:
        cohorts.look_up(refs)
        found = list({cohort.id: cohort for ref in refs for cohort in cohorts.find(ref)}.values())
    cohorts.require()
    shown = [cohort._asdict() for cohort in found]
    if params["members"] != "none":
        _add_members(site, shown, params["members"] == "list", limit)
    missing = [ref.value for ref in dict.fromkeys(refs) if not cohorts.find(ref)]
    return Plan(changed=False, before={}, after={}, result={"cohorts": shown, "missing": missing})


def _add_members(site, shown, listed, limit):
    members = members_of(site.moodle, [cohort["id"] for cohort in shown], limit)
    if members is None:
        raise AccessRefused(
            "The members of cohorts can't be read with this token.",
            cure=f"Add {MEMBERS} to the token's service ({FUNCTIONS_PAGE}), or set members to none.",
            option="members",
        )
    names = usernames_of(site.moodle, (user for ids in members.values() for user in ids), limit) if listed else {}
    if names is None:
        site.warn(f"The usernames of members can't be read: add {USERS} to the token's service ({FUNCTIONS_PAGE}).")
    for cohort in shown:
        ids = members.get(cohort["id"], [])
        cohort["member_count"] = len(ids)
        if listed:
            cohort["members"] = [{"id": number, "username": (names or {}).get(number)} for number in ids]

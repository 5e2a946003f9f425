# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cohorts, their members, and the enrolments that follow from them."""
from __future__ import annotations

from ..site import Call
from ..store import Row, Store
from . import access, enrolments


def add_member(call: Call, cohort: int, userid: int) -> None:
    store = call.store
    if store.exists("cohort_members", cohortid=cohort, userid=userid):
        return
    store.insert("cohort_members", cohortid=cohort, userid=userid, timeadded=call.now())
    for instance in store.records("enrol", enrol="cohort", customint1=cohort, status=enrolments.ENABLED):
        enrolments.enrol(call, instance, userid, instance["roleid"], 0, 0, enrolments.ACTIVE)


def remove_member(store: Store, cohort: int, userid: int) -> None:
    store.delete("cohort_members", cohortid=cohort, userid=userid)
    for instance in store.records("enrol", enrol="cohort", customint1=cohort):
        enrolments.unenrol(store, instance, userid)


def delete(store: Store, cohort: int) -> None:
    """Delete a cohort, its members, and the enrolments that it carried."""
    store.delete("cohort_members", cohortid=cohort)
    store.delete("cohort", id=cohort)
    for instance in store.records("enrol", enrol="cohort", customint1=cohort):
        delete_instance(store, instance)


def delete_instance(store: Store, instance: Row) -> None:
    for row in store.records("user_enrolments", enrolid=instance["id"]):
        enrolments.unenrol(store, instance, row["userid"])
    store.delete("enrol", id=instance["id"])


def sync_enrolments(call: Call) -> None:
    """Moodle's cohort enrolment sync over the whole site: enrol members, un-enrol those who are none any more."""
    store = call.store
    for instance in store.records("enrol", enrol="cohort", status=enrolments.ENABLED):
        if not store.exists("course", id=instance["courseid"]):
            continue
        missing = store.rows(
            'SELECT cm.userid FROM cohort_members cm JOIN "user" u ON u.id = cm.userid AND u.deleted = 0 '
            "WHERE cm.cohortid = ? AND cm.userid NOT IN (SELECT userid FROM user_enrolments WHERE enrolid = ?)",
            [instance["customint1"], instance["id"]],
        )
        for row in missing:
            enrolments.enrol(call, instance, row["userid"], instance["roleid"], 0, 0, enrolments.ACTIVE)
        gone = store.rows(
            "SELECT userid FROM user_enrolments WHERE enrolid = ? AND userid NOT IN "
            "(SELECT userid FROM cohort_members WHERE cohortid = ?)",
            [instance["id"], instance["customint1"]],
        )
        for row in gone:
            enrolments.unenrol(store, instance, row["userid"])
    disabled = store.records("enrol", enrol="cohort", status=enrolments.DISABLED)
    for instance in disabled:
        context = access.context_id(store, access.COURSE, instance["courseid"])
        store.delete("role_assignments", component="enrol_cohort", itemid=instance["id"], contextid=context)

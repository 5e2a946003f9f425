# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In what the versions of Moodle differ that the practice can play, as recordings of real ones have it."""
from __future__ import annotations

from dataclasses import dataclass, replace

_BASIC_FEATURES = (
    "usecomments", "usetags", "enablenotes", "messaging", "enableblogs", "enablecompletion", "enablebadges",
    "messagingallusers", "enablecustomreports",
)


@dataclass(frozen=True)
class Version:
    """What one version does. Each field is false, or empty, where a version does not do it yet."""

    #: As ``--moodle`` takes it.
    name: str
    #: The version's number and its name, as site info tells them.
    core_version: str
    release: str
    #: Names of site info's advanced features, in order.
    features: tuple[str, ...]
    #: The folder that Moodle's own web pages lie in, as stack traces show it.
    code_folder: str = ""

    #: The classes of Moodle's most common exceptions are told with their namespace.
    exception_namespace: bool = False
    #: A missing record is told without the table that it is missing from.
    missing_record_unnamed: bool = False
    #: The redirect to the site's own address goes to the same path there, not to the root.
    redirect_keeps_path: bool = False

    #: Upload answers tell the file's size.
    upload_tells_size: bool = False
    #: Upload refusals tell how long the look for viruses took.
    upload_tells_scan_time: bool = False

    #: Names are made ready for a web page before they are handed out: ``&`` becomes ``&amp;``, markup goes.
    formats_group_names: bool = False
    formats_cohort_names: bool = False
    #: Cohorts are told with their (here: empty) custom fields, groups with visibility and participation.
    cohort_custom_fields: bool = False
    group_visibility: bool = False
    #: A user without a group is listed without the key, not with an empty list.
    leaves_out_empty_groups: bool = False
    #: Users are told with their forum tracking.
    user_trackforums: bool = False
    #: Courses are told with an image that is made for them; activity dates are shown unless a course says otherwise.
    course_image: bool = False
    course_activity_dates: bool = False
    #: Site info tells whether the account agreed to the site's policies.
    policy_agreed: bool = False

    #: A manual enrolment sends the course's greeting, if it has one, to the user.
    greets_enrolled: bool = False
    #: The lines of a course reset name things ("Blog associations"), not what is done to them.
    reset_names_things: bool = False


V41 = Version(
    name="4.1", core_version="2022112800", release="4.1 (Build: 20221128)",
    features=(*_BASIC_FEATURES, "mnet_dispatcher_mode"),
)
V43 = replace(
    V41, name="4.3", core_version="2023100900", release="4.3 (Build: 20231009)",
    features=(*_BASIC_FEATURES, "enableglobalsearch", "mnet_dispatcher_mode"),
    upload_tells_size=True, formats_group_names=True, cohort_custom_fields=True, group_visibility=True,
    leaves_out_empty_groups=True, course_image=True,
)
V45 = replace(
    V43, name="4.5", core_version="2024100706", release="4.5.6 (Build: 20250811)",
    features=(*V43.features, "enablecompetencies"),
    exception_namespace=True, redirect_keeps_path=True, user_trackforums=True, policy_agreed=True, greets_enrolled=True,
    reset_names_things=True,
)
V51 = replace(
    V45, name="5.1", core_version="2025100603", release="5.1.3 (Build: 20260216)", code_folder="/public",
    missing_record_unnamed=True, formats_cohort_names=True, upload_tells_scan_time=True, course_activity_dates=True,
)

VERSIONS = {version.name: version for version in (V41, V43, V45, V51)}
DEFAULT = V41.name

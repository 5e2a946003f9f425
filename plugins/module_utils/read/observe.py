# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on the site before and after a run, for the records that the rows name.

Private to this collection. An observer only reads:
C(look()) -> a snapshot; C(predict(row, before)) and C(outcome(row, before, after)) -> created, updated, deleted, unchanged, skipped
or failed, or None where that can't be told. C(compares): whether a run's own report leaves open what changed.
"""

from __future__ import annotations

from ..errors import AccessRefused, FunctionUnknown, MoodleError
from .observe_cohorts import CohortsObserver
from .observe_courses import CoursesObserver
from .observe_enrols import EnrolsObserver
from .observe_users import UsersObserver

_OBSERVERS = {"users": UsersObserver, "enrols": EnrolsObserver, "cohorts": CohortsObserver}


class Observation:
    """An observer of a run together with the site's limits: C(look) returns None where the token may not read what it takes."""

    def __init__(self, site, service, action, rows, settings):
        self._site = site
        self._observer = None
        if service == "courses" and action in CoursesObserver.ACTIONS:
            self._observer = CoursesObserver(site.moodle, rows, settings, action)
        elif service in _OBSERVERS:
            self._observer = _OBSERVERS[service](site.moodle, rows, settings)

    @property
    def compares(self):
        return self._observer is not None and self._observer.compares

    def look(self):
        """A snapshot, or None."""
        if self._observer is None:
            return None
        try:
            return self._observer.look()
        except (AccessRefused, FunctionUnknown) as error:
            self._site.warn(f"What changed can't be seen: {error.message} With it in the token's service, changed is certain.")
        except MoodleError as error:
            self._site.warn(f"What changed can't be seen: {error.message}")
        return None

    def predict(self, row, before):
        return self._observer.predict(row, before)

    def outcome(self, row, before, after):
        return self._observer.outcome(row, before, after)

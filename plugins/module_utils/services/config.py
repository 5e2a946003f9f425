# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's settings that web services can set.

Private to this collection. Nobody checks values but this: a wrong one is stored and breaks the next run. Over web services the site
can't be asked for its settings: every setting is always sent, and C(changed) comes from what was last sent from this host. On the
Moodle host itself they are read, and only those that differ are set.
"""

from __future__ import annotations

from ..errors import MoodleHostError, OptionError, ParameterRefused, ToolsyncError
from ..plan import Plan
from ..settings import SERVICE_ALIASES, checked_setting

PLUGIN = "tool_sync"
_WITHOUT_EFFECT = {
    ("courses", "fileexistslocation"): "the plugin reads a setting of another name; toolsync_process takes the file as src",
    ("cohorts", "syncdelete"): "the plugin never reads it; remove members with cmd del rows instead",
}


def plan(site, service, settings):
    """service: one of SETTINGS (or an alias); settings: dict key -> value. Raises OptionError before anything is sent."""
    service = SERVICE_ALIASES.get(service, service)
    values = {key: checked_setting(service, key, value) for key, value in settings.items()}
    if not values:
        raise OptionError("settings is empty: there is nothing to set.", option="settings")
    for key in values:
        if (service, key) in _WITHOUT_EFFECT:
            site.warn(f"The setting {key} of {service} has no effect: {_WITHOUT_EFFECT[service, key]}.")
    if site.host is not None:
        return HostConfigPlan(site.host, service, values)
    site.memory.check()
    return ConfigPlan(site, service, values)


class _ConfigPlan(Plan):
    """values: what shall be; previous: key -> what is, or None where it is not set or not known."""

    def __init__(self, service, values, previous):
        changed_keys = [key for key, value in values.items() if previous[key] != value]
        super().__init__(
            changed=bool(changed_keys),
            before=previous,
            after=dict(values),
            result={"service": service, "settings": dict(values), "previous": previous, "changed_keys": changed_keys},
        )
        self._service, self._values = service, values

    def _account(self, done):
        """Correct the plan by the settings that were really set (key -> value)."""
        self.result["changed_keys"] = [key for key in self.result["changed_keys"] if key in done]
        self.changed = bool(self.result["changed_keys"])
        self.after = {key: done.get(key, self.before[key]) for key in self._values}


class ConfigPlan(_ConfigPlan):
    """Over web services."""

    def __init__(self, site, service, values):
        self._site = site
        self._known = site.memory.get("settings", service) or {}
        super().__init__(service, values, {key: self._known.get(key) for key in values})

    def apply(self):
        sent, unsure = {}, None
        try:
            if self.changed:
                # Until a setting is confirmed, what the site holds is not known.
                self._remember(self._known, without=self.result["changed_keys"])
                self._site.memory.insist()
            for key, value in self._values.items():
                parameters = {"service": self._service, "confkey": key, "confvalue": value}
                self._site.moodle.call("tool_sync_set_config", parameters)
                sent[key] = value
        except ToolsyncError as error:
            if isinstance(error, ParameterRefused):
                error.message = f"The plugin on this site refused the setting {key} of {self._service}."
                error.cure = "Its version may know other settings: compare with its settings page. The settings before it were set."
            unsure = key if error.may_be_done else None
            raise
        finally:
            changes = unsure in self.result["changed_keys"]
            self._account(sent)
            self.changed = self.changed or changes
            self._remember({**self._known, **sent}, without=[unsure])

    def _remember(self, settings, without):
        kept = {key: value for key, value in settings.items() if key not in without}
        self._site.memory.put("settings", {self._service: kept or None})


class HostConfigPlan(_ConfigPlan):
    """On the Moodle host."""

    def __init__(self, host, service, values):
        self._host = host
        stored = host.settings(PLUGIN)
        if "version" not in stored:
            raise MoodleHostError(f"The plugin {PLUGIN} is not installed in this Moodle.", cure="Install it, or correct moodle_dir.")
        super().__init__(service, values, {key: stored.get(f"{service}_{key}") for key in values})

    def apply(self):
        done = {key: value for key, value in self._values.items() if key not in self.result["changed_keys"]}
        try:
            for key in self.result["changed_keys"]:
                self._host.set(PLUGIN, f"{self._service}_{key}", self._values[key])
                done[key] = self._values[key]
        finally:
            self._account(done)

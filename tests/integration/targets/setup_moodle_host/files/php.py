# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for PHP on a Moodle host: the two programs that this collection runs there, on a JSON file instead of a database.

    php [-OPTION...] MOODLE_DIR/admin/cli/cfg.php [--component=C] [--name=N] [--set=V] [--json]
    php [-OPTION...] -- MOODLE_DIR WISHES < roles/moodle_site/files/moodle_site.php

The site is MOODLE_DIR/site.json; see new_site() for what is in it. What it answers, exit statuses and noise included, was
compared with Moodle 4.1 and 4.4.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

NOISE = "\nDeprecated: Creation of dynamic property is deprecated in /var/www/moodle/cache/classes/config.php on line 146\n"
ARCHETYPES = ("manager", "editingteacher", "teacher", "student", "guest", "user")


def new_site():
    """A Moodle after its installation, with the plugin. forced: settings of the plugin that config.php sets for good."""
    return {
        "web_services": False,
        "protocols": [],
        "plugins": {"tool_sync": {"version": "2021111600"}},
        "forced": [],
        "unknown_functions": [],
        "roles": {name: {"archetype": name, "contexts": ["system"], "capabilities": [], "may_assign": []} for name in ARCHETYPES},
        "accounts": {"admin": {"admin": True, "email": "admin@example.org", "suspended": 0, "roles": []}},
        "services": {"tool_sync": {"name": "Moodle Admin Sync Tool API", "component": "tool_sync"}},
        "tokens": [],
    }


class Stop(Exception):
    """The end of the program: its exit status, and what it says on standard error."""


class MoodleSite:
    """What moodle_site.php does."""

    def __init__(self, site, wish):
        self.site, self.wish = site, wish
        self.write = False
        self.differences, self.problems, self.warnings = [], [], []

    def answer(self):
        if self.wish["mode"] == "token":
            found = [token for token in self.site["tokens"] if self._is_ours(token)]
            return {"token": found[0]["token"] if found else None}
        self.visit()
        if self.wish["mode"] == "present" and self.differences and not self.problems:
            self.write, self.differences, self.warnings = True, [], []
            self.visit()
        release = {"url": "https://moodle.example.org", "release": "4.1.10 (Build: 20240422)", "version": "2022112810"}
        return {
            "differences": self.differences,
            "problems": self.problems,
            "warnings": self.warnings,
            "site": {**release, "plugin_version": self.site["plugins"].get("tool_sync", {}).get("version")},
        }

    def visit(self):
        site = self.site
        if "tool_sync" not in site["plugins"]:
            self.problems.append("The plugin tool_sync is not installed.")
        self.flag("web services", site["web_services"], lambda: site.update(web_services=True))
        self.flag("REST protocol", "rest" in site["protocols"], lambda: site["protocols"].append("rest"))
        self.role()
        self.account()
        self.service()
        self.token()
        self.settings()

    def item(self, name, before, after, apply):
        if before != after:
            self.differences.append({"item": name, "before": before, "after": after})
            if self.write:
                apply()

    def flag(self, name, on, apply):
        self.item(name, "on" if on else "off", "on", apply)

    def role(self):
        wish, roles = self.wish["role"], self.site["roles"]
        name = wish["shortname"]
        new = {"archetype": "", "contexts": [], "capabilities": [], "may_assign": []}
        self.item("role", name if name in roles else None, name, lambda: roles.update({name: new}))
        if roles.get(name, new)["archetype"]:
            self.problems.append(f"The role {name} is one of Moodle's own kind: choose another short name.")
        role = roles.get(name, new)
        before = "system" if "system" in role["contexts"] else None
        self.item("role can be assigned in", before, "system", lambda: role["contexts"].append("system"))
        self.exactly("role capabilities", role, "capabilities", wish["capabilities"])
        for other in set(wish["may_assign"]) - set(roles):
            self.problems.append(f"The site has no role {other}.")
        self.exactly("role may assign", role, "may_assign", wish["may_assign"])

    def exactly(self, name, record, key, after):
        self.item(name, sorted(record[key]), sorted(after), lambda: record.update({key: sorted(after)}))

    def account(self):
        wish, accounts = self.wish["account"], self.site["accounts"]
        name = wish["username"]
        known = name in accounts
        new = {"email": wish["email"], "suspended": 0, "roles": []}
        if not known and any(account["email"] == wish["email"] for account in accounts.values()):
            self.problems.append(f"Another account has the e-mail address {wish['email']}.")
        self.item("account", name if known else None, name, lambda: accounts.update({name: new}))
        account = accounts.get(name, new)
        if account.get("admin"):
            self.problems.append(f"The account {name} is a site administrator or the guest: choose one of its own.")
        self.item("account: suspended", account["suspended"], 0, lambda: account.update(suspended=0))
        role = self.wish["role"]["shortname"]
        self.item("account has the role", role in account["roles"], True, lambda: account["roles"].append(role))
        for other in account["roles"]:
            if other != role:
                self.warnings.append(f"The account also has the role {other} on the whole site.")

    def service(self):
        wish, services = self.wish["service"], self.site["services"]
        name = wish["shortname"]
        fields = {"enabled": 1, "restrictedusers": 1, "uploadfiles": int(wish["upload"]), "requiredcapability": None}
        new = {**fields, "name": wish["name"], "component": None, "functions": [], "users": []}
        if services.get(name, new)["component"]:
            self.problems.append(f"The service {name} comes with {services[name]['component']}: choose another short name.")
            return
        self.item("service", name if name in services else None, name, lambda: services.update({name: new}))
        service = services.get(name, new)
        for field, value in fields.items():
            self.item(f"service: {field}", service[field], value, lambda key=field, after=value: service.update({key: after}))
        for function in set(wish["functions"]) & set(self.site["unknown_functions"]):
            self.problems.append(f"The site does not know the function {function}.")
        self.exactly("service functions", service, "functions", wish["functions"])
        account = self.wish["account"]["username"]
        self.item("service authorises the account", account in service["users"], True, lambda: service["users"].append(account))

    def _is_ours(self, token):
        return (token["account"], token["service"]) == (self.wish["account"]["username"], self.wish["service"]["shortname"])

    def token(self):
        wish, tokens = self.wish["token"], self.site["tokens"]
        until, address = wish["valid_until"] or None, wish["ip_restriction"] or None
        own = [token for token in tokens if self._is_ours(token)]
        if not own or wish["renew"]:
            self.item("token", "the old one" if own else None, "a new one", lambda: self.make_token(own, until, address))
            return
        self.item("token ends", own[0]["until"], until, lambda: own[0].update(until=until))
        self.item("token is bound to", own[0]["address"], address, lambda: own[0].update(address=address))

    def make_token(self, old, until, address):
        owner = {"account": self.wish["account"]["username"], "service": self.wish["service"]["shortname"]}
        new = {**owner, "token": secrets.token_hex(16), "until": until, "address": address}
        self.site["tokens"] = [*(token for token in self.site["tokens"] if token not in old), new]

    def settings(self):
        stored = self.site["plugins"].get("tool_sync", {})
        for name, value in self.wish["settings"].items():
            after = str(int(value) if isinstance(value, bool) else value)
            if stored.get(name) != after and name in self.site["forced"]:
                self.problems.append(f"config.php sets {name} for good: change it there.")
            self.item(f"setting {name}", stored.get(name), after, lambda key=name, text=after: stored.update({key: text}))


def cfg(site, options):
    """What admin/cli/cfg.php does."""
    component, name = options.get("component"), options.get("name")
    stored = site["plugins"].get(component, {})
    if "set" in options:
        if name in site["forced"]:
            raise Stop(4, "The configuration variable is hard-set in the config.php, unable to change.")
        site["plugins"].setdefault(component, {})[name] = options["set"]
    elif name is None:
        print(json.dumps(stored))
    elif name in stored:
        print(stored[name])
    else:
        raise Stop(3, "No such configuration variable found.")


def php(arguments, program):
    """program: a function that reads the standard input."""
    while arguments and arguments[0].startswith("-") and arguments[0] != "--":
        arguments = arguments[2:] if arguments[0] in ("-d", "-c") else arguments[1:]
    script, *rest = arguments
    if script != "--":
        folder = Path(script).parents[2]
        return folder, lambda site: cfg(site, dict(option[2:].partition("=")[::2] for option in rest))
    folder, wishes = Path(rest[0]), json.loads(rest[1])
    if not program().startswith("<?php"):
        raise Stop(255, "That is no program for PHP.")
    if not (folder / "config.php").is_file():
        print(f'\nmoodle_site: {json.dumps({"error": f"There is no config.php in {folder}"})}')
        raise Stop(1, "")
    return folder, lambda site: print("\nmoodle_site: " + json.dumps(MoodleSite(site, wishes).answer()))


def main():
    try:
        folder, run = php(sys.argv[1:], sys.stdin.read)
        file = folder / "site.json"
        if not file.exists():
            raise Stop(1, "!!! Error: Database connection failed !!!")
        site = json.loads(file.read_text(encoding="utf-8"))
        print(NOISE)
        run(site)
        file.write_text(json.dumps(site, indent=1, sort_keys=True), encoding="utf-8")
    except Stop as stop:
        status, words = stop.args
        print(words, file=sys.stderr)
        raise SystemExit(status) from None


if __name__ == "__main__":
    if sys.argv[1:2] == ["--new-site"]:
        print(json.dumps(new_site()))
    else:
        main()

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a site and a token are ready for what is planned: found out without writing anything.

Private to this collection. What a token may do comes from Moodle's site information; where the token's service lacks
that function, as the plugin's packaged services do, each function is asked for with a parameter that none has
(Moodle.may_call).

The edition of the plugin can't be asked. The community release refuses commit, process and deploy before doing anything,
but in the pro release the same call runs code that is not public. So it is told from what this host has done before, or
not at all.
"""

from __future__ import annotations

import typing as t

from ..errors import ANSWERED, AccessRefused, Maintenance, MoodleError, NotReady, OptionError, TokenRefused, ToolsyncError
from ..plan import Reading
from ..read.names import plain
from ..wire.ask import Asker
from ..wire.catalogue import FUNCTIONS
from ..wire.transport import site_address
from .site_info_needs import FEATURES, SITE_INFO, UPLOADING


class Page(t.NamedTuple):
    """An administration page: its place in the menu, and its address below the site's."""

    name: str
    path: str


_WEB_SERVICES = "Site administration > Server > Web services"
OVERVIEW_PAGE = Page(f"{_WEB_SERVICES} > Overview", "/admin/settings.php?section=webservicesoverview")
SERVICES_PAGE = Page(f"{_WEB_SERVICES} > External services", "/admin/settings.php?section=externalservices")
TOKENS_PAGE = Page(f"{_WEB_SERVICES} > Manage tokens", "/admin/webservice/tokens.php")
PLUGINS_PAGE = Page("Site administration > Plugins > Plugins overview", "/admin/plugins.php")
NOTIFICATIONS_PAGE = Page("Site administration > Notifications", "/admin/index.php")
MAINTENANCE_PAGE = Page("Site administration > Server > Maintenance mode", "/admin/settings.php?section=maintenancemode")
USERS_PAGE = Page("Site administration > Users > Browse list of users", "/admin/user.php")


def plan(site, features, *, fail_on_problems=False):
    """features: names of FEATURES. Raises OptionError, and with fail_on_problems NotReady or the error that was met."""
    # Nothing here writes; a mistake shall not either.
    site.moodle.read_only = True
    survey = Survey(site, list(dict.fromkeys(features)))
    stopped = survey.take()
    result = survey.result()
    if fail_on_problems and not result["ready"]:
        error = stopped or NotReady(" ".join(problem["message"] for problem in result["problems"]))
        error.result = result
        raise error
    return Reading(result)


class Survey:
    """Asks, and gathers the answers: C(take), then C(result)."""

    def __init__(self, site, features):
        self._site, self._moodle, self._features = site, site.moodle, features
        self._reached = False
        self._info: dict[str, t.Any] | None = None
        #: function -> True, False (not in the token's service), None (unknown to the site).
        self._callable: dict[str, bool | None] = {}
        #: function -> what Moodle said when it failed on it.
        self._broken: dict[str, str] = {}
        self._upload: bool | None = None
        #: Why Moodle refused, where the site's debugging is on.
        self._said: str | None = None
        self._problems: list[dict[str, t.Any]] = []
        self._unknown: list[str] = []

    def take(self):
        """Ask the site, and judge. Returns the ToolsyncError that ended it early, or None."""
        try:
            self._ask()
        except OptionError:
            raise
        except ToolsyncError as error:
            if self._reached and isinstance(error, TokenRefused):
                error.message = "The token had expired: Moodle knew it, and deleted it at this use."
                error.cure = "Make another token."
            self._reached = isinstance(error, (*ANSWERED, Maintenance))
            self._callable, self._upload = {}, None
            self._report(str(error), _page_for(error))
            return error
        self._judge()
        return None

    def _ask(self):
        asker = Asker(self._moodle)
        self._info = asker.ask(SITE_INFO, {})
        self._reached = True
        if self._info is None:
            self._said = asker.lacking[SITE_INFO].debuginfo
            self._probe()
            return
        listed = {function["name"] for function in self._info["functions"]}
        self._callable = {name: True for name in FUNCTIONS if name in listed}
        for name in dict.fromkeys(name for feature in self._features for name in FEATURES[feature]):
            if name not in listed:
                self._callable[name] = self._may_call(name)
        if not any(allowed and name.startswith("tool_sync_") for name, allowed in self._callable.items()):
            self._callable["tool_sync_check_course"] = self._may_call("tool_sync_check_course")
        self._upload = bool(self._info.get("uploadfiles"))
        self._compare_address()

    def _probe(self):
        self._unknown.append(f"Moodle's version, the account of the token and its upload limit: the token may not call {SITE_INFO}.")
        self._callable = {name: self._may_call(name) for name in FUNCTIONS if name != SITE_INFO}
        self._callable[SITE_INFO] = False
        self._upload = self._moodle.may_upload()

    def _may_call(self, name):
        try:
            return self._moodle.may_call(name)
        except MoodleError as error:
            # A function that PHP can't even describe (plugin.md A.9) is no reason to stop.
            if error.kind != MoodleError.kind:
                raise
            self._broken[name] = error.message
            return False

    def _compare_address(self):
        own = self._info.get("siteurl")
        try:
            same = not own or site_address(own) == self._moodle.base
        except OptionError:
            same = False
        if not same:
            self._site.warn(f"The site calls itself {own}, which is not what url says.")

    # -- judging --------------------------------------------------------------------------------------------------

    def _edition(self):
        """(edition, where it is known from)."""
        if self._callable.get("tool_sync_check_course", False) is None:
            return "absent", "site"
        if any((self._site.memory.get("files") or {}).values()):
            return "pro", "state_file"
        return "unknown", None

    def _report(self, message, page, *, feature=None, function=None):
        self._problems.append(
            {
                "feature": feature,
                "function": function,
                "message": message,
                "admin_page": page and page.name,
                "admin_url": page and self._moodle.base + page.path,
            }
        )

    def _judge(self):
        """Add a problem for everything that the features lack."""
        if set(self._callable.values()) == {False}:
            self._report(
                "Moodle lets this token call none of the functions that this collection uses: the service is disabled "
                "or does not hold them, its authorised users lack the account, the account lacks the capability "
                "webservice/rest:use, or the token is bound to other addresses." + (f" Moodle says: {self._said}" if self._said else ""),
                SERVICES_PAGE,
            )
            return
        for feature in self._features:
            for name in FEATURES[feature]:
                lack, page = self._lack_of(name)
                if lack:
                    self._report(f"{feature} needs {name}, which {lack}", page, feature=feature, function=name)
            if feature in UPLOADING and not self._upload:
                message = f"{feature} needs a service that takes files: edit it, and tick Can upload files (Show more)."
                self._report(message, SERVICES_PAGE, feature=feature)

    def _lack_of(self, name):
        """(what is wrong with a function, the Page where that is fixed), or (None, None)."""
        if name in self._broken:
            return f"is broken on this site: {self._broken[name]}", PLUGINS_PAGE
        if self._callable[name] is False:
            return "the token's service does not hold.", SERVICES_PAGE
        if self._callable[name] is None and name.startswith("tool_sync_"):
            return "the site does not know: the plugin tool_sync is not installed, or too old.", PLUGINS_PAGE
        if self._callable[name] is None:
            return "the site does not know: this Moodle is too old.", NOTIFICATIONS_PAGE
        return None, None

    def result(self):
        """The return values."""
        edition, source = self._edition()
        if self._callable and edition == "unknown":
            self._unknown.append(
                "Whether the plugin is the pro release, which upload, process and deploy need: it can't be asked "
                "without the risk of writing. The community release refuses these before it does anything."
            )
        info = self._info or {}
        versions = [entry["version"] for entry in info.get("functions", ()) if entry["name"].startswith("tool_sync_")]
        names = [entry["name"] for entry in info.get("functions", ())] or [name for name, allowed in self._callable.items() if allowed]
        faulty = {problem["feature"] for problem in self._problems}
        return {
            "ready": self._reached and not self._problems,
            "reachable": self._reached,
            "site": {
                "name": plain(info.get("sitename")),
                "url": info.get("siteurl"),
                "release": info.get("release"),
                "version": info.get("version"),
            },
            "account": {
                "id": info.get("userid"),
                "username": info.get("username"),
                "full_name": plain(info.get("fullname")),
                "is_site_admin": info.get("userissiteadmin"),
            },
            "plugin": {"edition": edition, "edition_source": source, "version": versions[0] if versions else None},
            "functions": sorted(names),
            "upload_allowed": self._upload,
            "max_upload_size": _limit(info.get("usermaxuploadfilesize")),
            "user_quota": _limit(info.get("userquota")),
            "features": {feature: not faulty & {None, feature} for feature in self._features},
            "problems": self._problems,
            "unknown": self._unknown,
        }


def _page_for(error):
    """The Page where an error is fixed, or None where it is not one of Moodle's."""
    if isinstance(error, TokenRefused):
        return TOKENS_PAGE
    if isinstance(error, Maintenance):
        return NOTIFICATIONS_PAGE if error.errorcode == "upgraderunning" else MAINTENANCE_PAGE
    if isinstance(error, AccessRefused):
        # HTTP 403 has no errorcode: web services or REST are off.
        pages = {None: OVERVIEW_PAGE, "accessexception": SERVICES_PAGE, "servicenotavailable": SERVICES_PAGE}
        return pages.get(error.errorcode, USERS_PAGE)
    return None


def _limit(value):
    """Bytes; None where Moodle sets no limit, or none is known."""
    return value if value and value > 0 else None

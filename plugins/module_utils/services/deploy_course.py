# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Courses made from a template.

Private to this collection. A deployment must not be repeated, and the plugin's only answer is the new course's id. So
what exists is read first, what the plugin would refuse without a word is named here, and a lost answer is followed by
looking, never by sending again.
"""

from __future__ import annotations

import json
import re
import time

from ..errors import (
    ExecutedUnreadable,
    MoodleError,
    OptionError,
    OutcomeUnknown,
    ParameterRefused,
    ToolsyncError,
)
from ..plan import Plan
from ..read.categories import CATEGORIES, Categories
from ..read.courses import CHECK, COURSES, Courses
from ..read.directory import Ref
from ..read.names import meant
from ..wire.ask import Asker, require_functions
from ..wire.moodle import has_markup
from .deploy_course_update import READ_TIMEOUT, TEXTS, UNREAD, by_moodle, differences, known, set_values, settable

DEPLOY = "tool_sync_deploy_course"
#: Seconds between two looks for a course whose deployment gave no answer.
POLL_SECONDS = 5
#: Characters that the columns of Moodle's course table hold.
LENGTHS = {"shortname": 255, "fullname": 254, "idnumber": 100}
#: What the plugin calls the kinds of identifiers, and what older revisions and its web page call them (plugin.md A.10).
NAMES = ("categoryidsource", "templateidsource")
OLDER_NAMES = ("categorysourceid", "templatesourceid")
#: What Moodle says of a parameter name that it does not know, or misses, where the site's debugging is on.
_ABOUT_NAMES = ("Missing required key", "Unexpected keys")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ID = re.compile(r"[0-9]{1,18}")


def checked(params):
    """The options of toolsync_deploy_course, with texts as they are sent: idnumber empty for none, replacements JSON or None.

    Raises OptionError.
    """
    wanted = {**params, **{option: _text(option, params[option]) for option in ("category", "template", *TEXTS)}}
    for option in ("category", "template", "shortname", "fullname"):
        if not wanted[option]:
            raise OptionError(f"{option} is empty.", option=option)
    for option in ("category", "template"):
        if wanted[f"{option}_identifier"] == "id" and not _ID.fullmatch(wanted[option]):
            raise OptionError(f"{option} must be a number, as {option}_identifier is id; it is {wanted[option]}.", option=option)
    if wanted["template_identifier"] == "path" and ".mbz" not in wanted["template"]:
        raise OptionError(
            "template must be the path of a Moodle backup (.mbz) on the server, as template_identifier is path.", option="template"
        )
    if wanted["replacements"] is not None:
        wanted["replacements"] = rendered(wanted["replacements"])
    if wanted["poll_timeout"] < 0:
        raise OptionError("poll_timeout must not be negative.", option="poll_timeout")
    return wanted


def rendered(replacements):
    """A dict as the JSON that the plugin takes: ASCII, without the angle brackets that Moodle refuses.

    Raises OptionError.
    """
    try:
        text = json.dumps(replacements, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise OptionError(f"replacements can't be written as JSON: {error}.", option="replacements") from None
    # They occur inside of strings only, and there these escapes mean the same.
    return text.replace("<", r"\u003c").replace(">", r"\u003e")


def plan(site, params):
    """params: the options of toolsync_deploy_course. Raises OptionError, also for what does not exist."""
    return DeployPlan(site, checked(params))


class DeployPlan(Plan):
    """wanted: of C(checked)."""

    def __init__(self, site, wanted):
        self._site, self._wanted, self._asker = site, wanted, Asker(site.moodle)
        self._found = found = self._find_existing()
        self._category = self._category_id(found)
        if found is None:
            self._require_category_and_template()
            require_functions(site.moodle, [DEPLOY], timeout=READ_TIMEOUT)
        differs = {} if found is None else differences(wanted, self._category, found)
        #: What is to be set of a course that exists.
        self._changes = settable(site, found, differs) if wanted["update"] and differs else {}
        asked = {name: wanted[name] for name in (*TEXTS, "category", "template") if wanted[name]}
        super().__init__(
            changed=found is None or bool(self._changes),
            before=by_moodle(known(found)) if found is not None else {},
            after=by_moodle({**known(found), **self._changes}) if found is not None else asked,
            result={
                "shortname": wanted["shortname"],
                "course_id": None,
                "course_url": None,
                "created": found is None,
                "updated": bool(self._changes),
                "confirmed": True,
                "differences": differs,
            },
        )
        if found is not None:
            self._identify(found.id)

    # -- what is there --------------------------------------------------------------------------------------------

    def _find_existing(self):
        """The course of this short name, or None. Raises OptionError where another one has the idnumber."""
        name, idnumber = self._wanted["shortname"], self._wanted["idnumber"]
        by_name = self._find_it()
        by_number = self._find("idnumber", idnumber) if idnumber else None
        # Where the token may only ask whether a course exists, both pass as the same one.
        if by_number is None or (by_name is not None and by_name.id == by_number.id):
            return by_name
        holder = by_number.shortname or "that the account of the token may not see"
        raise OptionError(
            f"idnumber {idnumber} is taken by the course {holder}, which is another one than the course {name}.", option="idnumber"
        )

    def _find_it(self):
        """The course of this short name, as C(_find)."""
        return self._find("shortname", self._wanted["shortname"])

    def _find(self, by, value):
        """The Course, UNREAD, or None for none; asks anew. Raises where that can't be told."""
        ref, courses = Ref("course", by, value), Courses(self._asker, timeout=READ_TIMEOUT)
        courses.look_up([ref])
        courses.check([ref])
        exists = courses.exists(ref)
        if exists is None:
            raise courses.refusal(ref) or self._asker.lacking[CHECK]
        # Moodle's own function leaves out courses that the account may not see; the plugin's does not.
        return (courses.find(ref) or [UNREAD])[0] if exists else None

    def _category_id(self, found):
        """The wanted category's id, False for none, None where that can't be told; for a course that exists it is only compared."""
        if found is UNREAD:
            return None
        ref = Ref("category", self._wanted["category_identifier"], self._wanted["category"])
        if found and ref.by == "id":
            return int(ref.value)
        categories = Categories(self._asker, timeout=READ_TIMEOUT)
        categories.look_up([ref])
        told = categories.find(ref)
        return told and told[0].id if told != [] else False

    def _require_category_and_template(self):
        by, category = self._wanted["category_identifier"], self._wanted["category"]
        if self._category is False:
            raise OptionError(
                f"category {by} {category} does not exist, or the account of the token may not see it.", option="category"
            )
        by, template = self._wanted["template_identifier"], self._wanted["template"]
        if by != "path" and self._find(by, template) is None:
            raise OptionError(f"template {by} {template} does not exist.", option="template")

    def _identify(self, number):
        """Put the course's id and address into the result. number: 0 for UNREAD."""
        if number:
            self.result.update(course_id=number, course_url=f"{self._site.moodle.base}/course/view.php?id={number}")
        else:
            self._site.warn(
                f"The course exists, but its id can't be read: the account may not see it, or the token's service lacks {COURSES}."
            )

    # -- doing it -------------------------------------------------------------------------------------------------

    def apply(self):
        if not self.changed:
            return
        self.changed = False
        if self._changes:
            self._set()
            return
        self.result["created"] = False
        try:
            number = self._deploy()
        except OutcomeUnknown as error:
            self._look_for(error, self._wanted["poll_timeout"])
        except ExecutedUnreadable as error:
            self._look_for(error, 0)
        except MoodleError as error:
            self._explain(error)
            raise
        else:
            self._done(number, True)

    def _set(self):
        """Set what differs of a course that exists. Whatever is answered, a look says what has been done."""
        self.result.update(updated=False, confirmed=False)
        failure = set_values(self._site.moodle, self._found, self._changes)
        try:
            seen = self._find_it()
        except ToolsyncError as error:
            seen, failure = None, failure or error
        if seen is None or seen is UNREAD:
            self.changed = True
            self.result.update(updated=None if failure else True, differences=None)
        else:
            before, now = known(self._found), known(seen)
            moved = any(now.get(name) != before.get(name) for name in self._changes)
            # Without an answer, the site may still be at it.
            over = failure is None or isinstance(failure, MoodleError) or not failure.may_be_done
            updated = moved or (False if over else None)
            self.changed, self.after = updated is not False, by_moodle(now)
            self.result.update(updated=updated, confirmed=updated is not None, differences=differences(self._wanted, self._category, seen))
            if all(meant(str(now.get(name))) == meant(str(value)) for name, value in self._changes.items()):
                return
            failure = failure or MoodleError(f"Moodle answered that it had set {', '.join(self._changes)}, and the course is not so.")
        if failure is not None:
            raise failure

    def _done(self, number, confirmed):
        self.changed = True
        self.result.update(created=True, confirmed=confirmed)
        self._identify(number)

    def _deploy(self):
        """Send it; returns the new course's id."""
        try:
            number = self._call(*NAMES)
        except ParameterRefused as error:
            if not self._names_are_older(error):
                raise
            try:
                number = self._call(*OLDER_NAMES)
            except ParameterRefused:
                raise error from None
        if number < 1:
            raise ExecutedUnreadable(f"{DEPLOY} did not answer with the number of a course.", cure="")
        return number

    def _call(self, category_source, template_source):
        wanted = self._wanted
        parameters = {
            category_source: wanted["category_identifier"],
            "categoryid": wanted["category"],
            # The plugin takes a path for one wherever a course may be named.
            template_source: "shortname" if wanted["template_identifier"] == "path" else wanted["template_identifier"],
            "templateid": wanted["template"],
            **{name: wanted[name] for name in (*TEXTS, "replacements")},
        }
        return self._site.moodle.call(DEPLOY, parameters, timeout=wanted["timeout"]).value

    def _names_are_older(self, error):
        """Whether Moodle refused the names of the parameters, which it does before anything is done.

        A plugin takes one set of names or the other, so that at most one of two calls can get beyond this check.
        Without debugging the answer for an unknown category is the same, hence only where it is known to exist.
        """
        if error.debuginfo:
            return any(text in error.debuginfo for text in _ABOUT_NAMES)
        return bool(self._category) and self._find_it() is None

    # -- when it went wrong ---------------------------------------------------------------------------------------

    def _look_for(self, error, seconds):
        """The answer is lost: look whether the course comes into being. Raises error when it does not."""
        name = self._wanted["shortname"]
        deadline = time.monotonic() + seconds
        course = self._look()
        while course is None and time.monotonic() < deadline:
            time.sleep(min(POLL_SECONDS, max(deadline - time.monotonic(), 0.0)))
            course = self._look()
        if course is not None:
            self._done(course.id, False)
            self._site.warn(f"{error.message} The course {name} was found by looking; whether its content is complete can't be told.")
            return
        self.changed = True
        self.result.update(created=None, confirmed=False)
        error.message += f" The course {name} was not there after {seconds} s of looking."
        error.cure = "It may still come. Look at the site, then run the task again: a course that is there is left alone."
        raise error

    def _look(self):
        try:
            return self._find_it()
        except ToolsyncError:
            # A site that can't be asked now may be asked later.
            return None

    def _explain(self, error):
        """Say more of an error that may have come out of the middle of a deployment, and whether there is a course all the same."""
        wanted = self._wanted
        if error.errorcode == "shortnametaken":
            error.message = f"shortname {wanted['shortname']} was taken by another course after this task had looked."
            error.option, error.cure = "shortname", "Run the task again: it then compares with that course."
            return
        if error.errorcode == "courseidnumbertaken":
            error.message = f"idnumber {wanted['idnumber']} is taken by another course."
            error.option, error.cure = "idnumber", "Give another idnumber."
        if isinstance(error, ParameterRefused) and self._category is None and not error.debuginfo:
            error.message += (
                f" Whether category {wanted['category_identifier']} {wanted['category']} exists could not be read: the "
                f"token's service lacks {CATEGORIES}, or its account may not search for this."
            )
            error.option = "category"
        course = self._look()
        if course is not None:
            self._done(course.id, False)
            error.message += f" The course {wanted['shortname']} exists now, and may be incomplete."
            error.cure = "Delete that course before you run this again: one that is there is left alone."


def _text(option, value):
    """A text as it is sent. Raises OptionError for what Moodle would refuse or cut."""
    text = "" if value is None else str(value).strip()
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise OptionError(f"{option} holds bytes that are not UTF-8.", option=option) from None
    if _CONTROL.search(text):
        raise OptionError(f"{option} holds a line break or another control character.", option=option)
    if has_markup(text):
        raise OptionError(f"{option} holds markup (<), which Moodle refuses.", option=option)
    if len(text) > LENGTHS.get(option, 1333):
        raise OptionError(f"{option} has {len(text)} characters; Moodle keeps {LENGTHS.get(option, 1333)}.", option=option)
    return text

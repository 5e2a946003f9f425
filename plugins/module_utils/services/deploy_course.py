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
import typing as t

from ..errors import (
    DatabaseError,
    ExecutedUnreadable,
    MoodleError,
    OptionError,
    OutcomeUnknown,
    ParameterRefused,
    ToolsyncError,
)
from ..plan import Plan
from ..read.categories import CATEGORIES, Categories
from ..read.courses import CHECK, COURSES, Course, Courses
from ..read.directory import Ref
from ..wire.ask import Asker, require_functions
from ..wire.moodle import has_markup
from .deploy_course_update import Update, differences

DEPLOY = "tool_sync_deploy_course"
#: Seconds for an answer to a look at the site; the deployment itself has the option timeout.
READ_TIMEOUT = 60
#: Seconds between two looks for a course whose deployment gave no answer.
POLL_SECONDS = 5
_TEXTS = ("shortname", "fullname", "idnumber")
#: Characters that the columns of Moodle's course table hold.
LENGTHS = {"shortname": 255, "fullname": 254, "idnumber": 100}
#: What the plugin calls the kinds of identifiers, and what older revisions and its web page call them (plugin.md A.10).
NAMES = ("categoryidsource", "templateidsource")
OLDER_NAMES = ("categorysourceid", "templatesourceid")
#: What Moodle says of a parameter name that it does not know, or misses, where the site's debugging is on.
_ABOUT_NAMES = ("Missing required key", "Unexpected keys")
#: Errors that may come out of the middle of a deployment; the others come before it.
MAY_HAVE_BEGUN = (MoodleError, ParameterRefused, DatabaseError)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ID = re.compile(r"[0-9]{1,18}")
#: A course that exists, and of which the token can read nothing.
UNREAD = Course(0, *[None] * (len(Course._fields) - 2), fields={})


class Deployment(t.NamedTuple):
    """What is asked for; all texts as they are sent. idnumber: empty for none; replacements: JSON text, or None."""

    category: str
    category_identifier: str
    template: str
    template_identifier: str
    shortname: str
    fullname: str
    idnumber: str
    replacements: str | None


def checked(
    category, template, shortname, fullname, *, category_identifier="id", template_identifier="shortname", idnumber=None, replacements=None
):
    """A Deployment of the options' values. Raises OptionError."""
    texts = {"category": category, "template": template, "shortname": shortname, "fullname": fullname}
    texts = {option: _text(option, value) for option, value in {**texts, "idnumber": idnumber}.items()}
    for option, value in texts.items():
        if not value and option != "idnumber":
            raise OptionError(f"{option} is empty.", option=option)
    for option, identifier in (("category", category_identifier), ("template", template_identifier)):
        if identifier == "id" and not _ID.fullmatch(texts[option]):
            raise OptionError(f"{option} must be a number, as {option}_identifier is id; it is {texts[option]}.", option=option)
    if template_identifier == "path" and ".mbz" not in texts["template"]:
        raise OptionError(
            "template must be the path of a Moodle backup (.mbz) on the server, as template_identifier is path.", option="template"
        )
    return Deployment(
        category_identifier=category_identifier,
        template_identifier=template_identifier,
        replacements=None if replacements is None else rendered(replacements),
        **texts,
    )


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


def plan(site, wanted, *, update=False, timeout=3600, poll_timeout=600, sleep=time.sleep, clock=time.monotonic):
    """wanted: a Deployment; update: whether what differs of a course that exists is set. timeout: seconds for the deployment; poll_timeout:
    seconds to look for a course whose deployment gave no answer. Raises OptionError for what does not exist."""
    if timeout < 1:
        raise OptionError("timeout must be at least 1.", option="timeout")
    if poll_timeout < 0:
        raise OptionError("poll_timeout must not be negative.", option="poll_timeout")
    return DeployPlan(site, wanted, update=update, timeout=timeout, poll_timeout=poll_timeout, sleep=sleep, clock=clock)


class DeployPlan(Plan):
    def __init__(self, site, wanted, *, update, timeout, poll_timeout, sleep, clock):
        self._site, self._wanted, self._asker = site, wanted, Asker(site.moodle)
        self._timeout, self._poll_timeout, self._sleep, self._clock = timeout, poll_timeout, sleep, clock
        found = self._find_existing()
        self._category = self._category_id(found)
        if found is None:
            self._require_category_and_template()
            require_functions(site.moodle, [DEPLOY], timeout=READ_TIMEOUT)
        differs = {} if found is None else None if found is UNREAD else differences(wanted, self._category, found)
        self._update = Update(site, found, differs, self._seen, READ_TIMEOUT) if update and differs else None
        changes = self._update.wanted if self._update else {}
        super().__init__(
            changed=found is None or bool(changes),
            before=self._shown(found),
            after={**self._shown(found), **_moved(changes)} if found is not None else _asked(wanted),
            result={
                "shortname": wanted.shortname,
                "course_id": None,
                "course_url": None,
                "created": found is None,
                "updated": bool(changes),
                "confirmed": True,
                "differences": differs,
            },
        )
        if found is not None:
            self._identify(found)

    # -- what is there --------------------------------------------------------------------------------------------

    def _find_existing(self):
        """The course of this short name, or None. Raises OptionError where another one has the idnumber."""
        wanted = self._wanted
        by_name = self._find("shortname", wanted.shortname)
        by_number = self._find("idnumber", wanted.idnumber) if wanted.idnumber else None
        # Where the token may only ask whether a course exists, both pass as the same one.
        if by_number is None or (by_name is not None and by_name.id == by_number.id):
            return by_name
        holder = by_number.shortname or "that the account of the token may not see"
        raise OptionError(
            f"idnumber {wanted.idnumber} is taken by the course {holder}, which is another one than the course {wanted.shortname}.",
            option="idnumber",
        )

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
        wanted = self._wanted
        if found is UNREAD:
            return None
        if found and wanted.category_identifier == "id":
            return int(wanted.category)
        ref, categories = Ref("category", wanted.category_identifier, wanted.category), Categories(self._asker, timeout=READ_TIMEOUT)
        categories.look_up([ref])
        told = categories.find(ref)
        return told and told[0].id if told != [] else False

    def _require_category_and_template(self):
        wanted = self._wanted
        if self._category is False:
            raise OptionError(
                f"category {wanted.category_identifier} {wanted.category} does not exist, or the account of the token may not see it.",
                option="category",
            )
        if wanted.template_identifier == "path":
            return
        if self._find(wanted.template_identifier, wanted.template) is None:
            raise OptionError(f"template {wanted.template_identifier} {wanted.template} does not exist.", option="template")

    def _shown(self, course):
        if course is None:
            return {}
        shown = {**{name: getattr(course, name) for name in _TEXTS}, "categoryid": course.category_id}
        return {name: value for name, value in shown.items() if value is not None}

    def _identify(self, course):
        """Put the course's id and address into the result."""
        if course is UNREAD:
            self._site.warn(
                f"The course exists, but its id can't be read: the account may not see it, or the token's service lacks {COURSES}."
            )
            return
        self._show_id(course.id)

    def _show_id(self, number):
        self.result.update(course_id=number, course_url=f"{self._site.moodle.base}/course/view.php?id={number}")

    # -- doing it -------------------------------------------------------------------------------------------------

    def apply(self):
        if not self.changed:
            return
        self.changed = False
        if self._update:
            self._set()
            return
        self.result["created"] = False
        try:
            number = self._deploy()
        except OutcomeUnknown as error:
            self._look_for(error, self._poll_timeout)
        except ExecutedUnreadable as error:
            self._look_for(error, 0)
        except MoodleError as error:
            self._explain(error)
            raise
        else:
            self._done(True)
            self._show_id(number)

    def _set(self):
        """Set what differs of a course that exists."""
        self.result.update(updated=False, confirmed=False)
        seen, changed, failure = self._update.apply()
        self.changed = changed is not False
        if seen is not None:
            self.after = self._shown(seen)
            self.result.update(updated=changed, confirmed=changed is not None, differences=differences(self._wanted, self._category, seen))
        else:
            self.result.update(updated=None if failure else True, differences=None)
        if failure is not None:
            raise failure

    def _done(self, confirmed):
        self.changed = True
        self.result.update(created=True, confirmed=confirmed)

    def _deploy(self):
        """Send it; returns the new course's id."""
        try:
            answer = self._call(NAMES)
        except ParameterRefused as error:
            if not self._names_are_older(error):
                raise
            try:
                answer = self._call(OLDER_NAMES)
            except ParameterRefused:
                raise error from None
        number = answer.value
        if number < 1:
            raise ExecutedUnreadable(f"{DEPLOY} did not answer with the number of a course.", cure="")
        return number

    def _call(self, names):
        wanted = self._wanted
        category_source, template_source = names
        parameters = {
            category_source: wanted.category_identifier,
            "categoryid": wanted.category,
            # The plugin takes a path for one wherever a course may be named.
            template_source: "shortname" if wanted.template_identifier == "path" else wanted.template_identifier,
            "templateid": wanted.template,
            "shortname": wanted.shortname,
            "fullname": wanted.fullname,
            "idnumber": wanted.idnumber,
            "replacements": wanted.replacements,
        }
        return self._site.moodle.call(DEPLOY, parameters, timeout=self._timeout)

    def _names_are_older(self, error):
        """Whether Moodle refused the names of the parameters, which it does before anything is done.

        A plugin takes one set of names or the other, so that at most one of two calls can get beyond this check.
        Without debugging the answer for an unknown category is the same, hence only where it is known to exist.
        """
        if error.debuginfo:
            return any(text in error.debuginfo for text in _ABOUT_NAMES)
        return bool(self._category) and self._find("shortname", self._wanted.shortname) is None

    # -- when it went wrong ---------------------------------------------------------------------------------------

    def _look_for(self, error, seconds):
        """The answer is lost: look whether the course comes into being. Raises error when it does not."""
        name = self._wanted.shortname
        deadline = self._clock() + seconds
        course = self._look()
        while course is None and self._clock() < deadline:
            self._sleep(min(POLL_SECONDS, max(deadline - self._clock(), 0.0)))
            course = self._look()
        if course is not None:
            self._done(False)
            self._identify(course)
            self._site.warn(f"{error.message} The course {name} was found by looking; whether its content is complete can't be told.")
            return
        self.changed = True
        self.result.update(created=None, confirmed=False)
        error.message += f" The course {name} was not there after {seconds} s of looking."
        error.cure = "It may still come. Look at the site, then run the task again: a course that is there is left alone."
        raise error

    def _look(self):
        try:
            return self._find("shortname", self._wanted.shortname)
        except ToolsyncError:
            # A site that can't be asked now may be asked later.
            return None

    def _seen(self):
        """The course as it is now; None where the token's account is not shown it. Raises where the site can't be asked."""
        course = self._find("shortname", self._wanted.shortname)
        return None if course is UNREAD else course

    def _explain(self, error):
        """Say more of an error that Moodle answered with, and whether there is a course all the same."""
        wanted = self._wanted
        if error.errorcode == "shortnametaken":
            error.message = f"shortname {wanted.shortname} was taken by another course after this task had looked."
            error.option, error.cure = "shortname", "Run the task again: it then compares with that course."
            return
        if error.errorcode == "courseidnumbertaken":
            error.message = f"idnumber {wanted.idnumber} is taken by another course."
            error.option, error.cure = "idnumber", "Give another idnumber."
        if isinstance(error, ParameterRefused) and self._category is None and not error.debuginfo:
            error.message += (
                f" Whether category {wanted.category_identifier} {wanted.category} exists could not be read: the "
                f"token's service lacks {CATEGORIES}, or its account may not search for this."
            )
            error.option = "category"
        if type(error) not in MAY_HAVE_BEGUN:
            return
        course = self._look()
        if course is not None:
            self._done(False)
            self._identify(course)
            error.message += f" The course {wanted.shortname} exists now, and may be incomplete."
            error.cure = "Delete that course before you run this again: one that is there is left alone."


def _moved(changes):
    """What is to be set, by the names of the diff."""
    return {"categoryid" if name == "category" else name: value for name, value in changes.items()}


def _asked(wanted):
    shown = {name: getattr(wanted, name) for name in ("shortname", "fullname", "idnumber", "category", "template")}
    return {name: value for name, value in shown.items() if value}


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

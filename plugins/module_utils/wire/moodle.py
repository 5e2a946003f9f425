# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's REST and upload.php protocols: encode parameters, decode answers, tell an error from a result.

Private to this collection. Moodle answers almost everything with HTTP 200; what went wrong stands in the body (plugin.md A.7).
"""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urljoin, urlsplit

from ..errors import (
    AccessRefused,
    DatabaseError,
    EditionError,
    ExecutedUnreadable,
    FunctionUnknown,
    HttpRefused,
    Maintenance,
    MoodleError,
    NotMoodle,
    OutcomeUnknown,
    ParameterRefused,
    Redirected,
    Throttled,
    TokenRefused,
    ToolsyncError,
    UploadRefused,
)
from .answer import decode, last_words, misfit, text_of, title
from .catalogue import FUNCTIONS, UPLOADED
from .transport import ALWAYS, NOT_BEGUN, NOT_WHILE_RUNNING, FilePart

SERVER = "/webservice/rest/server.php"
UPLOAD = "/webservice/upload.php"
#: Instead of the advice to check url, once it has been seen to be right.
_LOOK_BETWEEN = "It is Moodle that answers there otherwise: look into the log of its web server, of PHP, and of what stands in front of it."
_PHP_DIED = "Look into PHP's log; its limits (max_execution_time, memory_limit) may be too low for what was asked."
_EXEMPT = "Exempt /webservice/ from whatever asks for a login, or stands in front of the site; the token is for Moodle alone."
_NOT_AS_ASKED = (
    "Moodle does not see itself asked by its own address: behind a proxy that ends TLS its config.php needs $CFG->sslproxy = true. Or "
    "something in front of it asks for a login: exempt /webservice/ from that."
)
_STILL_AT_IT = (
    "The site may still be at it. Run this again when it has had the time to end: what is in place is left alone. A greater timeout "
    "(where the module has it, a lower max_input_vars too) keeps it from happening again."
)
#: A parameter that no web service function has.
NO_PARAMETER = "toolsync_may_call"

#: What Moodle's strip_tags() would cut out of a text, whereupon PARAM_TEXT refuses it.
_MARKUP = re.compile(r"<(?!\s)|\x00")
#: What Moodle 5.1 calls any record that it does not find, a function's too, without the table's name. Before, it is invalidrecord.
_NO_RECORD = "invalidrecordunknown"
_FAILED = "Moodle failed in {name}: {message}{told}"
_CURE_OF_ACCOUNT = "Correct the account (Site administration > Users) or use another account's token."
_ACCOUNT = {
    "wsaccessusersuspended": "is suspended",
    "wsaccessuserdeleted": "is deleted",
    "wsaccessuserunconfirmed": "is not confirmed",
    "wsaccessuserexpired": "has an expired password",
    "wsaccessusernologin": "has the authentication method nologin",
    "usernotconfirmed": "is not confirmed",
    "passwordisexpired": "has an expired password",
    "forcepasswordchangenotice": "must change its password first",
}
#: errorcode -> the error, what is said of it, and the cure; None: the usual one.
_BY_CODE: dict[str | None, tuple[type[ToolsyncError], str, str | None]] = {
    "invalidtoken": (TokenRefused, "{base} does not know this token.", None),
    "accessexception": (AccessRefused, "Moodle refused access to {name}{told}.", None),
    "servicenotavailable": (AccessRefused, "Moodle refused access to {name}{told}.", None),
    "proreleasefeature": (EditionError, "{base} runs the community release of tool_sync, which has no {name}.", None),
    "invalidresponse": (ExecutedUnreadable, "{name} was executed, but Moodle refused its answer.", None),
    "sitemaintenance": (Maintenance, "{base} is in maintenance: {message}", None),
    "upgraderunning": (Maintenance, "{base} is in maintenance: {message}", None),
    "invalidparameter": (ParameterRefused, _FAILED, None),
    "dmlreadexception": (DatabaseError, _FAILED, None),
    "dmlwriteexception": (DatabaseError, _FAILED, None),
    **{code: (AccessRefused, f"The account that the token belongs to {what}.", _CURE_OF_ACCOUNT) for code, what in _ACCOUNT.items()},
}
_TOO_LARGE_FOR_PHP = (
    UploadRefused,
    "{part} is larger than PHP's upload_max_filesize on {base}.",
    "Raise upload_max_filesize (and post_max_size) in the site's php.ini, or send the file in parts.",
)
#: The same, of what is said of a file otherwise.
_BY_UPLOAD_CODE: dict[str | None, tuple[type[ToolsyncError], str, str | None]] = {
    "missingparam": (
        UploadRefused,
        "PHP threw away the whole request for {part}: it is larger than its post_max_size.",
        "Raise post_max_size and upload_max_filesize in the site's php.ini, or send the file in parts.",
    ),
    "upload_error_ini_size": _TOO_LARGE_FOR_PHP,
    "upload_error_form_size": _TOO_LARGE_FOR_PHP,
    "userquotalimit": (
        UploadRefused,
        "The draft files of the token's account are over its quota: {message}",
        "Raise userquota (Site administration > Security > Site security settings), or wait until Moodle has removed old drafts (4 days).",
    ),
    "accessexception": (
        AccessRefused,
        "Moodle refused the upload: {message}",
        "The token's service must allow uploads (Site administration > Server > Web services > External services > Edit > Show more > "
        "Can upload files) and be enabled, web services must be on, and the account authorised.",
    ),
}


class Columns(list[dict[str, t.Any]]):
    """Structures with the same keys, whose form variables are sent key by key.

    Where PHP cuts off the end of a request, the last structures then lack their last key, so that Moodle refuses the request as a
    whole. Sent structure by structure they would vanish, and Moodle would speak of success.
    """


def flatten(value, prefix=""):
    """Nested parameters as ordered pairs in PHP's bracket notation: booleans as 0/1; None is left out."""
    if value is None:
        return []
    if isinstance(value, Columns):
        return [
            pair
            for key in (value[0] if value else ())
            for index, item in enumerate(value)
            for pair in flatten(item[key], f"{prefix}[{index}][{key}]")
        ]
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, (list, tuple)):
        pairs = enumerate(value)
    else:
        return [(prefix, str(int(value)) if isinstance(value, bool) else str(value))]
    return [pair for key, inner in pairs for pair in flatten(inner, f"{prefix}[{key}]" if prefix else str(key))]


def has_markup(text):
    """True for a text that Moodle refuses as PARAM_TEXT, whatever the function."""
    return _MARKUP.search(text) is not None


def function_unknown(base, name, **details):
    """The FunctionUnknown for a function; base: the site's address; details: errorcode and debuginfo."""
    return FunctionUnknown(f"{base} does not know the web service function {name}.", **details)


class Moodle:
    """The site as its web services show it.

    transport: an open Transport. read_only: refuse every function that writes (check mode).
    """

    def __init__(self, transport, token, *, read_only=False):
        self.transport = transport
        self.base = transport.base
        self.read_only = read_only
        self._token = token.strip()
        # Whether it was seen that url leads to a Moodle.
        self._has_answered = False
        self._lacking: dict[str, bool] = {}

    def call(self, name, parameters=None, *, timeout=None):
        """Call a function of the catalogue; returns its Answer, raises an error of errors.py."""
        function = FUNCTIONS[name]
        parameters = parameters or {}
        unknown = set(parameters) - set(function.parameters)
        if unknown:
            raise KeyError(f"{name} has no parameter {sorted(unknown)}")
        if self.read_only and function.writes:
            raise RuntimeError(f"{name} writes and was called in check mode")
        try:
            return self._ask(function, parameters, function.repeat, function.answers, timeout)
        except OutcomeUnknown as error:
            if function.repeat == NOT_WHILE_RUNNING:
                error.cure = _STILL_AT_IT
            raise
        except MoodleError as error:
            if error.errorcode == _NO_RECORD and self._lacks(name, timeout):
                raise function_unknown(self.base, name, errorcode=error.errorcode, debuginfo=error.debuginfo) from None
            raise

    def may_call(self, name, *, timeout=None):
        """Whether the token may call a function: True or False; None where the site has no such function.

        This never runs the function, so check mode allows it for those that write too: the only parameter sent is one that
        no function has. Moodle looks at the token, the function's name, the service and the parameters in this order, and
        refuses an unexpected or missing one before the function's own code is reached (recordings 5, 8, 10 and 11).
        Raises what concerns the site or the token as a whole, and MoodleError for a function that is broken.
        """
        try:
            self._ask(FUNCTIONS[name], {NO_PARAMETER: 1}, ALWAYS, None, timeout)
        except AccessRefused as error:
            if error.errorcode != "accessexception":
                raise
            return False
        except FunctionUnknown:
            return None
        except ParameterRefused:
            pass
        except MoodleError as error:
            # Up to there no record but the function's own is looked for by what was sent.
            if error.errorcode != _NO_RECORD:
                raise
            return None
        return True

    def _lacks(self, name, timeout):
        """Whether the site has no such function, as far as it can be asked now. Asked once for each function."""
        if name not in self._lacking:
            try:
                self._lacking[name] = self.may_call(name, timeout=timeout) is None
            except ToolsyncError:
                return False
        return self._lacking[name]

    def may_upload(self):
        """Whether the token may upload files: True or False.

        Sends no file, so that nothing is stored: Moodle answers an empty list, or refuses (recordings 46 and 53).
        """
        fields = [("token", self._token), ("itemid", "0")]
        reply = self.transport.post(UPLOAD, fields, repeat=ALWAYS)
        try:
            self._answered(reply, "upload.php", UPLOADED)
        except AccessRefused as error:
            if error.errorcode != "accessexception":
                raise
            return False
        return True

    def _ask(self, function, parameters, repeat, shape, timeout):
        """The Answer to a call, of a shape. Raises OutcomeUnknown for whatever keeps it from being told what became of a call that
        may not be repeated at will."""
        # Credentials first: PHP drops what comes after max_input_vars variables.
        fields = [
            ("wstoken", self._token),
            ("wsfunction", function.name),
            ("moodlewsrestformat", "json"),
            ("moodlewssettinglang", "en"),
            *([("moodlewssettingraw", "1")] if function.raw else ()),
            *flatten(parameters),
        ]
        reply = None
        try:
            reply = self.transport.post(SERVER, fields, repeat=repeat, timeout=timeout, largest=function.largest)
            return self._answered(reply, function.name, shape)
        except (HttpRefused, NotMoodle, Redirected, Throttled) as error:
            not_begun = reply is not None and reply.status in NOT_BEGUN
            if repeat == ALWAYS or (repeat == NOT_WHILE_RUNNING and not_begun):
                raise
            # Services have a cure of their own for this: what this error advises goes before it.
            lost = OutcomeUnknown(f"{error} Whether {function.name} was done cannot be told.")
            if error.over:
                lost.over, lost.cure = True, "It may have been done: look at the site before you run this again."
            raise lost from None

    def upload(self, path, name, *, timeout=None):
        """Send a file to a new draft item: (upload.php's record of it with filename and itemid, the file's os.stat_result)."""
        part = FilePart(path, name)
        if self.read_only:
            raise RuntimeError("an upload in check mode")
        fields = [("token", self._token), ("itemid", "0"), ("filepath", "/")]
        # A repeated upload makes another draft item, and only the one that is committed counts.
        reply = self.transport.post(UPLOAD, fields, part, repeat=ALWAYS, timeout=timeout)
        if reply.status == 413:
            raise UploadRefused(
                f"The web server or a proxy in front of {self.base} refused {part} as too large (HTTP 413).",
                cure="Raise its limit (nginx: client_max_body_size), or send the file in parts.",
            )
        value = self._answered(reply, "upload.php", UPLOADED, part).value
        if not value:
            raise UploadRefused(
                f"Moodle took the request for {part.name}, but no file was in it.",
                cure="A proxy or PHP's file_uploads = Off removes files: look at both.",
            )
        record = value[0]
        if record.get("errortype"):
            limit = " It is larger than the site's limit." if record["errortype"] == "fileoversized" else ""
            raise UploadRefused(
                f"Moodle did not take {part}: {_sentence(record.get('error'))}{limit}",
                errorcode=record["errortype"],
                cure="See Site administration > Security > Site security settings (maximum uploaded file size, user quota).",
            )
        return record, part.sent

    def _answered(self, reply, name, shape, part=None):
        """The Answer in a reply, of a shape. Raises what an error object stands for; part: the file that was sent."""
        try:
            answer = decode(reply.body) if reply.status == 200 else None
        except ValueError:
            answer = None
        if answer is None:
            raise self._unreadable(reply, name)
        self._has_answered = True
        if _is_error(answer.value):
            raise self._error(answer.value, name, part)
        wrong = misfit(answer.value, shape)
        if wrong:
            raise NotMoodle(f"{self.base} answered {name} with JSON that is not what Moodle answers: {wrong}.", cure=_LOOK_BETWEEN)
        return answer

    def _unreadable(self, reply, name):
        """The error for a reply of another status than 200, or without JSON."""
        status, text = reply.status, text_of(reply.body)
        cure = _LOOK_BETWEEN if self._has_answered else None
        if 300 <= status < 400:
            return self._redirected(reply)
        if status == 403 and not text:
            return AccessRefused(
                f"Moodle refused the REST request (HTTP 403): web services or the REST protocol are switched off on {self.base}.",
                cure="Switch them on: Site administration > Server > Web services > Overview, steps 1 and 2.",
            )
        if status == 503 and "<html" in text.lower() and reply.headers.get("Retry-After") == "300":
            return Maintenance(f"{self.base} is in maintenance mode (set from its command line).")
        if status == 404:
            error = NotMoodle(f"{self.base} has no Moodle web service (HTTP 404 at {reply.url}).", cure=cure)
            error.may_be_done = False
            return error
        with_status = "" if status == 200 else f" (HTTP {status})"
        died = last_words(text)
        if died:
            error = HttpRefused(f"PHP stopped in the middle of {name}{with_status}: {died}.", cure=_PHP_DIED)
            error.over = True
            return error
        if status == 200:
            found = "a web page" if text[:1] == "<" else "no text at all" if not text else "text that is not JSON"
            return NotMoodle(f"{self.base} answered {name} with {found}{title(text)}.", cure=cure)
        if status == 429:
            return Throttled(f"{self.base} answered {name} with HTTP 429 (too many requests).")
        if status in (401, 407):
            return HttpRefused(
                f"{self.base} asks for a login of its own{with_status}, which is not Moodle's.",
                cure="Exempt /webservice/ from the web server's or the proxy's authentication.",
            )
        return HttpRefused(f"{self.base} answered {name} with HTTP {status}{title(text)}.")

    def _redirected(self, reply):
        """To the same path of another address, or to its root, Moodle or its web server redirects; any other place is a page."""
        location = reply.headers.get("Location")
        try:
            target = urlsplit(urljoin(reply.url, location or ""))
            place = f"{target.scheme}://{target.netloc.rpartition('@')[2]}"
        except ValueError:
            location = None
        if not location:
            return Redirected(f"{self.base} answered with a redirect that names no address.", cure=_EXEMPT)
        asked = reply.url[len(self.base) :]
        path = (target.path[: -len(asked)] if target.path.endswith(asked) else target.path).rstrip("/")
        moved = target.path.endswith(asked) or not path
        if moved and f"{place}{path}".lower() != self.base.lower():
            return Redirected(f"{self.base} redirects to {place}{path}: use that as url, if it is this Moodle's own address.")
        if moved:
            return Redirected(f"{self.base} redirects to itself.", cure=_NOT_AS_ASKED)
        return Redirected(
            f"{self.base} redirects to {place}{target.path}, which is a login or another page and not the site's address.", cure=_EXEMPT
        )

    def _error(self, value, name, part):
        """The error that an error object stands for; value: a dict with anything in it; part: the file that was sent, or None."""
        code, debuginfo = _text(value.get("errorcode")), _text(value.get("debuginfo"))
        message, details = _sentence(value.get("message") or value.get("error")), {"errorcode": code, "debuginfo": debuginfo}
        told = f" ({debuginfo.splitlines()[0]})" if debuginfo and name != "tool_sync_process" else ""
        if code == "invalidrecord" and "external_functions" in message:
            return function_unknown(self.base, name, **details)
        known = {**_BY_CODE, **_BY_UPLOAD_CODE} if part else _BY_CODE
        if code in known:
            kind, text, cure = known[code]
        else:
            kind, text, cure = UploadRefused if part else MoodleError, _FAILED, None
            message = f"{code}: {message}" if code and " " not in code else message
        return kind(text.format(base=self.base, name=name, message=message, told=told, part=part), cure=cure, **details)


def _is_error(value):
    return isinstance(value, dict) and not {"exception", "errorcode", "error"}.isdisjoint(value)


def _text(value):
    """A key of an error object as text; None for an empty one."""
    return str(value).strip() or None if value else None


def _sentence(value):
    """What Moodle says, in one line."""
    return " ".join((_text(value) or "").split()).rstrip(".") + "."

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's REST and upload.php protocols: encode parameters, decode answers, tell an error from a result.

Private to this collection. Moodle answers almost everything with HTTP 200; what went wrong stands in the body (plugin.md A.7).
"""

from __future__ import annotations

import itertools
import json
import re
import typing as t

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
    Throttled,
    TokenRefused,
    UploadRefused,
)
from .catalogue import FUNCTIONS
from .transport import FilePart

SERVER = "/webservice/rest/server.php"
UPLOAD = "/webservice/upload.php"
_STILL_AT_IT = (
    "The site may still be at it. Run this again when it has had the time to end: what is in place is left alone. A greater timeout "
    "(where the module has it, a lower max_input_vars too) keeps it from happening again."
)
#: A parameter that no web service function has.
NO_PARAMETER = "toolsync_may_call"

#: What Moodle's strip_tags() would cut out of a text, whereupon PARAM_TEXT refuses it.
_MARKUP = re.compile(r"<(?!\s)|\x00")
#: A bare number counts only on a line of its own: PHP's messages end with "on line 12".
_LITERAL_END = re.compile(r"(?:(?<![\w$-])(?:true|false|null)|(?:^|(?<=[\n>]))-?\d+)\s*$")
#: Inside a JSON string every quote is escaped, so the last unescaped pair is the string.
_LAST_STRING = re.compile(r'"(?:[^"\\]|\\.)*"\Z', re.DOTALL)
#: What stands in front of a value inside JSON, but not in front of an answer: the answer was cut off.
_INSIDE_JSON = re.compile(r'[{\[,:"][ \t]*\Z')
#: How an answer begins that holds texts, and what is printed in front of one does not: the answer was cut off.
_BEGINS_AS_JSON = re.compile(r'(?:[\[{]\s*)*"')
#: More candidates than this are not tried: what precedes a real answer is a few lines.
_MAX_CANDIDATES = 2000

_BY_CODE: dict[str, type[MoodleError]] = {
    "invalidtoken": TokenRefused,
    "accessexception": AccessRefused,
    "servicenotavailable": AccessRefused,
    "proreleasefeature": EditionError,
    "invalidparameter": ParameterRefused,
    "dmlreadexception": DatabaseError,
    "dmlwriteexception": DatabaseError,
}
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


class Answer(t.NamedTuple):
    """value: decoded JSON; noise: text that the server printed in front of it (mostly empty)."""

    value: t.Any
    noise: str


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
    return [
        pair for key, inner in pairs for pair in flatten(inner, f"{prefix}[{key}]" if prefix else str(key))
    ]


def has_markup(text):
    """True for a text that Moodle refuses as PARAM_TEXT, whatever the function."""
    return _MARKUP.search(text) is not None


def decode(body):
    """bytes -> Answer: the whole body as JSON, else the JSON value that ends it; ValueError when there is none."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff").strip()
    try:
        return Answer(json.loads(text), "")
    except (ValueError, RecursionError):
        pass
    for start in () if _BEGINS_AS_JSON.match(text) else _starts(text):
        noise = text[:start]
        if _INSIDE_JSON.search(noise):
            break
        try:
            return Answer(json.loads(text[start:]), noise)
        except (ValueError, RecursionError):
            continue
    raise ValueError("no JSON value at the end of the body")


def _starts(text):
    """Where the value that ends the text may begin, the longest first."""
    if text.endswith('"'):
        found = [_LAST_STRING.search(text)]
    elif text[-1:] in ("}", "]"):
        opener = "{" if text[-1] == "}" else "["
        found = itertools.islice(re.finditer(re.escape(opener), text), _MAX_CANDIDATES)
    else:
        found = [_LITERAL_END.search(text)]
    return [match.start() for match in found if match]


class Moodle:
    """The site as its web services show it.

    transport: an open Transport. read_only: refuse every function that writes (check mode).
    """

    def __init__(self, transport, token, *, read_only=False):
        self.transport = transport
        self.read_only = read_only
        self._token = token

    @property
    def base(self):
        return self.transport.base

    def call(self, name, parameters=None, *, timeout=None):
        """Call a function of the catalogue; returns its Answer, raises an error of errors.py."""
        function = FUNCTIONS[name]
        parameters = parameters or {}
        unknown = set(parameters) - set(function.parameters)
        if unknown:
            raise KeyError(f"{name} has no parameter {sorted(unknown)}")
        self._guard(function)
        try:
            return self._ask(name, parameters, repeatable=function.repeatable, alone=function.alone, timeout=timeout)
        except OutcomeUnknown as error:
            if function.alone:
                error.cure = _STILL_AT_IT
            raise

    def may_call(self, name, *, timeout=None):
        """Whether the token may call a function: True or False; None where the site has no such function.

        This never runs the function, so check mode allows it for those that write too: the only parameter sent is one that
        no function has. Moodle looks at the token, the function's name, the service and the parameters in this order, and
        refuses an unexpected or missing one before the function's own code is reached (recordings 5, 8, 10 and 11).
        Raises what concerns the site or the token as a whole, and MoodleError for a function that is broken.
        """
        try:
            self._ask(FUNCTIONS[name].name, {NO_PARAMETER: 1}, repeatable=True, timeout=timeout)
        except FunctionUnknown:
            return None
        except AccessRefused as error:
            if error.errorcode != "accessexception":
                raise
            return False
        except ParameterRefused:
            pass
        return True

    def may_upload(self, *, timeout=None):
        """Whether the token may upload files: True or False.

        Sends no file, so that nothing is stored: Moodle answers an empty list, or refuses (recordings 46 and 53).
        """
        fields = [("token", self._token), ("itemid", "0")]
        reply = self.transport.post(UPLOAD, fields, repeatable=True, timeout=timeout)
        value = self._decode(reply, "upload.php", True).value
        if isinstance(value, dict):
            if value.get("errorcode") == "accessexception":
                return False
            raise self._error(Answer(value, ""), "upload.php")
        return True

    def _ask(self, name, parameters, *, repeatable, timeout, alone=False):
        # Credentials first: PHP drops what comes after max_input_vars variables.
        fields = [
            ("wstoken", self._token),
            ("wsfunction", name),
            ("moodlewsrestformat", "json"),
            ("moodlewssettinglang", "en"),
            *([("moodlewssettingraw", "1")] if FUNCTIONS[name].raw else ()),
            *flatten(parameters),
        ]
        reply = self.transport.post(SERVER, fields, repeatable=repeatable, alone=alone, timeout=timeout)
        answer = self._decode(reply, name, repeatable)
        if isinstance(answer.value, dict) and ("exception" in answer.value or "errorcode" in answer.value):
            raise self._error(answer, name)
        return answer

    def upload(self, path, name, *, timeout=None):
        """Send a file to a new draft item: (upload.php's record of it with filename and itemid, the file's os.stat_result)."""
        part = FilePart(path, name)
        if self.read_only:
            raise RuntimeError("an upload in check mode")
        fields = [("token", self._token), ("itemid", "0"), ("filepath", "/")]
        # A repeated upload makes another draft item, and only the one that is committed counts.
        reply = self.transport.post_file(UPLOAD, fields, part, repeatable=True, timeout=timeout)
        if reply.status == 413:
            raise UploadRefused(
                f"The web server or a proxy in front of {self.base} refused {part.name} ({part.size} bytes) as too large (HTTP 413).",
                cure="Raise its limit (nginx: client_max_body_size), or send the file in parts.",
            )
        value = self._decode(reply, "upload.php", True).value
        if isinstance(value, dict):
            raise self._upload_error(value, part)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise NotMoodle(f"{self.base}{UPLOAD} answered with JSON that is not a list of files.")
        if not value:
            raise UploadRefused(
                f"Moodle took the request for {part.name}, but no file was in it.",
                cure="A proxy or PHP's file_uploads = Off removes files: look at both.",
            )
        record = value[0]
        if record.get("errortype"):
            limit = " It is larger than the site's limit." if record["errortype"] == "fileoversized" else ""
            raise UploadRefused(
                f"Moodle did not take {part.name} ({part.size} bytes): {self._said(record.get('error'))}{limit}",
                errorcode=record["errortype"],
                cure="See Site administration > Security > Site security settings (maximum uploaded file size, user quota).",
            )
        return record, part.sent

    def _guard(self, function):
        if self.read_only and function.writes:
            raise RuntimeError(f"{function.name} writes and was called in check mode")

    def _decode(self, reply, name, repeatable):
        if reply.status == 200:
            try:
                return decode(reply.body)
            except ValueError:
                return self._undecodable(reply, name, repeatable)
        raise self._http_error(reply, name, repeatable)

    def _undecodable(self, reply, name, repeatable):
        text = reply.body.decode("utf-8", "replace").strip()
        is_page = text[:1] == "<"
        found = "a web page" if is_page else "no text at all" if not text else "text that is not JSON"
        if not repeatable and not is_page:
            raise OutcomeUnknown(f"{self.base} answered {name} with {found}: whether it was done cannot be told.")
        raise NotMoodle(f"{self.base} answered with {found}{_title(text)} instead of JSON.")

    def _http_error(self, reply, name, repeatable):
        status = reply.status
        text = reply.body.decode("utf-8", "replace")
        if status == 403 and not text.strip():
            return AccessRefused(
                f"Moodle refused the REST request (HTTP 403): web services or the REST protocol are switched off on {self.base}.",
                cure="Switch them on: Site administration > Server > Web services > Overview, steps 1 and 2.",
            )
        if status == 503 and "<html" in text.lower() and reply.headers.get("Retry-After") == "300":
            return Maintenance(f"{self.base} is in maintenance mode (set from its command line).")
        if status == 404:
            error = NotMoodle(f"{self.base} has no Moodle web service (HTTP 404 at {reply.url}).")
            error.may_be_done = False
            return error
        if not repeatable and (status >= 500 or status == 429):
            return OutcomeUnknown(f"{self.base} answered {name} with HTTP {status}: whether it was done cannot be told.")
        if status == 429:
            return Throttled(f"{self.base} answered HTTP 429 (too many requests).")
        if status in (401, 407):
            return HttpRefused(
                f"{self.base} asks for a login of its own (HTTP {status}), which is not Moodle's.",
                cure="Exempt /webservice/ from the web server's or the proxy's authentication.",
            )
        return HttpRefused(f"{self.base} answered HTTP {status}{_title(text)}.")

    def _said(self, text):
        return self.transport.redact(str(text or "").strip().rstrip(".")) + "."

    def _error(self, answer, name):
        value = answer.value
        code = value.get("errorcode")
        message = self._said(value.get("message") or value.get("error"))
        debuginfo = value.get("debuginfo") and self.transport.redact(str(value["debuginfo"]).strip())
        details = {"errorcode": code, "debuginfo": debuginfo}
        told = f" ({debuginfo.splitlines()[0]})" if debuginfo and name != "tool_sync_process" else ""
        if code == "invalidresponse":
            return ExecutedUnreadable(f"{name} was executed, but Moodle refused its answer.", **details)
        if code == "invalidrecord" and "external_functions" in message:
            return FunctionUnknown(f"{self.base} does not know the web service function {name}.", **details)
        if code in ("sitemaintenance", "upgraderunning"):
            return Maintenance(f"{self.base} is in maintenance: {message}", **details)
        if code in _ACCOUNT:
            return AccessRefused(
                f"The account that the token belongs to {_ACCOUNT[code]}.",
                cure="Mend the account (Site administration > Users) or use another account's token.",
                **details,
            )
        if code == "invalidtoken":
            return TokenRefused(f"{self.base} does not know this token.", **details)
        if code == "proreleasefeature":
            return EditionError(f"{self.base} runs the community release of tool_sync, which has no {name}.", **details)
        if code in ("accessexception", "servicenotavailable"):
            return AccessRefused(f"Moodle refused access to {name}{told}.", **details)
        kind = _BY_CODE.get(code or "")
        if kind is None:
            shown = f"{code}: {message}" if code and " " not in code else message
            return MoodleError(f"Moodle failed in {name}: {shown}{told}", **details)
        return kind(f"Moodle failed in {name}: {message}{told}", **details)

    def _upload_error(self, value, part):
        code = value.get("errorcode")
        if code == "missingparam":
            return UploadRefused(
                f"PHP threw away the whole request for {part.name} ({part.size} bytes): it is larger than its post_max_size.",
                errorcode=code,
                cure="Raise post_max_size and upload_max_filesize in the site's php.ini, or send the file in parts.",
            )
        if code in ("upload_error_ini_size", "upload_error_form_size"):
            return UploadRefused(
                f"{part.name} ({part.size} bytes) is larger than PHP's upload_max_filesize on {self.base}.",
                errorcode=code,
                cure="Raise upload_max_filesize (and post_max_size) in the site's php.ini, or send the file in parts.",
            )
        if code == "userquotalimit":
            return UploadRefused(
                f"The draft files of the token's account are over its quota: {self._said(value.get('error'))}",
                errorcode=code,
                cure=(
                    "Raise userquota (Site administration > Security > Site security settings), or wait until Moodle has removed old "
                    "drafts (4 days)."
                ),
            )
        if code == "accessexception":
            return AccessRefused(
                f"Moodle refused the upload: {self._said(value.get('error'))}",
                errorcode=code,
                debuginfo=value.get("debuginfo"),
                cure=(
                    "The token's service must allow uploads (Site administration > Server > Web services > External services > Edit > "
                    "Show more > Can upload files) and be enabled, web services must be on, and the account authorised."
                ),
            )
        error = self._error(Answer(value, ""), "upload.php")
        if error.kind == MoodleError.kind:
            return UploadRefused(error.message, errorcode=code, debuginfo=error.debuginfo)
        return error


def _title(text):
    """The title of a web page, for a message."""
    found = re.search(r"<title>\s*([^<]{1,80})", text, re.IGNORECASE)
    return f' ("{found.group(1).strip()}")' if found else ""

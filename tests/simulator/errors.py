# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Moodle throws, as Python exceptions that know how they look on the wire.

``debuginfo`` leaves the server only when the site's debug level allows it. What a version of Moodle tells in its own words
is asked of the exception when the answer is written: ``told_class``, ``told_code``, ``told_message``.
"""
from __future__ import annotations

from .versions import Version


class Thrown(Exception):
    """Anything PHP would throw: ``classname`` and ``message``; a PHP Error has no ``errorcode``."""

    classname = "Exception"
    errorcode: str | None = None
    debuginfo: str | None = None

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message

    def told_class(self, version: Version) -> str:
        return self.classname

    def told_code(self, version: Version) -> str | None:
        return self.errorcode

    def told_message(self, version: Version) -> str:
        return self.message


class PhpError(Thrown):
    """An error of the language itself (TypeError, ValueError, a missing class...)."""

    def __init__(self, message: str, classname: str = "Error"):
        super().__init__(message)
        self.classname = classname


class MoodleException(Thrown):
    """moodle_exception: ``message`` is the translated text, or ``error/<code>`` where there is none."""

    classname = "moodle_exception"
    # Whether the class moved into the namespace core\exception when that came.
    moved = True

    def __init__(self, errorcode: str, message: str | None = None, debuginfo: str | None = None):
        super().__init__("error/" + errorcode if message is None else message)
        self.errorcode = errorcode
        self.debuginfo = debuginfo

    def told_class(self, version: Version) -> str:
        return f"core\\exception\\{self.classname}" if self.moved and version.exception_namespace else self.classname


class CodingError(MoodleException):
    classname = "coding_exception"

    def __init__(self, hint: str, debuginfo: str | None = None):
        super().__init__("codingerror", "Coding error detected, it must be fixed by a programmer: " + hint, debuginfo or hint)


class InvalidParameter(MoodleException):
    classname = "invalid_parameter_exception"

    def __init__(self, debuginfo: str | None = None):
        super().__init__("invalidparameter", "Invalid parameter value detected", debuginfo)


class InvalidResponse(MoodleException):
    classname = "invalid_response_exception"

    def __init__(self, debuginfo: str | None = None):
        super().__init__("invalidresponse", "Invalid response value detected", debuginfo)


class AccessDenied(MoodleException):
    classname = "webservice_access_exception"
    moved = False

    def __init__(self, debuginfo: str):
        super().__init__("accessexception", "Access control exception", debuginfo)


class MissingCapability(MoodleException):
    classname = "required_capability_exception"

    def __init__(self, description: str):
        super().__init__(
            "nopermissions", f"Sorry, but you do not currently have permissions to do that ({description})."
        )


class MissingRecord(MoodleException):
    classname = "dml_missing_record_exception"
    moved = False

    def __init__(self, table: str, debuginfo: str | None = None):
        code, message = "invalidrecord", f"Can't find data record in database table {table}."
        if table == "user":
            code, message = "invaliduser", "Invalid user"
        super().__init__(code, message, debuginfo)

    def told_code(self, version: Version) -> str | None:
        return "invalidrecordunknown" if version.missing_record_unnamed else self.errorcode

    def told_message(self, version: Version) -> str:
        return "Can't find data record in database." if version.missing_record_unnamed else self.message


class ReadFailed(MoodleException):
    classname = "dml_read_exception"
    moved = False

    def __init__(self, debuginfo: str):
        super().__init__("dmlreadexception", "Error reading from database", debuginfo)


class WriteFailed(MoodleException):
    classname = "dml_write_exception"
    moved = False

    def __init__(self, debuginfo: str):
        super().__init__("dmlwriteexception", "Error writing to database", debuginfo)

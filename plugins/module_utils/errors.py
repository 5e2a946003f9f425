# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, one class per thing an administrator would do about it.

Private to this collection. Each class carries C(cause) and C(cure): the documentation's table of errors is made from them, and
the cure is what a message ends with unless the place that raises knows better.
"""

from __future__ import annotations

import re

#: What a terminal may take for a command, and what can't be encoded: all control characters but tab and line end, lone surrogates.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

#: Where an administrator adds functions to a service.
FUNCTIONS_PAGE = "Site administration > Server > Web services > External services > Functions"
ISSUES = "https://github.com/activeprolearn/ansible-toolsync/issues"


def visible(text):
    """A text that came from elsewhere, as it may be shown: control characters and terminal sequences are written out (\\x1b)."""
    return _UNSEEN.sub(_written_out, text.replace("\r\n", "\n"))


def _written_out(found):
    number = ord(found.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


class ToolsyncError(Exception):
    """Base of all errors that users see. What their texts take from a server is made visible here.

    message: what happened, in the words of the option the user wrote; never a token, never a cell of a CSV.
    cure: what to do about it. option: the module option that caused it.
    errorcode, debuginfo: Moodle's own, when Moodle answered. result: return values known so far.
    may_be_done: whether the call that raised it may have been executed all the same; over: whether it is known to have ended.
    """

    kind = "error"
    may_be_done = over = False
    cause = "Something went wrong that has no class of its own."
    cure = ""

    def __init__(self, message, *, cure=None, option=None, errorcode=None, debuginfo=None, result=None):
        super().__init__(message)
        self.message = visible(message)
        if cure is not None:
            self.cure = cure
        self.option = option
        self.errorcode = errorcode and visible(errorcode)
        self.debuginfo = debuginfo and visible(debuginfo)
        self.result = dict(result or {})

    def __str__(self):
        return f"{self.message} {self.cure}".strip()

    def describe(self):
        """The C(error) return value: a dict of strings or None."""
        return {"kind": self.kind, "option": self.option, "errorcode": self.errorcode, "debuginfo": self.debuginfo}


class OptionError(ToolsyncError):
    kind = "option"
    cause = "An option is missing, or holds a value that Moodle or the plugin could not use."
    cure = "Correct the option; nothing was sent."


class LibraryMissing(ToolsyncError):
    kind = "library"
    cause = "The Python library requests is missing on the host that runs the module."
    cure = "Install it for the Python that Ansible uses there, for example with pip install requests."


class SourceFileError(ToolsyncError):
    kind = "source_file"
    cause = "The file to send is missing, unreadable or not a regular file."
    cure = "Check the path and its permissions on the host that the message names; nothing was sent."


class CsvRefused(ToolsyncError):
    kind = "csv"
    cause = "The CSV check found rows that the plugin would misread, refuse or choke on."
    cure = "Correct the file; nothing was sent."


class StateFileError(ToolsyncError):
    kind = "state_file"
    cause = "A file of the collection's own (what was last sent, a lock, the file of a plan, failed rows) could not be written."
    cure = "Make it readable, and its folder writable, for the user that runs the task, or name another place with the option."


class MoodleHostError(ToolsyncError):
    kind = "moodle_host"
    cause = "With moodle_dir: Moodle's own admin/cli/cfg.php could not be run on the host, or it failed."
    cure = "Run the task on the Moodle host as the user of its web server (become_user), and check moodle_dir and php."


class Unreachable(ToolsyncError):
    kind = "unreachable"
    may_be_done = True
    cause = "No connection to the site came about, or it broke every time: name, port, firewall, proxy or an overloaded server."
    cure = "Check url, and that this host may reach it (proxy variables are taken from the environment)."


class TlsFailed(ToolsyncError):
    kind = "tls"
    cause = "The site's certificate could not be verified, or TLS could not be set up."
    cure = "Give the certificate authority with ca_path; validate_certs=false only where you accept the risk."


class Redirected(ToolsyncError):
    kind = "redirect"
    may_be_done = True
    cause = (
        "The site answered with a redirect: its own address is another one than url, or something in front of it asks for a login. A "
        "redirected POST would lose its data."
    )
    cure = "Set url to the address that the message names."


class NotMoodle(ToolsyncError):
    kind = "not_moodle"
    may_be_done = True
    cause = "The answer is a web page or text, or JSON of another shape than Moodle's web services give."
    cure = "Check that url is the address of the Moodle site itself (its wwwroot), without a path behind it."


class HttpRefused(ToolsyncError):
    kind = "http"
    may_be_done = True
    cause = "The web server or a proxy in front of Moodle refused the request or failed."
    cure = "Look into the web server's or the proxy's log."


class Throttled(ToolsyncError):
    kind = "throttled"
    may_be_done = True
    cause = "A proxy in front of Moodle limits the number of requests (HTTP 429) and kept doing so."
    cure = "Run it again later, or raise the limit for this client."


class Maintenance(ToolsyncError):
    kind = "maintenance"
    cause = "The site is in maintenance mode or being upgraded."
    cure = (
        "Run it again when maintenance is over (Site administration > Server > Maintenance mode, or admin/cli/maintenance.php --disable)."
    )


class MoodleError(ToolsyncError):
    """Moodle answered with an error object that may come from a record. Unless it is about a parameter, it may come after the work."""

    kind = "moodle"
    may_be_done = over = True
    cause = "Moodle raised an exception that has no class of its own here."
    cure = "See the message, and Moodle's own log. Setting Site administration > Development > Debugging to NORMAL makes Moodle tell more."


class TokenRefused(ToolsyncError):
    kind = "token"
    cause = "Moodle does not know the token: mistyped, deleted, expired, or made on another site."
    cure = "Check the option token against Site administration > Server > Web services > Manage tokens."


class AccessRefused(ToolsyncError):
    kind = "access"
    cause = (
        "Web services or the REST protocol are off, the service is disabled or lacks the function, or the account of the token "
        "may not use it."
    )
    cure = (
        "Check on Site administration > Server > Web services: Overview (web services and REST are on), External services (the "
        "service is enabled, holds the function, allows uploads, and its authorised users hold the account), Manage tokens (not "
        "expired, no other IP restriction). The account needs the capability webservice/rest:use and must not be suspended."
    )


class FunctionUnknown(ToolsyncError):
    kind = "function_unknown"
    cause = "The site does not know the web service function: the tool_sync plugin is not installed, or it is another version."
    cure = "Install or upgrade the plugin (Site administration > Plugins > Plugins overview > tool_sync)."


class EditionError(ToolsyncError):
    kind = "edition"
    cause = "The site runs the community release of tool_sync, in which commit_file, process and deploy_course are closed."
    cure = (
        "Install the plugin's pro release, or switch off its setting emulatecommunity (Site administration > Plugins > Admin tools > Sync)."
    )


class ParameterRefused(MoodleError):
    kind = "parameter"
    may_be_done = False
    cause = "Moodle refused a value. On a production site it does not say which one: it is always 'Invalid parameter value detected'."
    cure = "Check the identifiers; with Site administration > Development > Debugging set to NORMAL, Moodle names the culprit."


class DatabaseError(MoodleError):
    kind = "database"
    cause = "Moodle's database refused a statement; in a run this is mostly an unset or wrong identifier setting of the plugin."
    cure = (
        "Save the plugin's settings once (Site administration > Plugins > Admin tools > Sync), check its identifier settings, "
        "and look for over-long or duplicate values in the data."
    )


class UploadRefused(MoodleError):
    kind = "upload"
    may_be_done = False
    cause = "Moodle or PHP did not take the file: too large, over the quota, an extension or a name that is not allowed."
    cure = "See the message for the limit that was met."


class OutcomeUnknown(ToolsyncError):
    kind = "unknown"
    may_be_done = True
    cause = (
        "A call that must not be repeated, or not while it may still be running, was sent, and no answer of Moodle came back: a time-out, "
        "a broken connection, a proxy's error, a redirect, a web page, a PHP error."
    )
    cure = "It may have been done, and may still be running: look at the site before you run this again."


class ExecutedUnreadable(ToolsyncError):
    kind = "executed_unreadable"
    may_be_done = over = True
    cause = "The work was done, but Moodle refused to hand over the report (invalidresponse)."
    cure = (
        "Nothing is repeated on its own. Set Site administration > Development > Debugging to DEVELOPER to receive the report "
        "with the next run, or look at the data on the site."
    )


class RunFailed(ToolsyncError):
    kind = "run"
    cause = "The run of the plugin reported rows that it could not process, or stopped before the end of the file."
    cure = "See failures and report in the result; correct the rows and run it again."


class PartlyFailed(ToolsyncError):
    kind = "partly_failed"
    cause = "Some records of a bulk task were refused; the others were processed."
    cure = "See failures in the result; correct those records and run it again: what is in place is left alone."


class NotReady(ToolsyncError):
    kind = "not_ready"
    cause = "The preflight, asked to fail on problems, found that the site or the token is not ready for what was asked."
    cure = "See problems in the result: each names the administration page that fixes it."


class LockHeld(ToolsyncError):
    kind = "lock"
    cause = "Another sequence is running on the site. The plugin's settings are global, so two at a time would swap files."
    cure = "Wait for its end, or give it more time with wait."


class Defect(ToolsyncError):
    kind = "defect"
    may_be_done = True
    cause = "A mistake in this collection itself."
    cure = f"Please report it with the output of -vvv: {ISSUES}"


#: What Moodle answers with: about a record, or about the token, its service or the site.
ANSWERED = (MoodleError, AccessRefused, EditionError, FunctionUnknown, TokenRefused)


def not_in_service(message, functions, option=None):
    """The error for what can't be done without functions that the token's service lacks; for before anything is sent."""
    cure = f"Add {functions} to the token's service ({FUNCTIONS_PAGE}); nothing was sent."
    return AccessRefused(message, cure=cure, option=option)

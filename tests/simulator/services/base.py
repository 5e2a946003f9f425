# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin's managers share: the report, the input file, what is left on the server afterwards."""
from __future__ import annotations

import abc
import fnmatch
import posixpath
import re
import time

from .. import php
from ..csvdialect import CsvFile
from ..errors import MoodleException, PhpError
from ..moodle import files
from ..site import DEBUG_DEVELOPER, Call
from ..store import Row
from ..strings import Argument, get_string


class Run(abc.ABC):
    """One run of a service. ``report`` is what the plugin would return: None when it logged nothing."""

    def __init__(self, call: Call):
        self.call = call
        self.store = call.store
        self.config = call.store.settings()
        self.log: list[str] = []
        self.developer = call.site.debug >= DEBUG_DEVELOPER
        self.tryback_head: str | None = None
        self.tryback: list[str] = []
        self.path = "/"
        self.name = ""

    @abc.abstractmethod
    def process(self) -> str | None:
        """Do it all; the report."""

    @property
    def report(self) -> str | None:
        return "".join(line + "\n" for line in self.log) if self.log else None

    @property
    def simulate(self) -> bool:
        return php.truthy(self.config.get("simulate"))

    def say(self, message: str) -> None:
        self.log.append(message)
        if self.developer:
            self.echo(message + "\n")

    def text(self, key: str, a: Argument = None) -> str:
        return get_string(key, self.call.lang, a)

    def tell(self, key: str, a: Argument = None, prefix: str = "") -> None:
        self.say(prefix + self.text(key, a))

    def echo(self, printed: str) -> None:
        """What the plugin prints besides its report."""
        self.call.printed.append(printed)

    def end(self) -> None:
        self.say("\n" + self.text("endofreport"))

    # -- the input file -----------------------------------------------------------------------------------------

    def open(self, setting: str, default: str) -> CsvFile | None:
        """The file a setting names, or None after a line in the report."""
        location = self.config.get(setting)
        if not php.truthy(location):
            self.path, self.name = "/", default
        else:
            assert location is not None
            if re.search("(http|ftp)s?://", location):
                # The code that fetches a file is in the plugin's closed part; here it finds nothing to fetch.
                raise MoodleException("notsupported")
            if "," in location:
                # A list of files never gets to a file, and says nothing about it.
                return None
            folder, self.name = posixpath.split(location)
            # PHP's dirname() of a bare name is ".", which the plugin turns into the root.
            folder = re.sub("//", "/", f"/{folder or '.'}/")
            self.path = "/" if folder in ("/./", "//") else folder
            if "*" in self.name:
                return self._first_match()
        if self.developer:
            self.echo("SINGLE FILE mode\n")
        found = self.input_file()
        if found is None:
            self.tell("filenotfound", self.path + self.name)
            return None
        return CsvFile(found["content"], self.config.get("encoding"))

    def _first_match(self) -> CsvFile | None:
        """A name with a wildcard (the closed part's work): the first file that fits, by name."""
        for row in self.store.records("files", order="filename", filepath=self.path, **files.SYNC_AREA):
            if fnmatch.fnmatchcase(row["filename"], self.name):
                self.name = row["filename"]
                return CsvFile(row["content"], self.config.get("encoding"))
        return None

    def input_file(self) -> Row | None:
        return files.find(self.store, files.SYNC_AREA, self.path, self.name)

    @property
    def separator(self) -> str:
        """The separator of the services that have a default for it."""
        return self.config.get("csvseparator", ";")

    def strict_separator(self, line: str) -> bool:
        """Whether a header line is free of all separators but the site's; where none is set, of every one."""
        others = {"\t", ",", ";", ":"} - {self.config.get("csvseparator")}
        if any(other in line for other in others):
            self.tell("invalidseparatordetected")
            return False
        return True

    def split(self, line: str) -> list[str]:
        """Cut a line at the site's separator, in the services that have no default for it."""
        separator = self.config.get("csvseparator")
        if not separator:
            raise PhpError("explode(): Argument #1 ($separator) cannot be empty", "ValueError")
        return line.split(separator)

    @staticmethod
    def combine(headers: list[str], values: list[str]) -> dict[str, str]:
        """PHP's array_combine(), which takes no lists of different lengths."""
        if len(headers) != len(values):
            raise PhpError(
                "array_combine(): Argument #1 ($keys) and argument #2 ($values) must have the same number of elements",
                "ValueError",
            )
        return dict(zip(headers, values))

    # -- tryback, report, archive, cleanup ----------------------------------------------------------------------

    def failed_row(self, line: str) -> None:
        if php.truthy(self.config.get("filefailed")):
            self.tryback.append(line)

    def store_report(self) -> None:
        if php.truthy(self.config.get("storereport")) and self.log:
            self.echo("Storing report\n")
            self._save("/reports/", f"{self._minute()}_report_{self.name}", (self.report or "").encode())

    def write_tryback(self, keep_name: bool = True) -> None:
        """Write the rows that failed beside the input file.

        Where the plugin forgets to copy the file's record (``keep_name`` false), archive and cleanup take the tryback
        for the input file afterwards.
        """
        if not php.truthy(self.config.get("filefailed")) or not self.tryback:
            return
        base, dot, extension = self.name.rpartition(".")
        if not dot:
            base, extension = self.name, ""
        name = f"{base}_tryback_{self._minute()}.{extension}"
        content = (self.tryback_head or "") + "\n" + "\n".join(self.tryback)
        self._save(self.path, name, content.encode("utf-8", "surrogateescape"))
        if not keep_name:
            self.name = name

    def archive(self) -> None:
        found = self.input_file()
        if php.truthy(self.config.get("filearchive")) and found is not None:
            self._save("/archives/", f"{self._minute()}_{self.name}", found["content"])

    def clean_up(self) -> None:
        if php.truthy(self.config.get("filecleanup")):
            self.store.delete("files", filepath=self.path, filename=self.name, **files.SYNC_AREA)
            self.echo("Cleaning out input file... cleaned.\n")

    def _save(self, path: str, name: str, content: bytes) -> None:
        files.save(self.store, files.SYNC_AREA, path, name, content, self.call.user["id"], self.call.now())

    def _minute(self) -> str:
        return time.strftime("%Y%m%d-%H%M", time.localtime(self.call.now()))

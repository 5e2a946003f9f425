# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files into the plugin's area: check, upload to a draft item, commit.

Private to this collection. The site's files can't be listed, so C(changed) compares with what this host committed last under the
same name. A run may consume a file (the site's setting filecleanup): after one, the file is sent again even when it is the same.
"""

from __future__ import annotations

import re

from ..csvfile.check import FINDINGS_SHOWN
from ..errors import OptionError, OutcomeUnknown, SourceFileError, ToolsyncError
from ..memory import CONSUMED, KEPT
from ..plan import Plan
from ..settings import in_force

#: What Moodle's PARAM_FILE takes out of a file name.
_CLEANED = re.compile(r"[\x00-\x1f\x7f&<>\"`|':\\/]")
#: What of os.stat changes when a file is written to or replaced.
_STATE = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


def plan(site, source, dest, *, service=None, action=None, settings=None, commit=True, force=False, allow_destructive=False):
    """Check a Source and plan its way. service, action: as checked_action gives them, or None; settings: what the run will find.

    Raises SourceFileError, CsvRefused, OptionError.
    """
    name = _checked_name(dest or source.name)
    check, digest, seen = source.inspect(service, action, in_force(site.memory, service, settings) if service else {})
    check.refuse(name, allow_destructive)
    if commit:
        site.memory.check()
    remarks = [*check.warnings, *check.destructive]
    for finding in remarks[:FINDINGS_SHOWN]:
        site.warn(f"{name}: {finding}")
    if len(remarks) > FINDINGS_SHOWN:
        more = check.counts["warning"] + check.counts["destructive"] - FINDINGS_SHOWN
        site.warn(f"{name}: {more} more remarks of the CSV check, the first of them in findings.")
    return UploadPlan(site, source, name, digest, seen, check, commit=commit, force=force)


class UploadPlan(Plan):
    def __init__(self, site, source, name, digest, seen, check, *, commit, force):
        known = site.memory.get("files", name) or {}
        same, size = known.get("sha256") == digest, seen.st_size
        self._send = force or not commit or not same or known.get("state") != KEPT
        super().__init__(
            changed=force or not commit or not same or known.get("state") == CONSUMED,
            before={"filename": name, "sha256": known["sha256"], "size": known["size"]} if known else {},
            after={"filename": name, "sha256": digest, "size": size},
            result={
                "filename": name,
                "draft_item_id": None,
                "size": size,
                "sha256": digest,
                "rows": check.rows,
                "columns": list(check.columns),
                "sent": self._send,
                "committed": commit,
                "findings": [vars(finding) for finding in (*check.destructive, *check.warnings)],
            },
        )
        self._site, self._source, self._commit, self._seen = site, source, commit, seen

    def close(self):
        self._source.close()

    def apply(self):
        if not self._send:
            return
        would_change, self.changed = self.changed, False
        self.result.update(sent=False, committed=False)
        record, sent = self._site.moodle.upload(self._source.path, self.result["filename"])
        if any(getattr(sent, name) != getattr(self._seen, name) for name in _STATE):
            raise SourceFileError(
                f"src: {self.result['filename']} was changed while it was being read; it was not committed.",
                option="src",
                cure="Run it again when nothing writes to the file.",
            )
        name = record["filename"]
        self.result.update(sent=True, filename=name, draft_item_id=int(record["itemid"]))
        self.after["filename"] = name
        if self._commit:
            self._do_commit(name)
        self.changed = would_change

    def _do_commit(self, name):
        # Until the commit is confirmed, what is in the plugin's area under this name is not known.
        self._site.memory.put("files", {name: None})
        self._site.memory.insist()
        try:
            self._site.moodle.call("tool_sync_commit_file", {"draftitemid": self.result["draft_item_id"]})
        except ToolsyncError as error:
            if isinstance(error, OutcomeUnknown):
                error.cure = "Run the task again: it uploads the file to a new draft item and commits that."
            self.changed = error.may_be_done
            raise
        self.result["committed"] = True
        entry = {"sha256": self.result["sha256"], "size": self.result["size"], "state": KEPT}
        self._site.memory.put("files", {name: entry})


def _checked_name(name):
    if not name:
        raise OptionError("dest is missing: with content or rows, the file needs a name.", option="dest")
    if _CLEANED.search(name) or name in (".", "..") or len(name.encode()) > 255:
        raise OptionError(
            "dest must be a plain file name of at most 255 bytes, without any of & < > \" ` | ' : \\ /, which Moodle takes out.",
            option="dest",
        )
    if not re.search(r"[^.]\.[A-Za-z0-9]+$", name):
        raise OptionError("dest needs an extension, such as .csv: the plugin names its own files after it.", option="dest")
    return name

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins share: a file named by C(src) is found on the controller and brought to where the module runs."""

from __future__ import annotations

import os

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase


class ToolsyncAction(ActionBase):
    """Runs the module of the same name. names_file: whether C(src) also names the file for the server, as C(dest) does."""

    names_file = False
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        args = dict(self._task.args)
        try:
            if args.get("src") and not self._truthy(args.get("remote_src")):
                args = self._with_file(args)
            result.update(
                self._execute_module(
                    module_name=self._task.action, module_args=args, task_vars=task_vars, wrap_async=self._task.async_val
                )
            )
        except AnsibleError as error:
            result.update(failed=True, changed=False, msg=f"src: {error}")
        finally:
            if not self._task.async_val:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    @staticmethod
    def _truthy(value):
        return str(value).lower() in ("true", "yes", "on", "1", "y", "t")

    def _with_file(self, args):
        """The module's arguments with a path that holds on the executing host."""
        found = self._loader.get_real_file(self._find_needle("files", args["src"]))
        moved = {**args, "src": found, "remote_src": True}
        if self.names_file and not any(args.get(name) for name in ("dest", "filename")):
            moved["dest"] = os.path.basename(args["src"])
        if self._connection.transport == "local" and not self._play_context.become:
            return moved
        tmp = self._connection._shell.tmpdir or self._make_tmp_path()
        target = self._connection._shell.join_path(tmp, "source")
        self._transfer_file(found, target)
        self._fixup_perms2((tmp, target))
        return {**moved, "src": target}

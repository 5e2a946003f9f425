# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins share: run a task inside the controller where it would run there anyway, else hand over to the module.

A module costs a few hundred milliseconds before it does anything; the same code in this process costs a few. What users see is the
same both ways. A file named by C(src) is found on the controller and, where that is another host, brought to the module.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import (
    TRACEBACK,
    invocation,
    prepared,
    refusal,
    run,
)


class ToolsyncAction(ActionBase):
    """Base of all action plugins. task: the module's Task. names_file: whether C(src) also gives the file's name for the server."""

    task = None
    names_file = False
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        args, warnings = prepared(self.task, self.arguments(as_json(dict(self._task.args))))
        file = None
        try:
            if args.get("src") and not _is_true(args.get("remote_src")):
                file = self._file(args["src"])
                args = self._with_file(args, *file)
            if self._runs_here(task_vars):
                result.update(self._run_here(args))
            else:
                result.update(
                    self._execute_module(module_name=self._module, module_args=args, task_vars=task_vars, wrap_async=self._task.async_val)
                )
        finally:
            if file:
                self._loader.cleanup_tmp_file(file[1])
            if not self._task.async_val:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        if warnings:
            result["warnings"] = [*warnings, *result.get("warnings", ())]
        return result

    def arguments(self, args):
        """The module's arguments, from the task's."""
        return args

    def _runs_here(self, task_vars):
        """Whether the module would be started on this machine, as this user, by this Python."""
        # On macOS, a process that Ansible forked crashes when it asks the system for its proxies.
        if not is_local(self) or self._task.async_val or sys.platform == "darwin":
            return False
        if self._task.delegate_to:
            task_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})
        interpreter = task_vars.get("ansible_python_interpreter")
        if interpreter is None:
            interpreter = C.config.get_config_value("INTERPRETER_PYTHON")
        interpreter = str(self._templar.template(interpreter))
        # Where nobody has chosen one, Ansible would look for the system's Python, which knows nothing of this one's libraries.
        return interpreter == sys.executable or interpreter.startswith("auto")

    def _run_here(self, args):
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        with _environment(environment):
            params, found = _validated(self.task, args, self._module)
            if found:
                result = {"failed": True, "msg": found[0]}
            else:
                result = run(
                    self.task,
                    params,
                    check_mode=self._task.check_mode,
                    diff=self._task.diff,
                    progress=lambda text: self._display.display(f"{self._task.get_name()}: {text}"),
                    traceback=self._display.verbosity >= TRACEBACK,
                )
        result["invocation"] = invocation(self.task, params)
        return as_json(remove_values(result, {params[name] for name in self.task.secrets if params.get(name)}))

    @property
    def _module(self):
        return "activeprolearn.toolsync." + type(self).__module__.rpartition(".")[2]

    def _file(self, src):
        """(the file that src names, where it can be read): the second is a temporary one where the first is in a vault."""
        try:
            found = self._find_needle("files", src)
            return found, self._loader.get_real_file(found)
        except AnsibleError as error:
            raise AnsibleActionFail(f"src: {error}") from error

    def _with_file(self, args, found, readable):
        """The module's arguments with a path that holds on the executing host."""
        moved = {**args, "src": readable, "remote_src": True}
        if self.names_file and not args.get("dest"):
            moved["dest"] = os.path.basename(args["src"])
        # A temporary file is gone before a task in the background reads it.
        if is_local(self) and not (self._task.async_val and readable != found):
            return moved
        tmp = self._connection._shell.tmpdir or self._make_tmp_path()
        target = self._connection._shell.join_path(tmp, "source")
        self._transfer_file(readable, target)
        self._fixup_perms2((tmp, target))
        return {**moved, "src": target}


def is_local(action):
    """Whether an action's modules run on this machine, as this user."""
    return action._connection.transport in ("local", "ansible.builtin.local") and not action._play_context.become


def _validated(task, args, module):
    """(the typed parameters, what is wrong with the arguments); a module fails with the first of these."""
    validated = ArgumentSpecValidator(task.argument_spec, **task.constraints).validate(args)
    params = validated.validated_parameters
    found = [
        f"Unsupported parameters for ({module}) module: {error.msg}" if isinstance(error, UnsupportedError) else error.msg
        for error in validated.errors
    ]
    return params, [refusal(task, params, text) for text in found]


def misfits(task, args, module):
    """What is wrong with the arguments of a module that is to be run later."""
    return _validated(task, prepared(task, as_json(args))[0], module)[1]


@contextlib.contextmanager
def _environment(changes):
    """The environment that the task asks for; this is a process of the task's own."""
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in changes.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _is_true(value):
    return str(value).lower() in ("true", "yes", "on", "1", "y", "t")


def as_json(value):
    """As the value would arrive in a module: plain JSON types; a time stamp that YAML made of a text is one again."""
    return json.loads(json.dumps(value, default=_text))


def _text(value):
    return list(value) if isinstance(value, (set, frozenset)) else str(value)

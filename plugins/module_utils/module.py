# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The glue between Ansible and the services: shared options, and the one entry C(run).

Private to this collection. C(run) knows neither AnsibleModule nor ActionBase, so that the same code runs in a module's process
and inside the controller. Errors become results here and nowhere else; so do check mode and diff.
"""

from __future__ import annotations

import contextlib
import time
import typing as t
from traceback import format_exception

from ansible.module_utils.basic import AnsibleModule, env_fallback

from .errors import Defect, OptionError, ToolsyncError
from .memory import Memory
from .plan import Plan, Site
from .wire.moodle import Moodle
from .wire.moodlehost import MoodleHost
from .wire.transport import Transport

#: Seconds that a task is silent at least, and that a call other than a run or a deployment may take at most.
SILENCE, LONGEST_READ = 5.0, 900
#: The verbosity at which a defect's traceback is shown.
TRACEBACK = 3
CENSORED = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

CONNECTION_SPEC: dict[str, dict[str, t.Any]] = {
    "url": {"type": "str", "aliases": ["moodle_url"], "fallback": (env_fallback, ["TOOLSYNC_URL"])},
    "token": {"type": "str", "no_log": True, "aliases": ["wstoken"], "fallback": (env_fallback, ["TOOLSYNC_TOKEN"])},
    "validate_certs": {"type": "bool", "default": True, "fallback": (env_fallback, ["TOOLSYNC_VALIDATE_CERTS"])},
    "ca_path": {"type": "path", "fallback": (env_fallback, ["TOOLSYNC_CA_PATH"])},
    "timeout": {"type": "int", "default": 60, "fallback": (env_fallback, ["TOOLSYNC_TIMEOUT"])},
    "connect_timeout": {"type": "int", "default": 10},
    "retries": {"type": "int", "default": 3},
}
#: Of modules that remember what they have sent.
MEMORY_SPEC: dict[str, dict[str, t.Any]] = {"state_file": {"type": "path", "fallback": (env_fallback, ["TOOLSYNC_STATE_FILE"])}}


class Task(t.NamedTuple):
    """What a module adds to the rest.

    plan: (Site, params) -> Plan. options: its argument spec without the connection's. constraints: the keyword arguments of
    AnsibleModule such as mutually_exclusive. personal: options whose values belong into no output, though they are no secrets.
    remembers: whether it looks at what was sent before.
    """

    plan: t.Callable[[Site, dict[str, t.Any]], Plan]
    options: dict[str, dict[str, t.Any]]
    constraints: dict[str, t.Any] = {}
    personal: tuple[str, ...] = ()
    remembers: bool = False

    @property
    def argument_spec(self):
        return {**CONNECTION_SPEC, **(MEMORY_SPEC if self.remembers else {}), **self.options}

    @property
    def secrets(self):
        return [name for name, option in self.argument_spec.items() if option.get("no_log")]


def run(task, params, *, check_mode=False, diff=False, progress=None, traceback=False):
    """Run a task; returns its result (C(failed) is true in that of a failure). Never raises.

    progress: called with a text now and then while a long task runs. traceback: whether that of a defect belongs into the result
    (C(error.debuginfo)); it may quote a cell or an address.
    """
    warnings: list[str] = []
    plan = memory = None
    failure: dict[str, t.Any] = {}
    try:
        with _site(params, warnings, check_mode) as site:
            memory = site.memory
            if progress is not None:
                site.progress = _now_and_then(progress)
            try:
                plan = task.plan(site, params)
                if check_mode:
                    plan.rehearse()
                else:
                    plan.apply()
            finally:
                if plan is not None:
                    plan.close()
            if memory is not None and memory.failure is not None:
                memory.failure.message += " What was sent to the site stays sent."
                raise memory.failure
    except Exception as error:
        if not isinstance(error, ToolsyncError):
            quoted = "".join(format_exception(type(error), error, error.__traceback__)) if traceback else None
            error = _defect(error, quoted, (params.get("token") or "").strip(), plan is not None and not check_mode)
        unwritten = memory and memory.failure
        besides = f" Besides, {unwritten.message}" if unwritten and unwritten is not error else ""
        failure = {**error.result, "failed": True, "msg": f"{error}{besides}", "error": error.describe()}
    # Whatever went wrong, what the plan knows by then stays true.
    known = {"changed": plan.changed, **plan.result} if plan is not None else {"changed": False}
    result = {**failure, **known}
    if memory is not None and memory.problem:
        warnings.append(memory.problem)
    if diff and plan is not None:
        result["diff"] = {"before": plan.before, "after": plan.after}
    if warnings:
        result["warnings"] = warnings
    return result


def _defect(error, quoted, token, was_at_work):
    """An exception that is none of ours to users: a mistake in the collection. quoted: its traceback, for those who asked for it."""
    message = f"A defect in activeprolearn.toolsync ({type(error).__name__})."
    if was_at_work:
        message += " What was known until then is in the result; look at the site before you run this again."
    return Defect(message, debuginfo=quoted.replace(token, CENSORED) if quoted and token else quoted)


def invocation(task, params):
    """The C(invocation) of a result: what the user wrote, without secrets and personal data."""
    hidden = {*task.secrets, *task.personal}
    return {"module_args": {key: CENSORED if key in hidden and value else value for key, value in params.items()}}


def refusal(task, params, text):
    """What Ansible says of arguments that don't fit, without the values of personal options."""
    for value in {leaf for name in task.personal for leaf in _leaves(params.get(name)) if len(leaf) > 2}:
        text = text.replace(value, "********")
    return text


def _leaves(value):
    """The texts in an option's value."""
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    elif value is not None:
        yield str(value)


def prepared(task, args):
    """(arguments as they are to be validated, warnings), of those that a user wrote.

    Options go by their own names, not their aliases. In an item of a list, an empty text says nothing where no text is an answer: that
    is what the cells of a CSV are when they are empty.
    """
    warnings: dict[str, None] = {}
    if not task.remembers:
        # The defaults of the whole group of modules may name it.
        args = {name: value for name, value in args.items() if name not in MEMORY_SPEC}
    return _prepared(task.argument_spec, [args], warnings)[0], list(warnings)


def _prepared(spec, items, warnings, within=""):
    """items: arguments by the same spec. within: the option that they are items of, with a dot."""
    own = {alias: name for name, option in spec.items() for alias in option.get("aliases", ())}
    takes_no_text = {name for name, option in spec.items() if within and (option.get("choices") or option["type"] in ("bool", "int"))}
    lists = {name: option["options"] for name, option in spec.items() if "options" in option}
    done = []
    for item in items:
        if not isinstance(item, dict):
            done.append(item)
            continue
        found = {name: value for name, value in item.items() if name not in own}
        for alias in own.keys() & item.keys():
            if own[alias] in found:
                warnings[f"Both option {within}{own[alias]} and its alias {within}{alias} are set."] = None
            found[own[alias]] = item[alias]
        for name in takes_no_text & found.keys():
            if found[name] == "":
                del found[name]
        for name in lists.keys() & found.keys():
            if isinstance(found[name], list):
                found[name] = _prepared(lists[name], found[name], warnings, f"{within}{name}.")
        done.append(found)
    return done


class _Module(AnsibleModule):
    """Refuses arguments as the action plugins do. Ansible would show the values of personal options, or blank them everywhere."""

    def __init__(self, task, **more):
        self._task = task
        super().__init__(**more)

    def fail_json(self, msg, **kwargs):
        if "invocation" not in kwargs:
            kwargs["invocation"] = invocation(self._task, self.params)
            msg = refusal(self._task, self.params, msg)
            self.no_log_values = {self.params[name] for name in self._task.secrets if self.params.get(name)}
        super().fail_json(msg=msg, **kwargs)


def run_module(task):
    """The C(main) of a module."""
    # Personal options are kept out of the target's syslog by no_log; but no_log would also blank every "1" and "student"
    # in the result once they are cells of a row, so only the token stays a value to blank.
    spec = {name: {**option, "no_log": True} if name in task.personal else option for name, option in task.argument_spec.items()}
    module = _Module(task, argument_spec=spec, supports_check_mode=True, **task.constraints)
    if task.personal:
        module.no_log_values = {module.params["token"]} - {None}
    result = run(
        task,
        module.params,
        check_mode=module.check_mode,
        diff=module._diff,
        traceback=module._verbosity >= TRACEBACK,
    )
    result["invocation"] = invocation(task, module.params)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


@contextlib.contextmanager
def _site(params, warnings, read_only):
    """The Site that a task works on: over web services, or on Moodle's own host."""
    if params.get("moodle_dir"):
        seconds = _checked_number(params, "timeout", 1)
        host = MoodleHost(params["moodle_dir"], params["php"], timeout=seconds, read_only=read_only)
        yield Site(None, None, warnings, host)
        return
    with _transport(params) as transport:
        if transport.clear_text:
            warnings.append("url begins with http://: the token travels unencrypted. Use https.")
        yield Site(
            Moodle(transport, params["token"], read_only=read_only),
            Memory(transport.base, params.get("state_file"), read_only=read_only),
            warnings,
        )


def _checked_number(params, option, least):
    if params[option] < least:
        raise OptionError(f"{option} must be at least {least}.", option=option)
    return params[option]


def _transport(params):
    for option, variable in (("url", "TOOLSYNC_URL"), ("token", "TOOLSYNC_TOKEN")):
        if not (params.get(option) or "").strip():
            raise OptionError(
                f"{option} is missing.", option=option, cure=f"Give the option {option}, or set the environment variable {variable}."
            )
    for option, least in (("connect_timeout", 1), ("retries", 0)):
        _checked_number(params, option, least)
    return Transport(
        params["url"].strip(),
        params["token"],
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
        # Where timeout is that of one long call, the reads around it shall not hang as long.
        timeout=min(_checked_number(params, "timeout", 1), LONGEST_READ),
        connect_timeout=params["connect_timeout"],
        retries=params["retries"],
    )


def _now_and_then(progress, clock=time.monotonic):
    """progress, called at most every few seconds, and not at all by a task that is quicker."""
    last = clock()

    def tell(text):
        nonlocal last
        if clock() - last >= SILENCE:
            last = clock()
            progress(text)

    return tell

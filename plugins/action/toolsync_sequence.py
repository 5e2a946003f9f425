# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role sync does between its tasks: it runs the modules of a step and keeps account of what became of them."""

from __future__ import annotations

import datetime
import os
import secrets
import time
import typing as t
from importlib import import_module

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import CONNECTION_SPEC
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils import report, sequence
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.action import is_local, misfits, plain
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.words import WORDS

COLLECTION = "activeprolearn.toolsync"
ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
ROLE, PLAYBOOKS = os.path.join(ROOT, "roles", "sync"), os.path.join(ROOT, "playbooks")
#: The variables of the role that say how the site is reached, and the modules' options for it.
CONNECTION = {f"sync_{name}": name for name in ("url", "token", "validate_certs", "ca_path", "retries")}

#: run_id -> what became of the steps so far: Ansible takes the items of a loop one after the other, in one process.
_done: dict[str, list[dict[str, t.Any]]] = {}


class ActionModule(ActionBase):
    """do: check, step or end; number: of the step. The rest it takes from the role's variables, typed as the role documents them.

    What is to be remembered is registered by the role: __sync_checked of the first task, __sync_taken of the loop over the steps. It is
    not made facts of, which a cache would keep and which a site may have forbidden as variables.
    """

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._options = self._role_options()
        self._check = self._task.check_mode
        self._words = WORDS[self._options["sync_language"]]
        self._warnings: list[str] = []
        do = {"check": self._look, "step": self._step, "end": self._end}.get(self._task.args.get("do"))
        if do is None:
            raise AnsibleActionFail("toolsync_sequence is internal to the role activeprolearn.toolsync.sync: use the role.")
        result.update(do())
        result["warnings"] = self._warnings
        return result

    # -- the role's variables ------------------------------------------------------------------------------------

    def _role_options(self):
        """The role's variables in the types of its argument specification, whatever brings them: a survey brings texts only."""
        with open(os.path.join(ROLE, "meta", "argument_specs.yml"), encoding="utf-8") as stream:
            spec = yaml.safe_load(stream)["argument_specs"]["main"]["options"]
        given = {name: self._variable(name) for name in spec}
        validated = ArgumentSpecValidator(spec).validate({name: value for name, value in given.items() if value is not None})
        if validated.error_messages:
            raise AnsibleActionFail("; ".join(validated.error_messages))
        options = validated.validated_parameters
        # What a step does not say is not the same as what it says to be nothing.
        steps = zip(options.get("sync_steps") or (), given.get("sync_steps") or ())
        options["sync_steps"] = [{key: typed[key] for key in step} for typed, step in steps]
        return options

    def _variable(self, name, default=None):
        value = self._vars.get(name)
        return plain(self._templar.template(value)) if value is not None else default

    def _connection_options(self):
        """How the site is reached: as the role is told, else as the modules are (module_defaults of a play)."""
        given = {key: value for key, value in self._task.args.items() if key in CONNECTION_SPEC}
        return {**given, **{option: self._options[name] for name, option in CONNECTION.items() if self._options.get(name) is not None}}

    # -- files on the controller ---------------------------------------------------------------------------------

    def _base(self):
        """Where relative paths begin: at the playbook; for a playbook of this collection, in the current directory."""
        folder = self._vars.get("playbook_dir") or os.getcwd()
        return os.getcwd() if os.path.realpath(folder) == PLAYBOOKS else folder

    def _path(self, path):
        return os.path.normpath(os.path.join(self._base(), os.path.expanduser(path)))

    def _found(self, src):
        """A file's full path. Files that lie beside a playbook of this collection are nobody's exports."""
        base, path = self._base(), self._path(src)
        if os.path.isabs(os.path.expanduser(src)) or base != self._vars.get("playbook_dir"):
            if os.path.exists(path):
                return path
            raise AnsibleActionFail(f"there is no file {path}")
        try:
            return os.path.abspath(self._find_needle("files", src))
        except AnsibleError:
            raise AnsibleActionFail(f"there is no file {src} in {base}, nor in its folder files") from None

    def _in_folder(self):
        """The files of sync_csv_dir that are there."""
        folder = self._options.get("sync_csv_dir")
        if not folder:
            return []
        paths = [os.path.join(self._path(folder), f"{service}.csv") for service, _action in sequence.CSV_FILES]
        return [path for path in paths if os.path.isfile(path)]

    # -- modules -------------------------------------------------------------------------------------------------

    def _call(self, module, title="", *, check=None, **options):
        """The result of a module of ours, with the connection of this task; a failure is a result too."""
        task = self._task.copy()
        name = f"{COLLECTION}.{module}"
        task.action = name
        task.name = title or task.name
        task.check_mode = self._check if check is None else check
        task.args = {**self._connection_options(), **{key: value for key, value in options.items() if value is not None}}
        action = self._shared_loader_obj.action_loader.get(
            name,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            answer = action.run(task_vars=self._vars)
        except AnsibleError as error:
            answer = {"failed": True, "msg": str(error)}
        for warning in answer.pop("warnings", ()):
            self._warn(warning)
        return answer

    def _warn(self, text):
        if text not in self._warnings:
            self._warnings.append(text)

    # -- check: everything, before the first write ---------------------------------------------------------------

    def _look(self):
        options = self._options
        steps, problems = sequence.steps_of(options, self._in_folder())
        for name, variable in (("sync_url", "TOOLSYNC_URL"), ("sync_token", "TOOLSYNC_TOKEN")):
            if self._variable(name) == "":
                # An empty option would fall back to the environment, and send another site's token to this one.
                problems.append(f"{name} is empty. Give that of this site, or leave {name} out to use {variable}.")
        problems += report.unwritable(options, self._base())
        known = {
            "run_id": f"{self._vars.get('inventory_hostname')}-{secrets.token_hex(8)}",
            "started": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "site": {"url": options.get("sync_url") or os.environ.get("TOOLSYNC_URL"), "name": None},
            "locked": False,
            "steps": [],
        }
        for step in steps:
            path, found = self._checked(step)
            problems += [f"{step['name']}: {problem}" for problem in found]
            known["steps"].append(sequence.begun({**step, "src": path}))
        if steps and options["sync_preflight"]:
            problems += self._ask_site(steps, known["site"])
        if not problems and options["sync_lock"]:
            problems += self._lock(known)
        # Each in a sentence, and what holds for all of them once, at the end.
        told = (problem.strip().replace("; nothing was sent.", ".").replace(" Nothing was sent.", "") for problem in problems)
        known["problems"] = list(dict.fromkeys(told))
        refused = {"failed": True, "msg": " ".join([*known["problems"], "Nothing was sent."])} if problems else {}
        return {"changed": False, **known, **refused}

    def _checked(self, step):
        """(the full path of a step's file or None, what is wrong with the step)."""
        if step["kind"] in sequence.LISTS:
            return None, self._misfits(step)
        problems = []
        if step.get("tryback") and is_local(self):
            problems += report.obstacles("tryback", self._path(step["tryback"]))
        if not (step.get("src") or "rows" in step):
            return None, problems
        path = None
        if step.get("src"):
            try:
                path = self._found(step["src"])
            except AnsibleActionFail as error:
                return self._path(step["src"]), [f"{error}.", *problems]
        answer = self._call("toolsync_upload", check=True, **self._upload_options(step, path))
        return path, [*([answer["msg"]] if answer.get("failed") else []), *problems]

    def _misfits(self, step):
        """What is wrong with the items of a list, as far as the options of its module say."""
        kind = sequence.LISTS[step["kind"]]
        task = import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{kind.module}").TASK
        found = [text for call in self._list_calls(step) for text in misfits(task, call, kind.module)]
        return [f"{text.rstrip('.')}." for text in dict.fromkeys(found)]

    def _ask_site(self, steps, site):
        answer = self._call("toolsync_site_info", features=sequence.features_of(steps), fail_on_problems=True)
        found = answer.get("site") or {}
        site.update({key: found[key] for key in ("url", "name") if found.get(key)})
        return [answer["msg"]] if answer.get("failed") else []

    def _lock(self, known):
        answer = self._call(
            "toolsync_lock", run_id=known["run_id"], wait=self._options["sync_lock_wait"], path=self._options.get("sync_lock_file")
        )
        known["locked"] = not answer.get("failed")
        return [answer["msg"]] if answer.get("failed") else []

    # -- a step --------------------------------------------------------------------------------------------------

    def _step(self):
        known, number = self._variable("__sync_checked"), int(self._task.args["number"])
        step = sequence.steps_of(self._options, self._in_folder())[0][number]
        about, before = known["steps"][number], _done.setdefault(known["run_id"], [])
        result = sequence.not_started(about, sequence.blocked_by(step, before))
        diff = None
        if not result["message"]:
            began = time.monotonic()
            told, diff = (self._list if step["kind"] in sequence.LISTS else self._csv)(step, about)
            result.update(told)
            result["changed"] = any(result[name] for name in ("file_sent", "settings_changed", "records_changed"))
            if self._check and result["counts"]["failed"] and any(other["changed"] for other in before):
                result = sequence.not_seen_yet(result)
            result["seconds"] = round(time.monotonic() - began, 1)
        before.append(result)
        if result["state"] != "done" or result["counts"]["failed"]:
            self._warn(sequence.line_of(result, self._words, where=False))
        answer = {"changed": result["changed"], "step": sequence.told(result, self._options["sync_report_rows"])}
        if diff is not None and self._task.diff:
            answer["diff"] = diff
        return answer

    def _upload_options(self, step, path):
        options = self._options
        return {
            **self._source(step, path),
            "dest": step.get("dest"),
            "service": step["kind"],
            "action": step["action"],
            "allow_destructive": step.get("allow_destructive", options["sync_allow_destructive"]),
            "force": step.get("force", options["sync_force"]),
            "state_file": options.get("sync_state_file"),
        }

    def _source(self, step, path):
        options = self._options
        return {
            "src": path,
            "rows": step.get("rows"),
            "columns": step.get("columns"),
            "separator": step.get("separator") or options["sync_separator"],
            "site_separator": step.get("site_separator") or options.get("sync_site_separator"),
            "encoding": step.get("encoding") or options["sync_encoding"],
        }

    def _csv(self, step, about):
        """(what became of a step that reads a CSV, its diff)."""
        path = about["file"] if step.get("src") else None
        told: dict[str, t.Any] = {}
        settings = dict(step["config"])
        given = path is not None or "rows" in step
        if given and step["action"] != "check":
            answer = self._call("toolsync_upload", about["title"], **self._upload_options(step, path))
            told["file_sent"] = bool(answer.get("changed"))
            if answer.get("failed"):
                return {**told, **sequence.failure_of(answer, "filename")}, None
            settings.update(sequence.location_of(step, answer["filename"]))
        if settings and step["action"] != "check":
            answer = self._call("toolsync_config", service=step["kind"], settings=settings, state_file=self._options.get("sync_state_file"))
            told["settings_changed"] = bool(answer.get("changed"))
            if answer.get("failed"):
                return {**told, **sequence.failure_of(answer, "settings")}, None
        tryback = step.get("tryback")
        answer = self._call(
            "toolsync_process",
            about["title"],
            service=step["kind"],
            action=step["action"],
            **(self._source(step, path) if given else {}),
            settings=settings or None,
            on_failed_rows="ignore",
            tryback=self._path(tryback) if tryback and is_local(self) else tryback,
            timeout=step.get("timeout") or self._options["sync_process_timeout"],
            state_file=self._options.get("sync_state_file"),
        )
        names = ("changed_is_certain", "outcome", "counts", "failures")
        told.update({name: answer[name] for name in names if name in answer}, state="done", records_changed=bool(answer.get("changed")))
        if answer.get("failed") or "outcome" not in answer:
            told.update(sequence.failure_of(answer, "outcome"))
        return told, answer.get("diff")

    def _list_calls(self, step):
        """The options of the calls that a step of a list needs: one of its module, but for courses one each."""
        kind, defaults, items = sequence.LISTS[step["kind"]], step.get("defaults") or {}, step[step["kind"]]
        if not kind.option:
            timeout = step.get("timeout") or self._options["sync_process_timeout"]
            return [{"timeout": timeout, **defaults, **item} for item in items]
        more = {"on_failures": "ignore", "max_input_vars": self._options["sync_max_input_vars"]}
        if step["kind"] == "enrol":
            more["parallel_requests"] = self._options["sync_parallel_requests"]
        return [{kind.option: items, **more, **defaults}]

    def _list(self, step, about):
        """(what became of a step of a list, its diff)."""
        kind = sequence.LISTS[step["kind"]]
        answers = [self._call(kind.module, about["title"], **call) for call in self._list_calls(step)]
        if not kind.option:
            return sequence.of_deployments(answers, [item.get("shortname") for item in step[step["kind"]]], self._check), None
        (answer,) = answers
        return sequence.of_list(step["kind"], answer, self._check), answer.get("diff")

    # -- the end -------------------------------------------------------------------------------------------------

    def _end(self):
        """Release the lock, and tell what was done: the figures are what is registered, reported and handed on to AWX."""
        options, known = self._options, self._variable("__sync_checked", {})
        if known.get("locked"):
            answer = self._call("toolsync_lock", run_id=known["run_id"], path=options.get("sync_lock_file"), state="absent")
            if answer.get("failed"):
                self._warn(answer["msg"])
        figures = sequence.figures(
            self._results(known),
            # Where the first task has broken off, what it failed with is all there is to tell.
            known.get("problems", [known.get("msg") or "The check broke off."]),
            site=known.get("site") or {},
            started=known.get("started"),
            check_mode=self._check,
            show=options["sync_report_rows"],
        )
        reports = []
        if options.get("sync_report_dir"):
            try:
                reports = report.write(options, self._base(), self._vars.get("inventory_hostname"), figures, self._words)
            except OSError as error:
                self._warn(f"sync_report_dir: the report could not be written: {error.strerror}.")
        stats = {"set_stats": options["sync_set_stats"]}
        return {"changed": False, **figures, **stats, "reports": reports, "summary": sequence.summary(figures, self._words)}

    def _results(self, known):
        """What became of each step; one that broke off has failed."""
        taken = (self._variable("__sync_taken", {}).get("results") or []) if not known.get("problems") else []
        results = []
        for number, about in enumerate(known.get("steps") or ()):
            item = taken[number] if number < len(taken) else {}
            result = item.get("step") or sequence.not_started(about)
            if item.get("failed"):
                result.update(state="failed", message=item.get("msg") or "It broke off.", changed_is_certain=False)
            results.append(result)
        return results

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role sync does between its tasks: it runs the modules of a step and keeps account of what became of them."""

from __future__ import annotations

import datetime
import os
import secrets
import time

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import CONNECTION_SPEC
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils import report, sequence
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.action import plain
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.words import WORDS

COLLECTION = "activeprolearn.toolsync"
ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
ROLE, PLAYBOOKS = os.path.join(ROOT, "roles", "sync"), os.path.join(ROOT, "playbooks")


class ActionModule(ActionBase):
    """do: check, step or end; number: of the step. The rest it takes from the role's variables, typed as the role documents them.

    What is to be remembered from one task to the next stands in the facts sync_results, sync_failed and __sync_state.
    """

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._options = self._role_options()
        self._check = self._task.check_mode
        self._words = WORDS[self._options["sync_language"]]
        do = self._task.args.get("do")
        result.update({"check": self._look, "step": self._step, "end": self._end}[do]())
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
        return validated.validated_parameters

    def _variable(self, name):
        value = self._vars.get(name)
        return plain(self._templar.template(value)) if value is not None else None

    def _fact(self, name, default):
        value = self._variable(name)
        return default if value is None else value

    # -- files on the controller ---------------------------------------------------------------------------------

    def _base(self):
        """Where relative paths begin: at the playbook; for a playbook of this collection, in the current directory."""
        folder = self._vars.get("playbook_dir") or os.getcwd()
        return os.getcwd() if os.path.realpath(folder) == PLAYBOOKS else folder

    def _found(self, src):
        """A file's full path. Files that lie beside a playbook of this collection are nobody's exports."""
        src, base = os.path.expanduser(src), self._base()
        path = os.path.join(base, src)
        if os.path.isabs(src) or base == os.getcwd() != self._vars.get("playbook_dir"):
            if os.path.exists(path):
                return path
            raise AnsibleActionFail(f"there is no file {path}")
        try:
            return os.path.abspath(self._find_needle("files", src))
        except AnsibleError:
            raise AnsibleActionFail(f"there is no file {src} beside the playbook ({base}), nor in its folder files") from None

    def _in_folder(self):
        """The files of sync_csv_dir that are there."""
        folder = self._options.get("sync_csv_dir")
        if not folder:
            return []
        folder = os.path.join(self._base(), os.path.expanduser(folder))
        paths = [os.path.join(folder, f"{service}.csv") for service, _action in sequence.CSV_FILES]
        return [path for path in paths if os.path.isfile(path)]

    # -- modules -------------------------------------------------------------------------------------------------

    def _call(self, module, *, check=None, **options):
        """The result of a module of ours, with the connection of this task; a failure is a result too."""
        task = self._task.copy()
        name = f"{COLLECTION}.{module}"
        task.action = name
        task.check_mode = self._check if check is None else check
        connection = {key: value for key, value in self._task.args.items() if key in CONNECTION_SPEC}
        task.args = {**connection, **{key: value for key, value in options.items() if value is not None}}
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
        self._warnings: list[str] = []
        options = self._options
        steps, problems = sequence.steps_of(options, self._in_folder())
        if self._variable("sync_token") == "":
            # An empty option would fall back to the environment, and send another site's token to this one.
            problems.append("sync_token is empty. Give the token of this site, or leave sync_token out to use TOOLSYNC_TOKEN.")
        state = {
            "run_id": f"{self._vars.get('inventory_hostname')}-{secrets.token_hex(8)}",
            "started": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "paths": [],
            "site": {"url": options.get("sync_url") or os.environ.get("TOOLSYNC_URL"), "name": None},
            "locked": False,
            "refused": "",
            "number": len(steps),
        }
        problems += report.unwritable(options, self._base())
        missing: list[str] = []
        for step in steps:
            path, problem = self._path_of(step)
            state["paths"].append(path)
            if problem:
                problems.append(f"{step['name']}: {problem}.")
                missing.append(step["name"])
        if not problems and options["sync_preflight"]:
            problems += self._ask_site(steps, state)
        results = [sequence.begun({**step, "src": path}) for step, path in zip(steps, state["paths"])]
        for step, path, begun in zip(steps, state["paths"], results):
            if step["kind"] in sequence.LISTS or step["name"] in missing or (path is None and "rows" not in step):
                continue
            answer = self._call("toolsync_upload", check=True, **self._upload_options(step, path))
            if answer.get("failed"):
                begun["message"] = answer["msg"]
                problems.append(f"{step['name']}: {answer['msg']}")
        if not problems and options["sync_lock"]:
            problems += self._lock(state)
        if problems:
            # Not by a failure of this task: Ansible would forget the facts.
            told = dict.fromkeys(problem.strip() for problem in problems)
            text = ' '.join(told).replace('; nothing was sent.', '.').removesuffix('Nothing was sent.').rstrip()
            state.update(refused=f"{text} Nothing was sent.", number=0)
        return self._kept({"changed": False}, results, bool(problems), state)

    def _path_of(self, step):
        if not step.get("src"):
            return None, None
        try:
            return self._found(step["src"]), None
        except AnsibleActionFail as error:
            return step["src"], str(error)

    def _ask_site(self, steps, state):
        answer = self._call(
            "toolsync_site_info",
            features=sequence.features_of(steps),
            fail_on_problems=True,
            state_file=self._options.get("sync_state_file"),
        )
        site = answer.get("site") or {}
        state["site"].update({key: site[key] for key in ("url", "name") if site.get(key)})
        return [answer["msg"]] if answer.get("failed") else []

    def _lock(self, state):
        answer = self._call(
            "toolsync_lock", run_id=state["run_id"], wait=self._options["sync_lock_wait"], path=self._options.get("sync_lock_file")
        )
        state["locked"] = not answer.get("failed")
        return [answer["msg"]] if answer.get("failed") else []

    # -- a step --------------------------------------------------------------------------------------------------

    def _step(self):
        self._warnings = []
        state, results = self._fact("__sync_state", {}), self._fact("sync_results", [])
        number = int(self._task.args["number"])
        step = sequence.steps_of(self._options, self._in_folder())[0][number]
        policy = step.get("on_failures") or self._options["sync_on_failures"]
        result = {**results[number], "message": sequence.blocked_by(step, results[:number], self._options["sync_on_failures"])}
        diff = None
        if not result["message"]:
            began = time.monotonic()
            run = self._csv if step["kind"] not in sequence.LISTS else self._list
            told, diff = run(step, state["paths"][number])
            result.update({"state": "done", **told})
            result["changed"] = any(result[name] for name in ("file_sent", "settings_changed", "records_changed"))
            if self._check and result["counts"]["failed"] and any(before["changed"] for before in results[:number]):
                result = sequence.not_seen_yet(result)
            result["seconds"] = round(time.monotonic() - began, 1)
        results[number] = result
        bad = sequence.is_bad(result, policy)
        if bad or result["counts"]["failed"]:
            self._warn(sequence.line_of(result, self._words))
        answer = {"changed": result["changed"], "counts": result["counts"]}
        if diff is not None and self._task.diff:
            answer["diff"] = diff
        return self._kept(answer, results, self._fact("sync_failed", False) or bad, state, last=number + 1 == len(results))

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

    def _csv(self, step, path):
        """(what became of a step that reads a CSV, its diff)."""
        told = {"file": path or step.get("dest") or ""}
        settings = dict(step["config"])
        given = path is not None or "rows" in step
        if given and step["action"] != "check":
            answer = self._call("toolsync_upload", **self._upload_options(step, path))
            told["file_sent"] = bool(answer.get("changed"))
            if answer.get("failed"):
                return {**told, "state": "failed", "message": answer["msg"]}, None
            settings.update(sequence.location_of(step, answer["filename"]))
        if settings and step["action"] != "check":
            answer = self._call(
                "toolsync_config", service=step["kind"], settings=settings, state_file=self._options.get("sync_state_file")
            )
            told["settings_changed"] = bool(answer.get("changed"))
            if answer.get("failed"):
                return {**told, "state": "failed", "message": answer["msg"]}, None
        answer = self._call(
            "toolsync_process",
            service=step["kind"],
            action=step["action"],
            **(self._source(step, path) if given else {}),
            settings=settings or None,
            on_failed_rows="ignore",
            tryback=step.get("tryback"),
            timeout=step.get("timeout") or self._options["sync_process_timeout"],
            state_file=self._options.get("sync_state_file"),
        )
        names = ("changed_is_certain", "outcome", "counts", "failures")
        told.update({name: answer[name] for name in names if name in answer}, records_changed=bool(answer.get("changed")))
        if answer.get("failed"):
            told.update(state="failed", message=answer["msg"])
        return told, answer.get("diff")

    def _list(self, step, _path):
        """(what became of a step of a list, its diff)."""
        kind, defaults = sequence.LISTS[step["kind"]], step.get("defaults") or {}
        items = step[step["kind"]]
        if step["kind"] == "deploy":
            timeout = step.get("timeout") or self._options["sync_process_timeout"]
            answers = [self._call(kind.module, **{"timeout": timeout, **defaults, **item}) for item in items]
            names = [item.get("shortname") for item in items]
            return sequence.of_deployments(answers, names, self._check), None
        more = {"max_input_vars": self._options["sync_max_input_vars"], "state_file": self._options.get("sync_state_file")}
        if step["kind"] == "enrol":
            more["parallel_requests"] = self._options["sync_parallel_requests"]
        answer = self._call(kind.module, **{kind.option: items, "on_failures": "ignore", **more, **defaults})
        told = sequence.of_list(step["kind"], answer, self._check)
        if answer.get("failed"):
            told.update(state="failed", message=answer["msg"], outcome=(answer.get("error") or {}).get("kind", "failed"))
        return told, answer.get("diff")

    # -- the end -------------------------------------------------------------------------------------------------

    def _end(self):
        self._warnings = []
        options, state = self._options, self._fact("__sync_state", {})
        results, failed = self._fact("sync_results", []), self._fact("sync_failed", True)
        if state.get("locked"):
            self._call("toolsync_lock", run_id=state["run_id"], path=options.get("sync_lock_file"), state="absent")
        answer = {"changed": False, "warnings": self._warnings}
        figures = self._figures(results, failed, state)
        if options.get("sync_report_dir"):
            answer["reports"] = report.write(options, self._base(), self._vars.get("inventory_hostname"), figures, self._words)
        lines = sequence.summary(figures["steps"], self._words)
        if not failed:
            return {**answer, "msg": lines, "_ansible_verbose_always": True}
        if not state.get("refused"):
            for line in lines:
                self._display.display(line)
        message = state.get("refused") or sequence.why(results, options["sync_on_failures"])
        return {**answer, "failed": True, "msg": message}

    # -- what is kept from one task to the next ------------------------------------------------------------------

    def _figures(self, results, failed, state):
        return sequence.figures(
            results,
            site=state.get("site") or {},
            started=state.get("started"),
            check_mode=self._check,
            failed=failed,
            show=self._options["sync_report_rows"],
        )

    def _kept(self, answer, results, failed, state, *, last=False):
        """An answer with the facts, and at the last step with the figures for AWX: Ansible forgets both of a task that failed."""
        answer["ansible_facts"] = {"sync_results": results, "sync_failed": failed, "__sync_state": state}
        answer["warnings"] = self._warnings
        if self._options["sync_set_stats"] and (last or state["refused"]):
            data = {"toolsync": {self._vars.get("inventory_hostname"): self._figures(results, failed, state)}}
            answer["ansible_stats"] = {"data": data, "per_host": False, "aggregate": True}
        return answer

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role sync does between its tasks: it runs the modules of a step and keeps account of what became of them."""

from __future__ import annotations

import datetime
import itertools
import os
import secrets
import shutil
import tempfile
import time
import typing as t
from importlib import import_module

import yaml
from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.errors import NotReady
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import CONNECTION_SPEC, MEMORY_SPEC
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils import report, sequence
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.action import as_json, is_local, misfits
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.words import WORDS

COLLECTION = "activeprolearn.toolsync"
ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
ROLE = os.path.join(ROOT, "roles", "sync")
PLAYBOOKS = os.path.join(ROOT, "playbooks")
#: The variables of the role that all modules are told, and their options for it.
CONNECTION = {f"sync_{name}": name for name in ("url", "token", "validate_certs", "ca_path", "retries", "state_file")}


def _about_connection(answer):
    """The option of the connection that a failed answer of a module is about, or None."""
    option = answer.get("error", {}).get("option")
    return option if option in CONNECTION.values() else None


def _in_words_of_the_role(answer):
    option = _about_connection(answer)
    return f"{answer['msg']} In the role, {option} is sync_{option}." if option else answer["msg"]


class Account:
    """What is known of a sequence while its steps are taken.

    told: what the role may show of the check; plans: what toolsync_plan said of each step, or None; results: of the steps so far.
    """

    def __init__(self, told):
        self.told: dict[str, t.Any] = told
        self.plans: list[dict[str, t.Any] | None] = []
        self.results: list[dict[str, t.Any]] = []
        #: Number of a step -> what it would create, as the option coming of toolsync_plan has it. Of check runs.
        self.coming: dict[int, dict[str, list[dict[str, str]]]] = {}

    @property
    def changed(self):
        """Whether the site may be another one than when the plans were made."""
        return any(result["changed"] for result in self.results)

    @property
    def brings(self):
        """Whether the steps so far would bring, or may, what rows of later ones name."""
        names = ("created", "updated", "unreported")
        # Of a file that is on the server already, no row is known.
        unread = any(result["changed"] and not result["counts"]["rows"] for result in self.results)
        return unread or any(result["counts"][name] for result in self.results for name in names)


#: run_id -> its Account. Ansible takes the items of a loop one after the other, in one process.
_accounts: dict[str, Account] = {}


class ActionModule(ActionBase):
    """do: begin, take, end or hand_on; number: what to take, 0 is the check and the others are the steps.

    The rest it takes from the role's variables, typed as the role documents them.

    What is to be remembered is registered by the role: __sync_begun by the first task, __sync_taken by the loop. It is not made facts of,
    which a cache would keep and which a site may have forbidden as variables.
    """

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._options = self._role_options()
        self._check = self._task.check_mode
        self._words = WORDS[self._options["sync_language"]]
        self._warnings: list[str] = []
        do = {"begin": self._begin, "take": self._take, "end": self._end, "hand_on": self._hand_on}.get(self._task.args.get("do"))
        if do is None:
            raise AnsibleActionFail("toolsync_sequence is internal to the role activeprolearn.toolsync.sync: use the role.")
        result.update(do())
        result["warnings"] = self._warnings
        # What is registered may be long, and the summary tells it; -vv shows it.
        result["_ansible_verbose_override"] = self._display.verbosity < 2
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
        return as_json(self._templar.template(value)) if value is not None else default

    def _connection_options(self):
        """How the site is reached: as the role is told, else as the modules are (module_defaults of a play)."""
        given = {key: value for key, value in self._task.args.items() if key in (*CONNECTION_SPEC, *MEMORY_SPEC)}
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

    # -- the beginning -------------------------------------------------------------------------------------------

    def _begin(self):
        """What there is to take, by its titles."""
        steps, _problems = sequence.steps_of(self._options, self._in_folder())
        return {
            "changed": False,
            "run_id": f"{self._vars.get('inventory_hostname')}-{secrets.token_hex(8)}",
            "titles": [sequence.CHECK_TITLE, *(sequence.title_of(step) for step in steps)],
        }

    def _take(self):
        run_id, number = self._variable("__sync_begun")["run_id"], int(self._task.args["number"])
        if number == 0:
            return self._look(run_id)
        account = _accounts.get(run_id)
        if account is None or account.told["problems"]:
            return {"changed": False, "skipped": True}
        return self._step(account, number - 1)

    # -- check: everything, before the first write ---------------------------------------------------------------

    def _look(self, run_id):
        options = self._options
        steps, problems = sequence.steps_of(options, self._in_folder())
        for name, variable in (("sync_url", "TOOLSYNC_URL"), ("sync_token", "TOOLSYNC_TOKEN")):
            if self._variable(name) == "":
                # An empty option would fall back to the environment, and send another site's token to this one.
                problems.append(f"{name} is empty. Give that of this site, or leave {name} out to use {variable}.")
        problems += report.unwritable(options, self._base())
        told = {
            "started": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "site": {"url": options.get("sync_url") or os.environ.get("TOOLSYNC_URL"), "name": None},
            "plan_id": None,
            "locked": False,
            "steps": [],
        }
        account = Account(told)
        #: Why the site can't be reached, which is no step's affair.
        self._unreached: list[str] = []
        wrong = set()
        for number, step in enumerate(steps):
            path, found = self._checked(step)
            problems += [f"{step['name']}: {problem}" for problem in found]
            told["steps"].append(sequence.begun({**step, "src": path}))
            if found or step["problems"]:
                wrong.add(number)
        refusals = self._ask_site(steps, told["site"]) if steps and options["sync_preflight"] else list(self._unreached)
        if not problems and not refusals and options["sync_lock"]:
            # Before the plans, which are of the site as no other sequence changes it.
            refusals += self._lock(run_id, told)
        problems += refusals
        if not refusals:
            problems += self._plan_all(steps, account, wrong)
        # Each in a sentence, and what holds for all of them once, at the end.
        told["problems"] = list(dict.fromkeys(map(sequence.without_sent, problems)))
        _accounts[run_id] = account
        return {"changed": False, "told": told}

    def _checked(self, step):
        """(the full path of a step's file or None, what is wrong with the step)."""
        if step["kind"] in sequence.LISTS:
            return None, self._misfits(step)
        problems: list[str] = []
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
        if answer.get("failed") and _about_connection(answer):
            self._unreached.append(_in_words_of_the_role(answer))
        elif answer.get("failed"):
            problems.insert(0, answer["msg"])
        return path, problems

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
        if not answer.get("failed"):
            return []
        if answer.get("error", {}).get("kind") != NotReady.kind:
            return [_in_words_of_the_role(answer)]
        return [
            " ".join(filter(None, (problem["message"], problem["admin_page"] and f"({problem['admin_page']})")))
            for problem in answer["problems"]
        ]

    def _lock(self, run_id, told):
        answer = self._call("toolsync_lock", run_id=run_id, wait=self._options["sync_lock_wait"], path=self._options.get("sync_lock_file"))
        told["locked"] = not answer.get("failed")
        return [answer["msg"]] if answer.get("failed") else []

    def _plan_all(self, steps, account, wrong):
        """Plan all files before the first is sent; returns what keeps them from being sent. wrong: numbers of steps with problems."""
        problems, may_change = [], False
        for number, (step, about) in enumerate(zip(steps, account.told["steps"])):
            plan = None
            if number not in wrong and sequence.is_planned(step):
                plan = self._call("toolsync_plan", about["title"], check=True, **self._plan_options(step, about))
                # What an earlier step brings may be what this one lacks: it is asked again when its turn has come.
                if plan.get("failed") and not (may_change and plan.get("error", {}).get("kind") == "run"):
                    problems.append(f"{step['name']}: {plan['msg']}")
            may_change = may_change or plan is None or bool(plan.get("changed"))
            account.plans.append(plan)
        account.told["plan_id"] = sequence.plan_id(steps, account.plans)
        approved = self._options.get("sync_approved_plan")
        if approved and approved != account.told["plan_id"] and not problems:
            problems.append(
                f"The plan is another one than the approved {approved}: it is {account.told['plan_id']} now. The files, the steps or the "
                "site have changed since. Run it in check mode, and have that plan approved."
            )
        return problems

    def _plan_options(self, step, about, **more):
        options = self._options
        return {
            **self._source(step, about["file"] if step.get("src") else None),
            "service": step["kind"],
            "action": step["action"],
            "settings": step["config"] or None,
            "send": self._send(step),
            "exact": sequence.is_exact(step, options) or None,
            "leavers": sequence.leavers_of(step, options),
            "removals_limit": step.get("removals_limit") or options["sync_removals_limit"],
            "allow_destructive": step.get("allow_destructive", options["sync_allow_destructive"]),
            # What is shown of them is decided when they are told.
            "show_rows": "differing",
            **more,
        }

    # -- a step --------------------------------------------------------------------------------------------------

    def _step(self, account, number):
        step, about = sequence.steps_of(self._options, self._in_folder())[0][number], account.told["steps"][number]
        result = sequence.not_started(about, sequence.blocked_by(step, account.results))
        diff = foreseen = None
        if not result["message"]:
            began = time.monotonic()
            if step["kind"] in sequence.LISTS:
                told, diff = self._list(step, about)
            else:
                plan = account.plans[number]
                foreseen = self._foreseen(account, step, about, plan) if self._check and plan and sequence.misses(plan) else None
                told, diff = self._csv(step, about, foreseen or plan, account.changed)
            result.update(told)
            result["changed"] = any(result[name] for name in ("file_sent", "settings_changed", "records_changed"))
            if foreseen:
                result["message"] = sequence.FORESEEN
            if self._check and result["counts"]["failed"] and account.brings:
                result = sequence.not_seen_yet(result, sequence.UNFORESEEN if foreseen else sequence.MISSING)
            result["details"] = sequence.details_of(result)
            result["seconds"] = round(time.monotonic() - began, 1)
        account.results.append(result)
        if result["state"] != "done" or result["counts"]["failed"]:
            self._warn(sequence.line_of(result, self._words, where=False))
        answer = {"changed": result["changed"], "step": sequence.step_told(result, self._options["sync_report_rows"], self._words)}
        # A diff names records.
        if diff is not None and self._task.diff and self._options["sync_report_rows"] != "none":
            answer["diff"] = diff
        return answer

    def _foreseen(self, account, step, about, plan):
        """The plan of a step whose rows name what earlier steps would create, as if that was there; None where it can't be made."""
        steps = sequence.steps_of(self._options, self._in_folder())[0]
        for number, result in enumerate(account.results):
            if number not in account.coming and result["counts"]["created"]:
                account.coming[number] = self._coming(steps[number], account.told["steps"][number], result)
        coming = {kind: [one for made in account.coming.values() for one in made.get(kind, ())] for kind in ("users", "courses")}
        if not any(coming.values()):
            return None
        plan = self._call("toolsync_plan", about["title"], check=True, **self._plan_options(step, about, coming=coming))
        return None if plan.get("failed") else plan

    def _coming(self, step, about, result):
        """What a step would create."""
        if step["kind"] == "deploy":
            made = {row["key"] for row in result["rows"] if row["outcome"] == "created"}
            calls = self._list_calls(step)
            return {"courses": [sequence.identity(call, "courses") for call in calls if call.get("shortname") in made]}
        if step["kind"] not in ("users", "courses") or not sequence.is_planned(step):
            return {}
        plan = self._call("toolsync_plan", about["title"], check=True, **self._plan_options(step, about, show_values=True))
        return {step["kind"]: sequence.created(plan.get("rows", ()), step["kind"])}

    def _upload_options(self, step, path):
        options = self._options
        return {
            **self._source(step, path),
            "dest": step.get("dest"),
            "service": step["kind"],
            "action": step["action"],
            "settings": step["config"] or None,
            "allow_destructive": step.get("allow_destructive", options["sync_allow_destructive"]),
            "force": self._options["sync_force"],
        }

    def _source(self, step, path):
        options = self._options
        return {
            "src": path,
            "rows": step.get("rows"),
            "columns": step.get("columns"),
            "separator": step.get("separator") or options["sync_separator"],
            "site_separator": options.get("sync_site_separator"),
            "encoding": step.get("encoding") or options["sync_encoding"],
        }

    def _csv(self, step, about, plan, outdated):
        """(what became of a step that reads a CSV, its diff).

        plan: what toolsync_plan said of it, or None; outdated: whether steps before it have changed the site since.
        """
        sends, planned = sequence.of_plan(plan, self._send(step), self._check) if plan and "plan_id" in plan else (True, None)
        sends = sends or self._options["sync_force"]
        if planned and self._check:
            if sends:
                name = step.get("dest") or os.path.basename(about["file"])
                planned.update(file_sent=True, settings_changed=self._configure(step, name)["settings_changed"])
            return planned, plan.get("diff")
        if planned and not sends and not outdated:
            return planned, plan.get("diff")
        if planned and self._makes_files(step):
            return self._planned_files(step, about)
        path = about["file"] if step.get("src") else None
        given = path is not None or "rows" in step
        upload = self._upload_options(step, path) if given and step["action"] != "check" else None
        return self._run(step, about["title"], self._source(step, path) if given else {}, upload, step.get("tryback"))

    def _send(self, step):
        """Which rows are sent."""
        return "all" if self._options["sync_force"] else step.get("send") or self._options["sync_send"]

    def _makes_files(self, step):
        """Whether what is sent is not the file itself, but made of it by the plan."""
        options = self._options
        whole = self._send(step) == "all" and not options["sync_rows_per_run"]
        return not whole or sequence.is_exact(step, options) or sequence.leavers_of(step, options) is not None

    def _planned_files(self, step, about):
        """As _csv, of files that the plan writes: a part of the rows, or more than these, or several files."""
        folder = self._folder()
        name = step.get("dest") or os.path.basename(about["file"])
        options = self._plan_options(step, about)
        # The lines of a part, and what is left out of it, are told by the rows.
        options.update(dest_file=os.path.join(folder, name), rows_per_file=self._options["sync_rows_per_run"] or None)
        try:
            plan = self._call("toolsync_plan", about["title"], **options)
            diff = plan.get("diff")
            if plan.get("failed") or "files" not in plan:
                return sequence.failure_of(plan, "plan_id"), diff
            done: list[dict[str, t.Any]] = []
            for number, file in enumerate(plan["files"] if plan["changed"] else (), 1):
                done.append(self._planned_file(step, about, file, number if len(plan["files"]) > 1 else None))
                if done[-1]["state"] != "done":
                    break
            return sequence.of_files(plan, done), diff
        finally:
            self._remove_folder(folder)

    def _planned_file(self, step, about, file, number):
        """What became of one of the files that a plan has written. number: of several, or None."""
        source = {
            "src": file["path"],
            "remote_src": True,
            "separator": self._options.get("sync_site_separator") or self._source(step, None)["separator"],
        }
        upload = {**self._upload_options(step, None), **source, "dest": os.path.basename(file["path"])}
        for option in ("rows", "columns", "site_separator", "encoding"):
            upload.pop(option)
        # The removals that the role was asked for by other means than rows are held against the limit by the plan.
        asked = file["leavers"] or sequence.is_exact(step, self._options)
        upload["allow_destructive"] = bool(upload["allow_destructive"] or asked)
        tryback = step.get("tryback")
        if tryback and number is not None:
            stem, extension = os.path.splitext(tryback)
            tryback = f"{stem}-{number}{extension}"
        told, _diff = self._run(step, about["title"], source, upload, tryback)
        return sequence.at_source(told, file["spans"])

    def _folder(self):
        """A private folder on the host that runs the modules."""
        if is_local(self):
            return tempfile.mkdtemp(prefix="toolsync-", dir=C.DEFAULT_LOCAL_TMP)
        folder = self._make_tmp_path()
        # Else the next module would take it for its own, and remove it.
        self._connection._shell.tmpdir = None
        return folder

    def _remove_folder(self, folder):
        if is_local(self):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            self._remove_tmp_path(folder)

    def _configure(self, step, filename):
        """Have the site's settings be those of the step. filename: of what was sent, or None; returns a part of the step's result."""
        settings = {**step["config"], **(sequence.location_of(step, filename) if filename else {})}
        if not settings or step["action"] == "check":
            return {}
        answer = self._call("toolsync_config", service=step["kind"], settings=settings)
        told = {"settings_changed": bool(answer.get("changed"))}
        return {**told, **sequence.failure_of(answer, "settings")} if answer.get("failed") else told

    def _run(self, step, title, source, upload, tryback):
        """(what became of sending a file and running it, the diff). source: options for the rows; upload: for toolsync_upload, or None."""
        told: dict[str, t.Any] = {"state": "done"}
        filename = None
        if upload:
            answer = self._call("toolsync_upload", title, **upload)
            told["file_sent"] = bool(answer.get("changed"))
            if answer.get("failed"):
                return {**told, **sequence.failure_of(answer, "filename")}, None
            filename = answer["filename"]
        told.update(self._configure(step, filename))
        if told["state"] != "done":
            return told, None
        settings = {**step["config"], **(sequence.location_of(step, filename) if filename else {})}
        answer = self._call(
            "toolsync_process",
            title,
            service=step["kind"],
            action=step["action"],
            **source,
            settings=settings or None,
            allow_destructive=step.get("allow_destructive", self._options["sync_allow_destructive"]),
            tryback=self._path(tryback) if tryback and is_local(self) else tryback,
            timeout=step.get("timeout"),
        )
        return {**told, **sequence.of_run(answer)}, answer.get("diff")

    def _list_calls(self, step):
        """The options of the calls that a step of a list needs: one of its module, but for courses one each."""
        kind, defaults, items = sequence.LISTS[step["kind"]], step.get("defaults") or {}, step[step["kind"]]
        if not kind.option:
            waits = {"timeout": step["timeout"]} if step.get("timeout") else {}
            return [{**waits, **defaults, **item} for item in items]
        return [{kind.option: items, **defaults}]

    def _list(self, step, about):
        """(what became of a step of a list, its diff)."""
        kind = sequence.LISTS[step["kind"]]
        answers = [self._call(kind.module, about["title"], **call) for call in self._list_calls(step)]
        if not kind.option:
            told = sequence.of_deployments(answers, [item.get("shortname") for item in step[step["kind"]]], self._check)
            return told, [answer["diff"] for answer in answers if answer.get("diff")]
        (answer,) = answers
        return sequence.of_list(step["kind"], answer, self._check), answer.get("diff")

    # -- the end -------------------------------------------------------------------------------------------------

    def _end(self):
        """Release the lock, and tell what was done: the figures are what is registered, reported and handed on to AWX."""
        options = self._options
        items = self._variable("__sync_taken", {}).get("results") or [{}]
        known = items[0].get("told") or {
            "problems": [items[0].get("msg") or self._variable("__sync_begun", {}).get("msg") or "The check broke off."]
        }
        if known.get("locked"):
            run_id = self._variable("__sync_begun")["run_id"]
            answer = self._call("toolsync_lock", run_id=run_id, path=options.get("sync_lock_file"), state="absent")
            if answer.get("failed"):
                self._warn(answer["msg"])
        figures = sequence.figures(
            [sequence.of_item(about, item) for about, item in itertools.zip_longest(known.get("steps", ()), items[1:]) if about],
            known["problems"],
            site=known.get("site") or {},
            started=known.get("started"),
            check_mode=self._check,
            plan_id=known.get("plan_id"),
            show=options["sync_report_rows"],
            words=self._words,
        )
        reports = []
        if options.get("sync_report_dir"):
            try:
                reports = report.write(options, self._base(), self._vars.get("inventory_hostname"), figures, self._words)
            except OSError as error:
                self._warn(f"sync_report_dir: the report could not be written: {error.strerror}.")
        return {"changed": False, **figures, "reports": reports, "summary": sequence.summary(figures, self._words)}

    def _hand_on(self):
        """The figures as set_stats hands them on."""
        known = self._variable("sync_result")
        data = {self._vars.get("inventory_hostname"): {name: known[name] for name in sequence.FIGURES}}
        return {"changed": False, "ansible_stats": {"data": {"toolsync": data}, "aggregate": True, "per_host": False}}

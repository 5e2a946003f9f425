# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bookkeeping of the role sync: what its steps are, what each needs, what became of them, and how that is told.

Plain data in, plain data out: nothing here talks to a site or knows Ansible.
"""

from __future__ import annotations

import collections
import hashlib
import itertools
import json
import os
import typing as t
from dataclasses import dataclass

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.errors import OptionError
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.rows.plan import COUNTED, COUNTS, FAIL, SKIP
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.rows.reasons import (
    NO_COHORT,
    NO_COURSE,
    NO_GROUP,
    NO_USER,
    cure_of,
)
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import LOCATIONS, checked_action, checked_setting

from .words import counted, numbered, outcome

#: Failed rows that the summary shows of a step.
FAILED_SHOWN = 20
#: Reasons that the summary and the report tell of what is not certain.
DOUBTS = 3
#: The outcomes of a run that has failed which are told as such; the others are told as "failed".
ENDS = ("unknown", "aborted", "executed_unreadable")


@dataclass(frozen=True)
class Kind:
    """A step of a list. module: which takes it; option: of that module, empty where it takes one item; feature: for the preflight.

    verb: for the step's title; counts: what the module counts -> what the sequence does.
    """

    module: str
    option: str
    feature: str
    verb: str
    counts: t.Mapping[str, str]


LISTS = {
    "deploy": Kind("toolsync_deploy_course", "", "deploy", "deploy courses", {}),
    "enrol": Kind(
        "toolsync_enrol",
        "enrolments",
        "enrol",
        "enrol users",
        {"enrolled": "created", "updated": "updated", "added": "created", "unenrolled": "deleted"},
    ),
    "cohort_members": Kind(
        "toolsync_cohort_members", "memberships", "cohort_members", "fill cohorts", {"added": "created", "removed": "deleted"}
    ),
    "groups": Kind(
        "toolsync_group",
        "groups",
        "groups",
        "set groups",
        {"created": "created", "added": "created", "deleted": "deleted", "removed": "deleted"},
    ),
    "roles": Kind("toolsync_role", "assignments", "roles", "give roles", {"assigned": "created", "unassigned": "deleted"}),
}
#: The files of sync_csv_dir, in the order in which one needs the other.
CSV_FILES = (("courses", "create"), ("users", "sync"), ("cohorts", "sync"), ("enrols", "sync"))
_FEATURES = ("upload", "config", "process")
#: The title of what comes before the steps.
CHECK_TITLE = "check the site and all files"
#: Settled outcomes of the rows of cohorts, by what a row changes: else it is the cohort itself.
_OF_MEMBERS = {"create": ("created", "added"), "update": ("added",), "delete": ("removed",)}
#: The keys of every step, of those that have a service, and of those that have a list.
_KEYS = {"name", "needs", "on_failures", "timeout"}
_CSV_KEYS = {
    *("action", "src", "rows", "columns", "dest", "config", "separator", "encoding"),
    *("allow_destructive", "tryback", "send", "exact", "leavers", "removals_limit"),
}


def no_counts():
    return dict.fromkeys(COUNTS, 0)


def steps_of(options, found):
    """(steps, problems) of the role's typed options. found: the files of sync_csv_dir that are there.

    A step is what was given, with its name, kind (a service, or one of LISTS), action, config and problems; a problem is a sentence, and
    problems are all of the steps' too, each with its step's name. What is none at all is left out.
    """
    given = options.get("sync_steps") or [
        {"service": service, "src": path} | ({"action": action} if service == "courses" else {})
        for service, action in CSV_FILES
        for path in found
        if os.path.basename(path) == f"{service}.csv"
    ]
    problems: list[str] = []
    steps: list[dict[str, t.Any]] = []
    # Of the steps that are wrong too: those that need them are not.
    names: list[str] = []
    for number, step in enumerate(given, 1):
        step = {key: value for key, value in step.items() if value is not None or key == "src"}
        made, wrong = _step(step, options)
        label = step.get("name") or (f"{made['kind']} {made['action'] if made['kind'] == 'courses' else ''}".strip() if made else "")
        label = f"{label or 'step'} {number}" if not label or label in names else label
        for needed in step.get("needs", ()):
            if needed not in names:
                known = ", ".join(names) or "none"
                wrong.append(f"needs names {needed}, which is no step before it. Steps before it: {known}.")
        names.append(label)
        problems += [f"{label}: {problem}" for problem in wrong]
        if made:
            steps.append({**made, "name": label, "problems": wrong})
    if not given:
        where = f" ({options['sync_csv_dir']} holds none of them)" if options.get("sync_csv_dir") else ""
        problems.append(
            "There is nothing to do. Give sync_steps, or sync_csv_dir with a folder on the controller that holds courses.csv, users.csv, "
            f"cohorts.csv or enrols.csv{where}."
        )
    return steps, problems


def _step(step, options):
    """(a step with its kind, action and config, or None where it has none, what is wrong with it)."""
    kinds = [key for key in ("service", *LISTS) if key in step]
    if len(kinds) != 1:
        allowed = ", ".join(("service", *LISTS))
        return None, [f"a step has one of {allowed}; this one has {', '.join(kinds) or 'none of them'}."]
    kind = kinds[0]
    odd = sorted(step.keys() - _KEYS - {kind} - (_CSV_KEYS if kind == "service" else {"defaults"}))
    wrong = [f"a step with {kind} has no {', '.join(odd)}."] if odd else []
    made = {**step, "kind": kind, "action": "", "on_failures": step.get("on_failures") or options["sync_on_failures"]}
    if kind == "service":
        try:
            made["kind"], made["action"] = checked_action(step["service"], step.get("action"))
        except OptionError as error:
            return None, [*wrong, error.message]
        source = _wrong_source(step)
        if source:
            made = {key: value for key, value in made.items() if key not in ("src", "rows")}
        made["config"], settings = _config(made, options)
        wrong += [*source, *settings]
    return made, wrong


def _wrong_source(step):
    if ("src" in step) == ("rows" in step):
        return ["a step with service has one of src (a file; null for one that is on the server already) and rows."]
    if step.get("src") == "":
        return ["src is empty. Name a file; for one that is on the server already, give null."]
    if "rows" in step and not step.get("dest"):
        return ["rows need a name for the file that is made of them: give dest."]
    return []


def _config(step, options):
    """(all settings that a step's run is told, what is wrong with them)."""
    config, wrong = {}, []
    for key, value in {**_identifiers(step["kind"], step["action"], options), **step.get("config", {})}.items():
        try:
            config[key] = checked_setting(step["kind"], key, value)
        except OptionError as error:
            wrong.append(error.message)
    return config, wrong


def _identifiers(service, action, options):
    """How records are found where the step does not say: else the plugin would take what another run has left there."""
    course, user, cohort = (options[f"sync_{kind}_identifier"] for kind in ("course", "user", "cohort"))
    return {
        ("courses", "delete"): {"filedeleteidentifier": course},
        ("courses", "reset"): {"fileresetidentifier": "shortname"},
        ("users", "sync"): {"primaryidentity": user},
        ("enrols", "sync"): {"courseidentifier": course, "useridentifier": user},
        ("cohorts", "sync"): {"cohortidentifier": cohort, "useridentifier": user, "autocreate": options["sync_cohort_autocreate"]},
    }.get((service, action), {})


def features_of(steps):
    """What the preflight asks for."""
    needed: list[str] = []
    for step in steps:
        if step["kind"] in LISTS:
            needed.append(LISTS[step["kind"]].feature)
            if step["kind"] == "enrol":
                asked = [step.get("defaults") or {}, *step["enrol"]]
                needed += ["exact"] * any(item.get("state") == "exact" for item in asked)
                needed += ["enrol_groups"] * any(item.get("groups") for item in asked)
                needed += ["unenrol"] * any(item.get("state") == "absent" for item in asked)
        else:
            needed += ["check_courses"] if step["action"] == "check" else _FEATURES
    return list(dict.fromkeys(needed))


def location_of(step, filename):
    """The setting that names the file of a step's run."""
    key, _default = LOCATIONS.get((step["kind"], step["action"]), (None, None))
    return {key: filename} if key else {}


def title_of(step):
    """What a step is called in the output: "users: send users.csv"."""
    if step["kind"] in LISTS:
        verb = LISTS[step["kind"]].verb
    elif step["action"] == "check":
        verb = "look for the courses"
    else:
        name = os.path.basename(step.get("dest") or step.get("src") or "")
        verb = f"send {name}" if name else "run"
    return f"{step['name']}: {verb}"


def is_planned(step):
    """Whether what a step does is predicted by a plan of its rows."""
    return step["action"] in ("create", "delete", "reset", "sync") and bool(step.get("src") or "rows" in step)


def is_exact(step, options):
    """Whether whoever a step's file leaves out is to go."""
    return step.get("exact", options["sync_exact"] and step["kind"] in ("enrols", "cohorts"))


def leavers_of(step, options):
    """The filter of accounts that are to be suspended or deleted where a step's file lacks them, or None."""
    return step.get("leavers", options.get("sync_leavers") if step["kind"] == "users" else None)


def plan_id(steps, plans):
    """A name for just this sequence: its steps, and what becomes of each row."""
    about = []
    for step, plan in zip(steps, plans):
        asked = {key: step.get(key) for key in (step["kind"], "config", "defaults")}
        about.append([step["name"], step["kind"], step["action"], (plan or {}).get("plan_id") or asked])
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]


def begun(step):
    """What is known of a step before it begins: who it is, and the full path of its file."""
    return {
        "name": step["name"],
        "title": title_of(step),
        "kind": step["kind"],
        "action": step["action"],
        "file": step.get("src") or step.get("dest") or "",
        "on_failures": step["on_failures"],
    }


def not_started(known, why=""):
    """The result of a step that has not begun. known: of begun."""
    return {
        **known,
        "state": "not started",
        "outcome": "not started",
        "changed": False,
        "changed_is_certain": True,
        "uncertain": [],
        "file_sent": False,
        "settings_changed": False,
        "records_changed": False,
        "counts": no_counts(),
        "details": {},
        "rows": [],
        "failures": [],
        "message": why,
        "seconds": 0.0,
    }


def blocked_by(step, results):
    """Why a step can't begin, or an empty text. results: of the steps before it."""
    open_steps = [result["name"] for result in results if result["state"] != "done"]
    missing = [name for name in open_steps if name in step["needs"]] if "needs" in step else open_steps
    if missing:
        return f"It needs {', '.join(missing)}."
    bad = [result["name"] for result in results if result["counts"]["failed"] and result["on_failures"] == "stop"]
    return f"Rows of {', '.join(bad)} failed, and on_failures is stop." if bad else ""


def without_sent(text):
    """A module's message without the assurance that nothing was sent, which holds for that call alone."""
    return text.strip().replace("; nothing was sent.", ".").replace(" Nothing was sent.", "")


def failure_of(answer, evidence):
    """What a failed answer of a module makes of a step. evidence: what every answer that was given has.

    One that says nothing at all, as of a task whose process was killed, may have changed something.
    """
    told = {"state": "failed", "message": answer.get("msg") or "It ended without a word."}
    if evidence in answer or answer.get("error"):
        return told
    return {**told, "outcome": "unknown", "records_changed": True, "changed_is_certain": False}


def _broke_off(answer):
    """Whether a module has failed otherwise than by some of its records, for which it fails at its end."""
    kind = (answer.get("error") or {}).get("kind")
    return bool(answer.get("failed")) and kind != "partly_failed" and not (kind == "run" and answer.get("outcome") == "complete")


def of_run(answer):
    """What toolsync_process has answered, as a part of a step's result."""
    names = ("changed_is_certain", "uncertain", "outcome", "counts", "failures", "rows")
    told = {"state": "done", **{name: answer[name] for name in names if name in answer}, "records_changed": bool(answer.get("changed"))}
    told["failures"] = [_explained(failure) for failure in told.get("failures", ())]
    if _broke_off(answer) or "outcome" not in answer:
        told.update(failure_of(answer, "outcome"))
    return told


def _explained(failure):
    """A failed row with our reason before the plugin's."""
    reason, said = failure["reason"], failure.get("said")
    reason = f"{reason} (the plugin: {said})" if said and said != reason else reason
    return {"line": failure["line"], "key": failure["key"], "reason": reason, "cure": failure.get("cure") or ""}


def of_plan(plan, send, check_mode):
    """(whether there is something to send, what a step comes to where nothing is sent).

    plan: the answer of toolsync_plan; send: its option.
    """
    counts = {**no_counts(), **plan["counts"]}
    nothing = all(not number or name in ("rows", "unchanged", "skipped") for name, number in counts.items()) and plan["certain"]
    sends = not nothing if send == "all" else plan["changed"]
    return sends, {
        "state": "done",
        "outcome": "predicted" if check_mode else "complete",
        "counts": counts,
        "failures": _failures(plan["rows"]),
        "rows": plan["rows"],
        # Of a site that nothing is sent to it is certain that nothing changes.
        "records_changed": sends and any(counts[name] for name in ("created", "updated", "deleted", "unreported")),
        "changed_is_certain": not sends or plan["certain"],
        "uncertain": plan["uncertain"] if sends else [],
    }


def _failures(rows):
    failed = [row for row in rows if row["outcome"] == FAIL]
    return [{"line": row["line"], "key": row["key"], "reason": row["because"], "cure": cure_of(row["because"])} for row in failed]


def _source_line(line, spans):
    """The line of the source that a line of a planned file comes from, or None. spans: as toolsync_plan tells them."""
    return next((source + line - first for first, source, number in spans if line and first <= line < first + number), None)


def at_source(told, spans):
    """What became of a planned file, with the lines of the source."""
    moved = {name: [{**row, "line": _source_line(row["line"], spans)} for row in told.get(name, ())] for name in ("failures", "rows")}
    return {**told, **moved}


def of_files(plan, done):
    """What a step comes to whose files the plan has written. done: what became of each, in their order; the last may have failed."""
    sent = {source + more for file in plan["files"] for _first, source, number in file["spans"] for more in range(number)}
    left = [row for row in plan["rows"] if row["line"] and row["line"] not in sent]
    counts, failures = no_counts(), _failures(left)
    counts["rows"] = plan["counts"]["rows"] - sum(file["rows"] for file in plan["files"])
    counts["failed"], counts["skipped"] = len(failures), sum(row["outcome"] == SKIP for row in left)
    counts["unchanged"] = counts["rows"] - counts["failed"] - counts["skipped"]
    for told, file in itertools.zip_longest(done, plan["files"]):
        # A file that was not come to has rows, too.
        for name, number in (told or {"counts": {"rows": file["rows"], "not_done": file["rows"]}}).get("counts", {}).items():
            counts[name] += number
    last = done[-1] if done else {}
    return {
        "state": last.get("state", "done"),
        "message": last.get("message", ""),
        "outcome": last.get("outcome", "complete"),
        "counts": counts,
        "failures": sorted([*failures, *(row for told in done for row in told["failures"])], key=lambda row: row["line"] or 0),
        "rows": sorted([*left, *(row for told in done for row in told["rows"])], key=lambda row: row["line"] or 0),
        "changed_is_certain": all(told.get("changed_is_certain", False) for told in done),
        "uncertain": _added(doubt for told in done for doubt in told.get("uncertain", ())),
        **{name: any(told.get(name) for told in done) for name in ("file_sent", "settings_changed", "records_changed")},
    }


def _added(doubts):
    """What is uncertain of several files, each reason once. doubts: as toolsync_plan tells them."""
    rows = collections.Counter()
    for doubt in doubts:
        rows[doubt["because"]] += doubt["rows"]
    return [{"because": why, "rows": number} for why, number in rows.most_common()]


def of_item(about, item):
    """The result of a step. item: what the loop over the steps has registered of it, or None; one that broke off has failed."""
    result = (item or {}).get("step") or not_started(about)
    if item and item.get("failed"):
        result.update(state="failed", message=item.get("msg") or "It broke off.", changed_is_certain=False)
    return result


def _outcomes(kind, row):
    """What a row has done, in the words of counts and of details. row: of a plan, of a run, or of a list."""
    if kind == "cohorts" and "userid" in row.get("fields", ()):
        return _OF_MEMBERS.get(row["outcome"], (row["outcome"],))
    if kind == "cohorts" and "members" in row.get("fields", ()):
        return ("emptied",)
    return (COUNTED.get(row["outcome"], row["outcome"]),)


def rows_of(result):
    """The rows of a step that change something, or may: line, key, outcomes and reason, which for an update is what differs."""
    return [
        {
            "line": row["line"],
            "key": row["key"],
            "outcomes": _outcomes(result["kind"], row),
            "reason": row["because"] or (", ".join(row.get("fields", ())) if row["outcome"] == "update" else ""),
        }
        for row in result["rows"]
        if row["outcome"] != FAIL
    ]


def details_of(result):
    """What the rows of cohorts come to: cohorts and members apart. Empty for others, and where not all rows are told."""
    counts, changing = result["counts"], ("created", "updated", "deleted")
    rows = [row for row in result.get("rows", ()) if COUNTED.get(row["outcome"]) in changing]
    if result["kind"] != "cohorts" or not rows or len(rows) != sum(counts[name] for name in changing):
        return result["details"]
    found = dict.fromkeys(("created", "updated", "emptied", "deleted", "added", "removed"), 0)
    for row in rows:
        for name in _outcomes("cohorts", row):
            found[name] += 1
    return {**found, **{name: counts[name] for name in ("unchanged", "skipped", "failed", "not_done", "unreported")}}


def of_list(kind, answer, check_mode):
    """What a module's answer about a list says, as a part of a step's result."""
    found, counts = answer.get("counts") or {}, no_counts()
    for name, number in found.items():
        counts[LISTS[kind].counts.get(name, {"unknown": "unreported"}.get(name, name))] += number
    counts["rows"] = sum(found.values())
    told = {
        "state": "done",
        "records_changed": bool(answer.get("changed")),
        "changed_is_certain": bool(answer.get("changed_is_certain")),
        "outcome": "predicted" if check_mode else "complete",
        "counts": counts,
        "details": found,
        "rows": [
            {"line": None, "key": _named(item), "outcome": name, "because": item.get("reason") or ""}
            for name in (*LISTS[kind].counts, "unknown")
            for item in answer.get(name) or ()
        ],
        "failures": [{"line": None, "key": _named(failure), "reason": failure["reason"]} for failure in answer.get("failures") or ()],
    }
    if _broke_off(answer) or "counts" not in answer:
        told.update({"outcome": (answer.get("error") or {}).get("kind", "failed"), **failure_of(answer, "counts")})
    return told


def _named(failure):
    """A record of a list as a person would name it."""
    return " / ".join(str(failure[key]) for key in ("user", "group", "cohort", "course", "instance") if failure.get(key) is not None)


def of_deployments(answers, names, check_mode):
    """What became of courses that were deployed one by one. What brings no evidence is a failure."""
    counts, rows, failures, told, lost = no_counts(), [], [], [], {}
    counts["rows"] = len(answers)
    for name, answer in zip(names, answers):
        if answer.get("failed") or "created" not in answer:
            failure = failure_of(answer, "created")
            counts["failed"] += 1
            # Of the others something may have been sent.
            failures.append({"line": None, "key": name, "reason": without_sent(failure["message"])})
            if "outcome" in failure:
                lost = {**failure, "message": f"What became of {name} is not known."}
            continue
        outcome = "created" if answer["created"] else "updated" if answer.get("updated") else "unchanged"
        counts[outcome] += 1
        if outcome != "unchanged":
            rows.append({"line": None, "key": name, "outcome": outcome, "because": ""})
        word = "becomes" if answer.get("updated") else "not"
        differences = answer.get("differences") or {}
        told += [f"{name}: {field} is {sides['current']}, {word} {sides['wanted']}." for field, sides in differences.items()]
    return {
        "state": "done",
        "records_changed": any(answer.get("changed") for answer in answers),
        "changed_is_certain": all(
            answer.get("confirmed", False) or ("error" in answer and not answer.get("changed")) for answer in answers
        ),
        "outcome": "predicted" if check_mode else "complete",
        "counts": counts,
        "rows": rows,
        "failures": failures,
        "message": "\n".join(told),
        **lost,
    }


#: Why rows fail that name what an earlier step may make; and where users and courses were foreseen.
UNFORESEEN = (NO_COHORT, NO_GROUP)
MISSING = (NO_USER, NO_COURSE, *UNFORESEEN)
FORESEEN = "Predicted as if the accounts and courses that earlier steps would create were there."
#: By what files name users and courses.
_IDENTITIES = {"users": ("username", "idnumber", "email"), "courses": ("shortname", "idnumber")}


def misses(plan):
    """Whether rows of a plan fail because something is not there."""
    return any(_is_for(failure, MISSING) for failure in _failures(plan.get("rows", ())))


def _is_for(failure, reasons):
    return any(words in failure["reason"] for words in reasons)


def created(rows, kind):
    """The identities of what a plan's rows create. rows: as toolsync_plan tells them with their values."""
    return [identity({name: new for name, (_old, new) in row["fields"].items()}, kind) for row in rows if row["outcome"] == "create"]


def identity(fields, kind):
    return {name: str(fields[name]) for name in _IDENTITIES[kind] if fields.get(name) is not None}


def not_seen_yet(result, missing):
    """A step's result in check mode, where failed rows may name what earlier steps would have made. missing: their reasons."""
    kept = [failure for failure in result["failures"] if failure["line"] and not _is_for(failure, missing)]
    counts = dict(result["counts"])
    open_rows = counts["failed"] - len(kept)
    if not open_rows:
        return result
    counts["failed"] = len(kept)
    counts["unreported"] += open_rows
    message = "What earlier steps would create is not there yet, so what names it can't be predicted."
    rows = [row for row in result["rows"] if row["outcome"] != FAIL]
    rows += [
        {"line": failure["line"], "key": failure["key"], "outcome": "unknown", "because": failure["reason"]}
        for failure in result["failures"]
        if failure not in kept
    ]
    rows.sort(key=lambda row: row["line"] or 0)
    message = f"{result['message']}\n{message}".strip()
    details = {name: number for name, number in result["details"].items() if name not in ("failed", "unknown")}
    if details:
        details.update(failed=counts["failed"], unreported=counts["unreported"])
    open_result = {"details": details, "changed": True, "changed_is_certain": False, "message": message}
    return {**result, **open_result, "counts": counts, "rows": rows, "failures": kept}


def status_of(results, refused):
    """done, rows_failed (all steps ran), failed (a step did not run to its end), or refused (nothing was sent)."""
    if refused:
        return "refused"
    if any(result["state"] != "done" for result in results):
        return "failed"
    return "rows_failed" if any(result["counts"]["failed"] for result in results) else "done"


def why(results, words, check_mode=False):
    """What the role fails with: each bad step in a sentence; an empty text where none is."""
    some_failed = words["some_would_fail" if check_mode else "some_failed"]
    told = []
    for result in results:
        failed, number = result["counts"]["failed"], result["counts"]["rows"]
        if result["state"] != "done":
            state = words["not_started" if result["state"] == "not started" else "step_failed"]
            told.append(words["colon"].join(filter(None, (result["name"], state, result["message"].rstrip(".")))) + ".")
        elif failed and result["on_failures"] != "warn":
            told.append(some_failed.format(result["name"], failed, numbered(number, words, "", result["kind"])))
    end = f"{words['check_mode'].capitalize()}." if check_mode else words["again"]
    return " ".join([*told, end]) if told else ""


def line_of(result, words, *, where=True):
    """A step's result in one line. where: whether with the path of its file."""
    place = f" ({result['file']})" if where and result["file"] else ""
    predicted = result["outcome"] == "predicted"
    told = []
    if result["state"] == "not started":
        told.append(words["not_started"])
    elif result["state"] == "failed":
        told.append(words[result["outcome"] if result["outcome"] in ENDS else "step_failed"])
    if result["file_sent"]:
        told.append(words["file_to_send" if predicted else "file_sent"])
    if result["settings_changed"]:
        told.append(words["settings_to_change" if predicted else "settings_changed"])
    if result["counts"]["rows"]:
        told.append(words["colon"].join((numbered(result["counts"]["rows"], words, "", result["kind"]), counted(result, words))))
    elif not told:
        told.append(words["nothing"])
    if result["state"] == "done" and not result["changed_is_certain"]:
        doubts = (words["colon"].join((doubt["because"], numbered(doubt["rows"], words))) for doubt in result["uncertain"][:DOUBTS])
        why_not = words["semicolon"].join(doubts)
        told.append(f"{words['predicted_not_certain' if predicted else 'not_certain']}{f' ({why_not})' if why_not else ''}")
    return f"{result['name']}{place}{words['colon']}{words['semicolon'].join(told)}"


def summary(figures, words):
    """The lines that the role ends with, of what leaves the play."""
    if figures["status"] == "refused":
        return [words["colon"].join((words["refused"], words["nothing_sent"])), *figures["problems"]]
    lines = [f"{words['check_mode'].capitalize()}."] if figures["check_mode"] else []
    for result in figures["steps"]:
        lines.append(line_of(result, words))
        if result["message"]:
            lines += [f"  {line}" for line in result["message"].splitlines()]
        for failure in result["failures"][:FAILED_SHOWN]:
            line = f"{words['line']} {failure['line']}, " if failure.get("line") else ""
            cure = f". {failure['cure']}" if failure["cure"] else ""
            lines.append(f"  {line}{failure.get('key') or '?'}{words['colon']}{failure['reason']}{cure}")
        if len(result["failures"]) > FAILED_SHOWN:
            lines.append(f"  {words['more'].format(len(result['failures']) - FAILED_SHOWN)}")
        rows = rows_of(result)
        for row in rows[:FAILED_SHOWN]:
            line = f"{words['line']} {row['line']}, " if row["line"] else ""
            why_so = f" ({row['reason']})" if row["reason"] else ""
            lines.append(f"  {line}{row['key'] or '?'}{words['colon']}{outcome(row, result, words)}{why_so}")
        if len(rows) > FAILED_SHOWN:
            lines.append(f"  {words['more'].format(len(rows) - FAILED_SHOWN)}")
    if figures["check_mode"] and figures["report_rows"] != "all":
        lines.append(words["rows_hidden"].format("all"))
    return lines


def step_told(result, show, words):
    """A step's result as it may leave the step. show: none, failed or all, the role's sync_report_rows.

    Here and nowhere else it is decided what is told of single rows.
    """
    number = len(result["failures"])
    left = {**result, "failed_rows": max(number, result["counts"]["failed"]), "rows": result["rows"] if show == "all" else []}
    if show == "none":
        left["failures"] = []
        if number and result["message"]:
            left["message"] = f"{numbered(number, words, 'rows_failed')}."
    return left


def said(result, words):
    """A step's result with its sentences in the language of the words."""
    translate = words["said"]
    failures = [{**row, "reason": translate(row["reason"]), "cure": translate(row.get("cure", ""))} for row in result["failures"]]
    return {
        **result,
        "message": translate(result["message"]),
        "failures": failures,
        "rows": [{**row, "because": translate(row["because"])} for row in result["rows"]],
        "uncertain": [{**doubt, "because": translate(doubt["because"])} for doubt in result["uncertain"]],
    }


#: What is handed on to AWX.
FIGURES = ("site", "name", "started", "check_mode", "plan_id", "status", "reason", "problems", "counts", "steps")


def figures(results, problems, *, site, started, check_mode, plan_id, show, words):
    """What leaves the play: for the report, the summary, set_stats and what the role registers.

    problems: why all was refused, or nothing.
    """
    results = [said(result, words) for result in results]
    problems = [words["said"](problem) for problem in problems]
    steps = [step_told(result, show, words) for result in results]
    return {
        "site": site.get("url"),
        "name": site.get("name"),
        "started": started,
        "check_mode": check_mode,
        "plan_id": plan_id,
        "report_rows": show,
        "status": status_of(results, problems),
        "reason": " ".join([*problems, f"{words['nothing_sent'].capitalize()}."]) if problems else why(results, words, check_mode),
        "problems": problems,
        "counts": {name: sum(step["counts"][name] for step in steps) for name in COUNTS},
        "steps": steps,
    }

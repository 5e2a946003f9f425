# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people at ``/``: what is in the practice Moodle now, and what was asked of it. It shows no token."""
from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from html import escape

from .faults import Fault
from .site import CONDITIONS, Site

ROWS = 25
_STYLE = """
:root { --ink: #1d2733; --soft: #66727f; --line: #e1e6eb; --ground: #f5f7f9; --card: #fff; --accent: #b45309;
  --good: #15803d; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #94a1ae; --line: #2c3640; --ground: #12181e;
  --card: #1a222a; --accent: #f0a04b; --good: #4ade80; --bad: #f87171; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin-bottom: 1rem; }
h1 { font-size: 1.6rem; margin: 0; }
h1 span { color: var(--accent); }
header p { margin: 0; color: var(--soft); }
.notes { list-style: none; margin: 0 0 1rem; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
.notes li { border: 1px solid var(--accent); color: var(--accent); border-radius: 1rem; padding: .1rem .8rem; }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
.counts div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; }
.counts dt { color: var(--soft); font-size: .8rem; }
.counts dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 0 1rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem 1rem;
  margin-bottom: 1rem; }
.columns > div { min-width: 0; }
h2 { font-size: 1rem; margin: 0 0 .5rem; }
h2 small { color: var(--soft); font-weight: normal; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th { text-align: left; color: var(--soft); font-weight: 500; }
th, td { padding: .15rem .75rem .15rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th, td.number { white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.ok td.outcome { color: var(--good); }
tr.bad td.outcome { color: var(--bad); }
pre { margin: 0; font-size: .8rem; max-height: 20rem; overflow: auto; white-space: pre-wrap; overflow-wrap: break-word; }
.none { color: var(--soft); margin: 0; }
@media (max-width: 40rem) {
  thead { display: none; }
  table, tbody, tr { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .25rem 0; }
  td { display: inline; border: 0; padding: 0 .4rem 0 0; }
  td:empty { display: none; }
  td.number::before { content: attr(data-name) " "; color: var(--soft); }
  td + td::before { content: "\\b7\\a0"; color: var(--soft); }
  td + td.number::before { content: "\\b7\\a0" attr(data-name) " "; }
}
"""
# Fetches the page again every two seconds and puts the new content in the place of the old.
_SCRIPT = """
setInterval(async () => {
  if (document.hidden || String(getSelection())) return;
  try {
    const fresh = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
    const places = [...document.querySelectorAll("pre")].map(one => one.scrollTop);
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
    document.querySelectorAll("pre").forEach((one, index) => { one.scrollTop = places[index] || 0; });
  } catch (gone) { document.title = "Practice Moodle (stopped)"; }
}, 2000);
"""


def render(site: Site, faults: Sequence[Fault]) -> str:
    name = escape(str(site.store.setting("sitename", "core")))
    release = "pro" if site.pro else "community"
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Practice Moodle</title><style>{_STYLE}</style></head>
<body><main>
<header><h1><span>Practice</span> Moodle</h1>
<p>&#8220;{name}&#8221;, plays Moodle {escape(site.version.name)} with tool_sync ({release} release). Nothing here is real.</p>
</header>
{_notes(site, faults)}
{_counts(site)}
<div class="columns">
<div>{_calls(site)}{_courses(site)}{_users(site)}{_files(site)}</div>
<div>{_report(site)}{_cohorts(site)}{_groups(site)}{_enrolments(site)}{_settings(site)}</div>
</div>
</main><script>{_SCRIPT}</script></body></html>
"""


def _notes(site: Site, faults: Sequence[Fault]) -> str:
    notes = [CONDITIONS[name] for name in site.conditions]
    for fault in faults:
        how_often = {0: "every time", 1: "once"}.get(fault.count, f"{fault.count} times")
        notes.append(f"{fault.label}, {fault.when} the work of {fault.function}, {how_often}")
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<ul class="notes">{items}</ul>' if notes else ""


def _counts(site: Site) -> str:
    counted = (
        ("users", "deleted = 0", "user"),
        ("courses", "id <> 1", "course"),
        ("categories", "1", "course_categories"),
        ("enrolments", "1", "user_enrolments"),
        ("cohorts", "1", "cohort"),
        ("groups", "1", "groups"),
        ("files", "component = 'tool_sync'", "files"),
    )
    shown = [
        (title, site.store.value(f'SELECT COUNT(*) FROM "{table}" WHERE {where}')) for title, where, table in counted
    ]
    shown += [("calls", sum(site.calls.values())), ("writing calls", site.writes)]
    items = "".join(f"<div><dt>{title}</dt><dd>{number:,}</dd></div>" for title, number in shown)
    return f'<dl class="counts">{items}</dl>'


def _table(
    title: str, columns: str, rows: Iterable[Sequence[object]], note: str = "", classes: Sequence[str] = ()
) -> str:
    """A card with a table; a column whose name ends in ``#`` holds numbers, one in ``!`` an outcome."""
    names = columns.split("|")
    kinds = [{"#": ' class="number"', "!": ' class="outcome"'}.get(name[-1:], "") for name in names]
    # On a phone there is no header: a number says what it is of.
    marks = [f'{kind} data-name="{escape(name[:-1])}"' if name.endswith("#") else kind for kind, name in zip(kinds, names)]
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(
            f"<td{kind}>{_soft('' if value is None else str(value))}</td>" for kind, value in zip(marks, row)
        )
        mark = f' class="{classes[number]}"' if classes else ""
        lines.append(f"<tr{mark}>{cells}</tr>")
    head = "".join(f"<th{kind}>{escape(name.rstrip('#!'))}</th>" for kind, name in zip(kinds, names))
    body = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    if not lines:
        body = '<p class="none">None.</p>'
    small = f" <small>{escape(note)}</small>" if note else ""
    return f'<section><h2>{escape(title)}{small}</h2>{body}</section>'


def _soft(text: str) -> str:
    """A text that may be broken where it does not fit: after the marks in addresses, names and paths, and in a word that is very long."""
    return "<wbr>".join(escape(part) for part in re.findall(r"\s*[^\s@._/-]{0,20}[@._/-]|\s*[^\s@._/-]{1,20}|\s+", text))


def _listing(site: Site, title: str, columns: str, select: str, count: str) -> str:
    total = site.store.value(count)
    rows = [tuple(row) for row in site.store.rows(f"{select} LIMIT {ROWS}")]
    return _table(title, columns, rows, f"the newest {ROWS} of {total:,}" if total > ROWS else "")


def _clock(when: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(when))


def _calls(site: Site) -> str:
    last = list(site.last_calls)[-ROWS:][::-1]
    rows = [(_clock(seen.time), seen.function, seen.outcome, f"{seen.milliseconds:,.0f} ms") for seen in last]
    classes = ["ok" if seen.outcome == "ok" else "bad" for seen in last]
    return _table("Last calls", "when|function|outcome!|took#", rows, classes=classes)


def _report(site: Site) -> str:
    body = f"<pre>{escape(site.last_report[-20000:])}</pre>" if site.last_report else '<p class="none">None.</p>'
    return f"<section><h2>Report of the last run</h2>{body}</section>"


def _courses(site: Site) -> str:
    return _listing(
        site, "Courses", "id#|short name|full name|idnumber|category|enrolled#",
        "SELECT c.id, c.shortname, c.fullname, c.idnumber, cc.name, (SELECT COUNT(DISTINCT ue.userid) FROM "
        "user_enrolments ue JOIN enrol e ON e.id = ue.enrolid WHERE e.courseid = c.id) FROM course c "
        "LEFT JOIN course_categories cc ON cc.id = c.category WHERE c.id <> 1 ORDER BY c.id DESC",
        "SELECT COUNT(*) FROM course WHERE id <> 1",
    )


def _cohorts(site: Site) -> str:
    return _listing(
        site, "Cohorts", "id#|name|idnumber|members#",
        "SELECT c.id, c.name, c.idnumber, (SELECT COUNT(*) FROM cohort_members m WHERE m.cohortid = c.id) "
        "FROM cohort c ORDER BY c.id DESC",
        "SELECT COUNT(*) FROM cohort",
    )


def _groups(site: Site) -> str:
    return _listing(
        site, "Groups", "course|group|members#",
        "SELECT c.shortname, g.name, (SELECT COUNT(*) FROM groups_members m WHERE m.groupid = g.id) "
        'FROM "groups" g LEFT JOIN course c ON c.id = g.courseid ORDER BY g.id DESC',
        'SELECT COUNT(*) FROM "groups"',
    )


def _users(site: Site) -> str:
    return _listing(
        site, "Users", "id#|username|name|idnumber|e-mail|",
        "SELECT id, username, firstname || ' ' || lastname, idnumber, email, "
        "CASE WHEN suspended THEN 'suspended' ELSE '' END FROM \"user\" WHERE deleted = 0 ORDER BY id DESC",
        'SELECT COUNT(*) FROM "user" WHERE deleted = 0',
    )


def _enrolments(site: Site) -> str:
    return _listing(
        site, "Enrolments", "user|course|method|roles|",
        "SELECT u.username, c.shortname, e.enrol, (SELECT GROUP_CONCAT(r.shortname, ', ') FROM role_assignments ra "
        "JOIN role r ON r.id = ra.roleid JOIN context x ON x.id = ra.contextid WHERE ra.userid = ue.userid AND "
        "x.contextlevel = 50 AND x.instanceid = e.courseid), CASE WHEN ue.status THEN 'suspended' ELSE '' END "
        "FROM user_enrolments ue JOIN enrol e ON e.id = ue.enrolid LEFT JOIN course c ON c.id = e.courseid "
        'LEFT JOIN "user" u ON u.id = ue.userid ORDER BY ue.id DESC',
        "SELECT COUNT(*) FROM user_enrolments",
    )


def _files(site: Site) -> str:
    rows = site.store.rows(
        "SELECT filepath || filename AS path, LENGTH(content) AS size, timecreated FROM files "
        f"WHERE component = 'tool_sync' ORDER BY id DESC LIMIT {ROWS}"
    )
    shown = [(row["path"], f"{row['size']:,}", _clock(row["timecreated"])) for row in rows]
    return _table("The plugin's files", "file|bytes#|since", shown)


def _settings(site: Site) -> str:
    rows = site.store.rows("SELECT name, value FROM config_plugins WHERE plugin = 'tool_sync' ORDER BY name")
    return _table("The plugin's settings", "setting|value", [tuple(row) for row in rows])

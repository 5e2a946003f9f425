# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# scripts/docs.sh appends this to the conf.py that antsibull-docs makes.

import pathlib as _pathlib
import re as _re

from docutils import nodes as _nodes

# The build needs no network: references into Ansible's own documentation become plain links (see setup).
intersphinx_mapping = {}
html_static_path = ["static"]
html_css_files = ["toolsync.css"]
_ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def _link_to_ansible(app, environment, node, content):
    """Resolve a reference to Ansible's own documentation; everything else must be in this one."""
    target = node.get("reftarget", "")
    page = _LABELS.get(target)
    if page is None and target.startswith("ansible_collections.ansible."):
        page = target.split("__")[0].replace("ansible_collections.", "collections/", 1).replace(".", "/", 2) + ".html"
    return page and _nodes.reference("", "", *content.children, internal=False, refuri=_ANSIBLE + page)


#: The spaces that a line of French is not broken at.
_FRENCH_SPACES = ((r" (?=[;!?](?:\s|$))", "\N{NARROW NO-BREAK SPACE}"), (r" (?=[:»])|(?<=«) |(?<=\d) (?=\d{3}\b)", "\N{NO-BREAK SPACE}"))


def _is_french(name):
    return name.rpartition("/")[2].startswith("fr_")


def _say_language(app, name, template, context, doctree):
    """For readers' browsers, screen readers, and search engines."""
    if _is_french(name):
        context["language"] = "fr"


def _set_as_french(app, doctree, name):
    """Authors write plain spaces. What is set as code keeps them."""
    for text in list(doctree.findall(_nodes.Text)) if _is_french(name) else ():
        if not isinstance(text.parent, (_nodes.literal, _nodes.literal_block)):
            new = text.astext()
            for pattern, space in _FRENCH_SPACES:
                new = _re.sub(pattern, space, new)
            text.parent.replace(text, _nodes.Text(new))


def _front_page(app, name, source):
    """The page that antsibull-docs makes begins with what the collection is for; the navigation names plugins by their short names."""
    if name != "index":
        return
    made = _re.fullmatch(r"(.*?)(\.\. _plugins_in_\S+\n)(.*?)(\.\. ansible-links::.*?\n    changelog\n)(.*)", source[0], _re.DOTALL)
    beginning, label, _title, about, contents = made.groups()
    front = (_pathlib.Path(app.confdir) / "front.rst").read_text(encoding="utf-8")
    heading, lines = "", []
    for line in f"{contents}\n{about}".splitlines():
        if line and not line.strip("-~"):
            heading = lines[-1]
        lines.append(_re.sub(r"^    (\w+)_(module|filter|role)$", r"    \1 <\1_\2>", line))
        if line == ".. toctree::" and heading != "Communication":  # which has an empty one
            lines.append(f"    :caption: {heading.replace('Role Index', 'Roles')}")
    source[0] = "\n".join([beginning + label, front, *lines, ""])


def setup(app):
    app.connect("source-read", _front_page)
    app.connect("missing-reference", _link_to_ansible)
    app.connect("html-page-context", _say_language)
    app.connect("doctree-resolved", _set_as_french)

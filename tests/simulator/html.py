# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two HTML pages that a client may get from Moodle instead of JSON, as short as they can be made."""
from __future__ import annotations

from html import escape

_STYLE = """
body {
    margin: 0;
    font-family: FONTS;
    font-size: .9375rem;
    font-weight: 400;
    line-height: 1.5;
    color: #343a40;
    text-align: left;
    background-color: #f2f2f2;
}
#page {
    margin-top: 15px;
    background: white;
    max-width: 600px;
    margin: 0 auto;
    padding: 15px;
}
#region-main {
    margin: 0 auto;
    border: 1px solid rgba(0,0,0,.125);
    padding: 1rem 1.25rem 1.25rem;
    background-color: #fff;
}
h1 {
    font-size: 2.34rem;
    margin: 0 0 .5rem;
    font-weight: 300;
    line-height: 1.2;
}
.alert-danger {
    color: #6e211e;
    background-color: #f6d9d8;
    border-color: #f3c9c8;
    padding: .75rem 1.25rem;
}
"""


_FONTS = (
    '-apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif,'
    '"Apple Color Emoji","Segoe UI Emoji","Segoe UI Symbol","Noto Color Emoji"'
)


def _page(title: str, content: str) -> str:
    return f"""<!DOCTYPE html>
<html  lang="en" xml:lang="en">
    <head>
        <meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
                <title>{title}</title>
        <style>{_STYLE.replace("FONTS", _FONTS)}    </style>
    </head>
    <body>
        <div id="page">
            <div id="region-main">
                <h1>{title}</h1>
                {content}                            </div>
        </div>
    </body>
</html>
"""


def maintenance(sitename: str) -> str:
    notice = "<div class='alert-danger'>The site is undergoing maintenance and is currently not available</div>"
    return _page(f"{escape(sitename)} under maintenance", notice)


def redirect(target: str) -> str:
    link = f'<a href="{escape(target)}">Continue</a>'
    style = "margin-top: 3em; margin-left:auto; margin-right:auto; text-align:center;"
    words = "This page should automatically redirect. If nothing is happening please use the continue link below."
    return _page("Redirect", f'<div style="{style}">{words}<br />{link}</div>')

# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of every module: how to reach the site."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the Moodle site (its C(wwwroot)), such as V(https://moodle.example.org).
      - However it is spelt (upper case, the default port, a slash too many), it is one site with one lock and one memory.
      - Needed, unless the environment variable E(TOOLSYNC_URL) is set.
    type: str
    aliases: [moodle_url]
  token:
    description:
      - Token of a Moodle web service that holds the functions which the module calls.
      - Needed, unless the environment variable E(TOOLSYNC_TOKEN) is set.
      - It is an administrator's secret. It is sent in the body of requests only, and shown nowhere, also where a server quotes it.
      - White space around it is taken off.
      - Ansible itself shows the C(environment) of a task at C(-vvv) and extra variables of the command line at C(-vvvv). Avoid both.
    type: str
    aliases: [wstoken]
  validate_certs:
    description:
      - Whether the site's TLS certificate is verified.
      - The environment variable E(TOOLSYNC_VALIDATE_CERTS) gives another default.
    type: bool
    default: true
  ca_path:
    description:
      - A file or a directory with certificates of the authorities to trust instead of the system's, on the host that runs the module.
      - The environment variable E(TOOLSYNC_CA_PATH) gives a default.
    type: path
  timeout:
    description:
      - Seconds to wait for an answer of the site, from the end of the request to the last byte of the answer.
      - The environment variable E(TOOLSYNC_TIMEOUT) gives another default.
    type: int
    default: 60
  connect_timeout:
    description: Seconds to wait for the connection to the site.
    type: int
    default: 10
  retries:
    description:
      - How often a call is sent again when the connection fails, or when a proxy answers HTTP 429, 502, 503, 504 or 520 to 524.
      - Calls whose repetition would do harm (commit, process, deploy, creations) are sent again only when it is certain that they never
        left, which is to say that no connection came about, a proxy refused the tunnel, or TLS failed at its start.
      - Calls that enrol, add members, assign roles or bind cohorts are not sent again once they have left, other than after HTTP 429 and
        503, because Moodle may still be at it.
    type: int
    default: 3
notes:
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(NO_PROXY)); C(.netrc) is not read.
  - All options of this group can be given once with C(module_defaults) for C(group/activeprolearn.toolsync.toolsync).
requirements:
  - requests (Python library, on the host that runs the module)
"""

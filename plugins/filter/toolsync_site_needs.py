# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter toolsync_site_needs: what a token's service and account must have for features of this collection."""

from __future__ import annotations

from collections.abc import Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import site_info_needs


def toolsync_site_needs(features):
    """What a list of features needs, as C(needs) tells it. Raises AnsibleFilterError for what is no feature."""
    if not isinstance(features, Sequence) or isinstance(features, (str, bytes)):
        raise AnsibleFilterError(f"toolsync_site_needs: its input must be a list of features, and is {type(features).__name__}")
    try:
        return site_info_needs.needs([str(feature) for feature in features])
    except ValueError as error:
        raise AnsibleFilterError(f"toolsync_site_needs: {error}") from None


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        return {"toolsync_site_needs": toolsync_site_needs}

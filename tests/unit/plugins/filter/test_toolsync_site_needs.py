# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What features need on a site: one table with the preflight."""

from __future__ import annotations

import re

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.activeprolearn.toolsync.plugins.filter.toolsync_site_needs import FilterModule, toolsync_site_needs
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services.site_info import FEATURES
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS


def test_the_filter_is_found_under_its_name():
    assert FilterModule().filters() == {"toolsync_site_needs": toolsync_site_needs}


def test_capabilities_are_written_as_moodle_does():
    names = {name for function in FUNCTIONS.values() for name in function.needs}
    assert [name for name in names if not re.fullmatch(r"(moodle|webservice|enrol|tool)/[a-z]+:[a-z]+", name)] == []


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_gets_its_functions_and_the_preflight_s(feature):
    result = toolsync_site_needs([feature])
    assert set(result["functions"]) == {"core_webservice_get_site_info", *FEATURES[feature]}
    assert result["functions"] == sorted(result["functions"])
    assert result["upload"] is (feature == "upload")
    assert "webservice/rest:use" in result["capabilities"]


def test_features_add_up_without_repeating():
    one, other, both = toolsync_site_needs(["upload"]), toolsync_site_needs(["unenrol"]), toolsync_site_needs(["unenrol", "upload"])
    assert set(both["functions"]) == {*one["functions"], *other["functions"]}
    assert len(set(both["functions"])) == len(both["functions"])
    assert both["upload"] and not other["upload"]


def test_only_who_gives_or_takes_roles_needs_roles_to_assign():
    assert toolsync_site_needs(["enrol"])["assigns"]
    assert not toolsync_site_needs(["config", "upload", "process"])["assigns"]


def test_no_features_still_let_the_preflight_work():
    assert toolsync_site_needs([]) == {
        "functions": ["core_webservice_get_site_info"],
        "capabilities": ["webservice/rest:use"],
        "upload": False,
        "assigns": False,
    }


@pytest.mark.parametrize(
    "features, words", [(["uploads"], "no feature uploads; there are: check_courses"), ("upload", "list"), (None, "NoneType")]
)
def test_what_is_no_feature_is_refused(features, words):
    with pytest.raises(AnsibleFilterError, match=words):
        toolsync_site_needs(features)

"""Our own changes by GraphQL: terms and states of entries, what a group sets, trials and what they ignore."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from identity.models import today
from projects.models import Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.graph.words import HIDDEN_PROJECT, NOT_AVAILABLE
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.graph.rule_mutations import ONE_OF_TWO
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule, IgnoredSource
from tokenaccess.policy.levels import InboundMode, Role

LIBRARY = {"projectPath": "acme/library"}
GROUP = {"groupPath": "acme"}
APP = {"targetPath": "acme/app"}
END = (today() + timedelta(days=30)).isoformat()
ENTRY = "ciJobTokenScopeAllowlistEntry { reason suspended expiresAt jobTokenPolicies conditions { noForks } }"
GROUP_ENTRY = "ciJobTokenGroupAllowlistEntry { reason suspended jobTokenPolicies target { __typename } }"
EVERY_CHANGE: dict[str, dict[str, Any]] = {
    "ciJobTokenEntryUpdate": {**LIBRARY, **APP, "reason": "x"},
    "ciJobTokenEntryChangeState": {**GROUP, **APP, "step": "SUSPEND"},
    "ciJobTokenGroupEntryAdd": {**GROUP, **APP},
    "ciJobTokenGroupEntryRemove": {**GROUP, **APP},
    "ciJobTokenGroupRuleUpdate": {**GROUP, "locked": True},
    "ciJobTokenTrialIgnoreSource": {**LIBRARY, "sourceProjectPath": "acme/app"},
}


@pytest.mark.one_case
@pytest.mark.parametrize("name", EVERY_CHANGE)
@pytest.mark.parametrize("who", ["developer", "outsider", None])
def test_nobody_below_maintainer_changes_anything(cast: Cast, graph: Any, name: str, who: str | None) -> None:
    speaker = graph(getattr(cast, who)) if who else graph()
    assert speaker.refusal(name, **EVERY_CHANGE[name]) == [NOT_AVAILABLE]
    absent = {
        key: "acme/no" if key in {"projectPath", "groupPath"} else value for key, value in EVERY_CHANGE[name].items()
    }
    assert graph(cast.admin).refusal(name, **absent) == [NOT_AVAILABLE]
    assert not GroupRule.objects.exists()


def test_an_entry_s_terms_change_and_what_is_left_out_stays(cast: Cast, graph: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner, terms={"reason": "Builds"})
    me = graph(cast.owner)
    asked = {"expiresAt": END, "conditions": {"noForks": True}, "jobTokenPolicies": ["READ_JOBS"]}
    data = me.change("ciJobTokenEntryUpdate", ENTRY, **LIBRARY, **APP, **asked)
    assert data["errors"] == []
    assert data["ciJobTokenScopeAllowlistEntry"] == {
        "reason": "Builds", "suspended": False, "expiresAt": END, "jobTokenPolicies": ["READ_JOBS"],
        "conditions": {"noForks": True},
    }  # fmt: skip
    data = me.change("ciJobTokenEntryUpdate", ENTRY, **LIBRARY, **APP, expiresAt=None, conditions=None, reason=None)
    entry = data["ciJobTokenScopeAllowlistEntry"]
    assert (entry["expiresAt"], entry["conditions"], entry["reason"]) == (None, {"noForks": False}, "")
    wrong = me.change("ciJobTokenEntryUpdate", ENTRY, **LIBRARY, **APP, conditions={"runnerNetworks": ["moon"]})
    assert wrong["errors"]
    assert wrong["ciJobTokenScopeAllowlistEntry"] is None


@pytest.mark.parametrize("word", ["\0", "a\0b", "a" * 100_000])
def test_what_no_database_holds_is_an_error_that_names_the_field(cast: Cast, graph: Any, word: str) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    for name in ("reason", "owner"):
        (error,) = graph(cast.owner).change("ciJobTokenEntryUpdate", **LIBRARY, **APP, **{name: word})["errors"]
        assert error.startswith(name)


def test_entries_of_projects_and_groups_are_suspended_restored_renewed_and_confirmed(cast: Cast, graph: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    me = graph(cast.owner)
    for where, model in ((LIBRARY, AllowlistEntry), (GROUP, GroupAllowlistEntry)):
        for step, suspended in (("SUSPEND", True), ("RESTORE", False), ("CONFIRM", False)):
            data = me.change("ciJobTokenEntryChangeState", **where, **APP, step=step)
            assert data["errors"] == []
            assert (model.objects.get().suspended_at is not None) is suspended
        data = me.change("ciJobTokenEntryChangeState", **where, **APP, step="RENEW", expiresAt=END)
        assert (data["errors"], str(model.objects.get().expires_at)) == ([], END)
    both = me.refusal("ciJobTokenEntryChangeState", **LIBRARY, **GROUP, **APP, step="SUSPEND")
    assert both == [ONE_OF_TWO]
    assert me.refusal("ciJobTokenEntryChangeState", **LIBRARY, **APP, step="SUSPEND", expiresAt=END)


def test_a_group_s_rule_and_list_change(cast: Cast, graph: Any) -> None:
    me, rule = graph(cast.owner), "ciJobTokenGroupRule { inboundMode ceiling locked }"
    data = me.change("ciJobTokenGroupRuleUpdate", rule, **GROUP, inboundMode="TRIAL", ceiling=True)
    assert data["ciJobTokenGroupRule"] == {"inboundMode": "TRIAL", "ceiling": True, "locked": False}
    added = me.change(
        "ciJobTokenGroupEntryAdd",
        GROUP_ENTRY,
        **GROUP,
        **APP,
        jobTokenPolicies=["READ_JOBS"],
        reason="CI",
        owner="owner",
    )
    assert added["ciJobTokenGroupAllowlistEntry"] == {
        "reason": "CI", "suspended": False, "jobTokenPolicies": ["READ_JOBS"],
        "target": {"__typename": "CiJobTokenAccessibleProject"},
    }  # fmt: skip
    again = me.change("ciJobTokenGroupEntryAdd", **GROUP, **APP)
    assert again["errors"] == ["This project is already in the job token allowlist."]
    changed = me.change("ciJobTokenEntryUpdate", GROUP_ENTRY, **GROUP, **APP, defaultPermissions=True)
    assert changed["ciJobTokenGroupAllowlistEntry"]["jobTokenPolicies"] == []
    assert me.change("ciJobTokenGroupEntryRemove", **GROUP, **APP)["errors"] == []
    assert not GroupAllowlistEntry.objects.exists()
    assert me.change("ciJobTokenGroupEntryRemove", **GROUP, **APP)["errors"] == [
        "Target project is not in the job token scope"
    ]


def test_on_a_group_s_list_a_hidden_target_is_worded_as_an_absent_one(cast: Cast, graph: Any, hidden: Project) -> None:
    services.add_group_entry(cast.acme, hidden, by=cast.admin)
    me = graph(projects.member(people.person("mona"), cast.acme, Role.MAINTAINER))
    for name, more in (
        ("ciJobTokenEntryChangeState", {"step": "CONFIRM"}),
        ("ciJobTokenEntryUpdate", {"reason": "x"}),
        ("ciJobTokenGroupEntryRemove", {}),
    ):
        said = [me.change(name, **GROUP, targetPath=path, **more)["errors"] for path in (hidden.full_path, "no/such")]
        assert said[0] == said[1] != [], name
    assert GroupAllowlistEntry.objects.get().confirmed_at is None


def test_what_a_group_locks_is_refused_with_its_sentence(cast: Cast, graph: Any) -> None:
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    data = graph(cast.owner).change("ciJobTokenGroupEntryAdd", groupPath=inner.full_path, targetPath="acme/app")
    assert data["errors"] == ["You can't change this because group acme locks it."]


def test_a_maintainer_narrows_and_suspends_what_the_list_names_though_they_cannot_see_it(
    cast: Cast, graph: Any, hidden: Project
) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=hidden)
    me, named = graph(cast.maintainer), {**LIBRARY, "targetPath": hidden.full_path}
    reads = me.ask(
        '{ project(fullPath: "acme/library") { ciJobTokenScope { inboundAllowlist { nodes { fullPath } } } } }'
    )
    assert hidden.full_path in str(reads)
    fewer = {"defaultPermissions": False, "jobTokenPolicies": ["READ_JOBS"]}
    assert me.change("ciJobTokenScopeUpdatePolicies", **named, **fewer)["errors"] == []
    assert me.change("ciJobTokenEntryChangeState", **named, step="SUSPEND")["errors"] == []
    assert me.change("ciJobTokenEntryChangeState", **named, step="RESTORE")["errors"] == [HIDDEN_PROJECT]
    entry = AllowlistEntry.objects.get()
    assert (entry.permissions, entry.suspended_at is None) == (["read_jobs"], False)


def test_a_limit_goes_on_trial_and_a_source_is_ignored(cast: Cast, graph: Any, hidden: Project) -> None:
    me, mode = graph(cast.maintainer), "ciCdSettings { inboundJobTokenMode }"
    data = me.change("projectCiCdSettingsUpdate", mode, fullPath="acme/library", inboundJobTokenMode="TRIAL")
    assert data["ciCdSettings"] == {"inboundJobTokenMode": "TRIAL"}
    assert settings_of(cast.library).inbound_mode == InboundMode.TRIAL
    both = me.change(
        "projectCiCdSettingsUpdate",
        fullPath="acme/library",
        inboundJobTokenMode="OPEN",
        inboundJobTokenScopeEnabled=True,
    )
    assert len(both["errors"]) == 1
    ignore = {**LIBRARY, "sourceProjectPath": "acme/app"}
    assert me.change("ciJobTokenTrialIgnoreSource", **ignore)["errors"] == []
    assert IgnoredSource.objects.get().source == cast.app
    assert me.change("ciJobTokenTrialIgnoreSource", **ignore, ignored=False)["errors"] == []
    assert not IgnoredSource.objects.exists()
    said = {
        me.change("ciJobTokenTrialIgnoreSource", **LIBRARY, sourceProjectPath=path)["errors"][0]
        for path in (hidden.full_path, "no/such")
    }
    assert len(said) == 1

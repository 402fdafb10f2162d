"""Changes to groups, permissions and what comes from the log, by GraphQL. job-token.md §4.2."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from projects.models import Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.graph.words import ENTRY, HIDDEN_GROUP, LIBRARY, limits, listed_paths
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, InstanceSettings
from tokenaccess.policy.levels import Role

# --- Groups, and either -----------------------------------------------------------------------------------------------


def test_a_group_is_added_and_removed(cast: Cast, graph):
    owner = graph(cast.owner)
    scope = "ciJobTokenScope { groupsAllowlist { nodes { fullPath } } groupsAllowlistCount }"
    payload = owner.change("ciJobTokenScopeAddGroupOrProject", scope + ENTRY, projectPath=LIBRARY, targetPath="acme")
    assert payload["ciJobTokenScope"] == {
        "groupsAllowlist": {"nodes": [{"fullPath": "acme"}]},
        "groupsAllowlistCount": 1,
    }
    assert payload["ciJobTokenScopeAllowlistEntry"]["target"] == {"fullPath": "acme"}
    assert owner.change("ciJobTokenScopeAddGroupOrProject", projectPath=LIBRARY, targetPath="acme")["errors"] == [
        "This group is already in the job token allowlist."
    ]
    payload = owner.change("ciJobTokenScopeRemoveGroup", scope + ENTRY, projectPath=LIBRARY, targetGroupPath="acme")
    assert payload["errors"] == []
    assert payload["ciJobTokenScope"]["groupsAllowlistCount"] == 0
    assert payload["ciJobTokenScopeAllowlistEntry"]["target"] == {"fullPath": "acme"}


def test_a_project_is_added_with_permissions(cast: Cast, maintainer):
    payload = maintainer.change(
        "ciJobTokenScopeAddGroupOrProject",
        ENTRY,
        projectPath=LIBRARY,
        targetPath="acme/app",
        defaultPermissions=False,
        jobTokenPolicies=["READ_PACKAGES", "ADMIN_JOBS"],
    )
    assert payload["errors"] == []
    assert payload["ciJobTokenScopeAllowlistEntry"]["defaultPermissions"] is False
    assert set(payload["ciJobTokenScopeAllowlistEntry"]["jobTokenPolicies"]) == {"READ_PACKAGES", "ADMIN_JOBS"}


@pytest.mark.one_case
@pytest.mark.parametrize("target", ["secret/hidden", "secret", "acme/absent", "absent", ""])
def test_a_target_that_is_hidden_or_absent_does_not_exist(cast: Cast, maintainer, hidden, target: str):
    payload = maintainer.change("ciJobTokenScopeAddGroupOrProject", projectPath=LIBRARY, targetPath=target)
    assert payload["errors"] == ["The group or project does not exist."]
    payload = maintainer.change(
        "ciJobTokenScopeUpdatePolicies",
        projectPath=LIBRARY,
        targetPath=target,
        defaultPermissions=True,
        jobTokenPolicies=[],
    )
    assert payload["errors"] == ["The target does not exist"]


@pytest.mark.one_case
@pytest.mark.parametrize("target", ["secret", "absent", "acme/app"])
def test_a_group_that_is_hidden_or_none_cannot_be_removed(cast: Cast, maintainer, hidden, target: str):
    payload = maintainer.change("ciJobTokenScopeRemoveGroup", projectPath=LIBRARY, targetGroupPath=target)
    assert payload["errors"] == [HIDDEN_GROUP]


# --- Permissions ------------------------------------------------------------------------------------------------------


def update(speaker: Any, *names: str, default: bool = False, target: str = "acme/app") -> Any:
    return speaker.change(
        "ciJobTokenScopeUpdatePolicies",
        ENTRY,
        projectPath=LIBRARY,
        targetPath=target,
        defaultPermissions=default,
        jobTokenPolicies=list(names),
    )


def test_permissions_are_narrowed_and_widened(cast: Cast, maintainer):
    services.add_entry(cast.library, cast.app, by=None)
    entry = update(maintainer, "READ_JOBS")["ciJobTokenScopeAllowlistEntry"]
    assert (entry["defaultPermissions"], entry["jobTokenPolicies"]) == (False, ["READ_JOBS"])
    entry = update(maintainer, default=True)["ciJobTokenScopeAllowlistEntry"]
    assert (entry["defaultPermissions"], entry["jobTokenPolicies"]) == (True, [])


def test_permissions_of_what_is_not_listed_cannot_be_changed(cast: Cast, maintainer):
    missing = ["Unable to find a job token scope for the given project & target"]
    assert update(maintainer, "READ_JOBS")["errors"] == missing
    assert update(maintainer, "READ_JOBS", target="acme")["errors"] == missing
    assert update(maintainer, "READ_JOBS", target=LIBRARY)["errors"] == missing


def test_widening_takes_a_maintainer_of_both_and_narrowing_does_not(cast: Cast, graph):
    keeper = people.person("keeper")
    projects.member(keeper, cast.library, Role.MAINTAINER)
    projects.member(keeper, cast.app, Role.DEVELOPER)
    services.add_entry(cast.library, cast.app, by=None)
    assert update(graph(keeper), "READ_JOBS")["errors"] == []
    refused = update(graph(keeper), "READ_JOBS", "READ_PACKAGES")
    assert refused["errors"] == ["You have insufficient permission to update this job token scope"]
    assert refused["ciJobTokenScopeAllowlistEntry"] is None
    assert AllowlistEntry.objects.get().permissions == ["read_jobs"]


@pytest.mark.one_case
@pytest.mark.parametrize("policies", [["READ_NOTHING"], ["read_jobs"], "READ_JOBS; DROP", [7]])
def test_a_permission_that_is_none_is_a_400(cast: Cast, graph, policies: Any):
    query = """mutation($policies: [CiJobTokenScopePolicies!]!) { ciJobTokenScopeUpdatePolicies(input: {
        projectPath: "acme/library", targetPath: "acme/app", defaultPermissions: false, jobTokenPolicies: $policies
    }) { errors } }"""
    answer = graph(cast.maintainer).send(query, policies=policies)
    assert answer.status_code == 400
    assert "CiJobTokenScopePolicies" in answer.json()["errors"][0]["message"]


# --- From the log -----------------------------------------------------------------------------------------------------


def log_use(origin: Project, accessed: Project) -> None:
    AuthorizationRecord.objects.create(
        accessed_project=accessed, origin_project=origin, last_authorized_at=timezone.now()
    )


def test_the_log_fills_the_list_and_turns_the_limit_on(cast: Cast, graph):
    services.limit_access(cast.library, by=None, inbound=False)
    log_use(cast.app, cast.library)
    owner = graph(cast.owner)
    payload = owner.change("ciJobTokenScopeAutopopulateAllowlist", "status", projectPath=LIBRARY)
    assert payload == {"errors": [], "status": "complete"}
    assert listed_paths(cast.library) == ["acme/app"]
    assert AllowlistEntry.objects.get().autopopulated
    assert limits(cast.library)[0] is True
    other = projects.project("other", group=cast.acme, by=cast.owner)
    services.add_entry(cast.library, other, by=None)
    payload = owner.change("ciJobTokenScopeClearAllowlistAutopopulations", "status", projectPath=LIBRARY)
    assert payload == {"errors": [], "status": "complete"}
    assert listed_paths(cast.library) == ["acme/other"]


def test_a_log_that_does_not_fit_adds_nothing(cast: Cast, graph):
    InstanceSettings.objects.create(allowlist_limit=0)
    log_use(cast.app, cast.library)
    payload = graph(cast.owner).change("ciJobTokenScopeAutopopulateAllowlist", "status", projectPath=LIBRARY)
    assert payload["status"] == "error"
    assert payload["errors"]
    assert not listed_paths(cast.library)

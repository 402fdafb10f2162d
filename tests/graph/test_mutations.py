"""Changes by GraphQL: names, arguments with their defaults, payloads and every error string. job-token.md §4.2."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from projects.models import Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.graph.words import ENTRY, HIDDEN_PROJECT, LIBRARY, NOT_AVAILABLE, SCOPE, SETTINGS, limits, listed_paths
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, InstanceSettings
from tokenaccess.policy.levels import InboundMode, Role

EVERY_CHANGE: dict[str, dict[str, Any]] = {
    "ciCdSettingsUpdate": {"fullPath": LIBRARY, "jobTokenScopeEnabled": True},
    "projectCiCdSettingsUpdate": {"fullPath": LIBRARY, "inboundJobTokenScopeEnabled": False},
    "ciJobTokenScopeAddProject": {"projectPath": LIBRARY, "targetProjectPath": "acme/app"},
    "ciJobTokenScopeRemoveProject": {"projectPath": LIBRARY, "targetProjectPath": "acme/app"},
    "ciJobTokenScopeAddGroupOrProject": {"projectPath": LIBRARY, "targetPath": "acme/app"},
    "ciJobTokenScopeRemoveGroup": {"projectPath": LIBRARY, "targetGroupPath": "acme"},
    "ciJobTokenScopeUpdatePolicies": {
        "projectPath": LIBRARY,
        "targetPath": "acme/app",
        "defaultPermissions": True,
        "jobTokenPolicies": [],
    },
    "ciJobTokenScopeAutopopulateAllowlist": {"projectPath": LIBRARY},
    "ciJobTokenScopeClearAllowlistAutopopulations": {"projectPath": LIBRARY},
}


# --- Who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize("name", EVERY_CHANGE)
@pytest.mark.parametrize("who", ["developer", "outsider", None])
def test_nobody_below_maintainer_changes_anything(cast: Cast, graph, name: str, who: str | None):
    speaker = graph(getattr(cast, who)) if who else graph()
    assert speaker.refusal(name, **EVERY_CHANGE[name]) == [NOT_AVAILABLE]
    assert not listed_paths(cast.library)
    assert limits(cast.library) == (True, False, False)


@pytest.mark.parametrize("name", EVERY_CHANGE)
def test_an_absent_project_is_refused_in_the_same_words(cast: Cast, graph, name: str):
    asked = {key: "acme/absent" if value == LIBRARY else value for key, value in EVERY_CHANGE[name].items()}
    assert graph(cast.admin).refusal(name, **asked) == [NOT_AVAILABLE]


@pytest.mark.one_case
@pytest.mark.parametrize("name", EVERY_CHANGE)
def test_a_job_token_changes_nothing(cast: Cast, graph, name: str):
    token = cast.job_token(cast.library, cast.owner)
    assert graph(job=token).refusal(name, **EVERY_CHANGE[name]) == [NOT_AVAILABLE]


def test_a_refusal_carries_an_opaque_reason(cast: Cast, graph):
    query = 'mutation { ciJobTokenScopeAutopopulateAllowlist(input: {projectPath: "acme/library"}) { errors } }'
    assert graph(cast.outsider).send(query)["X-Access-Reason"]


# --- Settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ciCdSettingsUpdate", "projectCiCdSettingsUpdate"])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_outbound_limit_is_set_both_ways(cast: Cast, maintainer, name: str, enabled: bool):
    services.limit_access(cast.library, by=None, outbound=not enabled)
    payload = maintainer.change(name, SETTINGS, fullPath=LIBRARY, jobTokenScopeEnabled=enabled)
    assert payload["errors"] == []
    assert payload["ciCdSettings"]["jobTokenScopeEnabled"] is enabled
    assert limits(cast.library) == (True, enabled, False)


def test_the_inbound_limit_and_pushes_are_set(cast: Cast, maintainer):
    asked = {"inboundJobTokenScopeEnabled": False, "pushRepositoryForJobTokenAllowed": True}
    payload = maintainer.change("projectCiCdSettingsUpdate", SETTINGS, fullPath=LIBRARY, **asked)
    assert payload == {"errors": [], "ciCdSettings": {"jobTokenScopeEnabled": False, **asked}}
    assert limits(cast.library) == (False, False, True)


def test_a_mutation_leaves_settings_that_it_does_not_name(cast: Cast, maintainer):
    services.limit_access(cast.library, by=None, inbound=False, outbound=True)
    payload = maintainer.change("projectCiCdSettingsUpdate", fullPath=LIBRARY, keepLatestArtifact=True)
    assert payload == {"errors": []}
    assert limits(cast.library) == (False, True, False)


def test_under_enforcement_the_inbound_limit_stays_and_nothing_is_half_done(cast: Cast, maintainer):
    InstanceSettings.objects.create(inbound_mode=InboundMode.ENFORCED)
    asked = {
        "inboundJobTokenScopeEnabled": False,
        "jobTokenScopeEnabled": True,
        "pushRepositoryForJobTokenAllowed": True,
    }
    payload = maintainer.change("projectCiCdSettingsUpdate", SETTINGS, fullPath=LIBRARY, **asked)
    assert payload["errors"] == [
        "Job token scope cannot be disabled for this project because it is enforced for the instance."
    ]
    assert payload["ciCdSettings"]["jobTokenScopeEnabled"] is False
    assert limits(cast.library) == (True, False, False)


@pytest.mark.parametrize("mutation", ["ciCdSettingsUpdate", "projectCiCdSettingsUpdate"])
def test_a_maintainer_gives_up_the_latest_artifacts(cast: Cast, maintainer, mutation: str):
    asked = {"fullPath": LIBRARY, "keepLatestArtifact": False, "jobTokenScopeEnabled": True}
    payload = maintainer.change(mutation, "errors ciCdSettings { keepLatestArtifact }", **asked)
    assert payload == {"errors": [], "ciCdSettings": {"keepLatestArtifact": False}}
    cast.library.refresh_from_db()
    assert not cast.library.keep_latest_artifact
    assert limits(cast.library) == (True, True, False)
    event = AuditEvent.objects.get(event="project_updated")
    assert event.details["keep_latest_artifact"] is False


def test_a_refused_limit_leaves_the_latest_artifacts_alone(cast: Cast, maintainer):
    InstanceSettings.objects.create(inbound_mode=InboundMode.ENFORCED)
    asked = {"fullPath": LIBRARY, "keepLatestArtifact": False, "inboundJobTokenScopeEnabled": False}
    payload = maintainer.change("projectCiCdSettingsUpdate", "errors ciCdSettings { keepLatestArtifact }", **asked)
    assert payload["errors"]
    assert payload["ciCdSettings"] == {"keepLatestArtifact": True}


def test_the_client_s_own_id_comes_back(cast: Cast, maintainer):
    payload = maintainer.change("ciCdSettingsUpdate", "clientMutationId", fullPath=LIBRARY, clientMutationId="mine")
    assert payload["clientMutationId"] == "mine"


def test_a_change_is_in_the_audit_log(cast: Cast, maintainer):
    maintainer.change("projectCiCdSettingsUpdate", fullPath=LIBRARY, inboundJobTokenScopeEnabled=False)
    assert AuditEvent.objects.filter(event="secure_ci_job_token_inbound_disabled").count() == 1


# --- Projects ---------------------------------------------------------------------------------------------------------


def test_a_project_is_added_inbound_unless_said_otherwise(cast: Cast, maintainer):
    payload = maintainer.change(
        "ciJobTokenScopeAddProject", SCOPE + ENTRY, projectPath=LIBRARY, targetProjectPath="acme/app"
    )
    assert payload == {
        "errors": [],
        "ciJobTokenScope": {
            "inboundAllowlist": {"nodes": [{"fullPath": LIBRARY}, {"fullPath": "acme/app"}]},
            "outboundAllowlist": {"nodes": [{"fullPath": LIBRARY}]},
        },
        "ciJobTokenScopeAllowlistEntry": {
            "target": {"fullPath": "acme/app"},
            "direction": "inbound",
            "defaultPermissions": True,
            "jobTokenPolicies": [],
            "addedBy": {"username": "maintainer"},
            "autopopulated": False,
        },
    }
    assert listed_paths(cast.library) == ["acme/app"]


@pytest.mark.parametrize("direction", ["INBOUND", "OUTBOUND"])
def test_a_project_is_added_in_either_direction(cast: Cast, maintainer, direction: str):
    asked = {"projectPath": LIBRARY, "targetProjectPath": "acme/app", "direction": direction}
    assert maintainer.change("ciJobTokenScopeAddProject", **asked) == {"errors": []}
    assert listed_paths(cast.library, direction.lower()) == ["acme/app"]
    assert AllowlistEntry.objects.count() == 1


def test_a_project_is_removed_outbound_unless_said_otherwise(cast: Cast, maintainer):
    for direction in ("inbound", "outbound"):
        services.add_entry(cast.library, cast.app, by=None, direction=direction)
    asked = {"projectPath": LIBRARY, "targetProjectPath": "acme/app"}
    payload = maintainer.change("ciJobTokenScopeRemoveProject", SCOPE + ENTRY, **asked)
    assert payload["errors"] == []
    assert payload["ciJobTokenScopeAllowlistEntry"]["target"] == {"fullPath": "acme/app"}
    assert payload["ciJobTokenScope"]["outboundAllowlist"] == {"nodes": [{"fullPath": LIBRARY}]}
    assert (listed_paths(cast.library), listed_paths(cast.library, "outbound")) == (["acme/app"], [])
    assert maintainer.change("ciJobTokenScopeRemoveProject", direction="INBOUND", **asked) == {"errors": []}
    assert not listed_paths(cast.library)


@pytest.mark.one_case
@pytest.mark.parametrize("target", ["secret/hidden", "acme/absent", "", "\0"])
@pytest.mark.parametrize("name", ["ciJobTokenScopeAddProject", "ciJobTokenScopeRemoveProject"])
def test_a_hidden_target_is_answered_as_an_absent_one(cast: Cast, maintainer, hidden, name: str, target: str):
    assert maintainer.change(name, projectPath=LIBRARY, targetProjectPath=target)["errors"] == [HIDDEN_PROJECT]


def test_adding_takes_a_maintainer_of_both(cast: Cast, graph):
    keeper = people.person("keeper")
    projects.member(keeper, cast.library, Role.MAINTAINER)
    projects.member(keeper, cast.app, Role.DEVELOPER)
    (error,) = graph(keeper).change("ciJobTokenScopeAddProject", projectPath=LIBRARY, targetProjectPath="acme/app")[
        "errors"
    ]
    assert error.startswith("Insufficient permissions to modify the job token scope")
    assert "both projects" in error
    assert not listed_paths(cast.library)


def test_a_maintainer_removes_what_they_cannot_see(cast: Cast, graph, hidden: Project):
    services.add_entry(cast.library, hidden, by=None)
    asked = {"projectPath": LIBRARY, "targetProjectPath": "secret/hidden", "direction": "INBOUND"}
    assert graph(cast.maintainer).change("ciJobTokenScopeRemoveProject", **asked) == {"errors": []}
    assert not listed_paths(cast.library)


@pytest.mark.parametrize("name", ["ciJobTokenScopeAddProject", "ciJobTokenScopeAddGroupOrProject"])
def test_a_project_is_listed_once(cast: Cast, maintainer, name: str):
    services.add_entry(cast.library, cast.app, by=None)
    target = "targetPath" if "Group" in name else "targetProjectPath"
    payload = maintainer.change(name, projectPath=LIBRARY, **{target: "acme/app"})
    assert payload["errors"] == ["This project is already in the job token allowlist."]


def test_a_project_is_not_added_to_its_own_list(cast: Cast, maintainer):
    payload = maintainer.change("ciJobTokenScopeAddProject", projectPath=LIBRARY, targetProjectPath=LIBRARY)
    assert payload["errors"] == ["Validation failed: Target project can't be the same as the source project"]


def test_a_project_is_not_taken_off_its_own_list(cast: Cast, maintainer):
    payload = maintainer.change("ciJobTokenScopeRemoveProject", projectPath=LIBRARY, targetProjectPath=LIBRARY)
    assert payload["errors"] == ["Source project cannot be removed from the job token scope"]


def test_a_project_that_is_not_listed_cannot_be_removed(cast: Cast, maintainer):
    payload = maintainer.change("ciJobTokenScopeRemoveProject", projectPath=LIBRARY, targetProjectPath="acme/app")
    assert payload["errors"] == ["Target project is not in the job token scope"]
    payload = maintainer.change("ciJobTokenScopeRemoveGroup", projectPath=LIBRARY, targetGroupPath="acme")
    assert payload["errors"] == ["Target group is not in the job token scope"]


def test_a_full_list_takes_no_more(cast: Cast, graph):
    InstanceSettings.objects.create(allowlist_limit=0)
    owner = graph(cast.owner)
    project = owner.change("ciJobTokenScopeAddProject", projectPath=LIBRARY, targetProjectPath="acme/app")
    assert project["errors"] == [
        "Validation failed: Source project exceeds the allowable number of project links in this direction"
    ]
    group = owner.change("ciJobTokenScopeAddGroupOrProject", projectPath=LIBRARY, targetPath="acme")
    assert group["errors"] == ["Validation failed: Source project exceeds the allowable number of group links"]

"""A group's rule and list through the API, and what they forbid below."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from identity.models import today
from projects.models import Group, Project
from projects.services import create_namespace
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule
from tokenaccess.policy.levels import InboundMode, Role, Visibility


@pytest.fixture
def owner(cast: Cast) -> Api:
    """Of the group acme and all below it."""
    return Api(token=token_for(cast.owner))


@pytest.fixture
def maintainer(cast: Cast) -> Api:
    """Of the projects only."""
    return Api(token=token_for(cast.maintainer))


@pytest.fixture
def tools(cast: Cast) -> Project:
    made = projects.project("tools", group=projects.group("far", by=cast.owner), by=cast.owner)
    projects.members({cast.developer: Role.DEVELOPER, cast.maintainer: Role.MAINTAINER}, made)
    return made


def rule_path(group: Group) -> str:
    return f"/token_access/groups/{group.pk}/rule"


def list_path(group: Group) -> str:
    return f"/token_access/groups/{group.pk}/allowlist"


def releases(cast: Cast, origin: Project | None = None) -> Any:
    return Api(job=cast.job_token(origin)).get(f"/projects/{cast.library.pk}/releases")


def test_a_group_s_rule_is_read_and_changed(cast: Cast, owner: Api) -> None:
    nothing = {"inbound_mode": "open", "ceiling": False, "locked": False}
    assert owner.get(rule_path(cast.acme)).json() == nothing
    answer = owner.put(rule_path(cast.acme), {"inbound_mode": "enforced", "ceiling": True})
    assert (answer.status_code, answer.json()) == (200, {**nothing, "inbound_mode": "enforced", "ceiling": True})
    event = AuditEvent.objects.latest("id")
    assert (event.event, event.actor_name) == ("secure_ci_job_token_group_rule_updated", "owner")
    assert event.details == {"inbound_mode": "enforced", "has_ceiling": True}
    assert owner.put(rule_path(cast.acme), {"inbound_mode": "shut"}).status_code == 400
    assert owner.put(rule_path(cast.acme), {}).status_code == 400
    assert owner.put(rule_path(cast.acme), {"modes": "open"}).status_code == 400


def test_an_entry_of_the_list_counts_below_until_it_is_removed(cast: Cast, owner: Api, tools: Project) -> None:
    made = owner.post(list_path(cast.acme), {"target_project": "far/tools", "reason": "builds"})
    assert made.status_code == 201
    entry = made.json()
    assert (entry["kind"], entry["path"], entry["default_permissions"]) == ("project", "far/tools", True)
    assert (entry["state"], entry["reason"], entry["added_by"]) == ("active", "builds", "owner")
    assert releases(cast, tools).status_code == 200
    assert owner.get(list_path(cast.acme)).json() == [entry]
    narrowed = owner.put(f"{list_path(cast.acme)}/{entry['id']}", {"permissions": ["read_jobs"]}).json()
    assert (narrowed["default_permissions"], narrowed["permissions"]) == (False, ["read_jobs"])
    assert releases(cast, tools).status_code == 403
    assert owner.delete(f"{list_path(cast.acme)}/{entry['id']}").status_code == 204
    assert owner.delete(f"{list_path(cast.acme)}/{entry['id']}").status_code == 404
    assert releases(cast, tools).status_code == 404


def test_default_permissions_may_be_said_alone(cast: Cast, owner: Api) -> None:
    made = owner.post(list_path(cast.acme), {"target_project": "acme/app", "permissions": ["read_jobs"]}).json()
    entry = f"{list_path(cast.acme)}/{made['id']}"
    for default, left in ((False, ["read_jobs"]), (True, []), (False, [])):
        answer = owner.put(entry, {"default_permissions": default})
        assert (answer.status_code, answer.json()["permissions"]) == (200, left)
        assert answer.json()["default_permissions"] is default


def test_an_entry_that_has_ended_already_is_refused(cast: Cast, owner: Api) -> None:
    yesterday = str(today() - timedelta(days=1))
    answer = owner.post(list_path(cast.acme), {"target_project": "acme/app", "expires_at": yesterday})
    assert (answer.status_code, "must be a day to come" in answer.json()["message"]) == (400, True)
    assert not GroupAllowlistEntry.objects.exists()


def test_a_target_takes_the_rights_of_both_sides_and_is_listed_once(cast: Cast, owner: Api, secret: Project) -> None:
    hidden = owner.post(list_path(cast.acme), {"target_project": secret.full_path})
    absent = owner.post(list_path(cast.acme), {"target_project": "no/such"})
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json()) == (404, hidden.json())
    other = projects.group("other", visibility=Visibility.PUBLIC)
    assert owner.post(list_path(cast.acme), {"target_group": other.pk}).status_code == 403
    assert owner.post(list_path(cast.acme), {"target_group": "acme"}).status_code == 201
    assert owner.post(list_path(cast.acme), {"target_group": "acme"}).status_code == 400
    for blank in ({}, {"target_project": ""}, {"target_group": " ", "target_project": None}):
        answer = owner.post(list_path(cast.acme), blank)
        words = "target_project, target_group are missing, exactly one parameter must be provided"
        assert (answer.status_code, answer.json()) == (400, {"error": words})
    both = owner.post(list_path(cast.acme), {"target_group": "acme", "target_project": "acme/app"})
    assert (both.status_code, both.json()) == (400, {"error": "target_project, target_group are mutually exclusive"})
    assert owner.post(list_path(cast.acme), {"target_project": "acme/app", "permissions": ["fly"]}).status_code == 400


def test_who_maintains_projects_only_sees_and_changes_no_rule(cast: Cast, maintainer: Api) -> None:
    assert maintainer.get(rule_path(cast.acme)).status_code == 403
    assert maintainer.put(rule_path(cast.acme), {"locked": True}).status_code == 403
    assert not GroupRule.objects.exists()


def test_a_lock_keeps_projects_from_weakening_their_limit(
    cast: Cast, owner: Api, maintainer: Api, tools: Project
) -> None:
    services.add_entry(cast.library, tools, by=cast.owner, default_permissions=False, permissions=["read_jobs"])
    owner.put(rule_path(cast.acme), {"inbound_mode": "trial", "locked": True})
    scope = f"/projects/{cast.library.pk}/job_token_scope"
    why = "You can't change this because group acme locks it."
    mode = maintainer.put(f"/token_access/projects/{cast.library.pk}/mode", {"mode": "open"})
    assert (mode.status_code, why in mode.json()["message"]) == (400, True)
    assert maintainer.patch(scope, {"enabled": "false"}).status_code == 400
    added = maintainer.post(f"{scope}/allowlist", {"target_project_id": cast.app.pk})
    assert (added.status_code, why in added.json()["message"]) == (400, True)
    assert settings_of(cast.library).inbound_mode == InboundMode.ENFORCED
    assert AllowlistEntry.objects.count() == 1
    # What narrows stays possible, also to the group's own mode.
    assert maintainer.put(f"/token_access/projects/{cast.library.pk}/mode", {"mode": "trial"}).status_code == 200
    assert maintainer.delete(f"{scope}/allowlist/{tools.pk}").status_code == 204


def test_a_lock_holds_for_subgroups_but_not_for_the_group_itself(cast: Cast, owner: Api) -> None:
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    owner.put(rule_path(inner), {"ceiling": True})
    owner.put(rule_path(cast.acme), {"inbound_mode": "enforced", "locked": True})
    assert owner.put(rule_path(inner), {"inbound_mode": "trial"}).status_code == 400
    assert owner.put(rule_path(inner), {"ceiling": False}).status_code == 400
    assert owner.post(list_path(inner), {"target_project": "acme/app"}).status_code == 400
    assert owner.put(rule_path(inner), {"inbound_mode": "enforced", "locked": True}).status_code == 200
    assert owner.post(list_path(cast.acme), {"target_project": "acme/app"}).status_code == 201
    assert owner.put(rule_path(cast.acme), {"locked": False}).status_code == 200


def test_a_group_is_named_only_to_who_may_see_it(cast: Cast, maintainer: Api) -> None:
    hidden = projects.group("hidden", by=cast.owner, visibility=Visibility.PRIVATE)
    target = projects.project("target", group=hidden, by=cast.owner)
    projects.members({cast.maintainer: Role.MAINTAINER}, target)
    services.change_group_rule(hidden, by=cast.owner, is_locked=True)
    services.add_group_entry(hidden, cast.app, by=cast.owner)
    answer = maintainer.post(f"/projects/{target.pk}/job_token_scope/allowlist", {"target_project_id": cast.app.pk})
    sees = maintainer.get(f"/groups/{hidden.pk}").status_code == 200
    assert ("group hidden" in answer.json()["message"]) is sees
    rows = maintainer.get(f"/token_access/projects/{target.pk}/inherited_allowlist").json()
    assert [(row["path"], row["group"]) for row in rows] == [("acme/app", "hidden" if sees else None)]


def test_a_project_says_what_it_has_from_the_groups_above(
    cast: Cast, owner: Api, maintainer: Api, tools: Project, django_assert_max_num_queries: Any
) -> None:
    owner.put(rule_path(cast.acme), {"inbound_mode": "trial", "locked": True})
    for number in range(3):
        services.add_group_entry(cast.acme, projects.group(f"g{number}", by=cast.owner), by=cast.owner)
    rule = maintainer.get(f"/token_access/projects/{cast.library.pk}/group_rule").json()
    assert rule == {"inbound_mode": "trial", "ceiling": False, "locked": True}
    with django_assert_max_num_queries(12):
        rows = maintainer.get(f"/token_access/projects/{cast.library.pk}/inherited_allowlist").json()
    assert [(row["path"], row["group"]) for row in rows] == [("g0", "acme"), ("g1", "acme"), ("g2", "acme")]


def test_a_namespace_sets_no_rule(cast: Cast) -> None:
    namespace = create_namespace(cast.owner)
    answer = Api(token=token_for(cast.admin)).put(rule_path(namespace), {"locked": True})
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Group Not Found"})
    assert not GroupRule.objects.exists()


def test_entries_go_with_what_they_name(cast: Cast, owner: Api, tools: Project) -> None:
    owner.post(list_path(cast.acme), {"target_project": "far/tools"})
    tools.delete()
    assert not GroupAllowlistEntry.objects.exists()

"""The administration of groups, projects and memberships: it writes what the services write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import checks
from django.test import Client

from audit.models import AuditEvent
from identity.models import today
from projects.models import Group, Membership, Project
from projects.roles.effective_roles import sync
from projects.roles.roles import role_of
from tests.factories.cast import Cast
from tokenaccess.policy import features
from tokenaccess.policy.levels import Role


@pytest.fixture
def site(cast: Cast, client: Client) -> Client:
    client.force_login(cast.admin)
    return client


def _post(site: Client, address: str, /, **data: Any) -> Any:
    return site.post(f"/admin/projects/{address}", data, follow=True)


def _messages(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_membership_made_here_counts_at_once(cast: Cast, site: Client) -> None:
    answer = _post(site, "membership/add/", user=cast.outsider.pk, group=cast.acme.pk, role=30)
    assert answer.status_code == 200
    assert role_of(cast.outsider, cast.library) is Role.DEVELOPER
    made = Membership.objects.get(user=cast.outsider)
    assert made.created_by == cast.admin
    end = today() + timedelta(days=5)
    _post(site, f"membership/{made.pk}/change/", role=40, expires_at=end.isoformat())
    assert role_of(cast.outsider, cast.library) is Role.MAINTAINER
    made.refresh_from_db()
    assert made.expires_at == end
    _post(site, f"membership/{made.pk}/delete/", post="yes")
    assert role_of(cast.outsider, cast.library) is Role.NONE
    events = AuditEvent.objects.filter(actor_name="admin", target_type="group").values_list("event", flat=True)
    assert set(events) == {"member_added", "member_updated", "member_removed"}


def test_memberships_chosen_in_the_list_are_removed_with_what_follows(cast: Cast, site: Client) -> None:
    chosen = Membership.objects.filter(project=cast.library).values_list("pk", flat=True)
    _post(site, "membership/", action="delete_selected", _selected_action=list(chosen), post="yes")
    assert role_of(cast.developer, cast.library) is Role.NONE
    assert sync(groups=Group.objects.all(), projects=Project.objects.all()) == 0


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"project": "LIB"},
        {"group": "ACME", "project": "LIB", "user": "OUT"},
        {"user": "OUT", "group": "ACME", "role": 35},
    ],
)
def test_a_membership_that_makes_no_sense_is_refused(cast: Cast, site: Client, change: dict[str, Any]) -> None:
    known = {"LIB": cast.library.pk, "ACME": cast.acme.pk, "OUT": cast.outsider.pk}
    before = Membership.objects.count()
    answer = _post(site, "membership/add/", **{"role": 30, **{k: known.get(v, v) for k, v in change.items()}})
    assert answer.context["adminform"].form.errors
    assert Membership.objects.count() == before


def test_the_admin_shows_why_a_service_refused(cast: Cast, site: Client) -> None:
    last = Membership.objects.get(group=cast.acme, user=cast.owner)
    assert "The last owner of a group stays" in _messages(_post(site, f"membership/{last.pk}/delete/", post="yes"))
    assert "The last owner of a group stays" in _messages(_post(site, f"membership/{last.pk}/change/", role=10))
    answer = _post(site, "membership/", action="delete_selected", _selected_action=[last.pk], post="yes")
    assert "The last owner of a group stays" in _messages(answer)
    assert role_of(cast.owner, cast.library) is Role.OWNER
    past = {"user": cast.outsider.pk, "group": cast.acme.pk, "role": 30, "expires_at": "2001-01-01"}
    assert "cannot be a date in the past" in _messages(_post(site, "membership/add/", **past))


PROJECT = {
    "name": "Tool", "visibility": 0, "default_branch": "main", **dict.fromkeys(features.columns(), 20),
    "build_timeout": 3600, "git_depth": 20, "pipeline_variables_level": 30,
}  # fmt: skip


# The page also holds what apps further out add to it.
NO_RULES = {
    "token_access-TOTAL_FORMS": 0, "token_access-INITIAL_FORMS": 0,
    "allowlist-TOTAL_FORMS": 0, "allowlist-INITIAL_FORMS": 0,
}  # fmt: skip


def test_a_project_made_here_is_whole(cast: Cast, site: Client) -> None:
    _post(site, "project/add/", **PROJECT, path="tool", group=cast.acme.pk)
    made = Project.objects.get(full_path="acme/tool")
    assert (made.repository_path / "HEAD").exists()
    assert role_of(cast.owner, made) is Role.OWNER
    _post(site, f"project/{made.pk}/change/", **{**PROJECT, **NO_RULES, "name": "Hammer", "archived": "on"})
    made.refresh_from_db()
    assert (made.name, made.archived, made.path) == ("Hammer", True, "tool")
    history = site.get(f"/admin/projects/project/{made.pk}/history/").content.decode()
    assert "Project acme/tool: changed archived, name" in history
    assert "Project acme/tool was created" in history
    assert "has already been taken" in _messages(
        _post(site, "project/add/", **PROJECT, path="tool", group=cast.acme.pk)
    )
    _post(site, f"project/{made.pk}/delete/", post="yes")
    assert not Project.objects.filter(pk=made.pk).exists()


def test_a_group_made_here_is_whole(cast: Cast, site: Client) -> None:
    _post(site, "group/add/", name="Sub", path="sub", parent=cast.acme.pk, visibility=10)
    made = Group.objects.get(full_path="acme/sub")
    assert list(Group.objects.above(made.pk)) == [made, cast.acme]
    _post(site, f"group/{made.pk}/change/", name="Below", visibility=0)
    made.refresh_from_db()
    assert (made.name, made.visibility) == ("Below", 0)
    answer = _post(site, "group/add/", name="Sub", path="sub", parent=cast.acme.pk, visibility=10)
    assert "has already been taken" in _messages(answer)
    _post(site, f"group/{made.pk}/delete/", post="yes")
    assert not Group.objects.filter(pk=made.pk).exists()


@pytest.mark.parametrize("kind", ["group", "project", "membership"])
def test_every_list_can_be_searched_and_takes_a_fixed_number_of_statements(
    cast: Cast, site: Client, kind: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(9):
        answer = site.get(f"/admin/projects/{kind}/?q=acme")
    assert answer.status_code == 200
    assert site.get(f"/admin/projects/{kind}/add/").status_code == 200
    assert site.get(f"/admin/projects/{kind}/?q=a%00b").status_code < 500


def test_only_staff_come_in(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    assert client.get("/admin/projects/project/").status_code == 302


def test_the_pages_are_wired_as_the_framework_expects() -> None:
    found = [message for message in checks.run_checks(tags=["admin"]) if "projects" in str(message.obj)]
    assert found == []


@pytest.mark.parametrize("name", ["group", "project", "membership"])
@pytest.mark.parametrize("pk", ["9" * 30, "²", "x"])
def test_the_history_of_what_can_be_no_row_is_no_error(site: Client, name: str, pk: str) -> None:
    answer = site.get(f"/admin/projects/{name}/{pk}/history/")
    assert answer.status_code == 302

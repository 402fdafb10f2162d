"""The Token Access section of a group, and the projects that deviate from its rule."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import today
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tests.support.token_access import record_authorization, text
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.allowlist.group_rules.deviations import Deviations
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule
from tokenaccess.policy.levels import InboundMode, Role, Visibility

PAGE = "/groups/acme/-/settings/token_access"


@pytest.fixture
def owner(cast: Cast, browser: Any) -> Client:
    """The browser of the group's owner."""
    return browser(cast.owner)


def test_a_rule_is_set_on_the_group_s_page(cast: Cast, owner: Client) -> None:
    shown = text(owner.get(PAGE))
    assert "No entries yet." in shown
    assert "for the 2 projects below it" in shown
    answer = owner.post(f"{PAGE}/rule", {"inbound_mode": "2", "has_ceiling": "on"}, follow=True)
    assert "The rule for all projects below was saved." in text(answer)
    rule = GroupRule.objects.get()
    assert (rule.inbound_mode, rule.has_ceiling, rule.is_locked) == (InboundMode.ENFORCED, True, False)
    assert "Select a valid choice" in text(owner.post(f"{PAGE}/rule", {"inbound_mode": "9"}))
    assert text(owner.get("/acme")).count("Token Access") >= 1


def test_a_rule_that_refuses_somebody_says_whom_in_numbers_before_it_is_saved(
    cast: Cast, owner: Client, api: Any
) -> None:
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    record_authorization(cast.library, cast.app, read_packages=timezone.now().isoformat())
    rule = {"inbound_mode": "2", "is_locked": "on"}
    asked = text(owner.post(f"{PAGE}/rule", rule))
    assert "Change the rule for all projects below acme?" in asked
    assert "<dt>1</dt><dd><strong>project becomes enforced.</strong>" in asked
    assert "<dt>1</dt><dd><strong>source would be refused.</strong>" in asked
    assert not GroupRule.objects.exists()
    assert settings_of(cast.library).effective_inbound_mode is InboundMode.OPEN
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', asked))
    del fields["csrfmiddlewaretoken"]
    assert fields == {**rule, "confirmed": "1"}
    assert "was saved" in text(owner.post(f"{PAGE}/rule", fields, follow=True))
    opened = text(owner.post(f"{PAGE}/rule", {"inbound_mode": "0"}))
    assert "<strong>project is enforced no longer.</strong>" in opened
    assert "was saved" in text(owner.post(f"{PAGE}/rule", {"inbound_mode": "2"}, follow=True)), "it asks about nothing"


def test_an_entry_is_added_changed_and_removed(cast: Cast, owner: Client) -> None:
    far = projects.group("far", by=cast.owner)
    added = owner.post(f"{PAGE}/add", {"path": " /far/ ", "permissions": "default"}, follow=True)
    assert "far has access to all projects of this group now." in text(added)
    entry = GroupAllowlistEntry.objects.get()
    assert entry.target == far
    assert "is on the list already" in text(owner.post(f"{PAGE}/add", {"path": "far", "permissions": "default"}))
    edit = f"{PAGE}/entries/{entry.pk}"
    assert "Entry far" in text(owner.get(edit))
    owner.post(edit, {"permissions": "chosen", "p-jobs": "read_jobs"})
    entry.refresh_from_db()
    assert entry.permissions == ["read_jobs"]
    assert "Jobs: read" in text(owner.get(PAGE))
    assert "projects below no longer have this entry" in text(owner.get(f"{edit}/remove"))
    assert "far removed from the list." in text(owner.post(f"{edit}/remove", follow=True))
    assert owner.get(edit).status_code == 404


def test_the_list_of_a_group_says_when_entries_end_and_which_are_suspended(cast: Cast, owner: Client) -> None:
    entry = services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    end = today() + timedelta(days=9)
    GroupAllowlistEntry.objects.update(expires_at=end, owner=cast.maintainer, suspended_at=entry.created_at)
    shown = text(owner.get(PAGE))
    for words in (f'title="{end} UTC"', "Owner: maintainer", "Suspended"):
        assert words in shown
    GroupAllowlistEntry.objects.update(expires_at=today())
    assert "Expired" in text(owner.get(PAGE))


def test_a_locked_subgroup_says_why_it_cannot_weaken(cast: Cast, owner: Client) -> None:
    projects.group("inner", parent=cast.acme, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED, is_locked=True)
    services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    inner = PAGE.replace("acme", "acme/inner")
    shown = text(owner.get(inner))
    assert "You can&#x27;t change this because group acme locks it." in shown
    assert "Inherited from the list of group acme" in shown
    assert "acme/app" in shown
    refused = owner.post(f"{inner}/add", {"path": "acme/library", "permissions": "default"})
    assert "because group acme locks it" in text(refused)


def test_the_page_is_for_maintainers_of_the_group(cast: Cast, browser: Any) -> None:
    for user, status in ((cast.maintainer, 403), (cast.outsider, 403)):
        assert browser(user).get(PAGE).status_code == status
    projects.member(cast.maintainer, cast.acme, Role.MAINTAINER)
    assert browser(cast.maintainer).get(PAGE).status_code == 200


def test_the_page_takes_as_many_statements_for_many_entries_as_for_one(
    cast: Cast, owner: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        services.add_group_entry(cast.acme, projects.group(f"g{number}", by=cast.owner), by=cast.owner)
    with django_assert_max_num_queries(24):
        assert "g3" in text(owner.get(PAGE))


@pytest.fixture
def deviating(cast: Cast) -> Project:
    """`acme/library` lists what its group does not, and is open by itself."""
    services.add_group_entry(
        cast.acme, cast.app, by=cast.owner, default_permissions=False, permissions=["admin_packages"]
    )
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    return cast.library


def test_without_deviations_the_page_says_what_to_do_until_there_is_a_rule(cast: Cast, owner: Client) -> None:
    hint = "Once this group sets a mode, a list or a ceiling"
    assert hint in text(owner.get(f"{PAGE}/deviations"))
    services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    shown = text(owner.get(f"{PAGE}/deviations"))
    assert "No project that you can see deviates" in shown
    assert hint not in shown


def test_projects_that_deviate_are_listed(cast: Cast, owner: Client, deviating: Project) -> None:
    shown = text(owner.get(f"{PAGE}/deviations"))
    assert "acme/library" in shown
    assert "The group's mode." in shown
    assert "The entries open more than the group's list." in shown
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    assert "The entries have no effect beyond the ceiling." in text(owner.get(f"{PAGE}/deviations"))
    lines = owner.get(f"{PAGE}/deviations.csv").content.decode().splitlines()
    assert lines[1:] == ["acme/library,open,yes,1"]
    api = Api(token=token_for(cast.owner))
    assert api.get(f"/token_access/groups/{cast.acme.pk}/deviations").json() == [
        {
            "project_id": deviating.pk,
            "path": "acme/library",
            "inbound_mode": "open",
            "weaker_mode": True,
            "entries_beyond": 1,
        }
    ]
    count = api.get(f"/token_access/groups/{cast.acme.pk}/deviations/count").json()
    assert count == {"visible": 1, "hidden": 0}


@pytest.mark.parametrize(
    ("default", "permissions", "beyond"),
    [
        (True, [], 1),
        (False, ["read_packages"], 0),
        (False, ["admin_packages", "read_packages"], 0),
        (False, ["admin_packages", "read_jobs"], 1),
        (False, [], 0),
    ],
)
def test_an_entry_deviates_if_it_grants_more_than_the_group_s(
    cast: Cast, deviating: Project, default: bool, permissions: list[str], beyond: int
) -> None:
    services.set_permissions(deviating, cast.app, default_permissions=default, permissions=permissions, by=cast.owner)
    found = Deviations(cast.acme)
    assert [row.beyond for row in found.rows(list(found.projects()))] == [beyond]


def test_a_group_s_entry_covers_what_lies_in_the_group(cast: Cast, deviating: Project) -> None:
    GroupAllowlistEntry.objects.all().delete()
    services.add_group_entry(cast.acme, cast.acme, by=cast.owner)
    assert [row.beyond for row in Deviations(cast.acme).rows(list(Deviations(cast.acme).projects()))] == [0]
    AllowlistEntry.objects.create(project=deviating, target_group=projects.group("far", by=cast.owner))
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    AllowlistEntry.objects.create(project=deviating, target_group=inner)
    assert [row.beyond for row in Deviations(cast.acme).rows(list(Deviations(cast.acme).projects()))] == [1]


def test_hidden_projects_are_counted_and_many_take_as_many_statements(
    cast: Cast, deviating: Project, django_assert_num_queries: Any
) -> None:
    found = Deviations(cast.acme)
    assert list(found.visible_projects(cast.outsider)) == []
    assert found.count_hidden(cast.outsider) == 1
    for number in range(4):
        made = projects.project(f"p{number}", group=cast.acme, by=cast.owner, visibility=Visibility.PUBLIC)
        AllowlistEntry.objects.create(project=made, target_project=deviating)
    with django_assert_num_queries(5):
        found = Deviations(cast.acme)
        rows = found.rows(list(found.visible_projects(cast.owner)[:20]))
    assert [row.beyond for row in rows] == [1] * 5
    assert [row.is_weaker for row in rows] == [True, False, False, False, False]


def test_the_administration_writes_rules_and_lists_through_the_services(cast: Cast, browser: Any) -> None:
    admin = browser(cast.admin)
    there = "/admin/tokenaccess"
    admin.post(f"{there}/grouprule/add/", {"group": cast.acme.pk, "inbound_mode": 1, "has_ceiling": "on"})
    rule = GroupRule.objects.get()
    assert (rule.inbound_mode, rule.has_ceiling) == (InboundMode.TRIAL, True)
    admin.post(f"{there}/grouprule/{rule.pk}/change/", {"inbound_mode": 2, "is_locked": "on"})
    rule.refresh_from_db()
    assert (rule.inbound_mode, rule.has_ceiling, rule.is_locked) == (InboundMode.ENFORCED, False, True)
    assert "Group rule of job token access changed" in text(admin.get(f"{there}/grouprule/{rule.pk}/history/"))
    new = {"group": cast.acme.pk, "target_project": cast.app.pk, "permissions": ["read_jobs"]}
    admin.post(f"{there}/groupallowlistentry/add/", new)
    entry = GroupAllowlistEntry.objects.get()
    assert (entry.permissions, entry.added_by) == (["read_jobs"], cast.admin)
    again = admin.post(f"{there}/groupallowlistentry/add/", new, follow=True)
    assert "with this Group and Listed project already exists" in text(again)
    admin.post(f"{there}/groupallowlistentry/{entry.pk}/change/", {"default_permissions": "on"})
    entry.refresh_from_db()
    assert entry.default_permissions
    assert "acme/app" in text(admin.get(f"{there}/groupallowlistentry/?q=acme"))
    admin.post(f"{there}/groupallowlistentry/{entry.pk}/delete/", {"post": "yes"})
    assert not GroupAllowlistEntry.objects.exists()
    assert admin.get(f"{there}/grouprule/{rule.pk}/delete/").status_code == 403

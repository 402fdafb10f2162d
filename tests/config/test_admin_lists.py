"""Every list of the administration: searched, filtered, exported, each row with its history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from audit.models import AuditEvent
from config.administration import lists
from tests.factories import jobs, people
from tests.factories.cast import Cast
from tests.support.token_access import record_authorization, record_refusal
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry

pytestmark = pytest.mark.django_db

ADMINS = {model._meta.label: model_admin for model, model_admin in admin.site._registry.items()}
SINGLE = {"tokenaccess.InstanceSettings"}
LISTS = sorted(ADMINS.keys() - SINGLE)


def address(label: str, end: str = "") -> str:
    return f"/admin/{label.lower().replace('.', '/')}/{end}"


@pytest.fixture
def desk(cast: Cast, client: Client) -> Client:
    client.force_login(cast.admin)
    return client


@pytest.mark.pure
@pytest.mark.parametrize("label", LISTS)
def test_every_list_can_be_searched_and_filtered(label: str) -> None:
    assert ADMINS[label].search_fields
    assert ADMINS[label].list_filter


@pytest.mark.parametrize("label", LISTS)
def test_every_list_can_be_searched_and_exported(desk: Client, label: str) -> None:
    assert desk.get(address(label), {"q": "nothing like it"}).status_code == 200
    answer = desk.get(address(label, "export/"), {"q": "nothing like it"})
    assert answer.status_code == 200, answer.content[:300]
    assert answer["Content-Type"] == "text/csv"
    assert len(answer.content.decode().strip().split("\r\n")) == 1


def test_an_export_holds_what_the_list_shows_and_no_more(cast: Cast, desk: Client) -> None:
    people.person("zoe", name="=1+1")
    answer = desk.get(address("identity.User", "export/"), {"q": "zoe"})
    head, row = answer.content.decode().strip().split("\r\n")
    assert head.split(",")[:3] == ["username", "display name", "email"]
    assert row.startswith("zoe,1+1,")
    assert "argon2" not in row
    assert "password" not in head
    event = AuditEvent.objects.get(event="list_exported")
    assert (event.actor_name, event.message) == (cast.admin.username, "1 row of people was exported")


def test_a_list_too_long_to_export_says_so(cast: Cast, desk: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(lists, "MAX_ROWS", 1)
    answer = desk.get(address("identity.User", "export/"), follow=True)
    assert "There are more than 1 rows." in answer.content.decode()


def test_an_export_is_for_administrators(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    assert client.get(address("identity.User", "export/"), follow=True).status_code == 403


def test_an_entrys_permissions_are_boxes_to_check(cast: Cast, desk: Client) -> None:
    page = desk.get(address("tokenaccess.AllowlistEntry", "add/")).content.decode()
    assert 'type="checkbox" name="permissions" value="read_packages"' in page


def test_times_are_in_the_readers_zone(cast: Cast, desk: Client) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    AllowlistEntry.objects.update(created_at=datetime(2036, 7, 1, 22, 30, tzinfo=UTC))
    desk.post("/-/preferences/zone", {"timezone": "Asia/Tokyo"})
    assert "2036-07-02</span> 07:30" in desk.get(address("tokenaccess.AllowlistEntry")).content.decode()
    desk.cookies["timezone"] = "Nowhere/Else"
    assert "2036-07-01</span> 22:30" in desk.get(address("tokenaccess.AllowlistEntry")).content.decode()


def test_lists_have_words_for_what_is_kept_as_json_or_as_a_name(cast: Cast, desk: Client) -> None:
    people.token_for(cast.owner, scopes=("read_api", "read_user"))
    assert "read_api, read_user" in desk.get(address("identity.PersonalToken")).content.decode()
    services.add_entry(cast.library, cast.app, by=cast.owner)
    page = desk.get(address("audit.AuditEvent")).content.decode()
    assert "Project acme/app was added to inbound list of allowed projects for acme/library" in page
    assert ">secure_ci_job_token_project_added<" not in page
    assert "Allowlist entry of a project: added" in page  # the filter
    assert "secure_ci_job_token_project_added" in desk.get(address("audit.AuditEvent", "export/")).content.decode()
    assert "Choose an action" in desk.get(address("identity.User")).content.decode()
    assert "---------" not in desk.get(address("identity.User")).content.decode()


def test_a_refusal_leads_to_its_job_while_there_is_one(cast: Cast, desk: Client) -> None:
    job = jobs.job(cast.app, cast.developer, name="build")
    for job_id in (job.pk, 999_999):
        record_refusal(cast.library, cast.app, job_id=job_id)
    page = desk.get(address("tokenaccess.RefusalRecord")).content.decode()
    assert f'<a href="/admin/jobs/job/{job.pk}/change/">#{job.pk}</a>' in page
    assert "#999999" in page
    assert "/admin/jobs/job/999999/" not in page


def test_a_project_goes_with_its_jobs_and_log_although_nobody_deletes_those_alone(cast: Cast, desk: Client) -> None:
    jobs.job(cast.library, cast.owner, name="build")
    record_authorization(cast.library, cast.app)
    there = address("projects.Project", f"{cast.library.pk}/delete/")
    page = desk.get(there).content.decode()
    assert "Jobs: 1" in page
    assert "Authorization records: 1" in page
    assert desk.post(there, {"post": "yes"}).status_code == 302
    assert AuditEvent.objects.filter(event="project_deleted", target_path="acme/library").exists()

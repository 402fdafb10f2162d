"""Token Access in the administration: it writes what the services write, and says why when they refuse."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from waffle.models import Switch

from audit.models import AuditEvent
from projects.models import Project
from projects.services import delete_project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.token_access import record_authorization, record_refusal
from tokenaccess.access.facts import is_switch_on, settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AcceptedFinding, AllowlistEntry, InstanceSettings, TokenAccessSettings
from tokenaccess.policy import features
from tokenaccess.policy.levels import AddressMode, Role

PROJECT = {
    "name": "library", "visibility": 0, "default_branch": "main", **dict.fromkeys(features.columns(), 20),
    "build_timeout": 3600, "git_depth": 20, "pipeline_variables_level": 30,
}  # fmt: skip


@pytest.fixture
def site(cast: Cast, client: Client) -> Client:
    client.force_login(cast.admin)
    return client


def post(site: Client, address: str, /, **data: Any) -> Any:
    return site.post(f"/admin/{address}", data, follow=True)


def messages_of(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def save_project(site: Client, project: Project, entries: list[dict[str, Any]], **rules: Any) -> Any:
    """Posts the project's page as a browser does: all its fields, its rules, its entries."""
    known = AllowlistEntry.objects.filter(project=project).count()
    has_row = TokenAccessSettings.objects.filter(pk=project.pk).exists()
    data: dict[str, Any] = {
        **PROJECT,
        "token_access-TOTAL_FORMS": 1 if rules else 0,
        "token_access-INITIAL_FORMS": int(has_row) if rules else 0,
        "allowlist-TOTAL_FORMS": len(entries),
        "allowlist-INITIAL_FORMS": known,
    }
    data |= {f"token_access-0-{name}": value for name, value in ({"address_mode": 0} | rules).items()}
    if has_row:
        data["token_access-0-project"] = project.pk
    for number, entry in enumerate(entries):
        filled = {"project": project.pk, "direction": "inbound", **entry}
        data |= {f"allowlist-{number}-{name}": value for name, value in filled.items() if value not in (None, False)}
    return post(site, f"projects/project/{project.pk}/change/", **data)


# --- On the project's page --------------------------------------------------------------------------------------------


def test_entries_are_added_changed_and_removed_on_the_projects_page(cast: Cast, site: Client) -> None:
    answer = save_project(site, cast.library, [{"target_project": cast.app.pk, "default_permissions": "on"}])
    assert answer.status_code == 200
    entry = AllowlistEntry.objects.get()
    assert (entry.target, entry.added_by, entry.default_permissions) == (cast.app, cast.admin, True)
    row = {"id": entry.pk, "target_project": cast.app.pk}
    save_project(site, cast.library, [{**row, "permissions": ["read_jobs", "read_packages"]}])
    entry.refresh_from_db()
    assert (entry.default_permissions, entry.permissions) == (False, ["read_jobs", "read_packages"])
    save_project(site, cast.library, [{**row, "permissions": ["read_jobs"], "DELETE": "on"}])
    assert not AllowlistEntry.objects.exists()
    events = AuditEvent.objects.filter(actor_name="admin", event__startswith="secure").order_by("id")
    assert [event.event for event in events] == [
        "secure_ci_job_token_project_added",
        "secure_ci_job_token_policies_updated",
        "secure_ci_job_token_project_removed",
    ]


def test_an_entry_names_the_same_thing_all_its_life(cast: Cast, site: Client) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    third = projects.project("third", group=cast.acme, by=cast.owner)
    row = {"id": entry.pk, "target_project": third.pk, "direction": "outbound", "default_permissions": "on"}
    page = site.get(f"/admin/projects/project/{cast.library.pk}/change/").content.decode()
    assert 'name="allowlist-0-direction" disabled' in page or 'disabled id="id_allowlist-0-direction"' in page
    save_project(site, cast.library, [row])
    entry.refresh_from_db()
    assert (entry.target, entry.direction) == (cast.app, "inbound")


def test_the_admin_shows_what_the_services_refuse_and_changes_nothing(cast: Cast, site: Client) -> None:
    services.change_instance_settings(by=cast.admin, allowlist_limit=1)
    entries = [{"target_project": cast.app.pk}, {"target_project": cast.library.pk}]
    answer = save_project(site, cast.library, entries)
    assert "Target project can't be the same as the source project" in messages_of(answer)
    assert not AllowlistEntry.objects.exists()
    third = projects.project("third", group=cast.acme, by=cast.owner)
    answer = save_project(site, cast.library, [{"target_project": cast.app.pk}, {"target_project": third.pk}])
    assert "exceeds the allowable number of project links" in messages_of(answer)
    assert not AllowlistEntry.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "Name a project or a group"),
        ({"target_project": 999_999}, "Select a valid choice"),
        ({"direction": "outbound", "group": True}, "Only projects can be listed outbound."),
        ({"target": True, "permissions": ["fly"]}, "Select a valid choice"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(cast: Cast, site: Client, wrong: dict[str, Any], message: str) -> None:
    row = {name: value for name, value in wrong.items() if name not in {"group", "target"}}
    if "group" in wrong:
        row["target_group"] = cast.acme.pk
    if "target" in wrong:
        row["target_project"] = cast.app.pk
    answer = save_project(site, cast.library, [{"permissions": ["read_jobs"], **row}])
    assert message in answer.content.decode()
    assert not AllowlistEntry.objects.exists()


def test_tokens_used_from_elsewhere_are_tried_before_they_are_refused(cast: Cast, site: Client) -> None:
    rules = {"inbound_mode": 2, "job_pushes_start_pipelines": "on"}
    answer = save_project(site, cast.library, [], address_mode=2, **rules)
    assert "are refused only after a trial: put them on trial first" in messages_of(answer)
    assert settings_of(cast.library).address_mode == AddressMode.OFF
    for mode in (AddressMode.TRIAL, AddressMode.REFUSE):
        save_project(site, cast.library, [], address_mode=mode.value, **rules)
        assert settings_of(cast.library).address_mode == mode


def test_the_limits_are_turned_on_the_projects_page(cast: Cast, site: Client) -> None:
    save_project(site, cast.library, [], inbound_mode=0, limits_outbound="on", takes_job_pushes="on")
    settings = settings_of(cast.library)
    assert (settings.limits_inbound, settings.limits_outbound, settings.takes_job_pushes) == (False, True, True)
    save_project(site, cast.library, [], inbound_mode=2)
    settings = settings_of(cast.library)
    assert (settings.limits_inbound, settings.limits_outbound, settings.takes_job_pushes) == (True, False, False)
    assert AuditEvent.objects.filter(event="secure_ci_job_token_inbound_enabled", actor_name="admin").exists()


def test_actions_limit_and_open_the_selected_projects(cast: Cast, site: Client) -> None:
    chosen = [cast.library.pk, cast.app.pk]
    for action, name, value in [
        ("open_inbound", "limits_inbound", False),
        ("limit_inbound", "limits_inbound", True),
        ("limit_outbound", "limits_outbound", True),
        ("open_outbound", "limits_outbound", False),
    ]:
        answer = post(site, "projects/project/", action=action, _selected_action=chosen)
        assert "2 projects changed." in messages_of(answer)
        assert {getattr(settings_of(project), name) for project in (cast.library, cast.app)} == {value}
    services.change_instance_settings(by=cast.admin, enforce_inbound=True)
    answer = post(site, "projects/project/", action="open_inbound", _selected_action=chosen)
    assert "acme/library: Job token scope cannot be disabled" in messages_of(answer)


def test_staff_who_are_not_maintainers_of_both_are_refused_like_anyone(cast: Cast, client: Client) -> None:
    from django.contrib.auth.models import Permission

    staff = people.person("staff", is_staff=True)
    projects.member(staff, cast.library, Role.MAINTAINER)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["tokenaccess", "projects"]))
    client.force_login(staff)
    if client.get("/admin/").status_code != 200:
        return  # only administrators come in at all
    sent = {"project": cast.library.pk, "target_project": cast.app.pk, "direction": "inbound"}
    answer = post(client, "tokenaccess/allowlistentry/add/", **sent)
    assert not AllowlistEntry.objects.exists()
    assert "does not exist or you don't have permission" in messages_of(answer)


# --- The lists --------------------------------------------------------------------------------------------------------


def test_an_entry_is_made_changed_and_removed_on_its_own_page(cast: Cast, site: Client) -> None:
    sent = {"project": cast.library.pk, "direction": "inbound", "target_group": cast.acme.pk}
    post(site, "tokenaccess/allowlistentry/add/", **sent, permissions=["read_jobs"])
    entry = AllowlistEntry.objects.get()
    assert (entry.target, entry.permissions, entry.added_by) == (cast.acme, ["read_jobs"], cast.admin)
    post(site, f"tokenaccess/allowlistentry/{entry.pk}/change/", default_permissions="on")
    entry.refresh_from_db()
    assert entry.default_permissions
    history = site.get(f"/admin/tokenaccess/allowlistentry/{entry.pk}/history/").content.decode()
    assert "Group acme was added to list of allowed groups for acme/library" in history
    post(site, f"tokenaccess/allowlistentry/{entry.pk}/delete/", post="yes")
    assert not AllowlistEntry.objects.exists()
    assert AuditEvent.objects.filter(event="secure_ci_job_token_group_removed").exists()


def test_entries_chosen_in_the_list_are_removed_with_their_lines_in_the_audit(cast: Cast, site: Client) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.add_entry(cast.app, cast.library, by=cast.owner)
    chosen = list(AllowlistEntry.objects.values_list("pk", flat=True))
    post(site, "tokenaccess/allowlistentry/", action="delete_selected", _selected_action=chosen, post="yes")
    assert not AllowlistEntry.objects.exists()
    assert AuditEvent.objects.filter(event="secure_ci_job_token_project_removed", actor_name="admin").count() == 2


def test_a_second_entry_for_the_same_is_refused_in_words(cast: Cast, site: Client) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    sent = {"project": cast.library.pk, "direction": "inbound", "target_project": cast.app.pk}
    answer = post(site, "tokenaccess/allowlistentry/add/", **sent)
    assert "with this Project, Listed project and Direction already exists." in answer.content.decode()
    assert AllowlistEntry.objects.count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "tokenaccess/allowlistentry/?q=app&direction__exact=inbound&target_group__isempty=1",
        "tokenaccess/authorizationrecord/?q=acme",
        "tokenaccess/refusalrecord/?q=acme&rule=admitted",
        "audit/auditevent/?q=acme&target_type=project",
        "waffle/switch/",
    ],
)
def test_every_list_can_be_searched(cast: Cast, site: Client, address: str) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.set_feature_switch("ci_scoped_job_token", active=True, by=cast.admin)
    record_authorization(cast.library, cast.app)
    record_refusal(cast.library, cast.app)
    answer = site.get(f"/admin/{address}")
    assert answer.status_code == 200
    assert answer.context["cl"].result_count > 0


@pytest.mark.parametrize("model", ["tokenaccess/authorizationrecord", "tokenaccess/refusalrecord", "audit/auditevent"])
def test_log_records_are_read_only_in_the_admin(cast: Cast, site: Client, model: str) -> None:
    record_authorization(cast.library, cast.app)
    record_refusal(cast.library, cast.app)
    pk = site.get(f"/admin/{model}/").context["cl"].queryset.first().pk
    assert site.get(f"/admin/{model}/{pk}/change/").status_code == 200
    for page in ("add/", f"{pk}/delete/"):
        assert site.get(f"/admin/{model}/{page}").status_code == 403
    assert post(site, f"{model}/{pk}/change/").status_code == 403


def test_a_refusal_can_be_read_after_its_target_is_gone(cast: Cast, site: Client) -> None:
    pk = record_refusal(cast.library, cast.app).pk
    delete_project(cast.library, by=cast.admin)
    for address in ("", "?q=acme", f"{pk}/change/"):
        answer = site.get(f"/admin/tokenaccess/refusalrecord/{address}")
        assert answer.status_code == 200
        assert "acme/app" in answer.content.decode()


# --- The instance -----------------------------------------------------------------------------------------------------


def test_the_instances_settings_are_one_page(cast: Cast, site: Client) -> None:
    address = "tokenaccess/instancesettings/"
    others = {"inbound_mode": 2, "git_push_pipeline_limit": 4, "unused_entry_days": 90, "access_review_days": 0}
    assert site.get(f"/admin/{address}")["Location"].endswith("/add/")
    post(site, f"{address}add/", allowlist_limit=50, **others)
    current = InstanceSettings.current()
    assert (current.enforce_inbound, current.allowlist_limit, current.editor_needs_both) == (True, 50, False)
    assert site.get(f"/admin/{address}")["Location"].endswith("/1/change/")
    post(
        site,
        f"{address}1/change/",
        allowlist_limit=200,
        editor_needs_both="on",
        **others,
    )
    assert InstanceSettings.current().editor_needs_both
    post(site, f"{address}1/change/", allowlist_limit=10**7, **others)
    post(site, f"{address}1/change/", allowlist_limit=200, **{**others, "git_push_pipeline_limit": 10**7})
    assert InstanceSettings.current().allowlist_limit == 200
    assert AuditEvent.objects.filter(event="instance_settings_updated", actor_name="admin").count() == 2
    assert site.get(f"/admin/{address}1/delete/").status_code == 403


def test_the_feature_switch_is_turned_here(cast: Cast, site: Client) -> None:
    post(site, "waffle/switch/add/", name="ci_scoped_job_token")
    assert not is_switch_on()
    switch = Switch.objects.get()
    post(site, "waffle/switch/add/", name="allow_push_to_allowlisted_projects", active="on")
    assert site.get("/admin/waffle/switch/add/").status_code == 403
    post(site, f"waffle/switch/{switch.pk}/change/", active="on")
    assert is_switch_on()
    assert "was turned off" in site.get(f"/admin/waffle/switch/{switch.pk}/history/").content.decode()
    post(site, f"waffle/switch/{switch.pk}/delete/", post="yes")
    assert not Switch.objects.filter(pk=switch.pk).exists()


def test_an_unknown_switch_is_not_made(cast: Cast, site: Client) -> None:
    post(site, "waffle/switch/add/", name="another", active="on")
    assert not Switch.objects.exists()


def test_the_terms_of_an_entry_are_changed_and_entries_suspended_in_the_admin(cast: Cast, site: Client) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    sent = {"default_permissions": "on", "reason": "Builds", "owner": cast.developer.pk, "conditions": "fly: high"}
    answer = post(site, f"tokenaccess/allowlistentry/{entry.pk}/change/", **sent)
    assert "conditions: fly is not known" in messages_of(answer)
    post(
        site,
        f"tokenaccess/allowlistentry/{entry.pk}/change/",
        **{**sent, "conditions": "no_forks: yes\nbranches: main, release/*"},
    )
    entry.refresh_from_db()
    conditions = {"no_forks": True, "branches": ["main", "release/*"]}
    assert (entry.reason, entry.owner, entry.conditions) == ("Builds", cast.developer, conditions)
    for action in ("suspend", "restore"):
        answer = post(site, "tokenaccess/allowlistentry/", action=action, _selected_action=[entry.pk])
        assert "1 entry changed." in messages_of(answer)
        entry.refresh_from_db()
        assert (entry.suspended_at is None) is (action == "restore")


def test_conditions_are_lines_and_permissions_words_in_the_form_of_an_entry(cast: Cast, site: Client) -> None:
    terms: services.Terms = {"conditions": {"protected_refs": True, "branches": ["main", "release/*"]}}
    entry = services.add_entry(cast.library, cast.app, by=cast.owner, terms=terms)
    page = site.get(f"/admin/tokenaccess/allowlistentry/{entry.pk}/change/").content.decode()
    assert "branches: main, release/*\nprotected_refs: yes</textarea>" in page
    assert "Packages: read and write" in page
    answer = post(site, f"tokenaccess/allowlistentry/{entry.pk}/change/", conditions="no_forks: perhaps")
    assert "Write yes or no after “no_forks”." in answer.content.decode()
    answer = post(site, f"tokenaccess/allowlistentry/{entry.pk}/change/", conditions="no_forks")
    assert "Write “name: value” on each line." in answer.content.decode()


def test_an_accepted_finding_has_the_title_of_its_check(cast: Cast, site: Client) -> None:
    until = date(2036, 1, 1)
    AcceptedFinding.objects.create(check_name="entry_without_end", subject_id=3, reason="Needed", until=until)
    page = site.get("/admin/tokenaccess/acceptedfinding/").content.decode()
    assert page.count("Entry that never ends") == 2  # the row and the filter
    assert ">entry_without_end<" not in page


def test_a_list_of_hosts_is_written_line_by_line(cast: Cast, site: Client) -> None:
    page = site.get("/admin/tokenaccess/instancesettings/add/").content.decode()
    assert "<h1>Instance settings</h1>" in page
    assert "[]</textarea>" not in page

"""The settings page of Token Access: what a maintainer reads there and does there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Project
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tokenaccess import services
from tokenaccess.load import settings_of
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, Direction, RefusalRecord
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role, Visibility
from tokenaccess.policy.rules import NOT_LISTED, NOT_SENT_OUT

SETTINGS = "/acme/library/-/settings/ci_cd"
RULES = f"{SETTINGS}/token_access"


@pytest.fixture
def page(cast: Cast, browser: Any) -> Client:
    """The maintainer's browser."""
    return browser(cast.maintainer)  # type: ignore[no-any-return]


@pytest.fixture
def secret(cast: Cast) -> Project:
    return projects.project("secret", group=projects.group("far", visibility=Visibility.PRIVATE))


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("<wbr>", "").split())


def came_in(target: Project, origin: Project, days: int = 1, **used: str) -> None:
    at = timezone.now() - timedelta(days=days)
    names = used or {"read_packages": at.isoformat()}
    AuthorizationRecord.objects.create(
        accessed_project=target, origin_project=origin, last_authorized_at=at, used=names
    )


def refused(target: Project | None, origin: Project, count: int = 1, sentence: str = NOT_LISTED) -> RefusalRecord:
    now = timezone.now()
    return RefusalRecord.objects.create(
        origin_project=origin,
        project=target,
        job_id=7,
        action=str(Action.READ_PACKAGES),
        rule="admitted",
        sentence=sentence,
        count=count,
        first_at=now,
        last_at=now,
    )


# --- Reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [SETTINGS, RULES])
def test_a_new_project_shows_the_limit_on_and_only_itself_on_the_list(page: Client, address: str) -> None:
    shown = text(page.get(address))
    assert 'id="js-token-access"' in shown
    assert 'aria-checked="true" name="inbound"' in shown
    assert 'aria-checked="false" name="outbound"' in shown
    assert "Only its own jobs" in shown
    assert "Only this project itself is on the list" in shown


def test_a_visitor_is_asked_to_sign_in(cast: Cast, browser: Any) -> None:
    for address in (RULES, "/acme/none/-/settings/ci_cd/token_access"):
        answer = browser().get(address)
        assert (answer.status_code, answer["Location"].startswith("/users/sign_in")) == (302, True)


def test_only_maintainers_see_the_section(cast: Cast, browser: Any) -> None:
    assert [browser(user).get(RULES).status_code for user in (cast.owner, cast.maintainer)] == [200, 200]
    for user in (cast.developer, cast.reporter, cast.guest):
        assert browser(user).get(RULES).status_code == 403
        assert browser(user).post(f"{RULES}/limit", {"inbound": "off", "confirmed": 1}).status_code == 403
    assert browser(cast.outsider).get(RULES).status_code == 404
    assert settings_of(cast.library).limits_inbound


def test_a_form_without_the_sites_own_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.maintainer)
    assert client.post(f"{RULES}/limit", {"inbound": "off", "confirmed": 1}).status_code == 403
    assert settings_of(cast.library).limits_inbound


def test_the_page_takes_as_many_statements_for_two_entries_as_for_twelve(cast: Cast, page: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert page.get(RULES).status_code == 200
        return len(seen)

    def admit(number: int) -> None:
        group = projects.group(f"g{number}", parent=cast.acme, by=cast.owner)
        other = projects.project(f"p{number}", group=group, by=cast.owner)
        services.admit_project(cast.library, target=other, by=cast.owner)
        services.admit_project(cast.library, target=other, by=cast.owner, direction=Direction.OUTBOUND)
        services.admit_group(cast.library, target=group, by=cast.owner)
        came_in(cast.library, other)

    admit(0)
    page.get(RULES)
    few = statements()
    for number in range(1, 6):
        admit(number)
    assert statements() == few


def test_it_warns_while_every_project_comes_in(cast: Cast, page: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    assert "Every project comes in" in text(page.get(RULES))
    services.set_feature_switch("ci_scoped_job_token", active=False, by=cast.admin)
    assert "The instance enforces no limits at present" in text(page.get(RULES))


def test_an_enforced_limit_has_no_switch(cast: Cast, page: Client) -> None:
    services.change_instance_settings(by=cast.admin, enforce_inbound=True)
    assert 'name="inbound"' not in text(page.get(RULES))
    answer = page.post(f"{RULES}/limit", {"inbound": "off", "confirmed": 1}, follow=True)
    assert "The instance keeps this limit on for every project" in text(answer)


# --- The switches -----------------------------------------------------------------------------------------------------


def test_opening_the_door_is_asked_once_more_with_numbers(cast: Cast, page: Client) -> None:
    refused(cast.library, cast.app, 7)
    answer = page.post(f"{RULES}/limit", {"inbound": "off"})
    assert "Let every project in to acme/library?" in text(answer)
    assert "<dt>7</dt>" in text(answer)
    assert settings_of(cast.library).limits_inbound
    answer = page.post(f"{RULES}/limit", {"inbound": "off", "confirmed": "1"}, follow=True)
    assert "Every project comes in now" in text(answer)
    assert not settings_of(cast.library).limits_inbound


def test_shutting_somebody_out_is_asked_once_more(cast: Cast, page: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    came_in(cast.library, cast.app)
    assert "would be shut out" in text(page.post(f"{RULES}/limit", {"inbound": "on"}))
    assert not settings_of(cast.library).limits_inbound
    services.admit_group(cast.library, target=cast.acme, by=cast.owner)
    assert page.post(f"{RULES}/limit", {"inbound": "on"}).status_code == 302
    assert settings_of(cast.library).limits_inbound


def test_who_came_in_long_ago_does_not_count(cast: Cast, page: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    came_in(cast.library, cast.app, days=31)
    assert page.post(f"{RULES}/limit", {"inbound": "on"}).status_code == 302


def test_the_outbound_limit_is_asked_about_what_was_reached(cast: Cast, page: Client) -> None:
    came_in(cast.app, cast.library)
    assert "would be out of reach" in text(page.post(f"{RULES}/limit", {"outbound": "on"}))
    services.admit_project(cast.library, target=cast.app, by=cast.owner, direction=Direction.OUTBOUND)
    page.post(f"{RULES}/limit", {"outbound": "on"})
    assert settings_of(cast.library).limits_outbound
    refused(cast.app, cast.library, 3, NOT_SENT_OUT)
    assert "<dt>3</dt>" in text(page.post(f"{RULES}/limit", {"outbound": "off"}))
    page.post(f"{RULES}/limit", {"outbound": "off", "confirmed": "1"})
    assert not settings_of(cast.library).limits_outbound


@pytest.mark.parametrize("sent", [{}, {"inbound": "perhaps"}, {"outbound": ""}, {"inbound": "o\0n"}])
def test_a_switch_that_says_nothing_changes_nothing(cast: Cast, page: Client, sent: dict[str, str]) -> None:
    assert "Nothing was changed" in text(page.post(f"{RULES}/limit", sent, follow=True))
    settings = settings_of(cast.library)
    assert (settings.limits_inbound, settings.limits_outbound) == (True, False)


def test_pushes_by_own_jobs_are_allowed_and_not(cast: Cast, page: Client) -> None:
    page.post(f"{RULES}/pushes", {"allowed": "on"})
    assert settings_of(cast.library).takes_job_pushes
    page.post(f"{RULES}/pushes", {})
    assert not settings_of(cast.library).takes_job_pushes


# --- Adding -----------------------------------------------------------------------------------------------------------


def test_a_project_is_added_by_its_path(cast: Cast, page: Client) -> None:
    answer = page.post(f"{RULES}/add", {"path": " /acme/App/ ", "permissions": "default"}, follow=True)
    assert "acme/app may come in now." in text(answer)
    assert 'href="/acme/app"' in text(answer)
    assert AllowlistEntry.objects.get().target == cast.app


def test_a_group_is_added_with_chosen_permissions(cast: Cast, browser: Any) -> None:
    sent = {"path": "acme", "permissions": "chosen", "p-packages": "admin_packages", "p-jobs": "read_jobs"}
    answer = browser(cast.owner).post(f"{RULES}/add", sent, follow=True)
    entry = AllowlistEntry.objects.get()
    assert (entry.target, entry.permissions) == (cast.acme, ["read_jobs", "admin_packages"])
    assert "Packages: read and write" in text(answer)
    assert "Jobs: read" in text(answer)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "Which project or group? Write its full path."),
        ("acme/libary", "There is no project or group acme/libary that you may see. Check the spelling."),
        ("far/secret", "There is no project or group far/secret that you may see. Check the spelling."),
        ("acme", "You are not maintainer of acme. Ask one of its maintainers to add the entry with you."),
        ("acme/library", "acme/library is this project itself. It is always on its own list."),
        ("日本/語", "There is no project or group 日本/語 that you may see."),
        ("a\0b", "Null characters are not allowed."),
        ("x" * 2000, "Ensure this value has at most 1024 characters"),
    ],
)
def test_a_refused_add_says_why_and_keeps_what_was_entered(
    cast: Cast, page: Client, secret: Project, path: str, told: str
) -> None:
    answer = page.post(f"{RULES}/add", {"path": path, "permissions": "chosen", "p-jobs": "read_jobs"})
    assert answer.status_code == 422
    shown = text(answer)
    assert told in shown
    assert '<option value="read_jobs" selected>' in shown
    assert 'aria-invalid="true"' in shown
    assert "autofocus" in shown
    assert not AllowlistEntry.objects.exists()


def test_a_second_add_and_a_full_list_say_so(cast: Cast, page: Client) -> None:
    sent = {"path": "acme/app", "permissions": "default"}
    page.post(f"{RULES}/add", sent)
    assert "acme/app is on the list already." in text(page.post(f"{RULES}/add", sent))
    services.change_instance_settings(by=cast.admin, allowlist_limit=1)
    third = projects.project("third", group=cast.acme, by=cast.owner)
    projects.member(cast.maintainer, third, Role.MAINTAINER)
    answer = page.post(f"{RULES}/add", {"path": "acme/third", "permissions": "default"})
    assert "The list is full: it holds 1." in text(answer)


def test_an_unknown_permission_is_not_taken(cast: Cast, page: Client) -> None:
    sent = {"path": "acme/app", "permissions": "chosen", "p-packages": "admin_jobs"}
    assert page.post(f"{RULES}/add", sent).status_code == 422
    assert not AllowlistEntry.objects.exists()


def test_a_project_is_added_to_what_may_be_reached(cast: Cast, page: Client) -> None:
    answer = page.post(f"{RULES}/outbound/add", {"path": "acme/app"}, follow=True)
    assert "Jobs of this project may reach acme/app." in text(answer)
    assert AllowlistEntry.objects.get().direction == Direction.OUTBOUND
    assert "is on the list already" in text(page.post(f"{RULES}/outbound/add", {"path": "acme/app"}))
    assert "There is no project or group acme" in text(page.post(f"{RULES}/outbound/add", {"path": "acme"}))


# --- Changing and removing --------------------------------------------------------------------------------------------


def entry_of(cast: Cast, **fields: Any) -> AllowlistEntry:
    return services.admit_project(cast.library, target=cast.app, by=cast.owner, **fields)


def test_an_entry_is_narrowed(cast: Cast, page: Client) -> None:
    entry = entry_of(cast)
    address = f"{RULES}/entries/{entry.pk}"
    assert "checked" in text(page.get(address))
    page.post(address, {"permissions": "chosen", "p-packages": "read_packages"})
    entry.refresh_from_db()
    assert (entry.default_permissions, entry.permissions) == (False, ["read_packages"])
    assert '<option value="read_packages" selected>' in text(page.get(address))


def test_widening_without_the_other_side_says_why(cast: Cast, browser: Any) -> None:
    entry = entry_of(cast, default_permissions=False, permissions=["read_jobs"])
    half = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    projects.member(half, cast.app, Role.GUEST)
    answer = browser(half).post(f"{RULES}/entries/{entry.pk}", {"permissions": "default"})
    assert answer.status_code == 422
    assert "You are not maintainer of acme/app." in text(answer)


def test_removing_says_the_effect_first(cast: Cast, page: Client) -> None:
    entry = entry_of(cast)
    came_in(cast.library, cast.app)
    jobs.job(cast.app, cast.developer)
    shown = text(page.get(f"{RULES}/entries/{entry.pk}/remove"))
    assert "Remove acme/app from the list?" in shown
    assert "<dt>1</dt><dd><strong>project would be refused.</strong>" in shown
    assert "<dt>1</dt><dd><strong>job is running now.</strong>" in shown
    assert AllowlistEntry.objects.exists()
    answer = page.post(f"{RULES}/entries/{entry.pk}/remove", follow=True)
    assert "acme/app is off the list." in text(answer)
    assert not AllowlistEntry.objects.exists()


def test_removing_says_who_is_still_let_in(cast: Cast, page: Client) -> None:
    entry = entry_of(cast)
    services.admit_group(cast.library, target=cast.acme, by=cast.owner)
    came_in(cast.library, cast.app)
    jobs.job(cast.app, cast.developer)
    shown = text(page.get(f"{RULES}/entries/{entry.pk}/remove"))
    assert "project would still be let in," in shown
    assert "running now" not in shown


def test_a_hidden_entry_is_shown_without_its_name_and_can_be_removed(cast: Cast, page: Client, secret: Project) -> None:
    entry = services.admit_project(cast.library, target=secret, by=cast.admin)
    came_in(cast.library, secret)
    for address in (RULES, f"{RULES}?q=secret", f"{RULES}/entries/{entry.pk}/remove", f"{RULES}/log"):
        shown = text(page.get(address)).partition("Latest changes")[0]
        assert "far/secret" not in shown
    assert "A project you may not see" in text(page.get(RULES))
    assert "No entry matches" in text(page.get(f"{RULES}?q=secret"))
    page.post(f"{RULES}/entries/{entry.pk}/remove")
    assert not AllowlistEntry.objects.exists()


def test_an_entry_of_another_project_is_not_there(cast: Cast, page: Client) -> None:
    foreign = services.admit_project(cast.app, target=cast.library, by=cast.owner)
    for pk in (foreign.pk, 999_999, 10**30):
        assert page.get(f"{RULES}/entries/{pk}/remove").status_code == 404
        assert page.post(f"{RULES}/entries/{pk}").status_code == 404


def test_the_list_is_searched_and_narrowed(cast: Cast, page: Client) -> None:
    entry_of(cast)
    services.admit_group(cast.library, target=cast.acme, by=cast.owner)
    assert "Group: opens 2 projects today." in text(page.get(f"{RULES}?kind=group"))
    shown = text(page.get(f"{RULES}?kind=project&q=APP"))
    assert 'href="/acme/app"' in shown
    assert "Group: opens" not in shown


# --- The log ----------------------------------------------------------------------------------------------------------


def test_the_log_says_who_came_in_and_through_what(cast: Cast, page: Client) -> None:
    came_in(cast.library, cast.app, read_packages="x", trigger_pipeline="x")
    entry_of(cast)
    for address in (RULES, f"{RULES}/log"):
        shown = text(page.get(address))
        assert "Packages: read, trigger a pipeline" in shown
        assert "its own entry" in shown


@pytest.mark.parametrize("suffix", ["", ".csv"])
def test_the_log_comes_as_csv(cast: Cast, page: Client, secret: Project, suffix: str) -> None:
    came_in(cast.library, cast.app)
    came_in(cast.library, secret, days=40)
    answer = page.get(f"{SETTINGS}/export_job_token_authorizations{suffix}")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "Origin Project Path,Last Authorized At (UTC)"
    assert lines[1].startswith("acme/app,20")
    assert lines[1].endswith("Z")
    assert lines[2].startswith("A project you may not see,")
    assert f'filename="job-token-authorizations-{cast.library.pk}-' in answer["Content-Disposition"]
    assert answer["Content-Type"].startswith("text/csv")


def test_everyone_in_the_log_is_added_after_a_look(cast: Cast, page: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    came_in(cast.library, cast.app)
    assert "acme/app" in text(page.get(f"{RULES}/fill"))
    assert not AllowlistEntry.objects.exists()
    assert "1 entry was added from the log." in text(page.post(f"{RULES}/fill", follow=True))
    entry = AllowlistEntry.objects.get()
    assert (entry.target, entry.autopopulated, settings_of(cast.library).limits_inbound) == (cast.app, True, True)
    assert "Remove 1 entry" in text(page.get(f"{RULES}/clear"))
    page.post(f"{RULES}/clear")
    assert not AllowlistEntry.objects.exists()


def test_what_is_not_mine_is_not_added_from_the_log(cast: Cast, page: Client, secret: Project) -> None:
    came_in(cast.library, secret)
    shown = text(page.get(f"{RULES}/fill"))
    assert "1 that you may not see" in shown
    assert "far/secret" not in shown
    assert "Nothing was added" in text(page.post(f"{RULES}/fill", follow=True))


def test_refusals_are_told_here_and_elsewhere(cast: Cast, page: Client, secret: Project) -> None:
    refused(cast.library, cast.app, 4)
    shown = text(page.get(f"{RULES}/refusals"))
    assert NOT_LISTED in shown
    assert "acme/app" in shown
    refused(secret, cast.library, sentence="Something telling.")
    refused(None, cast.library, sentence="There is no such project.")
    shown = text(page.get(f"{RULES}/refusals?where=elsewhere"))
    assert shown.count("A project that is not there, or that you may not see") == 2
    assert "telling" not in shown
    assert "no such" not in shown


def test_the_history_says_who_changed_what(cast: Cast, page: Client, browser: Any) -> None:
    page.post(f"{RULES}/add", {"path": "acme/app", "permissions": "default"})
    wanted = "was added to inbound list of allowed projects for"
    assert wanted in text(page.get(RULES))
    assert wanted in text(page.get("/acme/library/-/audit_events?only=token_access&q=MAINT"))
    assert "No change matches" in text(page.get("/acme/library/-/audit_events?q=nothing+such"))
    assert "was created" in text(page.get("/acme/library/-/audit_events"))
    assert browser(cast.developer).get("/acme/library/-/audit_events").status_code == 403
    assert browser(cast.outsider).get("/acme/library/-/audit_events").status_code == 404

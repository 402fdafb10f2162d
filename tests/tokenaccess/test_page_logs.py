"""Who came in, who was refused and who changed what, as pages and as CSV."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from jobs.pipelines.services import delete_pipeline
from projects.models import Project
from projects.services import delete_project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import RULES, SETTINGS, record_authorization, record_refusal, text
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, RefusalRecord
from tokenaccess.policy.levels import Role, Visibility
from tokenaccess.policy.reasons import NOT_LISTED_INBOUND

UNNAMED = "A project that is gone or that you may not see"


def test_the_log_says_who_was_admitted_and_by_what(cast: Cast, page: Client) -> None:
    record_authorization(cast.library, cast.app, read_packages="x", trigger_pipeline="x")
    services.add_entry(cast.library, cast.app, by=cast.owner)
    for address in (RULES, f"{RULES}/log"):
        assert "Packages: read, trigger a pipeline" in text(page.get(address))
    assert "Its own entry" in text(page.get(f"{RULES}/log"))


@pytest.mark.parametrize("suffix", ["", ".csv"])
def test_the_log_comes_as_csv(cast: Cast, page: Client, secret: Project, suffix: str) -> None:
    record_authorization(cast.library, cast.app)
    record_authorization(cast.library, secret, days=40)
    answer = page.get(f"{SETTINGS}/export_job_token_authorizations{suffix}")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "Origin Project Path,Last Authorized At (UTC)"
    assert lines[1].startswith("acme/app,20")
    assert lines[1].endswith("Z")
    assert lines[2].startswith("A project you cannot see,")
    assert f'filename="job-token-authorizations-{cast.library.pk}-' in answer["Content-Disposition"]
    assert answer["Content-Type"].startswith("text/csv")


def test_everyone_in_the_log_is_added_after_a_look(cast: Cast, page: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    record_authorization(cast.library, cast.app)
    shown = text(page.get(f"{RULES}/autopopulate"))
    assert "acme/app" in shown
    assert not AllowlistEntry.objects.exists()
    done = page.post(f"{RULES}/autopopulate", {"hash": hash_in(shown)}, follow=True)
    assert "1 entry added from the authentication log." in text(done)
    entry = AllowlistEntry.objects.get()
    assert (entry.target, entry.autopopulated, settings_of(cast.library).limits_inbound) == (cast.app, True, True)
    assert "Remove 1 entry" in text(page.get(f"{RULES}/clear"))
    page.post(f"{RULES}/clear")
    assert not AllowlistEntry.objects.exists()


def test_an_empty_log_says_so_and_what_to_do_next(cast: Cast, page: Client) -> None:
    shown = text(page.get(f"{RULES}/autopopulate"))
    assert "Nothing to add" in shown
    assert "The log is empty" in shown
    assert "add a project or group yourself" in shown


def test_a_log_whose_projects_are_all_listed_says_so(cast: Cast, page: Client) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app)
    record_authorization(cast.library, cast.app)
    shown = text(page.get(f"{RULES}/autopopulate"))
    assert "1 project is in the log, and it is on the allowlist already." in shown
    assert "Add them and limit access" not in shown


def test_a_project_one_does_not_maintain_is_not_added_from_the_log(cast: Cast, page: Client, secret: Project) -> None:
    record_authorization(cast.library, secret)
    shown = text(page.get(f"{RULES}/autopopulate"))
    assert "A project you cannot see" in shown
    assert "far/secret" not in shown
    answer = page.post(f"{RULES}/autopopulate", {"hash": hash_in(shown)}, follow=True)
    assert "Nothing was changed" in text(answer)


def hash_in(shown: str) -> str:
    """Of what the page suggests."""
    return shown.split('name="hash" value="')[1].split('"')[0]


def test_refusals_are_listed_here_and_elsewhere(cast: Cast, page: Client, secret: Project) -> None:
    record_refusal(cast.library, cast.app, 4)
    shown = text(page.get(f"{RULES}/refusals"))
    assert NOT_LISTED_INBOUND in shown
    assert "acme/app" in shown
    record_refusal(secret, cast.library, sentence="Something telling.")
    record_refusal(None, cast.library, sentence="There is no such project.")
    shown = text(page.get(f"{RULES}/refusals?where=elsewhere"))
    assert shown.count("Projects that do not exist or that you cannot see") == 1
    assert 'class="num">2</td>' in shown
    assert "telling" not in shown
    assert "no such" not in shown


def test_a_refusal_has_the_button_that_mends_it_for_who_may_press_it(cast: Cast, page: Client, secret: Project) -> None:
    record_refusal(cast.library, cast.app, 4)
    record_refusal(cast.library, secret)
    shown = page.get(f"{RULES}/refusals").content.decode()
    assert re.findall(r'name="path" value="([^"]*)"', shown) == ["acme/app"]
    assert page.post(f"{RULES}/add", {"path": "acme/app", "permissions": "default"}).status_code == 302
    assert 'name="path"' not in page.get(f"{RULES}/refusals").content.decode()


def test_a_refusal_elsewhere_has_the_button_that_its_explanation_has(cast: Cast, page: Client, secret: Project) -> None:
    other = projects.project("other", group=projects.group("far-away"), visibility=Visibility.PRIVATE)
    for person in (cast.maintainer, cast.developer):
        projects.member(person, other, Role.DEVELOPER)
    services.limit_access(cast.library, by=cast.owner, outbound=True)
    token = cast.job_token(cast.library)
    for target in (other, secret, cast.app):
        assert Api(job=token).get(f"/projects/{target.pk}/releases").status_code == 404
    assert len(RefusalRecord.objects.all()) == 3
    for _ended in range(2):  # once while the job runs, once when it has ended
        shown = text(page.get(f"{RULES}/refusals?where=elsewhere"))
        assert set(re.findall(r'name="path" value="([^"]*)"', shown)) == {"acme/app"}, (
            "of the others one may not add it"
        )
        reasons = [text(page.get(why)) for why in re.findall(r'href="(/-/access_reasons/[^"]*)"', shown)]
        assert sorted(one.count("Add acme/app to the list of acme/library") for one in reasons) == [0, 1]
        Job.objects.update(status="success")
    posted = {"path": "acme/app"}
    assert page.post(f"{RULES}/outbound/add", posted).status_code == 302
    shown = text(page.get(f"{RULES}/refusals?where=elsewhere"))
    assert "to the list of acme/library" not in shown


def test_a_refusal_of_a_job_that_is_gone_leads_to_no_page(cast: Cast, page: Client) -> None:
    assert Api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/releases").status_code == 404
    assert "/-/access_reasons/" in text(page.get(f"{RULES}/refusals"))
    delete_pipeline(Job.objects.get().pipeline, by=cast.owner)
    shown = text(page.get(f"{RULES}/refusals"))
    assert NOT_LISTED_INBOUND in shown
    assert "/-/access_reasons/" not in shown


def test_a_refusal_that_no_entry_mends_has_no_button(cast: Cast, page: Client) -> None:
    record = record_refusal(cast.library, cast.app, sentence="The feature is off.")
    record.rule = "enabled"
    record.save()
    assert 'name="path"' not in page.get(f"{RULES}/refusals").content.decode()


def test_the_history_says_who_changed_what(cast: Cast, page: Client, browser: Any) -> None:
    page.post(f"{RULES}/add", {"path": "acme/app", "permissions": "default"})
    wanted = "was added to inbound list of allowed projects for"
    assert wanted in text(page.get(RULES))
    assert wanted in text(page.get("/acme/library/-/audit_events?only=token_access&q=MAINT"))
    assert "No matching changes" in text(page.get("/acme/library/-/audit_events?q=nothing+such"))
    assert "was created" in text(page.get("/acme/library/-/audit_events"))
    assert browser(cast.developer).get("/acme/library/-/audit_events").status_code == 403
    assert browser(cast.outsider).get("/acme/library/-/audit_events").status_code == 404


def test_the_history_does_not_name_what_is_hidden_nor_find_it_by_a_guess(
    cast: Cast, page: Client, browser: Any, secret: Project
) -> None:
    services.add_entry(cast.library, secret, by=cast.admin)
    for address in (RULES, "/acme/library/-/audit_events"):
        shown = text(page.get(address))
        assert f"{UNNAMED} was added to inbound list" in shown
        assert "far/secret" not in shown
    history = "/acme/library/-/audit_events?q="
    assert "No matching changes" in text(page.get(f"{history}far/secret"))
    assert UNNAMED in text(page.get(f"{history}admin"))
    assert "far/secret was added" in text(browser(cast.admin).get(f"{history}far/secret"))


def test_the_history_names_what_is_gone_only_to_who_listed_it(
    cast: Cast, page: Client, browser: Any, secret: Project
) -> None:
    history = "/acme/library/-/audit_events"
    services.add_entry(cast.library, secret, by=cast.admin)
    hidden = [text(page.get(address)).partition("<main")[2] for address in (history, f"{history}?q=far/secret")]
    delete_project(secret, by=cast.admin)
    gone = [text(page.get(address)).partition("<main")[2] for address in (history, f"{history}?q=far/secret")]
    assert gone == hidden
    assert UNNAMED in gone[0]
    assert "far/secret was added" in text(browser(cast.admin).get(f"{history}?q=far/secret"))
    services.add_entry(cast.library, cast.app, by=cast.maintainer)
    delete_project(cast.app, by=cast.owner)
    assert "acme/app was added" in text(page.get(f"{history}?q=acme/app"))
    assert "acme/app was added" not in text(browser(cast.owner).get(f"{history}?q=acme/app"))


def test_the_history_does_not_name_what_is_hidden_to_who_removed_it(cast: Cast, page: Client, secret: Project) -> None:
    entry = services.add_entry(cast.library, secret, by=cast.admin)
    page.post(f"{RULES}/entries/{entry.pk}/remove")
    shown = text(page.get("/acme/library/-/audit_events"))
    assert f"{UNNAMED} was removed from inbound list" in shown
    assert "far/secret" not in shown
    assert "No matching changes" in text(page.get("/acme/library/-/audit_events?q=far/secret"))


def test_no_guess_at_a_name_in_the_history_takes_more_work_than_another(
    cast: Cast, page: Client, secret: Project
) -> None:
    services.add_entry(cast.library, secret, by=cast.admin)

    def work(q: str) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            assert "No matching changes" in text(page.get("/acme/library/-/audit_events", {"q": q}))
        return [re.sub(r"'[^']*'|\d+", "·", query["sql"]) for query in asked]

    work("warm")
    assert work("far/secret") == work("far/nothin")

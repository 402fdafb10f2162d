"""Pages of pipelines, jobs and runners."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job, Pipeline, Runner
from tests.factories import jobs, people, projects, runners
from tests.factories.cast import Cast
from tests.support.runner import FakeRunner
from tokenaccess.models import RefusalRecord
from tokenaccess.policy.levels import Role

TWO_STAGES = "build: {stage: build, script: [make]}\nunit: {stage: test, script: [make test]}"


def browser(user: Any = None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def text(answer: Any) -> str:
    return str(answer.getvalue().decode())


def test_the_list_shows_pipelines_with_their_state(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer)
    answer = browser(cast.reporter).get("/acme/app/-/pipelines")
    assert answer.status_code == 200
    assert f"#{pipeline.pk}" in text(answer)
    assert "Pending" in text(answer)
    assert "Run a pipeline" not in text(answer)
    assert "Run a pipeline" in text(browser(cast.developer).get("/acme/app/-/pipelines"))
    assert "No matching pipelines" in text(browser(cast.developer).get("/acme/app/-/pipelines?status=failed&q=no%00pe"))


def test_a_pipeline_is_called_by_its_name_or_else_its_commit_s_title(cast: Cast) -> None:
    for fields, shown in (
        ({}, ""),
        ({"commit": {"title": "Mend <it>"}}, "Mend &lt;it&gt;"),
        ({"name": "Nightly"}, "Nightly"),
    ):
        pipeline = jobs.pipeline(cast.app, cast.developer, **fields)
        for address in ("pipelines", f"pipelines/{pipeline.pk}"):
            answer = browser(cast.reporter).get(f"/acme/app/-/{address}")
            assert answer.status_code == 200
            assert shown in text(answer)


@pytest.mark.parametrize("page", ["pipelines", "jobs", "pipelines/1", "jobs/1", "settings/ci_cd/runners"])
def test_a_stranger_finds_nothing(cast: Cast, page: str) -> None:
    runners.pipeline(cast.app, cast.developer)
    assert browser(cast.outsider).get(f"/acme/app/-/{page}").status_code == 404
    assert browser().get(f"/acme/app/-/{page}").status_code == 302


def test_a_pipeline_shows_its_stages_and_jobs(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, TWO_STAGES)
    shown = text(browser(cast.developer).get(f"/acme/app/-/pipelines/{pipeline.pk}"))
    assert "0 of 2 jobs finished" in shown
    assert "unit" in shown
    assert "Cancel 2 jobs" in shown
    assert browser(cast.developer).get("/acme/app/-/pipelines/99999999999999999999999").status_code == 404


def test_a_pipeline_of_a_bad_file_shows_its_mistakes(cast: Cast) -> None:
    from jobs.pipelines.services import start_for_push

    sha = runners.push_file(cast.app, "test: {script: [x], <b>no: 1}")
    start_for_push(project=cast.app, ref="refs/heads/main", old="", new=sha, user=cast.developer)
    pipeline = Pipeline.objects.get()
    shown = text(browser(cast.developer).get(f"/acme/app/-/pipelines/{pipeline.pk}"))
    assert "the CI file has errors" in shown
    assert "<b>no" not in shown


def test_a_developer_runs_cancels_and_retries_by_hand(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    client = browser(cast.developer)
    assert client.get("/acme/app/-/pipelines/new").status_code == 200
    answer = client.post("/acme/app/-/pipelines/new", {"ref": "main", "variables": "A=b=c\nEMPTY="})
    pipeline = Pipeline.objects.get()
    assert answer.headers["Location"] == f"/acme/app/-/pipelines/{pipeline.pk}"
    assert (pipeline.source, pipeline.user) == ("web", cast.developer)
    assert pipeline.variables[0] == {"key": "A", "value": "b=c", "variable_type": "env_var"}
    client.post(f"/acme/app/-/pipelines/{pipeline.pk}/cancel")
    assert Job.objects.get().status == "canceled"
    client.post(f"/acme/app/-/pipelines/{pipeline.pk}/retry")
    assert Job.objects.get(retried=False).status == "pending"


@pytest.mark.parametrize("given", [{"ref": "nope"}, {"ref": "main", "variables": "nonsense"}, {}])
def test_what_cannot_run_is_said_on_the_form(cast: Cast, given: dict[str, str]) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    assert browser(cast.developer).post("/acme/app/-/pipelines/new", given).status_code == 422
    assert not Pipeline.objects.exists()


def test_a_reporter_changes_nothing(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer)
    job = Job.objects.get()
    client = browser(cast.reporter)
    for address in (
        f"pipelines/{pipeline.pk}/cancel",
        f"jobs/{job.pk}/cancel",
        f"jobs/{job.pk}/retry",
        "pipelines/new",
    ):
        assert client.post(f"/acme/app/-/{address}").status_code == 403
    assert Job.objects.get().status == "pending"


def test_a_job_shows_its_log_with_sections_colours_and_the_token_masked(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    work.log(
        b"section_start:1700000000:get_sources\r\x1b[0KGetting source\n"
        b"2026-11-20T09:16:26.123456Z 01O fetched <script>alert(1)</script>\n"
        b"section_end:1700000003:get_sources\r\x1b[0K"
        b"\x1b[32;1m$ echo $CI_JOB_TOKEN\x1b[0;m\n" + work.token.encode() + b"\n"
    )
    shown = text(browser(cast.reporter).get(f"/acme/app/-/jobs/{work.id}"))
    assert "Getting source" in shown
    assert "3 s" in shown
    assert '<span class="g">$ echo $CI_JOB_TOKEN</span>' in shown
    assert '<span class="masked"' in shown
    assert work.token not in shown
    assert "<script>alert" not in shown
    assert "2026-11-20T09:16:26.123456Z" not in shown
    assert "Valid" in shown
    raw = browser(cast.reporter).get(f"/acme/app/-/jobs/{work.id}/raw")
    assert raw.headers["Content-Type"].startswith("text/plain")
    log = text(raw)
    assert work.token not in log
    assert "[MASKED]" in log


def test_a_log_with_every_variable_is_for_developers(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    work.log(b"export SECRET=1\n")
    Job.objects.update(debug_trace=True)
    address = f"/acme/app/-/jobs/{work.id}"
    assert "SECRET" not in text(browser(cast.reporter).get(address))
    assert browser(cast.reporter).get(f"{address}/raw").status_code == 403
    assert "SECRET" in text(browser(cast.developer).get(address))


def test_a_job_moves_by_its_buttons(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, "test: {script: [x], when: manual}")
    job = Job.objects.get()
    client, address = browser(cast.developer), f"/acme/app/-/jobs/{Job.objects.get().pk}"
    assert "Run as you" in text(client.get(address))
    client.post(f"{address}/play")
    job.refresh_from_db()
    assert job.status == "pending"
    client.post(f"{address}/cancel")
    answer = client.post(f"{address}/retry")
    new = Job.objects.get(retried=False)
    assert answer.headers["Location"] == f"/acme/app/-/jobs/{new.pk}"
    assert "has changed meanwhile" in text(client.post(f"{address}/retry", follow=True))


def test_erasing_is_asked_for_twice(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    work.log(b"hello\n")
    work.succeed()
    address = f"/acme/app/-/jobs/{work.id}/erase"
    client = browser(cast.developer)
    assert "Erase the log of" in text(client.get(address))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address)
    assert "erased the log" in text(client.get(f"/acme/app/-/jobs/{work.id}"))


def test_a_maintainer_sees_what_was_refused_and_why_and_who_started_the_job_who_can(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    job, now = Job.objects.get(), timezone.now()
    RefusalRecord.objects.create(
        origin_project=cast.app, job_id=job.pk, project=cast.library, action="read packages", rule="admitted",
        sentence="Its project is not on the list.", count=3, first_at=now, last_at=now,
    )  # fmt: skip
    address = f"/acme/app/-/jobs/{job.pk}"
    shown = text(browser(cast.maintainer).get(address))
    assert "3 requests of this job were refused" in shown
    assert "not on the list" in shown
    assert "/-/access_reasons/" in shown
    own = text(browser(cast.developer).get(address))
    assert "3 requests of this job were refused" in own
    assert "Maintainers of acme/app see the reason on this page" in own
    for secret in ("not on the list", "acme/library", "/-/access_reasons/", "does not exist"):
        assert secret not in own.partition("<main")[2]
    other = projects.member(people.person("colleague"), cast.app, Role.DEVELOPER)
    assert "were refused" not in text(browser(other).get(address))
    assert "3 refused" in text(browser(cast.maintainer).get(f"/acme/app/-/pipelines/{job.pipeline_id}"))


# --- Runners ----------------------------------------------------------------------------------------------------------


def test_a_maintainer_makes_a_runner_and_sees_its_token_once(cast: Cast) -> None:
    client, address = browser(cast.maintainer), "/acme/app/-/settings/ci_cd/runners"
    assert "No runners yet" in text(client.get(address))
    form = {"description": "linux", "tag_list": "a, b", "access_level": "not_protected", "run_untagged": "on"}
    answer = client.post(f"{address}/new", form)
    token = next(word for word in text(answer).replace("<", " ").replace(">", " ").split() if word.startswith("glrt-"))
    assert FakeRunner(token).verify().status_code == 200
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    shown = text(client.get(address))
    assert "linux" in shown
    assert token not in shown


def test_a_runners_page_tells_when_its_token_ends(cast: Cast, settings: Any) -> None:
    page, client = "/acme/app/-/settings/ci_cd/runners/{}", browser(cast.maintainer)
    runners.runner(cast.app)
    assert "The token expires" not in client.get(page.format(Runner.objects.latest("pk").pk)).content.decode()
    settings.RUNNER_TOKEN_DAYS = 10
    runners.runner(cast.app)
    assert "The token expires" in client.get(page.format(Runner.objects.latest("pk").pk)).content.decode()


def test_a_runner_that_could_take_nothing_is_refused_on_the_form(cast: Cast) -> None:
    answer = browser(cast.maintainer).post("/acme/app/-/settings/ci_cd/runners/new", {"access_level": "not_protected"})
    assert answer.status_code == 422
    assert not Runner.objects.exists()


def test_a_runner_is_changed_paused_and_deleted(cast: Cast) -> None:
    runner = runners.runner(cast.app)
    runner.verify()
    pk = Runner.objects.get().pk
    client, address = browser(cast.maintainer), "/acme/app/-/settings/ci_cd/runners"
    shown = text(client.get(f"{address}/{pk}"))
    assert "s_0123456789ab" in shown
    assert "plain shell" in shown
    form = {"description": "new name", "tag_list": "", "access_level": "ref_protected", "run_untagged": "on"}
    assert client.post(f"{address}/{pk}", form).status_code == 302
    assert Runner.objects.get().access_level == "ref_protected"
    client.post(f"{address}/{pk}/pause", {"paused": "true"})
    assert Runner.objects.get().paused
    client.post(f"{address}/{pk}/pause", {"paused": "false"})
    assert not Runner.objects.get().paused
    assert "Delete runner" in text(client.get(f"{address}/{pk}/delete"))
    client.post(f"{address}/{pk}/delete")
    assert runner.verify().status_code == 403


def test_a_runner_of_another_place_is_not_found_here(cast: Cast) -> None:
    runners.runner(cast.library)
    pk = Runner.objects.get().pk
    client, address = browser(cast.maintainer), "/acme/app/-/settings/ci_cd/runners"
    assert client.get(f"{address}/{pk}").status_code == 404
    assert client.post(f"{address}/{pk}/delete").status_code == 404


def test_each_kind_of_place_has_its_own_keepers(cast: Cast) -> None:
    assert browser(cast.developer).get("/acme/app/-/settings/ci_cd/runners").status_code == 403
    assert browser(cast.maintainer).get("/groups/acme/-/runners").status_code in {403, 404}
    assert browser(cast.owner).get("/groups/acme/-/runners").status_code == 200
    assert browser(cast.owner).get("/-/runners").status_code == 403
    assert browser(cast.admin).get("/-/runners").status_code == 200
    form = {"access_level": "not_protected", "run_untagged": "on"}
    assert "glrt-" in text(browser(cast.admin).post("/-/runners/new", form))
    assert "glrt-" in text(browser(cast.owner).post("/groups/acme/-/runners/new", form))
    assert {runner.runner_type for runner in Runner.objects.all()} == {"instance_type", "group_type"}


def test_a_pipeline_that_has_passed_offers_no_cancellation_though_a_manual_job_is_left(cast: Cast) -> None:
    yaml = "test: {script: [make]}\nship: {stage: deploy, script: [ship], when: manual}"
    pipeline = runners.pipeline(cast.app, cast.developer, yaml)
    address = f"/acme/app/-/pipelines/{pipeline.pk}"
    assert "Cancel 2 jobs" in text(browser(cast.developer).get(address))
    runners.runner(cast.app).work().succeed()
    shown = text(browser(cast.developer).get(address))
    assert "Passed" in shown
    assert "Run as you" in shown
    assert "Cancel 1 job" not in shown


@pytest.mark.parametrize("page", ["settings/ci_cd/runners", "settings/ci_cd/runners/new"])
def test_runners_of_a_project_stand_below_its_settings(cast: Cast, page: str) -> None:
    assert "<li>Settings</li>" in text(browser(cast.maintainer).get(f"/acme/app/-/{page}"))
    of_group = browser(cast.owner).get("/groups/acme/-/runners")
    assert of_group.status_code == 200
    assert "<li>Settings</li>" not in text(of_group)


def test_the_times_of_a_log_are_offered_where_it_has_some(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    client = browser(cast.developer)
    work.log(b"plain\n")
    assert "log-times" not in text(client.get(f"/acme/app/-/jobs/{work.id}"))
    work.log(b"2026-11-20T09:16:26.123456Z 01O stamped\n")
    shown = text(client.get(f"/acme/app/-/jobs/{work.id}"))
    assert 'id="log-times"' in shown
    assert "<time>09:16:26</time>" in shown


def test_a_delayed_job_says_when_it_starts_and_may_be_played_at_once(cast: Cast) -> None:
    made = runners.pipeline(cast.app, cast.developer, "nap: {script: [x], when: delayed, start_in: 2 hours}")
    job, client = made.jobs.get(), browser(cast.developer)
    assert job.starts_at is not None
    starts = job.starts_at.isoformat()[:16]
    for page in (f"pipelines/{made.pk}", f"jobs/{job.pk}"):
        shown = text(client.get(f"/acme/app/-/{page}"))
        assert f'<time datetime="{starts}' in shown
        assert "Run as you" in shown
        assert "Run as you" not in text(browser(cast.reporter).get(f"/acme/app/-/{page}"))
    client.post(f"/acme/app/-/jobs/{job.pk}/play")
    assert Job.objects.get().status == "pending"


def test_a_manual_job_says_what_it_waits_for(cast: Cast) -> None:
    made = runners.pipeline(cast.app, cast.developer, "nap: {script: [x], when: manual}")
    shown = text(browser(cast.reporter).get(f"/acme/app/-/jobs/{made.jobs.get().pk}"))
    assert "waits until someone runs it" in shown


@pytest.mark.parametrize("page", ["pipelines", "jobs"])
def test_the_lists_find_what_is_scheduled(cast: Cast, page: str) -> None:
    made = runners.pipeline(cast.app, cast.developer, "nap: {script: [x], when: delayed, start_in: 2 hours}")
    assert made.status == "scheduled"
    client = browser(cast.developer)
    assert '<option value="scheduled"' in text(client.get(f"/acme/app/-/{page}"))
    assert "nap" in text(client.get("/acme/app/-/jobs?status=scheduled"))
    assert f"#{made.pk}" in text(client.get("/acme/app/-/pipelines?status=scheduled"))


def test_the_page_of_a_pipeline_watches_it_as_long_as_something_may_happen(cast: Cast) -> None:
    yaml = "a: {script: [x]}\nb: {stage: deploy, script: [x], when: manual, allow_failure: false}"
    made = runners.pipeline(cast.app, cast.developer, yaml)
    client, page = browser(cast.reporter), f"/acme/app/-/pipelines/{made.pk}?view=needs"
    assert f'hx-get="{page}"' in text(client.get(page))
    runners.runner(cast.app).work().succeed()
    made.refresh_from_db()
    assert made.status == "manual"
    assert "hx-get" not in text(client.get(page))


def test_a_manual_job_may_be_played_with_variables(cast: Cast) -> None:
    made = runners.pipeline(cast.app, cast.developer, "ship: {script: [x], when: manual}")
    job, client = made.jobs.get(), browser(cast.developer)
    page = f"/acme/app/-/jobs/{job.pk}"
    assert "Run with these variables" in text(client.get(page))
    assert "Run with these variables" not in text(browser(cast.reporter).get(page))
    refused = client.post(f"{page}/play", {"variables": "nonsense"}, follow=True)
    assert "“nonsense” is not KEY=value." in text(refused)
    assert Job.objects.get().status == "manual"
    client.post(f"{page}/play", {"variables": "WHERE=there\nWHAT=a=b"})
    work = runners.runner(cast.app).work()
    assert (work.variables["WHERE"], work.variables["WHAT"]) == ("there", "a=b")

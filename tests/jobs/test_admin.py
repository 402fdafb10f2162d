"""Pipelines, jobs and runners in the administration."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from jobs.models import Job, Pipeline, Runner, RunnerManager
from jobs.runners.services import create_runner
from jobs.runners.types import RunnerType
from jobs.triggers.schedules import create_schedule
from jobs.triggers.trigger_tokens import create_trigger
from jobs.variables.services import create_variable
from tests.factories import runners
from tests.factories.cast import Cast


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


@pytest.mark.parametrize("model", ["pipeline", "job", "runner"])
def test_the_administration_lists_and_shows_jobs_without_secrets(cast: Cast, admin: Client, model: str) -> None:
    runners.pipeline(cast.app, cast.developer, "test: {script: [secret-script], variables: {A: secret-value}}")
    runner = runners.runner(cast.app)
    work = runner.work()
    assert "acme/app" in admin.get(f"/admin/jobs/{model}/?q=acme").content.decode()
    models: dict[str, Any] = {"pipeline": Pipeline, "job": Job, "runner": Runner}
    pk = models[model].objects.get().pk
    answer = admin.get(f"/admin/jobs/{model}/{pk}/change/")
    assert answer.status_code == 200
    shown = answer.content.decode()
    digests = [Runner.objects.get().digest, Job.objects.get().token.digest]
    for secret in ("secret-script", "secret-value", work.token, runner.token, *digests):
        assert secret not in shown


def test_variables_schedules_and_triggers_are_looked_at_without_what_they_hold(cast: Cast, admin: Client) -> None:
    kept: Any = create_variable(key="KEY", value="s3cret-value", project=cast.app, by=cast.maintainer)
    variables = [{"key": "A", "value": "s3cret-value", "variable_type": "env_var"}]
    by: Any = {"project": cast.app, "owner": cast.maintainer}
    schedule = create_schedule(description="night", ref="main", cron="@daily", variables=variables, **by)
    trigger, secret = create_trigger(description="by hand", **by)
    for model, row in (("civariable", kept), ("schedule", schedule), ("triggertoken", trigger)):
        assert "app" in admin.get(f"/admin/jobs/{model}/?q=acme").content.decode()
        shown = admin.get(f"/admin/jobs/{model}/{row.pk}/change/").content.decode()
        assert "app" in shown
        for hidden in ("s3cret-value", secret, kept.sealed, trigger.sealed, trigger.digest):
            assert hidden not in shown
        assert admin.get(f"/admin/jobs/{model}/add/").status_code == 403


def test_nothing_is_added_or_deleted_there(cast: Cast, admin: Client) -> None:
    for model in ("pipeline", "job", "runner"):
        assert admin.get(f"/admin/jobs/{model}/add/").status_code == 403


def test_an_administrator_cancels_and_pauses(cast: Cast, admin: Client) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer)
    runners.runner(cast.app)
    admin.post("/admin/jobs/pipeline/", {"action": "cancel", "_selected_action": [pipeline.pk]})
    assert Job.objects.get().status == "canceled"
    pk = Runner.objects.get().pk
    admin.post("/admin/jobs/runner/", {"action": "pause", "_selected_action": [pk]})
    assert Runner.objects.get().paused
    assert AuditEvent.objects.get(event="runner_updated").actor_name == "admin"
    admin.post("/admin/jobs/runner/", {"action": "resume", "_selected_action": [pk]})
    assert not Runner.objects.get().paused


def test_the_administration_of_jobs_is_closed_to_others(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.maintainer)
    assert client.get("/admin/jobs/job/").status_code in {302, 403}


def test_a_runner_shows_its_machines_in_words_each_under_a_header_of_its_own(cast: Cast, admin: Client) -> None:
    pk = create_runner(by=None, runner_type=RunnerType.INSTANCE)[0].pk
    info = {"version": "18.1", "platform": "linux", "architecture": "arm64", "executor": "docker", "features": {"x": 1}}
    RunnerManager.objects.create(runner_id=pk, system_id="s_one", info=info)
    shown = admin.get(f"/admin/jobs/runner/{pk}/change/").content.decode()
    assert '<th role="rowheader" scope="row">s_one' in shown
    assert '<td role="cell" data-label="Platform">linux/arm64</td>' in shown
    assert "features" not in shown

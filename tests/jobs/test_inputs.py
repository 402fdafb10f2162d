"""Inputs that a pipeline gets by API, trigger, schedule, push and page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Pipeline, Schedule
from jobs.pipelines.pushes import PushOptions
from jobs.triggers.schedules import run_due_schedules
from jobs.triggers.trigger_tokens import create_trigger
from tests.factories import runners
from tests.factories.cast import Cast

FILE = """
spec:
  inputs:
    where: {description: Where <it> goes, options: [staging, production], default: staging}
    count: {type: number, default: 1}
    fast: {type: boolean, default: false}
    hosts: {type: array, default: [a]}
    note: {default: ""}
---
job:
  script: ["to $[[ inputs.where ]] $[[ inputs.count ]] $[[ inputs.fast ]] $[[ inputs.note ]]"]
  tags: $[[ inputs.hosts ]]
"""
NEEDED = "spec: {inputs: {where: {}}}\n---\njob: {script: ['$[[ inputs.where ]]']}\n"
NEW = "/acme/app/-/pipelines/new"


@pytest.fixture
def app(cast: Cast) -> Cast:
    runners.push_file(cast.app, FILE)
    return cast


@pytest.fixture
def client(app: Cast) -> Client:
    client = Client()
    client.force_login(app.developer)
    return client


def script() -> str:
    (job,) = Pipeline.objects.order_by("-id")[0].jobs.all()
    return " ".join([*job.options["script"], *job.tag_list])


def text(answer: Any) -> str:
    return str(answer.content.decode())


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"ref": "main", "inputs": {"where": "production", "count": 2, "fast": True, "hosts": ["b", "c"]}}, None),
        (
            {"ref": "main", "inputs[where]": "production", "inputs[count]": "2", "inputs[fast]": "true",
             "inputs[hosts]": '["b", "c"]'},
            FORM,
        ),
    ],
)  # fmt: skip
def test_a_pipeline_is_started_with_inputs(app: Cast, api: Any, body: dict[str, Any], kind: str | None) -> None:
    sent: Any = urlencode(body).encode() if kind else body
    answer = api(app.developer).post(
        f"/projects/{app.app.pk}/pipeline", sent, **({"content_type": kind} if kind else {})
    )
    assert answer.status_code == 201
    assert script() == "to production 2 true  b c"


def test_the_runner_gets_the_script_with_the_values(app: Cast, api: Any) -> None:
    api(app.developer).post(
        f"/projects/{app.app.pk}/pipeline", {"ref": "main", "inputs": {"note": "$(id)", "hosts": []}}
    )
    work = runners.runner(app.app).work()
    assert work.payload["steps"][0]["script"] == ["to staging 1 false $(id)"]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"where": "mars"}, "“mars” should be one of: staging, production."),
        ({"count": "two"}, "“two” should be a number."),
        ({"wher": "x"}, "The CI file has no input “wher”; did you mean “where”?"),
        ({f"i{number}": 1 for number in range(21)}, "inputs is invalid"),
        ({"note": "a\0"}, "inputs is invalid"),
        (["where"], "inputs is invalid"),
        ({"where": {"a": 1}}, "inputs is invalid"),
    ],
)
def test_a_wrong_input_starts_nothing(app: Cast, api: Any, inputs: Any, reason: str) -> None:
    answer = api(app.developer).post(f"/projects/{app.app.pk}/pipeline", {"ref": "main", "inputs": inputs})
    assert answer.status_code == 400
    assert reason in str(answer.json())
    assert not Pipeline.objects.exists()


def test_an_input_without_a_default_has_to_be_given(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, NEEDED)
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})
    assert "Line 1, keyword “spec:inputs:where”: this input has no default" in str(answer.json())


def test_a_trigger_gives_inputs(app: Cast, api: Any) -> None:
    token = create_trigger(project=app.app, owner=app.maintainer, description="x")[1]
    body = urlencode({"token": token, "ref": "main", "inputs[count]": "3"}).encode()
    answer = api(None).post(f"/projects/{app.app.pk}/trigger/pipeline", body, content_type=FORM)
    assert answer.status_code == 201
    assert script() == "to staging 3 false  a"


def test_a_push_gives_inputs() -> None:
    options = PushOptions.parse(["ci.input=stage=test", 'ci.input=list=["a"]', "ci.input=x"])
    assert options.inputs == {"stage": "test", "list": '["a"]'}
    assert options.notices == ["ci.input=x is no input: write -o ci.input=name=value."]


def test_a_schedule_keeps_inputs(app: Cast, api: Any) -> None:
    body = {"description": "x", "ref": "main", "cron": "0 3 * * *",
            "inputs": [{"name": "where", "value": "production"}, {"name": "count", "value": 4}]}  # fmt: skip
    made = api(app.developer).post(f"/projects/{app.app.pk}/pipeline_schedules", body)
    assert made.status_code == 201
    at = f"/projects/{app.app.pk}/pipeline_schedules/{made.json()['id']}"
    changes = [{"name": "count", "destroy": True}, {"name": "fast", "value": True}]
    changed = api(app.developer).put(at, {"inputs": changes}).json()
    assert changed["inputs"] == [{"name": "where", "value": "production"}, {"name": "fast", "value": True}]
    assert api(app.maintainer).get(at).json()["inputs"] == []
    Schedule.objects.update(next_run_at=timezone.now())
    assert run_due_schedules(timezone.now()) == 1
    assert script() == "to production 1 true  a"


def test_a_schedule_says_why_its_inputs_no_longer_fit(app: Cast, api: Any) -> None:
    body = {"description": "x", "ref": "main", "cron": "0 3 * * *", "inputs": [{"name": "gone", "value": 1}]}
    api(app.developer).post(f"/projects/{app.app.pk}/pipeline_schedules", body)
    Schedule.objects.update(next_run_at=timezone.now())
    run_due_schedules(timezone.now())
    assert "has no input “gone”" in Schedule.objects.get().problem


def test_the_form_is_made_from_the_header(client: Client) -> None:
    shown = text(client.get(NEW))
    assert "Where &lt;it&gt; goes" in shown
    assert '<option value="production">' in shown
    assert '<option value="staging" selected>' in shown
    assert "[&quot;a&quot;]</textarea>" in shown


def test_the_form_starts_a_pipeline_with_inputs(client: Client) -> None:
    fields = {"input_where": "production", "input_count": "2.5", "input_fast": "true", "input_hosts": '["b"]'}
    answer = client.post(NEW, {"ref": "main", "variables": "", **fields, "input_note": "x"})
    assert answer.status_code == 302
    assert script() == "to production 2.5 true x b"


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("input_count", "two", "“two” should be a number."),
        ("input_hosts", "b", "“b” should be a list."),
        ("input_where", "mars", "“mars” should be one of: staging, production."),
    ],
)
def test_what_is_wrong_stands_at_its_field(client: Client, field: str, value: str, reason: str) -> None:
    shown = text(client.post(NEW, {"ref": "main", "variables": "", field: value}))
    assert f'id="id_{field}_error"' in shown
    assert reason in shown
    assert not Pipeline.objects.exists()


def test_looking_again_shows_what_rules_now_allow(cast: Cast) -> None:
    rules = "[{if: \"$[[ inputs.where ]] == 'far'\", options: [ship], default: ship}, {options: [foot], default: foot}]"
    head = f"spec: {{inputs: {{where: {{options: [near, far], default: near}}, by: {{rules: {rules}}}}}}}"
    runners.push_file(cast.app, f"{head}\n---\njob: {{script: ['$[[ inputs.by ]]']}}\n")
    client = Client()
    client.force_login(cast.developer)
    assert '<option value="foot" selected>' in text(client.get(NEW))
    fields = {"ref": "main", "variables": "", "input_where": "far", "input_by": "foot"}
    looked = text(client.post(NEW, {**fields, "look": "1"}))
    assert '<option value="far" selected>' in looked
    assert '<option value="ship">' in looked
    assert "“foot” should be one of: ship." in text(client.post(NEW, fields))
    assert client.post(NEW, {**fields, "input_by": "ship"}).status_code == 302
    assert script() == "ship"


def test_a_needed_input_is_asked_for(cast: Cast) -> None:
    runners.push_file(cast.app, NEEDED)
    client = Client()
    client.force_login(cast.developer)
    assert 'id="id_input_where_error"' in text(client.post(NEW, {"ref": "main", "variables": "", "input_where": ""}))
    assert client.post(NEW, {"ref": "main", "variables": "", "input_where": "x"}).status_code == 302
    assert script() == "x"


def test_the_form_of_a_schedule_has_the_inputs(client: Client) -> None:
    fields = {"description": "x", "cron": "0 3 * * *", "cron_timezone": "UTC", "ref": "main", "variables": ""}
    new = "/acme/app/-/pipeline_schedules/new"
    assert "input_where" in text(client.get(new))
    assert "“two” should be a number." in text(client.post(new, {**fields, "input_count": "two"}))
    assert client.post(new, {**fields, "input_count": "2", "input_where": "staging"}).status_code == 302
    schedule = Schedule.objects.get()
    assert schedule.inputs == [{"name": "count", "value": 2}]
    assert 'value="2"' in text(client.get(f"/acme/app/-/pipeline_schedules/{schedule.pk}/edit"))
    looked = text(client.post(new, {**fields, "description": "Nightly", "look": "1"}))
    assert 'value="Nightly"' in looked
    assert Schedule.objects.count() == 1

"""The demo world: what the README's walk-through stands on."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from identity.models import User
from jobs.models import Job, Pipeline
from jobs.pipelines.plan import PipelineRequest
from jobs.pipelines.services import create_pipeline
from projects.models import Group, Project
from projects.repository import Repository
from projects.roles.roles import role_of
from projects.services import delete_project
from setup.demo.people import ROLES
from tests.factories import people
from tests.support.runner import FakeRunner
from tokenaccess.allowlist.services import add_entry
from tokenaccess.policy.levels import Visibility

pytestmark = pytest.mark.django_db


@pytest.fixture
def output(settings: Any) -> str:
    """What the first start prints about it."""
    settings.DEMO_PASSWORD = ""
    return run()


def run() -> str:
    output = io.StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


def runner_token(output: str) -> str:
    found = re.search(r"glrt-\w+", output)
    assert found is not None
    return found.group()


def test_the_demo_has_groups_three_deep_and_projects_of_every_visibility(output: str) -> None:
    assert Group.objects.filter(full_path="acme/platform/tools").exists()
    assert set(Project.objects.values_list("visibility", flat=True)) == {int(level) for level in Visibility}
    for project in Project.objects.all():
        repository = Repository(project.repository_path)
        assert {"README.md", ".gitlab-ci.yml"} <= {entry.name for entry in repository.tree("main")}


def test_the_demo_has_a_person_in_every_role(output: str) -> None:
    library = Project.objects.get(full_path="acme/library")
    for username, (_, role) in ROLES.items():
        assert role_of(User.objects.get(username=username), library) is role


def test_everyone_signs_in_with_the_password_of_the_output(output: str, client: Any) -> None:
    found = re.search(r"password\s+(\S+)", output)
    assert found is not None
    for username in ROLES:
        answer = client.post("/users/sign_in", {"username": username, "password": found.group(1)})
        assert answer.status_code == 302
        client.post("/users/sign_out")


def test_the_operator_may_choose_the_password(settings: Any) -> None:
    settings.DEMO_PASSWORD = "chosen by the operator"
    assert "chosen by the operator" in run()
    assert User.objects.get(username="guest").check_password("chosen by the operator")


def test_the_demo_has_a_passed_and_a_running_pipeline_with_logs(output: str) -> None:
    states = dict(Pipeline.objects.values_list("project__full_path", "status"))
    assert states == {"acme/library": "success", "acme/app": "running"}
    for job in Job.objects.filter(status__in=["success", "running"]):
        assert "Running on the demo runner" in job.trace_path.read_text()


def test_a_demo_that_is_made_again_changes_nothing(output: str) -> None:
    before = (User.objects.count(), Project.objects.count(), Job.objects.count())
    assert run() == "The demo world was created before.\n"
    assert (User.objects.count(), Project.objects.count(), Job.objects.count()) == before


def test_the_demo_does_not_restore_what_somebody_deleted(output: str) -> None:
    for project in Project.objects.all():
        delete_project(project, by=User.objects.get(username="owner"))
    assert run() == "The demo world was created before.\n"
    assert not Project.objects.exists()


def test_the_demo_reports_a_name_that_is_taken_and_creates_nothing(settings: Any) -> None:
    people.person("developer")
    with pytest.raises(CommandError, match="The demo world cannot be made: has already been taken"):
        run()
    assert User.objects.count() == 1
    assert not Group.objects.exists()


def test_the_demo_survives_files_of_a_failed_start(settings: Any) -> None:
    for number in range(1, 30):
        path = settings.TRACES_DIR / "0" / f"{number}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("left over")
    run()
    assert "left over" not in "".join(job.trace_path.read_text() for job in Job.objects.filter(status="success"))


def test_the_demo_runner_takes_a_job_whose_token_asks_for_the_library(output: str) -> None:
    """The README's walk-through up to its first refusal; tests/contract walks the rest with real clients."""
    app = Project.objects.get(full_path="acme/app")
    developer = User.objects.get(username="developer")
    create_pipeline(PipelineRequest(project=app, ref="main", user=developer, source="web"))
    work = FakeRunner(runner_token(output)).work()
    assert work.api.get("/job").json()["id"] == work.id
    package = "/projects/acme%2F{}/packages/generic/greeting/1.0/greeting.txt"
    refused = work.api.get(package.format("library"))
    assert (refused.status_code, refused.json()) == (404, {"message": "404 Project Not Found"})
    add_entry(Project.objects.get(full_path="acme/library"), app, by=None)
    assert b"Hello from the library" in b"".join(work.api.get(package.format("library")))


def test_effective_roles_follow_from_the_memberships(output: str) -> None:
    call_command("reconcile", "--check", stdout=(said := io.StringIO()))
    assert said.getvalue() == "Effective roles that were wrong: 0. Memberships that had ended: 0.\n"

"""A CI file that lies in another project: `ci_config_path` as `file@group/project:ref`."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Pipeline
from jobs.pipelines.services import start_for_push
from projects.repository import Repository
from tests.factories import projects, runners
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Role

pytestmark = pytest.mark.once

FILE = "include: {local: ci/jobs.yml}\n"
PATH = "ci/main.yml@acme/library"


@pytest.fixture
def library(cast: Cast) -> Cast:
    """The library has a CI file for others, other jobs on its branch `next`, and a tag of the first."""
    projects.commit(cast.app, {"README.md": "x", "ci/jobs.yml": "of-app: {script: [x]}"})
    projects.commit(cast.library, {"ci/main.yml": FILE, "ci/jobs.yml": "of-library: {script: [x]}"})
    repository = Repository(cast.library.repository_path)
    repository.create_tag("v1", "main")
    projects.commit(cast.library, {"ci/next.yml": "of-next: {script: [x]}"}, branch="next")
    return cast


def configure(api: Any, cast: Cast, path: str) -> Any:
    answer = api(cast.owner).put(f"/projects/{cast.app.pk}", {"ci_config_path": path})
    cast.app.refresh_from_db()
    return answer


def names(pipeline: Pipeline) -> list[str]:
    return [job.name for job in pipeline.jobs.order_by("id")]


def run(api: Any, cast: Cast, user: Any) -> Any:
    return api(user).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})


@pytest.mark.parametrize(
    "path", [PATH, f"{PATH}:main", f"{PATH}:v1", f"{PATH}:refs/tags/v1", "ci/main.yml@ACME/library"]
)
def test_jobs_of_another_projects_file_run_in_this_project_and_its_own_files_are_those_beside_it(
    library: Cast, api: Any, path: str
) -> None:
    answer = configure(api, library, path)
    assert (answer.status_code, answer.json()["ci_config_path"]) == (200, path)
    assert run(api, library, library.developer).status_code == 201
    assert names(Pipeline.objects.get()) == ["of-library"]
    assert runners.runner(library.app).work().variables["CI_CONFIG_PATH"] == path


def test_another_branch_has_other_jobs(library: Cast, api: Any) -> None:
    configure(api, library, "ci/next.yml@acme/library:next")
    run(api, library, library.developer)
    assert names(Pipeline.objects.get()) == ["of-next"]


def test_a_push_starts_the_file_at_the_configured_path(library: Cast, api: Any) -> None:
    configure(api, library, PATH)
    sha = Repository(library.app.repository_path).find("main").sha
    started = start_for_push(project=library.app, ref="refs/heads/main", old="", new=sha, user=library.developer)
    assert started is not None
    assert names(started) == ["of-library"]


def test_a_file_of_another_project_takes_a_person_who_may_read_that_project(library: Cast, api: Any) -> None:
    """What hides and what is not there look the same."""
    newcomer = projects.member(library.outsider, library.app, Role.DEVELOPER)
    answers = []
    for path in (PATH, "ci/main.yml@acme/nothing"):
        configure(api, library, path)
        answers.append(run(api, library, newcomer))
    assert [answer.status_code for answer in answers] == [400, 400]
    texts = [str(answer.json()).replace("acme/library", "X").replace("acme/nothing", "X") for answer in answers]
    assert texts[0] == texts[1]
    assert "you may not read it" in texts[0]
    assert not Pipeline.objects.exists()


def test_a_push_by_somebody_who_may_not_makes_a_failed_pipeline_that_says_so(library: Cast, api: Any) -> None:
    configure(api, library, PATH)
    newcomer = projects.member(library.outsider, library.app, Role.DEVELOPER)
    sha = Repository(library.app.repository_path).find("main").sha
    failed = start_for_push(project=library.app, ref="refs/heads/main", old="", new=sha, user=newcomer)
    assert failed is not None
    assert (failed.status, "you may not read it" in failed.yaml_errors) == ("failed", True)


def test_the_file_is_checked_as_it_would_run(library: Cast, api: Any) -> None:
    configure(api, library, PATH)
    checked = api(library.developer).get(f"/projects/{library.app.pk}/ci/lint?include_jobs=true").json()
    assert (checked["valid"], [job["name"] for job in checked["jobs"]]) == (True, ["of-library"])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("https://example.org/ci.yml", "files from other servers are not read"),
        ("http://example.org/ci.yml", "files from other servers are not read"),
        ("../ci.yml", "directory traversal"),
        ("/ci.yml", "leading slash"),
        ("ci.yml@", "by its full path"),
        ("ci.yml@library", "by its full path"),
        ("ci.yml@/acme/library", "by its full path"),
        ("ci.yml@acme/library:", "after the colon"),
        ("ci.txt@acme/library", "ends in .yml"),
        ("@acme/library", "ends in .yml"),
    ],
)
def test_what_cannot_be_had_is_refused_when_it_is_set(cast: Cast, api: Any, path: str, words: str) -> None:
    answer = configure(api, cast, path)
    assert answer.status_code == 400
    assert words in answer.json()["message"]["ci_config_path"][0]
    made = api(cast.owner).post("/projects", {"name": "fresh", "namespace_id": cast.acme.pk, "ci_config_path": path})
    assert (made.status_code, list(made.json()["message"])) == (400, ["ci_config_path"])
    assert cast.app.ci_config_path == ""


def test_an_empty_path_gives_the_path_up(library: Cast, api: Any) -> None:
    configure(api, library, PATH)
    assert configure(api, library, "").json()["ci_config_path"] == ""

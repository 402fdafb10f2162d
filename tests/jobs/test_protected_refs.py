"""Pipelines of protected branches and tags: what their jobs are given, and who may run them (runner.md §7, §8.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from identity.models import User
from jobs.models import Job, Pipeline, Schedule
from jobs.pipelines.plan import PipelineRefused, PipelineRequest
from jobs.pipelines.services import create_pipeline, start_for_push
from jobs.triggers.schedules import create_schedule, play_schedule, run_due_schedules, update_schedule
from jobs.triggers.trigger_tokens import create_trigger
from jobs.variables.services import create_variable
from projects import services as project_services
from projects.models import Project, RefKind
from projects.repository import Repository
from tests.factories import jobs, runners
from tests.factories.cast import Cast

MANUAL = "test: {script: [x]}\ndeploy: {script: [x], when: manual}"
NOT_ON = (
    "You do not have sufficient permission to run a pipeline on '{}'. "
    "Please select a different branch or contact your administrator for assistance."
)


@pytest.fixture
def app(cast: Cast) -> Project:
    """As a new project is, main for maintainers; with branches and tags that patterns protect, and some that none."""
    runners.push_file(cast.app, MANUAL)
    cast.app.protected_refs.update(push_level=40, merge_level=40)
    project_services.protect(cast.app, kind=RefKind.BRANCH, name="release/*", by=cast.owner)
    project_services.protect(cast.app, kind=RefKind.TAG, name="v*", by=cast.owner)
    repository = Repository(cast.app.repository_path)
    for name in ("release/1", "feature"):
        repository.create_branch(name, "main")
    for name in ("v1", "nightly"):
        repository.create_tag(name, "main")
    return cast.app


def start(project: Project, user: User | None, ref: str, source: str = "api") -> Pipeline:
    return create_pipeline(PipelineRequest(project=project, ref=ref, user=user, source=source))


REFS = [("main", True), ("release/1", True), ("v1", True), ("feature", False), ("nightly", False)]


@pytest.mark.parametrize(("ref", "protected"), REFS)
def test_a_pipeline_knows_whether_its_branch_or_tag_is_protected(
    cast: Cast, app: Project, ref: str, protected: bool
) -> None:
    create_variable(project=app, key="SECRET", value="only-there", by=cast.owner, protected=True)
    pipeline = start(app, cast.maintainer, ref)
    assert (pipeline.protected, pipeline.jobs.filter(protected=protected).count()) == (protected, 2)
    guarded = runners.runner(app, access_level="ref_protected")
    if not protected:
        assert guarded.poll().status_code == 204
    work = (guarded if protected else runners.runner(app)).work()
    assert work.variables["CI_COMMIT_REF_PROTECTED"] == str(protected).lower()
    assert work.payload["git_info"]["protected"] is protected
    assert ("SECRET" in work.variables) is protected


def test_a_pushed_tag_or_branch_runs_as_it_is_protected(cast: Cast, app: Project) -> None:
    sha = Repository(app.repository_path).find("main").sha
    for ref, protected in (("refs/tags/v1", True), ("refs/heads/v1", False), ("refs/heads/release/1", True)):
        made = start_for_push(project=app, ref=ref, old="0" * 40, new=sha, user=cast.maintainer)
        assert made is not None
        assert made.protected is protected


@pytest.mark.parametrize("ref", ["main", "release/1", "v1"])
def test_running_one_takes_the_right_to_its_ref(cast: Cast, api: Any, app: Project, ref: str) -> None:
    refused = api(cast.developer).post(f"/projects/{app.pk}/pipeline", {"ref": ref})
    assert (refused.status_code, refused.json()) == (400, {"message": {"base": [NOT_ON.format(ref)]}})
    assert not Pipeline.objects.exists()
    assert api(cast.maintainer).post(f"/projects/{app.pk}/pipeline", {"ref": ref}).status_code == 201


@pytest.mark.parametrize("ref", ["feature", "nightly"])
def test_developers_run_what_is_not_protected(cast: Cast, api: Any, app: Project, ref: str) -> None:
    assert api(cast.developer).post(f"/projects/{app.pk}/pipeline", {"ref": ref}).status_code == 201


def test_whoever_may_merge_may_run_pipelines(cast: Cast, api: Any, app: Project) -> None:
    app.protected_refs.filter(name="main").update(push_level=0, merge_level=30)
    assert api(cast.developer).post(f"/projects/{app.pk}/pipeline", {"ref": "main"}).status_code == 201
    app.protected_refs.filter(name="main").update(merge_level=0)
    assert api(cast.owner).post(f"/projects/{app.pk}/pipeline", {"ref": "main"}).status_code == 400


def test_the_page_refuses_a_pipeline_on_a_protected_branch(cast: Cast, app: Project) -> None:
    client = Client()
    client.force_login(cast.developer)
    answer = client.post("/acme/app/-/pipelines/new", {"ref": "main", "variables": ""})
    assert answer.status_code == 422
    assert "You do not have sufficient permission to run a pipeline on" in answer.content.decode()


def test_a_trigger_starts_what_its_owner_may(cast: Cast, api: Any, app: Project) -> None:
    for owner, status in ((cast.developer, 400), (cast.maintainer, 201)):
        secret = create_trigger(project=app, owner=owner, description="x")[1]
        answer = api().post(f"/projects/{app.pk}/trigger/pipeline", {"token": secret, "ref": "main"})
        assert answer.status_code == status
        if status == 400:
            assert answer.json() == {"message": {"base": [NOT_ON.format("main")]}}


def test_a_job_starts_what_its_person_may(cast: Cast, api: Any, app: Project) -> None:
    for person, status in ((cast.developer, 400), (cast.maintainer, 201)):
        token = jobs.token_of(jobs.job(app, person))
        answer = api().post(f"/projects/{app.pk}/trigger/pipeline", {"token": token, "ref": "release/1"})
        assert answer.status_code == status


@pytest.mark.django_db(transaction=True)
def test_a_bridge_starts_what_its_person_may(cast: Cast, app: Project) -> None:
    for person, status in ((cast.developer, "failed"), (cast.maintainer, "success")):
        pipeline = runners.pipeline(cast.library, person, "start: {trigger: {project: acme/app, branch: main}}")
        bridge = pipeline.jobs.get()
        assert bridge.status == status
        assert bridge.options.get("refused", []) == ([] if status == "success" else [NOT_ON.format("main")])


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_no_branch_or_tag_stands_for_the_commit_it_is_called_after(
    cast: Cast, api: Any, app: Project, kind: str
) -> None:
    """A developer calls a branch of their own like the newest commit of main, and waits for main's next pipeline."""
    repository = Repository(app.repository_path)
    tip = repository.find("main").sha
    mine = runners.push_file(app, "steal: {script: [x]}", branch="feature")
    # As older versions let it be created; today such a name is refused.
    repository.git.references.create(f"refs/{'heads' if kind == 'branch' else 'tags'}/{tip}", mine)
    pipeline = start(app, cast.maintainer, "main")
    assert pipeline.sha == tip
    assert set(pipeline.jobs.values_list("name", flat=True)) == {"test", "deploy"}
    shown = api(cast.developer).get(f"/projects/{app.pk}/repository/commits/{tip}").json()
    assert shown["id"] == tip


def test_a_file_named_by_a_commit_of_another_project_is_that_commit_s(cast: Cast, app: Project) -> None:
    """Or whoever may push anything there could put jobs into a protected pipeline here."""
    pinned = runners.push_file(cast.library, "shared: {script: [x]}")
    mine = runners.push_file(cast.library, "steal: {script: [x]}", branch="feature")
    Repository(cast.library.repository_path).git.references.create(f"refs/heads/{pinned}", mine)
    include = f"include: {{project: acme/library, file: .gitlab-ci.yml, ref: {pinned}}}"
    runners.push_file(app, include)
    assert start(app, cast.maintainer, "main").jobs.get().name == "shared"


def test_a_branch_does_not_stand_for_a_protected_tag_of_its_name(cast: Cast, app: Project) -> None:
    """A schedule of a maintainer runs what a maintainer has tagged, and not what a developer calls so."""
    made = create_schedule(project=app, owner=cast.maintainer, description="x", ref="v1", cron="0 3 * * *")
    runners.push_file(app, "steal: {script: [x]}", branch="v1")
    played = play_schedule(made, by=cast.maintainer)
    assert (played.tag, played.protected, played.jobs.filter(name="steal").exists()) == (True, True, False)
    with pytest.raises(PipelineRefused):
        start(app, cast.developer, "v1")
    project_services.protect(app, kind=RefKind.BRANCH, name="v*", by=cast.owner)
    assert start(app, cast.maintainer, "v1").tag is False


def test_an_included_file_comes_from_the_protected_ref_of_its_name(cast: Cast, app: Project) -> None:
    Repository(cast.library.repository_path).create_tag("v1", runners.push_file(cast.library, "shared: {script: [x]}"))
    project_services.protect(cast.library, kind=RefKind.TAG, name="v*", by=cast.owner)
    runners.push_file(cast.library, "steal: {script: [x]}", branch="v1")
    runners.push_file(app, "include: {project: acme/library, file: .gitlab-ci.yml, ref: v1}")
    assert start(app, cast.maintainer, "main").jobs.get().name == "shared"


# --- Schedules --------------------------------------------------------------------------------------------------------


def test_a_schedule_is_made_for_what_its_owner_may_run(cast: Cast, api: Any, app: Project) -> None:
    given = {"description": "Nightly", "ref": "v1", "cron": "0 3 * * *"}
    refused = api(cast.developer).post(f"/projects/{app.pk}/pipeline_schedules", given)
    assert (refused.status_code, refused.json()) == (400, {"message": {"ref": [NOT_ON.format("v1")]}})
    assert not Schedule.objects.exists()
    for person, ref in ((cast.maintainer, "v1"), (cast.developer, "feature")):
        made = api(person).post(f"/projects/{app.pk}/pipeline_schedules", {**given, "ref": ref})
        assert made.status_code == 201
    with pytest.raises(ValidationError):
        update_schedule(Schedule.objects.get(ref="feature"), by=cast.developer, ref="main")


def test_a_schedule_whose_branch_was_protected_meanwhile_says_why_it_rests(cast: Cast, app: Project) -> None:
    made = create_schedule(project=app, owner=cast.developer, description="Nightly", ref="feature", cron="0 3 * * *")
    project_services.protect(app, kind=RefKind.BRANCH, name="feat*", by=cast.owner)
    Schedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))
    assert run_due_schedules(timezone.now()) == 0
    made.refresh_from_db()
    assert made.problem == NOT_ON.format("feature")
    update_schedule(made, by=cast.developer, active=False)
    with pytest.raises(PipelineRefused):
        play_schedule(made, by=cast.developer)
    assert play_schedule(made, by=cast.maintainer).user == cast.maintainer


# --- Again, and by hand -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ref", ["main", "v1"])
def test_playing_and_retrying_take_the_right_to_run_on_the_ref(cast: Cast, api: Any, app: Project, ref: str) -> None:
    pipeline = start(app, cast.maintainer, ref)
    runners.runner(app).work().fail()
    failed, manual = pipeline.jobs.get(name="test"), pipeline.jobs.get(name="deploy")
    at = f"/projects/{app.pk}"
    asked = [f"{at}/jobs/{manual.pk}/play", f"{at}/jobs/{failed.pk}/retry", f"{at}/pipelines/{pipeline.pk}/retry"]
    for address in asked:
        refused = api(cast.developer).post(address)
        assert (refused.status_code, refused.json()) == (403, {"message": "403 Forbidden"})
    assert Job.objects.count() == 2
    assert [api(cast.maintainer).post(address).status_code for address in asked] == [200, 201, 201]


@pytest.mark.parametrize("how", ["play", "retry", "retry all"])
def test_what_is_protected_no_longer_is_not_run_with_what_was_kept_for_it(
    cast: Cast, api: Any, app: Project, how: str
) -> None:
    create_variable(project=app, key="SECRET", value="only-there", by=cast.owner, protected=True)
    pipeline = start(app, cast.maintainer, "release/1")
    runners.runner(app).work().fail()
    project_services.unprotect(app.protected_refs.get(name="release/*"), by=cast.owner)
    failed, manual = pipeline.jobs.get(name="test"), pipeline.jobs.get(name="deploy")
    address = {"play": f"jobs/{manual.pk}/play", "retry": f"jobs/{failed.pk}/retry"}
    asked = address.get(how, f"pipelines/{pipeline.pk}/retry")
    assert api(cast.developer).post(f"/projects/{app.pk}/{asked}").status_code in {200, 201}
    assert runners.runner(app, access_level="ref_protected").poll().status_code == 204
    work = runners.runner(app).work()
    assert "SECRET" not in work.variables
    assert work.variables["CI_COMMIT_REF_PROTECTED"] == "false"
    assert work.payload["git_info"]["protected"] is False


def test_pages_offer_only_what_may_be_done(cast: Cast, app: Project) -> None:
    pipeline = start(app, cast.maintainer, "main")
    runners.runner(app).work().fail()
    failed, manual = pipeline.jobs.get(name="test"), pipeline.jobs.get(name="deploy")
    job_page, whole = "/acme/app/-/jobs/{}", f"/acme/app/-/pipelines/{pipeline.pk}"
    offers = [
        (job_page.format(failed.pk), job_page.format(failed.pk) + "/retry"),
        (job_page.format(manual.pk), job_page.format(manual.pk) + "/play"),
        (whole, f"{whole}/retry"),
        (whole, job_page.format(manual.pk) + "/play"),
    ]
    client = Client()
    for person, offered in ((cast.developer, False), (cast.maintainer, True)):
        client.force_login(person)
        for page, address in offers:
            assert (f'action="{address}"' in client.get(page).content.decode()) is offered
            if not offered:
                assert client.post(address).status_code == 403


def test_a_job_that_tries_again_by_itself_asks_nobody(cast: Cast, app: Project) -> None:
    runners.push_file(app, "test: {script: [x], retry: 1}")
    pipeline = start(app, cast.maintainer, "main")
    app.protected_refs.filter(name="main").update(push_level=0, merge_level=0)
    runners.runner(app).work().fail()
    assert pipeline.jobs.filter(name="test").count() == 2
    assert pipeline.jobs.filter(protected=True, status="pending").exists()


def test_a_pipeline_on_an_open_branch_costs_one_look_at_the_protections(
    cast: Cast, app: Project, django_assert_num_queries: Any
) -> None:
    from jobs.pipelines.plan import plan_pipeline
    from jobs.pipelines.protected_refs import check_start

    request = PipelineRequest(project=app, ref="feature", user=cast.developer, source="api")
    with django_assert_num_queries(1):
        check_start(plan_pipeline(request))

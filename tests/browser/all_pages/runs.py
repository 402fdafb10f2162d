"""Pipelines, jobs in all states, artifacts, environments, runners."""

from __future__ import annotations

from jobs.models import Environment, Job, JobToken, Runner
from jobs.pipelines.plan import PipelineRequest
from jobs.pipelines.services import create_pipeline
from tests.browser.all_pages.world import World
from tests.factories import artifacts, runners
from tests.support.client import Api

YAML = """
stages: [build, test, deploy]
compile: {stage: build, script: [make], coverage: '/(\\d+)%/'}
lint: {stage: build, script: [make lint], allow_failure: true}
unit: {stage: test, script: [make test], artifacts: {reports: {junit: report.xml}}}
browser tests: {stage: test, script: [make browser], tags: [gpu]}
deploy:
  stage: deploy
  needs: [compile]
  script: [make deploy]
  environment: {name: production, url: "https://app.example.org", on_stop: stop, auto_stop_in: 2 days}
stop:
  stage: deploy
  script: [make clean]
  when: manual
  environment: {name: production, action: stop}
notify: {stage: deploy, trigger: acme/app}
"""
HERE, ELSEWHERE = "192.0.2.10", "203.0.113.9"
LOG = (
    b"section_start:1700000000:get_sources\r\x1b[0KFetch the code\nfetched\n"
    b"section_end:1700000003:get_sources\r\x1b[0K\n\x1b[32m$ curl $CI_API_V4_URL/projects/7/packages\x1b[0m\n"
    b"\x1b[31merror: the requested URL returned 404\x1b[0m\ncoverage: 87%\n"
)


def fill(world: World) -> None:
    for project in (world.app, world.empty):
        project.refresh_from_db()
    runner = runners.runner(description="linux-1", tag_list=["linux", "docker"])
    own = runners.runner(world.library, description="library runner", tag_list=["gpu"], run_untagged=False)
    own.verify()
    runners.runner(world.group, description="group runner")
    runners.push_file(world.library, YAML, "Deploy with every push")
    create_pipeline(PipelineRequest(project=world.library, ref="main", user=world.owner, source="push"))
    for state in ("success", "failed", "success"):
        work = runner.work()
        work.log(LOG.replace(b"curl", work.token.encode()))
        work.update(state, **({"failure_reason": "script_failure", "exit_code": 1} if state == "failed" else {}))
    job = Job.objects.filter(project=world.library, name="compile").latest("id")
    artifacts.store(job, artifacts.zip_bytes({"dir/report.txt": b"All is well.\n", "dir/tool.bin": b"\0\1"}))
    _use_from_elsewhere(world)
    world.values |= {
        "pipeline_id": job.pipeline_id,
        "job_id": job.pk,
        "group_runner_id": Runner.objects.get(description="group runner").pk,
        "project_runner_id": Runner.objects.get(description="library runner").pk,
        "instance_runner_id": Runner.objects.get(description="linux-1").pk,
        "app_runner_id": Runner.objects.get(description="app runner").pk,
        "environment_id": _environment(world).pk,
        "path": "dir/report.txt",
    }


def _environment(world: World) -> Environment:
    found = Environment.objects.filter(project=world.library).first()
    return found or Environment.objects.create(project=world.library, name="production", slug="production")


def _use_from_elsewhere(world: World) -> None:
    """A job of the app is refused by the library, and its token used from an address that is not its runner's."""
    runner = runners.runner(world.app, description="app runner", tag_list=["app"])
    runners.pipeline(world.app, world.people["developer"], "fetch: {script: [make], tags: [app]}")
    work = runner.work()
    JobToken.objects.filter(job=work.id).update(taken_from=HERE)
    for address, place in ((HERE, "releases"), (ELSEWHERE, "releases"), (ELSEWHERE, "packages")):
        answer = Api(job=work.token).get(f"{world.at}/{place}", REMOTE_ADDR=address)
        world.values["encoded"] = answer.headers.get("X-Access-Reason", world.values.get("encoded", ""))
    work.log(LOG)
    work.fail()
    world.values["refused_job_id"] = work.id

"""Artifacts of other projects and other pipelines (`needs: project`, `needs: pipeline`), for a job that is to start.

Another project is judged by the gate as the job will be once it runs: its project has to be let in, and its person has
to have the right. The runner's download is judged once more, by the job's token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from audit.client_address import client_address
from ci_config import expand
from jobs.artifacts.access import read_decision
from jobs.artifacts.dependencies import Dependency, MissingDependency, read_dependencies
from jobs.models import Job, Pipeline
from jobs.pipelines.chains import same_family
from jobs.querysets import JobQuerySet
from jobs.runners.job_tokens import narrowing_in_file
from jobs.states import State
from jobs.variables.job import variables_without_runner
from jobs.variables.value import values_by_key
from text.numbers import parse_number
from tokenaccess.access.gate import check_starting_job
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.result import Access
from tokenaccess.access.signals import job_refused
from tokenaccess.policy import Action
from tokenaccess.policy.addresses import normalize_address
from tokenaccess.policy.narrowing import VARIABLE
from tokenaccess.policy.needs import NEEDS

Need = Mapping[str, str]


class UnmetNeed(Exception):
    """An entry of `needs` cannot be had. The text is a sentence for people, without its full stop, which names things
    as the CI file does: a variable in them may be a masked one. `access`: the refusal, if there was one."""

    def __init__(self, sentence: str, access: Access | None = None) -> None:
        super().__init__(sentence)
        self.access = access


def dependencies_elsewhere(job: Job) -> list[Dependency]:
    """What the needs of the job in other projects and pipelines pass on. Raises UnmetNeed.

    For each of a project: one statement at the gate, and two more once it has let the job in.
    """
    wanted = job.options.get("needs_elsewhere") or ()
    if not wanted:
        return []
    texts = _expand_texts(job, wanted)
    found = [
        _of_project(job, need, text) if "project" in need else _of_pipeline(job, need, text)
        for need, text in zip(wanted, texts, strict=True)
    ]
    return [dependency for dependency in found if dependency.archive or dependency.variables]


def _expand_texts(job: Job, wanted: list[Need]) -> list[Need]:
    if not any("$" in text for need in wanted for text in need.values()):
        return wanted
    known = values_by_key(variables_without_runner(job))
    return [{key: expand(text, known) for key, text in need.items()} for need in wanted]


def _of_project(job: Job, need: Need, text: Need) -> Dependency:
    sentence = (
        f"There is no job {need['job']} that passed on {need['ref']} of {need['project']}, or its artifacts "
        "are not for this job"
    )
    access = check_starting_job(
        job.pk,
        narrowing_in_file(job),
        Action.READ_JOBS,
        IdOrPath.of_path(text["project"]),
        runner_tags=frozenset(job.runner.tag_list if job.runner else ()),
        address=normalize_address(client_address()),
    )
    if not access.decision.allowed or access.facts.target is None:
        job_refused.send_robust(sender=None, access=access)
        raise UnmetNeed(_sentence_of_narrowing(job, need, text) or sentence, access)
    pipelines = Pipeline.objects.filter(project=access.facts.target.id).of_ref(text["ref"])
    jobs = Job.objects.current().filter(project=access.facts.target.id, pipeline__in=pipelines)
    dependency = _first(jobs.filter(name=text["job"], status=State.SUCCESS), sentence)
    for artifact in filter(None, (dependency.archive, dependency.dotenv)):
        _check_read(artifact.access, access, sentence)
    return dependency


def _sentence_of_narrowing(job: Job, need: Need, text: Need) -> str:
    """ "" if the job's own narrowing leaves the need in. Whether there is such a project makes no difference to it."""
    narrowing = narrowing_in_file(job)
    if narrowing is None:
        return ""
    if narrowing.reaches(text["project"]) and narrowing.grants(NEEDS[Action.READ_JOBS].permissions):
        return ""
    return f"{VARIABLE} of this job leaves out what a need of {need['project']} takes: read_jobs, and that project"


def _check_read(artifact_access: str, access: Access, sentence: str) -> None:
    """Raises UnmetNeed if the artifact is not for those who may do what the job does."""
    found = read_decision(artifact_access, access.caller, access.facts)
    if found is None:
        raise UnmetNeed(sentence)
    action, decision = found
    if not decision.allowed:
        refused = replace(access, action=action, decision=decision)
        job_refused.send_robust(sender=None, access=refused)
        raise UnmetNeed(sentence, refused)


def _of_pipeline(job: Job, need: Need, text: Need) -> Dependency:
    sentence = (
        f"There is no job {need['job']} in pipeline {need['pipeline']}, or that is no parent, child or sibling of this "
        "pipeline"
    )
    number = parse_number(text["pipeline"]) or 0
    pipeline = Pipeline.objects.filter(pk=number, project=job.project_id).first()
    if pipeline is None or not same_family(pipeline, job.pipeline):
        raise UnmetNeed(sentence)
    return _first(Job.objects.current().filter(pipeline=pipeline, name=text["job"]), sentence)


def _first(jobs: JobQuerySet, sentence: str) -> Dependency:
    """What the newest of the jobs passes on."""
    try:
        found = read_dependencies(Job.objects.filter(pk__in=jobs.order_by("-id").values("pk")[:1]))
    except MissingDependency as missing:
        raise UnmetNeed(f"The artifacts of {missing} have expired or were erased") from missing
    if not found:
        raise UnmetNeed(sentence)
    return found[0]

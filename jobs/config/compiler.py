"""From text to jobs: load, include, extend, refer, read, check; then ask the rules for one pipeline."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.config.build import built
from jobs.config.errors import Invalid, Problems, Stop
from jobs.config.expansion import expand
from jobs.config.extends import extended
from jobs.config.file import FIRST, LAST, File, read_file
from jobs.config.includes import included
from jobs.config.keywords.variables import Variable, layered, values
from jobs.config.limits import NAME
from jobs.config.loader import load
from jobs.config.ordering import Names, check_circles, check_graph
from jobs.config.references import resolved
from jobs.config.result import Compiled, CompiledJob
from jobs.config.rules import Rule, first_match
from jobs.config.selection import Chosen, choose
from jobs.config.world import ChangedFiles, ListFiles, ReadLocal, ReadProject, World

NO_PIPELINE = "The rules of `workflow` keep this pipeline from being made."
NO_JOBS = "The rules of the jobs leave no job for this pipeline."


def compile(
    text: str,
    *,
    ref: str = "main",
    tag: bool = False,
    source: str = "push",
    variables: Mapping[str, str] | None = None,
    predefined: Mapping[str, str] | None = None,
    read_local: ReadLocal = lambda path: None,
    read_project: ReadProject = lambda project, ref, path: None,
    changed_files: ChangedFiles = lambda compare_to: None,
    list_files: ListFiles = lambda: (),
) -> Compiled:
    """The jobs of `text` for one pipeline; the package describes the arguments. Raises ConfigError."""
    world = World(
        ref, tag, source, variables or {}, predefined or {}, read_local, read_project, changed_files, list_files
    )
    problems = Problems()
    try:
        file = read(text, world, problems)
        problems.settle()
        return pipeline(file, world, problems)
    except (Invalid, Stop) as mistake:
        raise problems.error(str(mistake)) from mistake


def read(text: str, world: World, problems: Problems) -> File:
    tree = included(load(text, "", world.budget, problems), world, problems)
    problems.settle()
    tree = extended(tree, world.budget, problems)
    tree = resolved(tree, world.budget, problems)
    file = read_file(tree, world.budget, problems)
    file.tree = tree
    check_graph(file, problems)
    return file


def pipeline(file: File, world: World, problems: Problems) -> Compiled:
    rule = workflow_rule(file, world)
    if rule is None:
        return empty(file, NO_PIPELINE)
    top = layered(file.variables, rule.says.get("variables", []))
    chosen = all_chosen(file, top, world, problems)
    if not any(job.draft.stage not in (FIRST, LAST) for job in chosen):
        problems.settle()
        return empty(file, NO_JOBS)
    jobs = all_built(chosen, file, world, problems)
    return Compiled(
        jobs=tuple(sorted(jobs, key=lambda job: job.stage_index)),
        stages=tuple(stage for stage in file.stages if any(job.stage == stage for job in jobs)),
        name=expand(file.workflow.name, world.values(values(top))).strip()[:NAME],
        auto_cancel=rule.says.get("auto_cancel", file.workflow.auto_cancel),
        variables=tuple(top),
        tree=file.tree,
    )


def workflow_rule(file: File, world: World) -> Rule | None:
    """The rule that lets the pipeline be made; one without content when there are none."""
    at = next(iter(file.jobs.values())).at
    if file.workflow.rules is None:
        return Rule(at)
    rule = first_match(file.workflow.rules, world, world.values(values(file.variables)))
    return None if rule is None or rule.says.get("when") == "never" else rule


def all_chosen(file: File, top: list[Variable], world: World, problems: Problems) -> list[Chosen]:
    found = []
    for draft in file.jobs.values():
        for instance in draft.instances:
            with problems.noted():
                found.append(choose(draft, instance, top, world))
    return [job for job in found if job is not None]


def all_built(chosen: list[Chosen], file: File, world: World, problems: Problems) -> list[CompiledJob]:
    names = Names(chosen)
    jobs = []
    for job in chosen:
        with problems.noted():
            jobs.append(built(job, names, file.stages, world))
    with problems.noted():
        check_circles(
            {job.name: [need.job for need in job.needs or ()] for job in jobs},
            {job.name: job.draft.place("needs") for job in chosen},
        )
    problems.settle()
    return jobs


def empty(file: File, reason: str) -> Compiled:
    return Compiled(
        jobs=(),
        stages=(),
        variables=tuple(file.variables),
        empty_because=reason,
        tree=file.tree,
    )

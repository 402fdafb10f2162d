"""Compiles the text of a CI file into jobs: loads and checks the file, then evaluates its rules for one pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from ci_config.conditions.rules import Rule, first_match
from ci_config.context import CompileArguments, CompileContext
from ci_config.document.references import resolve_references
from ci_config.errors import Abort, Invalid, Problems, comma_list
from ci_config.file import FIRST, LAST, ConfigFile, parse_file
from ci_config.includes.includer import Includer
from ci_config.inputs.header import Header
from ci_config.jobs.build import build_job
from ci_config.jobs.expansion import expand, expand_nested
from ci_config.jobs.extends import apply_extends
from ci_config.jobs.job_graph import JobIndex, check_cycles, check_graph
from ci_config.jobs.selection import SelectedJob, select_job
from ci_config.jobs.token_needs import warn_of_token_needs
from ci_config.jobs.verdicts import Verdict, rules_verdict
from ci_config.keywords.variables import Variable, merge_layers, values_by_key
from ci_config.limits import MAX_NAME_LENGTH
from ci_config.result import CompiledJob, CompiledPipeline

NO_PIPELINE = "The rules of `workflow` keep this pipeline from being made."
NO_JOBS = "The rules of the jobs leave no job for this pipeline."


def compile(text: str, **arguments: Unpack[CompileArguments]) -> CompiledPipeline:
    """Compile `text` for one pipeline; the package describes the arguments. Raises ConfigError."""
    context = CompileContext(**arguments)
    problems = context.problems
    try:
        file = parse_text(text, context, problems)
        problems.raise_if_any()
        return compile_pipeline(file, context, problems)
    except (Invalid, Abort) as mistake:
        raise problems.config_error(str(mistake)) from mistake


def read_header(text: str, **arguments: Unpack[CompileArguments]) -> Header:
    """The header of a file, with its inputs; an empty one if it has none. Raises ConfigError."""
    context = CompileContext(**arguments)
    problems = context.problems
    try:
        header = Includer(context, problems).read_header(text)
    except (Invalid, Abort) as mistake:
        raise problems.config_error(str(mistake)) from mistake
    problems.raise_if_any()
    return header or Header()


def parse_text(text: str, context: CompileContext, problems: Problems) -> ConfigFile:
    tree = Includer(context, problems).read(text)
    problems.raise_if_any()
    tree = apply_extends(tree, context.budget, problems)
    tree = resolve_references(tree, context.budget, problems)
    file = parse_file(tree, context.budget, problems)
    file.tree = tree
    check_graph(file, problems)
    return file


def compile_pipeline(file: ConfigFile, context: CompileContext, problems: Problems) -> CompiledPipeline:
    matched = workflow_rule(file, context)
    workflow = workflow_verdict(file, matched) if context.evaluate_rules else None
    rule = matched if workflow is None or workflow.is_in else None
    if rule is None:
        return empty_result(file, NO_PIPELINE, problems, workflow)
    top = merge_layers(file.variables, rule.settings.get("variables", []))
    selected = select_jobs(file, top, context, problems)
    if context.evaluate_rules and not any(job.definition.stage not in (FIRST, LAST) for job in selected):
        problems.raise_if_any()
        return empty_result(file, NO_JOBS, problems, workflow, context.verdicts)
    jobs = build_jobs(selected, file, context, problems)
    return CompiledPipeline(
        jobs=tuple(sorted(jobs, key=lambda job: job.stage_index)),
        stages=tuple(stage for stage in file.stages if any(job.stage == stage for job in jobs)),
        name=pipeline_name(file.workflow.name, context.values(values_by_key(top))),
        auto_cancel=rule.settings.get("auto_cancel", file.workflow.auto_cancel),
        variables=tuple(top),
        warnings=tuple(problems.warnings),
        workflow=workflow,
        verdicts=tuple(context.verdicts),
        tree=file.tree,
    )


def pipeline_name(name: str, variables: Mapping[str, str]) -> str:
    return expand(name, expand_nested(name, variables)).strip()[:MAX_NAME_LENGTH]


def workflow_rule(file: ConfigFile, context: CompileContext) -> Rule | None:
    """The `workflow` rule that matches, an empty one if there are no rules."""
    at = next(iter(file.jobs.values())).at
    if file.workflow.rules is None or not context.evaluate_rules:
        return Rule(at)
    return first_match(file.workflow.rules, context, context.values(values_by_key(file.variables)))


def workflow_verdict(file: ConfigFile, matched: Rule | None) -> Verdict | None:
    """None without rules."""
    rules = file.workflow.rules
    if rules is None:
        return None
    mark = rules[0].at.mark if rules else next(iter(file.jobs.values())).at.mark
    when = "" if matched is None else matched.settings.get("when", "always")
    return rules_verdict("workflow", "", rules, matched, mark, when)


def select_jobs(
    file: ConfigFile, top: list[Variable], context: CompileContext, problems: Problems
) -> list[SelectedJob]:
    selected = []
    for definition in file.jobs.values():
        for instance in definition.instances:
            with problems.collect_errors():
                selected.append(select_job(definition, instance, top, context))
    return [job for job in selected if job is not None]


def build_jobs(
    selected: list[SelectedJob], file: ConfigFile, context: CompileContext, problems: Problems
) -> list[CompiledJob]:
    index = JobIndex(selected)
    jobs = []
    for job in selected:
        with problems.collect_errors():
            if context.evaluate_rules:
                check_variables(job, context)
            jobs.append(build_job(job, index, file.stages, context))
            warn_of_token_needs(job, file, context)
    with problems.collect_errors():
        check_cycles(
            {job.name: [need.job for need in job.needs or ()] for job in jobs},
            {job.name: job.definition.location("needs") for job in selected},
        )
    problems.raise_if_any()
    return jobs


def check_variables(job: SelectedJob, context: CompileContext) -> None:
    if names := context.find_cycle(values_by_key(job.variables)):
        at = job.definition.location("variables")
        raise at.error(f"the variables name each other in a circle: {comma_list(names)}.")


def empty_result(
    file: ConfigFile,
    reason: str,
    problems: Problems,
    workflow: Verdict | None,
    verdicts: Sequence[Verdict] = (),
) -> CompiledPipeline:
    return CompiledPipeline(
        jobs=(),
        stages=(),
        variables=tuple(file.variables),
        empty_because=reason,
        warnings=tuple(problems.warnings),
        workflow=workflow,
        verdicts=tuple(verdicts),
        tree=file.tree,
    )

"""Parses the whole file: stages, variables, workflow, and a definition of each visible job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_config.conditions import rules
from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Location, Problems, comma_list, quote, suggestion
from ci_config.jobs.checks import check_job, warn_of_variables
from ci_config.jobs.defaults import TOP_LEVEL_DEFAULTS, parse_defaults
from ci_config.jobs.job import JobDefinition, parse_job
from ci_config.keywords import variables
from ci_config.limits import MAX_JOBS, Budget
from ci_config.validators import Validator, fields, flatten, list_of, name

STAGES = ["build", "test", "deploy"]
FIRST, LAST = ".pre", ".post"


@dataclass(frozen=True, slots=True)
class Workflow:
    """Whether there is a pipeline, its name, and when it is auto-canceled."""

    name: str = ""
    rules: list[rules.Rule] | None = None
    auto_cancel: dict[str, str] | None = None


@dataclass(slots=True)
class ConfigFile:
    stages: list[str] = field(default_factory=lambda: [FIRST, *STAGES, LAST])
    variables: list[variables.Variable] = field(default_factory=list)
    workflow: Workflow = field(default_factory=Workflow)
    jobs: dict[str, JobDefinition] = field(default_factory=dict)
    tree: Mapping[str, Any] = field(default_factory=dict)  # the merged file, from which this was parsed


def stages(value: Any, at: Location) -> list[str]:
    if not isinstance(value, YamlList):
        return list_of(name)(value, at)
    names = [name(item, place) for item, place in flatten(value, at)]
    return [FIRST, *dict.fromkeys(stage for stage in names if stage not in (FIRST, LAST)), LAST]


def workflow(value: Any, at: Location) -> Workflow:
    table = {"name": name, "rules": rules.rule_list(rules.WORKFLOW_RULE), "auto_cancel": rules.auto_cancel}
    return Workflow(**fields(value, at, table))


# Keywords at the top level, without `include` (resolved already), `default` and its older form.
TOP_KEYWORDS: dict[str, Validator[Any]] = {
    "stages": stages,
    "variables": variables.file_variables,
    "workflow": workflow,
}
OTHER_KEYWORDS = {"default", "include", *TOP_LEVEL_DEFAULTS}
UNSUPPORTED_KEYWORDS = {
    "spec": "`spec` is a header; it stands above all else, with a line `---` below it.",
    "types": "`types` is called `stages` now.",
}


def parse_file(tree: YamlMap, budget: Budget, problems: Problems) -> ConfigFile:
    file = ConfigFile()
    for keyword, reader in TOP_KEYWORDS.items():
        if tree.get(keyword) is not None:
            with problems.collect_errors():
                setattr(file, keyword, reader(tree[keyword], Location(tree.marks[keyword], keyword=keyword)))
    if file.variables:
        warn_of_variables(file.variables, Location(tree.marks["variables"], keyword="variables"), problems)
    parse_jobs(tree, file, budget, problems)
    for definition in file.jobs.values():
        if definition.is_valid:
            check_job(definition, problems)
            with problems.collect_errors():
                check_stage(definition, file.stages)
    return file


def parse_jobs(tree: YamlMap, file: ConfigFile, budget: Budget, problems: Problems) -> None:
    defaults = parse_defaults(tree, budget, problems)
    for job_name, job in tree.items():
        if job_name in TOP_KEYWORDS or job_name in OTHER_KEYWORDS or job_name.startswith("."):
            continue
        if job_name in UNSUPPORTED_KEYWORDS:
            problems.add(Location(tree.marks[job_name], keyword=job_name).error(UNSUPPORTED_KEYWORDS[job_name]))
            continue
        at = Location(tree.marks[job_name], job=job_name)
        file.jobs[job_name] = parse_job(job_name, job, at, defaults, budget, problems)
    total = sum(len(definition.instances) for definition in file.jobs.values())
    if total > MAX_JOBS:
        raise Location(tree.mark).error(f"the file makes {total} jobs; {MAX_JOBS} are allowed.")
    if not total and not problems.messages:
        raise Location(tree.mark).error("the file has no job; a job is a name, a colon, and below it `script`.")


def check_stage(definition: JobDefinition, stages: list[str]) -> None:
    if definition.stage not in stages:
        problem = f"there is no stage {quote(definition.stage)}"
        hint = suggestion(definition.stage, stages) or f"; the stages are: {comma_list(stages[:20])}."
        raise definition.location("stage").error(problem + hint)

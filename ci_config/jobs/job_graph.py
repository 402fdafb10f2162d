"""Checks and resolves the relations between jobs: `needs`, `dependencies` and `on_stop`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from ci_config.errors import Location, Problems, comma_list, quote, suggestion
from ci_config.file import ConfigFile
from ci_config.jobs.job import JobDefinition
from ci_config.jobs.selection import SelectedJob
from ci_config.keywords.needs import NeedEntry, of_this_pipeline
from ci_config.keywords.parallel import Instance
from ci_config.limits import Budget
from ci_config.result import Need


def check_graph(file: ConfigFile, problems: Problems) -> None:
    """Check what is independent of rules: duplicate names, unknown jobs, later stages, cycles."""
    groups = groups_by_name(file, problems)
    for definition in [definition for definition in file.jobs.values() if definition.is_valid]:
        for need in all_needs(definition):
            with problems.collect_errors():
                check_need(definition, need, file, groups)
        with problems.collect_errors():
            check_dependencies(definition, file, groups, problems)
        with problems.collect_errors():
            check_stop_job(definition, file)
    with problems.collect_errors():
        needs = {
            name: [groups.get(need.job, "") for need in own_needs(definition)] for name, definition in file.jobs.items()
        }
        check_cycles(needs, {name: definition.location("needs") for name, definition in file.jobs.items()})


def groups_by_name(file: ConfigFile, problems: Problems) -> dict[str, str]:
    """The name of the job in the file by the name of each instance, such as `test 1/3` and `test: [a]`."""
    names: dict[str, str] = {}
    for definition in file.jobs.values():
        for name in [definition.name + instance.suffix for instance in definition.instances]:
            if name in names:
                problems.add(
                    definition.location("parallel").error(f"there are two jobs {quote(name)}; their names must differ.")
                )
            names[name] = definition.name
    return {**names, **{name: name for name in file.jobs}}


def own_needs(definition: JobDefinition) -> list[NeedEntry]:
    return of_this_pipeline(definition.keywords.get("needs", ()))


def all_needs(definition: JobDefinition) -> list[NeedEntry]:
    rules = definition.keywords.get("rules", [])
    return own_needs(definition) + [need for rule in rules for need in of_this_pipeline(rule.settings.get("needs", ()))]


def check_need(definition: JobDefinition, need: NeedEntry, file: ConfigFile, groups: Mapping[str, str]) -> None:
    if need.job not in groups:
        if need.optional:
            return
        raise need.at.error(f"there is no job {quote(need.job)}{suggestion(need.job, list(file.jobs)) or '.'}")
    target = file.jobs[groups[need.job]]
    if target is definition:
        raise need.at.error("a job cannot need itself.")
    if not target.is_valid:
        return
    if position(target, file) > position(definition, file):
        raise need.at.error(
            f"{quote(need.job)} runs in the later stage {quote(target.stage)}; needed jobs are of the same stage "
            "or an earlier one."
        )
    suffixes = {instance.suffix for instance in target.instances}
    for needing in definition.instances:
        for instance in need.instances_for(needing) or ():
            if instance.suffix not in suffixes:
                raise need.at.error(f"there is no job {quote(target.name + instance.suffix)} in the matrix.")


def check_dependencies(
    definition: JobDefinition, file: ConfigFile, groups: Mapping[str, str], problems: Problems
) -> None:
    needed = {need.job for need in own_needs(definition)}
    for name in definition.keywords.get("dependencies") or []:
        at = definition.location("dependencies")
        if name not in groups:
            raise at.error(f"there is no job {quote(name)}{suggestion(name, list(file.jobs)) or '.'}")
        target = file.jobs[groups[name]]
        if not target.is_valid or name in needed:
            continue
        if position(target, file) > position(definition, file):
            raise at.error(f"{quote(name)} does not run in an earlier stage, so its artifacts are not there yet.")
        if position(target, file) == position(definition, file):
            reason = "does not run in an earlier stage, so none of its artifacts come; `needs` would bring them"
            problems.warn(at, f"{quote(name)} {reason}.")


def check_stop_job(definition: JobDefinition, file: ConfigFile) -> None:
    environment = definition.keywords.get("environment") or {}
    if "on_stop" not in environment:
        return
    at, name = definition.location("environment").under("on_stop"), environment["on_stop"]
    if name not in file.jobs:
        raise at.error(f"there is no job {quote(name)}{suggestion(name, list(file.jobs)) or '.'}")
    stops = file.jobs[name].keywords.get("environment") or {}
    if file.jobs[name].is_valid and (stops.get("action"), stops.get("name")) != ("stop", environment.get("name")):
        raise at.error(f"the job {quote(name)} should have the same environment, with `action: stop`.")


def position(definition: JobDefinition, file: ConfigFile) -> int:
    """The index of the stage; 0 for an unknown one, which is reported elsewhere."""
    return file.stages.index(definition.stage) if definition.stage in file.stages else 0


def check_cycles(needs: Mapping[str, Sequence[str]], locations: Mapping[str, Location]) -> None:
    """Raise Invalid if jobs need each other in a cycle. `needs`: job → needed jobs; unknown jobs are ignored."""
    sorter = TopologicalSorter({job: [name for name in names if name in needs] for job, names in needs.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = error.args[1][::-1]  # each job needs the next one
        raise locations[cycle[0]].error(f"the jobs need each other in a circle: {comma_list(cycle)}.") from None


# ---------------------------------------------------------------------- in one pipeline


class JobIndex:
    """The jobs of this pipeline by full name, and by the name in the file."""

    def __init__(self, jobs: Iterable[SelectedJob]) -> None:
        self.by_name: dict[str, list[str]] = {}
        for job in jobs:
            self.by_name.setdefault(job.definition.name, []).append(job.name)
        self.by_name |= {name: [name] for names in list(self.by_name.values()) for name in names}

    def resolve(self, need: NeedEntry, needing: Instance) -> list[str]:
        instances = need.instances_for(needing)
        if instances is None:
            return self.by_name.get(need.job, [])
        names = [need.job + instance.suffix for instance in instances]
        return [name for name in names if name in self.by_name]

    def needs(self, job: SelectedJob, budget: Budget) -> tuple[Need, ...] | None:
        """The `needs` of a job, with one entry per parallel instance. An optional job that the pipeline does not have
        keeps its name from the file.

        Raises Invalid for any other job that the rules leave out.
        """
        if job.needs is None:
            return None
        needs: dict[str, Need] = {}
        for need in job.needs:
            names = self.resolve(need, job.instance)
            if not names and not need.optional:
                raise need.at.error(
                    f"{quote(need.job)} is not in this pipeline, because of its rules; give both jobs the same "
                    "rules, or add `optional: true`."
                )
            names = names or [need.job]
            budget.spend(len(names), need.at.mark)
            needs |= {name: Need(name, need.artifacts, need.optional) for name in names}
        return tuple(needs.values())

    def dependencies(self, job: SelectedJob) -> tuple[str, ...] | None:
        dependencies = job.definition.keywords.get("dependencies")
        if dependencies is None:
            return None
        return tuple(name for dependency in dependencies for name in self.by_name.get(dependency, []))

"""Which job waits for which: `needs`, `dependencies` and `on_stop`, checked and filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from jobs.config.errors import Place, Problems, listed, quoted, suggestion
from jobs.config.file import File
from jobs.config.job import Draft
from jobs.config.keywords.needs import Wanted
from jobs.config.limits import Budget
from jobs.config.result import Need
from jobs.config.selection import Chosen


def check_graph(file: File, problems: Problems) -> None:
    """Everything that is wrong whatever the rules say: equal names, unknown jobs, later stages, circles."""
    groups = groups_by_name(file, problems)
    for draft in [draft for draft in file.jobs.values() if draft.whole]:
        for wanted in all_needs(draft):
            with problems.noted():
                check_need(draft, wanted, file, groups)
        with problems.noted():
            check_dependencies(draft, file, groups)
        with problems.noted():
            check_stop_job(draft, file)
    with problems.noted():
        edges = {name: [groups.get(each.job, "") for each in own_needs(draft)] for name, draft in file.jobs.items()}
        check_circles(edges, {name: draft.place("needs") for name, draft in file.jobs.items()})


def groups_by_name(file: File, problems: Problems) -> dict[str, str]:
    """The job of the file behind each name, also behind `test 1/3` and `test: [a]`."""
    names: dict[str, str] = {}
    for draft in file.jobs.values():
        for name in [draft.name + instance.suffix for instance in draft.instances]:
            if name in names:
                problems.add(
                    draft.place("parallel").wrong(f"there are two jobs {quoted(name)}; their names must differ.")
                )
            names[name] = draft.name
    return {**names, **{name: name for name in file.jobs}}


def own_needs(draft: Draft) -> list[Wanted]:
    return draft.keywords.get("needs") or []


def all_needs(draft: Draft) -> list[Wanted]:
    of_rules = [each for rule in draft.keywords.get("rules", []) for each in rule.says.get("needs", [])]
    return own_needs(draft) + of_rules


def check_need(draft: Draft, wanted: Wanted, file: File, groups: Mapping[str, str]) -> None:
    if wanted.job not in groups:
        if wanted.optional:
            return
        raise wanted.at.wrong(f"there is no job {quoted(wanted.job)}{suggestion(wanted.job, list(file.jobs)) or '.'}")
    target = file.jobs[groups[wanted.job]]
    if target is draft:
        raise wanted.at.wrong("a job cannot need itself.")
    if not target.whole:
        return
    if position(target, file) > position(draft, file):
        raise wanted.at.wrong(
            f"{quoted(wanted.job)} runs in the later stage {quoted(target.stage)}; needed jobs are of the same stage "
            "or an earlier one."
        )
    suffixes = {instance.suffix for instance in target.instances}
    for instance in wanted.instances or ():
        if instance.suffix not in suffixes:
            raise wanted.at.wrong(f"there is no job {quoted(target.name + instance.suffix)} in the matrix.")


def check_dependencies(draft: Draft, file: File, groups: Mapping[str, str]) -> None:
    needed = {wanted.job for wanted in own_needs(draft)}
    for name in draft.keywords.get("dependencies") or []:
        at = draft.place("dependencies")
        if name not in groups:
            raise at.wrong(f"there is no job {quoted(name)}{suggestion(name, list(file.jobs)) or '.'}")
        target = file.jobs[groups[name]]
        if target.whole and name not in needed and position(target, file) >= position(draft, file):
            raise at.wrong(f"{quoted(name)} does not run in an earlier stage, so its artifacts are not there yet.")


def check_stop_job(draft: Draft, file: File) -> None:
    environment = draft.keywords.get("environment") or {}
    if "on_stop" not in environment:
        return
    at, name = draft.place("environment").under("on_stop"), environment["on_stop"]
    if name not in file.jobs:
        raise at.wrong(f"there is no job {quoted(name)}{suggestion(name, list(file.jobs)) or '.'}")
    stops = file.jobs[name].keywords.get("environment") or {}
    if file.jobs[name].whole and (stops.get("action"), stops.get("name")) != ("stop", environment.get("name")):
        raise at.wrong(f"the job {quoted(name)} should have the same environment, with `action: stop`.")


def position(draft: Draft, file: File) -> int:
    """A job whose stage is unknown has been told of already."""
    return file.stages.index(draft.stage) if draft.stage in file.stages else 0


def check_circles(edges: Mapping[str, Sequence[str]], places: Mapping[str, Place]) -> None:
    done: set[str] = set()
    for start in edges:
        path, waiting = [start], [iter(edges[start])]
        while path and path[0] not in done:
            step = next((each for each in waiting[-1] if each in edges and each not in done), None)
            if step is None:
                done.add(path.pop())
                waiting.pop()
            elif step in path:
                circle = [*path[path.index(step) :], step]
                raise places[step].wrong(f"the jobs need each other in a circle: {listed(circle)}.")
            else:
                path.append(step)
                waiting.append(iter(edges[step]))


# ---------------------------------------------------------------------- in one pipeline


class Names:
    """The jobs this pipeline has, by full name and by the name of the file."""

    def __init__(self, chosen: Iterable[Chosen]) -> None:
        self.by_name: dict[str, list[str]] = {}
        for job in chosen:
            self.by_name.setdefault(job.draft.name, []).append(job.name)
        self.by_name |= {name: [name] for names in list(self.by_name.values()) for name in names}

    def meant(self, wanted: Wanted) -> list[str]:
        if wanted.instances is None:
            return self.by_name.get(wanted.job, [])
        names = [wanted.job + instance.suffix for instance in wanted.instances]
        return [name for name in names if name in self.by_name]

    def needs(self, job: Chosen, budget: Budget) -> tuple[Need, ...] | None:
        """With parallel jobs one by one. Raises Invalid for a job the rules leave out; an optional one stays, by the
        name the file gives it, which no job of the pipeline has."""
        if job.needs is None:
            return None
        found: dict[str, Need] = {}
        for wanted in job.needs:
            names = self.meant(wanted)
            if not names and not wanted.optional:
                raise wanted.at.wrong(
                    f"{quoted(wanted.job)} is not in this pipeline, because of its rules; give both jobs the same "
                    "rules, or add `optional: true`."
                )
            names = names or [wanted.job]
            budget.spend(len(names), wanted.at.mark)
            found |= {name: Need(name, wanted.artifacts, wanted.optional) for name in names}
        return tuple(found.values())

    def dependencies(self, job: Chosen) -> tuple[str, ...] | None:
        wanted = job.draft.keywords.get("dependencies")
        if wanted is None:
            return None
        return tuple(name for each in wanted for name in self.by_name.get(each, []))

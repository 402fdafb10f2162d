"""`extends`: merges a job into other jobs or hidden templates, recursively."""

from __future__ import annotations

from ci_config.document.tree import YamlMap, deep_merge
from ci_config.errors import Location, Problems, comma_list, quote, suggestion
from ci_config.limits import MAX_EXTENDS_DEPTH, Budget
from ci_config.validators import list_of
from ci_config.validators import name as read_name

job_names = list_of(read_name, single=True)


def apply_extends(tree: YamlMap, budget: Budget, problems: Problems) -> YamlMap:
    """Resolve all `extends`. A job whose `extends` is invalid keeps its own keywords."""
    extender = Extender(tree, budget)
    result = tree.only(tree)
    for name, job in tree.items():
        if isinstance(job, YamlMap) and "extends" in job:
            result.put(name, job.without("extends"), tree.marks[name])
            with problems.collect_errors():
                result.put(name, extender.resolve(name, ()), tree.marks[name])
    return result


class Extender:
    def __init__(self, tree: YamlMap, budget: Budget) -> None:
        self.tree = tree
        self.budget = budget
        self.resolved: dict[str, YamlMap] = {}
        self.depths: dict[str, int] = {}

    def resolve(self, name: str, above: tuple[str, ...]) -> YamlMap:
        """The job with its `extends` resolved. `above`: the jobs that extend it, outermost first."""
        if name not in self.resolved:
            self.resolved[name] = self.build(name, above)
        return self.resolved[name]

    def build(self, name: str, above: tuple[str, ...]) -> YamlMap:
        job: YamlMap = self.tree[name]
        self.depths[name] = 0
        if job.get("extends") is None:
            return job.without("extends") if "extends" in job else job
        at = Location(job.marks["extends"], name, "extends")
        chain = (*above, name)
        bases = job_names(job["extends"], at)
        result = YamlMap(job.mark)
        for base in bases:
            self.check(base, chain, at)
            result = deep_merge(result, self.resolve(base, chain), self.budget)
        self.depths[name] = 1 + max((self.depths[base] for base in bases), default=0)
        if self.depths[name] > MAX_EXTENDS_DEPTH:
            raise at.error(f"the templates extend each other over more than {MAX_EXTENDS_DEPTH} levels.")
        return deep_merge(result, job.without("extends"), self.budget)

    def check(self, base: str, chain: tuple[str, ...], at: Location) -> None:
        if base in chain:
            raise at.error(f"jobs extend each other in a circle: {comma_list([*chain, base])}.")
        if len(chain) > MAX_EXTENDS_DEPTH:
            raise at.error(f"the templates extend each other over more than {MAX_EXTENDS_DEPTH} levels.")
        if not isinstance(self.tree.get(base), YamlMap):
            raise at.error(f"there is no job or template {quote(base)}{suggestion(base, list(self.tree)) or '.'}")

"""`extends`: a job on top of other jobs or hidden templates, which may extend others themselves."""

from __future__ import annotations

from jobs.config.errors import Place, Problems, listed, quoted, suggestion
from jobs.config.limits import EXTENDS_DEPTH, Budget
from jobs.config.shapes import list_of
from jobs.config.shapes import name as read_name
from jobs.config.tree import Map, merged

names = list_of(read_name, single=True)


def extended(tree: Map, budget: Budget, problems: Problems) -> Map:
    """The tree with every `extends` filled in; a job whose `extends` is wrong keeps what it says itself."""
    extender = Extender(tree, budget)
    result = tree.only(tree)
    for name, job in tree.items():
        if isinstance(job, Map) and "extends" in job:
            result.put(name, job.without("extends"), tree.marks[name])
            with problems.noted():
                result.put(name, extender.job(name, ()), tree.marks[name])
    return result


class Extender:
    def __init__(self, tree: Map, budget: Budget) -> None:
        self.tree = tree
        self.budget = budget
        self.done: dict[str, Map] = {}
        self.depths: dict[str, int] = {}

    def job(self, name: str, above: tuple[str, ...]) -> Map:
        """`above`: who extends it, from the first."""
        if name not in self.done:
            self.done[name] = self.built(name, above)
        return self.done[name]

    def built(self, name: str, above: tuple[str, ...]) -> Map:
        job: Map = self.tree[name]
        self.depths[name] = 0
        if job.get("extends") is None:
            return job.without("extends") if "extends" in job else job
        at = Place(job.marks["extends"], name, "extends")
        chain = (*above, name)
        bases = names(job["extends"], at)
        result = Map(job.mark)
        for base in bases:
            self.check(base, chain, at)
            result = merged(result, self.job(base, chain), self.budget)
        self.depths[name] = 1 + max((self.depths[base] for base in bases), default=0)
        if self.depths[name] > EXTENDS_DEPTH:
            raise at.wrong(f"the templates extend each other over more than {EXTENDS_DEPTH} levels.")
        return merged(result, job.without("extends"), self.budget)

    def check(self, base: str, chain: tuple[str, ...], at: Place) -> None:
        if base in chain:
            raise at.wrong(f"jobs extend each other in a circle: {listed([*chain, base])}.")
        if len(chain) > EXTENDS_DEPTH:
            raise at.wrong(f"the templates extend each other over more than {EXTENDS_DEPTH} levels.")
        if not isinstance(self.tree.get(base), Map):
            raise at.wrong(f"there is no job or template {quoted(base)}{suggestion(base, list(self.tree)) or '.'}")

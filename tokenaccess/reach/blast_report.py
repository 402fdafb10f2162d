"""What a reader is told of a blast radius: what they may see by name, of the rest how many."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.explanation.wording import action_words
from tokenaccess.policy import Action
from tokenaccess.policy.needs import NEEDS
from tokenaccess.reach.blast_radius import BlastRadius, Effect, ReachStep


@dataclass(frozen=True, slots=True)
class ReachedProject:
    """`sources`: paths of the projects that lead there in one step; `hidden_sources`: of how many more."""

    project_id: int
    path: str
    distance: int
    effect: Effect
    actions: tuple[Action, ...]
    sources: tuple[str, ...]
    hidden_sources: int

    kind = "project"

    @property
    def url(self) -> str:
        return f"/{self.path}"

    @property
    def may_do(self) -> list[str]:
        """In few words: the permissions that it takes, and what takes none."""
        free = [action_words(str(action)) for action in self.actions if not NEEDS[action].permissions]
        return [*permission_labels({name for action in self.actions for name in NEEDS[action].permissions}), *free]

    @property
    def action_names(self) -> list[str]:
        return [action.name.lower() for action in self.actions]


@dataclass(frozen=True, slots=True)
class ReportedStep:
    """Between two projects that the reader may see."""

    source: str
    target: str
    distance: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class BlastReport:
    """`start`: the project's path. `hidden`: projects that are reached and that the reader may not see."""

    start: str
    as_member: str
    depth: int
    reached: list[ReachedProject]
    steps: list[ReportedStep]
    hidden: int
    is_cut: bool

    @property
    def changed(self) -> int:
        return sum(one.effect is Effect.CHANGE for one in self.reached)

    @property
    def read(self) -> int:
        return len(self.reached) - self.changed


def report_blast_radius(found: BlastRadius, reader: User) -> BlastReport:
    """One statement."""
    reached = found.first_steps
    visible: QuerySet[Project] = Project.objects.visible_to(reader)
    paths = dict(visible.filter(pk__in=[*reached, found.project.pk]).values_list("pk", "full_path"))
    rows = [_row(step, found.steps, paths) for pk, step in reached.items() if pk in paths]
    steps = [
        ReportedStep(paths[step.source], paths[step.target], step.distance, step.effect)
        for step in found.steps
        if step.source in paths and step.target in paths
    ]
    return BlastReport(
        start=found.project.full_path,
        as_member="any" if found.person is None else found.person.username,
        depth=found.depth,
        reached=sorted(rows, key=lambda row: (row.distance, row.effect is Effect.READ, row.path)),
        steps=steps,
        hidden=len(reached) - len(rows),
        is_cut=found.is_cut,
    )


def _row(step: ReachStep, steps: list[ReachStep], paths: dict[int, str]) -> ReachedProject:
    sources = {one.source for one in steps if one.target == step.target and one.distance == step.distance}
    named = tuple(sorted(paths[source] for source in sources if source in paths))
    return ReachedProject(
        project_id=step.target,
        path=paths[step.target],
        distance=step.distance,
        effect=step.effect,
        actions=step.actions,
        sources=named,
        hidden_sources=len(sources) - len(named),
    )

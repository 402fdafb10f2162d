"""What a job's page shows of its token: what the file asked for, what is left, what it was used for, and less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from jobs.models import Job
from jobs.runners.job_tokens import narrowing_in_file
from projects.models import Project
from tokenaccess.access.gate import is_allowed
from tokenaccess.access_log.tables import describe_uses
from tokenaccess.adapters.pages import PageRequest
from tokenaccess.models import JobUse
from tokenaccess.policy import Action
from tokenaccess.policy.narrowing import NONE, PERMISSIONS, VARIABLE, Narrowing, narrowing_of

OWN = "$CI_PROJECT_PATH"


@dataclass(frozen=True)
class UseRow:
    """`path` is "" for a project that the reader may not see."""

    path: str
    used_for: str


@dataclass(frozen=True)
class TokenUses:
    """`left`: the words, "" for everything. `uses`: None for who may not know them. `suggestion`: fewer words that
    would have done, "" if there are none."""

    asked: str
    left: str
    uses: list[UseRow] | None = None
    suggestion: str = ""

    @property
    def suggestion_line(self) -> str:
        return f"{VARIABLE}: {self.suggestion}"


def token_uses(request: PageRequest, job: Job) -> TokenUses:
    """For its project's maintainers, and for whom the job acted as, also what it was used for. Two statements."""
    asked = narrowing_in_file(job)
    left = job.token.narrowed_to if hasattr(job, "token") else str(asked or "")
    shown, user = TokenUses(str(asked or ""), left), request.access.user
    if user is None or not (user.pk == job.user_id or is_allowed(request, Action.READ_TOKEN_ACCESS, job.project)):
        return shown
    names = defaultdict(set)
    for project, name in JobUse.objects.filter(job=job).values_list("project", "name"):
        names[project].add(name)
    visible = Project.objects.visible_to(user).filter(pk__in=names)
    paths = dict(visible.values_list("pk", "full_path"))
    rows = [UseRow(paths.get(pk, ""), describe_uses(dict.fromkeys(sorted(used), ""))) for pk, used in names.items()]
    ran = job.complete and job.started_at is not None
    suggestion = _suggestion(job, names.values(), [paths.get(pk, "") for pk in names]) if ran else ""
    return TokenUses(shown.asked, left, sorted(rows, key=lambda row: row.path), suggestion)


def _suggestion(job: Job, names: Iterable[set[str]], paths: list[str]) -> str:
    """What the job used, in words; "" if that is no less than what it had left."""
    used: frozenset[str] = frozenset().union(*names)
    # What no permission grants takes all of them; a project whose name is hidden cannot be written down.
    permissions = used if used <= PERMISSIONS else None
    projects = frozenset(path.lower() for path in paths) if all(paths) else None
    if permissions is None and projects is None:
        return ""
    narrowed = Narrowing(permissions, projects)
    known = narrowing_of(job.token.narrowed_to) if hasattr(job, "token") else None
    if not narrowed.leaves_anything:
        return "" if known is not None and not known.leaves_anything else NONE
    if known is not None and str(known.intersect(narrowed)) == str(known):
        return ""
    own = job.project.full_path.lower()
    return " ".join(OWN if word == own else word for word in str(narrowed).split())

"""Who may edit an allowlist, asked of django-guardian (README decision 4).

Adding an entry or widening it takes a maintainer of both sides; removing or narrowing takes a maintainer of the project
whose list it is, and nothing else: nobody is ever kept from closing a door. `None` stands for the system
itself (a command).
"""

from __future__ import annotations

from identity.models import User
from projects.models import Group, Project
from tokenaccess import load
from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.gate import person_finds, person_may
from tokenaccess.models import AllowlistEntry, Direction, InstanceSettings
from tokenaccess.policy import Action
from tokenaccess.reference import Reference

REFUSED = "Insufficient permissions to modify the job token scope"
NEEDS_BOTH = {
    "project": f"{REFUSED}: adding an entry takes the Maintainer role in both projects",
    "group": f"{REFUSED}: adding an entry takes the Maintainer role in the project and in the group",
}


def maintains(user: User | None, place: Project | Group) -> bool:
    if user is None:
        return True
    permission = "projects.maintain_project" if isinstance(place, Project) else "projects.maintain_group"
    return user.has_perm(permission, place)


def sees(user: User | None, place: Project | Group) -> bool:
    """Whether `user` may know that there is such a project or group."""
    if user is None:
        return True
    return person_may(user, Action.READ_PROJECT if isinstance(place, Project) else Action.READ_GROUP, place)


def find(user: User | None, kind: str, reference: Reference) -> Project | Group:
    """The project or group (`kind`) of that name, for adding it. Raises TokenAccessError, by the same one statement,
    for what is not there and for what `user` may not know of."""
    found: Project | Group | None
    if user is None:
        found = load.find_project(reference) if kind == "project" else load.find_group(reference)
    else:
        found = person_finds(user, Action.READ_PROJECT if kind == "project" else Action.READ_GROUP, reference)
    if found is None or (isinstance(found, Group) and found.person_id is not None):  # a namespace is no group
        raise hidden(kind)
    return found


def find_place(user: User | None, reference: Reference) -> Project | Group:
    """A group of that path, else a project, as the original looks them up (job-token.md §4.2)."""
    try:
        return find(user, "group", reference)
    except TokenAccessError:
        return find(user, "project", reference)


def find_listed(
    user: User | None, project: Project, kind: str, reference: Reference, direction: str = Direction.INBOUND
) -> Project | Group:
    """As `find`, for taking it off a list or narrowing it: what is listed may always be named, seen or not."""
    entries = AllowlistEntry.objects.filter(project=project, direction=direction)
    entry = entries.naming(kind, reference).select_related("target_project__group", "target_group").first()
    return find(user, kind, reference) if entry is None else entry.target


def find_listed_place(user: User | None, project: Project, reference: Reference) -> Project | Group:
    try:
        return find_listed(user, project, "group", reference)
    except TokenAccessError:
        return find_listed(user, project, "project", reference)


def may_admit(user: User | None, target: Project | Group) -> bool:
    """Whether `user` may let `target` in, as far as the target's side is concerned."""
    if InstanceSettings.current().editor_needs_both:
        return maintains(user, target)
    return sees(user, target)


def require_own(user: User | None, project: Project) -> None:
    """For every change of a project's rules. Raises TokenAccessError."""
    if not maintains(user, project):
        raise TokenAccessError(REFUSED, Code.FORBIDDEN)


def require_both(user: User | None, project: Project, target: Project | Group) -> None:
    """For what opens a door: adding or widening. Raises TokenAccessError; a hidden target looks like none."""
    require_own(user, project)
    kind = "project" if isinstance(target, Project) else "group"
    if not sees(user, target):
        raise hidden(kind)
    if not may_admit(user, target):
        raise TokenAccessError(NEEDS_BOTH[kind], Code.FORBIDDEN)


def hidden(kind: str) -> TokenAccessError:
    """The same for a target that does not exist and for one the editor may not see; `kind`: project or group."""
    return TokenAccessError(
        f"The target_{kind} that you are attempting to access does not exist or you don't have permission to perform "
        "this action",
        Code.HIDDEN,
    )

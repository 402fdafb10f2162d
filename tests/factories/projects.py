"""Groups, projects and memberships, made by the product's own services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from identity.models import User
from projects import services
from projects.models import Group, Membership, Project
from projects.repository import Change, Repository
from projects.roles import effective_roles
from tests.factories.people import UserFactory
from tokenaccess.policy.levels import Role, Visibility


def group(path: str, *, parent: Group | None = None, by: User | None = None, **fields: Any) -> Group:
    fields.setdefault("visibility", parent.visibility if parent else Visibility.PUBLIC)
    owner = by or UserFactory.create()
    return services.create_group(name=path, path=path, parent=parent, by=owner, **fields)


def project(path: str, *, group: Group, by: User | None = None, **fields: Any) -> Project:
    """Its default branch is protected, as always, but open to developers: most tests are about something else."""
    made = services.create_project(name=path, path=path, group=group, by=by or UserFactory.create(), **fields)
    made.protected_refs.update(push_level=Role.DEVELOPER, merge_level=Role.DEVELOPER)
    return made


def member(user: User, place: Project | Group, role: Role, **fields: Any) -> User:
    """Adds `user` to a project or group and hands the person back."""
    services.add_member(user=user, target=place, role=role, by=None, **fields)
    return user


def members(staff: dict[User, Role], *places: Project) -> None:
    """All of `staff` in all of `places`, as so many calls of the service would leave them, but in few statements."""
    Membership.objects.bulk_create(
        Membership(user=user, project=place, role=role) for user, role in staff.items() for place in places
    )
    chosen = Project.objects.filter(pk__in=[place.pk for place in places])
    effective_roles.sync(groups=Group.objects.none(), projects=chosen)


def commit(project: Project, files: Mapping[str, str | bytes], message: str = "Change", branch: str = "main") -> str:
    """Writes files to the repository; returns the commit's id. Starts no pipeline."""
    repository = Repository(project.repository_path)
    changes = [
        Change("create", path, text if isinstance(text, bytes) else text.encode()) for path, text in files.items()
    ]
    return repository.write(branch, changes, message, by=("Tester", "tester@example.org"), start="main").sha

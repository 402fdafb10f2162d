"""The usual people and projects.

`acme/library` is private; `owner`, `maintainer`, `developer`, `reporter` and `guest` are its members by that role, and
`outsider` must not even know of it. `acme/app` is private too; the same maintainer and developer work there, and its
jobs come asking.
"""

from __future__ import annotations

from functools import cached_property

from identity.models import User
from jobs.states import State
from projects.models import Group, Project
from tests.factories import jobs, people, projects
from tokenaccess.policy.levels import Role


class Cast:
    def __init__(self) -> None:
        self.owner = people.person("owner")
        self.acme: Group = projects.group("acme", by=self.owner)
        self.library: Project = projects.project("library", group=self.acme, by=self.owner)
        self.app: Project = projects.project("app", group=self.acme, by=self.owner)
        roles = (Role.MAINTAINER, Role.DEVELOPER, Role.REPORTER, Role.GUEST)
        staff = {people.person(role.name.lower()): role for role in roles}
        projects.members(staff, self.library, self.app)
        for user in staff:
            setattr(self, user.username, user)

    maintainer: User
    developer: User
    reporter: User
    guest: User

    @cached_property
    def outsider(self) -> User:
        return people.person("outsider")

    @cached_property
    def admin(self) -> User:
        return people.person("admin", is_superuser=True, is_staff=True)

    def job_token(self, project: Project | None = None, user: User | None = None, status: str = State.RUNNING) -> str:
        """The token of a job of `acme/app` (or `project`), started by the developer (or `user`)."""
        return jobs.job_token(project or self.app, user or self.developer, status)

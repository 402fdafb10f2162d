"""A world to measure: many projects, jobs and tokens, and targets with lists of a given length.

    targets   have a list of `entries` source projects each, and one package with one file; all files are one blob
    sources   in two halves: each of the first half is on some list; its twin in the other half has the same person
              behind its jobs and is on none
    people    one for each pair of twins, developer of every target that lists the first of them
    readers   one for each target, its maintainer, with a personal token

So a request by a listed source's job is admitted, and the same by its twin is refused for nothing but the list.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.copying import Table, analyze, without_foreign_key_checks
from blobs.models import Blob, path_of
from identity.credentials.table import Prefix
from identity.models import PersonalToken, User
from identity.secrets import digest, mint
from jobs.models import Job, JobToken, Pipeline
from projects.models import Group, GroupAncestor, Project, ProjectEffectiveRole
from projects.models.choices import PROJECT_CODENAMES
from projects.roles.effective_roles import permission_ids
from resources.packages.models import Package, PackageFile
from tokenaccess.models import AllowlistEntry, TokenAccessSettings
from tokenaccess.policy.levels import Role

BASE = 10_000_000  # all ids begin here, beside whatever the database holds
MAX_PROJECTS = 100_000
MAX_TARGETS = 1_000
PROJECTS_IN_GROUP = 50
LINES = 10_000
CONTENT = b"0123456789abcdef" * 64
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def rights_of(role: Role) -> list[tuple[int, int]]:
    """Permission and role of each row that somebody of that role has in a project."""
    ids = permission_ids(PROJECT_CODENAMES)
    return [(permission, lower) for lower, permission in ids.items() if lower <= role]


@dataclass
class World:
    tokens: int
    entries: int
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        wanted = max(self.tokens // 10, 4 * self.entries, 100)
        projects = min(MAX_PROJECTS, wanted)
        self.targets = min(MAX_TARGETS, projects // 10)
        self.half = max((projects - self.targets) // 2, self.entries)
        self.projects = self.targets + 2 * self.half
        self.reader_secrets = [mint(Prefix.PERSONAL) for _ in range(self.targets)]

    # Positions: projects 0 … targets-1 are targets, then come the listed sources, then their twins.

    def listed_source(self, target: int, place: int) -> int:
        """The source at one place of a target's list, as its number among the listed ones."""
        return (target * self.entries + place) % self.half

    def project_of_source(self, source: int, twin: bool = False) -> int:
        return self.targets + source + (self.half if twin else 0)

    def project_of_job(self, job: int) -> int:
        return self.targets + job % (2 * self.half)

    def job_of(self, project: int) -> int:
        """Some job of a source project."""
        first = project - self.targets
        many = (self.tokens - 1 - first) // (2 * self.half) + 1
        return first + self.chance.randrange(many) * 2 * self.half

    # --- Filling ------------------------------------------------------------------------------------------------------

    def fill(self, secrets: dict[int, str]) -> None:
        """`secrets`: job → the plain token that it shall have; all others have one that nobody knows."""
        with without_foreign_key_checks():
            self._people_and_projects()
            self._lists()
            self._readers()
            self._jobs(secrets)
            self._packages()
        analyze()
        path = path_of(SHA256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)

    def _people_and_projects(self) -> None:
        users = Table(User, "id", "username", "password", name="Developer", is_active=True)
        users.fill((BASE + one, f"bench{one}", "!") for one in range(self.half))
        groups = self.projects // PROJECTS_IN_GROUP + 1
        table = Table(Group, "id", "name", "path", "full_path", "parent_id", visibility=0)
        table.fill([(BASE, "bench", "bench", "bench", None)])
        table.fill((BASE + 1 + one, f"g{one}", f"g{one}", f"bench/g{one}", BASE) for one in range(groups))
        above = Table(GroupAncestor, "group_id", "ancestor_id", "distance")
        above.fill([(BASE, BASE, 0)])
        above.fill((BASE + 1 + one, BASE + 1 + one, 0) for one in range(groups))
        above.fill((BASE + 1 + one, BASE, 1) for one in range(groups))
        table = Table(Project, "id", "group_id", "name", "path", "full_path", visibility=0)
        table.fill(
            (BASE + one, BASE + 1 + group, f"p{one}", f"p{one}", f"bench/g{group}/p{one}")
            for one in range(self.projects)
            for group in [one // PROJECTS_IN_GROUP]
        )
        Table(TokenAccessSettings, "project_id").fill((BASE + one,) for one in range(self.projects))

    def _lists(self) -> None:
        entries = Table(AllowlistEntry, "project_id", "target_project_id", direction="inbound")
        entries.fill((BASE + target, BASE + self.project_of_source(source)) for target, source in self._pairs())
        rights = rights_of(Role.DEVELOPER)
        roles = Table(ProjectEffectiveRole, "user_id", "content_object_id", "permission_id", "role")
        roles.fill((BASE + source, BASE + target, *right) for target, source in self._pairs() for right in rights)

    def _readers(self) -> None:
        first, rights = BASE + self.half, rights_of(Role.MAINTAINER)
        users = Table(User, "id", "username", "password", name="Maintainer", is_active=True)
        users.fill((first + one, f"reader{one}", "!") for one in range(self.targets))
        roles = Table(ProjectEffectiveRole, "user_id", "content_object_id", "permission_id", "role")
        roles.fill((first + one, BASE + one, *right) for one in range(self.targets) for right in rights)
        tokens = Table(PersonalToken, "id", "user_id", "digest", name="bench", scopes=["read_api"])
        tokens.fill((BASE + one, first + one, digest(secret)) for one, secret in enumerate(self.reader_secrets))

    def _pairs(self) -> Iterator[tuple[int, int]]:
        for target in range(self.targets):
            for place in range(self.entries):
                yield target, self.listed_source(target, place)

    def _jobs(self, secrets: dict[int, str]) -> None:
        pipelines = Table(
            Pipeline, "id", "project_id", iid=1, ref="main", sha="1" * 40, source="push", status="running"
        )
        pipelines.fill((BASE + one, BASE + one) for one in range(self.targets, self.projects))
        constant = {"name": "test", "stage": "test", "stage_index": 0, "status": "running"}
        jobs = Table(Job, "id", "pipeline_id", "project_id", "user_id", **constant)
        jobs.fill(
            (BASE + one, BASE + project, BASE + project, BASE + (project - self.targets) % self.half)
            for one in range(self.tokens)
            for project in [self.project_of_job(one)]
        )
        tokens = Table(JobToken, "job_id", "digest")
        tokens.fill(
            (BASE + one, digest(secrets[one]) if one in secrets else os.urandom(32).hex()) for one in range(self.tokens)
        )

    def _packages(self) -> None:
        Table(Blob, "sha256", size=len(CONTENT)).fill([(SHA256,)])
        packages = Table(Package, "id", "project_id", kind="generic", name="lib", version="1.0")
        packages.fill((BASE + target, BASE + target) for target in range(self.targets))
        files = Table(PackageFile, "package_id", blob_id=SHA256, name="lib.tgz", size=len(CONTENT))
        files.fill((BASE + target,) for target in range(self.targets))

    # --- Requests -----------------------------------------------------------------------------------------------------

    def requests(
        self, secrets: dict[int, str], *, refused: bool = False, lines: int = LINES
    ) -> Iterator[tuple[str, str]]:
        """`(path, job token)` of package reads; mints the tokens into `secrets`, which `fill` needs."""
        for _ in range(lines):
            target = self.chance.randrange(self.targets)
            source = self.listed_source(target, self.chance.randrange(self.entries))
            job = self.job_of(self.project_of_source(source, twin=refused))
            secrets[job] = secrets.get(job) or mint(Prefix.JOB)
            yield f"/api/v4/projects/{BASE + target}/packages/generic/lib/1.0/lib.tgz", secrets[job]

    def reads_by_people(self, lines: int = LINES) -> Iterator[tuple[str, str]]:
        """`(path, personal token)` of reads of a small resource."""
        for line in range(lines):
            target = line % self.targets
            yield f"/api/v4/projects/{BASE + target}/job_token_scope", self.reader_secrets[target]

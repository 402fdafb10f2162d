"""Everything anyone may ask to do, named once.

Endpoints declare an action; the rules read what it takes from the table below. To add an action, add its name and its
line. Roles: resources.md §0.5 and job-token.md §7; permissions: job-token.md §2.3; scopes: tokens.md §3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tokenaccess.policy.levels import Role
from tokenaccess.policy.permissions import Permission


class Kind(StrEnum):
    """What an action is done to."""

    INSTANCE = "instance"
    GROUP = "group"
    PROJECT = "project"
    OWN_JOB = "own job"


class Feature(StrEnum):
    """A part of a project with an access level of its own."""

    REPOSITORY = "repository"
    BUILDS = "builds"
    PACKAGES = "packages"


class Action(StrEnum):
    EXPLORE = "look around among what one may see"
    USE_INSTANCE = "use the instance"
    LINT = "try a CI file of no project"
    READ_USERS = "read people's public profiles"
    CREATE_GROUP = "create a group"
    CREATE_OWN_PROJECT = "create a project of one's own"
    CREATE_RUNNER = "create a runner"
    READ_RUNNERS = "see the runners one manages"
    CHANGE_RUNNER = "change or delete a runner one manages"
    ADMINISTER = "administer the instance"
    INSPECT = "see what only administrators see"
    INSPECT_PEOPLE = "see of people what only administrators see"
    READ_OWN_TOKENS = "see one's own tokens"
    MANAGE_OWN_TOKENS = "make, rotate and revoke one's own tokens"
    USE_TOKEN_ITSELF = "see or revoke the token in use"
    ROTATE_TOKEN_ITSELF = "rotate the token in use"

    READ_GROUP = "see the group"
    CREATE_SUBGROUP = "create a subgroup"
    CREATE_PROJECT = "create a project in the group"
    ADMIN_GROUP = "change the group"
    MANAGE_GROUP_MEMBERS = "manage the group's members"
    MANAGE_GROUP_RUNNERS = "manage the group's runners"
    MANAGE_GROUP_VARIABLES = "manage the group's CI variables"

    READ_PROJECT = "see the project"
    ADMIN_PROJECT = "change the project"
    ARCHIVE_PROJECT = "archive the project"
    DESTROY_PROJECT = "delete the project"
    READ_PROTECTED_REFS = "see which branches and tags are protected"
    MANAGE_PROTECTED_REFS = "protect branches and tags"
    MANAGE_MEMBERS = "manage the project's members"
    MANAGE_OWNERS = "make or unmake owners of the project"
    READ_TOKEN_ACCESS = "see Token Access"
    MANAGE_TOKEN_ACCESS = "manage Token Access"
    READ_AUDIT = "read the project's history"
    READ_CODE = "read files and commits"
    BROWSE_CODE = "browse folders, files and history through the API"
    DOWNLOAD_CODE = "clone the repository"
    PUSH_CODE = "push to the repository"
    WRITE_CODE = "commit files through the API"
    READ_PIPELINES = "see pipelines"
    READ_PIPELINE_VARIABLES = "see a pipeline's variables"
    DELETE_PIPELINE = "delete a pipeline"
    READ_JOBS = "see jobs, their logs and artifacts"
    INSPECT_JOB = "see one job and its log through the API"
    READ_INTERNAL_ARTIFACTS = "read artifacts that are for developers only"
    READ_GUARDED_ARTIFACTS = "read artifacts that are for maintainers only"
    KEEP_ARTIFACTS = "keep artifacts beyond their time"
    DELETE_ARTIFACTS = "delete artifacts"
    RUN_PIPELINE = "run a pipeline"
    CHECK_CI_FILE = "check the project's CI file"
    TRIGGER_PIPELINE = "trigger a pipeline"
    MANAGE_VARIABLES = "manage the project's CI variables"
    READ_ENVIRONMENTS = "see environments"
    READ_DEPLOYMENTS = "see deployments"
    MANAGE_ENVIRONMENTS = "make, change, stop and delete environments"
    READ_SCHEDULES = "see schedules"
    MANAGE_SCHEDULES = "schedule pipelines of one's own"
    TAKE_SCHEDULES = "take over or delete other people's schedules"
    MANAGE_TRIGGERS = "manage the project's triggers"
    UPDATE_JOB = "cancel or retry jobs"
    ERASE_JOB = "erase jobs"
    MANAGE_RUNNERS = "manage the project's runners"
    READ_PACKAGES = "read packages"
    WRITE_PACKAGES = "publish packages"
    DELETE_PACKAGES = "delete packages"

    READ_OWN_JOB = "see the job itself"


_READ = frozenset({"api", "read_api"})
_WRITE = frozenset({"api"})
_GIT_READ = _READ | {"read_repository", "write_repository"}
_ANY = _GIT_READ | {"read_user", "create_runner", "manage_runner", "self_rotate"}


@dataclass(frozen=True, slots=True)
class Needs:
    """What an action takes.

    `role`: the least role in the target. `visitors`: what the target's visibility opens may do it without a role.
    `jobs`: a job's token may ever ask. `permissions`: what a restricting allowlist entry must grant, every one.
    `scopes`: any one of these lets a personal token ask. `changes`: not on an archived project.
    `public_jobs`: the project's "public pipelines" switch decides between Guest with visitors and Reporter.
    """

    kind: Kind
    role: Role
    visitors: bool = False
    jobs: bool = False
    permissions: tuple[Permission, ...] = ()
    feature: Feature | None = None
    scopes: frozenset[str] = _READ
    changes: bool = False
    public_jobs: bool = False


def _instance(role: Role = Role.NONE, scopes: frozenset[str] = _READ) -> Needs:
    return Needs(Kind.INSTANCE, role, scopes=scopes)


def _group(role: Role, *, visitors: bool = False, scopes: frozenset[str] = _WRITE) -> Needs:
    return Needs(Kind.GROUP, role, visitors=visitors, scopes=scopes)


def _project(role: Role, *, scopes: frozenset[str] = _WRITE, visitors: bool = False, changes: bool = False) -> Needs:
    return Needs(Kind.PROJECT, role, visitors=visitors, scopes=scopes, changes=changes)


def _resource(
    feature: Feature,
    role: Role,
    *permissions: Permission,
    reads: bool = False,
    jobs: bool = True,
    scopes: frozenset[str] | None = None,
    public_jobs: bool = False,
) -> Needs:
    """Something of a feature: read by visitors where visibility opens it, changed only by role."""
    return Needs(
        Kind.PROJECT,
        role,
        visitors=reads,
        jobs=jobs,
        permissions=permissions,
        feature=feature,
        scopes=scopes or (_READ if reads else _WRITE),
        changes=not reads,
        public_jobs=public_jobs,
    )


def _kept_from_visitors(role: Role) -> Needs:
    return Needs(
        Kind.PROJECT, role, jobs=True, permissions=(Permission.READ_JOBS,), feature=Feature.BUILDS, scopes=_READ
    )


NEEDS: dict[Action, Needs] = {
    Action.EXPLORE: Needs(Kind.INSTANCE, Role.NONE, visitors=True, scopes=_READ),
    Action.USE_INSTANCE: _instance(),
    Action.LINT: _instance(scopes=_WRITE),
    Action.READ_USERS: _instance(scopes=_READ | {"read_user"}),
    Action.CREATE_GROUP: _instance(scopes=_WRITE),
    Action.CREATE_OWN_PROJECT: _instance(scopes=_WRITE),
    Action.CREATE_RUNNER: _instance(scopes=_WRITE | {"create_runner", "manage_runner"}),
    Action.READ_RUNNERS: _instance(scopes=_READ | {"manage_runner"}),
    Action.CHANGE_RUNNER: _instance(scopes=_WRITE | {"manage_runner"}),
    Action.ADMINISTER: _instance(Role.OWNER, scopes=_WRITE),
    Action.INSPECT: _instance(Role.OWNER),
    Action.INSPECT_PEOPLE: _instance(Role.OWNER, scopes=_READ | {"read_user"}),
    Action.READ_OWN_TOKENS: _instance(),
    Action.MANAGE_OWN_TOKENS: _instance(scopes=_WRITE),
    Action.USE_TOKEN_ITSELF: _instance(scopes=_ANY),
    Action.ROTATE_TOKEN_ITSELF: _instance(scopes=_WRITE | {"self_rotate"}),
    Action.READ_GROUP: _group(Role.GUEST, visitors=True, scopes=_READ),
    Action.CREATE_SUBGROUP: _group(Role.MAINTAINER),
    Action.CREATE_PROJECT: _group(Role.DEVELOPER),
    Action.ADMIN_GROUP: _group(Role.OWNER),
    Action.MANAGE_GROUP_MEMBERS: _group(Role.OWNER),
    Action.MANAGE_GROUP_RUNNERS: _group(Role.OWNER, scopes=_WRITE | {"manage_runner"}),
    Action.MANAGE_GROUP_VARIABLES: _group(Role.OWNER),
    Action.READ_PROJECT: _project(Role.GUEST, visitors=True, scopes=_READ),
    Action.ADMIN_PROJECT: _project(Role.MAINTAINER),
    Action.ARCHIVE_PROJECT: _project(Role.OWNER),
    Action.DESTROY_PROJECT: _project(Role.OWNER),
    Action.READ_PROTECTED_REFS: _project(Role.MAINTAINER, scopes=_READ),
    Action.MANAGE_PROTECTED_REFS: _project(Role.MAINTAINER),
    Action.MANAGE_MEMBERS: _project(Role.MAINTAINER),
    Action.MANAGE_OWNERS: _project(Role.OWNER),
    Action.READ_TOKEN_ACCESS: _project(Role.MAINTAINER, scopes=_READ),
    Action.MANAGE_TOKEN_ACCESS: _project(Role.MAINTAINER),
    Action.READ_AUDIT: _project(Role.MAINTAINER, scopes=_READ),
    Action.READ_CODE: _resource(
        Feature.REPOSITORY, Role.REPORTER, Permission.READ_REPOSITORIES, reads=True, scopes=_READ | {"read_repository"}
    ),
    # As READ_CODE, but none of the few reads that a job's token may do (job-token.md §7).
    Action.BROWSE_CODE: _resource(
        Feature.REPOSITORY, Role.REPORTER, reads=True, jobs=False, scopes=_READ | {"read_repository"}
    ),
    Action.DOWNLOAD_CODE: _resource(
        Feature.REPOSITORY, Role.REPORTER, Permission.READ_REPOSITORIES, reads=True, scopes=_GIT_READ
    ),
    Action.PUSH_CODE: _resource(Feature.REPOSITORY, Role.DEVELOPER, scopes=frozenset({"api", "write_repository"})),
    Action.WRITE_CODE: _resource(Feature.REPOSITORY, Role.DEVELOPER, jobs=False),
    Action.READ_PIPELINES: _resource(
        Feature.BUILDS, Role.GUEST, Permission.READ_PIPELINES, reads=True, public_jobs=True
    ),
    Action.READ_JOBS: _resource(Feature.BUILDS, Role.GUEST, Permission.READ_JOBS, reads=True, public_jobs=True),
    # As READ_JOBS, but none of the few reads that a job's token may do (job-token.md §7).
    Action.INSPECT_JOB: _resource(Feature.BUILDS, Role.GUEST, reads=True, jobs=False, public_jobs=True),
    # As READ_JOBS, for what a job's file keeps from everyone else; no visitor, whatever the visibility.
    Action.READ_INTERNAL_ARTIFACTS: _kept_from_visitors(Role.DEVELOPER),
    Action.READ_GUARDED_ARTIFACTS: _kept_from_visitors(Role.MAINTAINER),
    Action.KEEP_ARTIFACTS: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    Action.DELETE_ARTIFACTS: _resource(Feature.BUILDS, Role.MAINTAINER, jobs=False),
    Action.READ_PIPELINE_VARIABLES: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False, scopes=_READ),
    Action.DELETE_PIPELINE: _resource(Feature.BUILDS, Role.OWNER, jobs=False),
    Action.RUN_PIPELINE: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    # Reads only, yet of what the jobs will be given: for those who may run them.
    Action.CHECK_CI_FILE: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False, scopes=_READ),
    Action.TRIGGER_PIPELINE: _resource(Feature.BUILDS, Role.DEVELOPER),
    Action.UPDATE_JOB: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    Action.ERASE_JOB: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    Action.MANAGE_VARIABLES: _project(Role.MAINTAINER),
    # They are what jobs left behind: where visitors may not see jobs, nor these.
    Action.READ_ENVIRONMENTS: _resource(
        Feature.BUILDS, Role.REPORTER, Permission.READ_ENVIRONMENTS, reads=True, public_jobs=True
    ),
    Action.READ_DEPLOYMENTS: _resource(
        Feature.BUILDS, Role.REPORTER, Permission.READ_DEPLOYMENTS, reads=True, public_jobs=True
    ),
    Action.MANAGE_ENVIRONMENTS: _resource(Feature.BUILDS, Role.DEVELOPER, Permission.ADMIN_ENVIRONMENTS),
    Action.READ_SCHEDULES: _resource(Feature.BUILDS, Role.GUEST, reads=True, jobs=False, public_jobs=True),
    Action.MANAGE_SCHEDULES: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    Action.TAKE_SCHEDULES: _resource(Feature.BUILDS, Role.MAINTAINER, jobs=False),
    Action.MANAGE_TRIGGERS: _project(Role.MAINTAINER),
    Action.MANAGE_RUNNERS: _project(Role.MAINTAINER, scopes=_WRITE | {"manage_runner"}),
    Action.READ_PACKAGES: _resource(Feature.PACKAGES, Role.REPORTER, Permission.READ_PACKAGES, reads=True),
    Action.WRITE_PACKAGES: _resource(Feature.PACKAGES, Role.DEVELOPER, Permission.ADMIN_PACKAGES),
    Action.DELETE_PACKAGES: _resource(Feature.PACKAGES, Role.MAINTAINER, Permission.ADMIN_PACKAGES),
    Action.READ_OWN_JOB: Needs(Kind.OWN_JOB, Role.NONE, jobs=True),
}

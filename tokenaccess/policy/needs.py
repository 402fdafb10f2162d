"""What each action takes.

Roles: resources.md §0.5 and job-token.md §7; permissions: job-token.md §2.3; scopes: tokens.md §3.
"""

from __future__ import annotations

from dataclasses import dataclass

from tokenaccess.policy.actions import Action, TargetKind
from tokenaccess.policy.features import Feature
from tokenaccess.policy.levels import Role
from tokenaccess.policy.permissions import Permission

_READ = frozenset({"api", "read_api"})
_WRITE = frozenset({"api"})
_GIT_READ = _READ | {"read_repository", "write_repository"}
_GIT_WRITE = _WRITE | {"write_repository"}
_REGISTRY = frozenset({"read_registry", "write_registry"})
_PACKAGES_READ = frozenset({"read_package_registry", "write_package_registry"})
_PACKAGES_WRITE = frozenset({"write_package_registry"})
_ANY = _GIT_READ | _REGISTRY | {"read_user", "create_runner", "manage_runner", "self_rotate"}


@dataclass(frozen=True, slots=True)
class Needs:
    """What an action takes.

    `role`: the least role in the target. `visitors`: what the target's visibility opens may do it without a role.
    `jobs`: a job's token may ever ask. `permissions`: what a restricting allowlist entry must grant, every one.
    `scopes`: any one of these lets a personal token ask. `changes`: not on an archived project. `public_jobs`: the
    project's "public pipelines" switch decides between Guest with visitors and Reporter. `uploads`: an upload token may
    ask. `own_project`: a job's token may ask it of the job's own project only, whatever any list says (resources.md
    §3.2). `deploy_scopes`: any one of these lets a deploy token ask; without any it never may. `bots`: access tokens of
    projects and groups may ask; they may not where what they made would outlive them. `prepares`: a runner asks it of
    the job's own project before the job's script starts, whatever the job left of its token. `deploy_keys`: those may.
    """

    kind: TargetKind
    role: Role
    visitors: bool = False
    jobs: bool = False
    permissions: tuple[Permission, ...] = ()
    feature: Feature | None = None
    scopes: frozenset[str] = _READ
    changes: bool = False
    public_jobs: bool = False
    own_project: bool = False
    deploy_scopes: frozenset[str] = frozenset()
    bots: bool = True
    uploads: bool = False
    prepares: bool = False
    deploy_keys: bool = False


def _instance(role: Role = Role.NONE, scopes: frozenset[str] = _READ, *, bots: bool = True) -> Needs:
    return Needs(TargetKind.INSTANCE, role, scopes=scopes, bots=bots)


def _group(role: Role, *, visitors: bool = False, scopes: frozenset[str] = _WRITE, bots: bool = True) -> Needs:
    return Needs(TargetKind.GROUP, role, visitors=visitors, scopes=scopes, bots=bots)


def _project(role: Role, *, scopes: frozenset[str] = _WRITE, visitors: bool = False, bots: bool = True) -> Needs:
    return Needs(TargetKind.PROJECT, role, visitors=visitors, scopes=scopes, bots=bots)


def _resource(
    feature: Feature,
    role: Role,
    *permissions: Permission,
    reads: bool = False,
    jobs: bool = True,
    scopes: frozenset[str] | None = None,
    public_jobs: bool = False,
    own_project: bool = False,
    deploy_scopes: frozenset[str] = frozenset(),
    uploads: bool = False,
    prepares: bool = False,
    deploy_keys: bool = False,
) -> Needs:
    """Something of a feature: read by visitors where visibility opens it, changed only by role."""
    return Needs(
        TargetKind.PROJECT,
        role,
        visitors=reads,
        jobs=jobs,
        permissions=permissions,
        feature=feature,
        scopes=scopes or (_READ if reads else _WRITE),
        changes=not reads,
        public_jobs=public_jobs,
        own_project=own_project,
        deploy_scopes=deploy_scopes,
        uploads=uploads,
        prepares=prepares,
        deploy_keys=deploy_keys,
    )


def _members_only(role: Role) -> Needs:
    granted = (Permission.READ_JOBS,)
    return Needs(TargetKind.PROJECT, role, jobs=True, permissions=granted, feature=Feature.BUILDS, scopes=_READ)


def _secret(role: Role, permission: Permission, *, changes: bool) -> Needs:
    scopes = _WRITE if changes else _READ
    return Needs(TargetKind.PROJECT, role, jobs=True, permissions=(permission,), scopes=scopes, changes=changes)


NEEDS: dict[Action, Needs] = {
    Action.EXPLORE: Needs(TargetKind.INSTANCE, Role.NONE, visitors=True, scopes=_READ),
    Action.USE_INSTANCE: _instance(),
    Action.EVALUATE_ACCESS: Needs(TargetKind.INSTANCE, Role.NONE, jobs=True),
    Action.LINT: _instance(scopes=_WRITE),
    Action.READ_USERS: _instance(scopes=_READ | {"read_user"}),
    Action.CREATE_GROUP: _instance(scopes=_WRITE, bots=False),
    Action.CREATE_OWN_PROJECT: _instance(scopes=_WRITE, bots=False),
    Action.CREATE_RUNNER: _instance(scopes=_WRITE | {"create_runner", "manage_runner"}),
    Action.READ_RUNNERS: _instance(scopes=_READ | {"manage_runner"}),
    Action.CHANGE_RUNNER: _instance(scopes=_WRITE | {"manage_runner"}),
    Action.ADMINISTER: _instance(Role.OWNER, scopes=_WRITE),
    Action.INSPECT: _instance(Role.OWNER),
    Action.INSPECT_PEOPLE: _instance(Role.OWNER, scopes=_READ | {"read_user"}),
    # Of whose jobs is asked of the project or group itself.
    Action.STOP_JOB_TOKENS: _instance(scopes=_WRITE),
    Action.READ_OWN_TOKENS: _instance(),
    Action.MANAGE_OWN_TOKENS: _instance(scopes=_WRITE, bots=False),
    Action.USE_TOKEN_ITSELF: _instance(scopes=_ANY),
    Action.ROTATE_TOKEN_ITSELF: _instance(scopes=_WRITE | {"self_rotate"}),
    Action.READ_GROUP: _group(Role.GUEST, visitors=True, scopes=_READ),
    Action.CREATE_SUBGROUP: _group(Role.MAINTAINER, bots=False),
    Action.CREATE_PROJECT: _group(Role.DEVELOPER),
    Action.TAKE_PROJECT: _group(Role.MAINTAINER, bots=False),
    Action.ADMIN_GROUP: _group(Role.OWNER),
    Action.MANAGE_GROUP_MEMBERS: _group(Role.OWNER),
    Action.MANAGE_GROUP_RUNNERS: _group(Role.OWNER, scopes=_WRITE | {"manage_runner"}),
    Action.MANAGE_GROUP_VARIABLES: _group(Role.OWNER),
    Action.READ_GROUP_TOKENS: _group(Role.OWNER, scopes=_READ),
    Action.MANAGE_GROUP_TOKENS: _group(Role.OWNER, bots=False),
    Action.READ_GROUP_TOKEN_ACCESS: _group(Role.MAINTAINER, scopes=_READ),
    Action.MANAGE_GROUP_TOKEN_ACCESS: _group(Role.MAINTAINER),
    Action.READ_GROUP_HOOKS: _group(Role.OWNER, scopes=_READ),
    Action.MANAGE_GROUP_HOOKS: _group(Role.OWNER),
    Action.READ_PROJECT: _project(Role.GUEST, visitors=True, scopes=_READ),
    Action.READ_BADGES: Needs(
        TargetKind.PROJECT, Role.GUEST, visitors=True, jobs=True, permissions=(Permission.READ_BADGES,)
    ),
    Action.ADMIN_PROJECT: _project(Role.MAINTAINER),
    Action.ARCHIVE_PROJECT: _project(Role.OWNER),
    Action.TRANSFER_PROJECT: _project(Role.OWNER, bots=False),
    Action.DESTROY_PROJECT: _project(Role.OWNER),
    Action.READ_PROTECTED_REFS: _project(Role.MAINTAINER, scopes=_READ),
    Action.MANAGE_PROTECTED_REFS: _project(Role.MAINTAINER),
    Action.MANAGE_MEMBERS: _project(Role.MAINTAINER),
    Action.MANAGE_OWNERS: _project(Role.OWNER),
    Action.READ_TOKEN_ACCESS: _project(Role.MAINTAINER, scopes=_READ),
    Action.MANAGE_TOKEN_ACCESS: _project(Role.MAINTAINER),
    Action.READ_TOKENS: _project(Role.MAINTAINER, scopes=_READ),
    Action.MANAGE_TOKENS: _project(Role.MAINTAINER, bots=False),
    Action.READ_HOOKS: _project(Role.MAINTAINER, scopes=_READ),
    Action.MANAGE_HOOKS: _project(Role.MAINTAINER),
    Action.READ_AUDIT: _project(Role.MAINTAINER, scopes=_READ),
    Action.READ_CODE: _resource(
        Feature.REPOSITORY, Role.REPORTER, Permission.READ_REPOSITORIES, reads=True, scopes=_READ | {"read_repository"}
    ),
    # As READ_CODE, but none of the few reads that a job's token may do (job-token.md §7). So is INSPECT_JOB below.
    Action.BROWSE_CODE: _resource(
        Feature.REPOSITORY, Role.REPORTER, reads=True, jobs=False, scopes=_READ | {"read_repository"}
    ),
    Action.SEARCH_CODE: _resource(Feature.REPOSITORY, Role.REPORTER, reads=True, jobs=False),
    Action.FORK_PROJECT: _resource(Feature.REPOSITORY, Role.REPORTER, reads=True, jobs=False, scopes=_WRITE),
    Action.DOWNLOAD_CODE: _resource(
        Feature.REPOSITORY,
        Role.REPORTER,
        Permission.READ_REPOSITORIES,
        reads=True,
        scopes=_GIT_READ,
        deploy_scopes=frozenset({"read_repository"}),
        prepares=True,
        deploy_keys=True,
    ),
    Action.PUSH_CODE: _resource(
        Feature.REPOSITORY, Role.DEVELOPER, Permission.ADMIN_REPOSITORIES, scopes=_GIT_WRITE, deploy_keys=True
    ),
    Action.WRITE_CODE: _resource(Feature.REPOSITORY, Role.DEVELOPER, jobs=False),
    Action.FORCE_UNLOCK: _resource(Feature.REPOSITORY, Role.MAINTAINER, jobs=False, scopes=_GIT_WRITE),
    Action.READ_PIPELINES: _resource(
        Feature.BUILDS, Role.GUEST, Permission.READ_PIPELINES, reads=True, public_jobs=True
    ),
    Action.READ_JOBS: _resource(Feature.BUILDS, Role.GUEST, Permission.READ_JOBS, reads=True, public_jobs=True),
    Action.INSPECT_JOB: _resource(Feature.BUILDS, Role.GUEST, reads=True, jobs=False, public_jobs=True),
    # As READ_JOBS, for what a job's file keeps from everyone else; no visitor, whatever the visibility.
    Action.READ_INTERNAL_ARTIFACTS: _members_only(Role.DEVELOPER),
    Action.READ_GUARDED_ARTIFACTS: _members_only(Role.MAINTAINER),
    Action.KEEP_ARTIFACTS: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    Action.DELETE_ARTIFACTS: _resource(Feature.BUILDS, Role.MAINTAINER, jobs=False),
    Action.READ_PIPELINE_VARIABLES: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False, scopes=_READ),
    Action.READ_RESOURCE_GROUPS: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False, scopes=_READ),
    Action.RENAME_PIPELINE: _resource(Feature.BUILDS, Role.DEVELOPER, Permission.ADMIN_PIPELINES),
    Action.REPORT_STATUS: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    Action.DELETE_PIPELINE: _resource(Feature.BUILDS, Role.OWNER, jobs=False),
    Action.RUN_PIPELINE: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    Action.SET_PIPELINE_VARIABLES: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
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
    Action.REPORT_DEPLOYMENT: _resource(
        Feature.BUILDS, Role.DEVELOPER, Permission.ADMIN_DEPLOYMENTS, Permission.ADMIN_ENVIRONMENTS
    ),
    Action.UPDATE_DEPLOYMENT: _resource(Feature.BUILDS, Role.DEVELOPER, Permission.ADMIN_DEPLOYMENTS),
    Action.DELETE_DEPLOYMENT: _resource(Feature.BUILDS, Role.MAINTAINER, Permission.ADMIN_DEPLOYMENTS),
    Action.MANAGE_ENVIRONMENTS: _resource(Feature.BUILDS, Role.DEVELOPER, Permission.ADMIN_ENVIRONMENTS),
    Action.READ_SCHEDULES: _resource(Feature.BUILDS, Role.GUEST, reads=True, jobs=False, public_jobs=True),
    Action.MANAGE_SCHEDULES: _resource(Feature.BUILDS, Role.DEVELOPER, jobs=False),
    Action.TAKE_SCHEDULES: _resource(Feature.BUILDS, Role.MAINTAINER, jobs=False),
    Action.MANAGE_TRIGGERS: _project(Role.MAINTAINER),
    Action.MANAGE_RUNNERS: _project(Role.MAINTAINER, scopes=_WRITE | {"manage_runner"}),
    Action.READ_PACKAGES: _resource(
        Feature.PACKAGES, Role.REPORTER, Permission.READ_PACKAGES, reads=True, deploy_scopes=_PACKAGES_READ
    ),
    Action.WRITE_PACKAGES: _resource(
        Feature.PACKAGES, Role.DEVELOPER, Permission.ADMIN_PACKAGES, deploy_scopes=_PACKAGES_WRITE
    ),
    # As WRITE_PACKAGES, and besides what an upload token is for.
    Action.UPLOAD_PACKAGE: _resource(
        Feature.PACKAGES, Role.DEVELOPER, Permission.ADMIN_PACKAGES, deploy_scopes=_PACKAGES_WRITE, uploads=True
    ),
    Action.DELETE_PACKAGES: _resource(
        Feature.PACKAGES, Role.MAINTAINER, Permission.ADMIN_PACKAGES, deploy_scopes=_PACKAGES_WRITE
    ),
    Action.SIGN_IN_TO_REGISTRY: Needs(
        TargetKind.INSTANCE, Role.NONE, jobs=True, scopes=_READ | _REGISTRY, deploy_scopes=_REGISTRY
    ),
    Action.READ_IMAGES: _resource(Feature.CONTAINERS, Role.REPORTER, reads=True, own_project=True),
    # With a registry client (resources.md §3.2). Pulling is the one thing a job may do in another project.
    Action.PULL_IMAGES: _resource(
        Feature.CONTAINERS,
        Role.REPORTER,
        reads=True,
        scopes=_READ | {"read_registry"},
        deploy_scopes=frozenset({"read_registry"}),
        prepares=True,
    ),
    Action.PUSH_IMAGES: _resource(
        Feature.CONTAINERS,
        Role.DEVELOPER,
        own_project=True,
        scopes=_WRITE | {"write_registry"},
        deploy_scopes=frozenset({"write_registry"}),
    ),
    Action.DELETE_IMAGE_TAG: _resource(Feature.CONTAINERS, Role.DEVELOPER, own_project=True),
    Action.DELETE_IMAGES: _resource(Feature.CONTAINERS, Role.MAINTAINER, own_project=True),
    Action.MANAGE_IMAGES: _resource(Feature.CONTAINERS, Role.MAINTAINER, jobs=False),
    Action.READ_RELEASES: Needs(
        TargetKind.PROJECT, Role.GUEST, visitors=True, jobs=True, permissions=(Permission.READ_RELEASES,)
    ),
    Action.READ_RELEASE_CODE: _resource(Feature.REPOSITORY, Role.REPORTER, Permission.READ_RELEASES, reads=True),
    Action.MANAGE_RELEASES: _resource(Feature.REPOSITORY, Role.DEVELOPER, Permission.ADMIN_RELEASES),
    Action.READ_PACKAGE_PROTECTION: _project(Role.MAINTAINER, scopes=_READ),
    Action.MANAGE_PACKAGE_PROTECTION: _project(Role.MAINTAINER),
    Action.MANAGE_TRUSTED_PUBLISHERS: _project(Role.MAINTAINER),
    # They hold secrets: no visitor, whatever the visibility.
    Action.READ_SECURE_FILES: _secret(Role.DEVELOPER, Permission.READ_SECURE_FILES, changes=False),
    Action.MANAGE_SECURE_FILES: _secret(Role.MAINTAINER, Permission.ADMIN_SECURE_FILES, changes=True),
    Action.READ_TERRAFORM_STATES: _secret(Role.DEVELOPER, Permission.READ_TERRAFORM_STATE, changes=False),
    Action.WRITE_TERRAFORM_STATES: _secret(Role.MAINTAINER, Permission.ADMIN_TERRAFORM_STATE, changes=True),
    Action.READ_GROUP_PACKAGES: Needs(
        TargetKind.GROUP, Role.GUEST, visitors=True, jobs=True, deploy_scopes=_PACKAGES_READ
    ),
    Action.FIND_PACKAGES: Needs(TargetKind.INSTANCE, Role.NONE, visitors=True, jobs=True, deploy_scopes=_PACKAGES_READ),
    Action.READ_OWN_JOB: Needs(TargetKind.OWN_JOB, Role.NONE, jobs=True),
    Action.REPORT_OWN_JOB: Needs(TargetKind.OWN_JOB, Role.NONE, jobs=True),
    Action.NARROW_OWN_TOKEN: Needs(TargetKind.OWN_JOB, Role.NONE, jobs=True),
}
# What a job may ever ask of a project.
JOB_ACTIONS = tuple(action for action, needs in NEEDS.items() if needs.jobs and needs.kind is TargetKind.PROJECT)
# What it takes to know of a project or group.
READ_ACTION = {TargetKind.PROJECT: Action.READ_PROJECT, TargetKind.GROUP: Action.READ_GROUP}

"""The names an allowlist entry can grant to a job's token (job-token.md §2.3)."""

from collections.abc import Container
from enum import StrEnum


class Permission(StrEnum):
    READ_DEPLOYMENTS = "read_deployments"
    ADMIN_DEPLOYMENTS = "admin_deployments"
    READ_ENVIRONMENTS = "read_environments"
    ADMIN_ENVIRONMENTS = "admin_environments"
    READ_JOBS = "read_jobs"
    ADMIN_JOBS = "admin_jobs"
    READ_MERGE_REQUESTS = "read_merge_requests"
    READ_PACKAGES = "read_packages"
    ADMIN_PACKAGES = "admin_packages"
    READ_PIPELINES = "read_pipelines"
    ADMIN_PIPELINES = "admin_pipelines"
    READ_RELEASES = "read_releases"
    ADMIN_RELEASES = "admin_releases"
    READ_REPOSITORIES = "read_repositories"
    ADMIN_REPOSITORIES = "admin_repositories"
    READ_SECURE_FILES = "read_secure_files"
    ADMIN_SECURE_FILES = "admin_secure_files"
    READ_TERRAFORM_STATE = "read_terraform_state"
    ADMIN_TERRAFORM_STATE = "admin_terraform_state"
    READ_WORK_ITEMS = "read_work_items"
    READ_BADGES = "read_badges"


PERMISSION_NAMES = tuple(map(str, Permission))


def sort_permissions(names: Container[str]) -> list[str]:
    """Those of `names` that are permissions, in the order of `Permission`."""
    return [name for name in PERMISSION_NAMES if name in names]


def covers(granted: frozenset[str], wanted: str) -> bool:
    """`admin_x` also grants `read_x`."""
    return wanted in granted or wanted.replace("read_", "admin_", 1) in granted


def names_granting(wanted: str) -> set[str]:
    """For whoever asks the database what `covers` says."""
    return {str(wanted), wanted.replace("read_", "admin_", 1)}


def both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """What each of the two grants: of `admin_x` and `read_x`, `read_x`."""
    return frozenset(name for name in one | other if covers(one, name) and covers(other, name))

"""What the tests of the mutations share: the contract's sentences, what to ask back, and what came of it."""

from __future__ import annotations

from projects.models import Project
from tokenaccess.access import facts
from tokenaccess.models import AllowlistEntry

NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)
HIDDEN_PROJECT = (
    "The target_project that you are attempting to access does not exist or you don't have permission to perform this "
    "action"
)
HIDDEN_GROUP = HIDDEN_PROJECT.replace("_project", "_group")
LIBRARY = "acme/library"
SCOPE = "ciJobTokenScope { inboundAllowlist { nodes { fullPath } } outboundAllowlist { nodes { fullPath } } }"
ENTRY = """ciJobTokenScopeAllowlistEntry {
  target { ... on CiJobTokenAccessibleProject { fullPath } ... on CiJobTokenAccessibleGroup { fullPath } }
  direction defaultPermissions jobTokenPolicies addedBy { username } autopopulated
}"""
SETTINGS = "ciCdSettings { jobTokenScopeEnabled inboundJobTokenScopeEnabled pushRepositoryForJobTokenAllowed }"
LIMITS = ("limits_inbound", "limits_outbound", "takes_job_pushes")


def listed_paths(project: Project, direction: str = "inbound") -> list[str]:
    entries = AllowlistEntry.objects.filter(project=project, direction=direction)
    return sorted(entry.target.full_path for entry in entries.select_related("target_project", "target_group"))


def limits(project: Project) -> tuple[bool, ...]:
    settings = facts.settings_of(project)
    return tuple(getattr(settings, name) for name in LIMITS)

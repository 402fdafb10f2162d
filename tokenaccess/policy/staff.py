"""What people with a role in the administration may do there. Administrators may do everything; unknown is no.

The role counts in the administration alone: on the pages and in the API a person has the roles they are given there.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class StaffRole(StrEnum):
    """Everybody with one sees every list, none of which shows a secret."""

    VIEWER = "viewer"
    OPERATOR = "operator"  # keeps builds going
    SECURITY = "security"  # takes credentials away


# By role and model: what besides looking. "delete" is Django's; the rest are names of actions on the lists.
_MAY: Mapping[StaffRole, Mapping[str, frozenset[str]]] = {
    StaffRole.VIEWER: {},
    StaffRole.OPERATOR: {
        "axes.accessattempt": frozenset({"unlock"}),
        "containers.containerrepository": frozenset({"schedule_deletion"}),
        "jobs.job": frozenset({"cancel"}),
        "jobs.pipeline": frozenset({"cancel"}),
        "jobs.runner": frozenset({"pause", "resume"}),
        "lfs.filelock": frozenset({"delete", "delete_selected"}),
        "packages.package": frozenset({"delete", "delete_selected"}),
    },
    StaffRole.SECURITY: {
        "axes.accessattempt": frozenset({"unlock"}),
        "identity.personaltoken": frozenset({"revoke"}),
        "identity.user": frozenset({"block"}),
        "oauth.accesstoken": frozenset({"revoke"}),
        "signing.signingkey": frozenset({"rotate", "rotate_at_once", "withdraw"}),
        "ssh_keys.sshkey": frozenset({"remove"}),
        "tokens.deploytoken": frozenset({"revoke"}),
    },
}


def staff_may(role: str, verb: str, model: str) -> bool:
    """`role`: of the person, "" without one. `verb`: view, add, change, delete, or the name of a list's action.
    `model`: as `app.model` in small letters."""
    if role not in set(StaffRole):
        return False
    return verb == "view" or verb in _MAY[StaffRole(role)].get(model, frozenset())

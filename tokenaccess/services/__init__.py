"""Changes to Token Access: each one transaction, each with its line in the audit. All faces call these.

Every one raises `tokenaccess.errors.TokenAccessError` and then has changed nothing. `by` is the person who acts, or
None for the system itself (a command, an import).
"""

from tokenaccess.services.autopopulate import autopopulate, clear_autopopulated
from tokenaccess.services.entries import (
    admit_group,
    admit_project,
    remove_entry,
    remove_group,
    remove_project,
    set_permissions,
)
from tokenaccess.services.instance import change_instance_settings, reset_feature_switch, set_feature_switch
from tokenaccess.services.limits import adopt_existing, limit_access, set_job_pushes

__all__ = [
    "admit_group",
    "admit_project",
    "adopt_existing",
    "autopopulate",
    "change_instance_settings",
    "clear_autopopulated",
    "limit_access",
    "remove_entry",
    "remove_group",
    "remove_project",
    "reset_feature_switch",
    "set_feature_switch",
    "set_job_pushes",
    "set_permissions",
]

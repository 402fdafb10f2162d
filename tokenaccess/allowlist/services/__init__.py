"""Changes to Token Access, for all interfaces. Each is one transaction with one audit entry.

On TokenAccessError nothing has changed. `by` is the acting user, or None for the system itself (a command, an import).
"""

from tokenaccess.allowlist.services.any_list import delete_from_list
from tokenaccess.allowlist.services.autopopulate import autopopulate, clear_autopopulated
from tokenaccess.allowlist.services.bulk import add_entries, change_entries
from tokenaccess.allowlist.services.entries import (
    add_entry,
    delete_entry,
    remove_entry,
    set_permissions,
)
from tokenaccess.allowlist.services.grants import set_entry_permissions
from tokenaccess.allowlist.services.group_rules import (
    add_group_entry,
    change_group_rule,
    delete_group_entry,
)
from tokenaccess.allowlist.services.ignored_sources import ignore_source, restore_source
from tokenaccess.allowlist.services.instance import (
    change_instance_settings,
    keep_other_settings,
    reset_feature_switch,
    set_feature_switch,
)
from tokenaccess.allowlist.services.limits import (
    adopt_existing,
    limit_access,
    set_address_mode,
    set_inbound_mode,
    set_job_pushes,
)
from tokenaccess.allowlist.services.log_entries import add_suggested, undo_autopopulate
from tokenaccess.allowlist.services.reviews import review_entry, sign_off, start_review
from tokenaccess.allowlist.services.terms import (
    Terms,
    confirm_entry,
    renew_entry,
    restore_entry,
    set_terms,
    suspend_entry,
)
from tokenaccess.allowlist.services.undo import UndoRefused, undo_bulk_change

__all__ = [
    "Terms",
    "UndoRefused",
    "add_entries",
    "add_entry",
    "add_group_entry",
    "add_suggested",
    "adopt_existing",
    "autopopulate",
    "change_entries",
    "change_group_rule",
    "change_instance_settings",
    "clear_autopopulated",
    "confirm_entry",
    "delete_entry",
    "delete_from_list",
    "delete_group_entry",
    "ignore_source",
    "keep_other_settings",
    "limit_access",
    "remove_entry",
    "renew_entry",
    "reset_feature_switch",
    "restore_entry",
    "restore_source",
    "review_entry",
    "set_address_mode",
    "set_entry_permissions",
    "set_feature_switch",
    "set_inbound_mode",
    "set_job_pushes",
    "set_permissions",
    "set_terms",
    "sign_off",
    "start_review",
    "suspend_entry",
    "undo_autopopulate",
    "undo_bulk_change",
]

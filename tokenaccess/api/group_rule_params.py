"""What requests may set of a group's rule and list."""

from __future__ import annotations

from api.input.fields import Boolean, Choice, Day, Text, Words
from api.input.parameters import Parameters
from tokenaccess.models.list_entry import MAX_REASON_LENGTH
from tokenaccess.policy.permissions import Permission


class GroupRuleChanges(Parameters):
    inbound_mode = Choice(choices=["open", "trial", "enforced"], help_text="The least of all projects below.")
    ceiling = Boolean(source="has_ceiling", help_text="Nothing below opens more than the group's list.")
    locked = Boolean(source="is_locked", help_text="Nobody below weakens the mode or widens a list.")

    strict = True
    at_least_one_of = ("inbound_mode", "ceiling", "locked")


class EntryPermissions(Parameters):
    default_permissions = Boolean(help_text="All that the user's role allows. True unless permissions are named.")
    permissions = Words(choices=[str(permission) for permission in Permission])

    strict = True
    at_least_one_of = ("default_permissions", "permissions")


class NewGroupListEntry(EntryPermissions):
    target_project = Text(help_text="Id or full path of a project.")
    target_group = Text(help_text="Id or full path of a group: all projects in it.")
    reason = Text(max_length=MAX_REASON_LENGTH)
    expires_at = Day(help_text="From this day on, in UTC, the entry admits nobody.")

    at_least_one_of = ("target_project", "target_group")

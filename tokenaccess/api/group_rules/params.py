"""What requests may set of a group's rule and list."""

from __future__ import annotations

from typing import ClassVar

from api.input.fields import Boolean, Text
from api.input.parameters import OwnParameters
from tokenaccess.api.entries.params import EntryChanges
from tokenaccess.api.params import InboundModeChoice


class GroupRuleChanges(OwnParameters):
    inbound_mode = InboundModeChoice(help_text="The least of all projects below.")
    ceiling = Boolean(source="has_ceiling", help_text="Nothing below opens more than the group's list.")
    locked = Boolean(source="is_locked", help_text="Nobody below weakens the mode or widens a list.")
    at_least_one_of = ("inbound_mode", "ceiling", "locked")


class GroupEntryChanges(EntryChanges):
    """As of a project's entry, one of them at least."""

    default_permissions = Boolean(help_text="All that the user's role allows. True unless permissions are named.")

    at_least_one_of: ClassVar[tuple[str, ...]] = (
        "default_permissions",
        "permissions",
        "reason",
        "owner",
        "expires_at",
        "conditions",
    )


class NewGroupListEntry(GroupEntryChanges):
    target_project = Text(help_text="Id or full path of a project.")
    target_group = Text(help_text="Id or full path of a group: all projects in it.")

    at_least_one_of = ()
    exactly_one_of = ("target_project", "target_group")

"""The table of checks: a new one is a module here and a row below (docs/posture.md)."""

from __future__ import annotations

from typing import Any

from tokenaccess.posture.check import Check
from tokenaccess.posture.checks.cross_project_pushes import CrossProjectPushes
from tokenaccess.posture.checks.endless_tokens import (
    EndlessAccessToken,
    EndlessDeployToken,
    EndlessPersonalToken,
    EndlessRunnerToken,
    EndlessTriggerToken,
)
from tokenaccess.posture.checks.endless_trial import EndlessTrial
from tokenaccess.posture.checks.entry_without_end import EntryWithoutEnd, GroupEntryWithoutEnd
from tokenaccess.posture.checks.instance_settings import LimitsSwitchedOff, RegistrationTokens
from tokenaccess.posture.checks.limit_off import LimitOff
from tokenaccess.posture.checks.owner_across_borders import OwnerAcrossBorders
from tokenaccess.posture.checks.powerful_schedule import PowerfulSchedule
from tokenaccess.posture.checks.shared_runners import RunnerAcrossWorlds, SharedShell
from tokenaccess.posture.checks.unused_entry import UnusedEntry, UnusedGroupEntry
from tokenaccess.posture.checks.used_elsewhere import UsedElsewhere
from tokenaccess.posture.checks.wide_group_entry import WideGroupEntry, WideGroupListEntry
from tokenaccess.posture.checks.writable_state import WritableState

# The gravest first.
CHECKS: tuple[Check[Any], ...] = (
    LimitsSwitchedOff(),
    SharedShell(),
    LimitOff(),
    WideGroupEntry(),
    WideGroupListEntry(),
    WritableState(),
    CrossProjectPushes(),
    PowerfulSchedule(),
    UsedElsewhere(),
    OwnerAcrossBorders(),
    RunnerAcrossWorlds(),
    EndlessTrial(),
    EndlessPersonalToken(),
    EndlessAccessToken(),
    EndlessDeployToken(),
    EndlessTriggerToken(),
    RegistrationTokens(),
    UnusedEntry(),
    UnusedGroupEntry(),
    EntryWithoutEnd(),
    GroupEntryWithoutEnd(),
    EndlessRunnerToken(),
)
BY_NAME = {check.name: check for check in CHECKS}

"""Both limits of one project as they take effect, in one prepared statement.

The readable form is `TokenAccessSettings.inbound_limit_applies`; a test compares the two.
"""

from __future__ import annotations

from typing import NamedTuple

from tokenaccess.access.sql.job_check import INBOUND_MODE
from tokenaccess.access.sql.prepared import Prepared
from tokenaccess.policy.levels import InboundMode

_LIMITS = Prepared(
    "tokenaccess_limits",
    {"project": "bigint"},
    f"{INBOUND_MODE}, coalesce(coming.limits_outbound, FALSE)",
    "FROM projects_project target LEFT JOIN tokenaccess_tokenaccesssettings coming ON coming.project_id = target.id "
    "WHERE target.id = %(project)s",
)


class Limits(NamedTuple):
    """Whether each is enforced: a limit on trial is not."""

    inbound: bool
    outbound: bool


def fetch_limits(project_id: int) -> Limits | None:
    """None for a project that is gone. One statement."""
    row = _LIMITS.fetch({"project": project_id})
    return None if row is None else Limits(row[0] == InboundMode.ENFORCED.value, bool(row[1]))

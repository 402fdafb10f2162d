"""Between which projects a step might lead (`blast_radius`), and as whom: in one statement for a whole set of projects.

Of the members of the source who may start its jobs the one with the highest role in the target stands for all: whatever
any of them may do there, that one may. May over-approve; the policy decides about each, and a test compares the two
over generated worlds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from identity.models import User
from tokenaccess.access.sql.job_check import ENFORCED
from tokenaccess.access.sql.prepared import Prepared
from tokenaccess.policy.levels import InboundMode, Role

MAX_CANDIDATES = 2_000  # of each step; what is behind them is not looked at


class Candidate(NamedTuple):
    """Ids of two projects and a person."""

    source: int
    target: int
    person: int


# Roles beside the person's id in one number, so that the highest has its person with it.
_UNIT = 1_000_000_000
_TODAY = "({0}.until IS NULL OR {0}.until > %(today)s)"
_STARTS_JOBS = f"""
    projects_projecteffectiverole member
    ON member.content_object_id = frontier.id AND member.role = {Role.DEVELOPER.value} AND {_TODAY.format("member")}
        AND (%(person)s = 0 OR member.user_id = %(person)s)
"""
_FRONTIER = "(SELECT unnest(%(frontier)s) AS id) frontier"
_INSTANCE_MODE = "coalesce((SELECT instance.inbound_mode FROM tokenaccess_instancesettings instance), 0)"
# A project that does not enforce its limit; any, while limits are off.
_OPEN = f"""
    NOT {ENFORCED} OR ({_INSTANCE_MODE} < {InboundMode.ENFORCED.value} AND EXISTS (
        SELECT 1 FROM tokenaccess_tokenaccesssettings coming
        WHERE coming.project_id = {{project}} AND coming.inbound_mode < {InboundMode.ENFORCED.value}
    ))
"""  # noqa: S608 - put together from our own words
_PAIRS = f"""
    SELECT frontier.id AS source, entry.project_id AS target FROM {_FRONTIER}
    JOIN tokenaccess_allowlistentry entry ON entry.target_project_id = frontier.id AND entry.direction = 'inbound'
    UNION
    SELECT frontier.id, entry.project_id FROM {_FRONTIER}
    JOIN projects_project inside ON inside.id = frontier.id
    JOIN projects_groupancestor above ON above.group_id = inside.group_id
    JOIN tokenaccess_allowlistentry entry ON entry.target_group_id = above.ancestor_id
    UNION
    SELECT frontier.id, inner_project.id FROM {_FRONTIER}
    JOIN projects_project inside ON inside.id = frontier.id
    JOIN tokenaccess_groupallowlistentry entry ON entry.target_project_id = frontier.id OR entry.target_group_id IN (
        SELECT above.ancestor_id FROM projects_groupancestor above WHERE above.group_id = inside.group_id
    )
    JOIN projects_groupancestor below ON below.ancestor_id = entry.group_id
    JOIN projects_project inner_project ON inner_project.group_id = below.group_id
    UNION
    SELECT frontier.id, held.content_object_id FROM {_FRONTIER}
    JOIN {_STARTS_JOBS}
    JOIN projects_projecteffectiverole held
        ON held.user_id = member.user_id AND held.role = {Role.GUEST.value} AND {_TODAY.format("held")}
    WHERE {_OPEN.format(project="held.content_object_id")}
    UNION
    SELECT frontier.id, anywhere.id FROM {_FRONTIER}
    JOIN {_STARTS_JOBS}
    JOIN identity_user admin ON admin.id = member.user_id AND admin.is_superuser
    CROSS JOIN projects_project anywhere
    WHERE {_OPEN.format(project="anywhere.id")}
"""  # noqa: S608
_CANDIDATES = Prepared(
    "tokenaccess_step_candidates",
    {"frontier": "bigint[]", "person": "bigint", "today": "date", "most": "bigint"},
    "json_agg(json_build_array(best.source, best.target, best.person))",
    f"""FROM (
        SELECT pair.source, pair.target,
            max((CASE WHEN person.is_superuser THEN {Role.OWNER.value} ELSE held.role END) * CAST({_UNIT} AS bigint)
                + member.user_id) AS person
        FROM ({_PAIRS}) pair
        JOIN (SELECT 1 AS one) each ON pair.source <> pair.target
        JOIN {_STARTS_JOBS.replace("frontier.id", "pair.source")}
        JOIN identity_user person ON person.id = member.user_id AND person.is_active
        LEFT JOIN projects_projecteffectiverole held
            ON held.user_id = member.user_id AND held.content_object_id = pair.target AND {_TODAY.format("held")}
        WHERE held.id IS NOT NULL OR person.is_superuser
        GROUP BY pair.source, pair.target ORDER BY pair.source, pair.target LIMIT %(most)s
    ) best""",  # noqa: S608
)


def find_candidates(sources: Iterable[int], person: User | None, today: date) -> list[Candidate]:
    """MAX_CANDIDATES at most, by source and target. One statement."""
    values = {
        "frontier": sorted(sources),
        "person": 0 if person is None else person.pk,
        "today": today.isoformat(),
        "most": MAX_CANDIDATES,
    }
    row = _CANDIDATES.fetch(values)
    found = [Candidate(source, target, best % _UNIT) for source, target, best in (row and row[0]) or ()]
    return sorted(found)

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

MAX_CANDIDATES = 500  # of each step; what is behind them is not looked at


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
# Where the people of each source are members; and the groups whose projects the list of a group above lets it into. Of
# thousands of projects below such a list only those count that are in both.
_ELSEWHERE = f"""
    SELECT DISTINCT frontier.id AS source, held.content_object_id AS target, there.group_id FROM {_FRONTIER}
    JOIN {_STARTS_JOBS}
    JOIN projects_projecteffectiverole held
        ON held.user_id = member.user_id AND held.role = {Role.GUEST.value} AND {_TODAY.format("held")}
    JOIN projects_project there ON there.id = held.content_object_id
"""  # noqa: S608
_OPENED_GROUPS = f"""
    SELECT frontier.id AS source, below.group_id FROM {_FRONTIER}
    JOIN tokenaccess_groupallowlistentry entry ON entry.target_project_id = frontier.id
    JOIN projects_groupancestor below ON below.ancestor_id = entry.group_id
    UNION
    SELECT frontier.id, below.group_id FROM {_FRONTIER}
    JOIN projects_project inside ON inside.id = frontier.id
    JOIN projects_groupancestor above ON above.group_id = inside.group_id
    JOIN tokenaccess_groupallowlistentry entry ON entry.target_group_id = above.ancestor_id
    JOIN projects_groupancestor below ON below.ancestor_id = entry.group_id
"""  # noqa: S608
_PAIRS = f"""
    WITH elsewhere AS MATERIALIZED ({_ELSEWHERE}), opened AS MATERIALIZED ({_OPENED_GROUPS})
    SELECT frontier.id AS source, entry.project_id AS target FROM {_FRONTIER}
    JOIN tokenaccess_allowlistentry entry ON entry.target_project_id = frontier.id AND entry.direction = 'inbound'
    UNION
    SELECT frontier.id, entry.project_id FROM {_FRONTIER}
    JOIN projects_project inside ON inside.id = frontier.id
    JOIN projects_groupancestor above ON above.group_id = inside.group_id
    JOIN tokenaccess_allowlistentry entry ON entry.target_group_id = above.ancestor_id
    UNION
    SELECT elsewhere.source, elsewhere.target FROM elsewhere
    JOIN opened ON opened.source = elsewhere.source AND opened.group_id = elsewhere.group_id
    UNION
    SELECT elsewhere.source, elsewhere.target FROM elsewhere
    WHERE {_OPEN.format(project="elsewhere.target")}
    UNION
    SELECT frontier.id, anywhere.id FROM {_FRONTIER}
    JOIN {_STARTS_JOBS}
    JOIN identity_user admin ON admin.id = member.user_id AND admin.is_superuser
    CROSS JOIN projects_project anywhere
    WHERE {_OPEN.format(project="anywhere.id")}
        OR EXISTS (SELECT 1 FROM opened WHERE opened.source = frontier.id AND opened.group_id = anywhere.group_id)
"""  # noqa: S608
_CANDIDATES = Prepared(
    "tokenaccess_step_candidates",
    {"frontier": "bigint[]", "person": "bigint", "today": "date", "most": "bigint"},
    "json_agg(json_build_array(best.source, best.target, best.person))",
    f"""FROM (
        WITH starting AS MATERIALIZED (
            SELECT frontier.id AS source, member.user_id, person.is_superuser FROM {_FRONTIER}
            JOIN {_STARTS_JOBS}
            JOIN identity_user person ON person.id = member.user_id AND person.is_active
        )
        SELECT pair.source, pair.target,
            max((CASE WHEN member.is_superuser THEN {Role.OWNER.value} ELSE held.role END) * CAST({_UNIT} AS bigint)
                + member.user_id) AS person
        FROM ({_PAIRS}) pair
        JOIN starting member ON member.source = pair.source AND pair.source <> pair.target
        LEFT JOIN projects_projecteffectiverole held
            ON held.user_id = member.user_id AND held.content_object_id = pair.target AND {_TODAY.format("held")}
        WHERE held.id IS NOT NULL OR member.is_superuser
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

"""Which projects of the instance let in the most: those without an enforced limit, then those whose lists admit the
most other projects, a group's entry counted by the projects below it.

The order is by the sizes of the active entries added up, which counts a project twice that two entries cover; the
figure of each project on a page is exact: each source once, and only one whose nearest entry admits somebody. Two
statements a page, however many projects and entries there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from identity.models import today
from tokenaccess.access.sql.entry_state import is_active
from tokenaccess.access.sql.job_check import ENFORCED, OWN_MODE
from tokenaccess.access.sql.prepared import Prepared
from tokenaccess.policy.levels import InboundMode


@dataclass(frozen=True, slots=True)
class WideProject:
    """`mode`: open, trial, enforced, or off while no limit applies. `sources`: other projects that its lists, own and
    inherited, admit. `widest`: path of what its widest entry names, `widest_id` the id of that entry where it is the
    project's own, `widest_size` how many projects that is."""

    project_id: int
    path: str
    mode: str
    projects: int
    groups: int
    sources: int
    widest: str
    widest_id: int | None
    widest_size: int

    kind = "project"

    @property
    def url(self) -> str:
        return f"/{self.path}"


@dataclass(frozen=True, slots=True)
class WidestPage:
    """`total`: how many projects let in anybody but themselves."""

    rows: list[WideProject]
    total: int


# Every group with the number of projects below it.
_SIZES = """
    SELECT link.ancestor_id AS group_id, count(*) AS size FROM projects_groupancestor link
    JOIN projects_project inside ON inside.group_id = link.group_id AND NOT inside.pending_deletion
    GROUP BY link.ancestor_id
"""
# Projects and groups apart: joined with the sizes at once, every entry would go through the join for the few of groups.
_OWN = f"""
    SELECT part.project_id, sum(part.projects) AS projects, sum(part.groups) AS groups, sum(part.size) AS size FROM (
        SELECT entry.project_id, count(*) AS projects, 0 AS groups, count(*) AS size
        FROM tokenaccess_allowlistentry entry
        WHERE entry.direction = 'inbound' AND entry.target_group_id IS NULL AND {is_active("entry")}
        GROUP BY entry.project_id
        UNION ALL
        SELECT entry.project_id, 0, count(*), coalesce(sum(sizes.size), 0)
        FROM tokenaccess_allowlistentry entry LEFT JOIN sizes ON sizes.group_id = entry.target_group_id
        WHERE entry.direction = 'inbound' AND entry.target_group_id IS NOT NULL AND {is_active("entry")}
        GROUP BY entry.project_id
    ) part GROUP BY part.project_id
"""  # noqa: S608 - put together from our own words
# The strictest mode of each group's rules and of those above it, once for a group and not for each project.
_GROUP_MODES = """
    SELECT link.group_id, max(rule.inbound_mode) AS mode FROM tokenaccess_grouprule rule
    JOIN projects_groupancestor link ON link.ancestor_id = rule.group_id GROUP BY link.group_id
"""
# What the lists of the groups above add, for each group.
_INHERITED = f"""
    SELECT link.group_id, count(entry.target_project_id) + coalesce(sum(sizes.size), 0) AS size
    FROM tokenaccess_groupallowlistentry entry LEFT JOIN sizes ON sizes.group_id = entry.target_group_id
    JOIN projects_groupancestor link ON link.ancestor_id = entry.group_id
    WHERE {is_active("entry")} GROUP BY link.group_id
"""  # noqa: S608
_RANKED = f"""
    SELECT target.id, target.full_path,
        CASE WHEN {ENFORCED} THEN greatest({OWN_MODE}, coalesce(group_modes.mode, 0)) ELSE -1 END AS mode,
        coalesce(own.projects, 0) AS projects, coalesce(own.groups, 0) AS groups,
        coalesce(own.size, 0) + coalesce(inherited.size, 0) AS size
    FROM projects_project target
    LEFT JOIN tokenaccess_tokenaccesssettings coming ON coming.project_id = target.id
    LEFT JOIN group_modes ON group_modes.group_id = target.group_id
    LEFT JOIN own ON own.project_id = target.id
    LEFT JOIN inherited ON inherited.group_id = target.group_id
    WHERE NOT target.pending_deletion
"""  # noqa: S608
_PAGE = Prepared(
    "tokenaccess_widest",
    {"mode": "bigint", "most": "bigint", "start": "bigint", "today": "date"},
    "page.total, json_agg(json_build_array(page.id, page.full_path, page.mode, page.projects, page.groups))",
    f"""FROM (
        WITH sizes AS ({_SIZES}), group_modes AS ({_GROUP_MODES}), own AS ({_OWN}),
            inherited AS ({_INHERITED}), ranked AS ({_RANKED})
        SELECT ranked.*, count(*) OVER () AS total FROM ranked
        WHERE (ranked.mode < {InboundMode.ENFORCED.value} OR ranked.size > 0)
            AND (%(mode)s = -2 OR ranked.mode = %(mode)s)
        ORDER BY ranked.mode, ranked.size DESC, ranked.id LIMIT %(most)s OFFSET %(start)s
    ) page GROUP BY page.total""",  # noqa: S608
)
# Of a few projects: each entry, own or inherited, also one that has lapsed, and how far away its list is.
_LISTED = f"""
    SELECT entry.project_id AS target, entry.id AS own_id, entry.target_project_id, entry.target_group_id,
        {is_active("entry")} AS admits, -1 AS list_distance
    FROM tokenaccess_allowlistentry entry
    WHERE entry.project_id = ANY(%(projects)s) AND entry.direction = 'inbound'
    UNION ALL
    SELECT below.id, NULL, entry.target_project_id, entry.target_group_id, {is_active("entry")}, link.distance
    FROM projects_project below
    JOIN projects_groupancestor link ON link.group_id = below.group_id
    JOIN tokenaccess_groupallowlistentry entry ON entry.group_id = link.ancestor_id
    WHERE below.id = ANY(%(projects)s)
"""  # noqa: S608
# Each project that they cover, once for each entry, but for those whose nearest entry has lapsed: no other steps in.
_SOURCES = """
    SELECT covered.target, covered.own_id, covered.target_group_id, covered.id, covered.full_path FROM (
        SELECT named.*, first_value(named.admits) OVER (
            PARTITION BY named.target, named.id ORDER BY named.list_distance, named.group_distance
        ) AS nearest_admits FROM (
            SELECT listed.*, -1 AS group_distance, inside.id, inside.full_path FROM listed
            JOIN projects_project inside ON inside.id = listed.target_project_id AND NOT inside.pending_deletion
            UNION ALL
            SELECT listed.*, link.distance, inside.id, NULL FROM listed
            JOIN projects_groupancestor link ON link.ancestor_id = listed.target_group_id
            JOIN projects_project inside ON inside.group_id = link.group_id AND NOT inside.pending_deletion
        ) named
    ) covered WHERE covered.admits AND covered.nearest_admits
"""
_FIGURES = Prepared(
    "tokenaccess_widest_figures",
    {"projects": "bigint[]", "today": "date"},
    "json_agg(json_build_array(figure.target, figure.sources, figure.own_id, figure.path, figure.size))",
    f"""FROM (
        WITH listed AS ({_LISTED}), source AS ({_SOURCES}),
        entry_size AS (
            SELECT source.target, source.own_id, coalesce(named.full_path, max(source.full_path)) AS path,
                count(*) AS size
            FROM source LEFT JOIN projects_group named ON named.id = source.target_group_id
            GROUP BY source.target, source.own_id, source.target_group_id, named.full_path,
                CASE WHEN source.target_group_id IS NULL THEN source.id END
        ),
        widest AS (
            SELECT entry_size.*, row_number() OVER (
                PARTITION BY entry_size.target ORDER BY entry_size.size DESC, entry_size.path
            ) AS place FROM entry_size
        ),
        counted AS (
            SELECT source.target, count(DISTINCT source.id) AS sources FROM source
            WHERE source.id <> source.target GROUP BY source.target
        )
        SELECT widest.target, widest.own_id, widest.path, widest.size, coalesce(counted.sources, 0) AS sources
        FROM widest LEFT JOIN counted ON counted.target = widest.target WHERE widest.place = 1
    ) figure""",  # noqa: S608
)
MODES = {-1: "off", **{mode.value: mode.name.lower() for mode in InboundMode}}
_NUMBERS = {name: number for number, name in MODES.items()}
_ANY = -2


def find_widest(start: int, most: int, mode: str = "") -> WidestPage:
    """`most` rows from place `start` on. `mode`: only projects in that one (MODES); "" for all. Two statements."""
    day = today().isoformat()
    wanted = _NUMBERS.get(mode, _ANY)
    page = _PAGE.fetch({"mode": wanted, "most": most, "start": start, "today": day})
    if page is None:
        return WidestPage([], 0 if start == 0 else find_widest(0, 1, mode).total)
    total, columns = page
    found = sorted(columns, key=lambda row: row[2])
    figures_row = _FIGURES.fetch({"projects": [row[0] for row in found], "today": day})
    figures = {row[0]: row[1:] for row in (figures_row and figures_row[0]) or ()}
    rows = []
    for pk, path, level, projects, groups in found:
        sources, own_id, widest, size = figures.get(pk, (0, None, "", 0))
        rows.append(WideProject(pk, path, MODES[level], projects, groups, sources, widest, own_id, size))
    return WidestPage(sorted(rows, key=lambda row: (_NUMBERS[row.mode], -row.sources, row.path)), total)

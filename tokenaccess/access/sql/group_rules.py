"""What the groups above a target set for it (docs/group-rules.md), as parts of the check of a job (`job_check`): they
speak of its `source` and its `target`.

Nothing is kept with the projects, so that moves of projects and groups need nothing rewritten. Where no group at all
has a rule, none of it is asked (`check_statement`); elsewhere it is a probe for each group above the target.
"""

from __future__ import annotations

from tokenaccess.access.sql.entry_state import conditions, entry_state, is_active

# PostgreSQL answers it once for the whole statement.
ARE_GROUP_RULES = "EXISTS (SELECT 1 FROM tokenaccess_grouprule)"


def _if_any(part: str, otherwise: str = "NULL") -> str:
    return f"CASE WHEN {ARE_GROUP_RULES} THEN {part} ELSE {otherwise} END"


# The strictest mode of the groups above the target; NULL where none has a rule.
GROUP_MODE = _if_any("""(
    SELECT max(rule.inbound_mode) FROM projects_groupancestor upper
    JOIN tokenaccess_grouprule rule ON rule.group_id = upper.ancestor_id
    WHERE upper.group_id = target.group_id
)""")

_DIRECT = """SELECT listing.id FROM tokenaccess_groupallowlistentry listing
    WHERE listing.group_id = upper.ancestor_id AND listing.target_project_id = source.id"""
_OF_GROUP = """SELECT listing.id FROM projects_groupancestor above
    JOIN tokenaccess_groupallowlistentry listing
        ON listing.group_id = upper.ancestor_id AND listing.target_group_id = above.ancestor_id
    WHERE above.group_id = source.group_id"""

# JSON as text (`|| ''`: or SQLite knows it as JSON still, and does not quote it):
# [[distance, group, mode, has_ceiling, entry or null, its state, default_permissions, permissions as text, conditions],
# …] of each group above the target with a rule; the entry is the one of its list that matches the source, an active
# one before others. NULL where no group at all has a rule.
_RULES = f"""(
    SELECT CAST(json_agg(json_build_array(
        upper.distance, rule.group_id, rule.inbound_mode, rule.has_ceiling,
        listed.id, {entry_state("listed")}, listed.default_permissions, CAST(listed.permissions AS text),
        {conditions("listed")}
    )) AS text) || ''
    FROM projects_groupancestor upper
    JOIN tokenaccess_grouprule rule ON rule.group_id = upper.ancestor_id
    LEFT JOIN tokenaccess_groupallowlistentry listed ON listed.id = coalesce(
        ({_DIRECT} AND {is_active("listing")}),
        ({_OF_GROUP} AND {is_active("listing")} ORDER BY above.distance LIMIT 1),
        ({_DIRECT}),
        ({_OF_GROUP} ORDER BY above.distance LIMIT 1)
    )
    WHERE upper.group_id = target.group_id
)"""  # noqa: S608
GROUP_RULES = _if_any(f"coalesce({_RULES}, '[]')")

_LISTED_ABOVE = f"""EXISTS (
    SELECT 1 FROM projects_groupancestor upper WHERE upper.group_id = target.group_id AND (
        EXISTS ({_DIRECT} AND {is_active("listing")}) OR EXISTS ({_OF_GROUP} AND {is_active("listing")})
    )
)"""  # noqa: S608
# Whether an active entry of a list above the target matches the source.
IS_LISTED_ABOVE = _if_any(_LISTED_ABOVE, "FALSE")

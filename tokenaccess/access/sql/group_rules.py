"""What the groups above a target set for it (docs/group-rules.md), as parts of the check of a job (`job_check`): they
speak of its `source` and its `target`.

Nothing is kept with the projects, so that moves of projects and groups need nothing rewritten. Where no group at all
has a rule, none of it is asked (`check_statement`); elsewhere it is a probe for each group above the target.
"""

from __future__ import annotations

from tokenaccess.access.sql.entry_state import applying_entry, are_conditions, conditions, entry_state, is_active

ARE_GROUP_RULES = "EXISTS (SELECT 1 FROM tokenaccess_grouprule)"
ARE_GROUP_CONDITIONS = are_conditions("tokenaccess_groupallowlistentry")

# The strictest mode of the groups above the target; NULL where none has a rule.
GROUP_MODE = """(
    SELECT max(rule.inbound_mode) FROM projects_groupancestor upper
    JOIN tokenaccess_grouprule rule ON rule.group_id = upper.ancestor_id
    WHERE upper.group_id = target.group_id
)"""

_DIRECT = """FROM tokenaccess_groupallowlistentry direct
    WHERE direct.group_id = upper.ancestor_id AND direct.target_project_id = source.id"""
_OF_GROUPS = """FROM projects_groupancestor above
    JOIN tokenaccess_groupallowlistentry nearest
        ON nearest.group_id = upper.ancestor_id AND nearest.target_group_id = above.ancestor_id
    WHERE above.group_id = source.group_id"""
# JSON as text (`|| ''`: or SQLite knows it as JSON still, and does not quote it):
# [[distance, group, mode, has_ceiling, entry or null, its state, default_permissions, permissions as text, conditions],
# …] of each group above the target with a rule; the entry is the one of its list that applies to the source.
GROUP_RULES = f"""(
    SELECT coalesce(CAST(json_agg(json_build_array(
        upper.distance, rule.group_id, rule.inbound_mode, rule.has_ceiling,
        listed.id, {entry_state("listed")}, listed.default_permissions, CAST(listed.permissions AS text),
        {conditions("listed")}
    )) AS text) || '', '[]')
    FROM projects_groupancestor upper
    JOIN tokenaccess_grouprule rule ON rule.group_id = upper.ancestor_id
    LEFT JOIN tokenaccess_groupallowlistentry listed ON listed.id = {applying_entry(_DIRECT, _OF_GROUPS)}
    WHERE upper.group_id = target.group_id
)"""  # noqa: S608

# Whether the nearest entry that the lists above the target have for the source admits anybody.
IS_LISTED_ABOVE = f"""coalesce((
    SELECT {is_active("listed")} FROM projects_groupancestor upper
    JOIN tokenaccess_groupallowlistentry listed ON listed.id = {applying_entry(_DIRECT, _OF_GROUPS)}
    WHERE upper.group_id = target.group_id ORDER BY upper.distance LIMIT 1
), FALSE)"""  # noqa: S608

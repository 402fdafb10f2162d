"""What GraphQL tells beside GitLab's fields: the terms of entries, the mode of a project, the rule of a group."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from identity.models import today
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.adapters.graphql.context import MAX_LISTS
from tokenaccess.allowlist import services
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy.levels import InboundMode

TERMS = "reason owner { username } expiresAt suspended conditions { protectedRefs noForks branches runnerTags }"
ENTRIES = f"""query($path: ID!) {{ project(fullPath: $path) {{
  ciCdSettings {{ inboundJobTokenMode }}
  ciJobTokenScopeAllowlist {{ projectsAllowlist {{ nodes {{ {TERMS} }} }} }}
}} }}"""
RULE = f"""query($path: ID!) {{ group(fullPath: $path) {{ ciJobTokenGroupRule {{
  inboundMode ceiling locked
  allowlist {{ count nodes {{
    target {{ ... on CiJobTokenAccessibleProject {{ fullPath }} }} jobTokenPolicies {TERMS}
  }} }}
}} }} }}"""
END = today() + timedelta(days=30)


def said(cast: Cast) -> services.Terms:
    return {
        "reason": "Builds",
        "owner": cast.owner,
        "expires_at": END,
        "conditions": {"protected_refs": True, "branches": ["main"]},
    }


TERMS_SHOWN = {
    "reason": "Builds",
    "owner": {"username": "owner"},
    "expiresAt": END.isoformat(),
    "suspended": True,
    "conditions": {"protectedRefs": True, "noForks": False, "branches": ["main"], "runnerTags": []},
}


def test_entries_tell_their_terms_and_projects_their_mode(cast: Cast, graph: Any) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner, terms=said(cast))
    services.suspend_entry(entry, by=cast.owner)
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    data = graph(cast.maintainer).ask(ENTRIES, path="acme/library")["project"]
    assert data["ciCdSettings"] == {"inboundJobTokenMode": "TRIAL"}
    assert data["ciJobTokenScopeAllowlist"]["projectsAllowlist"]["nodes"] == [TERMS_SHOWN]


def test_a_group_tells_its_rule_to_its_maintainers(cast: Cast, graph: Any, hidden: Project) -> None:
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED, is_locked=True)
    entry = services.add_group_entry(
        cast.acme, cast.app, by=cast.owner, default_permissions=False, permissions=["read_jobs"], terms=said(cast)
    )
    services.suspend_entry(entry, by=cast.owner)
    services.add_group_entry(cast.acme, hidden, by=None)
    rule = graph(cast.owner).ask(RULE, path="acme")["group"]["ciJobTokenGroupRule"]
    listed = rule.pop("allowlist")
    assert rule == {"inboundMode": "ENFORCED", "ceiling": False, "locked": True}
    assert listed["nodes"][0] == {"target": {"fullPath": "acme/app"}, "jobTokenPolicies": ["READ_JOBS"], **TERMS_SHOWN}
    assert (listed["count"], listed["nodes"][1]["target"]) == (2, None)


@pytest.mark.parametrize("who", ["maintainer", "developer", "guest"])
def test_a_group_s_rule_is_null_for_others(cast: Cast, graph: Any, who: str) -> None:
    """The cast has its roles in the projects, not in the group."""
    assert graph(getattr(cast, who)).ask(RULE, path="acme")["group"] == {"ciJobTokenGroupRule": None}
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    assert graph(getattr(cast, who)).ask(RULE, path="acme")["group"] == {"ciJobTokenGroupRule": None}


def test_a_group_s_rule_costs_the_same_however_long_its_list(
    cast: Cast, graph: Any, django_assert_num_queries: Any
) -> None:
    owner = graph(cast.owner)

    def add(count: int, name: str) -> None:
        for number in range(count):
            made = projects.project(f"{name}{number}", group=cast.acme, by=cast.owner)
            services.add_group_entry(cast.acme, made, by=cast.owner, terms=said(cast))

    add(1, "a")
    owner.ask(RULE, path="acme")
    # The token; the group, found and judged, and judged once more; the rule; the list, its count, what may be seen,
    # and after how many days an entry counts as unused.
    with django_assert_num_queries(10):
        owner.ask(RULE, path="acme")
    add(5, "b")
    with django_assert_num_queries(10):
        owner.ask(RULE, path="acme")
    assert GroupAllowlistEntry.objects.count() == 6


def test_rules_of_many_groups_count_as_lists(cast: Cast, graph: Any) -> None:
    for number in range(MAX_LISTS + 1):
        projects.project(f"p{number}", group=cast.acme, by=cast.owner)
    query = "{ projects { nodes { group { ciJobTokenGroupRule { locked } } } } }"
    assert graph(cast.owner).errors(query)[0] == f"A request may open at most {MAX_LISTS} lists."

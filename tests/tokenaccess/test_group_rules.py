"""A group's rule takes effect in every project below it."""

from __future__ import annotations

from typing import Any

import pytest

from identity.secrets import digest
from projects.models import Group, Project
from projects.services.moves import transfer_group
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.orm_facts import facts_between
from tokenaccess.access import facts as load
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import services
from tokenaccess.allowlist.group_rules.inherited import InboundMatcher
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule, RefusalRecord
from tokenaccess.policy.levels import InboundMode, Role


@pytest.fixture
def tools(cast: Cast) -> Project:
    """A project elsewhere, whose jobs the developer starts."""
    made = projects.project("tools", group=projects.group("far", by=cast.owner), by=cast.owner)
    projects.members({cast.developer: Role.DEVELOPER, cast.maintainer: Role.MAINTAINER}, made)
    return made


def releases(cast: Cast, origin: Project | None = None) -> Any:
    return Api(job=cast.job_token(origin)).get(f"/projects/{cast.library.pk}/releases")


def test_the_strictest_mode_of_the_groups_above_takes_effect(cast: Cast) -> None:
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    rule = GroupRule.objects.create(group=cast.acme)
    assert releases(cast).status_code == 200
    rule.inbound_mode = InboundMode.TRIAL
    rule.save()
    assert releases(cast).status_code == 200
    assert RefusalRecord.trials.count() == 1
    rule.inbound_mode = InboundMode.ENFORCED
    rule.save()
    assert releases(cast).status_code == 404


def test_an_entry_of_the_group_counts_for_every_project_below(cast: Cast, tools: Project) -> None:
    assert releases(cast, tools).status_code == 404
    GroupRule.objects.create(group=cast.acme)
    entry = GroupAllowlistEntry.objects.create(group=cast.acme, target_group=tools.group)
    assert releases(cast, tools).status_code == 200
    entry.default_permissions, entry.permissions = False, ["read_jobs"]
    entry.save()
    assert releases(cast, tools).status_code == 403


def test_a_moved_group_takes_its_rule_from_where_it_is(cast: Cast, tools: Project) -> None:
    inner: Group = projects.group("inner", parent=cast.acme, by=cast.owner)
    GroupRule.objects.create(group=tools.group)
    GroupAllowlistEntry.objects.create(group=tools.group, target_project=cast.app)
    target = projects.project("target", group=inner, by=cast.owner)
    projects.members({cast.developer: Role.DEVELOPER}, target)
    ask = f"/projects/{target.pk}/releases"
    assert Api(job=cast.job_token()).get(ask).status_code == 404
    transfer_group(inner, parent=tools.group, by=cast.owner)
    assert Api(job=cast.job_token()).get(ask).status_code == 200


def test_a_ceiling_takes_a_project_s_own_entry_away(cast: Cast, tools: Project) -> None:
    services.add_entry(cast.library, tools, by=cast.owner)
    rule = GroupRule.objects.create(group=cast.acme, has_ceiling=True)
    assert releases(cast, tools).status_code == 404
    assert RefusalRecord.objects.get().sentence.startswith("A group above the project")
    rule.has_ceiling = False
    rule.save()
    assert releases(cast, tools).status_code == 200


def test_what_lies_in_memory_matches_as_the_check_does(
    cast: Cast, tools: Project, django_assert_num_queries: Any
) -> None:
    GroupRule.objects.create(group=cast.acme, has_ceiling=True)
    listed = GroupAllowlistEntry.objects.create(
        group=cast.acme, target_group=tools.group, default_permissions=False, permissions=["read_jobs"]
    )
    services.add_entry(cast.library, tools, by=cast.owner)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    with django_assert_num_queries(4):
        matches = InboundMatcher(cast.library).matches([tools, cast.app])
    for source in (tools, cast.app):
        facts = facts_between(source, cast.developer, cast.library)
        assert (matches[source.pk].effective, matches[source.pk].barred_by) == (facts.entry, facts.barred_by)
    assert isinstance(matches[tools.pk].entry, AllowlistEntry)
    AllowlistEntry.objects.all().delete()
    assert InboundMatcher(cast.library).matches([tools])[tools.pk].entry == listed


def test_one_statement_answers_but_for_the_first_after_the_first_rule(
    cast: Cast, tools: Project, django_assert_num_queries: Any
) -> None:
    token, place = [digest(cast.job_token(tools))], IdOrPath("id", cast.library.pk)
    load.job_facts(token, place)
    with django_assert_num_queries(1):
        load.job_facts(token, place)
    GroupRule.objects.create(group=cast.acme)
    GroupAllowlistEntry.objects.create(group=cast.acme, target_project=tools)
    for statements in (2, 1):
        with django_assert_num_queries(statements):
            found = load.job_facts(token, place)
        assert found is not None
        assert found[1].entry is not None
    GroupRule.objects.all().delete()
    for _ in range(2):
        with django_assert_num_queries(1):
            found = load.job_facts(token, place)
        assert found is not None
        assert found[1].entry is None

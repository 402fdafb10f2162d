"""The check of a job asks no more than the instance uses, and takes the same statements whatever the target is."""

from __future__ import annotations

from typing import Any

import pytest

from identity.secrets import digest
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.access import facts as load
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.sql import check_statement, job_check
from tokenaccess.access.sql.check_statement import Uses
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule, TokenAccessSettings

CONDITIONS = {"protected_refs": True}


@pytest.fixture
def secret(cast: Cast) -> Project:
    """A private project elsewhere."""
    return projects.project("secret", group=projects.group("far", by=cast.owner), by=cast.owner)


def set_conditions(cast: Cast, secret: Project) -> None:
    AllowlistEntry.objects.create(project=secret, target_project=cast.app, conditions=CONDITIONS)


def set_group_conditions(cast: Cast, secret: Project) -> None:
    GroupRule.objects.create(group=secret.group)
    GroupAllowlistEntry.objects.create(group=secret.group, target_project=cast.app, conditions=CONDITIONS)


def limit_outbound(cast: Cast, secret: Project) -> None:
    TokenAccessSettings.objects.update_or_create(project=cast.app, defaults={"limits_outbound": True})


@pytest.mark.parametrize(("use", "first"), [(set_conditions, 2), (set_group_conditions, 3), (limit_outbound, 2)])
def test_the_first_check_after_the_first_use_takes_more_statements_whatever_it_asks_for(
    cast: Cast, secret: Project, use: Any, first: int, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    token = [digest(cast.job_token())]
    places = [IdOrPath("id", secret.pk), ABSENT, IdOrPath.of_path("no/such"), IdOrPath("id", cast.library.pk)]
    use(cast, secret)
    for place in places:
        monkeypatch.setattr(check_statement._Known, "uses", Uses.NOTHING)
        with django_assert_num_queries(first):
            load.job_facts(token, place)
        for other in places:
            with django_assert_num_queries(1):
                load.job_facts(token, other)


def test_what_is_used_no_more_is_asked_no_more(cast: Cast, secret: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_statement._Known, "uses", Uses.EVERYTHING)
    load.job_facts([digest(cast.job_token())], ABSENT)
    assert check_statement._Known.uses == Uses.OUTBOUND_LIMIT  # jobs differ in it


@pytest.mark.pure
def test_the_smallest_statement_only_looks_whether_there_is_more() -> None:
    for statement in (*job_check.CHECKS.values(), *job_check.CHECKS_OF_STARTING_JOB.values()):
        text = " ".join(statement.parts[Uses.NOTHING])
        assert text.count("tokenaccess_grouprule") == 1
        for unread in ("tokenaccess_groupallowlistentry", "jobs_pipeline", "jobs_runner", "'outbound'"):
            assert unread not in text

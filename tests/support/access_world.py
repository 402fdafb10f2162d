"""Generated worlds of groups, projects, people, jobs, lists and rules: what answers are compared over."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.utils import timezone
from waffle.models import Switch

from identity.models import User, today
from jobs.models import Environment, Job, JobToken, Runner
from jobs.runners.job_tokens import narrow_token
from projects.models import Group, Project
from projects.services import move_project
from tests.factories import jobs, people, projects
from tokenaccess.access import facts as load
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.models import (
    AllowlistEntry,
    GroupAllowlistEntry,
    GroupRule,
    InstanceSettings,
    TokenAccessSettings,
)
from tokenaccess.policy import features
from tokenaccess.policy.levels import AddressMode, InboundMode, Role
from tokenaccess.policy.narrowing import Narrowing


def generate_world(chance: random.Random) -> tuple[list[str], list[IdOrPath]]:
    owner = people.person("root")
    groups: list[Group] = []
    for number in range(6):
        parent = chance.choice([None, *groups])
        groups.append(projects.group(f"g{number}", parent=parent, by=owner, visibility=20))
    levels = random.Random(chance.random())  # of its own, so that a further feature leaves the rest as it is
    made = [
        projects.project(
            f"p{number}",
            group=chance.choice(groups),
            by=owner,
            visibility=chance.choice([0, 0, 10, 20]),
            archived=chance.random() < 0.2,
            public_jobs=chance.random() < 0.7,
            **{column: levels.choice([0, 10, 20, 20]) for column in features.columns()},
        )
        for number in range(6)
    ]
    persons = _members(chance, [*groups, *made])
    for project in made:
        _rules(chance, project, made, groups)
    _group_rules(levels, groups, made)
    InstanceSettings.objects.create(inbound_mode=_mode(chance, 0.3, 0.2))
    Switch.objects.update_or_create(name=load.FEATURE_SWITCH, defaults={"active": chance.random() < 0.8})
    Switch.objects.update_or_create(name=load.PUSH_SWITCH, defaults={"active": len(made[0].full_path) % 2 == 0})
    made[0].pending_deletion = True
    made[0].save()
    tokens = [
        jobs.job_token(chance.choice(made), chance.choice([*persons, None]), chance.choice(["running", "success"]))
        for _ in range(8)
    ]
    _vary_jobs(random.Random(chance.random()))
    made[1].fork_origin = made[2].pk
    made[1].save()
    for token in JobToken.objects.order_by("-id")[::3]:
        narrow_token(token.job_id, Narrowing.parse(f"read_packages read_jobs {made[token.job_id % 6].full_path}"))
    return tokens, _addresses([*groups, *made], made[0])


def _members(chance: random.Random, places: list[Group | Project]) -> list[User]:
    persons = [people.person(f"u{number}", is_external=number == 1, is_superuser=number == 2) for number in range(4)]
    for user in persons:
        for place in chance.sample(places, 3):
            end = chance.choice([None, today() + timedelta(days=3)])
            projects.member(user, place, chance.choice([role for role in Role if role]), expires_at=end)
    return persons


def _addresses(rows: list[Group | Project], first: Project) -> list[IdOrPath]:
    """Of each row, and of what is not there."""
    there = [place for row in rows for place in (IdOrPath("id", row.pk), IdOrPath.of_path(row.full_path.upper()))]
    # Before, between and after those that there are: another stands in, and must not be taken for it.
    absent = [IdOrPath.of_path(path) for path in ("!", "g0/p", f"{first.full_path}x", "no/such", "zz/z")]
    return [ABSENT, IdOrPath("id", max(row.pk for row in rows) + 1), *absent, *there]


LOCAL = "127.0.0.1"  # from where the tests send requests
CONDITIONS: list[dict[str, Any]] = [
    {"protected_refs": True},
    {"branches": ["ma*"], "pipeline_sources": ["push", "schedule"]},
    {"tags": ["v*"], "branches": ["main"], "no_forks": True},
    {"environments": ["prod*"]},
    {"no_manual_retries": True, "runner_tags": ["deploy", "linux"]},
    {"runner_networks": ["10.0.0.0/8", "2001:db8::/32"]},
    {"kept_by_a_later_version": True},
]


def _vary_jobs(chance: random.Random) -> None:
    """What conditions ask about: each job has some of it."""
    for job in Job.objects.select_related("pipeline", "project"):
        job.pipeline.ref, job.pipeline.tag = chance.choice([("main", False), ("v1", True), ("topic", False)])
        job.pipeline.source = chance.choice(["push", "schedule", "web"])
        job.pipeline.save()
        job.protected, job.manual_retry = chance.random() < 0.5, chance.random() < 0.5
        if chance.random() < 0.6:
            job.environment = Environment.objects.get_or_create(
                project=job.project, name=chance.choice(["production", "staging"]), defaults={"slug": str(job.pk)}
            )[0]
        if chance.random() < 0.7:
            tags = chance.choice([[], ["deploy"], ["mac"]])
            job.runner = Runner.objects.create(runner_type="instance_type", digest=str(job.pk), tag_list=tags)
            address = chance.choice(["10.1.2.3", "192.0.2.1", "2001:db8::7", ""])
            JobToken.objects.filter(job=job).update(taken_from=address)
        job.save()


def _mode(chance: random.Random, enforced: float, trial: float) -> InboundMode:
    drawn = chance.random()
    if drawn < enforced:
        return InboundMode.ENFORCED
    return InboundMode.TRIAL if drawn < enforced + trial else InboundMode.OPEN


def _rules(chance: random.Random, project: Project, others: list[Project], groups: list[Group]) -> None:
    if chance.random() < 0.6:
        TokenAccessSettings.objects.create(
            project=project,
            inbound_mode=_mode(chance, 0.6, 0.3),
            limits_outbound=chance.random() < 0.4,
            takes_job_pushes=chance.random() < 0.3,
            takes_cross_project_pushes=project.pk % 2 == 0,
        )
    for other in chance.sample([one for one in others if one != project], 3):
        direction = chance.choice(["inbound", "outbound"])
        _list(chance, project=project, target_project=other, direction=direction)
    for group in chance.sample(groups, 2):
        _list(chance, project=project, target_group=group, direction="inbound")


def _group_rules(chance: random.Random, groups: list[Group], made: list[Project]) -> None:
    """In three worlds of four."""
    for group in groups[: chance.choice([0, 2, 4, 4])]:
        GroupRule.objects.create(
            group=group, inbound_mode=_mode(chance, 0.2, 0.2), has_ceiling=chance.random() < 0.5, is_locked=False
        )
        _list(chance, GroupAllowlistEntry, group=group, target_project=chance.choice(made))
        _list(chance, GroupAllowlistEntry, group=group, target_group=chance.choice(groups))


def _list(
    chance: random.Random, model: type[AllowlistEntry | GroupAllowlistEntry] = AllowlistEntry, **fields: Any
) -> None:
    granted = chance.sample(["read_packages", "admin_packages", "read_repositories", "read_jobs"], 2)
    entry = model.objects.create(**fields, default_permissions=chance.random() < 0.5, permissions=granted)
    lapses = random.Random(entry.pk)  # of its own, so that the rest stays as it is
    entry.expires_at = lapses.choice([None, None, today() + timedelta(days=1), today()])
    entry.suspended_at = lapses.choice([None, None, None, timezone.now()])
    entry.conditions = lapses.choice([{}, {}, *CONDITIONS]) if fields.get("direction") != "outbound" else {}
    entry.save()


def extend_world(chance: random.Random) -> list[str]:
    """What `generate_world` leaves out: addresses, stopped tokens, erased jobs, a blocked person, locks of groups, and
    two projects that were moved. The tokens of further jobs, most of which run."""
    made, persons = list(Project.objects.order_by("pk")), list(User.objects.exclude(username="root").order_by("pk"))
    states = ["running", "running", "canceling", "pending"]
    tokens = [jobs.job_token(chance.choice(made[1:]), chance.choice(persons), state) for state in states]
    for token in JobToken.objects.order_by("pk"):
        token.taken_from = chance.choice([token.taken_from, LOCAL])
        token.stopped_at = chance.choice([None] * 7 + [timezone.now()])
        token.save()
        Job.objects.filter(pk=token.job_id).update(erased_at=chance.choice([None] * 9 + [timezone.now()]))
    for settings in TokenAccessSettings.objects.order_by("pk"):
        settings.address_mode = chance.choice([AddressMode.OFF, AddressMode.OFF, AddressMode.TRIAL, AddressMode.REFUSE])
        settings.save()
    for rule in GroupRule.objects.order_by("pk")[::2]:
        rule.is_locked = True
        rule.save()
    User.objects.filter(pk=persons[3].pk).update(is_active=chance.random() < 0.5)
    for project in made[1:3]:
        move_project(project, by=User.objects.get(username="u2"), path=f"moved-{project.path}")
    return tokens

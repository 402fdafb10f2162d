"""Worlds in which each check of the posture report finds something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from waffle.models import Switch

from identity.models import today
from identity.services.tokens import create_token
from jobs.models import Runner, RunnerManager, Schedule, TriggerToken
from projects.models import Group, Project
from resources.terraform_states.models import TerraformState
from tests.factories import jobs, people, projects, runners
from tests.factories.cast import Cast
from tokenaccess.access.facts import FEATURE_SWITCH
from tokenaccess.models import (
    AllowlistEntry,
    GroupAllowlistEntry,
    GroupRule,
    InstanceSettings,
    JobAddress,
    TokenAccessSettings,
)
from tokenaccess.policy.levels import InboundMode, Role, Visibility
from tokenaccess.posture.report import Filters, Report
from tokenaccess.posture.scope import Scope
from tokens.models import DeployToken
from tokens.services.access_tokens import create_access_token


def findings(target: Project | Group | None, reader: Any = None, **filters: Any) -> dict[str, list[str]]:
    """Check → labels."""
    names: dict[str, list[str]] = {}
    for finding in Report(Scope(target), reader, Filters(**filters)).all():
        names.setdefault(finding.check.name, []).append(finding.label)
    return names


def schedule(project: Project, owner: Any, ref: str = "main") -> Schedule:
    return Schedule.objects.create(project=project, owner=owner, description="nightly", ref=ref, cron="0 1 * * *")


def old_entry(cast: Cast, **fields: Any) -> AllowlistEntry:
    entry = AllowlistEntry.objects.create(project=cast.library, **fields)
    AllowlistEntry.objects.update(created_at=timezone.now() - timedelta(days=40))
    return entry


def list_entry(cast: Cast, group: Group | None = None, **fields: Any) -> GroupAllowlistEntry:
    holder = group or cast.acme
    GroupRule.objects.get_or_create(group=holder)
    return GroupAllowlistEntry.objects.create(group=holder, **fields)


def limit_off(cast: Cast) -> None:
    TokenAccessSettings.objects.create(project=cast.library, inbound_mode=InboundMode.OPEN)


def endless_trial(cast: Cast) -> None:
    TokenAccessSettings.objects.create(project=cast.library, inbound_mode=InboundMode.TRIAL)


def wide_group_entry(cast: Cast) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_group=cast.acme, expires_at=today() + timedelta(days=9))


def writable_state(cast: Cast) -> None:
    TerraformState.objects.create(project=cast.library, name="production")
    AllowlistEntry.objects.create(
        project=cast.library, target_project=cast.app, default_permissions=False,
        permissions=["admin_terraform_state", "read_jobs"], expires_at=today() + timedelta(days=9),
    )  # fmt: skip


def wide_group_list_entry(cast: Cast) -> None:
    list_entry(cast, target_group=cast.acme, expires_at=today() + timedelta(days=9))


def cross_project_pushes(cast: Cast) -> None:
    TokenAccessSettings.objects.create(project=cast.library, takes_job_pushes=True, takes_cross_project_pushes=True)


def powerful_schedule(cast: Cast) -> None:
    schedule(cast.library, cast.maintainer, "feature")


def used_elsewhere(cast: Cast) -> None:
    job = jobs.job(cast.library, cast.developer)
    JobAddress.objects.create(job=job, address="203.0.113.9", elsewhere=True, first_at=timezone.now())


def owner_across_borders(cast: Cast) -> None:
    away = projects.project("away", group=projects.group("far", by=cast.owner), by=cast.owner)
    bot = people.person("bot")
    projects.member(bot, cast.library, Role.DEVELOPER)
    schedule(cast.library, bot)
    schedule(away, bot)


def shared_shell(cast: Cast) -> None:
    runners.runner(cast.library)
    RunnerManager.objects.create(runner=Runner.objects.get(), system_id="s", info={"executor": "shell"})
    Runner.objects.get().projects.add(cast.app)


def runner_across_worlds(cast: Cast) -> None:
    runners.runner(cast.library)
    public = projects.project("open", group=projects.group("far", by=cast.owner), visibility=Visibility.PUBLIC)
    Runner.objects.get().projects.add(public)


def endless_personal_token(cast: Cast) -> None:
    create_token(user=cast.developer, name="laptop", scopes=["api"], by=cast.developer)


def endless_runner_token(cast: Cast) -> None:
    runners.runner(cast.library)


def endless_access_token(cast: Cast) -> None:
    create_access_token(cast.library, by=cast.maintainer, by_role=Role.MAINTAINER, name="robot", scopes=["read_api"])


def endless_deploy_token(cast: Cast) -> None:
    DeployToken.objects.create(project=cast.library, name="mirror", username="mirror", digest="d")


def endless_trigger_token(cast: Cast) -> None:
    TriggerToken.objects.create(project=cast.library, owner=cast.maintainer, description="cd", short="abcd", digest="t")


def unused_entry(cast: Cast) -> None:
    old_entry(cast, target_project=cast.app, expires_at=today() + timedelta(days=9))


def unused_group_list_entry(cast: Cast) -> None:
    list_entry(cast, target_project=cast.app, expires_at=today() + timedelta(days=9))
    GroupAllowlistEntry.objects.update(created_at=timezone.now() - timedelta(days=40))


def group_list_entry_without_end(cast: Cast) -> None:
    list_entry(cast, target_project=cast.app)


def entry_without_end(cast: Cast) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app)


def limits_switched_off(cast: Cast) -> None:
    Switch.objects.update_or_create(name=FEATURE_SWITCH, defaults={"active": False})


def registration_tokens(cast: Cast) -> None:
    InstanceSettings.objects.create(pk=1, allow_runner_registration_token=True)


WORLDS: list[Callable[[Cast], None]] = [
    limit_off, endless_trial, wide_group_entry, wide_group_list_entry, writable_state, cross_project_pushes,
    powerful_schedule, used_elsewhere, owner_across_borders, shared_shell, runner_across_worlds, endless_access_token,
    endless_deploy_token, endless_trigger_token, unused_entry,
    unused_group_list_entry, entry_without_end, group_list_entry_without_end, endless_personal_token,
    endless_runner_token,
    limits_switched_off, registration_tokens,
]  # fmt: skip
OF_INSTANCE = {"limits_switched_off", "registration_tokens", "endless_personal_token"}

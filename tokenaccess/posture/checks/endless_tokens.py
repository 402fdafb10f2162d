"""Tokens that work until somebody thinks of revoking them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Generic

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from identity.models import PersonalToken, User
from identity.services.tokens import revoke_token
from jobs.models import Runner, TriggerToken
from jobs.runners.services import let_token_end
from jobs.triggers.trigger_tokens import delete_trigger
from projects.models import Group, Project
from tokenaccess.policy import Action
from tokenaccess.posture.check import Check, Effects, Row, Severity
from tokenaccess.posture.checks.shared_runners import RunnerCheck
from tokenaccess.posture.scope import Scope
from tokens.models import DeployToken
from tokens.services.access_tokens import revoke_access_token
from tokens.services.deploy_tokens import revoke_deploy_token

RUNNER_TOKEN_DAYS = 90  # where the instance has no lifetime for them


class EndlessToken(Check[Row], Generic[Row]):
    """Of whichever kind that is revoked for good."""

    severity = Severity.MEDIUM
    fix_label = gettext_lazy("Revoke the token")
    fix_action = Action.MANAGE_TOKENS
    fix_group_action = Action.MANAGE_GROUP_TOKENS

    def effects(self, row: Row) -> Effects:
        return [(1, _("token works no longer, wherever it is in use."), "")]


class EndlessPersonalToken(EndlessToken[PersonalToken]):
    """Of people, those that administrators made for them too: at the instance only, whose administrators see them."""

    name = "endless_personal_token"
    title = gettext_lazy("Personal token that never expires")
    why = gettext_lazy("Whoever gets a copy can still act as its user in years.")
    model = PersonalToken
    related = ("user",)
    project_field = ""
    fix_question = gettext_lazy("Revoke this personal token?")

    def rows(self, scope: Scope) -> QuerySet[PersonalToken]:
        rows = PersonalToken.objects.filter(expires_at=None, revoked=False, user__is_active=True, user__is_bot=False)
        return rows.order_by() if scope.target is None else rows.none()

    def label(self, row: PersonalToken, hidden: Any) -> str:
        names = {"name": row.name, "user": row.user.username}
        if row.impersonation:
            return _("Impersonation token “%(name)s” of %(user)s") % names
        return _("Personal token “%(name)s” of %(user)s") % names

    def url(self, row: PersonalToken) -> str:
        return reverse("admin:identity_personaltoken_change", args=[row.pk])

    def fix(self, row: PersonalToken, by: User) -> None:
        revoke_token(row, by=by)


class EndlessAccessToken(EndlessToken[PersonalToken]):
    """Of projects and groups."""

    name = "endless_access_token"
    title = gettext_lazy("Access token that never expires")
    why = gettext_lazy("Whoever gets a copy can still use it in years, with the role that the token has.")
    model = PersonalToken
    related = ("user__access_token_bot__project", "user__access_token_bot__group")
    fix_question = gettext_lazy("Revoke this access token?")

    def rows(self, scope: Scope) -> QuerySet[PersonalToken]:
        endless = PersonalToken.objects.filter(expires_at=None, revoked=False, user__is_active=True).order_by()
        of_project = Q(user__access_token_bot__project__in=scope.project_ids)
        return endless.filter(of_project | Q(user__access_token_bot__group__in=scope.groups))

    def project_of(self, row: PersonalToken) -> Project | None:
        return row.user.access_token_bot.project

    def group_of(self, row: PersonalToken) -> Group | None:
        return row.user.access_token_bot.group

    def label(self, row: PersonalToken, hidden: Any) -> str:
        names = {"name": row.name, "path": row.user.access_token_bot.place.full_path}
        return _("Access token “%(name)s” of %(path)s") % names

    def url(self, row: PersonalToken) -> str:
        place = row.user.access_token_bot.place
        return reverse(f"{place.kind}_tokens", args=[place.full_path])

    def fix(self, row: PersonalToken, by: User) -> None:
        revoke_access_token(row, by=by)


class EndlessDeployToken(EndlessToken[DeployToken]):
    name = "endless_deploy_token"
    title = gettext_lazy("Deploy token that never expires")
    why = gettext_lazy("Whoever gets a copy can still use it in years.")
    model = DeployToken
    related = ("project", "group")
    group_field = "group"
    fix_question = gettext_lazy("Revoke this deploy token?")

    def rows(self, scope: Scope) -> QuerySet[DeployToken]:
        endless = DeployToken.objects.filter(expires_at=None, revoked=False).order_by()
        return endless.filter(Q(project__in=scope.project_ids) | Q(group__in=scope.groups))

    def label(self, row: DeployToken, hidden: Any) -> str:
        return _("Deploy token “%(name)s” of %(path)s") % {"name": row.name, "path": row.place.full_path}

    def url(self, row: DeployToken) -> str:
        return reverse(f"{row.place.kind}_tokens", args=[row.place.full_path])

    def fix(self, row: DeployToken, by: User) -> None:
        revoke_deploy_token(row, by=by)


class EndlessTriggerToken(EndlessToken[TriggerToken]):
    name = "endless_trigger_token"
    title = gettext_lazy("Trigger token that never expires")
    why = gettext_lazy("Whoever finds a copy starts pipelines with its owner's rights, at any time to come.")
    model = TriggerToken
    related = ("project", "owner")
    fix_label = gettext_lazy("Delete the token")
    fix_question = gettext_lazy("Delete this trigger token?")
    fix_action = Action.MANAGE_TRIGGERS

    def rows(self, scope: Scope) -> QuerySet[TriggerToken]:
        endless = TriggerToken.objects.filter(expires_at=None, owner__is_active=True).order_by()
        return endless.filter(project__in=scope.project_ids)

    def label(self, row: TriggerToken, hidden: Any) -> str:
        names = {"name": row.description, "path": row.project.full_path, "owner": row.owner.username}
        return _("Trigger token “%(name)s” of %(path)s, as %(owner)s") % names

    def url(self, row: TriggerToken) -> str:
        return reverse("project_triggers", args=[row.project.full_path])

    def effects(self, row: TriggerToken) -> Effects:
        return [(1, _("token starts no pipeline any more."), "")]

    def fix(self, row: TriggerToken, by: User) -> None:
        delete_trigger(row, by=by)


class EndlessRunnerToken(RunnerCheck):
    """Low: unless the instance gives runner tokens a lifetime, all of them are such."""

    name = "endless_runner_token"
    severity = Severity.LOW
    title = gettext_lazy("Runner whose token never expires")
    why = gettext_lazy("Whoever gets a copy takes the runner's jobs, and their tokens with them, at any time to come.")
    fix_label = gettext_lazy("Set an end")
    fix_question = gettext_lazy("Set an end for the token of this runner?")

    def rows(self, scope: Scope) -> QuerySet[Runner]:
        return self.runners(scope).filter(token_expires_at=None)

    def effects(self, row: Runner) -> Effects:
        machines = row.managers.count()
        needing = ngettext(
            "machine uses it, and needs a new token by then.",
            "machines use it, and need a new token by then.",
            machines,
        )
        return [(_lifetime(), _("days until the token expires."), ""), (machines, needing, "")]

    def fix(self, row: Runner, by: User) -> None:
        let_token_end(row, timedelta(days=_lifetime()), by=by)


def _lifetime() -> int:
    days: int = settings.RUNNER_TOKEN_DAYS
    return days or RUNNER_TOKEN_DAYS

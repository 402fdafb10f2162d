"""Tokens that work until somebody thinks of revoking them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import PersonalToken, User
from jobs.models import TriggerToken
from jobs.triggers.trigger_tokens import delete_trigger
from projects.models import Group, Project
from tokenaccess.policy import Action
from tokenaccess.posture.check import Check, Effects, Severity
from tokenaccess.posture.scope import Scope
from tokens.models import DeployToken
from tokens.services.access_tokens import revoke_access_token
from tokens.services.deploy_tokens import revoke_deploy_token


class EndlessAccessToken(Check[PersonalToken]):
    """Of projects and groups; those of people are in the administration."""

    name = "endless_access_token"
    severity = Severity.MEDIUM
    title = gettext_lazy("Access token that never expires")
    why = gettext_lazy("Whoever gets a copy can still use it in years, with the role that the token has.")
    model = PersonalToken
    related = ("user__access_token_bot__project", "user__access_token_bot__group")
    fix_label = gettext_lazy("Revoke the token")
    fix_question = gettext_lazy("Revoke this access token?")
    fix_action = Action.MANAGE_TOKENS
    fix_group_action = Action.MANAGE_GROUP_TOKENS

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

    def effects(self, row: PersonalToken) -> Effects:
        return [(1, _("token works no longer, wherever it is in use."), "")]

    def fix(self, row: PersonalToken, by: User) -> None:
        revoke_access_token(row, by=by)


class EndlessDeployToken(Check[DeployToken]):
    name = "endless_deploy_token"
    severity = Severity.MEDIUM
    title = gettext_lazy("Deploy token that never expires")
    why = gettext_lazy("Whoever gets a copy can still use it in years.")
    model = DeployToken
    related = ("project", "group")
    group_field = "group"
    fix_label = gettext_lazy("Revoke the token")
    fix_question = gettext_lazy("Revoke this deploy token?")
    fix_action = Action.MANAGE_TOKENS
    fix_group_action = Action.MANAGE_GROUP_TOKENS

    def rows(self, scope: Scope) -> QuerySet[DeployToken]:
        endless = DeployToken.objects.filter(expires_at=None, revoked=False).order_by()
        return endless.filter(Q(project__in=scope.project_ids) | Q(group__in=scope.groups))

    def label(self, row: DeployToken, hidden: Any) -> str:
        return _("Deploy token “%(name)s” of %(path)s") % {"name": row.name, "path": row.place.full_path}

    def url(self, row: DeployToken) -> str:
        return reverse(f"{row.place.kind}_tokens", args=[row.place.full_path])

    def effects(self, row: DeployToken) -> Effects:
        return [(1, _("token works no longer, wherever it is in use."), "")]

    def fix(self, row: DeployToken, by: User) -> None:
        revoke_deploy_token(row, by=by)


class EndlessTriggerToken(Check[TriggerToken]):
    name = "endless_trigger_token"
    severity = Severity.MEDIUM
    title = gettext_lazy("Trigger token that never expires")
    why = gettext_lazy("Whoever finds a copy starts pipelines with its owner’s rights, at any time to come.")
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

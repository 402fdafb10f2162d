"""Settings of the instance that open all projects."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from waffle.models import Switch

from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import FEATURE_SWITCH
from tokenaccess.allowlist import services
from tokenaccess.models import InstanceSettings
from tokenaccess.policy import Action
from tokenaccess.posture.check import Check, Effects, Severity
from tokenaccess.posture.scope import Scope


class LimitsSwitchedOff(Check[Switch]):
    name = "limits_switched_off"
    severity = Severity.CRITICAL
    title = gettext_lazy("The instance enforces no limits")
    why = gettext_lazy("Jobs of every project reach every project that the person who started them may reach.")
    model = Switch
    related = ()
    project_field = ""
    fix_label = gettext_lazy("Enforce limits")
    fix_question = gettext_lazy("Enforce the limits of all projects again?")
    fix_action = Action.ADMINISTER

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows = Switch.objects.filter(name=FEATURE_SWITCH, active=False).order_by()
        return rows if scope.target is None else rows.none()

    def label(self, row: Switch, hidden: Any) -> str:
        return _("Limits of all projects")

    def effects(self, row: Switch) -> Effects:
        return [(Project.objects.alive().count(), _("projects are limited again as their settings say."), "")]

    def fix(self, row: Switch, by: User) -> None:
        services.set_feature_switch(FEATURE_SWITCH, active=True, by=by)


class RegistrationTokens(Check[InstanceSettings]):
    name = "registration_tokens"
    severity = Severity.MEDIUM
    title = gettext_lazy("Runners can be added with registration tokens")
    why = gettext_lazy("Whoever finds such a token adds a runner of their own, which then gets jobs with their tokens.")
    model = InstanceSettings
    related = ()
    project_field = ""
    fix_label = gettext_lazy("Turn registration tokens off")
    fix_question = gettext_lazy("Turn registration tokens off?")
    fix_action = Action.ADMINISTER

    def rows(self, scope: Scope) -> QuerySet[InstanceSettings]:
        rows = InstanceSettings.objects.filter(allow_runner_registration_token=True).order_by()
        return rows if scope.target is None else rows.none()

    def label(self, row: InstanceSettings, hidden: Any) -> str:
        return _("Registration tokens")

    def url(self, row: InstanceSettings) -> str:
        return reverse("admin:tokenaccess_instancesettings_changelist")

    def effects(self, row: InstanceSettings) -> Effects:
        return [(1, _("way less to add a runner; those that are there stay."), "")]

    def fix(self, row: InstanceSettings, by: User) -> None:
        services.change_instance_settings(by=by, allow_runner_registration_token=False)

"""Terraform states that jobs of other projects may write."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.permissions import Permission
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.entries import EntryCheck, granting, used_by
from tokenaccess.posture.scope import Scope


class WritableState(EntryCheck):
    name = "writable_state"
    severity = Severity.HIGH
    title = gettext_lazy("Terraform state writable from elsewhere")
    why = gettext_lazy("Whoever writes a Terraform state decides what the next run changes in the infrastructure.")
    fix_label = gettext_lazy("Allow reading only")
    fix_question = gettext_lazy("Let this entry only read Terraform states?")

    def rows(self, scope: Scope) -> QuerySet[AllowlistEntry]:
        holding = self.grants(scope, Permission.ADMIN_TERRAFORM_STATE).filter(project__in=scope.projects_with_states)
        return granting(holding, Permission.ADMIN_TERRAFORM_STATE)

    def effects(self, row: AllowlistEntry) -> Effects:
        left = _permissions_left(row)
        return [(len(left), _("permissions stay:"), ", ".join(left))]

    def fix(self, row: AllowlistEntry, by: User) -> None:
        services.set_permissions(
            row.project, row.target, default_permissions=False, permissions=_permissions_left(row), by=by
        )


def _permissions_left(entry: AllowlistEntry) -> list[str]:
    """What it grants, or of one that grants everything what was used; of states reading only."""
    granted = set(used_by(entry)) if entry.default_permissions else set(entry.permissions)
    writes = Permission.ADMIN_TERRAFORM_STATE in granted
    left = (granted - {str(Permission.ADMIN_TERRAFORM_STATE)}) | (
        {str(Permission.READ_TERRAFORM_STATE)} if writes else set()
    )
    return sorted(left)

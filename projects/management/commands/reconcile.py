"""`manage.py reconcile`: checks that effective roles follow from the memberships, and repairs those that do not.

Services keep the two equal; this finds what was changed behind their back, and takes away what has ended by itself.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from identity.models import today
from projects.models import Group, GroupEffectiveRole, GroupLink, Membership, Project, ProjectEffectiveRole
from projects.roles import effective_roles


class Command(BaseCommand):
    help = "Repair people's roles in groups and projects, and remove memberships that have ended."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a row is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = ended = 0
        for root in Group.objects.filter(parent=None):
            with transaction.atomic():
                effective_roles.lock_tree(root)
                ended += _remove_ended(root)
                wrong += effective_roles.sync(
                    groups=Group.objects.below(root.pk), projects=Project.objects.below(root.pk)
                )
                if options["check"]:
                    transaction.set_rollback(True)
        self.stdout.write(f"Effective roles that were wrong: {wrong}. Memberships that had ended: {ended}.")
        if options["check"] and wrong:
            raise CommandError("An effective role does not follow from the memberships; run without --check.")


def _remove_ended(root: Group) -> int:
    """Memberships whose day has come, with the rows that follow from them: nothing is wrong with those."""
    groups, projects = Group.objects.below(root.pk), Project.objects.below(root.pk)
    GroupEffectiveRole.objects.filter(content_object__in=groups, until__lte=today()).delete()
    ProjectEffectiveRole.objects.filter(content_object__in=projects, until__lte=today()).delete()
    for links in (GroupLink.objects.filter(group__in=groups), GroupLink.objects.filter(project__in=projects)):
        links.filter(expires_at__lte=today()).delete()
    ended = Membership.objects.filter(expires_at__lte=today())
    count = 0
    for inside in (ended.filter(group__in=groups), ended.filter(project__in=projects)):
        count += inside.delete()[0]
    return count

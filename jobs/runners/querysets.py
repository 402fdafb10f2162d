"""Which runners a person may manage, and which may take a project's jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from identity.models import User
from jobs.runners.types import ONLINE_FOR, STALE_AFTER, RunnerType
from projects.models import Group, Project
from tokenaccess.policy.levels import Role

if TYPE_CHECKING:
    from jobs.models import Runner  # noqa: F401


class RunnerQuerySet(QuerySet["Runner"]):
    def managed_by(self, user: User) -> RunnerQuerySet:
        """Runners that `user` may change: all for administrators, otherwise those of groups they own and of projects
        they maintain. The same answer as the policy gives for each owner, in one statement."""
        if user.is_superuser:
            return self.all()
        projects = Project.objects.with_min_role(user, Role.MAINTAINER)
        groups = Group.objects.with_min_role(user, Role.OWNER)
        of_project = Q(runner_type=RunnerType.PROJECT, projects__in=projects)
        return self.filter(of_project | Q(runner_type=RunnerType.GROUP, group__in=groups)).distinct()

    def token_resettable_by(self, user: User) -> RunnerQuerySet:
        """Runners whose token `user` may replace. The token gives access to the jobs of every project that the runner
        serves, so the person must maintain each of them."""
        maintained = Project.objects.with_min_role(user, Role.MAINTAINER)
        return self.managed_by(user).exclude(projects__in=Project.objects.exclude(pk__in=maintained.values("pk")))

    def deletable_by(self, user: User) -> RunnerQuerySet:
        """Those that serve one project only: of the others a maintainer of one takes that one away. Administrators
        delete any."""
        rows = self.managed_by(user)
        if user.is_superuser:
            return rows
        counted: Any = self.model._default_manager.annotate(served=Count("projects"))
        return rows.exclude(pk__in=counted.filter(served__gt=1).order_by().values("pk"))

    def available_to(self, project: Project) -> RunnerQuerySet:
        """Runners that may take the project's jobs: its own, its groups', and the instance's."""
        serves = Q(projects=project) | Q(group__in=Group.objects.above(project.group_id).order_by().values("pk"))
        if project.shared_runners_enabled:
            serves |= Q(runner_type=RunnerType.INSTANCE)
        return self.filter(serves).distinct()

    def with_connection_status(self, status: str) -> RunnerQuerySet:
        """Runners whose last contact makes them `online`, `offline`, `stale` or `never_contacted`."""
        online_since, stale_since = timezone.now() - ONLINE_FOR, timezone.now() - STALE_AFTER
        match status:
            case "online":
                return self.filter(contacted_at__gt=online_since)
            case "offline":
                return self.filter(contacted_at__lte=online_since, contacted_at__gt=stale_since)
            case "stale":
                return self.filter(contacted_at__lte=stale_since)
            case _:
                return self.filter(contacted_at=None)

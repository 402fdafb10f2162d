"""Whose runner it is, and so who may manage it: the instance's administrators, the group's owners, or the maintainers
of a project it serves."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from identity.models import User
from jobs.models import Runner
from jobs.models.runner import RunnerType
from projects.models import Group, Project
from tokenaccess.policy.levels import Role


def managed_by(user: User) -> QuerySet[Runner]:
    """Those `user` may change: as the policy decides for each place, asked for all at once."""
    if user.is_superuser:
        return Runner.objects.all()
    projects = Project.objects.where_standing(user, Role.MAINTAINER)
    groups = Group.objects.where_standing(user, Role.OWNER)
    return Runner.objects.filter(
        Q(runner_type=RunnerType.PROJECT, projects__in=projects) | Q(runner_type=RunnerType.GROUP, group__in=groups)
    ).distinct()


def held_by(user: User) -> QuerySet[Runner]:
    """Those whose token `user` may have. It opens the jobs of every project the runner serves: each must be theirs."""
    theirs = Project.objects.where_standing(user, Role.MAINTAINER)
    return managed_by(user).exclude(projects__in=Project.objects.exclude(pk__in=theirs.values("pk")))


def available_to(project: Project) -> QuerySet[Runner]:
    """All that may take the project's jobs: its own, its groups', the instance's."""
    serves = Q(projects=project) | Q(group__in=Group.objects.above(project.group_id).order_by().values("pk"))
    if project.shared_runners_enabled:
        serves |= Q(runner_type=RunnerType.INSTANCE)
    return Runner.objects.filter(serves).distinct()

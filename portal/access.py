"""The state of Token Access in one word per project, for lists and overviews."""

from collections.abc import Iterable

from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import is_switch_on
from tokenaccess.models import InstanceSettings, TokenAccessSettings
from tokenaccess.policy.levels import Role


def access_states(projects: Iterable[Project]) -> dict[int, str]:
    """Project id → `enforced` (only listed projects come in), `trial`, `open`, or `off` (by the feature
    switch).

    Three statements, however many projects.
    """
    ids = [project.pk for project in projects]
    if not ids:
        return {}
    if not is_switch_on():
        return dict.fromkeys(ids, "off")
    own, instance = TokenAccessSettings.objects.in_bulk(ids), InstanceSettings.current()
    states = {}
    for pk in ids:
        settings = own.get(pk) or TokenAccessSettings(pk=pk)
        settings.instance = instance
        states[pk] = settings.effective_inbound_mode.name.lower()
    return states


def visible_access_states(user: User | None, projects: Iterable[Project]) -> dict[int, str]:
    """The same for those of `projects` whose settings `user` may see: where the person is maintainer."""
    ids = [project.pk for project in projects]
    if user is None or not ids:
        return {}
    return access_states(Project.objects.with_min_role(user, Role.MAINTAINER).filter(pk__in=ids))

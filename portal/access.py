"""The state of Token Access in one word per project, for lists and overviews."""

from collections.abc import Iterable

from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import is_switch_on
from tokenaccess.models import GroupRule, InstanceSettings, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode, Role


def access_states(projects: Iterable[Project]) -> dict[int, str]:
    """Project id → `enforced` (only listed projects come in), `trial`, `open`, or `off` (by the feature
    switch).

    Four statements, however many projects.
    """
    groups = {project.pk: project.group_id for project in projects}
    ids = list(groups)
    if not ids:
        return {}
    if not is_switch_on():
        return dict.fromkeys(ids, "off")
    own, instance = TokenAccessSettings.objects.in_bulk(ids), InstanceSettings.current()
    modes = GroupRule.objects.strictest_modes(groups.values())
    states = {}
    for pk in ids:
        settings = own.get(pk) or TokenAccessSettings(pk=pk)
        settings.instance, settings.group_mode = instance, modes.get(groups[pk], InboundMode.OPEN)
        states[pk] = settings.effective_inbound_mode.name.lower()
    return states


def visible_access_states(user: User | None, projects: Iterable[Project]) -> dict[int, str]:
    """The same for those of `projects` whose settings `user` may see: where the person is maintainer."""
    ids = [project.pk for project in projects]
    if user is None or not ids:
        return {}
    return access_states(Project.objects.with_min_role(user, Role.MAINTAINER).filter(pk__in=ids))

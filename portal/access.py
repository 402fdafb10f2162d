"""The state of Token Access in one word per project, for lists and overviews."""

from collections.abc import Iterable

from identity.models import User
from projects.models import Project
from tokenaccess.load import is_enforced
from tokenaccess.models import InstanceSettings, TokenAccessSettings
from tokenaccess.policy.levels import Role


def states(projects: Iterable[Project]) -> dict[int, str]:
    """Project id → `enforced` (only listed projects come in), `open`, or `off` (by the feature switch).

    Three statements, however many projects.
    """
    ids = [project.pk for project in projects]
    if not ids:
        return {}
    if not is_enforced():
        return dict.fromkeys(ids, "off")
    if InstanceSettings.current().enforce_inbound:
        return dict.fromkeys(ids, "enforced")
    own = TokenAccessSettings.objects.in_bulk(ids)
    default = TokenAccessSettings()
    return {pk: "enforced" if own.get(pk, default).limits_inbound else "open" for pk in ids}


def states_for(user: User | None, projects: Iterable[Project]) -> dict[int, str]:
    """The same for those of `projects` whose settings `user` may see: where the person is maintainer."""
    ids = [project.pk for project in projects]
    if user is None or not ids:
        return {}
    return states(Project.objects.where_standing(user, Role.MAINTAINER).filter(pk__in=ids))

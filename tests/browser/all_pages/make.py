"""Makes the world of tests/browser/all_pages/world.py."""

from __future__ import annotations

from django.utils import timezone

from identity.models import User
from projects.models import Group, Project
from projects.services import create_project
from setup import demo
from tests.browser.all_pages import access, resources, runs, settings
from tests.browser.all_pages.world import World
from tests.factories import people
from tests.support.client import Api


def make_world() -> World:
    assert demo.ensure() is not None
    world = _demo_world()
    runs.fill(world)
    resources.fill(world)
    settings.fill(world)
    access.fill(world)
    return world


def _demo_world() -> World:
    owner = User.objects.get(username="owner")
    admin = people.person("root", name="Administrator", is_superuser=True, is_staff=True)
    User.objects.filter(pk__in=[owner.pk, admin.pk]).update(last_login=timezone.now())
    group = Group.objects.get(path="acme")
    return World(
        people={user.username: user for user in User.objects.all()},
        library=Project.objects.get(path="library"),
        app=Project.objects.get(path="app"),
        site=Project.objects.get(path="site"),
        scanner=Project.objects.get(path="scanner"),
        group=group,
        empty=_empty_project(group, owner),
        admin=admin,
        api=Api(token=people.token_for(owner)),
        values={"suffix": "csv", "credential": "personal"},
    )


def _empty_project(group: Group, owner: User) -> Project:
    return create_project(name="Empty", path="empty", group=group, by=owner)

"""Members, tokens, keys, hooks, schedules, variables: what a project, a group, a person and the instance have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone

from hooks.models import Delivery, Hook
from identity.models import today
from jobs.models import CiVariable, Schedule
from projects.models import Membership
from projects.services import create_group
from projects.services.links import invite_group
from tests.browser.all_pages.world import WEBSITE, World
from tests.factories import oauth, people, ssh_keys
from tests.support.client import Api
from tests.support.second_factors import Passkey, enable_two_factor
from tokenaccess.policy.levels import Role

# Where a thing may be: of a project, a group, the instance.
PLACES = ("project", "group", "instance")


def fill(world: World) -> None:
    _people(world)
    _tokens(world)
    _keys(world)
    _hooks(world)
    _runs(world)
    _applications(world)
    _second_factors(world)


def _people(world: World) -> None:
    partners = create_group(name="Partners", path="partners", by=world.owner)
    world.values["destination"] = partners.pk
    link = invite_group(partners, target=world.library, role=Role.REPORTER, by=world.owner)
    of_group = invite_group(
        partners, target=world.group, role=Role.GUEST, by=world.owner, expires_at=today() + timedelta(days=30)
    )
    member = world.make("members", user_id=world.people["outsider"].pk, access_level=Role.DEVELOPER)
    world.values |= {
        "membership": Membership.objects.get(project=world.library, user_id=member["id"]).pk,
        "group_membership": Membership.objects.get(group=world.group, user__username="developer").pk,
        "link": link.pk,
        "group_link": of_group.pk,
        "protected": world.library.protected_refs.earliest("id").pk,
    }


def _tokens(world: World) -> None:
    soon = (today() + timedelta(days=6)).isoformat()
    for place, at in (("project", world.at), ("group", f"/groups/{world.group.pk}")):
        access = world.make(f"{at}/access_tokens", name="robot", scopes=["read_api"], access_level=30, expires_at=soon)
        world.make(f"{at}/deploy_tokens", name="fetcher", scopes=["read_repository"])
        world.values[f"{place}_token_id"] = access["id"]
    people.token_for(world.owner, ("read_api", "read_repository"), expires_at=today() + timedelta(days=3))
    world.values["token_id"] = world.api.get("/personal_access_tokens/self").json()["id"]


def _keys(world: World) -> None:
    world.values["own_key_id"] = ssh_keys.ssh_key(world.owner).pk
    world.values["key_id"] = ssh_keys.deploy_key(world.library, world.owner).pk


def _hooks(world: World) -> None:
    admin = Api(token=people.token_for(world.admin))
    addresses = {"project": f"{world.at}/hooks", "group": f"/groups/{world.group.pk}/hooks", "instance": "/hooks"}
    for place, address in addresses.items():
        hook = admin.post(address, {"url": f"{WEBSITE}hook", "name": "Chat of the team"}).json()["id"]
        Hook.objects.filter(pk=hook).update(dropped=7, dropped_at=timezone.now())
        deliveries = [_delivery(hook, status) for status in (200, 500, None)]
        world.values |= {f"{place}_hook_id": hook, f"{place}_delivery_id": deliveries[1].pk}


def _delivery(hook: int, status: int | None) -> Delivery:
    return Delivery.objects.create(
        hook_id=hook,
        event="push_events",
        payload={"object_kind": "push", "ref": "refs/heads/main", "project": {"name": "Library"}},
        attempts=1,
        sent_at=timezone.now(),
        duration=0.125,
        url=f"{WEBSITE}hook",
        request_headers={"Content-Type": "application/json"},
        response_status=status,
        response_headers={"Content-Type": "text/plain"} if status else {},
        response_body="thanks" if status == 200 else "",
        error="" if status else "The receiver took too long to answer",
    )


def _runs(world: World) -> None:
    schedule = world.make("pipeline_schedules", description="nightly build", ref="main", cron="0 1 * * *")
    Schedule.objects.create(
        project=world.library, owner=world.people["maintainer"], description="of another", ref="main", cron="@weekly"
    )
    world.values |= {
        "schedule_id": schedule["id"],
        "trigger_id": world.make("triggers", description="deploy bot")["id"],
    }
    admin = Api(token=people.token_for(world.admin))
    where: dict[str, Any] = {
        "project": (world.at, {"project": world.library}),
        "group": (f"/groups/{world.group.pk}", {"group": world.group}),
        "instance": ("/admin/ci", {"project": None, "group": None}),
    }
    for place, (address, found) in where.items():
        body = {"key": "DEPLOY_KEY", "value": "a-long-secret", "masked": True}
        assert admin.post(f"{address}/variables", body).status_code == 201
        world.values[f"{place}_variable_id"] = CiVariable.objects.get(key="DEPLOY_KEY", **found).pk


def _applications(world: World) -> None:
    other = oauth.application("Dashboard")
    other.tokens_for(world.owner, scope="api openid")
    world.values |= {
        "application_id": oauth.application("Mine", user=world.owner).row.pk,
        "instance_application_id": other.row.pk,
        "authorize": other.authorize(),
    }


def _second_factors(world: World) -> None:
    enable_two_factor(world.owner)
    Passkey().enable_for(world.owner)
    world.values["pk"] = Authenticator.objects.get(user=world.owner, type="webauthn").pk

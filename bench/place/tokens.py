"""Tokens, keys, applications and webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from bench.place.rows import IN_A_YEAR, Place, add, digest, each, name_of
from hooks.models import Delivery, Hook
from identity.encryption import encrypt
from identity.models import PersonalToken, User
from jobs.models import TriggerToken
from oauth.models import AccessToken, Application
from ssh_keys.models import DeployKeyProject, SshKey
from tokens.models import AccessTokenBot, DeployToken


def fill(place: Place, numbers: Sequence[int]) -> None:
    _fill_tokens_of_people(place, numbers)
    for name, home in place.owners.items():
        _fill_tokens_of_home(place, numbers, name, home)
    _fill_keys(place, numbers)
    _fill_applications(place, numbers)
    for home in place.homes.values():
        _fill_hooks(place, numbers, home)


def _fill_tokens_of_people(place: Place, numbers: Sequence[int]) -> None:
    ends = (timezone.now() + IN_A_YEAR).date()
    lasting = {"scopes": ["read_api"], "expires_at": ends}
    for owner in (place.person, place.administrator):
        add(PersonalToken, numbers, user=owner, name=name_of("token"), digest=digest(f"of {owner.pk}"), **lasting)
    secret = {"digest": digest("trigger"), "short": "abcd", "sealed": encrypt("glptt-secret")}
    add(TriggerToken, numbers, project=place.project, owner=place.person, description=name_of("trigger"), **secret)


def _fill_tokens_of_home(place: Place, numbers: Sequence[int], name: str, home: dict[str, object]) -> None:
    ends = timezone.now() + IN_A_YEAR
    bots = add(User, numbers, username=name_of(f"{name}_bot"), name="Bot", password="!", is_bot=True)
    count, bot = each(bots)
    add(AccessTokenBot, count, user=bot, role=30, **home)
    of_bot = {"digest": lambda one: digest("bot")(bots[one].pk), "scopes": ["read_api"], "expires_at": ends.date()}
    add(PersonalToken, count, user=bot, name=name_of("access"), **of_bot)
    deploy = {"digest": digest(f"deploy {name}"), "scopes": ["read_repository"], "expires_at": ends}
    names = {"name": name_of("deploy"), "username": name_of("deploy")}
    add(DeployToken, numbers, creator=place.person, **deploy, **names, **home)


def _fill_keys(place: Place, numbers: Sequence[int]) -> None:
    about = {"public_key": "ssh-ed25519 AAAA", "fingerprint_md5": "00"}
    for owner in (place.person, place.administrator):
        own = digest(f"key {owner.pk}", 43)
        add(SshKey, numbers, user=owner, title=name_of("laptop"), fingerprint_sha256=own, **about)
    robot = digest("robot", 43)
    keys = add(SshKey, numbers, title=name_of("robot"), creator=place.person, fingerprint_sha256=robot, **about)
    count, key = each(keys)
    add(DeployKeyProject, count, key=key, project=place.project, granted_by=place.person)


def _fill_applications(place: Place, numbers: Sequence[int]) -> None:
    about = {"redirect_uris": "https://client.example.com/callback", "client_type": "public", "scopes": ["api"]}
    add(Application, numbers, name=name_of("client"), client_id=digest("client"), **about)
    ends = timezone.now() + IN_A_YEAR
    for owner in (place.person, place.administrator):
        own = {"user": owner, "client_id": digest(f"client {owner.pk}")}
        applications = add(Application, numbers, name=name_of("client"), **own, **about)
        count, application = each(applications)
        token = {"digest": lambda one, made=applications: digest("access")(made[one].pk), "scope": "api"}
        add(AccessToken, count, application=application, user=owner, expires=ends, **token)


def _fill_hooks(place: Place, numbers: Sequence[int], home: dict[str, object]) -> None:
    sealed = Hook()
    sealed.encrypt_secrets({"url": "https://example.com/hook"})
    about = {"events": ["push_events"], "creator": place.person, "sealed": sealed.sealed}
    hooks = add(Hook, numbers, name=name_of("hook"), **about, **home)
    sent = {"event": "push_events", "payload": {"ref": "main"}, "attempts": 1, "response_status": 200}
    count, hook = each(hooks)
    add(Delivery, count, hook=hook, url="https://example.com/hook", sent_at=timezone.now(), **sent)
    first = Hook.objects.filter(**(home or {"project": None, "group": None})).order_by("id")[0]
    add(Delivery, numbers, hook=first, url="https://example.com/hook", sent_at=timezone.now(), **sent)

"""What Token Access itself has to show: entries of all states, uses and refusals, a trial, reviews, findings."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from identity.models import today
from projects.models import Group, Project
from projects.services import create_project
from tests.browser.all_pages.world import World
from tests.support.token_access import count, record_authorization, record_refusal
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, RefusalRecord
from tokenaccess.policy.levels import AddressMode, InboundMode
from tokenaccess.policy.location import USED_ELSEWHERE
from tokenaccess.posture.acceptances import accept
from tokenaccess.posture.report import find
from tokenaccess.posture.scope import Scope


def fill(world: World) -> None:
    callers = _callers(world)
    _entries(world, callers)
    _uses(world, callers)
    _trial(world, callers)
    _reviews(world)
    _group(world, callers)
    _findings(world)


def _callers(world: World) -> list[Project]:
    """Projects whose jobs come asking."""
    names = ("billing", "website", "mobile", "reports", "search-with-quite-a-long-name-of-its-own")
    return [create_project(name=name.title(), path=name, group=world.group, by=world.owner) for name in names]


def _entries(world: World, callers: list[Project]) -> None:
    """One plain, and one for each state in which an entry can be."""
    by, platform = world.owner, Group.objects.get(path="platform")
    terms: services.Terms = {
        "reason": "Builds the website from our packages",
        "owner": world.people["maintainer"],
        "expires_at": today() + timedelta(days=9),
        "conditions": {"protected_refs": True, "branches": ["main", "release/*"], "pipeline_sources": ["push"]},
    }
    plain = services.add_entry(world.library, callers[0], by=by)
    services.add_entry(world.library, platform, by=by, default_permissions=False, permissions=["read_packages"])
    services.add_entry(world.library, callers[1], by=by, terms=terms)
    ended = services.add_entry(world.library, callers[2], by=by, terms={"reason": "For the migration"})
    old = services.add_entry(world.library, callers[3], by=by)
    services.suspend_entry(services.add_entry(world.library, callers[4], by=by), by=by)
    AllowlistEntry.objects.filter(pk=ended.pk).update(expires_at=today() - timedelta(days=2))
    AllowlistEntry.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(days=200), confirmed_at=timezone.now() - timedelta(days=200)
    )
    outbound = services.add_entry(world.library, world.site, by=by, direction="outbound")
    services.add_entry(world.app, world.library, by=by)
    world.values |= {"entry": plain.pk, "outbound_entry": outbound.pk, "ended_entry": ended.pk}


def _uses(world: World, callers: list[Project]) -> None:
    for day in range(0, 80, 3):
        count(world.library, callers[0], uses=4 + day % 7, refusals=day % 5 // 4, days=day)
        count(world.library, callers[1], uses=day % 4, refusals=day % 3, days=day)
    for days, caller in enumerate(callers[:3], start=1):
        record_authorization(world.library, caller, days=days)
    record_authorization(world.library, world.scanner, days=4, read_packages=timezone.now().isoformat())
    record_refusal(world.library, world.site, count=12)


def _trial(world: World, callers: list[Project]) -> None:
    """The app tries its limit."""
    services.set_inbound_mode(world.app, InboundMode.TRIAL, by=world.owner)
    services.set_address_mode(world.library, AddressMode.TRIAL, by=world.owner)
    for days, caller in enumerate(callers[:3]):
        record = record_refusal(world.app, caller, count=3 * days + 1)
        at = timezone.now() - timedelta(days=20 * days)
        RefusalRecord.objects.filter(pk=record.pk).update(trial=True, first_at=at, last_at=at, job_id=100 + days)
    services.ignore_source(world.app, callers[2], by=world.owner)
    record = record_refusal(
        world.library, world.app, count=4, sentence=USED_ELSEWHERE, job_id=world.values["refused_job_id"]
    )
    RefusalRecord.objects.filter(pk=record.pk).update(trial=True, rule="located")
    services.ignore_source(world.group, callers[1], by=world.owner)


def _reviews(world: World) -> None:
    done = services.start_review(world.library, by=world.owner)
    for entry in AllowlistEntry.objects.filter(project=world.library):
        services.review_entry(done, entry.pk, "keep", by=world.owner, note="Asked its owner")
    services.sign_off(done, by=world.owner, note="All is well")
    review = services.start_review(world.library, by=world.owner)
    services.review_entry(review, world.values["entry"], "keep", by=world.owner, note="Still used")
    world.values |= {"review": review.pk, "done_review": done.pk}


def _group(world: World, callers: list[Project]) -> None:
    services.change_group_rule(world.group, by=world.owner, inbound_mode=InboundMode.TRIAL, has_ceiling=True)
    services.add_group_entry(world.group, callers[0], by=world.owner, terms={"reason": "Reads all logs"})
    services.add_group_entry(world.group, Group.objects.get(path="tools"), by=world.owner)
    entry = GroupAllowlistEntry.objects.earliest("id")
    review = services.start_review(world.group, by=world.owner)
    services.review_entry(review, entry.pk, "keep", by=world.owner, note="Reads them every night")
    world.values |= {"group_entry": entry.pk, "group_review": review.pk}


def _findings(world: World) -> None:
    """One is accepted; the checks find the others by themselves."""
    subject = world.values["entry"]
    found = find(Scope(world.library), "entry_without_end", subject)
    if found is not None:
        accept(*found, reason="Needed for good", until=today() + timedelta(days=30), by=world.owner)

"""Token Access: the groups' lists, the outbound list, reviews and accepted findings; and what only the instance has."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from waffle.models import Switch

from bench.place.rows import IN_A_YEAR, Place, add, each, name_of
from identity.models import User
from resources.packages.models import PackageSettings
from signing.models import SigningKey
from tokenaccess.models import (
    AcceptedFinding,
    AccessReview,
    AllowlistEntry,
    GroupAllowlistEntry,
    GroupRule,
    IgnoredSource,
    InstanceSettings,
    ReviewedEntry,
)
from tokenaccess.models.list_entry import ListEntry


def fill(place: Place, numbers: Sequence[int]) -> None:
    _fill_lists(place, numbers)
    _fill_reviews(place, numbers)
    now = timezone.now()
    add(Switch, numbers, name=name_of("bench_switch_"), active=True)
    former = {"jwk": {}, "private": "x", "signs_from": now, "retired_at": now}
    add(SigningKey, numbers, purpose="id_tokens", kid=name_of("bench"), **former)
    for group in (place.group, place.top):
        PackageSettings.objects.get_or_create(group=group)
    InstanceSettings.objects.get_or_create(pk=1)


def _fill_lists(place: Place, numbers: Sequence[int]) -> None:
    count, source = each([place.sources[number - 1] for number in numbers if number <= len(place.sources)])
    for group in (place.group, place.top):
        GroupRule.objects.get_or_create(group=group)
        add(GroupAllowlistEntry, count, group=group, target_project_id=source, added_by=place.person)
    outbound = {"direction": "outbound", "target_project_id": source, "added_by": place.person}
    add(AllowlistEntry, count, project=place.project, **outbound)
    add(IgnoredSource, count, project=place.project, source_id=source, ignored_by=place.person)


def _fill_reviews(place: Place, numbers: Sequence[int]) -> None:
    """Of the project and each group one is open, in which some entries are decided about."""
    person, now = place.person, timezone.now()
    started = {"started_by": person}
    entries = AllowlistEntry.objects.filter(project=place.project, direction="inbound").order_by("id")
    groups = (place.group, place.top)
    of_groups = [GroupAllowlistEntry.objects.filter(group=group).order_by("id") for group in groups]
    lists: list[Sequence[ListEntry]] = [list(entries), *map(list, of_groups)]
    for home, rows in zip(place.owners.values(), lists, strict=True):
        review, _made = AccessReview.objects.get_or_create(signed_off_at=None, defaults=started, **home)
        add(AccessReview, numbers, signed_off_at=now, signed_off_by=person, **started, **home)
        _decide(review, rows, numbers, person)
    until = {"until": (now + IN_A_YEAR).date(), "reason": "Known.", "accepted_by": person}
    subject = entries[0].pk.__add__
    add(AcceptedFinding, numbers, check_name="entry_without_end", subject_id=subject, project=place.project, **until)


def _decide(review: AccessReview, entries: Sequence[ListEntry], numbers: Sequence[int], person: User) -> None:
    decided = []
    for number in numbers:
        if number < len(entries):
            one = ReviewedEntry.of(entries[number])
            one.review, one.decision, one.reviewer, one.reviewer_name = review, "keep", person, "reader"
            decided.append(one)
    ReviewedEntry.objects.bulk_create(decided)

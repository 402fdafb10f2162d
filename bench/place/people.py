"""Members, invited groups, and what is recorded of people."""

from __future__ import annotations

from collections.abc import Sequence

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessFailureLog, AccessLog

from audit.models import AuditEvent
from bench.place.rows import Place, add, digest, each, name_of
from identity.models import User
from projects.models import Badge, Group, GroupLink, Membership
from tokenaccess.policy.levels import Role


def fill(place: Place, numbers: Sequence[int]) -> None:
    people = add(User, numbers, username=name_of("member"), name=name_of("Member "), password="!")
    groups = add(Group, numbers, name=name_of("guests"), path=name_of("guests"), full_path=name_of("guests"))
    badge = {"link_url": "https://example.com", "image_url": "https://example.com"}
    for home in place.owners.values():
        count, person = each(people)
        add(Membership, count, user=person, role=Role.REPORTER, created_by=place.person, **home)
        count, group = each(groups)
        add(GroupLink, count, invited=group, role=Role.GUEST, **home)
        add(Badge, numbers, name=name_of("badge"), **badge, **home)
    _record_events(place, numbers)
    _record_sign_ins(place, numbers, people)


def _record_events(place: Place, numbers: Sequence[int]) -> None:
    said = {"event": "entry_added", "message": "Entry was added", "actor": place.person, "actor_name": "reader"}
    on = {"target_type": "projects.project", "target_id": place.project.pk, "target_path": place.project.full_path}
    add(AuditEvent, numbers, **said, **on)


def _record_sign_ins(place: Place, numbers: Sequence[int], people: list[User]) -> None:
    asked = {"ip_address": "192.0.2.1", "user_agent": "bench", "path_info": "/users/sign_in", "http_accept": "*/*"}
    add(AccessAttempt, numbers, username=name_of("member"), failures_since_start=1, **asked)
    add(AccessFailureLog, numbers, username=name_of("member"), **asked)
    add(AccessLog, numbers, username=name_of("member"), **asked)
    for owner in (place.person, place.administrator):
        key = digest(f"session {owner.pk}", 40)
        add(UserSession, numbers, user=owner, ip="192.0.2.1", session_key=key, user_agent="bench")
    add(SocialAccount, numbers, user=place.person, provider="bench", uid=name_of("uid"), extra_data={})
    count, person = each(people)
    add(Authenticator, count, user=person, type="recovery_codes", data={})

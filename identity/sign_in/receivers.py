"""What follows from signing in and from a change of one's factors."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import override

from audit import services as audit
from identity.models import User
from identity.sign_in.recency import record_proof
from identity.sign_in.sessions import note_seen
from identity.sign_in.two_factor import lift_limit


@receiver(user_logged_in)
def begin_session(request: HttpRequest, user: User, **_more: Any) -> None:
    record_proof(request)
    note_seen(request)


@receiver(post_save, sender=SocialAccount)
def record_link(instance: SocialAccount, created: bool, **_more: Any) -> None:
    if created:
        user = instance.user
        message = f"{instance.uid} of {instance.provider} signs in as {user.username} from now on"
        audit.record("single_sign_on_linked", message, by=user, on=user, path=user.username)


@receiver(post_save, sender=Authenticator)
def record_new_factor(instance: Authenticator, created: bool, **_more: Any) -> None:
    if created:
        _record("two_factor_added", "was added", instance)
        if context.request is not None:
            lift_limit(context.request)


@receiver(post_delete, sender=Authenticator)
def record_removed_factor(instance: Authenticator, **_more: Any) -> None:
    """By the person: an administrator's reset, and the end of an account, are recorded as that."""
    if context.request is not None:
        _record("two_factor_removed", "was removed", instance)


def _record(event: str, what: str, authenticator: Authenticator) -> None:
    user = authenticator.user
    with override("en"):  # as all of the history
        message = f"{authenticator.get_type_display()} of {user.username} {what}"
    audit.record(event, message, by=user, on=user, path=user.username, type=authenticator.type)

"""Where the instance requires two factors: a session without one is good for setting one up, and nothing else."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest

from identity.models import User
from identity.sign_in.two_factor import has_two_factor, limit_to_setup
from tokenaccess.models import InstanceSettings


@receiver(user_logged_in)
def require_second_factor(request: HttpRequest, user: User, **_more: Any) -> None:
    if InstanceSettings.current().require_two_factor and not has_two_factor(user):
        limit_to_setup(request)


@receiver(post_delete, sender=Authenticator)
def require_another_factor(instance: Authenticator, **_more: Any) -> None:
    if context.request is not None:
        require_second_factor(context.request, instance.user)

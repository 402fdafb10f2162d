"""When a project or group goes, the bots of its access tokens go out of service with it."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from identity.models import PersonalToken, User
from tokens.models import AccessTokenBot


@receiver(post_delete, sender=AccessTokenBot)
def disable_bot(instance: AccessTokenBot, **_more: Any) -> None:
    """Its user stays, for what it made elsewhere is still named after it, but nobody acts as it any longer."""
    PersonalToken.objects.filter(user=instance.user_id).update(revoked=True)
    User.objects.filter(pk=instance.user_id).update(is_active=False)

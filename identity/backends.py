"""Signing in by password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from identity.models import User


class PasswordBackend(ModelBackend):
    """Lets a blocked person's right password through, so that the answer can name the reason; nothing else opens:
    the sign-in form and the policy refuse the blocked, and a session of theirs is nobody's (`get_user`)."""

    def authenticate(self, request: Any, username: Any = None, password: Any = None, **kwargs: Any) -> Any:
        return super().authenticate(request, username=username, password=password, **kwargs)

    def user_can_authenticate(self, user: Any) -> bool:
        return True

    def get_user(self, user_id: int) -> Any:
        return User.objects.filter(pk=user_id, is_active=True).first()

"""Our part in django-allauth's second factors: secrets are kept encrypted under the instance's key."""

from __future__ import annotations

from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings

from identity import encryption
from identity.models import User


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return f"Token Access {urlsplit(settings.EXTERNAL_URL).hostname}"

    def get_totp_label(self, user: User) -> str:
        return user.username

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Keys belong to the address that people use, whatever a request calls it."""
        return {"id": urlsplit(settings.EXTERNAL_URL).hostname or "localhost", "name": "Token Access"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, str | bytes]:
        entity: dict[str, str | bytes] = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.username}

"""Questions asked of SSH keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from identity.models import User

if TYPE_CHECKING:
    from ssh_keys.models import SshKey  # noqa: F401


class SshKeyQuerySet(QuerySet["SshKey"]):
    def of_person(self, user: User) -> SshKeyQuerySet:
        return self.filter(user=user)

    def deploy_keys(self) -> SshKeyQuerySet:
        return self.filter(user=None)

    def with_fingerprint(self, text: str) -> SshKeyQuerySet:
        """`SHA256:…` with or without its name, or an MD5 with or without its own, as ssh-keygen shows them."""
        md5 = text.removeprefix("MD5:").lower()
        return self.filter(Q(fingerprint_sha256=text.removeprefix("SHA256:").rstrip("=")) | Q(fingerprint_md5=md5))

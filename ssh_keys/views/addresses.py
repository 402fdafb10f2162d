"""What pages say about the SSH server."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def greeting_command() -> str:
    """To try a key with."""
    at = urlsplit(settings.SSH_URL)
    port = f"-p {at.port} " if at.port not in {None, 22} else ""
    return f"ssh -T {port}{at.username}@{at.hostname}"

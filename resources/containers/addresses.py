"""Where clients find images."""

from __future__ import annotations

from django.conf import settings


def location(path: str) -> str:
    """`registry.example.com/acme/tool`, or `127.0.0.1:5050/acme/tool`."""
    return f"{settings.REGISTRY_HOST}/{path}"

"""The mail server, if there is one."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env

_SERVER = urlsplit(env.text("TOKENACCESS_SMTP_URL"))
if _SERVER.geturl() and (_SERVER.scheme not in {"smtp", "smtps"} or not _SERVER.hostname):
    raise ImproperlyConfigured(
        "TOKENACCESS_SMTP_URL must be like smtp://user:password@mail.example.org:587 or smtps://…"
    )

MAIL_ENABLED = bool(_SERVER.hostname)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL_ENABLED else 'dummy'}.EmailBackend"
EMAIL_HOST = _SERVER.hostname or ""
EMAIL_USE_SSL = _SERVER.scheme == "smtps"
# By smtp:// with STARTTLS, but for a server on this machine.
EMAIL_USE_TLS = _SERVER.scheme == "smtp" and EMAIL_HOST not in {"localhost", "127.0.0.1", "::1"}
EMAIL_PORT = _SERVER.port or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
EMAIL_HOST_USER = unquote(_SERVER.username or "")
EMAIL_HOST_PASSWORD = unquote(_SERVER.password or "")
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("TOKENACCESS_MAIL_FROM", f"token-access@{EMAIL_HOST or 'localhost'}")

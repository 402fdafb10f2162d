"""Keeps secrets out of the log, whoever wrote the line."""

from __future__ import annotations

import logging
import re
from typing import Any

# Every token of ours starts with "gl", a kind and a dash, or as registration tokens always did. What has another shape
# is known by where it stands: after a parameter's or header's name, or in an address before the host.
_SHAPES = (
    re.compile(r"\b(gl[a-z]{2,6}-|GR1348941)[0-9A-Za-z_=.-]+"),
    re.compile(r"\b((?:basic|bearer)\s+)[0-9A-Za-z+/=._~-]+", re.IGNORECASE),
    re.compile(r"""\b((?:(?:private|job|access|runner)[_-])?token["']?\s*[=:]\s*["']?)[^&\s"']+""", re.IGNORECASE),
    re.compile(r"""\b(password["']?\s*[=:]\s*["']?)[^&\s"']+""", re.IGNORECASE),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),
)


def without_secrets(text: str) -> str:
    for shape in _SHAPES:
        text = shape.sub(r"\1[FILTERED]", text)
    return text


class NoSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = without_secrets(logging.Formatter().formatException(record.exc_info))
        return True


def logging_settings(level: str) -> dict[str, Any]:
    """Django's `LOGGING`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "filters": {
            "once": {"()": "outages.log.OncePerOutage"},
            "request_id": {"()": "api.request_id.RequestIdFilter"},
            "no_secrets": {"()": "config.logs.NoSecrets"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["once", "request_id", "no_secrets"],
            },
        },
        # Refusals are what this server is for; each 404 as a warning would bury what matters.
        # oauthlib writes whole requests at the level DEBUG, and the toolkit what it was given as an application's id.
        "loggers": {
            "django.request": {"level": "ERROR"},
            "oauthlib": {"level": "WARNING"},
            "oauth2_provider": {"level": "WARNING"},
        },
        "root": {"handlers": ["console"], "level": level},
    }

"""Keeps secrets out of the log, whoever wrote the line."""

from __future__ import annotations

import logging
import re

# Every token of ours starts with "gl", a kind and a dash; parameters that carry secrets are known by name.
_TOKEN = re.compile(r"\b(gl[a-z]{2,6}-)[0-9A-Za-z_=.-]+")
_PARAMETER = re.compile(r"\b((?:private_|job_|access_)?token|password)=[^&\s\"']+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    return _PARAMETER.sub(r"\1=[FILTERED]", _TOKEN.sub(r"\1[FILTERED]", text))


class NoSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = without_secrets(logging.Formatter().formatException(record.exc_info))
        return True

"""Keeps the values of masked variables out of what is said about a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

REDACTED = "[MASKED]"
MIN_PREFIX = 6  # a value that a message cuts off is recognized by so many characters
ENDS_OF_CUT_VALUES = ("", "…", "”", ",")


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that replaces the secrets in a text, also where only the beginning of one is left.

    Of upper and lower case both are found: names of hosts are put in lower case. What is too short to be a secret
    stays: a masked variable has at least 8 characters.
    """
    known = sorted({secret for secret in secrets if len(secret.strip()) >= MIN_PREFIX}, key=len, reverse=True)

    def redact(text: str) -> str:
        for secret in known:
            text = redact_one(text, secret)
        return text

    return redact


def redact_one(text: str, secret: str) -> str:
    lowered, wanted = text.lower(), secret.lower()
    if len(lowered) != len(text) or len(wanted) != len(secret):
        return text.replace(secret, REDACTED)
    parts, done, at = [], 0, lowered.find(wanted[:MIN_PREFIX])
    while at >= 0:
        end = at + common_length(lowered, at, wanted)
        if end - at == len(wanted) or text[end : end + 1] in ENDS_OF_CUT_VALUES:
            parts += [text[done:at], REDACTED]
            done = end
        at = lowered.find(wanted[:MIN_PREFIX], max(end, at + 1))
    return "".join([*parts, text[done:]])


def common_length(text: str, start: int, wanted: str) -> int:
    """How many characters from `start` on are those that `wanted` begins with."""
    length = 0
    while length < len(wanted) and text[start + length : start + length + 1] == wanted[length]:
        length += 1
    return length

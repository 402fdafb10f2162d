"""The address of a receiver as it was given: `{name}` stands for a variable, and it may hold a user and password."""

from __future__ import annotations

import re

VARIABLE = re.compile(r"\{([^{}]*)\}")
MASK = "*****:*****@"  # as GitLab shows a user and password
_USER = re.compile(r"^([^/?#@]*//)?[^/?#]*@")  # a variable may stand for the scheme too


def fill_in(url: str, variables: dict[str, str]) -> str:
    """`{name}` in the address stands for the variable of that name."""
    return VARIABLE.sub(lambda found: variables.get(found[1], found[0]), url)


def mask(url: str) -> str:
    """Without its user and password. The names of variables are no secret: `{user}:{password}@` stays."""
    return _USER.sub(lambda found: _mask_user(found[0], found[1] or ""), url)


def _mask_user(beginning: str, scheme: str) -> str:
    has_secret = VARIABLE.sub("", beginning.removeprefix(scheme)).strip(":@")
    return f"{scheme}{MASK}" if has_secret else beginning

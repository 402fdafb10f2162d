"""The variable `TOKEN_ACCESS`: what a job needs of its token (job-token.md §2.5). It means nothing to GitLab."""

from __future__ import annotations

from ci_config.errors import Location, quote, suggestion
from tokenaccess.policy.narrowing import PERMISSIONS, VARIABLE, BadNarrowing, Narrowing


def check_token_access(key: str, value: str, at: Location) -> None:
    """Raises Invalid for a value of that variable that is none."""
    if key != VARIABLE:
        return
    try:
        Narrowing.parse(value)
    except BadNarrowing as bad:
        hint = suggestion(bad.word, sorted(PERMISSIONS)) if bad.word else ""
        subject = f"{quote(bad.word)}: " if bad.word else ""
        raise at.error(f"{subject}{str(bad).removesuffix('.') + hint if hint else bad}") from None

"""`$NAME`, `${NAME}` and `$$` in text."""

from __future__ import annotations

import re
from collections.abc import Mapping

REFERENCE = re.compile(r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`text` with the values of `variables`, once; an unknown name becomes nothing, `$$` stays for the shell."""

    def value(match: re.Match[str]) -> str:
        name = match["plain"] or match["braced"]
        return variables.get(name, "") if name else match[0]

    return REFERENCE.sub(value, text)

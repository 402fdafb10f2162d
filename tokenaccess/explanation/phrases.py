"""Sentences that are stored or worded in English, in the reader's language.

The catalogue has each under a context of its own, put there by scripts/messages.py; {0} stands for the first thing that
was put into it, which is translated by itself unless it is a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from django.utils.translation import pgettext


class Phrases:
    """`patterns`: those with something put in, and the parts that may be put there. `more_contexts`: where words are
    looked for as well. `names`: the places of a pattern that hold a name, which may be a word like `developer`."""

    def __init__(
        self,
        context: str,
        patterns: Iterable[str],
        more_contexts: Iterable[str] = (),
        names: Mapping[str, Collection[int]] | None = None,
    ) -> None:
        self.context = context
        self.patterns = tuple(patterns)
        self.names = names or {}
        self.contexts = (context, *more_contexts)

    def translate(self, sentence: str) -> str:
        """As it is where the catalogue does not know it."""
        for context in self.contexts:
            if (words := pgettext(context, sentence)) != sentence:
                return words
        for matcher, pattern in self._matchers:
            match = matcher.fullmatch(sentence)
            translation = pgettext(self.context, pattern) if match else pattern
            if match and translation != pattern:
                return translation.format(*self._translate_parts(pattern, match.groups()))
        return sentence

    def _translate_parts(self, pattern: str, parts: Iterable[str]) -> list[str]:
        names = self.names.get(pattern, ())
        return [part if place in names else self.translate(part) for place, part in enumerate(parts)]

    @cached_property
    def _matchers(self) -> list[tuple[re.Pattern[str], str]]:
        """Those with the most words of their own first."""
        longest_first = sorted(self.patterns, key=lambda text: -len(re.sub(r"\{\d\}", "", text)))
        return [(re.compile(_matching(text), re.DOTALL), text) for text in longest_first]


def _matching(pattern: str) -> str:
    """A name may have an " of " in it, a path has none: what is put in before one is as long as it can be."""
    escaped = re.escape(pattern)
    return re.sub(r"\\\{\d\\\}", "(.+?)", re.sub(r"\\\{\d\\\}(?=\\ of\\ )", "(.+)", escaped))

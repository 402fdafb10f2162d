"""Sentences that are stored or worded in English, in the reader's language.

The catalogue has each under a context of its own, put there by scripts/messages.py; {0} stands for the first thing that
was put into it, which is translated by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from django.utils.translation import pgettext


class Phrases:
    """`patterns`: those with something put in, and the parts that may be put there. `more_contexts`: where words are
    looked for as well."""

    def __init__(self, context: str, patterns: Iterable[str], more_contexts: Iterable[str] = ()) -> None:
        self.context = context
        self.patterns = tuple(patterns)
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
                return translation.format(*map(self.translate, match.groups()))
        return sentence

    @cached_property
    def _matchers(self) -> list[tuple[re.Pattern[str], str]]:
        """Those with the most words of their own first."""
        longest_first = sorted(self.patterns, key=lambda text: -len(re.sub(r"\{\d\}", "", text)))
        return [
            (re.compile(re.sub(r"\\\{\d\\\}", "(.+?)", re.escape(text)), re.DOTALL), text) for text in longest_first
        ]

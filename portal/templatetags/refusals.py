"""`{% load refusals %}`: where a refused request is explained, and in which words.

`{{ step.sentence|reason_words }}` and `{{ row.action|action_words }}` are in the reader's language; so is
`{{ event.message|history_words }}`.
"""

from typing import Any

from django import template
from django.urls import reverse

from tokenaccess.adapters import denial_id
from tokenaccess.explanation.history_wording import history_words
from tokenaccess.explanation.wording import action_words, reason_words

register = template.Library()

register.filter("history_words", history_words)
register.filter("reason_words", reason_words)
register.filter("action_words", action_words)


@register.simple_tag
def reason_url(row: Any) -> str:
    """`{% reason_url row as url %}`: of a RefusalRow the page that explains it, "" where there is none to open."""
    encoded = denial_id.encode_row(row)
    return reverse("access_reason", args=[encoded]) if encoded else ""

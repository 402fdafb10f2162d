"""`{% load refusals %}`: where a refused request is explained, and in which words.

`{{ step.sentence|reason_words }}` and `{{ row.action|action_words }}` are in the reader's language; so is
`{{ event.message|history_words }}`.
"""

from typing import Any

from django import template
from django.urls import reverse

from tokenaccess.adapters import denial_id
from tokenaccess.adapters.denial_id import DenialDetails
from tokenaccess.explanation.history_wording import history_words
from tokenaccess.explanation.wording import action_words, reason_words
from tokenaccess.policy import Action

register = template.Library()

_ACTIONS = {str(action): action for action in Action}


register.filter("history_words", history_words)
register.filter("reason_words", reason_words)
register.filter("action_words", action_words)


@register.simple_tag
def reason_url(row: Any) -> str:
    """`{% reason_url row as url %}`: of a RefusalRow the page that explains it, "" where the reader may not know the
    target (an id is new each time, and would tell one row from another), and where the job is gone, of which there is
    no such page."""
    action = _ACTIONS.get(row.action)
    if not row.sentence or action is None or row.job_is_gone:
        return ""
    details = DenialDetails(row.job_id, row.target_id, action, row.rule, int(row.at.timestamp()))
    return reverse("access_reason", args=[denial_id.encode_details(details)])

"""Finds tokens by their secret: the one place that does, for every kind of the table."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from identity.credentials import table
from identity.credentials.prepared_token import PreparedToken
from identity.models import PersonalToken
from identity.secrets import digests

_PERSONAL = PreparedToken(PersonalToken)


def find_token(kind: str, secret: str) -> Any:
    """The row of this kind's model that the secret belongs to; None for an unknown one. At most one query, of a
    personal token one for each of the keys that a digest may have been made with, most often one.

    `for_authentication` of the model says which rows count and what is loaded with them.
    """
    row = table.TABLE.by_kind[kind]
    if not row.could_be(secret):
        return None
    model: Any = apps.get_model(row.model)
    if model is PersonalToken:
        found = (_PERSONAL.find(digest) for digest in digests(secret))
        return next((token for token in found if token is not None), None)
    return model.for_authentication().filter(digest__in=digests(secret)).first()

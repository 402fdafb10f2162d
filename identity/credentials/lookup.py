"""Finds tokens by their secret: the one place that does, for every kind of the table."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from identity.credentials import table
from identity.secrets import digests


def find_token(kind: str, secret: str) -> Any:
    """The row of this kind's model that the secret belongs to; None for an unknown one. At most one query.

    `for_authentication` of the model says which rows count and what is loaded with them.
    """
    row = table.TABLE.by_kind[kind]
    if not row.could_be(secret):
        return None
    model: Any = apps.get_model(row.model)
    return model.for_authentication().filter(digest__in=digests(secret)).first()

"""What AuthZEN's searches are made of: a question with one part left open. A type that nobody has finds nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.core import signing
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.input.faults import WORDED
from api.input.fields import Integer
from tokenaccess.api.authzen.params import AnyQuestion, EvaluationAction, Part, Remarks
from tokenaccess.api.authzen.properties import Name, ResourceProperties, SubjectProperties
from tokenaccess.api.params import MAX_PATH
from tokenaccess.explanation.search import Position

MAX_RESULTS = 100  # of a page; also what it holds unless a request says less
MAX_TOKEN = 500
_SALT = "tokenaccess.authzen.search"


class SubjectType(Part):
    """What is searched: its type, and what is supposed of each."""

    type = Name(required=True, max_length=MAX_PATH)
    properties = SubjectProperties(required=False)


class GivenSubject(SubjectType):
    id = Name(required=True, max_length=MAX_PATH)


class ResourceType(Part):
    """What is searched: its type, and what would be touched in each."""

    type = Name(required=True, max_length=MAX_PATH)
    properties = ResourceProperties(required=False)


class GivenResource(ResourceType):
    id = Name(required=True, max_length=MAX_PATH)


class SearchPage(Part):
    """`token`: the `next_token` of the page before; `limit`: how many results at most."""

    token = Name(allow_blank=True, max_length=MAX_TOKEN, default="")
    limit = Integer(min_value=1, default=MAX_RESULTS)
    properties = Remarks(required=False)


class Search(AnyQuestion):
    page = SearchPage(required=False)


class SubjectSearch(Search):
    """Who may do it there? `subject.type`: job, user or project."""

    subject = SubjectType(required=True)
    action = EvaluationAction(required=True)
    resource = GivenResource(required=True)


class ResourceSearch(Search):
    """Where may the subject do it? `resource.type`: project."""

    subject = GivenSubject(required=True)
    action = EvaluationAction(required=True)
    resource = ResourceType(required=True)


class ActionSearch(Search):
    """What may the subject do there?"""

    subject = GivenSubject(required=True)
    resource = GivenResource(required=True)


def read_position(values: Mapping[str, Any], question: str) -> Position:
    """`question`: what the token has to be of (`fingerprint`). Raises ValidationError for another one's."""
    page = values.get("page") or {}
    token, limit = page.get("token") or "", min(page.get("limit") or MAX_RESULTS, MAX_RESULTS)
    if not token:
        return Position(0, limit)
    try:
        after, of = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        after, of = 0, ""
    if of != question:
        raise ValidationError({"page": {"token": [ErrorDetail("is not one of this search", WORDED)]}})
    return Position(after, limit)


def write_token(after: int, question: str) -> str:
    """ "" for no further page."""
    return signing.dumps([after, question], salt=_SALT) if after else ""


def fingerprint(*parts: Any) -> str:
    """Of one caller's question, without its page."""
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:16]

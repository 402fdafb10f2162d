"""The parameters of a page's address, declared and refused like those of the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from api.input.faults import list_faults
from api.input.parameters import Parameters, query_parameters


def page_parameters(request: HttpRequest, kind: type[Parameters]) -> dict[str, Any]:
    """Raises BadRequest, which the error page shows: it names every parameter that is wrong."""
    try:
        return kind.read_values(query_parameters(request))
    except ValidationError as error:
        raise BadRequest(", ".join(_words(name, text) for name, text in list_faults(error.detail))) from error


def page_choice(request: HttpRequest, name: str, choices: Iterable[str]) -> str:
    """What `?name=` says; "" if it says nothing. Raises BadRequest for what is none of the choices."""
    wanted = request.GET.get(name, "").strip()
    if wanted and wanted not in (words := list(choices)):
        raise BadRequest(_words(name, f"does not have a valid value: {', '.join(words)}"))
    return wanted


def _words(name: str, text: str) -> str:
    """`text`: in English, as the API goes on from the name."""
    sentences = {
        "is missing": _("%(name)s is missing"),
        "is empty": _("%(name)s is empty"),
        "is not supported": _("%(name)s is not supported"),
        "is invalid": _("%(name)s is invalid"),
        "does not have a valid value": _("%(name)s does not have a valid value"),
    }
    said, colon, choices = text.partition(": ")
    sentence = sentences.get(said)
    return f"{name} {text}".strip() if sentence is None else f"{sentence % {'name': name}}{colon}{choices}"

"""Find what can be added by a part of its path without script: a button lists it, and one for each chooses it."""

from __future__ import annotations

from typing import TypeVar

from tokenaccess.adapters.pages import PageRequest, current_user
from tokenaccess.forms import MAX_PATH_LENGTH, PathForm
from tokenaccess.models import Direction
from tokenaccess.sources.candidates import find_candidates
from tokenaccess.views.frame import target_of

FormT = TypeVar("FormT", bound=PathForm)


def read_search(request: PageRequest, kind: type[FormT], direction: str = Direction.INBOUND) -> FormT | None:
    """The form as it was filled in, with what was found or with the path that was chosen; None where neither of these
    buttons was pressed. Nothing is added."""
    if not {"search", "choose"} & set(request.POST):
        return None
    entered = {name: request.POST.get(name, field.initial) for name, field in kind.base_fields.items()}
    path = request.POST.get("choose") or request.POST.get("path", "")
    form = kind(initial={**entered, "path": path.replace("\0", "")[:MAX_PATH_LENGTH]})
    if "choose" not in request.POST:
        form.candidates = find_candidates(target_of(request), current_user(request), form.initial["path"], direction)
    return form

"""Pages that a project, a group and the instance have alike: of runners, of variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tokenaccess.adapters.pages import requires
from tokenaccess.policy import Action


def page(action: Action, view: Any, *methods: str, hide: Callable[[Any], Any]) -> Any:
    """The view behind the gate, never kept by a browser; `hide` keeps secrets out of reports of errors."""
    allowed = require_http_methods(list(methods)) if methods else require_safe
    return requires(action)(never_cache(hide(allowed(view))))

"""Pages of webhooks."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from hooks.views.pages import VIEWS

_LISTS = {
    "instance": "-/hooks",
    "group": "groups/<full_path:group_path>/-/hooks",
    "project": "<full_path:project_path>/-/hooks",
}
_ONE = "<int:hook_id>"
_ENDS = {
    "hooks": "",
    "hook": f"/{_ONE}",
    "hook_test": f"/{_ONE}/test",
    "hook_delete": f"/{_ONE}/delete",
    "hook_delivery": f"/{_ONE}/events/<int:delivery_id>",
    "hook_resend": f"/{_ONE}/events/<int:delivery_id>/resend",
}

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{start}{end}", VIEWS[f"{kind}_{name}"], name=f"{kind}_{name}")
    for kind, start in _LISTS.items()
    for name, end in _ENDS.items()
]

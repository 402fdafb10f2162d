"""The administration's frame."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

MAX_NAME = 80  # letters of one that is not known
_ORDER = {label: place for place, label in enumerate(["tokenaccess", "waffle", "identity", "axes", "projects", "jobs"])}


# By the end of a page's name → what its address may say besides. Lists look for themselves.
_ASKED = {
    "add": {"_changelist_filters"},
    "app_list": set[str](),
    "autocomplete": {"term", "page", "app_label", "model_name", "field_name"},
    "change": {"_changelist_filters"},
    "delete": {"_changelist_filters"},
    "history": {"_changelist_filters"},
    "index": set[str](),
}


def checks_address(view: Any) -> Any:
    """No page goes on with an address that asks for what it does not know. Raises BadRequest, which names it."""

    @wraps(view)
    def check(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        page = request.resolver_match.url_name if request.resolver_match else ""
        known = next((names for end, names in _ASKED.items() if (page or "").endswith(end)), None)
        for name, values in request.GET.lists():
            if known is not None and name not in known:
                raise BadRequest(_("%(name)s is not supported") % {"name": name[:MAX_NAME]})
            if any("\0" in text for text in (name, *values)):
                raise BadRequest(_("%(name)s must not contain the character NUL") % {"name": name[:MAX_NAME]})
        return view(request, *args, **kwargs)

    return check


class Site(AdminSite):
    site_header = _("Token Access administration")
    site_title = "Token Access"
    index_title = _("Administration")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every list can be exported, and every row has its history."""
        from config.administration.lists import with_list  # needs the models, which are not loaded yet

        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        for model in models:
            super().register(model, with_list(admin_class, model), **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from config.administration import dashboard  # needs the models, which are not loaded yet when the site is made

        shown = {
            "facts": dashboard.facts(administrator=request.user.is_superuser),
            "widest": dashboard.widest() if request.user.is_superuser else [],
            "last_events": dashboard.last_events(),
        }
        return super().index(request, {**shown, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """What this house is about comes first."""
        apps: list[Any] = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: (_ORDER.get(app["app_label"], len(_ORDER)), app["name"]))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """An administrator's session that is left open changes nothing here: they prove first who they are."""
        from tokenaccess.adapters.reauthentication import confirms_identity  # needs the models, see above

        return super().admin_view(confirms_identity(checks_address(view)), cacheable)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one place to sign in, with one lock-out."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied(_("Only administrators come in here."))
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("sign_in"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One's own password has one page too, whose change is told in the history."""
        return redirect("account_password")

"""Webhooks in pages of projects, groups and the instance: list, add, change, try out, what was sent, delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from hooks import services
from hooks.events import EVENTS, EVENTS_OF, Event
from hooks.forms import HookForm
from hooks.models import Delivery, Hook
from hooks.payloads.token_access import payloads_for
from pages.effects import effect
from pages.form_errors import add_service_error
from pages.frame import Frame, render_page
from pages.listing import page_of
from projects.models import Group
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action


@dataclass(frozen=True, kw_only=True)
class HookPages(Frame):
    thing = "hook"


def _frame(request: PageRequest) -> HookPages:
    place = request.access.target
    if isinstance(place, Group) and place.person_id is not None:
        raise Http404("A personal namespace has no webhooks of its own.")
    return HookPages(target=place)


def _hook(frame: HookPages, hook_id: int) -> Hook:
    rows = Hook.objects.of_place(frame.target).select_related("project__group", "group", "creator")
    return get_object_or_404(rows, pk=hook_id)


def _list(request: PageRequest, **_address: str) -> HttpResponseBase:
    frame = _frame(request)
    form = HookForm(request.POST or None, kind=frame.kind)
    if request.method == "POST" and form.is_valid():
        try:
            hook = services.create_hook(frame.target, by=current_user(request), **form.service_values())
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Webhook added. Send it a test event to see whether it arrives."))
            return redirect(frame.url("", hook.pk))
    rows = Hook.objects.of_place(frame.target).order_by("id")
    page = page_of(request, rows)
    context = {
        "page": page,
        "rows": [(hook, frame.url("", hook.pk), [EVENTS[Event(name)].label for name in hook.events]) for hook in page],
    }
    return render_page(request, "hooks/hooks.html", context, frame=frame, form=form)


def _detail(request: PageRequest, hook_id: int, **_address: str) -> HttpResponseBase:
    frame = _frame(request)
    hook = _hook(frame, hook_id)
    form = HookForm(request.POST or None, kind=frame.kind, hook=hook)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_hook(hook, by=current_user(request), **form.service_values())
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Webhook saved."))
            return redirect(frame.url("", hook.pk))
    page = page_of(request, Delivery.objects.filter(hook=hook).recent(timezone.now()).order_by("-id"))
    context = {
        "hook": hook,
        "page": page,
        "rows": [(row, EVENTS[Event(row.event)].label, frame.url("_delivery", hook.pk, row.pk)) for row in page],
        "test_url": frame.url("_test", hook.pk),
        "delete_url": frame.url("_delete", hook.pk),
        "triggers": [(str(event), EVENTS[event].label) for event in _triggers(frame)],
    }
    return render_page(request, "hooks/hook.html", context, frame=frame, form=form)


def _triggers(frame: HookPages) -> list[Event]:
    return [*EVENTS_OF[frame.kind], *([Event.INSTANCE] if frame.kind == "instance" else [])]


def _test(request: PageRequest, hook_id: int, **_address: str) -> HttpResponseBase:
    """`trigger`: the event."""
    frame = _frame(request)
    hook, wanted = _hook(frame, hook_id), request.POST.get("trigger", "")
    if wanted not in {str(event) for event in _triggers(frame)}:
        raise Http404("There is no such event.")
    try:
        _show_answer(request, services.test_hook(hook, Event(wanted), by=current_user(request)))
    except services.NothingToSend as nothing:
        messages.error(request, _("Nothing was sent. %(why)s") % {"why": _(str(nothing))})
    except services.TooManyRequests:
        messages.error(request, _("Too many tests within a minute. Try again later."))
    return redirect(frame.url("", hook.pk))


def _show_answer(request: PageRequest, delivery: Delivery) -> None:
    if delivery.succeeded:
        messages.success(request, _("The event arrived: status %(status)s.") % {"status": delivery.response_status})
    elif delivery.response_status is not None:
        messages.error(
            request, _("The receiver answered with status %(status)s.") % {"status": delivery.response_status}
        )
    else:
        messages.error(request, _("The event did not arrive. %(why)s.") % {"why": _(delivery.error)})


def _delivery(request: PageRequest, hook_id: int, delivery_id: int, **_address: str) -> HttpResponseBase:
    frame = _frame(request)
    hook = _hook(frame, hook_id)
    delivery = get_object_or_404(Delivery, hook=hook, pk=delivery_id)
    (payload,) = payloads_for([delivery.payload], current_user(request))
    context = {
        "hook": hook,
        "delivery": delivery,
        "payload": payload,
        "label": EVENTS[Event(delivery.event)].label,
        "hook_url": frame.url("", hook.pk),
        "resend_url": frame.url("_resend", hook.pk, delivery.pk),
    }
    return render_page(request, "hooks/delivery.html", context, frame=frame)


def _resend(request: PageRequest, hook_id: int, delivery_id: int, **_address: str) -> HttpResponseBase:
    frame = _frame(request)
    hook = _hook(frame, hook_id)
    delivery = get_object_or_404(Delivery.objects.select_related("hook"), hook=hook, pk=delivery_id)
    try:
        _show_answer(request, services.resend(delivery))
    except services.TooManyRequests:
        messages.error(request, _("Too many tests within a minute. Try again later."))
    return redirect(frame.url("", hook.pk))


def _delete(request: PageRequest, hook_id: int, **_address: str) -> HttpResponseBase:
    frame = _frame(request)
    hook = _hook(frame, hook_id)
    if request.method == "POST":
        services.delete_hook(hook, by=current_user(request))
        messages.success(request, _("Webhook deleted."))
        return redirect(frame.url())
    sent = Delivery.objects.filter(hook=hook)
    count = sent.count()
    context = {
        "hook": hook,
        "hook_url": frame.url("", hook.pk),
        "effects": effect(count, ngettext("delivery is forgotten.", "deliveries are forgotten.", count)),
        "last_sent_at": sent.aggregate(last=Max("sent_at"))["last"],
    }
    return render_page(request, "hooks/delete.html", context, frame=frame)


def _pages(name: str, read: Action, manage: Action) -> dict[str, Any]:
    """The views of one kind of place, by the ends of their routes' names."""

    def form(view: Any) -> Any:
        return requires(read, POST=manage)(never_cache(sensitive_post_parameters()(form_page(view))))

    return {
        f"{name}_hooks": form(_list),
        f"{name}_hook": form(_detail),
        f"{name}_hook_test": requires(manage)(never_cache(require_POST(_test))),
        f"{name}_hook_delivery": requires(read)(never_cache(require_safe(_delivery))),
        f"{name}_hook_resend": requires(manage)(never_cache(require_POST(_resend))),
        f"{name}_hook_delete": requires(manage)(never_cache(form_page(_delete))),
    }


VIEWS = {
    **_pages("project", Action.READ_HOOKS, Action.MANAGE_HOOKS),
    **_pages("group", Action.READ_GROUP_HOOKS, Action.MANAGE_GROUP_HOOKS),
    **_pages("instance", Action.INSPECT, Action.ADMINISTER),
}

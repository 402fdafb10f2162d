"""One's SSH keys."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from ssh_keys import services
from ssh_keys.forms import SshKeyForm
from ssh_keys.models import SshKey
from ssh_keys.views.addresses import greeting_command
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action

LIST = "account_ssh_keys"


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
@confirms_identity
def keys(request: PageRequest) -> HttpResponseBase:
    user, form = current_user(request), SshKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            key = services.add_key(user, by=user, **form.cleaned_data)
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Key %(title)s added.") % {"title": key.title})
            return redirect(LIST)
    context = {
        "page": page_of(request, SshKey.objects.of_person(user).order_by("-id")),
        "command": greeting_command() if settings.SSH_ENABLED else "",
    }
    return render_page(request, "ssh_keys/own_keys.html", context, form=form)


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
def remove(request: PageRequest, key_id: int) -> HttpResponseBase:
    key = get_object_or_404(SshKey.objects.of_person(current_user(request)), pk=key_id)
    if request.method == "POST":
        services.remove_key(key, by=current_user(request))
        messages.success(request, _("Key %(title)s removed.") % {"title": key.title})
        return redirect(LIST)
    return render_page(request, "ssh_keys/remove_own_key.html", {"key": key}, nav=LIST)

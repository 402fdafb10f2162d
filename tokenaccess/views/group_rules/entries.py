"""The entries on a group's list: change and remove one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from identity.models import today
from projects.models import Project
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.reviews.fading import unused_days
from tokenaccess.allowlist.services.terms import RENEWAL_DAYS
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.views.entries.entry import entry_name, find_entry, try_to_change
from tokenaccess.views.entries.form import EntryForm
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import lock_sentence, render_token_access
from tokenaccess.views.limits.switches import Confirmation

LIST_PAGE = "group_token_access"


@requires(Action.READ_GROUP_TOKEN_ACCESS, POST=Action.MANAGE_GROUP_TOKEN_ACCESS)
@form_page
def edit(request: PageRequest, group_path: str, entry: int) -> HttpResponse:
    """Its permissions, what is said of it, its end and its conditions."""
    found = find_entry(request, entry)
    form = EntryForm(request.POST) if request.method == "POST" else EntryForm.for_entry(found)
    if request.method == "POST" and form.is_valid() and try_to_change(request, found, form):
        messages.success(request, _("Entry %(path)s saved.") % {"path": entry_name(request, found)})
        return redirect(LIST_PAGE, found.group.full_path)
    return render_token_access(
        request,
        "edit_group_entry.html",
        form=form,
        locked=lock_sentence(request),
        entry=found,
        name=entry_name(request, found),
        state=found.state_on(today()).name.lower(),
        renewal_days=RENEWAL_DAYS,
        project_count=_projects_below(found),
        unused=unused_days([found]).get(found.pk, 0),
    )


@requires(Action.READ_GROUP_TOKEN_ACCESS, POST=Action.MANAGE_GROUP_TOKEN_ACCESS)
@form_page
def remove(request: PageRequest, group_path: str, entry: int) -> HttpResponse:
    """GET asks, POST removes; also if the user may not see the target, so that access can always be withdrawn."""
    found = find_entry(request, entry)
    name = entry_name(request, found)
    if request.method == "POST":
        try:
            services.delete_group_entry(found, by=current_user(request))
        except TokenAccessError as error:
            messages.error(request, error_text(error, name))
        else:
            messages.success(request, _("%(name)s removed from the list.") % {"name": name})
        return redirect(LIST_PAGE, found.group.full_path)
    confirmation = Confirmation(
        question=_("Remove %(name)s from the list of the group?") % {"name": name},
        button=_("Remove %(name)s") % {"name": name},
        keep=_("Keep it"),
        effects=[
            (_projects_below(found), _("projects below no longer have this entry."), _("Entries of their own stay."))
        ],
        stays=_("You can add it again at any time if you are a maintainer of it then."),
        icon="trash",
    )
    return render_token_access(request, "remove_group_entry.html", entry=found, confirmation=confirmation)


def _projects_below(entry: GroupAllowlistEntry) -> int:
    return Project.objects.below(entry.group_id).alive().count()

"""Taking a project or a group to another place, copying a project, and inviting groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages.form_errors import add_service_error
from pages.frame import Frame, render_page
from projects import services
from projects.extensions.moves import effects_of_move
from projects.forms.moves import ForkForm, InvitationForm, TransferForm
from projects.models import Group, GroupLink, Project
from projects.roles.members import active_links, effects_of_link_end
from projects.services.forks import fork_project
from projects.services.moves import require_may_move
from tokenaccess.access.gate import find_if_permitted, is_allowed
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


@requires(Action.FORK_PROJECT)
@form_page
def fork(request: PageRequest, project_path: str) -> HttpResponseBase:
    origin, person = request.access.project, current_user(request)
    groups = Group.objects.with_min_role(person, Role.DEVELOPER).exclude(Q(person=person)).order_by("full_path")
    personal = _("%(name)s (personal)") % {"name": person.username}
    form = ForkForm(request.POST or None, origin=origin, personal=personal, groups=groups)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        action = Action.CREATE_OWN_PROJECT if data["group"] is None else Action.CREATE_PROJECT
        if not is_allowed(request, action, data["group"]):
            raise PermissionDenied(_("You need the Developer role in a group to create a project in it."))
        group = data.pop("group") or services.create_namespace(person)
        try:
            made = fork_project(origin, group=group, by=person, **data)
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("%(path)s created.") % {"path": made.full_path})
            return redirect("project", made.full_path)
    return render_page(request, "projects/fork.html", form=form, nav="project")


@requires(Action.TRANSFER_PROJECT)
@form_page
def transfer_project(request: PageRequest, project_path: str) -> HttpResponseBase:
    project, person = request.access.project, current_user(request)
    groups = Group.objects.with_min_role(person, Role.MAINTAINER).exclude(pk=project.group_id).order_by("full_path")
    form = TransferForm(request.POST or None, groups=groups)
    if request.method == "POST" and form.is_valid():
        group = form.cleaned_data["group"]
        if not is_allowed(request, Action.TAKE_PROJECT, group):
            raise PermissionDenied(_("You need the Maintainer role in the group that it goes to."))
        try:
            if "confirmed" not in request.POST:
                return _ask(request, group, nav="project_settings_general")
            moved = services.move_project(project, by=person, group=group)
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("It is at %(path)s now.") % {"path": moved.full_path})
            return redirect("project_settings_general", moved.full_path)
    return render_page(request, "projects/transfer.html", form=form, nav="project_settings_general")


@requires(Action.ADMIN_GROUP)
@form_page
def transfer_group(request: PageRequest, group_path: str) -> HttpResponseBase:
    group, person = real_group(request), current_user(request)
    groups = Group.objects.with_min_role(person, Role.MAINTAINER).groups_only().order_by("full_path")
    others = groups.exclude(pk__in=Group.objects.below(group.pk).values("pk")).exclude(pk=group.parent_id or 0)
    top = _("No group: at the top") if group.parent_id else None
    form = TransferForm(request.POST or None, groups=others, top=top)
    if request.method == "POST" and form.is_valid():
        parent = form.cleaned_data["group"]
        if not is_allowed(request, Action.CREATE_GROUP if parent is None else Action.CREATE_SUBGROUP, parent):
            raise PermissionDenied(_("You need the Maintainer role in the group that it goes to."))
        try:
            if "confirmed" not in request.POST:
                return _ask(request, parent, nav="group_transfer")
            moved = services.transfer_group(group, parent=parent, by=person)
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("It is at %(path)s now.") % {"path": moved.full_path})
            return redirect("group", moved.full_path)
    return render_page(request, "projects/transfer.html", form=form, nav="group_transfer")


def _ask(request: PageRequest, parent: Group | None, *, nav: str) -> HttpResponseBase:
    """What the transfer changes, in numbers. Raises ValidationError where the person may not."""
    target = request.access.target
    assert target is not None
    require_may_move(target, parent, current_user(request))
    context = {
        "destination": parent.full_path if parent else "",
        "effects": effects_of_move(target, parent, current_user(request)),
        "fields": {"group": str(parent.pk) if parent else "", "confirmed": "1"},
        "keep_url": request.path,
    }
    return render_page(request, "projects/confirm_transfer.html", context, nav=nav)


def real_group(request: PageRequest) -> Group:
    group = request.access.group
    if group.person_id is not None:
        raise Http404("A person's own namespace stays where it is, as long as the person.")
    return group


# --- Invited groups ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class InvitationPages(Frame):
    thing = "invitation"
    target: Project | Group

    @property
    def owners_action(self) -> Action:
        return Action.MANAGE_OWNERS if self.kind == "project" else Action.MANAGE_GROUP_MEMBERS


def _invitations(request: PageRequest, **_address: str) -> HttpResponseBase:
    target = request.access.target
    frame = InvitationPages(target=target if isinstance(target, Project) else real_group(request))
    makes_owners = is_allowed(request, frame.owners_action, frame.target)
    form = InvitationForm(request.POST or None, makes_owners=makes_owners)
    if request.method == "POST" and form.is_valid() and _invite(request, frame, form):
        return redirect(frame.url())
    links = active_links().filter(**{frame.kind: frame.target}).order_by("id")
    seen = set(Group.objects.visible_to(current_user(request)).filter(pk__in=[link.invited_id for link in links]))
    rows = [(link, link.invited in seen) for link in links]
    context = {"rows": rows, "makes_owners": makes_owners, "members_nav": f"{frame.kind}_members"}
    return render_page(
        request, "projects/invitations.html", context, frame=frame, form=form, nav=f"{frame.kind}_members"
    )


def _invite(request: PageRequest, frame: InvitationPages, form: InvitationForm) -> bool:
    data = dict(form.cleaned_data)
    path = IdOrPath.of_path(data.pop("group"))
    invited = find_if_permitted(current_user(request), Action.READ_GROUP, path)
    if not isinstance(invited, Group) or invited.person_id is not None:
        form.add_error("group", _("There is no such group, or none that you may see."))
        return False
    try:
        services.invite_group(invited, target=frame.target, by=current_user(request), **data)
    except ValidationError as error:
        add_service_error(form, error)
        return False
    messages.success(request, _("Group %(path)s invited.") % {"path": invited.full_path})
    return True


def _invitation_removal(request: PageRequest, link: int, **_address: str) -> HttpResponseBase:
    target = request.access.target
    frame = InvitationPages(target=target if isinstance(target, Project) else real_group(request))
    rows = GroupLink.objects.select_related("invited", "project__group", "group")
    known = get_object_or_404(rows, pk=link, **{frame.kind: frame.target})
    if known.role == Role.OWNER and not is_allowed(request, frame.owners_action, frame.target):
        raise PermissionDenied(_("Only owners end the invitation of owners."))
    if request.method == "POST":
        services.remove_group_link(known, by=current_user(request))
        messages.success(request, _("The group is no longer invited."))
        return redirect(frame.url())
    visible = Group.objects.visible_to(current_user(request)).filter(pk=known.invited_id).exists()
    context: dict[str, Any] = {
        "name": known.invited.full_path if visible else "",
        "effects": _effects_of_link_end(known),
    }
    return render_page(request, "projects/invitation_removal.html", context, frame=frame, nav=f"{frame.kind}_members")


def _effects_of_link_end(link: GroupLink) -> list[tuple[int, str, str]]:
    """As partials/confirm.html has them: that nobody loses anything is said as well."""
    effects = effects_of_link_end(link)
    lines = [
        (
            effects.lost,
            ngettext("person loses all access here.", "people lose all access here.", effects.lost),
            _("No other membership or invitation gives them a role.") if effects.lost else "",
        ),
        (
            effects.lowered,
            ngettext("person keeps a lower role.", "people keep a lower role.", effects.lowered),
            _("Another membership or invitation gives it."),
        ),
        (
            effects.kept,
            ngettext("person keeps the same role.", "people keep the same role.", effects.kept),
            _("Another membership or invitation gives it."),
        ),
    ]
    return [line for line in lines if line[0] or line is lines[0]]


project_invitations = requires(Action.MANAGE_MEMBERS)(form_page(_invitations))
group_invitations = requires(Action.MANAGE_GROUP_MEMBERS)(form_page(_invitations))
project_invitation_remove = requires(Action.MANAGE_MEMBERS)(form_page(_invitation_removal))
group_invitation_remove = requires(Action.MANAGE_GROUP_MEMBERS)(form_page(_invitation_removal))

"""Who belongs to a project or a group: the list, and adding, changing and removing members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from identity.models import User
from pages.form_errors import add_service_error
from pages.frame import Frame, render_page
from pages.listing import page_of, search_term
from projects import services
from projects.forms.projects import MemberForm, NewMemberForm
from projects.models import Group, Membership, Project
from projects.roles import members
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


@dataclass(frozen=True)
class MemberRow:
    """A person's line: the membership that gives the role here, and the one made here, if there is one."""

    effective: Membership
    direct: Membership | None

    @property
    def inherited(self) -> bool:
        return self.effective != self.direct


@dataclass(frozen=True, kw_only=True)
class MemberPages(Frame):
    """The pages of a project's or a group's members."""

    thing = "member"
    target: Project | Group

    @property
    def manage_action(self) -> Action:
        return Action.MANAGE_MEMBERS if self.kind == "project" else Action.MANAGE_GROUP_MEMBERS

    @property
    def owners_action(self) -> Action:
        return Action.MANAGE_OWNERS if self.kind == "project" else Action.MANAGE_GROUP_MEMBERS

    def context_for(self, request: PageRequest, **more: Any) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "edit_name": f"{self.kind}_member",
            "remove_name": f"{self.kind}_member_remove",
            "invitations_name": f"{self.kind}_invitations",
            "may_manage": is_allowed(request, self.manage_action, self.target),
            "may_owners": is_allowed(request, self.owners_action, self.target),
            **more,
        }


@requires(Action.READ_PROJECT, POST=Action.MANAGE_MEMBERS)
@form_page
def project_members(request: PageRequest, project_path: str) -> HttpResponseBase:
    return _list(request, MemberPages(target=request.access.project))


@requires(Action.READ_GROUP, POST=Action.MANAGE_GROUP_MEMBERS)
@form_page
def group_members(request: PageRequest, group_path: str) -> HttpResponseBase:
    return _list(request, _group(request))


@requires(Action.MANAGE_MEMBERS)
@form_page
def project_member(request: PageRequest, project_path: str, membership: int) -> HttpResponseBase:
    return _edit(request, MemberPages(target=request.access.project), membership)


@requires(Action.MANAGE_GROUP_MEMBERS)
@form_page
def group_member(request: PageRequest, group_path: str, membership: int) -> HttpResponseBase:
    return _edit(request, _group(request), membership)


@requires(Action.MANAGE_MEMBERS)
@form_page
def project_member_remove(request: PageRequest, project_path: str, membership: int) -> HttpResponseBase:
    return _remove(request, MemberPages(target=request.access.project), membership)


@requires(Action.MANAGE_GROUP_MEMBERS)
@form_page
def group_member_remove(request: PageRequest, group_path: str, membership: int) -> HttpResponseBase:
    return _remove(request, _group(request), membership)


def _group(request: PageRequest) -> MemberPages:
    group = request.access.group
    if group.person_id is not None:
        raise Http404  # a person's own namespace has no members but the person
    return MemberPages(target=group)


def _list(request: PageRequest, place: MemberPages) -> HttpResponseBase:
    makes_owners = is_allowed(request, place.owners_action, place.target)
    form = NewMemberForm(request.POST or None, makes_owners=makes_owners)
    if request.method == "POST" and form.is_valid() and _add(request, place, form):
        return redirect(place.url())
    return _page(request, place, form)


def _add(request: PageRequest, place: MemberPages, form: NewMemberForm) -> bool:
    data = form.cleaned_data
    try:
        services.add_member(
            user=data["username"],
            target=place.target,
            role=data["role"],
            expires_at=data["expires_at"],
            by=current_user(request),
        )
    except ValidationError as error:
        add_service_error(form, error)
        return False
    message = _("%(name)s now has the role %(role)s.")
    messages.success(request, message % {"name": data["username"].username, "role": Role(data["role"]).name.lower()})
    return True


def _page(request: PageRequest, place: MemberPages, form: NewMemberForm) -> HttpResponse:
    own = {membership.user_id: membership for membership in members.direct_memberships(place.target)}
    q = search_term(request)
    found = [row for row in members.effective_memberships(place.target) if not q or members.matches_name(row, q)]
    page = page_of(request, found)
    rows = [MemberRow(best, own.get(best.user_id)) for best in page]
    context = place.context_for(request, page=page, rows=rows, q=q, OWNER=Role.OWNER)
    return render_page(request, "projects/members.html", context, frame=place, form=form)


def _edit(request: PageRequest, place: MemberPages, pk: int) -> HttpResponseBase:
    membership = _get_membership(request, place, pk)
    known = {"role": membership.role, "expires_at": membership.expires_at}
    makes_owners = is_allowed(request, place.owners_action, place.target)
    form = MemberForm(request.POST or None, initial=known, makes_owners=makes_owners)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.update_member(
                membership, role=data["role"], expires_at=data["expires_at"], by=current_user(request)
            )
        except ValidationError as error:
            add_service_error(form, error)
        else:
            message = _("%(name)s now has the role %(role)s.")
            name = membership.user.username
            messages.success(request, message % {"name": name, "role": Role(data["role"]).name.lower()})
            return redirect(place.url())
    context = place.context_for(request, membership=membership)
    return render_page(request, "projects/member_edit.html", context, frame=place, form=form)


def _remove(request: PageRequest, place: MemberPages, pk: int) -> HttpResponseBase:
    membership = _get_membership(request, place, pk)
    name = membership.user.username
    if request.method == "POST":
        try:
            services.remove_member(membership, by=current_user(request))
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
        else:
            messages.success(request, _("%(name)s removed.") % {"name": name})
        return redirect(place.url())
    effects, left = _removal_effects(membership), _remaining_membership(place, membership)
    context = place.context_for(request, membership=membership, effects=effects, left=left)
    return render_page(request, "projects/member_remove.html", context, frame=place)


def _get_membership(request: PageRequest, place: MemberPages, pk: int) -> Membership:
    membership = members.direct_memberships(place.target).filter(pk=pk).first()
    if membership is None:
        raise Http404
    if membership.role == Role.OWNER and not is_allowed(request, place.owners_action, place.target):
        raise PermissionDenied(_("Only an owner may change an owner's membership."))
    return membership


def _removal_effects(membership: Membership) -> list[tuple[int, str, str]]:
    if membership.group is None:
        return []
    user: User = membership.user
    inside = Project.objects.alive().below(membership.group.pk).with_membership_role(user, Role.GUEST)
    return [(inside.count(), _("projects of this group where the role ends too"), "")] if inside else []


def _remaining_membership(place: MemberPages, membership: Membership) -> Membership | None:
    """What gives the person a role here all the same: a membership further up."""
    group_id = place.target.group_id if isinstance(place.target, Project) else place.target.parent_id
    above = members.active_memberships().filter(user=membership.user, group__descendant_links__group=group_id)
    return above.order_by("-role").first() if group_id else None

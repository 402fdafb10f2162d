"""Who belongs to a project or a group: the list, and adding, changing and removing members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from identity.models import User
from portal.listing import PAGE_SIZE, words
from projects import members, services
from projects.forms import MemberForm, NewMemberForm
from projects.models import Group, Membership, Project
from projects.views.refusals import tell
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role
from tokenaccess.web import PageRequest, form_page, requires


@dataclass(frozen=True)
class Row:
    """A person's line: the membership that gives the role here, and the one made here, if there is one."""

    best: Membership
    own: Membership | None

    @property
    def inherited(self) -> bool:
        return self.best != self.own


@dataclass(frozen=True)
class Place:
    """A project or a group, and how its pages are called."""

    it: Project | Group

    @property
    def kind(self) -> str:
        return "project" if isinstance(self.it, Project) else "group"

    @property
    def manage(self) -> Action:
        return Action.MANAGE_MEMBERS if self.kind == "project" else Action.MANAGE_GROUP_MEMBERS

    @property
    def owners(self) -> Action:
        return Action.MANAGE_OWNERS if self.kind == "project" else Action.MANAGE_GROUP_MEMBERS

    def context(self, request: PageRequest, **more: Any) -> dict[str, Any]:
        return {
            self.kind: self.it,
            "where": self.it,
            "kind": self.kind,
            "base": f"base_{self.kind}.html",
            "list_name": f"{self.kind}_members",
            "edit_name": f"{self.kind}_member",
            "remove_name": f"{self.kind}_member_remove",
            "nav_current": f"{self.kind}_members",
            "may_manage": may(request, self.manage, self.it),
            "may_owners": may(request, self.owners, self.it),
            **more,
        }

    def back(self) -> HttpResponseBase:
        return redirect(f"{self.kind}_members", self.it.full_path)


@requires(Action.READ_PROJECT, POST=Action.MANAGE_MEMBERS)
@form_page
def project_members(request: PageRequest, project_path: str) -> HttpResponseBase:
    return _list(request, Place(request.access.project))


@requires(Action.READ_GROUP, POST=Action.MANAGE_GROUP_MEMBERS)
@form_page
def group_members(request: PageRequest, group_path: str) -> HttpResponseBase:
    return _list(request, _group(request))


@requires(Action.MANAGE_MEMBERS)
@form_page
def project_member(request: PageRequest, project_path: str, membership: int) -> HttpResponseBase:
    return _edit(request, Place(request.access.project), membership)


@requires(Action.MANAGE_GROUP_MEMBERS)
@form_page
def group_member(request: PageRequest, group_path: str, membership: int) -> HttpResponseBase:
    return _edit(request, _group(request), membership)


@requires(Action.MANAGE_MEMBERS)
@form_page
def project_member_remove(request: PageRequest, project_path: str, membership: int) -> HttpResponseBase:
    return _remove(request, Place(request.access.project), membership)


@requires(Action.MANAGE_GROUP_MEMBERS)
@form_page
def group_member_remove(request: PageRequest, group_path: str, membership: int) -> HttpResponseBase:
    return _remove(request, _group(request), membership)


def _group(request: PageRequest) -> Place:
    group = request.access.group
    if group.person_id is not None:
        raise Http404  # a person's own namespace has no members but the person
    return Place(group)


def _list(request: PageRequest, place: Place) -> HttpResponseBase:
    makes_owners = may(request, place.owners, place.it)
    form = NewMemberForm(request.POST or None, makes_owners=makes_owners)
    if request.method == "POST" and form.is_valid() and _add(request, place, form):
        return place.back()
    return _page(request, place, form)


def _add(request: PageRequest, place: Place, form: NewMemberForm) -> bool:
    data = form.cleaned_data
    try:
        services.add_member(
            user=data["username"],
            place=place.it,
            role=data["role"],
            expires_at=data["expires_at"],
            by=request.access.user,
        )
    except ValidationError as error:
        tell(form, error)
        return False
    told = _("%(name)s is %(role)s here now.")
    messages.success(request, told % {"name": data["username"].username, "role": Role(data["role"]).name.lower()})
    return True


def _page(request: PageRequest, place: Place, form: NewMemberForm) -> HttpResponse:
    own = {membership.user_id: membership for membership in members.direct(place.it)}
    q = words(request)
    found = [row for row in members.effective(place.it) if not q or members.is_named(row, q)]
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [Row(best, own.get(best.user_id)) for best in page]
    context = place.context(request, form=form, page=page, rows=rows, q=q, OWNER=Role.OWNER)
    return render(request, "projects/members.html", context, status=422 if form.errors else 200)


def _edit(request: PageRequest, place: Place, pk: int) -> HttpResponseBase:
    membership = _own(request, place, pk)
    known = {"role": membership.role, "expires_at": membership.expires_at}
    makes_owners = may(request, place.owners, place.it)
    form = MemberForm(request.POST or None, initial=known, makes_owners=makes_owners)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.update_member(membership, role=data["role"], expires_at=data["expires_at"], by=request.access.user)
        except ValidationError as error:
            tell(form, error)
        else:
            told = _("%(name)s is %(role)s here now.")
            name = membership.user.username
            messages.success(request, told % {"name": name, "role": Role(data["role"]).name.lower()})
            return place.back()
    context = place.context(request, form=form, membership=membership)
    return render(request, "projects/member_edit.html", context, status=422 if form.errors else 200)


def _remove(request: PageRequest, place: Place, pk: int) -> HttpResponseBase:
    membership = _own(request, place, pk)
    name = membership.user.username
    if request.method == "POST":
        try:
            services.remove_member(membership, by=request.access.user)
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
        else:
            messages.success(request, _("%(name)s is no longer a member here.") % {"name": name})
        return place.back()
    context = place.context(request, membership=membership, effects=_effects(membership), left=_left(place, membership))
    return render(request, "projects/member_remove.html", context)


def _own(request: PageRequest, place: Place, pk: int) -> Membership:
    membership = members.direct(place.it).filter(pk=pk).first()
    if membership is None:
        raise Http404
    if membership.role == Role.OWNER and not may(request, place.owners, place.it):
        raise PermissionDenied(_("Only an owner changes an owner's membership."))
    return membership


def _effects(membership: Membership) -> list[tuple[int, str, str]]:
    if membership.group is None:
        return []
    user: User = membership.user
    inside = Project.objects.alive().below(membership.group.pk).of_member(user, Role.GUEST)
    return [(inside.count(), _("projects below, where the role came from here."), "")] if inside else []


def _left(place: Place, membership: Membership) -> Membership | None:
    """What gives the person a role here all the same: a membership further up."""
    group_id = place.it.group_id if isinstance(place.it, Project) else place.it.parent_id
    above = members.alive().filter(user=membership.user, group__descendant_links__group=group_id)
    return above.order_by("-role").first() if group_id else None

"""What developers do with releases on pages: make one, change it and its links, delete it.

The addresses end in words with `~`, which no tag can have in its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages.effects import effect
from pages.form_errors import add_service_error
from pages.frame import render_page
from projects.protection import NO_NEW_TAG
from projects.repository import InvalidChange, NoSuchRef
from resources.releases import services
from resources.releases.links import MAX_LINKS, InvalidLink, TooManyLinks
from resources.releases.models import Release, ReleaseLink
from resources.releases.protection import may_create_tag
from resources.releases.views.forms import LinkForm, NewReleaseForm, ReleaseForm
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action

LIST, ONE, EDIT = "project_releases", "project_release", "project_release_edit"
_FIELD_OF_LINK = {"direct_asset_path": "path"}


@requires(Action.MANAGE_RELEASES)
@form_page
def new(request: PageRequest, project_path: str) -> HttpResponseBase:
    """`?tag_name=`"""
    project = request.access.project
    initial = {"tag": request.GET.get("tag_name", ""), "ref": project.default_branch}
    form = NewReleaseForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = _attempt(form, lambda: _create(request, form.cleaned_data))
        if made is not None:
            messages.success(request, _("%(name)s released.") % {"name": made.name})
            return redirect(ONE, project.full_path, made.tag)
    return render_page(request, "releases/new.html", nav=LIST, form=form)


def _create(request: PageRequest, values: dict[str, Any]) -> Release:
    if not may_create_tag(request.access, values["tag"]):
        raise InvalidChange(NO_NEW_TAG)
    return services.create_release(request.access.project, by=current_user(request), **values)


@requires(Action.MANAGE_RELEASES)
@form_page
def edit(request: PageRequest, project_path: str, tag: str) -> HttpResponseBase:
    release = _find(request, tag)
    form = ReleaseForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(release, name) for name in ("name", "released_at", "description")},
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if _attempt(form, lambda: services.update_release(release, by=current_user(request), **values)) is not None:
            messages.success(request, _("%(name)s saved.") % {"name": release.name})
            return redirect(ONE, request.access.project.full_path, tag)
    context = {"release": release, "links": release.links.all(), "link_form": LinkForm(auto_id="id_link_%s")}
    return render_page(request, "releases/edit.html", context, nav=LIST, form=form)


@requires(Action.MANAGE_RELEASES)
@form_page
def new_link(request: PageRequest, project_path: str, tag: str) -> HttpResponseBase:
    release = _find(request, tag)
    form = LinkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        link = ReleaseLink(**form.cleaned_data)
        if _attempt(form, lambda: services.create_link(release, link, by=current_user(request))) is not None:
            messages.success(request, _("%(name)s added.") % {"name": link.name})
            return redirect(EDIT, request.access.project.full_path, tag)
    return render_page(request, "releases/new_link.html", {"release": release}, nav=LIST, form=form)


@requires(Action.MANAGE_RELEASES)
@form_page
def delete(request: PageRequest, project_path: str, tag: str) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    release, path = _find(request, tag), request.access.project.full_path
    if request.method == "POST":
        services.delete_release(release, by=current_user(request))
        messages.success(request, _("%(name)s deleted.") % {"name": release.name})
        return redirect(LIST, path)
    context = {"release": release, "links_count": release.links.count()}
    return render_page(request, "releases/delete.html", context, nav=LIST)


@requires(Action.MANAGE_RELEASES)
@form_page
def delete_link(request: PageRequest, project_path: str, tag: str, link_id: int) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    release, path = _find(request, tag), request.access.project.full_path
    link = get_object_or_404(release.links.select_related("release__project"), pk=link_id)
    if request.method == "POST":
        services.delete_link(link, by=current_user(request))
        messages.success(request, _("%(name)s deleted.") % {"name": link.name})
        return redirect(EDIT, path, tag)
    others = release.links.exclude(pk=link.pk).count()
    what = ngettext("other asset of the release stays.", "other assets of the release stay.", others)
    context = {"release": release, "link": link, "effects": effect(others, what)}
    return render_page(request, "releases/delete_link.html", context, nav=LIST)


def _find(request: PageRequest, tag: str) -> Release:
    """Raises Http404, and PermissionDenied for that of a tag that is kept from the user."""
    release = Release.objects.filter(project=request.access.project, tag=tag).select_related("project__group").first()
    if release is None:
        raise Http404
    if not may_create_tag(request.access, tag):
        raise PermissionDenied(
            _("The tag %(name)s is protected: only who may create it changes its release.") % {"name": tag}
        )
    return release


def _attempt(form: forms.Form, change: Callable[[], Any]) -> Any:
    """What the change returns; None if it is refused, which the form then says."""
    try:
        return change()
    except ValidationError as error:
        add_service_error(form, error)
    except services.ReleaseExists:
        form.add_error("tag", _("It has a release already."))
    except services.ImproperTag:
        form.add_error("tag", _("No tag can be called so."))
    except services.NoRef:
        form.add_error("ref", _("There is no such tag yet. Say what to create it from."))
    except NoSuchRef:
        form.add_error("ref", _("There is no such branch, tag or commit."))
    except TooManyLinks:
        form.add_error(None, _("A release has at most %(n)s links.") % {"n": MAX_LINKS})
    except InvalidLink as error:
        form.add_error(_FIELD_OF_LINK.get(error.field, error.field), error.words)
    except InvalidChange as error:
        form.add_error("tag", str(error))
    return None

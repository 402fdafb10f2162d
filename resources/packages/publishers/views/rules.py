"""Settings › Trusted publishing: the publishers; adding and deleting one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages.effects import effect
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from resources.packages.models import Package
from resources.packages.publishers import services
from resources.packages.publishers.forms import TrustedPublisherForm
from resources.packages.publishers.mint import AUDIENCE
from resources.packages.publishers.models import KIND, TrustedPublisher
from tokenaccess.access.gate import permitted_ids
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action

URL = "project_trusted_publishers"
SNIPPET = """\
publish:
  id_tokens:
    {variable}: {{aud: {audience}}}
  script:
    - uv publish --trusted-publishing always --publish-url {address} dist/*
"""


class PublisherRow(NamedTuple):
    """`source_path` is empty for a project that the reader may not see."""

    publisher: TrustedPublisher
    source_path: str


@requires(Action.MANAGE_TRUSTED_PUBLISHERS)
@form_page
def trusted_publishers(request: PageRequest, project_path: str) -> HttpResponseBase:
    """The publishers; a POST adds one."""
    project = request.access.project
    form = TrustedPublisherForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _create(request, form):
        messages.success(request, _("Trusted publisher added."))
        return redirect(URL, project.full_path)
    page = page_of(request, TrustedPublisher.objects.filter(project=project).select_related("source"))
    context = {
        "page": page,
        "rows": _rows(request, page.object_list),
        "snippet": SNIPPET.format(
            variable=f"{AUDIENCE.upper().replace('-', '_')}_ID_TOKEN",
            audience=AUDIENCE,
            address=f"{settings.EXTERNAL_URL}/api/v4/projects/{project.pk}/packages/pypi",
        ),
    }
    return render_page(request, "packages/trusted_publishers.html", context, form=form)


def _create(request: PageRequest, form: TrustedPublisherForm) -> bool:
    user, values = current_user(request), dict(form.cleaned_data)
    try:
        source = services.find_source(values.pop("source"), by=user)
        services.create_publisher(request.access.project, by=user, source=source, **values)
    except ValidationError as error:
        add_service_error(form, error)
    return form.is_valid()


def _rows(request: PageRequest, publishers: Iterable[TrustedPublisher]) -> list[PublisherRow]:
    found = list(publishers)
    visible = permitted_ids(current_user(request), Action.READ_PROJECT, [one.source for one in found])
    return [PublisherRow(one, one.source.full_path if one.source_id in visible else "") for one in found]


@requires(Action.MANAGE_TRUSTED_PUBLISHERS)
@form_page
def delete_trusted_publisher(request: PageRequest, project_path: str, publisher_id: int) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    project = request.access.project
    found = get_object_or_404(TrustedPublisher.objects.select_related("project"), project=project, pk=publisher_id)
    if request.method == "POST":
        services.delete_publisher(found, by=current_user(request))
        messages.success(request, _("Trusted publisher deleted."))
        return redirect(URL, project.full_path)
    usable = found.upload_tokens.filter(expires_at__gt=timezone.now()).count()
    versions = Package.objects.filter(project=project, kind=KIND, name=found.package_name).count()
    effects = [
        *effect(usable, ngettext("upload token stops working.", "upload tokens stop working.", usable)),
        *effect(versions, ngettext("published version stays.", "published versions stay.", versions)),
    ]
    context = {"publisher": found, "effects": effects}
    return render_page(request, "packages/delete_trusted_publisher.html", context, nav=URL)

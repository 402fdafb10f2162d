"""The links of a release, by REST (resources.md §7)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request

from api.operations import operation
from resources.releases import services
from resources.releases.api.errors import release_error
from resources.releases.api.params import LinkFilters, LinkUpdate, NewLink, link_fields, new_link
from resources.releases.api.serializers import LinkSerializer
from resources.releases.api.views import ReleaseView
from resources.releases.models import ReleaseLink
from text.numbers import parse_number
from tokenaccess.policy import Action


class Links(ReleaseView):
    actions = {"GET": Action.READ_RELEASES, "POST": Action.MANAGE_RELEASES}

    @operation(LinkFilters, returns=LinkSerializer, many=True)
    def get(self, request: Request, project: str, tag: str, params: dict[str, Any]) -> QuerySet[ReleaseLink]:
        return ReleaseLink.objects.filter(release=self.find(tag)).select_related("release").order_by("-id")

    @operation(NewLink, returns=LinkSerializer)
    def post(self, request: Request, project: str, tag: str, params: dict[str, Any]) -> ReleaseLink:
        release = self.find_to_change(tag)
        try:
            return services.create_link(release, new_link(params), by=self.current_user)
        except services.REFUSALS as error:
            raise release_error(error) from None


class Link(ReleaseView):
    actions = {"GET": Action.READ_RELEASES, "PUT": Action.MANAGE_RELEASES, "DELETE": Action.MANAGE_RELEASES}

    @operation(returns=LinkSerializer)
    def get(self, request: Request, project: str, tag: str, link_id: str) -> ReleaseLink:
        return self.find_link(tag, link_id)

    @operation(LinkUpdate, returns=LinkSerializer)
    def put(self, request: Request, project: str, tag: str, link_id: str, params: dict[str, Any]) -> ReleaseLink:
        self.find_to_change(tag)
        link = self.find_link(tag, link_id)
        try:
            services.update_link(link, by=self.current_user, **link_fields(params))
        except services.REFUSALS as error:
            raise release_error(error) from None
        return link

    @operation(returns=LinkSerializer, status=200)
    def delete(self, request: Request, project: str, tag: str, link_id: str) -> ReleaseLink:
        self.find_to_change(tag)
        link = self.find_link(tag, link_id)
        services.delete_link(link, by=self.current_user)
        return link

    def find_link(self, tag: str, link_id: str) -> ReleaseLink:
        """Raises Http404."""
        links = ReleaseLink.objects.filter(release__in=self.releases, release__tag=tag)
        found = links.filter(pk=parse_number(link_id) or 0).select_related("release__project").first()
        if found is None:
            raise Http404
        return found

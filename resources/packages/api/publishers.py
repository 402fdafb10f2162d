"""Trusted publishers, by REST (resources.md §2.2.1). GitLab has no such addresses: these are ours."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Text
from api.input.parameters import OwnParameters
from api.operations import operation
from api.rest import bad_request, not_found
from api.serializers import ResponseSerializer
from resources.packages.formats.pypi import names
from resources.packages.publishers import services
from resources.packages.publishers.models import TrustedPublisher
from text.numbers import parse_number
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class NewTrustedPublisher(OwnParameters):
    package_name = Text(required=True, max_length=names.MAX_LENGTH)
    source_project = Text(required=True, max_length=1024, help_text="Id or full path.")
    environment = Text(max_length=255)
    ref_path = Text(max_length=255, help_text="refs/heads/main or refs/tags/v*; left out: any.")
    config_path = Text(max_length=255, help_text="The CI file; left out: any.")


class TrustedPublisherSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    project_id = serializers.IntegerField()
    package_name = serializers.CharField()
    source_project_id = serializers.IntegerField(source="source_id")
    environment = serializers.CharField()
    ref_path = serializers.CharField()
    config_path = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class _View(GatedView):
    @property
    def publishers(self) -> QuerySet[TrustedPublisher]:
        return TrustedPublisher.objects.filter(project=self.access.project).select_related("project")


class TrustedPublishers(_View):
    actions = {"GET": Action.MANAGE_TRUSTED_PUBLISHERS, "POST": Action.MANAGE_TRUSTED_PUBLISHERS}

    @operation(returns=TrustedPublisherSerializer, many=True)
    def get(self, request: Request, project: str) -> QuerySet[TrustedPublisher]:
        return self.publishers.order_by("id")

    @operation(NewTrustedPublisher, returns=TrustedPublisherSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> TrustedPublisher:
        if not names.is_name(params["package_name"]):
            raise bad_request("package_name is no name of a Python package")
        values = {**params, "package_name": names.normalize_name(params["package_name"])}
        source = services.find_source(values.pop("source_project"), by=self.current_user)
        return services.create_publisher(self.access.project, by=self.current_user, source=source, **values)


class TrustedPublisherDetail(_View):
    actions = {"DELETE": Action.MANAGE_TRUSTED_PUBLISHERS}

    @operation()
    def delete(self, request: Request, project: str, publisher_id: str) -> None:
        found = self.publishers.filter(pk=parse_number(publisher_id) or 0).first()
        if found is None:
            raise not_found("Trusted publisher")
        services.delete_publisher(found, by=self.current_user)

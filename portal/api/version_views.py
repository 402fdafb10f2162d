"""Which API a client speaks to: the GitLab version whose contract we keep, and ours as the revision."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework import serializers

from api.operations import Operation
from tokenaccess.adapters.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action


class VersionSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    revision = serializers.CharField()


class KasSerializer(serializers.Serializer[Any]):
    """GitLab's server for cluster agents, which is not here."""

    enabled = serializers.BooleanField()
    externalUrl = serializers.CharField(allow_null=True)  # GitLab's key
    externalK8sProxyUrl = serializers.CharField(allow_null=True)  # GitLab's key
    version = serializers.CharField(allow_null=True)


class MetadataSerializer(VersionSerializer):
    kas = KasSerializer()
    enterprise = serializers.BooleanField()


def _version() -> dict[str, Any]:
    return {"version": settings.GITLAB_VERSION, "revision": settings.API_REVISION}


@api_view(GET=Action.USE_INSTANCE, operations={"GET": Operation(returns=VersionSerializer)})
def version(request: ApiRequest) -> HttpResponse:
    return json_response(_version())


@api_view(GET=Action.USE_INSTANCE, operations={"GET": Operation(returns=MetadataSerializer)})
def metadata(request: ApiRequest) -> HttpResponse:
    kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
    return json_response({**_version(), "kas": kas, "enterprise": False})

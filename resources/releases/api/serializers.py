"""Releases and their links as JSON, in GitLab's keys (resources.md §7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import ABSENT, Moment, OptionalMethod, ResponseSerializer
from identity.api.serializers import BasicUserSerializer
from projects.api.repository_serializers import CommitSerializer
from projects.models import Project
from projects.repository import NoSuchRef
from projects.repository.archives import KINDS, archive_addresses
from resources.releases.addresses import download_path, evidence_path, release_path
from resources.releases.models import Evidence, LinkType, Release, ReleaseLink
from resources.releases.responses import NotesRenderer


class LinkSerializer(ResponseSerializer):
    """Expects the release of each at hand."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    url = serializers.CharField()
    direct_asset_url = serializers.SerializerMethodField()
    link_type = serializers.ChoiceField(LinkType.values)

    def get_direct_asset_url(self, link: ReleaseLink) -> str:
        if not link.path:
            return link.url
        return self.absolute_url(download_path(self.context["view"].access.project, link.release, link))


class SourceSerializer(serializers.Serializer[Any]):
    """An archive of the tag's files."""

    format = serializers.ChoiceField(KINDS)
    url = serializers.URLField()


class AssetsSerializer(ResponseSerializer):
    count = serializers.IntegerField()
    sources = SourceSerializer(many=True)
    links = LinkSerializer(many=True)


class EvidenceSerializer(ResponseSerializer):
    """Expects the release of each at hand."""

    sha = serializers.CharField(source="sha256")
    filepath = serializers.SerializerMethodField()
    collected_at = Moment()

    def get_filepath(self, evidence: Evidence) -> str:
        return self.absolute_url(evidence_path(self.context["view"].access.project, evidence.release, evidence))


class ReleaseLinksSerializer(serializers.Serializer[Any]):
    """Nothing for those who may not read the code."""

    self = serializers.URLField(required=False)


class ReleaseSerializer(ResponseSerializer):
    """Of its view: `reads_code`, `params` and `repository`. Without the right to read code nothing is told of it."""

    tag_name = OptionalMethod()
    name = serializers.CharField()
    description = serializers.CharField()
    description_html = OptionalMethod()
    created_at = Moment()
    released_at = Moment()
    upcoming_release = serializers.BooleanField(source="is_upcoming")
    author = BasicUserSerializer(allow_null=True)
    commit = OptionalMethod()
    commit_path = OptionalMethod()
    tag_path = OptionalMethod()
    assets = serializers.SerializerMethodField()
    evidences = OptionalMethod()
    _links = serializers.SerializerMethodField(method_name="get_links")

    def prepare(self, rows: Sequence[Release]) -> None:
        view = self.context["view"]
        self.project: Project = view.access.project
        self.reads_code: bool = view.reads_code
        self.wants_html: bool = view.params.get("include_html_description", False)
        self.repository = view.repository
        self._notes = NotesRenderer(self.project)
        self._commits = CommitSerializer(context=self.context)
        self._evidences = EvidenceSerializer(context=self.context)
        self._assets = LinkSerializer(context=self.context)

    def get_tag_name(self, release: Release) -> str:
        return release.tag if self.reads_code else ABSENT

    def get_description_html(self, release: Release) -> str:
        return self._notes.html(release) if self.wants_html else ABSENT

    @extend_schema_field(CommitSerializer(allow_null=True))
    def get_commit(self, release: Release) -> Any:
        """None when the repository has it no more."""
        if not self.reads_code:
            return ABSENT
        try:
            return self._commits.to_representation(self.repository.commit(release.sha))
        except NoSuchRef:
            return None

    def get_commit_path(self, release: Release) -> str:
        return f"/{self.project.full_path}/-/commit/{release.sha}" if self.reads_code else ABSENT

    def get_tag_path(self, release: Release) -> str:
        return f"/{self.project.full_path}/-/tree/{quote(release.tag)}" if self.reads_code else ABSENT

    @extend_schema_field(AssetsSerializer)
    def get_assets(self, release: Release) -> dict[str, Any]:
        links = [self._assets.to_representation(one) for one in release.links.all()]
        sources = self._sources(release) if self.reads_code else []
        return {"count": len(sources) + len(links), "sources": sources, "links": links}

    def _sources(self, release: Release) -> list[dict[str, str]]:
        """None of a tag that is gone."""
        if self.repository.tag(release.tag) is None:
            return []
        addresses = archive_addresses(self.project.full_path, release.tag)
        return [{"format": kind, "url": self.absolute_url(path)} for kind, path in addresses]

    @extend_schema_field(EvidenceSerializer(many=True))
    def get_evidences(self, release: Release) -> Any:
        if not self.reads_code:
            return ABSENT
        return [self._evidences.to_representation(one) for one in release.evidences.all()]

    @extend_schema_field(ReleaseLinksSerializer)
    def get_links(self, release: Release) -> dict[str, str]:
        return {"self": self.absolute_url(release_path(self.project, release))} if self.reads_code else {}

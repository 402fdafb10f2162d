"""What requests about badges may say, and what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from rest_framework import serializers

from api.input.fields import Text
from api.input.list_filters import ListFilters
from api.input.parameters import Parameters
from api.serializers import ResponseSerializer
from projects.badges.placeholders import BadgeUrls
from projects.models import Badge
from projects.models.badge import MAX_BADGE_NAME, MAX_BADGE_URL


class BadgeFilters(ListFilters):
    """`name`: exactly, its case too."""

    name = Text(max_length=MAX_BADGE_NAME)


class NewBadge(Parameters):
    link_url = Text(required=True, max_length=MAX_BADGE_URL)
    image_url = Text(required=True, max_length=MAX_BADGE_URL)
    name = Text(max_length=MAX_BADGE_NAME)


class BadgeChanges(Parameters):
    link_url = Text(max_length=MAX_BADGE_URL)
    image_url = Text(max_length=MAX_BADGE_URL)
    name = Text(max_length=MAX_BADGE_NAME, allow_blank=True)


class BadgeDraft(Parameters):
    link_url = Text(required=True, max_length=MAX_BADGE_URL)
    image_url = Text(required=True, max_length=MAX_BADGE_URL)


class BadgePreviewSerializer(ResponseSerializer):
    """The addresses as they are written, and with their placeholders filled in."""

    link_url = serializers.CharField()
    image_url = serializers.CharField()
    rendered_link_url = serializers.SerializerMethodField()
    rendered_image_url = serializers.SerializerMethodField()

    @cached_property
    def urls(self) -> BadgeUrls:
        urls: BadgeUrls = self.context["view"].badge_urls
        return urls

    def get_rendered_link_url(self, badge: Badge) -> str:
        return self.urls.render(badge.link_url)

    def get_rendered_image_url(self, badge: Badge) -> str:
        return self.urls.render(badge.image_url)


class BadgeSerializer(BadgePreviewSerializer):
    """One look-up of placeholders, however many badges."""

    name = serializers.SerializerMethodField()
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(["project", "group"])

    def get_name(self, badge: Badge) -> str | None:
        return badge.name or None

    def prepare(self, rows: Sequence[Badge]) -> None:
        _ = self.urls

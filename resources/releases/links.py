"""The links of a release: what may be one, which go together, and the addresses that stay (resources.md §7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import re2
from django.db.models import Q
from django.http import Http404
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from resources.releases.models import MAX_ASSET_PATH, MAX_URL, ReleaseLink
from resources.releases.querysets import ReleaseQuerySet
from text.hidden_characters import find_hidden
from text.urls import is_url

MAX_LINKS = 1000  # of one release
SCHEMES = ("http", "https", "ftp")
NOT_A_URL = f"is blocked: Only allowed schemes are {', '.join(SCHEMES)}"
TAKEN = "has already been taken"
_BETWEEN = "/downloads/"
_PATH = re2.compile(r"/(?:[-.\w]+/?)*[\da-zA-Z]+")


class InvalidLink(Exception):
    """`field` of a link has a value it cannot have; `words` say why."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(f"{field} {words}")
        self.field, self.words = field, words


class TooManyLinks(Exception):
    """A release has at most MAX_LINKS."""


def check_links(links: Sequence[ReleaseLink], others: Sequence[ReleaseLink] = ()) -> None:
    """Raises TooManyLinks, and InvalidLink for the first that is wrong by itself, or repeats something of one before it
    or of `others`, which the release has already."""
    if len(links) + len(others) > MAX_LINKS:
        raise TooManyLinks
    known = list(others)
    for link in links:
        _check_link(link)
        _check_different(link, known)
        known.append(link)


def check_name(name: str) -> None:
    """Raises InvalidLink."""
    if hidden := find_hidden(name):
        raise InvalidLink("name", _("must not contain the invisible character %(character)s") % {"character": hidden})


def _check_link(link: ReleaseLink) -> None:
    if not is_url(link.url, SCHEMES):
        raise InvalidLink("url", NOT_A_URL)
    if len(iri_to_uri(link.url)) > MAX_URL:
        raise InvalidLink("url", f"is too long (maximum is {MAX_URL} characters)")
    if link.path and (len(link.path) > MAX_ASSET_PATH or not _PATH.fullmatch(link.path)):
        raise InvalidLink("direct_asset_path", "is in an invalid format")


def _check_different(link: ReleaseLink, others: Iterable[ReleaseLink]) -> None:
    for other in others:
        if link.name == other.name:
            raise InvalidLink("name", TAKEN)
        if link.url == other.url:
            raise InvalidLink("url", TAKEN)
        if link.path and link.path == other.path:
            raise InvalidLink("direct_asset_path", TAKEN)


def find_download(releases: ReleaseQuerySet, tag: str, file_path: str) -> ReleaseLink:
    """Of `<tag>/downloads/<path>`, where both parts may have such a word in them. Raises Http404."""
    parts = f"{tag}{_BETWEEN}{file_path}".split(_BETWEEN)
    wanted = Q()
    for at in range(1, len(parts)):
        wanted |= Q(release__tag=_BETWEEN.join(parts[:at]), path="/" + _BETWEEN.join(parts[at:]))
    found = ReleaseLink.objects.filter(wanted, release__in=releases).first()
    if found is None:
        raise Http404
    return found

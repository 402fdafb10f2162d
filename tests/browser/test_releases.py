"""The pages of releases in a browser: sound in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from resources.releases.models import Release, ReleaseLink
from tests.browser.conftest import Visit
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

AT = "/acme/library/-/releases"
NOTES = """\
## New

- Reads **everything**, see [the guide](guide.txt)
- `tool --help` says how

| before | now |
| --- | --- |
| slow | fast |
"""


def test_axe_finds_nothing_and_nothing_scrolls_sideways(cast: Cast, visit: Callable[..., Visit]) -> None:
    common = {"project": cast.library, "sha": "a" * 40, "author": cast.developer}
    release = Release.objects.create(tag="v1", name="The first release", description=NOTES, **common)
    for name in ("tool", "a-very-long-name-" * 10):
        ReleaseLink.objects.create(
            release=release, name=name, url=f"https://files.example.org/{name}", link_type="package"
        )
    Release.objects.create(tag="v2", name="v2", released_at=datetime(2999, 1, 1, tzinfo=UTC), **common)
    Release.objects.create(tag=f"v/{'long-' * 40}", name="v0", released_at=datetime(2001, 1, 1, tzinfo=UTC), **common)
    seen = visit(cast.maintainer)
    link = release.links.first()
    assert link is not None
    changes = [f"{AT}/v1/{word}" for word in ("~edit", "~delete", "~links/new", f"~links/{link.pk}/delete")]
    assert (
        seen.problems(AT, f"{AT}/v1", f"{AT}/v2", f"{AT}?q=absent", f"{AT}/~new", *changes, "/acme/app/-/releases")
        == []
    )

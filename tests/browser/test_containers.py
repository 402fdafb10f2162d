"""The pages of the container registry in a browser: sound in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from resources.containers import contents
from resources.containers.models import ContainerRepository, ImageProtection
from tests.browser.conftest import Visit
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

AT = "/acme/library/-/container_registry"


def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    cast: Cast, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "refresh", lambda found: None)
    monkeypatch.setattr(contents, "inspect", lambda found, manifests: None)
    path = f"acme/library/{'long-name-' * 10}x"
    repository = ContainerRepository.objects.create(project=cast.library, path=path, name="long")
    image = repository.manifests.create(digest=f"sha256:{'1' * 64}", media_type="application/json", size=1)
    for name in ("latest", "dev-" + "a" * 100):
        repository.tags.create(manifest=image, name=name, pushed_at=timezone.now())
    rule = ImageProtection.objects.create(project=cast.library, pattern=f"{path}*")
    tags = f"{AT}/{repository.pk}/tags/delete"
    assert (
        visit(cast.maintainer).problems(
            AT,
            f"{AT}/{repository.pk}",
            f"{AT}/{repository.pk}/delete",
            tags,
            f"{tags}?delete=dev.*&keep_n=0&days=0",
            f"{tags}?delete=none&keep_n=0&days=0",
            f"{AT}/protection",
            f"{AT}/protection/{rule.pk}",
        )
        == []
    )

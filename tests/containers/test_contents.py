"""What the registry's own documents say, and what people may have written into them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from resources.containers import contents
from resources.containers.engine.client import OCI_INDEX, OCI_MANIFEST, Document
from resources.containers.models import ContainerRepository, Tag
from tests.containers import events
from tests.containers.events import CONFIG, LAYER, push, sha
from tests.factories.cast import Cast

PATH = "acme/library/tool"


class StubEngine:
    """In place of the registry: `manifests` by tag or digest, `blobs` by digest."""

    def __init__(self) -> None:
        self.manifests: dict[str, Document] = {}
        self.blobs: dict[str, Any] = {}

    def __call__(self, path: str) -> StubEngine:
        return self

    def tags(self) -> list[str]:
        return [name for name in self.manifests if ":" not in name]

    def manifest(self, reference: str) -> Document | None:
        return self.manifests.get(reference)

    def json_blob(self, digest: str) -> Any:
        return self.blobs.get(digest, {})

    def put(self, tag: str, content: Any, number: int = 1, media_type: str = OCI_MANIFEST) -> None:
        document = Document(sha(number), media_type, content, 400)
        self.manifests |= {tag: document, document.digest: document}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> StubEngine:
    stub = StubEngine()
    monkeypatch.setattr(contents, "Engine", stub)
    return stub


@pytest.fixture
def repository(cast: Cast) -> ContainerRepository:
    return ContainerRepository.objects.create(project=cast.library, path=PATH, name="tool")


def descriptor(number: int, media_type: str, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": sha(number), "size": 100, **more}


IMAGE = {"config": descriptor(2, CONFIG), "layers": [descriptor(3, LAYER), descriptor(4, LAYER)]}
ARM = {"os": "linux", "architecture": "arm", "variant": "v7", "created": "2024-01-02T03:04:05.6789Z"}


def test_what_was_not_reported_is_read(repository: ContainerRepository, engine: StubEngine):
    engine.put("1.0", IMAGE)
    engine.blobs[sha(2)] = ARM
    tag = contents.read_tag(repository, "1.0")
    assert tag is not None
    assert (tag.manifest.layers_size, tag.manifest.platforms) == (200, ["linux/arm/v7"])
    assert tag.manifest.image_created_at == datetime(2024, 1, 2, 3, 4, 5, 678900, UTC)


def test_tags_that_are_gone_without_a_word_are_deleted_here(repository: ContainerRepository, engine: StubEngine):
    events.send(push(PATH, "old"), push(PATH, "moved"))
    engine.put("moved", IMAGE, 7)
    engine.put("new", IMAGE, 8)
    contents.refresh(repository)
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["moved", "new"]
    assert contents.read_tag(repository, "old") is None
    moved = contents.read_tag(repository, "moved")
    assert moved is not None
    assert moved.manifest.digest == sha(7)


def test_who_pushed_is_noted_when_the_event_comes_late(cast: Cast, repository: ContainerRepository, engine: StubEngine):
    engine.put("1.0", IMAGE)
    contents.refresh(repository)
    events.send(push(PATH, "1.0", actor=f"user/{cast.developer.pk}", at="2020-01-01T00:00:00Z"))
    assert Tag.objects.get().pusher == cast.developer


def test_an_index_has_the_platforms_of_its_images_and_none_of_attestations(
    repository: ContainerRepository, engine: StubEngine
):
    named = [
        descriptor(5, OCI_MANIFEST, platform={"os": "linux", "architecture": "amd64"}),
        descriptor(6, OCI_MANIFEST, platform={"os": "unknown", "architecture": "unknown"}),
    ]
    engine.put("all", {"manifests": named}, media_type=OCI_INDEX)
    tag = contents.read_tag(repository, "all")
    assert tag is not None
    assert (tag.manifest.platforms, tag.manifest.config_digest) == (["linux/amd64"], "")


@pytest.mark.one_case
@pytest.mark.parametrize(
    "content",
    [
        {}, {"config": None, "layers": None}, {"config": 1, "layers": [1, None, {}]}, {"layers": {}},
        {"config": {"digest": [], "size": 1}, "layers": [{"digest": "x", "size": "1"}, {"digest": "x", "size": True}]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("media_type", [OCI_MANIFEST, OCI_INDEX])
def test_a_manifest_of_another_form_is_listed_all_the_same(
    repository: ContainerRepository, engine: StubEngine, content: Any, media_type: str
):
    engine.put("odd", {**content, "manifests": content.get("layers")}, media_type=media_type)
    tag = contents.read_tag(repository, "odd")
    assert tag is not None
    assert (tag.manifest.layers_size, tag.manifest.platforms) == (0, [])


def test_a_config_may_say_anything(repository: ContainerRepository, engine: StubEngine):
    moments: list[Any] = [None, 5, [], "", "soon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    names = [None, 5, ["linux"], "a b", "x" * 500, "\0", "unknown"]
    for number, (created, name) in enumerate(zip(moments, names, strict=True), start=100):
        engine.put("1.0", IMAGE, number)
        engine.blobs[sha(2)] = {"os": name, "architecture": name, "created": created}
        tag = contents.read_tag(repository, "1.0")
        assert tag is not None
        assert (tag.manifest.platform, tag.manifest.image_created_at) == ("", None)

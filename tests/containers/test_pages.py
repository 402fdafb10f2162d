"""The pages of the container registry, as people with a browser see them; no registry runs."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Job
from projects.services import update_project
from resources.containers import contents
from resources.containers.models import ContainerRepository, ImageProtection, Manifest, Tag
from tests.containers import events
from tests.containers.events import push, sha
from tests.factories.cast import Cast
from tests.support.browsing import browser, page

LIST = "/acme/library/-/container_registry"
PATH = "acme/library/tool"


@pytest.fixture
def repository(cast: Cast) -> ContainerRepository:
    """With a tag that a job pushed and one that the developer pushed."""
    made = ContainerRepository.objects.create(project=cast.library, path=PATH, name="tool")
    cast.job_token(cast.library)
    events.send(push(PATH, "1.0", actor=f"job/{Job.objects.get().pk}"))
    events.send(push(PATH, "dev", image=2, actor=f"user/{cast.developer.pk}"))
    return made


def test_the_list_shows_repositories_with_their_tags(cast: Cast, repository: ContainerRepository):
    words = page(browser(cast.reporter), LIST)
    assert f'href="{LIST}/{repository.pk}"' in words
    assert "/delete" not in words
    assert "docker push" not in words
    assert "No matching repositories." in page(browser(cast.reporter), f"{LIST}?q=other")


def test_a_developer_sees_how_to_push(cast: Cast, settings: Any):
    words = page(browser(cast.developer), LIST)
    assert "No container images yet." in words
    assert "docker login -u gitlab-ci-token" in words
    settings.REGISTRY_ENABLED = False
    words = page(browser(cast.developer), LIST)
    assert "This server has no container registry." in words
    assert "docker login" not in words


def test_a_repository_shows_its_tags_and_who_pushed_them(cast: Cast, repository: ContainerRepository):
    words = page(browser(cast.reporter), f"{LIST}/{repository.pk}")
    assert f"job #{Job.objects.get().pk}" in words
    assert cast.developer.get_full_name() in words
    assert sha(1) in words
    assert "docker pull registry.example.com/" in words.replace("<wbr>", "")
    assert "The registry cannot be reached." in words
    assert "/delete" not in words


def test_who_may_not_see_jobs_sees_that_it_was_one(cast: Cast, repository: ContainerRepository):
    update_project(cast.library, by=cast.owner, visibility=20, public_jobs=False)
    words = page(browser(cast.outsider), f"{LIST}/{repository.pk}")
    assert "a job" in words
    assert "job #" not in words


def test_an_index_shows_the_platforms_of_its_images(cast: Cast, repository: ContainerRepository):
    index = "application/vnd.oci.image.index.v1+json"
    images = [{"mediaType": events.IMAGE, "size": 400, "digest": sha(number)} for number in (1, 2)]
    events.send(push(PATH, "all", image=3, mediaType=index, references=images))
    manifest = Manifest.objects.get(digest=sha(3))
    manifest.references = [
        {**one, "platform": name} for one, name in zip(manifest.references, ["a/b", "c/d"], strict=True)
    ]
    manifest.save()
    words = page(browser(cast.reporter), f"{LIST}/{repository.pk}?q=all")
    assert "a/b" in words
    assert "c/d" in words
    assert "5.9\xa0KB" in words


def test_a_maintainer_deletes_a_repository_after_a_question(cast: Cast, repository: ContainerRepository):
    at = f"{LIST}/{repository.pk}/delete"
    assert "Its 2 tags and all its images are deleted" in page(browser(cast.maintainer), at)
    assert browser(cast.developer).get(at).status_code == 403
    assert browser(cast.developer).post(at).status_code == 403
    assert browser(cast.maintainer).post(at)["Location"] == LIST
    assert ContainerRepository.objects.get().status == "delete_scheduled"
    assert "Being deleted" in page(browser(cast.maintainer), LIST)


def test_a_tag_is_not_deleted_while_the_registry_is_away(cast: Cast, repository: ContainerRepository):
    at = f"{LIST}/{repository.pk}/tags/1.0/delete"
    assert "the last tag of its image" in page(browser(cast.developer), at)
    answer = browser(cast.developer).post(at, follow=True)
    assert "Nothing was deleted." in answer.content.decode()
    assert Tag.objects.count() == 2
    assert browser(cast.reporter).post(at).status_code == 403


@pytest.mark.parametrize("rest", ["/9999", "/9999/delete", "/{pk}/tags/none/delete", "/{pk}/tags/%00/delete"])
def test_what_is_not_there_is_not_found(cast: Cast, repository: ContainerRepository, rest: str):
    assert browser(cast.owner).get(LIST + rest.format(pk=repository.pk)).status_code == 404


def test_strange_queries_are_survived(cast: Cast, repository: ContainerRepository):
    for query in ("q=%00", "page=" + "9" * 50, "page=-1", "q=" + "x" * 5000):
        page(browser(cast.reporter), f"{LIST}?{query}")
        page(browser(cast.reporter), f"{LIST}/{repository.pk}?{query}")


# --- Deleting by rules ------------------------------------------------------------------------------------------------


@pytest.fixture
def reachable(repository: ContainerRepository, monkeypatch: pytest.MonkeyPatch) -> ContainerRepository:
    """As if the registry answered, and had nothing to add to what it reported."""
    monkeypatch.setattr(contents, "refresh", lambda found: None)
    monkeypatch.setattr(contents, "inspect", lambda found, manifests: None)
    return repository


RULES = {"delete": ".*", "keep": "1.*", "keep_n": "0", "days": "0"}


def test_tags_are_shown_before_rules_delete_them(cast: Cast, reachable: ContainerRepository):
    client, at = browser(cast.maintainer), f"{LIST}/{reachable.pk}/tags/delete"
    assert at in page(client, f"{LIST}/{reachable.pk}")
    words = client.get(at, RULES).content.decode()
    assert "Delete 1 tag" in words
    assert '<span class="path">dev</span>' in words
    assert '<span class="path">1.0</span>' not in words
    assert not ContainerRepository.objects.exclude(cleanup=None).exists()
    assert "The tags are being deleted." in client.post(at, RULES, follow=True).content.decode()
    assert ContainerRepository.objects.get().cleanup == {"delete": ".*", "keep": "1.*", "keep_n": 0, "older_than": 0}
    assert "within the last hour" in client.post(at, RULES, follow=True).content.decode()


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"delete": "("}, "no regular expression"),
        ({"delete": ""}, "This field is required."),
        ({"keep_n": "-1"}, "greater than or equal to 0"),
        ({"delete": "none"}, "These rules delete no tag."),
        ({"keep_n": "2"}, "These rules delete no tag."),
    ],
)
def test_rules_that_delete_nothing_say_why(
    cast: Cast, reachable: ContainerRepository, rules: dict[str, str], words: str
):
    answer = browser(cast.maintainer).get(f"{LIST}/{reachable.pk}/tags/delete", {**RULES, **rules})
    assert words in answer.content.decode()


def test_only_maintainers_delete_by_rules(cast: Cast, repository: ContainerRepository):
    at = f"{LIST}/{repository.pk}/tags/delete"
    assert browser(cast.developer).get(at).status_code == 403
    assert browser(cast.developer).post(at, RULES).status_code == 403
    assert browser(cast.outsider).get(at).status_code == 404
    assert "The registry cannot be reached." in browser(cast.maintainer).get(at, RULES).content.decode()


# --- Protection -------------------------------------------------------------------------------------------------------


def test_a_protection_is_edited(cast: Cast):
    rule = ImageProtection.objects.create(project=cast.library, pattern="acme/library/release*")
    ImageProtection.objects.create(project=cast.library, pattern="acme/library/taken")
    client, at = browser(cast.maintainer), f"{LIST}/protection/{rule.pk}"
    assert f'href="{at}"' in page(client, f"{LIST}/protection")
    assert 'value="acme/library/release*"' in page(client, at)
    values = {"pattern": "acme/library/stable*", "push_level": "50", "delete_level": "0"}
    for wrong, words in (("acme/library/taken", "already been taken"), ("acme/app", "should start with")):
        answer = client.post(at, {**values, "pattern": wrong})
        assert words in answer.content.decode()
    assert "acme/library/stable* saved." in client.post(at, values, follow=True).content.decode()
    rule.refresh_from_db()
    assert (rule.pattern, rule.push_level, rule.delete_level) == ("acme/library/stable*", 50, 0)
    assert browser(cast.developer).get(at).status_code == 403
    assert client.get(f"{LIST}/protection/9999").status_code == 404

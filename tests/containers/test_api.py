"""Events of the registry, and its REST API (resources.md §3.4, §3.5), without a registry. With one and real images:
tests/contract/test_registry.py."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from waffle.testutils import override_switch

from jobs.models import Job
from projects.services import delete_project, update_project
from resources.containers import cleanup
from resources.containers.cleanup import Rules
from resources.containers.models import ContainerRepository, Manifest, RepositoryStatus, Tag
from tests.containers import events
from tests.containers.events import IMAGE, deletion, push, sha
from tests.factories.cast import Cast
from tokenaccess.models import AllowlistEntry

PATH = "acme/library/tool"
OWN_ONLY = (
    "403 Forbidden - This project's CI/CD job token cannot be used to authenticate with the container registry of a "
    "different project."
)


@pytest.fixture
def repository(cast: Cast) -> ContainerRepository:
    return ContainerRepository.objects.create(project=cast.library, path=PATH, name="tool")


def address(cast: Cast, rest: str = "") -> str:
    return f"/projects/{cast.library.pk}/registry/repositories{rest}"


# --- Events -----------------------------------------------------------------------------------------------------------


def test_a_push_is_stored_with_the_job_and_its_person(cast: Cast, repository: ContainerRepository):
    cast.job_token(cast.library)
    job = Job.objects.get()
    assert events.send(push(PATH, "1.0", actor=f"job/{job.pk}")).status_code == 204
    tag = Tag.objects.get()
    assert (tag.name, tag.job, tag.pusher) == ("1.0", job, cast.developer)
    assert (tag.manifest.digest, tag.manifest.layers_size, repository.size) == (sha(1), 3000, 3600)


def test_a_tag_that_is_pushed_again_moves(cast: Cast, repository: ContainerRepository):
    events.send(push(PATH, "1.0"), push(PATH, "1.0", image=2, actor=f"user/{cast.owner.pk}", at="2026-01-02T00:00:00Z"))
    events.send(push(PATH, "1.0", at="2026-01-01T12:00:00Z"))  # late
    tag = Tag.objects.get()
    assert (tag.manifest.digest, tag.pusher, tag.job) == (sha(2), cast.owner, None)


def test_what_the_registry_repeats_is_stored_once(repository: ContainerRepository):
    for _ in range(2):
        events.send(push(PATH, "1.0"), push(PATH, image=2))
    assert (Tag.objects.count(), Manifest.objects.count()) == (1, 2)


def test_deletions_are_followed_unless_something_newer_came(repository: ContainerRepository):
    events.send(push(PATH, "a"), push(PATH, "b"), push(PATH, "c", image=2), push(PATH, "d", image=3))
    events.send(deletion(PATH, tag="a"), deletion(PATH, digest=sha(2)))
    events.send(deletion(PATH, digest=sha(3), at="2025-01-01T00:00:00Z"))
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["b", "d"]
    assert sorted(Manifest.objects.values_list("digest", flat=True)) == [sha(1), sha(3)]


def test_what_this_server_does_in_the_registry_is_no_news(repository: ContainerRepository):
    events.send(push(PATH, "1.0"), push(PATH, "2.0", actor="portal"), deletion(PATH, tag="1.0", actor="portal"))
    assert Tag.objects.get().name == "1.0"


def test_events_without_the_secret_are_refused(repository: ContainerRepository, settings: Any):
    for secret in ("", "wrong", "ä"):
        assert events.send(push(PATH, "1.0"), secret=secret).status_code == 401
    assert not Tag.objects.exists()


def test_the_secret_of_a_former_key_is_good_until_the_registry_is_started_anew(
    repository: ContainerRepository, settings: Any
):
    from identity.secrets import digest
    from resources.containers.engine.config import _EVENTS, is_event_secret

    former = digest(_EVENTS)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of at least 32 characters", [settings.SECRET_KEY]
    assert is_event_secret(former)


@pytest.mark.one_case
@pytest.mark.parametrize(
    "event",
    [
        None, 1, {}, [], {"action": "push"}, {"action": "push", "target": None}, {"action": "push", "target": {}},
        push("acme/none", "1.0"), push("\0", "1.0"), {**push(PATH, "1.0"), "timestamp": "yesterday"},
        push(PATH, "1.0", mediaType="text/plain"), push(PATH, "1.0", digest="sha256:1"), push(PATH, size="much"),
        push(PATH, references=[{}]), push(PATH, references=7), {**push(PATH, "1.0"), "action": "fly"},
        push(PATH, "\0"), push(PATH, "x" * 500), deletion(PATH), {**push(PATH), "actor": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_passed_over(repository: ContainerRepository, event: Any):
    assert events.send(event, push(PATH, "good")).status_code == 204
    assert set(Tag.objects.values_list("name", flat=True)) == {"good"}


def test_what_people_write_into_an_image_is_stored_only_in_its_form(repository: ContainerRepository):
    odd = [{"digest": "x\0y", "size": -5, "mediaType": "a\0b"}, {"digest": sha(9), "size": 7, "mediaType": IMAGE}]
    events.send(push(PATH, "1.0", references=odd, actor="job/99999999999999999999"))
    assert Manifest.objects.get().references[0] == {"digest": "", "size": 0, "media_type": ""}
    assert Tag.objects.get().pusher is None


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_repositories_are_listed(cast: Cast, repository: ContainerRepository, api: Any):
    events.send(push(PATH, "1.0"))
    (found,) = (
        api(cast.reporter)
        .get(
            address(cast),
        )
        .json()
    )
    assert found["id"] == repository.pk
    assert (found["name"], found["path"], found["location"]) == ("tool", PATH, f"registry.example.com/{PATH}")
    assert found["status"] is None
    assert not {"tags", "tags_count", "size", "delete_api_path"}.intersection(found)
    (found,) = api(cast.maintainer).get(address(cast, "?tags=true&tags_count=true")).json()
    assert found["tags_count"] == 1
    assert found["tags"][0] == {
        "name": "1.0", "path": f"{PATH}:1.0", "location": f"registry.example.com/{PATH}:1.0"
    }  # fmt: skip
    assert found["delete_api_path"].endswith(address(cast, f"/{repository.pk}"))


def test_one_repository_is_read_by_its_id(cast: Cast, repository: ContainerRepository, api: Any):
    events.send(push(PATH, "1.0"))
    at = f"/registry/repositories/{repository.pk}"
    assert api(cast.reporter).get(f"{at}?size=true&tags_count=true").json()["size"] == 3600
    hidden, absent = api(cast.outsider).get(at), api(cast.outsider).get("/registry/repositories/99999")
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json()) == (404, hidden.json())
    assert api(cast.reporter).get("/registry/repositories/x").status_code == 400


def test_a_group_lists_what_the_person_may_see_below_it(cast: Cast, repository: ContainerRepository, api: Any):
    ContainerRepository.objects.create(project=cast.app, path="acme/app")
    ContainerRepository.objects.create(project=None, path="acme/gone")
    at = f"/groups/{cast.acme.pk}/registry/repositories"
    assert {row["path"] for row in api(cast.reporter).get(at).json()} == {PATH, "acme/app"}
    update_project(cast.app, by=cast.owner, container_registry_access_level=0)
    assert {row["path"] for row in api(cast.reporter).get(at).json()} == {PATH}
    assert api(cast.guest).get(at).json() == []


def test_a_guest_sees_that_there_is_something_they_may_not_see(cast: Cast, repository: ContainerRepository, api: Any):
    assert api(cast.guest).get(address(cast)).status_code == 403
    assert api(cast.outsider).get(address(cast)).status_code == 404


def test_a_repository_of_another_project_is_not_here(cast: Cast, api: Any):
    other = ContainerRepository.objects.create(project=cast.app, path="acme/app")
    assert api(cast.maintainer).delete(address(cast, f"/{other.pk}")).status_code == 404


def test_without_the_registry_tags_are_unavailable_and_nothing_breaks(
    cast: Cast, repository: ContainerRepository, api: Any, settings: Any
):
    events.send(push(PATH, "1.0"))
    for at in (f"/{repository.pk}/tags", f"/{repository.pk}/tags/1.0"):
        assert api(cast.reporter).get(address(cast, at)).status_code == 503
    assert api(cast.developer).delete(address(cast, f"/{repository.pk}/tags/1.0")).status_code == 503
    settings.REGISTRY_ENABLED = False
    assert api(cast.reporter).get(address(cast, f"/{repository.pk}/tags")).status_code == 503
    assert Tag.objects.exists()


# --- Jobs -------------------------------------------------------------------------------------------------------------


def test_a_job_reads_its_own_projects_repositories(cast: Cast, repository: ContainerRepository, api: Any):
    job = api(job=cast.job_token(cast.library))
    assert [row["path"] for row in job.get(address(cast)).json()] == [PATH]
    assert job.get(f"/registry/repositories/{repository.pk}").json()["path"] == PATH


def test_a_job_is_refused_any_other_project_in_the_same_words(cast: Cast, repository: ContainerRepository, api: Any):
    job = api(job=cast.job_token())
    refused = [job.get(address(cast)), job.get("/projects/99999/registry/repositories"),
               job.get(f"/registry/repositories/{repository.pk}"), job.get("/registry/repositories/99999")]  # fmt: skip
    update_project(cast.library, by=cast.owner, visibility=20)
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    refused.append(job.get(address(cast)))
    assert {(answer.status_code, answer.json()["message"]) for answer in refused} == {(403, OWN_ONLY)}


def test_with_the_switch_off_a_job_token_is_ignored(cast: Cast, repository: ContainerRepository, api: Any):
    job = api(job=cast.job_token(cast.library))
    with override_switch("ci_scoped_job_token", active=False):
        assert job.get(address(cast)).status_code == 404
        update_project(cast.library, by=cast.owner, visibility=20)
        assert job.get(address(cast)).status_code == 200
        assert job.delete(address(cast, f"/{repository.pk}")).status_code == 401


# --- Deleting ---------------------------------------------------------------------------------------------------------


def test_maintainers_delete_a_repository_and_developers_do_not(cast: Cast, repository: ContainerRepository, api: Any):
    assert api(cast.developer).delete(address(cast, f"/{repository.pk}")).status_code == 403
    assert api(job=cast.job_token(cast.library)).delete(address(cast, f"/{repository.pk}")).status_code == 403
    assert api(cast.maintainer).delete(address(cast, f"/{repository.pk}")).status_code == 202
    (found,) = api(cast.maintainer).get(address(cast)).json()
    assert found["status"] == "delete_scheduled"


def test_a_deletion_that_fails_says_so_and_is_tried_again(cast: Cast, repository: ContainerRepository):
    ContainerRepository.objects.update(status=RepositoryStatus.DELETE_SCHEDULED)
    assert cleanup.run_due() == 0
    assert ContainerRepository.objects.get().status == "delete_failed"
    assert list(ContainerRepository.objects.due(timezone.now())) == [repository]


def test_a_deleted_project_leaves_its_images_to_housekeeping(cast: Cast, repository: ContainerRepository):
    delete_project(cast.library, by=cast.owner)
    repository.refresh_from_db()
    assert repository.project is None
    now = timezone.now()
    assert list(ContainerRepository.objects.due(now)) == [repository]
    ContainerRepository.objects.update(emptied_at=now)
    assert list(ContainerRepository.objects.due(now)) == []
    assert list(ContainerRepository.objects.due(now + cleanup.TOKENS_END_AFTER)) == [repository]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", {"error": "name_regex, name_regex_delete are missing, at least one parameter must be provided"}),
        ("name_regex=(", {"error": "name_regex is an invalid regexp"}),
        ("name_regex_delete=.*&name_regex_keep=[", {"error": "name_regex_keep is an invalid regexp"}),
        ("name_regex_delete=.*&older_than=soon", {"error": "older_than is invalid"}),
        ("name_regex_delete=.*&keep_n=-1", {"error": "keep_n is invalid"}),
        ("name_regex_delete=.*&keep=5", {"error": "keep is not supported"}),
        ("name_regex_delete=.*&dry-run=true", {"error": "dry-run is not supported"}),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    cast: Cast, repository: ContainerRepository, api: Any, query: str, body: dict[str, str]
):
    answer = api(cast.maintainer).delete(address(cast, f"/{repository.pk}/tags?{query}"))
    assert (answer.status_code, answer.json()) == (400, body)


def test_rules_choose_by_name_number_and_age(repository: ContainerRepository):
    for day, name in enumerate(["1.0", "1.1", "2.0", "dev", "latest"], start=1):
        events.send(push(PATH, name, image=day, at=f"2026-01-0{day}T00:00:00Z"))
    tags = list(repository.tags.select_related("manifest"))
    now = Tag.objects.get(name="latest").pushed_at

    def choose(*rules: Any, **more: Any) -> list[str]:
        found = Rules(*rules, **more)
        return [tag.name for tag in found.choose(found.matching(tags), now)]

    assert choose(".*") == ["dev", "2.0", "1.1", "1.0"]
    assert choose("1") == []
    assert choose(r"\d.*", keep="1.*") == ["2.0"]
    assert choose(".*", keep_n=3) == ["1.0"]
    assert choose(".*", older_than=2 * 86400) == ["1.1", "1.0"]

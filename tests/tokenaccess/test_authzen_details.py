"""What AuthZEN's answers about a branch, a tag or a package say is what a push, a release, a pipeline or a publication
really gets."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.test import Client

from projects.models import Project, ProtectedRef
from projects.repository import Change, Repository
from resources.packages.formats.table import FORMATS
from resources.packages.models import Package, PackageProtectionRule
from resources.packages.protection.details import PACKAGE_TYPES
from tests.factories import jobs, projects, runners
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.packages.pypi import upload
from tests.repositories.test_protected_pushes import NOTHING, body
from tests.support.client import Api
from tokenaccess.models import TokenAccessSettings
from tokenaccess.policy.levels import Role

ONE = "/access/v1/evaluation"
Speaker = tuple[dict[str, str], Api, str]  # the subject, its client, and its secret for git


@pytest.fixture
def library(cast: Cast) -> Project:
    """`main` and tags `v*` are for maintainers, `shared` for developers, and nobody may overwrite them."""
    library = cast.library
    library.protected_refs.update(push_level=40, merge_level=40)
    ProtectedRef.objects.create(project=library, kind="tag", name="v*", push_level=40)
    ProtectedRef.objects.create(project=library, kind="branch", name="shared", push_level=30, merge_level=30)
    TokenAccessSettings.objects.update_or_create(project=library, defaults={"takes_job_pushes": True})
    runners.push_file(library, "job: {script: [x]}")
    projects.commit(library, {"more": "1"})
    for branch in ("shared", "topic"):
        projects.commit(library, {"new": "1"}, branch=branch)
    return library


@pytest.fixture
def speakers(cast: Cast, library: Project) -> list[Speaker]:
    """A developer and a maintainer, each themselves and by a job of theirs."""
    found = []
    for person in (cast.developer, cast.maintainer):
        secret = token_for(person, ("api",))
        found.append(({"type": "user", "id": person.username}, Api(token=secret), secret))
        job = jobs.job(library, person)
        secret = jobs.token_of(job)
        found.append(({"type": "job", "id": str(job.pk)}, Api(job=secret), secret))
    return found


def ask(speaker: Speaker, action: str, in_action: bool = True, **properties: Any) -> dict[str, Any]:
    subject, api, _ = speaker
    entity = {"properties": properties}
    asked = {
        "subject": subject,
        "action": {"name": action, **(entity if in_action else {})},
        "resource": {"type": "project", "id": "acme/library", **({} if in_action else entity)},
    }
    answer = api.post(ONE, asked)
    assert answer.status_code == 200, answer.content
    reply: dict[str, Any] = answer.json()
    assert "ignored_properties" not in reply["context"], reply
    return reply


def push(library: Project, speaker: Speaker, old: str, new: str, ref: str) -> str:
    """What git says."""
    subject, _, secret = speaker
    login = "gitlab-ci-token" if subject["type"] == "job" else "anyone"
    answer: Any = Client().post(
        f"/{library.full_path}.git/git-receive-pack",
        body((old, new, ref)),
        content_type="application/x-git-receive-pack-request",
        headers={"Authorization": f"Basic {base64.b64encode(f'{login}:{secret}'.encode()).decode()}"},
    )
    words = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(words.decode(errors="replace"))


def child_of(library: Project, name: str, number: int) -> str:
    change = Change("create", f"file-{number}", b"x")
    writer = ("Tester", "tester@example.org")
    return Repository(library.repository_path).write(f"next-{number}", [change], "Next", by=writer, start=name).sha


@pytest.mark.parametrize("force", [False, True])
def test_evaluation_agrees_with_a_real_push_to_a_branch(library: Project, speakers: list[Speaker], force: bool) -> None:
    repository, said = Repository(library.repository_path), []
    first = repository.commits("main")[-1].sha
    for number, speaker in enumerate(speakers):
        for name in ("main", "shared", "topic"):
            reply = ask(speaker, "push_code", ref=name, force=force)
            tip = repository.find(name).sha
            new = first if force else child_of(library, name, number * 10 + len(name))
            answer = push(library, speaker, tip, new, f"refs/heads/{name}")
            assert reply["decision"] is (f"ok refs/heads/{name}" in answer), (speaker[0], name, answer)
            if not force and speaker[0]["type"] == "job" and not reply["decision"]:
                assert reply["context"]["reason"] in answer
            if force and reply["decision"]:
                push(library, speaker, first, tip, f"refs/heads/{name}")
            said.append(reply["decision"])
    expected = {False: [False, True, True] * 2 + [True] * 6, True: [False, False, True] * 4}
    assert said == expected[force]


def test_evaluation_agrees_with_a_real_push_of_a_tag(library: Project, speakers: list[Speaker]) -> None:
    tip = Repository(library.repository_path).find("main").sha
    said = []
    for number, speaker in enumerate(speakers):
        for name in (f"v{number}", f"nightly-{number}"):
            reply = ask(speaker, "push_code", in_action=False, ref=name, ref_type="tag")
            assert ask(speaker, "push_code", ref=f"refs/tags/{name}")["decision"] is reply["decision"]
            answer = push(library, speaker, NOTHING, tip, f"refs/tags/{name}")
            assert reply["decision"] is (f"ok refs/tags/{name}" in answer), answer
            said.append(reply["decision"])
    assert said == [False, True] * 2 + [True, True] * 2
    moves = ask(speakers[-1], "push_code", ref="v3", ref_type="tag", force=True)
    assert moves["decision"] is False


def test_evaluation_agrees_with_a_real_release(library: Project, speakers: list[Speaker]) -> None:
    said = []
    for number, speaker in enumerate(speakers):
        for tag in (f"v{number}", f"nightly-{number}"):
            reply = ask(speaker, "manage_releases", ref=tag)
            real = speaker[1].post(f"/projects/{library.pk}/releases", {"tag_name": tag, "ref": "main"})
            assert reply["decision"] is (real.status_code == 201), real.content
            if speaker[0]["type"] == "job" and not reply["decision"]:
                answer = (real.status_code, real.json()["message"])
                assert (reply["context"]["status"], reply["context"]["reason"]) == answer
            said.append(reply["decision"])
    assert said == [False, True] * 2 + [True, True] * 2


def test_evaluation_agrees_with_a_pipeline_that_a_job_triggers(library: Project, speakers: list[Speaker]) -> None:
    said = []
    for speaker in speakers[1::2]:
        for name in ("main", "topic"):
            reply = ask(speaker, "trigger_pipeline", ref=name)
            real = Api().post(f"/projects/{library.pk}/trigger/pipeline", {"token": speaker[2], "ref": name})
            assert reply["decision"] is (real.status_code == 201), real.content
            if not reply["decision"]:
                answer = (real.status_code, real.json()["message"]["base"])
                assert (reply["context"]["status"], [reply["context"]["reason"]]) == answer
            said.append(reply["decision"])
    assert said == [False, True, True, True]


def test_evaluation_agrees_with_a_real_publication(library: Project, speakers: list[Speaker]) -> None:
    for kind, pattern in (("generic", "to*"), ("pypi", "my-*")):
        PackageProtectionRule.objects.create(
            project=library, kind=kind, name_pattern=pattern, min_push_role=Role.MAINTAINER
        )
    said = []
    for number, speaker in enumerate(speakers):
        for name in ("tool", "another"):
            reply = ask(speaker, "write_packages", package_type="generic", package_name=name)
            real = speaker[1].put(f"/projects/{library.pk}/packages/generic/{name}/1.{number}/f", b"x")
            compare(speaker, reply, real)
            said.append(reply["decision"])
        reply = ask(speaker, "upload_package", in_action=False, package_type="pypi", package_name="My.Pkg")
        compare(speaker, reply, upload(speaker[1], library))
        said.append(reply["decision"])
        Package.objects.filter(kind="pypi").delete()
    assert said == [False, True, False] * 2 + [True] * 6


def compare(speaker: Speaker, reply: dict[str, Any], real: Any) -> None:
    assert reply["decision"] is (real.status_code == 201), real.content
    if speaker[0]["type"] == "job" and not reply["decision"]:
        assert (reply["context"]["status"], reply["context"]["reason"]) == (real.status_code, real.json()["message"])


def test_evaluation_agrees_with_a_real_package_deletion(cast: Cast, library: Project, speakers: list[Speaker]) -> None:
    Api(token=token_for(cast.owner, ("api",))).put(f"/projects/{library.pk}/packages/generic/tool/1/f", b"x")
    PackageProtectionRule.objects.create(
        project=library, kind="generic", name_pattern="tool", min_delete_role=Role.OWNER
    )
    package = Package.objects.get()
    for speaker in speakers[2:]:
        assert ask(speaker, "delete_packages", package_type="generic", package_name="another")["decision"] is True
        reply = ask(speaker, "delete_packages", package_type="generic", package_name="tool")
        real = speaker[1].delete(f"/projects/{library.pk}/packages/{package.pk}")
        assert (reply["decision"], real.status_code) == (False, 403)
        compare(speaker, reply, real)


@pytest.mark.once
def test_every_package_format_can_be_named() -> None:
    assert set(PACKAGE_TYPES) == set(FORMATS)

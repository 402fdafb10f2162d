"""What the SSH server's program asks, and what it is answered: who may do what with a key.

That git and OpenSSH make of it what they should is tested with the real ones in tests/contract/test_ssh.py.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from identity.services import block_person
from jobs.models import Pipeline
from projects.models import Project
from projects.repository import Repository
from projects.services import move_project
from resources.repositories.ssh.client import read_fields
from resources.repositories.ssh.sessions import end_unfinished
from ssh_keys.models import DeployKeyProject, SshKey
from tests.factories import people
from tests.factories.cast import Cast
from tests.factories.projects import commit
from tests.factories.ssh_keys import deploy_key, ssh_key
from tests.support.ssh import server_headers
from tokenaccess.policy.levels import Visibility

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HIDDEN = "GitLab: The project you were looking for could not be found or you don't have permission to view it."
READ_ONLY = "GitLab: The deploy key may only read this project."
NO_PUSH = "GitLab: You are not allowed to push code to this project."


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path, cast: Cast) -> None:
    settings.SSH_DIR = tmp_path / "ssh"
    commit(cast.library, {"README.md": "hello", ".gitlab-ci.yml": "job:\n  script: [make]\n"})


def post(what: str, **fields: Any) -> HttpResponse:
    body = "".join(f"{name}\0{value}\0" for name, value in fields.items()).encode()
    return Client().post(  # type: ignore[return-value]
        f"/-/ssh/{what}", body, content_type="application/octet-stream", headers=server_headers(what, body)
    )


def ask(what: str, **fields: Any) -> dict[str, list[str]]:
    answer = post(what, **fields)
    assert answer.status_code == 200, answer.content
    return read_fields(answer.content.decode())


def run(key: SshKey, command: str = "", address: str = "192.0.2.7") -> dict[str, list[str]]:
    return ask("sessions", key_id=key.pk, command=command, protocol="version=2", address=address)


def fetch(key: SshKey, project: Project | str) -> str:
    """ "" if it may, else why not."""
    path = project if isinstance(project, str) else project.full_path
    return "".join(run(key, f"git-upload-pack '/{path}.git'").get("refusal", []))


def push(key: SshKey, project: Project) -> str:
    return "".join(run(key, f"git-receive-pack '{project.full_path}.git'").get("refusal", []))


class TestTheProgramOfTheServer:
    def test_nobody_else_is_answered(self, cast: Cast):
        key = ssh_key(cast.developer)
        body = f"key_id\0{key.pk}\0".encode()
        for headers in (
            {},
            {"X-SSH-Proof": "guess"},
            {"X-SSH-Proof": f"{'9' * 5000}.1.guess"},
            {"PRIVATE-TOKEN": people.token_for(cast.owner)},
            server_headers("keys", body, secret="guess"),
            server_headers("keys", b"of something else"),
            server_headers("another", body),
            server_headers("keys", body, at=time() - 90),
        ):
            for what in ("keys", "sessions", "updates", "announcements", "end"):
                answer = Client().post(f"/-/ssh/{what}", body, content_type="text/plain", headers=headers)
                assert (answer.status_code, answer.content) == (401, b"401 Unauthorized\n")
                assert "X-SSH-Proof" not in answer
        assert Client().get("/-/ssh/keys", headers=server_headers("keys")).status_code == 405

    def test_it_finds_a_key_by_its_fingerprint(self, cast: Cast):
        key = ssh_key(cast.developer)
        (line,) = ask("keys", fingerprint=key.fingerprint)["line"]
        assert line.startswith('restrict,command="exec ')
        assert line.endswith(f'client.conf session {key.pk}" {key.public_key}')
        assert ask("keys", fingerprint="SHA256:no") == {}
        assert ask("keys", fingerprint=ssh_key(cast.developer, usage_type="signing").fingerprint) == {}

    def test_a_session_gets_the_git_command_with_nothing_of_the_servers_own(self, cast: Cast):
        answer = run(ssh_key(cast.developer), f"git-upload-pack '{cast.library.full_path}.git'")
        assert answer["argument"] == ["git", "upload-pack", "--timeout=600", str(cast.library.repository_path)]
        names = {one.partition("=")[0] for one in answer["environment"]}
        assert "GIT_PROTOCOL=version=2" in answer["environment"]
        assert not [name for name in names if not name.startswith("GIT_") and name not in {"PATH", "LANG", "HOME"}]

    @pytest.mark.parametrize(
        "command",
        [
            "id", "git-upload-pack", "git-upload-pack a b", "git-upload-pack 'a", "git help", "git-shell -c x",
            "git-lfs-authenticate x", "git-lfs-authenticate x delete", "git-lfs-transfer x upload", "x" * 5000,
        ],
    )  # fmt: skip
    def test_what_is_not_spoken_is_refused(self, cast: Cast, command: str):
        answer = run(ssh_key(cast.developer), command)
        assert answer == {"refusal": ["GitLab: This server runs git and git-lfs-authenticate only."]}


class TestAPersonsKey:
    def test_it_greets_and_notes_its_use(self, cast: Cast):
        key = ssh_key(cast.developer)
        assert run(key) == {"message": ["Welcome to Token Access, @developer!"]}
        key.refresh_from_db()
        assert key.last_used_ips == ["192.0.2.7"]

    def test_it_may_what_its_person_may(self, cast: Cast):
        for user, may_fetch, may_push in (
            (cast.developer, "", ""),
            (cast.reporter, "", NO_PUSH),
            (cast.outsider, HIDDEN, HIDDEN),
        ):
            key = ssh_key(user)
            assert (fetch(key, cast.library), push(key, cast.library)) == (may_fetch, may_push)
        assert fetch(key, "no/such") == fetch(key, "a; id") == fetch(key, "--upload-pack=x") == HIDDEN

    def test_it_ends_with_its_expiry_its_removal_and_its_persons_block(self, cast: Cast):
        key = ssh_key(cast.developer)
        block_person(cast.developer, by=cast.admin)
        assert fetch(key, cast.library) == "".join(run(key)["refusal"]) == "GitLab: Your account has been blocked."
        expired = ssh_key(cast.maintainer)
        SshKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        gone = ssh_key(cast.owner)
        SshKey.objects.filter(pk=gone.pk).delete()
        for one in (expired, gone):
            assert fetch(one, cast.library) == "GitLab: The SSH key has expired, or has been removed."

    def test_a_moved_project_is_found_by_its_former_path(self, cast: Cast):
        former = cast.library.full_path
        move_project(cast.library, by=cast.owner, path="renamed")
        assert fetch(ssh_key(cast.developer), former) == ""
        assert fetch(ssh_key(cast.outsider), former) == HIDDEN

    def test_an_archived_project_takes_no_push(self, cast: Cast):
        Project.objects.filter(pk=cast.library.pk).update(archived=True)
        assert push(ssh_key(cast.developer), cast.library) == "GitLab: You can't push code to an archived project."

    def test_what_is_hidden_takes_the_statements_of_what_is_not_there(self, cast: Cast, django_assert_num_queries: Any):
        mine, robot = ssh_key(cast.outsider), deploy_key(cast.app, cast.maintainer)
        for key, path, statements in (
            (mine, cast.library.full_path, 4), (mine, "no/such", 4), (robot, cast.library.full_path, 7),
            (robot, "no/such", 7), (ssh_key(cast.developer), cast.library.full_path, 2),
        ):  # fmt: skip
            fetch(key, path)  # notes its use
            with django_assert_num_queries(statements):
                fetch(key, path)


class TestADeployKey:
    def test_it_reads_where_it_is_enabled_and_nowhere_else(self, cast: Cast):
        key = deploy_key(cast.library, cast.maintainer)
        assert fetch(key, cast.library) == ""
        assert push(key, cast.library) == READ_ONLY
        assert fetch(key, cast.app) == push(key, cast.app) == HIDDEN
        Project.objects.filter(pk=cast.app.pk).update(visibility=Visibility.INTERNAL)
        assert fetch(key, cast.app) == HIDDEN

    def test_it_pushes_with_the_role_of_who_let_it(self, cast: Cast):
        key = deploy_key(cast.library, cast.maintainer, can_push=True)
        assert push(key, cast.library) == ""
        DeployKeyProject.objects.update(granted_by=cast.reporter)
        assert (fetch(key, cast.library), push(key, cast.library)) == ("", NO_PUSH)
        DeployKeyProject.objects.update(granted_by=cast.maintainer)
        block_person(cast.maintainer, by=cast.admin)
        assert (fetch(key, cast.library), push(key, cast.library)) == ("", NO_PUSH)
        cast.maintainer.delete()
        assert (fetch(key, cast.library), push(key, cast.library)) == ("", READ_ONLY)

    def test_a_public_key_of_an_administrator_pushes_as_who_let_it_push(self, cast: Cast):
        key = deploy_key(cast.app, cast.admin, can_push=True)
        enabled = DeployKeyProject.objects.create(key=key, project=cast.library, granted_by=cast.maintainer)
        DeployKeyProject.objects.filter(pk=enabled.pk).update(can_push=True)
        ticket = begin_push(key, cast.library)
        ask("updates", ticket=ticket)
        assert (folder_of(ticket) / "pusher").read_text() == str(cast.maintainer.pk)


def begin_push(key: SshKey, project: Project, ref: str = "refs/heads/new") -> str:
    """The ticket of a push that makes `ref` of the tip of main, as far as the hook that asks."""
    answer = run(key, f"git-receive-pack '{project.full_path}.git'")
    assert "push" in answer, answer
    folder = Path(answer["push"][0])
    assert f"TOKENACCESS_PUSH={folder}" in answer["environment"]
    tip = Repository(project.repository_path).find("main").sha if not _is_empty(project) else "1" * 40
    (folder / "updates").write_text(f"{'0' * 40} {tip} {ref}\n")
    return (folder / "ticket").read_text()


def _is_empty(project: Project) -> bool:
    return not Repository(project.repository_path).exists or Repository(project.repository_path).is_empty()


def folder_of(ticket: str) -> Path:
    from resources.repositories.ssh.tickets import Ticket

    read = Ticket.read(ticket)
    assert read is not None
    return read.path


class TestAPush:
    def test_its_refs_are_judged_when_the_pack_has_arrived(self, cast: Cast):
        cast.library.protected_refs.update(push_level=40, merge_level=40)
        key = ssh_key(cast.developer)
        for ref, refused in (
            ("refs/heads/new", b""),
            ("refs/heads/main", b"GitLab: You are not allowed to create protected"),
        ):
            ticket = begin_push(key, cast.library, ref)
            ask("updates", ticket=ticket)
            assert (folder_of(ticket) / "refused").read_bytes().startswith(refused)
            assert (folder_of(ticket) / "allowed").read_bytes().endswith(b"new\n") is not bool(refused)

    def test_a_right_that_has_gone_meanwhile_is_gone(self, cast: Cast):
        key = ssh_key(cast.developer)
        ticket = begin_push(key, cast.library)
        block_person(cast.developer, by=cast.admin)
        ask("updates", ticket=ticket)
        assert (folder_of(ticket) / "allowed").read_bytes() == b""
        assert (folder_of(ticket) / "refused").read_bytes() == b"GitLab: Your account has been blocked.\n"

    def test_it_starts_a_pipeline_once_even_if_no_hook_announces_it(self, cast: Cast):
        ticket = begin_push(ssh_key(cast.developer), cast.library)
        folder = folder_of(ticket)
        ask("updates", ticket=ticket)
        repository = Repository(cast.library.repository_path)
        repository.git.references.create("refs/heads/new", repository.find("main").sha)
        ask("end", ticket=ticket)
        pipeline = Pipeline.objects.get(project=cast.library, ref="new")
        assert pipeline.user == cast.developer
        assert not folder.exists()
        assert post("end", ticket=ticket).status_code == 404
        assert post("updates", ticket="made-up").status_code == 404

    def test_it_is_announced_by_the_next_server_if_this_one_has_ended(self, cast: Cast):
        ticket = begin_push(ssh_key(cast.developer), cast.library)
        folder = folder_of(ticket)
        ask("updates", ticket=ticket)
        repository = Repository(cast.library.repository_path)
        repository.git.references.create("refs/heads/new", repository.find("main").sha)
        end_unfinished()
        assert Pipeline.objects.filter(project=cast.library, ref="new").count() == 1
        assert not folder.exists()

    def test_one_that_came_to_nothing_starts_nothing(self, cast: Cast):
        ticket = begin_push(ssh_key(cast.developer), cast.library)
        ask("end", ticket=ticket)
        assert not Pipeline.objects.filter(ref="new").exists()


class TestTheTokenOfGitLfs:
    def authenticate(self, key: SshKey, project: Project, operation: str) -> dict[str, str]:
        """The header that git-lfs sends."""
        answer = run(key, f"git-lfs-authenticate {project.full_path}.git {operation}")
        known = json.loads(answer["message"][0])
        assert known["href"].endswith(f"/{project.full_path}.git/info/lfs")
        assert known["expires_in"] == 1800
        header: dict[str, str] = known["header"]
        return header

    def batch(self, project: Project, operation: str, header: dict[str, str]) -> int:
        body = {"operation": operation, "objects": [{"oid": "a" * 64, "size": 1}]}
        address = f"/{project.full_path}.git/info/lfs/objects/batch"
        return Client().post(address, body, content_type="application/vnd.git-lfs+json", headers=header).status_code

    def test_it_is_for_one_project_and_one_direction(self, cast: Cast):
        key = ssh_key(cast.developer)
        reads = self.authenticate(key, cast.library, "download")
        assert [self.batch(cast.library, one, reads) for one in ("download", "upload")] == [200, 403]
        writes = self.authenticate(key, cast.library, "upload")
        assert [self.batch(cast.library, one, writes) for one in ("download", "upload")] == [200, 200]
        assert [self.batch(cast.app, one, writes) for one in ("download", "upload")] == [404, 404]

    def test_a_deploy_keys_is_no_more_than_the_key(self, cast: Cast):
        key = deploy_key(cast.library, cast.maintainer)
        reads = self.authenticate(key, cast.library, "download")
        assert [self.batch(cast.library, one, reads) for one in ("download", "upload")] == [200, 403]
        assert self.batch(cast.app, "download", reads) == 404
        refused = run(key, f"git-lfs-authenticate {cast.library.full_path}.git upload")
        assert refused == {"refusal": [READ_ONLY]}

    def test_it_ends_with_its_key(self, cast: Cast):
        key = ssh_key(cast.developer)
        header = self.authenticate(key, cast.library, "upload")
        key.delete()
        assert self.batch(cast.library, "download", header) == 401

    def test_it_is_a_credential_for_git_lfs_alone(self, cast: Cast):
        header = self.authenticate(ssh_key(cast.owner), cast.library, "upload")
        token = base64.b64decode(header["Authorization"].removeprefix("Basic ")).decode().partition(":")[2]
        refs = Client().get(f"/{cast.library.full_path}.git/info/refs?service=git-upload-pack", headers=header)
        assert refs.status_code == 401
        for headers in (header, {"PRIVATE-TOKEN": token}, {"Authorization": f"Bearer {token}"}, {"JOB-TOKEN": token}):
            answer = Client().get(f"/api/v4/projects/{cast.library.pk}", headers=headers)
            assert answer.status_code in {401, 404}
        image = {"service": "container_registry", "scope": f"repository:{cast.library.full_path}:pull"}
        assert Client().get("/jwt/auth", image, headers=header).status_code in {401, 403, 404}

"""Counts what a request runs through: source files, functions, calls, hops from file to file, statements.

    python bench/journeys.py [--repository DIR]

Each journey is sent twice to a small world on SQLite, in the same process; the second time is counted, as the first
one fills caches. A call is a call of a Python function of this repository, in any thread; a hop is a call whose caller,
among these functions, is in another file. `--repository` measures another checkout, to compare two versions.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

OUTSIDE = (".venv", "tests", "bench")
CI_FILE = "build:\n  script: [echo build]\ntest:\n  stage: test\n  needs: [build]\n  script: [echo test]\n"
FEATURES = {"variables": True, "refspecs": True, "artifacts": True, "cache": True, "return_exit_code": True}
INFO = {"name": "gitlab-runner", "version": "19.4.0", "executor": "docker", "features": FEATURES}


@dataclass
class Count:
    functions: Counter[tuple[str, str]] = field(default_factory=Counter)
    hops: int = 0
    statements: int = 0
    permission_checks: int = 0

    @property
    def row(self) -> list[int]:
        files = {file for file, _name in self.functions}
        decisions = sum(
            count for (file, name), count in self.functions.items() if name == "decide" and "policy" in file
        )
        calls = sum(self.functions.values())
        return [len(files), len(self.functions), calls, self.hops, self.statements, decisions, self.permission_checks]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repository", type=Path, default=Path(__file__).resolve().parent.parent)
    root: Path = options.parse_args().repository.resolve()
    sys.path.insert(0, str(root))
    os.chdir(root)
    with tempfile.TemporaryDirectory() as data:
        os.environ |= {"TOKENACCESS_DATA_DIR": data, "DJANGO_SETTINGS_MODULE": "config.settings"}
        os.environ.pop("DATABASE_URL", None)
        journeys = prepare(Path(data))
        print("| journey | files | functions | calls | hops | SQL | `decide()` | `has_perm` |")
        print("| --- | --: | --: | --: | --: | --: | --: | --: |")
        for name, send in journeys.items():
            send()
            with counting(root) as count:
                send()
            print(f"| {name} | {' | '.join(map(str, count.row))} |")


def prepare(data: Path) -> dict[str, Callable[[], Any]]:
    """An empty database with a few people and projects, and what to send to it."""
    import django
    from django.conf import settings

    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    settings.REPOSITORIES_DIR = data / "repositories"
    settings.ACCESS_LOG_SECONDS = 3600  # its writes belong to no request
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    setup_test_environment()
    connection.creation.create_test_db(verbosity=0)
    return World().journeys()


class World:
    """A few people, a library with a package, and the requests that are counted."""

    def __init__(self) -> None:
        from django.test import Client

        from tests.factories.cast import Cast
        from tests.factories.people import token_for
        from tests.packages import pypi
        from tests.support.client import Api

        cast: Any = Cast()
        self.library, self.app = cast.library, cast.app
        self.client, self.browser, self.desk = Client(raise_request_exception=True), Client(), Client()
        self.browser.force_login(cast.maintainer)
        self.desk.force_login(cast.admin)
        self.maintainer = {"PRIVATE-TOKEN": token_for(cast.maintainer)}
        self.admin = {"PRIVATE-TOKEN": token_for(cast.admin)}
        self.job = {"JOB-TOKEN": cast.job_token(cast.app, cast.maintainer)}
        self.api = f"/api/v4/projects/{cast.library.pk}"
        self.settings_page = f"/{cast.library.full_path}/-/settings/ci_cd/token_access"
        self.names = iter(range(1000))
        self.npm_versions = iter(range(1000))
        self.running: dict[str, Any] = {}
        self.log_size = 0
        self.add_by_rest()
        self.publish(self.maintainer, "lib.tgz")
        pypi.upload(Api(token=self.maintainer["PRIVATE-TOKEN"]), cast.library)
        self.publish_npm(self.maintainer)
        self.wheel = f"{pypi.SHA256}/{pypi.WHEEL.file_name}"
        self.push(first=True)
        kind = {"runner_type": "instance_type"}
        self.runner = self.send("POST", "/api/v4/user/runners", self.admin, kind).json()["token"]

    def journeys(self) -> dict[str, Callable[[], Any]]:
        return {
            "a job downloads a generic package": self.download,
            "a job reads the index of a Python package": self.read_index,
            "a job downloads a wheel": self.download_wheel,
            "a job reads the document of an npm package": lambda: self.read_npm("@acme%2fdemo"),
            "a job downloads an npm package": lambda: self.read_npm("@acme/demo/-/@acme/demo-1.0.0.tgz"),
            "a job publishes an npm package": lambda: self.publish_npm(self.job),
            "a job publishes a generic package": lambda: self.publish(self.job, f"{next(self.names)}.tgz"),
            "add an entry: page": self.after_removal(self.add_by_page),
            "the settings page": lambda: self.browser.get(self.settings_page).content,
            "add an entry: REST": self.after_removal(self.add_by_rest),
            "add an entry: GraphQL": self.after_removal(self.add_by_graphql),
            "add an entry: admin": self.after_removal(self.add_by_admin),
            "a push starts a pipeline of two jobs": self.push,
            "a runner requests a job": self.request_job,
            "it appends to the log": self.append,
            "it uploads an artifact": self.upload,
        }

    def send(self, method: str, path: str, headers: dict[str, str], body: Any = None, kind: str = "") -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body)
        kind = kind or ("application/octet-stream" if isinstance(body, bytes) else "application/json")
        answer: Any = self.client.generic(method, path, "" if body is None else data, kind, headers=headers)
        if answer.streaming:
            b"".join(answer.streaming_content)
        answer.close()
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.content!r}")
        return answer

    def submit(self, site: Any, address: str, **values: Any) -> None:
        answer = site.post(address, values)
        if answer.status_code != 302 or "sign_in" in answer["Location"]:
            raise RuntimeError(f"POST {address}: {answer.status_code} {answer.content[:2000]!r}")

    def after_removal(self, add: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> None:
            with pause_counting():
                self.library.allowlist.all().delete()
            add()

        return run

    def download(self) -> None:
        self.send("GET", f"{self.api}/packages/generic/lib/1.0/lib.tgz", self.job)

    def read_index(self) -> None:
        self.send("GET", f"{self.api}/packages/pypi/simple/my-pkg/", self.job)

    def download_wheel(self) -> None:
        self.send("GET", f"{self.api}/packages/pypi/files/{self.wheel}", self.job)

    def read_npm(self, path: str) -> None:
        self.send("GET", f"{self.api}/packages/npm/{path}", self.job)

    def publish_npm(self, headers: dict[str, str]) -> None:
        from tests.packages.npm.publications import publication

        body = publication(version=f"1.0.{next(self.npm_versions)}")
        self.send("PUT", f"{self.api}/packages/npm/@acme%2fdemo", headers, body)

    def publish(self, headers: dict[str, str], file: str) -> None:
        self.send("PUT", f"{self.api}/packages/generic/lib/1.0/{file}", headers, b"content")

    def add_by_rest(self) -> None:
        target = {"target_project_id": self.app.pk}
        self.send("POST", f"{self.api}/job_token_scope/allowlist", self.maintainer, target)

    def add_by_page(self) -> None:
        self.submit(self.browser, f"{self.settings_page}/add", path=self.app.full_path, permissions="default")

    def add_by_graphql(self) -> None:
        name = "ciJobTokenScopeAddGroupOrProject"
        query = f"mutation($input: C{name[1:]}Input!) {{ {name}(input: $input) {{ errors }} }}"
        values = {"projectPath": self.library.full_path, "targetPath": self.app.full_path}
        body = {"query": query, "variables": {"input": values}}
        answer = self.send("POST", "/api/graphql", self.maintainer, body).json()
        if "errors" in answer or answer["data"][name]["errors"]:
            raise RuntimeError(str(answer))

    def add_by_admin(self) -> None:
        entry = {"project": self.library.pk, "direction": "inbound", "target_project": self.app.pk, "target_group": ""}
        self.submit(self.desk, "/admin/tokenaccess/allowlistentry/add/", **entry, default_permissions="on")

    def push(self, *, first: bool = False) -> None:
        actions = [{"action": "create", "file_path": f"{next(self.names)}.txt", "content": "x"}]
        if first:
            actions.append({"action": "create", "file_path": ".gitlab-ci.yml", "content": CI_FILE})
        body = {"branch": "main", "commit_message": "Change", "actions": actions}
        self.send("POST", f"{self.api}/repository/commits", self.maintainer, body)

    def request_job(self) -> None:
        with pause_counting():
            self.push()
        body = {"token": self.runner, "system_id": "s_0123456789ab", "info": INFO}
        answer = self.send("POST", "/api/v4/jobs/request", {"RUNNER-TOKEN": self.runner}, body)
        if answer.status_code != 201:
            raise RuntimeError("There is no job.")
        self.running, self.log_size = answer.json(), 0

    def append(self) -> None:
        start, self.log_size = self.log_size, self.log_size + 4
        headers = {"JOB-TOKEN": self.running["token"], "Content-Range": f"{start}-{start + 3}"}
        self.send("PATCH", f"/api/v4/jobs/{self.running['id']}/trace", headers, b"line")

    def upload(self) -> None:
        with pause_counting():
            self.request_job()
        path = f"/api/v4/jobs/{self.running['id']}/artifacts?artifact_format=zip&artifact_type=archive&expire_in=1h"
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="artifacts.zip"\r\n\r\n'
        body = head + archive() + b"\r\n--b--\r\n"
        self.send("POST", path, {"JOB-TOKEN": self.running["token"]}, body, "multipart/form-data; boundary=b")


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("report.txt", "content")
    return file.getvalue()


_count: Count | None = None


@contextmanager
def counting(root: Path) -> Iterator[Count]:
    from django.db import connection

    global _count
    inside, outside = f"{root}/", tuple(f"{root}/{folder}/" for folder in OUTSIDE)
    count = _count = Count()

    def is_ours(frame: FrameType) -> bool:
        file = frame.f_code.co_filename
        return file.startswith(inside) and not file.startswith(outside)

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call" or _count is None:
            return
        if frame.f_code.co_name == "has_perm" and frame.f_code.co_filename.endswith("auth/models.py"):
            count.permission_checks += 1
        if not is_ours(frame) or frame.f_code.co_name.startswith("<"):
            return
        count.functions[frame.f_code.co_filename, frame.f_code.co_qualname] += 1
        caller = frame.f_back
        while caller is not None and not is_ours(caller):
            caller = caller.f_back
        if caller is not None and caller.f_code.co_filename != frame.f_code.co_filename:
            count.hops += 1

    def execute(run: Any, *arguments: Any) -> Any:
        if _count is not None:
            count.statements += 1
        return run(*arguments)

    threading.setprofile(profile)
    with connection.execute_wrapper(execute):
        sys.setprofile(profile)
        try:
            yield count
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
            _count = None


@contextmanager
def pause_counting() -> Iterator[None]:
    global _count
    count, _count = _count, None
    yield
    _count = count


if __name__ == "__main__":
    main()

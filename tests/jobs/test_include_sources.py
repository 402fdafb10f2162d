"""`include: component`, `template` and `remote`: where the files come from, and who may have them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from ci_config import CannotInclude
from jobs.pipelines.include_sources.remote import RemoteReader, digest
from outbound.addresses import is_public
from projects.repository import Repository
from tests.factories import projects, runners
from tests.factories.cast import Cast
from tests.support.certificates import self_signed
from tokenaccess.allowlist.services import change_instance_settings
from tokenaccess.policy.levels import Role

BUILD = """
spec:
  component: [name, version, reference, sha]
  description: Builds <it>.
  inputs:
    target: {description: What to build, options: [app, docs]}
    image: {default: alpine}
---
"$[[ component.name ]]-$[[ inputs.target ]]":
  image: $[[ inputs.image ]]
  script: ["$[[ component.version ]] of $[[ component.reference ]]"]
include: {local: parts/more.yml}
"""
MORE = "more: {script: [x]}"


@pytest.fixture
def library(cast: Cast) -> Cast:
    """acme/library has two versions of a component, and a third on its branch."""
    repository = Repository(cast.library.repository_path)
    projects.commit(cast.library, {"templates/build.yml": BUILD, "parts/more.yml": MORE})
    for name in ("1.0.0", "1.1.0", "2.0.0-rc.1", "stable"):
        repository.create_tag(name, "main")
    files = {
        "templates/deploy/template.yml": "deploy: {script: [y]}",
        "templates/broken.yml": "spec: {inputs: 3}\n---\n",
    }
    projects.commit(cast.library, files)
    repository.create_tag("v1.2.0", "main")
    return cast


def answer(api: Any, cast: Cast, user: Any, include: str) -> Any:
    runners.push_file(cast.app, f"include: [{include}]\njob: {{script: [own]}}")
    return api(user).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})


def component(version: str, name: str = "build", project: str = "acme/library") -> str:
    return f"{{component: '$CI_SERVER_FQDN/{project}/{name}@{version}', inputs: {{target: docs}}}}"


def lines(api: Any, cast: Cast, include: str) -> dict[str, list[str]]:
    made = answer(api, cast, cast.developer, include)
    assert made.status_code == 201, made.json()
    pipeline = cast.app.pipelines.order_by("-id")[0]
    return {job.name: job.options["script"] for job in pipeline.jobs.all()}


def refusal(api: Any, cast: Cast, include: str, user: Any = None) -> str:
    refused = answer(api, cast, user or cast.developer, include)
    assert refused.status_code == 400
    return str(refused.json()["message"]["base"][0])


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("version", "line"),
    [
        ("1.0.0", "1.0.0 of 1.0.0"),
        ("1", "1.2.0 of 1"),
        ("1.1", "1.1.0 of 1.1"),
        ("~latest", "1.2.0 of ~latest"),
        ("2.0.0-rc.1", "2.0.0-rc.1 of 2.0.0-rc.1"),
        ("stable", " of stable"),
        ("main", " of main"),
    ],
)
def test_a_component_is_had_at_a_version(library: Cast, api: Any, version: str, line: str) -> None:
    found = lines(api, library, component(version))
    assert found == {"build-docs": [line], "more": ["x"], "job": ["own"]}


def test_a_component_of_the_own_commit_is_tried_before_it_is_published(library: Cast, api: Any) -> None:
    projects.commit(library.app, {"templates/own.yml": "spec: {inputs: {target: {}}}\n---\nown: {script: [x]}"})
    assert "own" in lines(api, library, component("$CI_COMMIT_SHA", "own", "$CI_PROJECT_PATH"))


@pytest.mark.parametrize("place", ["acme/library", "acme/nothing"])
def test_a_hidden_project_has_no_more_components_than_an_absent_one(library: Cast, api: Any, place: str) -> None:
    newcomer = projects.member(library.outsider, library.app, Role.DEVELOPER)
    message = refusal(api, library, component("1.0.0", project=place), newcomer)
    assert message.replace(place, "X") == (
        "Line 1, keyword “include”: there is no component “build” in the project “X” at “1.0.0”, or you may not read "
        "it; a component is the file templates/NAME.yml or templates/NAME/template.yml."
    )


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("include", "reason"),
    [
        (component("3"), "there is no component “build” in the project “acme/library” at “3”"),
        (component("1.0.0", "gone"), "there is no component “gone”"),
        ("{component: gitlab.com/a/b/c@1}", "is no component of this server"),
        ("{component: $CI_SERVER_FQDN/acme/library/build}", "should be `$CI_SERVER_FQDN/project/name@version`"),
        (
            "{component: '$CI_SERVER_FQDN/acme/library/../x@1'}",
            "there is no component “x” in the project",
        ),
        ("{component: $CI_SERVER_FQDN/acme/library/build@1}", "the input “target” has no default"),
        ("{template: Go.gitlab-ci.yml}", "`file_template_project_id`"),
        ("{remote: https://ci.example.org/a.yml}", "`ci_remote_include_hosts`"),
    ],
)
def test_a_refusal_says_what_to_do(library: Cast, api: Any, include: str, reason: str) -> None:
    assert reason in refusal(api, library, include)


def test_the_page_lists_components_with_their_inputs(library: Cast) -> None:
    client = Client()
    client.force_login(library.developer)
    shown = str(client.get("/acme/library/-/components").content.decode())
    assert "Builds &lt;it&gt;." in shown
    assert "What to build" in shown
    assert "One of: app, docs" in " ".join(shown.split())
    assert "should be a map" in shown  # the broken one
    plain = shown.replace("<wbr>", "").replace("&#x27;", "'")
    assert "component: $CI_SERVER_FQDN/acme/library/build@v1.2.0" in plain
    assert "target: app" in plain
    older = str(client.get("/acme/library/-/components?version=1.0.0").content.decode())
    assert "deploy" not in older.partition("<h1>")[2]
    assert "There is no version 9." in client.get("/acme/library/-/components?version=9").content.decode()
    assert "No components yet." in client.get("/acme/app/-/components").content.decode()


def test_templates_come_from_a_project_that_an_administrator_names(library: Cast, api: Any) -> None:
    projects.commit(
        library.library, {"gitlab-ci/Go.gitlab-ci.yml": "go: {script: [x]}", "Own.yml": "own: {script: [x]}"}
    )
    put = api(library.admin).put("/application/settings", {"file_template_project_id": library.library.pk})
    assert put.json()["file_template_project_id"] == library.library.pk
    assert set(lines(api, library, "{template: Go.gitlab-ci.yml}, {template: Own.yml}")) == {"go", "own", "job"}
    assert "there is no template “No.yml”" in refusal(api, library, "{template: No.yml}")
    newcomer = projects.member(library.outsider, library.app, Role.DEVELOPER)
    assert "or you may not read it" in refusal(api, library, "{template: Own.yml}", newcomer)
    assert api(library.admin).put("/application/settings", {"file_template_project_id": 10**9}).status_code == 400


@pytest.mark.one_case
@pytest.mark.parametrize("hosts", [["https://a.b"], ["A.b"], ["a b"], ["*"], ["-"], ["a.b:0"], ["a" * 300]])
def test_hosts_are_names(cast: Cast, api: Any, hosts: list[str]) -> None:
    assert api(cast.admin).put("/application/settings", {"ci_remote_include_hosts": hosts}).status_code == 400


@pytest.mark.pure
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "224.0.0.1", "100.64.0.1", "::1", "fe80::1",
     "fd00::1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1", "2001:0:a00:1::", "fec0::1",
     "::10.0.0.1", "192.0.0.192", "192.88.99.1", "168.63.129.16", "2001:20::1", "3fff::1", "::ffff:192.0.0.192"],
)  # fmt: skip
def test_addresses_inside_are_never_asked(address: str) -> None:
    assert not is_public(ip_address(address))
    assert is_public(ip_address("93.184.216.34"))
    assert is_public(ip_address("2606:4700::1"))


class Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/away.yml":
            self.send_response(302)
            self.send_header("Location", "https://elsewhere.example/a.yml")
            self.end_headers()
            return
        sizes = {"/large.yml": b"#" * 1_100_000, "/bytes.yml": b"\xff"}
        text = b"remote: {script: [x]}" if self.path == "/a.yml" else b"include: [{local: a.yml}]"
        self.send_response(404 if self.path == "/gone.yml" else 200)
        self.end_headers()
        self.wfile.write(sizes.get(self.path, text))

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def remote(tmp_path: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An https server of this machine, which only the settings for tests allow."""
    certificate, key = self_signed(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 0), Files)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(settings, "REMOTE_INCLUDE_CA", str(certificate))
    monkeypatch.setattr(settings, "REMOTE_INCLUDE_NETWORKS", ["127.0.0.0/8", "::1/128"])
    host = f"localhost:{server.server_port}"
    change_instance_settings(by=cast.admin, ci_remote_include_hosts=[host, f"127.0.0.1:{server.server_port}"])
    yield f"https://{host}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_remote_file_is_included_from_a_listed_host(remote: str, cast: Cast, api: Any) -> None:
    known = digest(b"remote: {script: [x]}")
    assert set(lines(api, cast, f"{{remote: {remote}/a.yml, integrity: {known}}}")) == {"remote", "job"}


def test_what_is_wrong_with_a_remote_file_is_said(
    remote: str, cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for include, reason in [
        (f"{{remote: {remote}/a.yml, integrity: {digest(b'other')}}}", "is another file than `integrity` says"),
        (f"{{remote: {remote}/away.yml}}", "the server redirects, which is not followed"),
        (f"{{remote: {remote}/gone.yml}}", "the server answers with status 404"),
        (f"{{remote: {remote}/large.yml}}", "is larger than 1024 KiB"),
        (f"{{remote: {remote}/bytes.yml}}", "is not UTF-8 text"),
        (f"{{remote: {remote}/nested.yml}}", "may include only `remote` files"),
        (f"{{remote: {remote.replace('https', 'http')}/a.yml}}", "begins with https://"),
        (f"{{remote: {remote.replace('//', '//me@')}/a.yml}}", "without a user name"),
        ("{remote: https://other.example/a.yml}", "is none of those from which files are included here"),
        # The certificate is for the name, and a name that is not in it is refused.
        (f"{{remote: {remote.replace('localhost', '127.0.0.1')}/a.yml}}", "cannot be had"),
    ]:
        assert reason in refusal(api, cast, include)
    monkeypatch.setattr(settings, "REMOTE_INCLUDE_CA", None)
    assert "cannot be had" in refusal(api, cast, f"{{remote: {remote}/a.yml}}")
    monkeypatch.setattr(settings, "REMOTE_INCLUDE_NETWORKS", [])
    assert "leads to an address inside" in refusal(api, cast, f"{{remote: {remote}/a.yml}}")


def test_when_the_time_of_all_remote_files_is_over_none_is_asked_for(
    remote: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def look_up(host: str, *args: Any, **named: Any) -> list[Any]:
        asked.append(host)
        return []

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    with pytest.raises(CannotInclude, match="takes too long"):
        RemoteReader(deadline=0.0).read(f"{remote}/a.yml", "")
    assert not asked

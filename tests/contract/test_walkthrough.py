"""Does exactly what the README's walk-through says: its own commands in a shell, its clicks in a browser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.server import ROOT, LiveServer, live_server

DEMO_PASSWORD = "let the demo people in"
NOT_FOUND = "The project you were looking for could not be found or you don't have permission to view it."

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[LiveServer]:
    """A first start as a newcomer makes it, with the demo world."""
    with live_server(tmp_path, TOKENACCESS_DEMO="1", TOKENACCESS_DEMO_PASSWORD=DEMO_PASSWORD) as server:
        yield server


class Shell:
    """Runs the README's blocks one after the other, as one terminal would: variables are kept."""

    def __init__(self, folder: Path, server: LiveServer) -> None:
        self.folder = folder
        found = re.search(r"glrt-\w+", server.errors())
        assert found, "the first start prints the runner's token"
        self.given = {"HOST": server.url, "RUNNER": found.group()}
        self.blocks = iter(self._blocks())

    def _blocks(self) -> list[str]:
        section = (ROOT / "README.md").read_text().split("\n## Try it")[1].split("\n## ")[0]
        return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)

    def next(self) -> str:
        """The next block of the README; what it printed."""
        self.block = next(self.blocks)
        for name, value in self.given.items():
            self.block = re.sub(rf"^{name}=.*$", f"{name}='{value}'", self.block, flags=re.MULTILINE)
        return self.again()

    def again(self) -> str:
        kept = self.folder / "variables"
        before = f"[ -f {kept} ] && . {kept}\n"
        after = f"\ndeclare -p HOST RUNNER CI_JOB_ID CI_JOB_TOKEN > {kept}\n"
        done = subprocess.run(
            ["bash", "-c", before + self.block + after],
            cwd=self.folder,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.folder), "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr


@pytest.fixture
def signed_in(chromium: Browser, demo: LiveServer) -> Callable[[str], Page]:
    def sign_in(username: str) -> Page:
        page = chromium.new_context().new_page()
        page.goto(f"{demo.url}/users/sign_in")
        page.locator("[name=username]").fill(username)
        page.locator("[name=password]").fill(DEMO_PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_text(username).first).to_be_visible()
        return page

    return sign_in


def run_pipeline(page: Page, demo: LiveServer) -> None:
    page.goto(f"{demo.url}/acme/app")
    page.get_by_role("navigation", name="acme/app").get_by_role("link", name="Pipelines").click()
    page.get_by_role("link", name="Run a pipeline").click()
    page.get_by_role("button", name="Run pipeline").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pipeline #")


def add_app(page: Page, demo: LiveServer) -> None:
    """To the allowlist of the library."""
    page.goto(f"{demo.url}/acme/library")
    page.get_by_role("navigation", name="acme/library").get_by_role("link", name="Settings").click()
    if not page.get_by_role("switch").first.is_visible():
        page.get_by_role("navigation", name="acme/library").get_by_role("link", name="Token Access").click()
    expect(page.get_by_role("switch", name="Limit access to this project")).to_have_attribute("aria-checked", "true")
    field = page.get_by_label("Project or group", exact=True)
    if not field.is_visible():
        page.get_by_text("Add a project or group").click()
    field.fill("acme/app")
    page.get_by_role("button", name="Add to the allowlist").click()
    expect(page.get_by_role("rowheader", name="acme/app", exact=True)).to_be_visible()


def test_a_newcomer_follows_the_readme(demo: LiveServer, tmp_path: Path, signed_in: Callable[[str], Page]) -> None:
    folder = tmp_path / "terminal"
    folder.mkdir()
    shell = Shell(folder, demo)

    run_pipeline(signed_in("developer"), demo)
    assert '"status":"running"' in shell.next()

    refused = shell.next()
    assert NOT_FOUND in refused
    assert '{"message":"404 Project Not Found"}' in refused

    page = signed_in("maintainer")
    add_app(page, demo)
    admitted = shell.again()
    assert NOT_FOUND not in admitted
    assert "Hello from the library" in admitted
    assert "refs/heads/main" in admitted

    page.get_by_role("link", name="Remove acme/app").click()
    page.get_by_role("button", name="Remove acme/app").click()
    expect(page.get_by_role("link", name="Remove acme/app")).to_have_count(0)
    refused = shell.again()
    assert NOT_FOUND in refused
    assert '{"message":"404 Project Not Found"}' in refused

    block = shell.block
    shell.next()
    shell.block = block
    dead = shell.again()
    assert "HTTP Basic: Access denied" in dead
    assert '{"message":"401 Unauthorized"}' in dead

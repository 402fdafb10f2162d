"""Taking over a repository that exists already."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest
from django.core.management import CommandError, call_command

from projects.models import Project
from projects.repository import Change, Repository
from tests.factories.cast import Cast
from tokenaccess.access.facts import settings_of
from tokenaccess.models import TokenAccessSettings


@pytest.fixture
def old(tmp_path: Path) -> Repository:
    """A bare repository on `trunk`, with a tag, a branch, and a hook that must not come along."""
    repository = Repository.create(tmp_path / "old.git", "trunk")
    repository.write("trunk", [Change("create", "a", b"1")], "First", by=("A", "a@example.org"))
    repository.create_branch("side/one", "trunk")
    repository.create_tag("v1", "trunk", "One")
    hooks = repository.path / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-receive").write_text("#!/bin/sh\nexit 1\n")
    return repository


def test_an_import_takes_all_branches_and_tags_and_leaves_both_limits_off(
    cast: Cast, old: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_project", str(old.path), "acme/old", "--by", "maintainer", "--visibility", "internal")
    project = Project.objects.get(full_path="acme/old")
    repository = Repository(project.repository_path)
    assert [ref.name for ref in repository.branches()] == ["side/one", "trunk"]
    assert repository.find("v1").sha == old.find("trunk").sha
    assert repository.tag_message("v1").strip() == "One"
    assert not (repository.path / "hooks" / "pre-receive").exists()
    assert (project.default_branch, project.visibility_name, project.creator) == ("trunk", "internal", cast.maintainer)
    assert TokenAccessSettings.objects.get(project=project).limits_inbound is False
    assert settings_of(project).limits_outbound is False
    assert f"acme/old is project {project.pk}" in capsys.readouterr().out
    assert settings_of(cast.library).limits_inbound is True


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("source", "path", "error"),
    [
        ("nothing", "acme/x", "there is no git repository"),
        ("old.git", "nowhere/x", "There is no group 'nowhere'"),
        ("old.git", "x", "There is no group ''"),
        ("nothing", "acme/library", "has already been taken"),  # asked before a long copy
        ("old.git", "acme/..", "can contain only letters"),
    ],
)
def test_a_failed_import_says_why_and_creates_nothing(
    cast: Cast, old: Repository, tmp_path: Path, source: str, path: str, error: str
) -> None:
    with pytest.raises(CommandError, match=error):
        call_command("import_project", str(tmp_path / source), path, "--by", "owner")
    assert Project.objects.count() == 2


def test_somebody_must_be_its_maker(cast: Cast, old: Repository) -> None:
    with pytest.raises(CommandError, match="There is no administrator yet"):
        call_command("import_project", str(old.path), "acme/old")
    with pytest.raises(CommandError, match="There is nobody called 'nobody'"):
        call_command("import_project", str(old.path), "acme/old", "--by", "nobody")


def test_a_broken_repository_leaves_nothing_behind(cast: Cast, old: Repository) -> None:
    git = pygit2.Repository(str(old.path))
    sha = str(git.references["refs/heads/trunk"].target)
    (old.path / "objects" / sha[:2] / sha[2:]).unlink()
    with pytest.raises(CommandError, match="git could not read"):
        call_command("import_project", str(old.path), "acme/old", "--by", "owner")
    assert not Project.objects.filter(path="old").exists()

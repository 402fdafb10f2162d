"""The benchmark's world is what the benchmark takes it for: its requests are admitted, and the twins' refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bench.world import BASE
from jobs.models import JobToken
from projects.models import Project
from tokenaccess.models import AllowlistEntry


@pytest.mark.parametrize("entries", [1, 3])
def test_the_requests_of_the_benchmark_are_answered_as_expected(db: None, api, tmp_path: Path, entries: int):
    admitted, refused = tmp_path / "admitted", tmp_path / "refused"
    call_command("bench_world", tokens=100, entries=entries, out=admitted, refused_out=refused, verbosity=0)
    assert JobToken.objects.count() == 100
    assert AllowlistEntry.objects.filter(project_id=BASE).count() == entries
    for file, status in ((admitted, 200), (refused, 404)):
        lines = file.read_text().splitlines()
        assert len(lines) == 10_000
        for line in lines[:5]:
            path, token = line.split("\t")
            assert api(job=token).get(path).status_code == status
            assert api(job=token).get("/job").status_code == 200


def test_the_database_goes_on_working_after_it(db: None, cast):
    call_command("bench_world", tokens=100, entries=1, verbosity=0)
    assert Project.objects.create(name="new", path="new", full_path="acme/new", group=cast.acme).pk


def test_the_world_of_the_benchmark_is_created_once_and_in_bounds(db: None):
    for wrong in ({"tokens": 10}, {"tokens": 100, "entries": 0}, {"tokens": 100, "entries": 100}):
        with pytest.raises(CommandError, match="--tokens"):
            call_command("bench_world", **wrong)
    call_command("bench_world", tokens=100, verbosity=0)
    with pytest.raises(CommandError, match="already"):
        call_command("bench_world", tokens=100)

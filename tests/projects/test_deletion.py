"""Deleting a project through the API: gone at once, removed by the housekeeping."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.housekeeping import run_housekeeping
from projects.models import Project
from tests.factories.cast import Cast


def test_a_deleted_project_is_gone_at_once_and_its_path_is_free(cast: Cast, api: Any):
    owner, token = api(cast.owner), cast.job_token(cast.library)
    assert owner.delete("/projects/acme%2Flibrary").json() == {"message": "202 Accepted"}
    for who in (owner, api(cast.admin)):
        assert who.get(f"/projects/{cast.library.pk}").status_code == 404
        assert "library" not in {row["name"] for row in who.get("/projects").json()}
    assert api(job=token).get("/job").status_code in {401, 403}
    assert owner.delete(f"/projects/{cast.library.pk}").status_code == 404
    again = owner.post("/projects", {"name": "library", "namespace_id": cast.acme.pk})
    assert again.json()["path_with_namespace"] == "acme/library"


@pytest.mark.django_db(transaction=True)
def test_the_housekeeping_removes_it_for_good(cast: Cast, api: Any):
    folder = cast.library.repository_path
    api(cast.owner).delete(f"/projects/{cast.library.pk}")
    assert folder.exists()
    assert run_housekeeping()["projects deleted"] == 1
    assert not Project.objects.filter(pk=cast.library.pk).exists()
    assert not folder.exists()


def test_nobody_keeps_a_project_by_taking_the_path_it_would_get(cast: Cast, api: Any):
    for name in (f"deleted-{cast.library.pk}", f"Deleted-{cast.library.pk}-1"):
        api(cast.owner).post("/projects", {"name": name, "path": name, "namespace_id": cast.acme.pk})
    assert api(cast.owner).delete(f"/projects/{cast.library.pk}").status_code == 202
    assert Project.objects.get(pk=cast.library.pk).path == f"deleted-{cast.library.pk}-2"

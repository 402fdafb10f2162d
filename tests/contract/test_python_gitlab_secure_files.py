"""python-gitlab, unchanged: secure files of a project, with a person's token and with a job's."""

from __future__ import annotations

from hashlib import sha256

import gitlab
import pytest
from gitlab.exceptions import GitlabCreateError, GitlabGetError

from tests.contract.world import World

CONTENT = bytes(range(256))


def test_secure_files_come_and_go(world: World):
    with gitlab.Gitlab(world.live.url, private_token=world.maintainer.token) as client:
        files = client.projects.get(world.app.path).secure_files
        made = files.create({"name": "release.jks", "file": CONTENT})
        assert (made.name, made.checksum) == ("release.jks", sha256(CONTENT).hexdigest())
        assert [one.id for one in files.list(get_all=True)] == [made.id]
        assert files.get(made.id).checksum_algorithm == "sha256"
        with pytest.raises(GitlabCreateError, match="has already been taken"):
            files.create({"name": "release.jks", "file": CONTENT})
        with pytest.raises(GitlabCreateError, match="413"):
            files.create({"name": "large", "file": b"x" * (5 * 1024 * 1024 + 1)})
        job = gitlab.Gitlab(world.live.url, job_token=world.running_job(world.app, by=world.developer).token)
        with job:
            of_job = job.projects.get(world.app.id, lazy=True).secure_files
            assert of_job.list(get_all=True)[0].download() == CONTENT
            with pytest.raises(GitlabCreateError, match="403"):
                of_job.create({"name": "by-a-job", "file": CONTENT})
        files.get(made.id).delete()
        with pytest.raises(GitlabGetError, match="404"):
            files.get(made.id)

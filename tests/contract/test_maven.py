"""The real mvn against the real server: jobs deploy to a Maven repository, and jobs resolve from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.contract.world import Place, Work, World

pytestmark = pytest.mark.skipif(shutil.which("mvn") is None, reason="needs Maven: apt-get install maven")

# Kept between runs: Maven's own plugins come over the network only once.
REPOSITORY = Path.home() / ".cache" / "token-access-tests" / "maven"
DEPLOY = "org.apache.maven.plugins:maven-deploy-plugin:3.1.1:deploy-file"
GET = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get"
SETTINGS = f"""\
<settings>
  <localRepository>{REPOSITORY}</localRepository>
  <servers><server><id>token-access</id><configuration><httpHeaders>
    <property><name>Job-Token</name><value>${{env.CI_JOB_TOKEN}}</value></property>
  </httpHeaders></configuration></server></servers>
</settings>
"""


class Maven:
    """`maven.deploy(project, job, "1.0")` and `maven.get(address, job, "1.0")`: an artifact of a group of its own."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.group = f"com.acme.g{uuid.uuid4().hex}"
        (folder / "settings.xml").write_text(SETTINGS)
        (folder / "app.jar").write_bytes(b"the bytes of a jar")

    def deploy(self, project: Place, job: Work, version: str) -> subprocess.CompletedProcess[str]:
        target = ["-DrepositoryId=token-access", f"-Durl={self.world.live.api}/projects/{project.id}/packages/maven"]
        names = [f"-DgroupId={self.group}", "-DartifactId=app", f"-Dversion={version}", "-Dpackaging=jar"]
        return self.run(job, DEPLOY, "-Dfile=app.jar", *names, *target)

    def get(self, address: str, job: Work, version: str) -> subprocess.CompletedProcess[str]:
        """`address`: of the repository, below the API's."""
        remote = f"-DremoteRepositories=token-access::default::{self.world.live.api}/{address}"
        self.forget()
        return self.run(job, GET, f"-Dartifact={self.group}:app:{version}", "-Dtransitive=false", remote)

    def run(self, job: Work, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["mvn", "-B", "-U", "-C", "-ntp", "-s", "settings.xml", *arguments],  # -C: a wrong checksum is an error
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "CI_JOB_TOKEN": job.token,
                "MAVEN_OPTS": "-XX:TieredStopAtLevel=1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @property
    def fetched(self) -> Path:
        return REPOSITORY / self.group.replace(".", "/") / "app"

    def forget(self) -> None:
        shutil.rmtree(self.fetched.parent, ignore_errors=True)


@pytest.fixture
def maven(world: World, tmp_path: Path) -> Maven:
    return Maven(world, tmp_path)


def list_app(world: World) -> None:
    """Put the app on the library's allowlist."""
    world.live.make(f"/projects/{world.library.id}/job_token_scope/allowlist", target_project_id=world.app.id)


def test_a_job_deploys_and_another_projects_job_resolves(world: World, maven: Maven):
    job = world.running_job(world.library)
    for version in ("1.0", "1.1-SNAPSHOT"):
        done = maven.deploy(world.library, job, version)
        assert done.returncode == 0, done.stdout
    app = world.running_job(world.app)
    refused = maven.get(f"projects/{world.library.id}/packages/maven", app, "1.0")
    assert refused.returncode == 1
    assert f"Could not find artifact {maven.group}:app:jar:1.0" in refused.stdout, refused.stdout
    list_app(world)
    for address, version in (
        (f"projects/{world.library.id}/packages/maven", "1.0"),
        (f"groups/{world.group.id}/-/packages/maven", "1.1-SNAPSHOT"),
        ("packages/maven", "1.0"),
    ):
        done = maven.get(address, app, version)
        assert done.returncode == 0, done.stdout
        (jar,) = (maven.fetched / version).glob(f"app-{version}.jar")
        assert jar.read_bytes() == b"the bytes of a jar"
    maven.forget()


def test_nothing_works_after_the_job_has_ended(world: World, maven: Maven):
    job = world.running_job(world.library)
    job.finish()
    for done in (
        maven.deploy(world.library, job, "1.0"),
        maven.get(f"projects/{world.library.id}/packages/maven", job, "1.0"),
    ):
        assert done.returncode == 1
        assert "authentication failed for" in done.stdout, done.stdout
        assert "401 Unauthorized" in done.stdout, done.stdout
        assert job.token not in done.stdout
    assert job.token not in world.live.errors()

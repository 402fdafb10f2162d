"""Pages that ask before something is deleted say what that does at once, in numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from blobs.models import Blob
from hooks.models import Delivery
from hooks.services import create_hook
from jobs.models import Runner, Schedule
from jobs.models.pipeline import Source
from jobs.states import State
from jobs.variables.services import create_variable
from projects.models import RefKind
from projects.services import protect
from resources.containers.models import ContainerRepository, ImageProtection
from resources.lfs.models import FileLock
from resources.packages.models import DownloadCount, Package, PackageFile, PackageProtectionRule
from resources.packages.publishers.models import TrustedPublisher, UploadToken
from resources.releases.models import Release, ReleaseLink
from resources.secure_files import services as secure_files
from resources.secure_files.models import SecureFile
from ssh_keys.services import enable_deploy_key
from tests.factories import jobs, oauth, projects, runners
from tests.factories.cast import Cast
from tests.factories.environments import deploy
from tests.factories.ssh_keys import deploy_key
from tests.support.second_factors import Passkey, enable_two_factor
from tokens.models import DeployToken
from tokens.services import create_deploy_token


def page(person: Any, address: str) -> str:
    client = Client()
    client.force_login(person)
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(strip_tags(answer.content.decode().replace("<", " <")).split())


def test_deleting_a_webhook_says_how_many_deliveries_are_forgotten(cast: Cast) -> None:
    hook = create_hook(cast.library, by=cast.maintainer, url="https://example.com/", events={})
    address = f"/acme/library/-/hooks/{hook.pk}/delete"
    assert "Nothing was sent yet." in page(cast.maintainer, address)
    for _ in range(2):
        Delivery.objects.create(hook=hook, event="push_events", payload={}, sent_at=timezone.now())
    shown = page(cast.maintainer, address)
    assert "2 deliveries are forgotten." in shown
    assert "The last event was sent just now" in shown


def test_deleting_a_runner_says_which_jobs_and_projects_it_serves(cast: Cast) -> None:
    runners.runner(cast.library)
    runner = Runner.objects.get()
    jobs.job(cast.library, cast.developer, runner=runner)
    for _ in range(2):
        jobs.job(cast.library, cast.developer, State.PENDING)
    jobs.job(cast.library, cast.developer, State.PENDING, tag_list=["gpu"], tag_key="gpu")
    shown = page(cast.maintainer, f"/acme/library/-/settings/ci_cd/runners/{runner.pk}/delete")
    assert "1 running job loses its runner." in shown
    assert "2 jobs wait that it could take." in shown
    assert "1 project uses it." in shown


def test_removing_a_deploy_key_says_how_many_other_projects_keep_it(cast: Cast) -> None:
    key = deploy_key(cast.library, cast.maintainer)
    address = f"/acme/library/-/settings/deploy_keys/{key.pk}/remove"
    assert "the key itself is deleted" in page(cast.maintainer, address)
    enable_deploy_key(key, cast.app, by=cast.maintainer)
    shown = page(cast.maintainer, address)
    assert "1 other project keeps it." in shown
    assert "the key itself is deleted" not in shown


def test_deleting_a_secure_file_says_how_many_jobs_may_need_it(cast: Cast) -> None:
    with secure_files.encrypt_file("release.jks", b"1234") as upload:
        secure_files.store_file(cast.library, upload, by=cast.maintainer)
    for state in (State.RUNNING, State.PENDING, State.SUCCESS):
        jobs.job(cast.library, cast.developer, state)
    shown = page(cast.maintainer, f"/acme/library/-/settings/ci_cd/secure_files/{SecureFile.objects.get().pk}/delete")
    assert "2 jobs run or wait here." in shown
    assert "4 bytes" in shown


def test_revoking_an_application_says_how_many_tokens_stop_working(cast: Cast) -> None:
    made = oauth.application()
    made.tokens_for(cast.developer)
    shown = page(cast.developer, f"/-/user_settings/applications/{made.row.pk}/revoke")
    assert "1 token stops working." in shown
    assert "1 sign-in ends." in shown


def test_deleting_a_variable_says_which_jobs_start_without_it(cast: Cast) -> None:
    jobs.job(cast.library, cast.developer, State.PENDING)
    own = create_variable(project=cast.library, by=cast.maintainer, key="OWN", value="1")
    wide = create_variable(group=cast.acme, by=cast.owner, key="WIDE", value="1")
    shown = page(cast.maintainer, f"/acme/library/-/settings/ci_cd/variables/{own.pk}/delete")
    assert "1 waiting job starts without it." in shown
    assert "get it today" not in shown
    assert "projects get it today." in page(cast.owner, f"/groups/acme/-/variables/{wide.pk}/delete")


def test_deleting_an_environment_says_how_many_deployments_are_forgotten(cast: Cast) -> None:
    environment, _runner = deploy(cast)
    address = f"/{environment.project.full_path}/-/environments/{environment.pk}/delete"
    assert "is forgotten." not in page(cast.maintainer, address)
    environment.state = "stopped"
    environment.save()
    assert "1 deployment is forgotten." in page(cast.maintainer, address)


def test_deleting_a_schedule_says_how_many_pipelines_it_has_started(cast: Cast) -> None:
    schedule = Schedule.objects.create(project=cast.library, owner=cast.maintainer, description="Nightly", ref="main")
    assert "Last started: never." in page(cast.maintainer, f"/acme/library/-/pipeline_schedules/{schedule.pk}/delete")
    jobs.pipeline(cast.library, cast.maintainer, schedule=schedule, source=Source.SCHEDULE)
    shown = page(cast.maintainer, f"/acme/library/-/pipeline_schedules/{schedule.pk}/delete")
    assert "1 pipeline that it has started stays." in shown


def test_removing_a_second_factor_says_what_is_left(cast: Cast) -> None:
    codes = enable_two_factor(cast.developer)
    shown = page(cast.developer, reverse("mfa_deactivate_totp"))
    assert "It is your last factor" in shown
    assert f"{len(codes)} recovery codes stop working." in shown
    Passkey().enable_for(cast.developer)
    shown = page(cast.developer, reverse("mfa_deactivate_totp"))
    assert "1 other factor still works." in shown
    assert "Last used: never." in shown
    key = Authenticator.objects.get(type="webauthn")
    assert "1 other factor still works." in page(cast.developer, reverse("mfa_remove_webauthn", args=[key.pk]))


def test_revoking_a_token_says_where_it_was_used_and_how_many_projects_it_opens(cast: Cast) -> None:
    used = [{"address": "192.0.2.1", "at": "2036-01-01T00:00:00+00:00"}]
    token, _secret = create_deploy_token(cast.acme, by=cast.owner, name="fetcher", scopes=["read_repository"])
    DeployToken.objects.update(last_used_addresses=used)
    shown = page(cast.owner, reverse("group_token_revoke", args=["acme", "deploy", token.pk]))
    assert "1 address used it lately: 192.0.2.1" in shown
    assert "projects are out of its reach." in shown


def test_deleting_a_trusted_publisher_says_what_stops_and_what_stays(cast: Cast) -> None:
    rule = TrustedPublisher.objects.create(project=cast.library, source=cast.app, package_name="tool")
    Package.objects.create(project=cast.library, kind="pypi", name="tool", version="1")
    token = UploadToken.objects.create(
        digest="a",
        job=jobs.job(cast.app, cast.developer),
        jti="1",
        expires_at=timezone.now() + timedelta(minutes=5),
        id_token_expires_at=timezone.now(),
    )
    token.publishers.add(rule)
    shown = page(cast.maintainer, reverse("project_trusted_publisher_delete", args=["acme/library", rule.pk]))
    assert "1 upload token stops working." in shown
    assert "1 published version stays." in shown
    assert "Last used: never." in shown


def test_deleting_a_package_file_says_how_often_it_was_downloaded(cast: Cast) -> None:
    package = Package.objects.create(project=cast.library, kind="generic", name="tool", version="1")
    blob = Blob.objects.create(sha256="0" * 64, size=4)
    first, _second = [PackageFile.objects.create(package=package, name=name, blob=blob, size=4) for name in "ab"]
    DownloadCount.objects.create(file=first, count=7, last_at=timezone.now())
    shown = page(cast.maintainer, reverse("project_package_file_delete", args=["acme/library", package.pk, first.pk]))
    assert "7 downloads so far." in shown
    assert "1 other file of the package stays." in shown
    assert "Last download: just now" in shown


def test_unlocking_a_file_says_since_when_it_was_locked(cast: Cast) -> None:
    for path in ("a.bin", "b.bin"):
        lock = FileLock.objects.create(project=cast.library, owner=cast.maintainer, path=path, path_sha256=path)
    shown = page(cast.maintainer, reverse("project_lfs_unlock", args=["acme/library", lock.pk]))
    assert "1 other lock of the same person stays." in shown
    assert "Locked: just now" in shown


def test_deleting_an_asset_says_how_many_others_the_release_has(cast: Cast) -> None:
    release = Release.objects.create(project=cast.library, tag="v1", sha="a", name="v1", released_at=timezone.now())
    for name in ("a", "b"):
        link = ReleaseLink.objects.create(release=release, name=name, url=f"https://example.com/{name}")
    shown = page(cast.maintainer, reverse("project_release_link_delete", args=["acme/library", "v1", link.pk]))
    assert "1 other asset of the release stays." in shown
    assert "no longer leads to https://example.com/b" in shown


def test_unprotecting_says_how_many_branches_packages_and_images_have_such_a_name(cast: Cast) -> None:
    for branch in ("main", "release/1", "release/2"):
        projects.commit(cast.library, {f"{branch}.txt": "a"}, branch=branch)
    branches = protect(cast.library, kind=RefKind.BRANCH, name="release/*", by=cast.maintainer)
    shown = page(cast.maintainer, reverse("project_protected_ref_remove", args=["acme/library", branches.pk]))
    assert "2 branches have such a name today." in shown
    for version in ("1", "2"):
        Package.objects.create(project=cast.library, kind="npm", name="@acme/demo", version=version)
    rule = PackageProtectionRule.objects.create(project=cast.library, kind="npm", name_pattern="@acme/*")
    address = reverse("project_package_protection_delete", args=["acme/library", rule.pk])
    assert "1 package has such a name today." in page(cast.maintainer, address)
    ContainerRepository.objects.create(project=cast.library, path="acme/library/app", name="app")
    images = ImageProtection.objects.create(project=cast.library, pattern="acme/library/*")
    address = reverse("project_image_unprotect", args=["acme/library", images.pk])
    assert "1 repository has such a name today." in page(cast.maintainer, address)

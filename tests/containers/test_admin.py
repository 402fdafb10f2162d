"""Container repositories in the administration."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import AuditEvent
from resources.containers.models import ContainerRepository
from tests.containers import events
from tests.containers.events import push
from tests.factories.cast import Cast

PATH = "acme/library/tool"


@pytest.fixture
def browser(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


@pytest.fixture
def repository(cast: Cast) -> ContainerRepository:
    made = ContainerRepository.objects.create(project=cast.library, path=PATH, name="tool")
    events.send(push(PATH, "1.0"))
    return made


@pytest.mark.parametrize("model", ["containerrepository", "tag", "imageprotection"])
def test_the_lists_of_the_registry_open(browser: Client, repository: ContainerRepository, model: str):
    assert browser.get(f"/admin/containers/{model}/").status_code == 200
    assert browser.get(f"/admin/containers/{model}/add/").status_code == 403


def test_a_repository_is_looked_at_and_deleted(browser: Client, cast: Cast, repository: ContainerRepository):
    at = "/admin/containers/containerrepository/"
    assert PATH in browser.get(f"{at}{repository.pk}/change/").content.decode()
    answer = browser.post(at, {"action": "schedule_deletion", "_selected_action": [repository.pk]})
    assert answer.status_code == 302
    repository.refresh_from_db()
    assert repository.status == "delete_scheduled"
    assert AuditEvent.objects.get(event="container_repository_deleted").actor == cast.admin

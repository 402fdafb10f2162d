"""Changes to container repositories: made when something is pushed, deleted with all that is in them."""

from __future__ import annotations

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.models import Project
from resources.containers.engine.client import Engine
from resources.containers.models import ContainerRepository, RepositoryStatus, Tag
from tokenaccess.access.result import Access


def is_available(path: str, access: Access, *, changes: bool) -> bool:
    """Not what is left of a project that is deleted, and for changes nothing that is being deleted. One statement."""
    assert access.facts.target is not None
    row = ContainerRepository.objects.filter(path=path).values_list("project_id", "status").first()
    if row is None:
        return True
    project_id, status = row
    return project_id == access.facts.target.id and not (changes and status)


def ensure_repository(path: str, access: Access) -> None:
    """The row of a repository that is going to be pushed to."""
    target = access.facts.target
    assert target is not None
    name = path.removeprefix(target.path.lower()).lstrip("/")
    if not ContainerRepository.objects.filter(path=path).exists():
        ContainerRepository.objects.get_or_create(path=path, defaults={"project_id": target.id, "name": name})


@transaction.atomic
def schedule_deletion(repository: ContainerRepository, *, by: User | None) -> None:
    """From now on nobody pushes to it; housekeeping deletes it (cleanup.py)."""
    if repository.status == RepositoryStatus.DELETE_SCHEDULED:
        return
    repository.status = RepositoryStatus.DELETE_SCHEDULED
    repository.save(update_fields=["status"])
    _record("container_repository_deleted", f"Container repository {repository} was deleted", repository, by)


def delete_tag(tag: Tag, *, by: User | None) -> None:
    """This tag alone; the image stays while others lead to it. Raises EngineError."""
    repository = tag.repository
    Engine(repository.path).delete_tag(tag.name)
    with transaction.atomic():
        Tag.objects.filter(pk=tag.pk).delete()
        message = f"Tag {tag.name} of container repository {repository} was deleted"
        _record("container_tag_deleted", message, repository, by, tag=tag.name, digest=tag.manifest.digest)


def delete_images(repository: ContainerRepository) -> None:
    """Every image of it. Raises EngineError."""
    engine = Engine(repository.path)
    digests = set(repository.manifests.values_list("digest", flat=True))
    for name in engine.tags():
        document = engine.manifest(name)
        digests.update([document.digest] if document else [])
    for digest in sorted(digests):
        engine.delete_manifest(digest)
    repository.manifests.all().delete()


def _record(event: str, message: str, repository: ContainerRepository, by: User | None, **details: object) -> None:
    project: Project | None = repository.project
    if project is not None:
        audit.record(event, message, by=by, on=project, path=project.full_path, repository=repository.path, **details)

"""Making and deleting trusted publishers."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit import services as audit
from identity.models import User
from projects.models import Project
from resources.packages.publishers.models import TrustedPublisher
from tokenaccess.access.gate import find_if_permitted
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.policy import Action

MAX_PUBLISHERS = 200  # of a project
_REF_KINDS = ("refs/heads/", "refs/tags/")


def find_source(text: str, *, by: User) -> Project:
    """By id or path, if `by` may see it. Raises ValidationError, the same for a hidden and an absent one."""
    found = find_if_permitted(by, Action.READ_PROJECT, IdOrPath.parse(text))
    if not isinstance(found, Project):
        raise ValidationError({"source": ["no such project, or you may not see it"]})
    return found


@transaction.atomic
def create_publisher(
    project: Project,
    *,
    by: User,
    package_name: str,
    source: Project,
    environment: str = "",
    ref_path: str = "",
    config_path: str = "",
) -> TrustedPublisher:
    """`package_name` in its normal form. Raises ValidationError by field."""
    if ref_path and not ref_path.startswith(_REF_KINDS):
        raise ValidationError({"ref_path": ["must begin with refs/heads/ or refs/tags/"]})
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if TrustedPublisher.objects.filter(project=project).count() >= MAX_PUBLISHERS:
        raise ValidationError({"package_name": [f"there are {MAX_PUBLISHERS} trusted publishers already"]})
    publisher = TrustedPublisher(
        project=project,
        package_name=package_name,
        source=source,
        environment=environment,
        ref_path=ref_path,
        config_path=config_path,
        created_by=by,
    )
    try:
        with transaction.atomic():
            publisher.save()
    except IntegrityError:
        raise ValidationError({"package_name": ["there is such a trusted publisher already"]}) from None
    _record("trusted_publisher_added", "may publish", publisher, by)
    return publisher


@transaction.atomic
def delete_publisher(publisher: TrustedPublisher, *, by: User) -> None:
    """Tokens that were given out for it are worth nothing from now on."""
    _record("trusted_publisher_removed", "may no longer publish", publisher, by)
    publisher.delete()


def _record(event: str, what: str, publisher: TrustedPublisher, by: User) -> None:
    path = publisher.project.full_path
    message = f"Jobs of project {publisher.source_id} {what} the package {publisher.package_name} in {path}"
    audit.record(
        event, message, by=by, on=publisher.project, path=path,
        package=publisher.package_name, source_id=publisher.source_id, environment=publisher.environment,
        ref_path=publisher.ref_path, config_path=publisher.config_path,
    )  # fmt: skip

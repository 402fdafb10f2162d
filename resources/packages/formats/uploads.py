"""Publishing a file, the same for every format: receive, ask the gate again, store, answer.

    with ExitStack() as stack:
        upload = stack.enter_context(receive(request, max_bytes=FORMAT.max_bytes))
        return publish(request, stack, upload, FileKey(…), respond=lambda file: json_response(…, 201))

A form (`receive_form`) gives its `file` in the place of `upload`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from blobs.deferred_commit import commit_when_delivered
from blobs.receive import is_chunked
from blobs.store import TemporaryBlob, mark_unreferenced
from projects.models import Project
from resources.packages import services
from resources.packages.models import PackageFile, PackageSettings, PackageStatus
from resources.packages.protection.refusals import require_unprotected
from resources.packages.services import FileKey
from tokenaccess.access.gate import confirm
from tokenaccess.adapters.plain import ApiRequest

CHALLENGE = "GitLab Packages Registry"
NO_DUPLICATES = "Duplicate package is not allowed"


def allows_duplicate(project: Project, key: FileKey) -> bool:
    """Whether a file may be published again: a setting of the nearest group above, for kinds that have it."""
    settings = PackageSettings.objects.of_project(project) or PackageSettings()
    return settings.allows_duplicate(key.kind, key.name, key.version)


def publish(
    request: ApiRequest,
    stack: ExitStack,
    upload: TemporaryBlob,
    key: FileKey,
    *,
    respond: Callable[[PackageFile], HttpResponse],
    status: PackageStatus | None = None,
    is_unique: bool = False,
    details: Callable[[PackageFile], object] | None = None,
) -> HttpResponseBase:
    """Store a received upload. The caller's right is checked again: the upload may have taken longer than it lasted.

    `stack` holds the upload. A chunked one is committed only when the response has been delivered. `status`,
    `is_unique` and `details`: as for `services.store_file`, which raises DuplicateFile.
    """
    stack.enter_context(transaction.atomic())
    confirm(request, request.access)
    access, job = request.access, request.access.job
    require_unprotected(request, access, access.action, key.kind, key.name)
    file = services.store_file(
        access.project,
        key,
        upload,
        by=access.user,
        job_id=job.id if job else None,
        status=status,
        is_unique=is_unique,
        details=details,
    )
    response = respond(file)
    if is_chunked(request):
        return commit_when_delivered(response, stack.pop_all(), partial(mark_unreferenced, [file.sha256]))
    return response

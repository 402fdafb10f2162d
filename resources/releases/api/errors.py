"""Refused changes to releases in GitLab's words (resources.md §7)."""

from __future__ import annotations

from api.rest import ApiError, invalid
from resources.releases import services
from resources.releases.evidences import TooManyEvidences
from resources.releases.links import MAX_LINKS, InvalidLink, TooManyLinks


def release_error(error: Exception) -> ApiError:
    match error:
        case services.ReleaseExists():
            return ApiError(409, "Release already exists")
        case services.NoRef():
            return ApiError(422, "Ref is not specified")
        case services.ImproperTag():
            return ApiError(400, "Tag name invalid")
        case TooManyLinks():
            return ApiError(400, f"A release has at most {MAX_LINKS} links")
        case TooManyEvidences():
            return ApiError(400, "The release has too much evidence already")
        case InvalidLink():
            return invalid(error.field, error.words)
    return ApiError(400, str(error))

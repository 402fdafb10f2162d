"""Variables about this server and the project."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from jobs.variables.value import Variable, public_variables, raw_variables, slug
from projects.ci_config_path import CI_FILE
from projects.models import Project


def server_variables() -> list[Variable]:
    url = settings.EXTERNAL_URL
    parts, ssh = urlsplit(url), urlsplit(settings.SSH_URL)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    major, minor, patch = settings.GITLAB_VERSION.split(".")
    return public_variables(
        CI="true",
        GITLAB_CI="true",
        CI_SERVER_NAME="GitLab",
        CI_SERVER_URL=url,
        CI_SERVER_HOST=parts.hostname,
        CI_SERVER_PORT=port,
        CI_SERVER_PROTOCOL=parts.scheme,
        CI_SERVER_FQDN=parts.netloc,
        CI_SERVER_VERSION=settings.GITLAB_VERSION,
        CI_SERVER_VERSION_MAJOR=major,
        CI_SERVER_VERSION_MINOR=minor,
        CI_SERVER_VERSION_PATCH=patch,
        CI_SERVER_REVISION="0" * 11,
        CI_SERVER_SHELL_SSH_HOST=ssh.hostname,
        CI_SERVER_SHELL_SSH_PORT=ssh.port or 22,
        CI_API_V4_URL=f"{url}/api/v4",
        CI_API_GRAPHQL_URL=f"{url}/api/graphql",
        CI_TEMPLATE_REGISTRY_HOST="registry.gitlab.com",
        CI_REGISTRY=settings.REGISTRY_HOST if settings.REGISTRY_ENABLED else None,
    )


def _image(project: Project) -> str | None:
    if not settings.REGISTRY_ENABLED or not project.container_registry_access_level:
        return None
    return f"{settings.REGISTRY_HOST}/{project.full_path.lower()}"


def project_variables(project: Project) -> list[Variable]:
    namespace = project.full_path.rpartition("/")[0]
    return [
        *public_variables(
            CI_PROJECT_ID=project.pk,
            CI_PROJECT_NAME=project.path,
            CI_PROJECT_PATH=project.full_path,
            CI_PROJECT_PATH_SLUG=slug(project.full_path),
            CI_PROJECT_NAMESPACE=namespace,
            CI_PROJECT_NAMESPACE_ID=project.group_id,
            CI_PROJECT_ROOT_NAMESPACE=project.full_path.partition("/")[0],
            CI_PROJECT_URL=f"{settings.EXTERNAL_URL}/{project.full_path}",
            CI_PROJECT_VISIBILITY=project.visibility_name,
            CI_PROJECT_REPOSITORY_LANGUAGES="",
            CI_PROJECT_CLASSIFICATION_LABEL="",
            CI_CONFIG_PATH=project.ci_config_path or CI_FILE,
            GITLAB_FEATURES="",
            CI_REGISTRY_IMAGE=_image(project),
        ),
        *raw_variables(
            CI_PROJECT_TITLE=project.name,
            CI_PROJECT_DESCRIPTION=project.description,
            CI_DEFAULT_BRANCH=project.default_branch,
        ),
    ]

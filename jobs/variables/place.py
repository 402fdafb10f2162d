"""Where the job runs: this server, its project."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from jobs.variables.value import Variable, plain, slug, verbatim
from projects.models import Project

# What we stand in for: tools and scripts read the version to know what they may ask.
VERSION = "16.3.0"


def of_server() -> list[Variable]:
    url = settings.EXTERNAL_URL
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    major, minor, patch = VERSION.split(".")
    return plain(
        CI="true",
        GITLAB_CI="true",
        CI_SERVER_NAME="GitLab",
        CI_SERVER_URL=url,
        CI_SERVER_HOST=parts.hostname,
        CI_SERVER_PORT=port,
        CI_SERVER_PROTOCOL=parts.scheme,
        CI_SERVER_FQDN=parts.netloc,
        CI_SERVER_VERSION=VERSION,
        CI_SERVER_VERSION_MAJOR=major,
        CI_SERVER_VERSION_MINOR=minor,
        CI_SERVER_VERSION_PATCH=patch,
        CI_SERVER_REVISION="0" * 11,
        CI_SERVER_SHELL_SSH_HOST=parts.hostname,
        CI_SERVER_SHELL_SSH_PORT=22,
        CI_API_V4_URL=f"{url}/api/v4",
        CI_API_GRAPHQL_URL=f"{url}/api/graphql",
        CI_TEMPLATE_REGISTRY_HOST="registry.gitlab.com",
    )


def of_project(project: Project) -> list[Variable]:
    namespace = project.full_path.rpartition("/")[0]
    return [
        *plain(
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
            CI_CONFIG_PATH=project.ci_config_path or ".gitlab-ci.yml",
            GITLAB_FEATURES="",
        ),
        *verbatim(
            CI_PROJECT_TITLE=project.name,
            CI_PROJECT_DESCRIPTION=project.description,
            CI_DEFAULT_BRANCH=project.default_branch,
        ),
    ]

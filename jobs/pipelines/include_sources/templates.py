"""`include: template`: a file of the project that an administrator has named for that."""

from __future__ import annotations

from ci_config import CannotInclude
from jobs.pipelines.include_sources.components import FindProject
from projects.models import Project
from projects.repository import NoSuchFile, NoSuchRef, Repository
from tokenaccess.models import InstanceSettings

# As in GitLab's repository of templates for an instance; else at the top.
FOLDERS = ("gitlab-ci/", "")
NO_PROJECT = (
    "this server has no templates: an administrator can name a project that holds them (`file_template_project_id` of "
    "the application settings); otherwise put a copy into a project and include it with `project` and `file`"
)


def find_template(find_project: FindProject, name: str) -> tuple[str, str, str]:
    """Project, commit and path of the template, if the person may clone its project. Raises CannotInclude."""
    named = InstanceSettings.current().file_template_project
    if named is None:
        raise CannotInclude(NO_PROJECT)
    project = find_project(named.full_path)
    found = project and template_path(project, name)
    if not found:
        raise CannotInclude(f"there is no template “{name[:200]}” in the templates' project, or you may not read it")
    return named.full_path, *found


def template_path(project: Project, name: str) -> tuple[str, str] | None:
    """The commit of the default branch, and the path there."""
    repository = Repository(project.repository_path)
    for folder in FOLDERS:
        try:
            sha = repository.find(project.default_branch).sha
            repository.blob_id(sha, folder + name)
        except (NoSuchFile, NoSuchRef):
            continue
        return sha, folder + name
    return None

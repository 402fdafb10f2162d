"""The components of a project, as its page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

import ci_config
from ci_config import InputSpec
from identity.models import User
from jobs.pipelines.include_sources.components import (
    LATEST,
    component_paths,
    find_version,
    newest_version,
    semantic_version,
)
from jobs.pipelines.plan import OtherProjects, PipelineRefused, read_text_file
from projects.models import Project
from projects.repository import Repository

MAX_VERSIONS = 100  # to choose from


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """`snippet`: what includes the component. `problem`: why it cannot be read; it has no inputs then."""

    name: str
    path: str
    snippet: str
    description: str = ""
    inputs: Sequence[InputSpec] = ()
    problem: str = ""


def component_versions(repository: Repository, default_branch: str) -> list[str]:
    """The versions to choose from: the newest first, then the default branch."""
    tags = [(version, ref.name) for ref in repository.tags() if (version := semantic_version(ref.name)) is not None]
    names = [name for _version, name in sorted(tags, reverse=True)]
    return [*names[:MAX_VERSIONS], *([default_branch] if repository.branch(default_branch) else [])]


def usual_version(repository: Repository, default_branch: str) -> str:
    """The newest version, or the default branch if there is none."""
    newest = newest_version(repository)
    return newest[1].name if newest else default_branch


def components_of(project: Project, version: str, user: User | None) -> list[ComponentRow] | None:
    """The components at a version; None if there is no such version. `user`: whose view of other projects counts."""
    repository = Repository(project.repository_path)
    found = find_version(repository, version)
    if found is None:
        return None
    others = OtherProjects(user)
    return [
        component_row(project, repository, found.sha, name, path, version, others)
        for name, path in component_paths(repository, found.sha).items()
    ]


def component_row(
    project: Project, repository: Repository, sha: str, name: str, path: str, version: str, others: OtherProjects
) -> ComponentRow:
    address = f"$CI_SERVER_FQDN/{project.full_path}/{name}@{version}"
    try:
        text = read_text_file(repository, sha, path) or ""
        own_file = ci_config.IncludeSource(path, project.full_path, sha, shown=path)
        header = ci_config.read_header(text, own_file=own_file, read_project=others.text)
    except (PipelineRefused, ci_config.ConfigError) as error:
        return ComponentRow(name, path, snippet(address, ()), problem=" ".join(error.messages))
    inputs = tuple(header.inputs.values())
    return ComponentRow(name, path, snippet(address, inputs), header.description, inputs)


def snippet(address: str, inputs: Sequence[InputSpec]) -> str:
    """The `include` of a component, with the inputs that have to be given."""
    needed = {spec.name: example(spec) for spec in inputs if spec.is_required}
    entry = {"component": address, **({"inputs": needed} if needed else {})}
    return yaml.safe_dump({"include": [entry]}, sort_keys=False, allow_unicode=True, width=10_000).rstrip()


def example(spec: InputSpec) -> object:
    """A value of the input's type, for somebody to replace."""
    if spec.options:
        return spec.options[0]
    return {"number": 1, "boolean": True, "array": []}.get(spec.type, "…")


__all__ = ["LATEST", "ComponentRow", "component_versions", "components_of", "usual_version"]

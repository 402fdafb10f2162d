"""`ci_config_path`: where the CI file of a project lies, in its own repository or in that of another project."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError

CI_FILE = ".gitlab-ci.yml"


@dataclass(frozen=True, slots=True)
class CiConfigPath:
    """`path`, `path@group/project` or `path@group/project:ref`; without a ref on the default branch of the other."""

    path: str
    project: str = ""
    ref: str = ""

    @classmethod
    def parse(cls, text: str) -> CiConfigPath:
        path, _, other = text.partition("@")
        project, _, ref = other.partition(":")
        return cls(path or CI_FILE, project, ref)


def validate_ci_config_path(text: str) -> None:
    """Raises ValidationError. Whether the other project has such a file, the person of each pipeline finds out."""
    if problem := _problem(text):
        raise ValidationError({"ci_config_path": [problem]})


def _problem(text: str) -> str:
    if text.startswith(("http://", "https://")):
        return "cannot be a URL: files from other servers are not read. Name a file, or file@group/project."
    if text.startswith("/") or ".." in text:
        return "cannot include leading slash or directory traversal."
    path, at, other = text.partition("@")
    if not at:
        return ""
    project, colon, ref = other.partition(":")
    if not path.lower().endswith((".yml", ".yaml")):
        return "must name a file that ends in .yml or .yaml before the @."
    if "/" not in project.strip("/") or project.strip("/ ") != project:
        return "must name the other project by its full path: file@group/project."
    return "must name a branch, tag or commit after the colon." if colon and not ref else ""

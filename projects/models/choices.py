"""Django choices over the policy's scales."""

from __future__ import annotations

from enum import IntEnum

from django.utils.translation import gettext_lazy, pgettext_lazy

from tokenaccess.policy.levels import FeatureLevel, Role, VariablesLevel, Visibility


def choices(scale: type[IntEnum]) -> list[tuple[int, str]]:
    return [(level.value, level.name.capitalize()) for level in scale if level.name != "NONE"]


ROLES = [
    (Role.GUEST.value, pgettext_lazy("role", "Guest")),
    (Role.REPORTER.value, pgettext_lazy("role", "Reporter")),
    (Role.DEVELOPER.value, pgettext_lazy("role", "Developer")),
    (Role.MAINTAINER.value, pgettext_lazy("role", "Maintainer")),
    (Role.OWNER.value, pgettext_lazy("role", "Owner")),
]
VISIBILITIES = [
    (Visibility.PRIVATE.value, gettext_lazy("Private")),
    (Visibility.INTERNAL.value, gettext_lazy("Internal")),
    (Visibility.PUBLIC.value, gettext_lazy("Public")),
]
VARIABLES_LEVELS = [
    (VariablesLevel.DEVELOPER.value, gettext_lazy("Developers")),
    (VariablesLevel.MAINTAINER.value, gettext_lazy("Maintainers")),
    (VariablesLevel.OWNER.value, gettext_lazy("Owners")),
    (VariablesLevel.NO_ONE_ALLOWED.value, gettext_lazy("No one")),
]
FEATURE_LEVELS = choices(FeatureLevel)
# Who may touch a protected branch or tag, in GitLab's words.
REF_LEVELS = [(0, "No one"), (Role.DEVELOPER.value, "Developers + Maintainers"), (Role.MAINTAINER.value, "Maintainers")]

# What the `sub` of an ID token may be made of, what it may begin with, and what it is made of unless a project says
# otherwise (runner.md §7.1).
ID_TOKEN_SUBJECT_CLAIMS = (
    "project_path", "project_id", "ref_type", "ref", "ref_protected", "environment_protected", "deployment_tier",
)  # fmt: skip
ID_TOKEN_SUBJECT_BEGINNINGS = ("project_path", "project_id")


def default_id_token_subject() -> list[str]:
    return ["project_path", "ref_type", "ref"]


# The permission that guardian holds for each role: whoever has a role has those below it too.
PROJECT_CODENAMES = {
    Role.GUEST: "guest_project",
    Role.REPORTER: "report_project",
    Role.DEVELOPER: "develop_project",
    Role.MAINTAINER: "maintain_project",
    Role.OWNER: "own_project",
}
GROUP_CODENAMES = {role: name.replace("project", "group") for role, name in PROJECT_CODENAMES.items()}

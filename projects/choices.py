"""Django choices over the policy's scales."""

from __future__ import annotations

from enum import IntEnum

from tokenaccess.policy.levels import FeatureLevel, Role, Visibility


def choices(scale: type[IntEnum]) -> list[tuple[int, str]]:
    return [(level.value, level.name.capitalize()) for level in scale if level.name != "NONE"]


ROLES = choices(Role)
VISIBILITIES = choices(Visibility)
FEATURE_LEVELS = choices(FeatureLevel)
# Who may touch a protected branch or tag, in the original's words.
REF_LEVELS = [(0, "No one"), (Role.DEVELOPER.value, "Developers + Maintainers"), (Role.MAINTAINER.value, "Maintainers")]

# The permission that guardian holds for each role: whoever has a role has those below it too.
PROJECT_CODENAMES = {
    Role.GUEST: "guest_project",
    Role.REPORTER: "report_project",
    Role.DEVELOPER: "develop_project",
    Role.MAINTAINER: "maintain_project",
    Role.OWNER: "own_project",
}
GROUP_CODENAMES = {role: name.replace("project", "group") for role, name in PROJECT_CODENAMES.items()}

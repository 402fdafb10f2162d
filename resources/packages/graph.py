"""The package settings of a group in GraphQL; REST has none of them (resources.md §2.7)."""

from __future__ import annotations

from dataclasses import field

import strawberry
from django.core.exceptions import ValidationError
from strawberry.types import Info

from projects.models import Group
from resources.packages import models, services
from tokenaccess.adapters.graphql.context import require
from tokenaccess.policy import Action

FIELDS = (
    "generic_duplicates_allowed",
    "generic_duplicate_exception_regex",
    "maven_duplicates_allowed",
    "maven_duplicate_exception_regex",
    "terraform_module_duplicates_allowed",
    "terraform_module_duplicate_exception_regex",
)


@strawberry.type(name="PackageSettings")
class GroupPackageSettings:
    """What holds for the projects below a group."""

    generic_duplicates_allowed: bool = True
    generic_duplicate_exception_regex: str | None = None
    maven_duplicates_allowed: bool = True
    maven_duplicate_exception_regex: str | None = None
    terraform_module_duplicates_allowed: bool = False
    terraform_module_duplicate_exception_regex: str | None = None


@strawberry.type
class PackagesGroupFields:
    row: strawberry.Private[Group]

    @strawberry.field
    def package_settings(self) -> GroupPackageSettings:
        """The group's own; the defaults if it has none."""
        found = models.PackageSettings.objects.filter(group=self.row).first()
        return GroupPackageSettings() if found is None else _to_node(found)


@strawberry.input(name="UpdateNamespacePackageSettingsInput")
class UpdatePackageSettingsInput:
    namespace_path: strawberry.ID
    generic_duplicates_allowed: bool | None = None
    generic_duplicate_exception_regex: str | None = None
    maven_duplicates_allowed: bool | None = None
    maven_duplicate_exception_regex: str | None = None
    terraform_module_duplicates_allowed: bool | None = None
    terraform_module_duplicate_exception_regex: str | None = None
    client_mutation_id: str | None = None


@strawberry.type(name="UpdateNamespacePackageSettingsPayload")
class UpdatePackageSettings:
    package_settings: GroupPackageSettings | None = None
    errors: list[str] = field(default_factory=list)
    client_mutation_id: str | None = None


@strawberry.type
class PackagesMutation:
    @strawberry.mutation
    def update_namespace_package_settings(
        self, info: Info, input: UpdatePackageSettingsInput
    ) -> UpdatePackageSettings | None:
        access = require(info, Action.ADMIN_GROUP, input.namespace_path)
        changes = {name: value for name in FIELDS if (value := getattr(input, name)) is not None}
        try:
            changed = services.change_settings(access.group, by=access.current_user, **changes)
        except ValidationError as error:
            faults = [f"{name} {text}" for name, texts in error.message_dict.items() for text in texts]
            return UpdatePackageSettings(errors=faults, client_mutation_id=input.client_mutation_id)
        return UpdatePackageSettings(package_settings=_to_node(changed), client_mutation_id=input.client_mutation_id)


def _to_node(row: models.PackageSettings) -> GroupPackageSettings:
    return GroupPackageSettings(**{name: getattr(row, name) for name in FIELDS})

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.packages import views
from resources.packages.formats.terraform.views import discovery
from resources.packages.group_settings import views as group_settings
from resources.packages.protection import views as protection
from resources.packages.publishers.views import mint, rules

_PACKAGE = "<full_path:project_path>/-/packages/<int:package_id>"

_PUBLISHERS = "<full_path:project_path>/-/settings/trusted_publishers"
_SETTINGS = "<full_path:project_path>/-/settings/packages"

urlpatterns: list[URLPattern | URLResolver] = [
    path(".well-known/terraform.json", discovery),
    path("<full_path:project_path>/-/packages", views.packages, name="project_packages"),
    path(
        "groups/<full_path:group_path>/-/settings/packages",
        group_settings.package_settings,
        name="group_settings_packages",
    ),
    path(_SETTINGS, protection.protection_rules, name="project_settings_packages"),
    path(
        f"{_SETTINGS}/<int:rule_id>/delete",
        protection.delete_protection_rule,
        name="project_package_protection_delete",
    ),
    path("_/oidc/audience", mint.audience, name="oidc_audience"),
    path("_/oidc/mint-token", mint.mint_token, name="oidc_mint_token"),
    path(_PUBLISHERS, rules.trusted_publishers, name="project_trusted_publishers"),
    path(
        f"{_PUBLISHERS}/<int:publisher_id>/delete",
        rules.delete_trusted_publisher,
        name="project_trusted_publisher_delete",
    ),
    path(_PACKAGE, views.package, name="project_package"),
    path(f"{_PACKAGE}/yank", views.yank, name="project_package_yank"),
    path(f"{_PACKAGE}/delete", views.delete_package, name="project_package_delete"),
    path(f"{_PACKAGE}/files/<int:file_id>/delete", views.delete_file, name="project_package_file_delete"),
]

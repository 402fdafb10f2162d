"""Pages of SSH keys."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from ssh_keys.views import deploy_keys, own_keys

_PROJECT = "<full_path:project_path>/-/settings/deploy_keys"

urlpatterns: list[URLPattern | URLResolver] = [
    path("-/user_settings/ssh_keys", own_keys.keys, name="account_ssh_keys"),
    path("-/user_settings/ssh_keys/<int:key_id>/remove", own_keys.remove, name="account_ssh_key_remove"),
    path(_PROJECT, deploy_keys.deploy_keys, name="project_deploy_keys"),
    path(f"{_PROJECT}/<int:key_id>/push", deploy_keys.change, name="project_deploy_key_push"),
    path(f"{_PROJECT}/<int:key_id>/remove", deploy_keys.remove, name="project_deploy_key_remove"),
]

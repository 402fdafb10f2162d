"""SSH keys under /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from ssh_keys.api import deploy_keys, keys

_PROJECT = "projects/<ref:project>/deploy_keys"

urlpatterns: list[URLPattern | URLResolver] = [
    path("user/keys", keys.OwnKeys.as_view()),
    path("user/keys/<int:key_id>", keys.OwnKey.as_view()),
    path("users/<int:user_id>/keys", keys.KeysOfUser.as_view()),
    path("users/<int:user_id>/keys/<int:key_id>", keys.KeyOfUser.as_view()),
    path("keys", keys.KeyByFingerprint.as_view()),
    path("keys/<int:key_id>", keys.AnyKey.as_view()),
    path("deploy_keys", deploy_keys.AllDeployKeys.as_view()),
    path(_PROJECT, deploy_keys.DeployKeyList.as_view()),
    path(f"{_PROJECT}/<int:key_id>", deploy_keys.DeployKeyDetail.as_view()),
    path(f"{_PROJECT}/<int:key_id>/enable", deploy_keys.DeployKeyEnabling.as_view()),
]

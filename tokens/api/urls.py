"""Tokens of projects and groups under /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tokens.api import access_tokens, deploy_tokens

_PROJECT = "projects/<ref:project>"
_GROUP = "groups/<ref:group>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{_PROJECT}/access_tokens", access_tokens.ProjectAccessTokens.as_view()),
    path(f"{_PROJECT}/access_tokens/self/rotate", access_tokens.OwnRotation.as_view()),
    path(f"{_PROJECT}/access_tokens/<int:token_id>", access_tokens.ProjectAccessToken.as_view()),
    path(f"{_PROJECT}/access_tokens/<int:token_id>/rotate", access_tokens.ProjectAccessTokenRotation.as_view()),
    path(f"{_GROUP}/access_tokens", access_tokens.GroupAccessTokens.as_view()),
    path(f"{_GROUP}/access_tokens/self/rotate", access_tokens.OwnRotation.as_view()),
    path(f"{_GROUP}/access_tokens/<int:token_id>", access_tokens.GroupAccessToken.as_view()),
    path(f"{_GROUP}/access_tokens/<int:token_id>/rotate", access_tokens.GroupAccessTokenRotation.as_view()),
    path("deploy_tokens", deploy_tokens.AllDeployTokens.as_view()),
    path(f"{_PROJECT}/deploy_tokens", deploy_tokens.ProjectDeployTokens.as_view()),
    path(f"{_PROJECT}/deploy_tokens/<int:token_id>", deploy_tokens.ProjectDeployToken.as_view()),
    path(f"{_GROUP}/deploy_tokens", deploy_tokens.GroupDeployTokens.as_view()),
    path(f"{_GROUP}/deploy_tokens/<int:token_id>", deploy_tokens.GroupDeployToken.as_view()),
]

"""Pages of tokens."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from portal.tokens import pages

_PROJECT = "<full_path:project_path>/-/settings/access_tokens"
_GROUP = "groups/<full_path:group_path>/-/settings/access_tokens"
_ONE = "<slug:credential>/<int:token_id>/revoke"

urlpatterns: list[URLPattern | URLResolver] = [
    path("-/tokens", pages.instance_tokens, name="instance_tokens"),
    path(f"-/tokens/{_ONE}", pages.instance_token_revoke, name="instance_token_revoke"),
    path(_GROUP, pages.group_tokens, name="group_tokens"),
    path(f"{_GROUP}/{_ONE}", pages.group_token_revoke, name="group_token_revoke"),
    path(_PROJECT, pages.project_tokens, name="project_tokens"),
    path(f"{_PROJECT}/{_ONE}", pages.project_token_revoke, name="project_token_revoke"),
]

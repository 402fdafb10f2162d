"""People and their tokens under /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from identity.api.views import impersonation, tokens, users

urlpatterns: list[URLPattern | URLResolver] = [
    path("user", users.CurrentUser.as_view()),
    path("user/personal_access_tokens", tokens.OwnTokens.as_view()),
    path("users", users.UserList.as_view()),
    path("users/<int:user_id>", users.UserDetail.as_view()),
    path("users/<int:user_id>/block", users.Block.as_view()),
    path("users/<int:user_id>/unblock", users.Unblock.as_view()),
    path("users/<int:user_id>/disable_two_factor", users.TwoFactor.as_view()),
    path("users/<int:user_id>/personal_access_tokens", tokens.TokensOfUser.as_view()),
    path("users/<int:user_id>/impersonation_tokens", impersonation.ImpersonationTokens.as_view()),
    path("users/<int:user_id>/impersonation_tokens/<int:token_id>", impersonation.ImpersonationToken.as_view()),
    path("personal_access_tokens", tokens.TokenList.as_view()),
    path("personal_access_tokens/self", tokens.SelfDetail.as_view()),
    path("personal_access_tokens/self/rotate", tokens.SelfRotation.as_view()),
    path("personal_access_tokens/<int:token_id>", tokens.TokenDetail.as_view()),
    path("personal_access_tokens/<int:token_id>/rotate", tokens.TokenRotation.as_view()),
]

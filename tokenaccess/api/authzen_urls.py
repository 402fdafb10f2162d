"""The AuthZEN API below /access/v1."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tokenaccess.api import authzen, authzen_search

urlpatterns: list[URLPattern | URLResolver] = [
    path("evaluation", authzen.AccessEvaluation.as_view(), name="authzen_evaluation"),
    path("evaluations", authzen.AccessEvaluations.as_view(), name="authzen_evaluations"),
    path("search/subject", authzen_search.AccessSubjectSearch.as_view(), name="authzen_search_subject"),
    path("search/resource", authzen_search.AccessResourceSearch.as_view(), name="authzen_search_resource"),
    path("search/action", authzen_search.AccessActionSearch.as_view(), name="authzen_search_action"),
]

"""The AuthZEN API below /access/v1."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tokenaccess.api.authzen import evaluation, search

urlpatterns: list[URLPattern | URLResolver] = [
    path("evaluation", evaluation.AccessEvaluation.as_view(), name="authzen_evaluation"),
    path("evaluations", evaluation.AccessEvaluations.as_view(), name="authzen_evaluations"),
    path("search/subject", search.AccessSubjectSearch.as_view(), name="authzen_search_subject"),
    path("search/resource", search.AccessResourceSearch.as_view(), name="authzen_search_resource"),
    path("search/action", search.AccessActionSearch.as_view(), name="authzen_search_action"),
]

"""The AuthZEN API below /access/v1."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tokenaccess.api import authzen

urlpatterns: list[URLPattern | URLResolver] = [
    path("evaluation", authzen.AccessEvaluation.as_view(), name="authzen_evaluation"),
    path("evaluations", authzen.AccessEvaluations.as_view(), name="authzen_evaluations"),
]

from __future__ import annotations

from django.urls import path

from graph.views import graphql

urlpatterns = [path("graphql", graphql, name="graphql")]

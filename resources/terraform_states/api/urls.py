from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.terraform_states.api import views

_STATE = "projects/<ref:project>/terraform/state/<str:name>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_STATE, views.state),
    path(f"{_STATE}/lock", views.lock),
    path(f"{_STATE}/versions/<str:serial>", views.version),
]

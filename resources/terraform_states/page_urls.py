from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.terraform_states.views import changes, states

_LIST = "<full_path:project_path>/-/terraform"
_ONE = f"{_LIST}/<int:state_id>"
_VERSION = f"{_ONE}/versions/<int:serial>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_LIST, states.states, name="project_states"),
    path(_ONE, states.state, name="project_state"),
    path(f"{_ONE}/compare", states.comparison, name="project_state_comparison"),
    path(f"{_ONE}/unlock", changes.unlock, name="project_state_unlock"),
    path(f"{_ONE}/delete", changes.delete_state, name="project_state_delete"),
    path(f"{_VERSION}/restore", changes.restore_version, name="project_state_version_restore"),
    path(f"{_VERSION}/delete", changes.delete_version, name="project_state_version_delete"),
]

"""Everything under /api/v4, gathered from the apps."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

import hooks.api.urls
import identity.api.urls
import jobs.api.urls
import jobs.runner_api.urls
import oauth.api.urls
import projects.api.urls
import resources.containers.api.urls
import resources.packages.urls
import resources.releases.api.urls
import resources.secure_files.api.urls
import resources.terraform_states.api.urls
import ssh_keys.api.urls
import tokenaccess.api.urls
import tokens.api.urls
from jobs.api.own_job import own_job
from portal.api import version_views
from portal.api.fallback import unknown_route

# Each list within a list costs every request below it a step of its own: what is asked most stands at the root of all
# routes (config.urls), the others in one flat list.
HOTTEST = {"job": own_job, **resources.packages.urls.HOTTEST}

urlpatterns: list[URLPattern | URLResolver] = [
    *resources.packages.urls.urlpatterns,
    *jobs.api.urls.urlpatterns,
    *identity.api.urls.urlpatterns,
    *tokenaccess.api.urls.urlpatterns,
    *tokens.api.urls.urlpatterns,
    *ssh_keys.api.urls.urlpatterns,
    *oauth.api.urls.urlpatterns,
    *hooks.api.urls.urlpatterns,
    *jobs.runner_api.urls.urlpatterns,
    *resources.containers.api.urls.urlpatterns,
    *resources.releases.api.urls.urlpatterns,
    *resources.secure_files.api.urls.urlpatterns,
    *resources.terraform_states.api.urls.urlpatterns,
    *projects.api.urls.urlpatterns,
    path("version", version_views.version),
    path("metadata", version_views.metadata),
    path("<path:rest>", unknown_route),
]

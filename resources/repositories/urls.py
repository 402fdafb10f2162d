"""`/<full path>.git/…`. Any path at all is taken to the gate: what can name nothing is refused like what is hidden."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from projects.converters import StringConverter
from resources.repositories import views
from resources.repositories.ssh import views as ssh_views


class GitPathConverter(StringConverter):
    regex = r"[\s\S]+"


register_converter(GitPathConverter, "git_path")

urlpatterns: list[URLPattern | URLResolver] = [
    path("<git_path:project_path>.git/info/refs", views.info_refs, name="git_refs"),
    path("<git_path:project_path>.git/git-upload-pack", views.upload_pack, name="git_upload_pack"),
    path("<git_path:project_path>.git/git-receive-pack", views.receive_pack, name="git_receive_pack"),
    path("<full_path:project_path>/info/refs", views.without_suffix),
    path("-/ssh/keys", ssh_views.keys),
    path("-/ssh/sessions", ssh_views.open_session),
    path("-/ssh/updates", ssh_views.updates),
    path("-/ssh/announcements", ssh_views.announcements),
    path("-/ssh/end", ssh_views.end),
]

"""`/<full path>.git/info/lfs/…`, where git-lfs looks for it. As with git, any path at all is taken to the gate."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.lfs.views import locks, objects

# `git_path` is registered by resources.repositories.urls, which come first.
_LFS = "<git_path:project_path>.git/info/lfs"
_OBJECTS = "<git_path:project_path>.git/gitlab-lfs/objects"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{_LFS}/objects/batch", objects.batch, name="lfs_batch"),
    path(f"{_LFS}/verify", objects.verify, name="lfs_verify"),
    path(f"{_LFS}/locks", locks.all_locks, name="lfs_locks"),
    path(f"{_LFS}/locks/verify", locks.verify, name="lfs_locks_verify"),
    path(f"{_LFS}/locks/<str:lock_id>/unlock", locks.unlock, name="lfs_unlock"),
    path(f"{_OBJECTS}/<str:oid>", objects.download, name="lfs_download"),
    path(f"{_OBJECTS}/<str:oid>/<str:size>", objects.upload, name="lfs_upload"),
]

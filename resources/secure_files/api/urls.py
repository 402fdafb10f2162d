from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.secure_files.api import views
from tokenaccess.adapters.method_dispatch import dispatch_by_method

_LIST = "projects/<ref:project>/secure_files"
_ONE = f"{_LIST}/<int:secure_file_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_LIST, dispatch_by_method(GET=views.SecureFileList.as_view(), POST=views.add)),
    path(_ONE, views.OneSecureFile.as_view()),
    path(f"{_ONE}/download", views.download),
]

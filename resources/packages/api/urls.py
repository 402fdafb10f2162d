from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.packages.api import protection, publishers, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/<ref:project>/packages", views.PackageList.as_view()),
    path("projects/<ref:project>/packages/protection/rules", protection.ProtectionRules.as_view()),
    path("projects/<ref:project>/packages/protection/rules/<str:rule_id>", protection.ProtectionRule.as_view()),
    path("projects/<ref:project>/packages/trusted_publishers", publishers.TrustedPublishers.as_view()),
    path(
        "projects/<ref:project>/packages/trusted_publishers/<str:publisher_id>",
        publishers.TrustedPublisherDetail.as_view(),
    ),
    path("projects/<ref:project>/packages/<str:package_id>", views.PackageDetail.as_view()),
    path("projects/<ref:project>/packages/<str:package_id>/package_files", views.FileList.as_view()),
    path("projects/<ref:project>/packages/<str:package_id>/package_files/<str:file_id>", views.FileDetail.as_view()),
    path("projects/<ref:project>/packages/<str:package_id>/pipelines", views.PipelineList.as_view()),
    path("groups/<ref:group>/packages", views.GroupPackages.as_view()),
]

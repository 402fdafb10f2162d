from django.apps import AppConfig
from django.urls import register_converter


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from projects.converters import FullPathConverter, IdOrPathConverter

        register_converter(IdOrPathConverter, "ref")
        register_converter(FullPathConverter, "full_path")

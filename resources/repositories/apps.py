from django.apps import AppConfig


class RepositoriesConfig(AppConfig):
    name = "resources.repositories"
    label = "repositories"

from django.apps import AppConfig


class PackagesConfig(AppConfig):
    name = "resources.packages"
    label = "packages"

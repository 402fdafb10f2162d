from django.apps import AppConfig


class TokenAccessConfig(AppConfig):
    name = "tokenaccess"

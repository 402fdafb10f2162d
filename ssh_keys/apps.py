from django.apps import AppConfig


class SshKeysConfig(AppConfig):
    name = "ssh_keys"

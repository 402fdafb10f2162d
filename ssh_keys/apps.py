from django.apps import AppConfig


class SshKeysConfig(AppConfig):
    name = "ssh_keys"
    verbose_name = "SSH keys"

"""`manage.py reencrypt_terraform_states`: after a change of the secret key, so that the former one is not needed for
states any more. It may be stopped at any time and run again, also while the server runs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from identity.encryption import DecryptionError
from resources.terraform_states import services
from resources.terraform_states.models import StateVersion, TerraformState


class Command(BaseCommand):
    help = "Encrypt stored Terraform states with the current secret key. Former keys must be among the fallbacks."

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[str] = Counter()
        versions = StateVersion.objects.select_related("state__project")
        for key in list(versions.order_by("pk").values_list("pk", flat=True)):
            version = versions.filter(pk=key).first()
            if version is None:
                continue  # deleted meanwhile
            try:
                counts["done" if services.reencrypt_version(version) else "current"] += 1
            except (TerraformState.DoesNotExist, StateVersion.DoesNotExist):
                continue
            except (DecryptionError, OSError) as error:
                counts["failed"] += 1
                reason = "no known key decrypts it" if isinstance(error, DecryptionError) else f"unreadable: {error}"
                self.stderr.write(f"{version.state.project.full_path}: {version}: {reason}")
        self.stdout.write(f"{counts['done']} encrypted anew, {counts['current']} were under the current key already.")
        if counts["failed"]:
            raise CommandError(f"{counts['failed']} could not be read and stay as they are.")

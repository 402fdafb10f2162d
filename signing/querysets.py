from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from signing.models import SigningKey
else:
    SigningKey = Any


class SigningKeyQuerySet(models.QuerySet["SigningKey"]):
    def next(self) -> SigningKeyQuerySet:
        return self.filter(signs_from__isnull=True, retired_at__isnull=True)

    def current(self) -> SigningKeyQuerySet:
        return self.filter(signs_from__isnull=False, retired_at__isnull=True)

    def former(self) -> SigningKeyQuerySet:
        return self.filter(retired_at__isnull=False)

    def published(self, now: datetime) -> SigningKeyQuerySet:
        """The next key, the current one, and those of tokens that have not ended."""
        return self.filter(Q(retired_at__isnull=True) | Q(signs_until__gt=now))

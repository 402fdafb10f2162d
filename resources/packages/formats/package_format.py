"""What the portal needs to know of a package format, besides the addresses that speak it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.functional import Promise

from projects.models import Project
from resources.packages.models import PackageFile


@dataclass(frozen=True)
class PackageFormat:
    """One row of the table (`formats.table`); each format's module makes its own.

    `kind`: the API's `package_type`; `label`: for people. `routes`: address below /api/v4/ → view. `max_bytes_setting`:
    the setting that limits one file, 0 for no limit. `name_rules`: parameter → whether a value may be. `download_path`:
    where a file is downloaded from, below the server's address. `fetch_command`, `publish_command`: what a person can
    paste into a job. `fetch_hint`: where to put the first, if not into a job's script. `can_yank`: installers pass over
    a release that is yanked. `hot`: views that every installation asks, whose routes come before all others.
    """

    kind: str
    label: str
    routes: Mapping[str, Callable[..., HttpResponseBase]]
    max_bytes_setting: str
    name_rules: Mapping[str, Callable[[str], bool]]
    download_path: Callable[[PackageFile], str]
    fetch_command: Callable[[PackageFile], str]
    publish_command: Callable[[Project], str]
    fetch_hint: str | Promise = ""
    can_yank: bool = False
    hot: Collection[Callable[..., HttpResponseBase]] = ()

    @property
    def max_bytes(self) -> int:
        limit: int = getattr(settings, self.max_bytes_setting)
        return limit

    def invalid_names(self, **values: str) -> list[str]:
        """A sentence for each of the parameters that breaks its rule."""
        return [f"{name} is invalid" for name, value in values.items() if not self.name_rules[name](value)]

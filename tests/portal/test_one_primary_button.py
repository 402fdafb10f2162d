"""Where several forms fold up on a page, one button at most stands out: the one that most people want."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories.cast import Cast
from tests.factories.ssh_keys import deploy_key

PAGES = [
    "/acme/library/-/settings/access_tokens",
    "/groups/acme/-/settings/access_tokens",
    "/acme/library/-/settings/deploy_keys",
    "/acme/library/-/settings/repository",
    "/groups/acme/-/settings/token_access",
    "/-/user_settings/personal_access_tokens",
]


@pytest.mark.parametrize("address", PAGES)
def test_one_button_stands_out_though_all_forms_are_open(cast: Cast, client: Client, address: str) -> None:
    deploy_key(cast.app, cast.owner)  # which could be enabled in the library too
    client.force_login(cast.owner)
    answer = client.get(address)
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2]
    assert main.count("<form") > 1
    assert main.count("btn-primary") == 1

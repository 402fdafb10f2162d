"""The opaque id of a refusal: what goes in comes out, and nothing else is taken for one."""

from __future__ import annotations

import base64
import os
import struct

import pytest
from django.conf import settings

from tokenaccess.adapters import denial_id
from tokenaccess.adapters.denial_id import DenialDetails
from tokenaccess.policy import Action
from tokenaccess.policy.rules import RULES

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("action", list(Action), ids=lambda action: action.name)
def test_every_action_is_read_back(action: Action) -> None:
    denial = DenialDetails(7, 8, action, RULES[-1].__name__, 1_800_000_000)
    assert denial_id.decode(denial_id.encode_details(denial)) == denial


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES])
def test_every_rule_is_read_back(rule: str) -> None:
    denial = DenialDetails(7, 8, Action.READ_PACKAGES, rule, 1_800_000_000)
    assert denial_id.decode(denial_id.encode_details(denial)) == denial


def test_an_id_of_another_length_under_the_right_key_is_no_id() -> None:
    nonce = os.urandom(12)
    content = struct.pack(">QQHBI", 7, 8, 3, 1, 1_800_000_000)
    text = base64.urlsafe_b64encode(nonce + denial_id._cipher(settings.SECRET_KEY).encrypt(nonce, content, None))
    assert denial_id.decode(text.decode()) is None

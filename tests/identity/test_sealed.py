"""Secrets that can be read again."""

from __future__ import annotations

from typing import Any

import pytest

from identity.sealed import Unreadable, seal, unseal


def test_what_was_sealed_can_be_read_and_looks_different_each_time() -> None:
    one, other = seal("pässword"), seal("pässword")
    assert one != other
    assert "ssword" not in one
    assert unseal(one) == unseal(other) == "pässword"


def test_a_former_key_still_reads_and_a_forgotten_one_does_not(settings: Any) -> None:
    sealed = seal("kept")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, long enough to be one 0123456789"
    assert unseal(sealed) == "kept"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        unseal(sealed)


def test_a_changed_value_is_noticed() -> None:
    sealed = seal("kept")
    with pytest.raises(Unreadable):
        unseal(sealed[:-2] + "AA")

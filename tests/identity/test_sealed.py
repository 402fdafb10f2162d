"""Secrets that can be read again."""

from __future__ import annotations

from typing import Any

import pytest

from identity.encryption import DecryptionError, decrypt, encrypt


def test_an_encrypted_value_decrypts_and_differs_each_time() -> None:
    one, other = encrypt("pässword"), encrypt("pässword")
    assert one != other
    assert "ssword" not in one
    assert decrypt(one) == decrypt(other) == "pässword"


def test_a_former_key_still_reads_and_a_forgotten_one_does_not(settings: Any) -> None:
    sealed = encrypt("kept")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, long enough to be one 0123456789"
    assert decrypt(sealed) == "kept"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(DecryptionError):
        decrypt(sealed)


def test_a_changed_value_is_noticed() -> None:
    sealed = encrypt("kept")
    with pytest.raises(DecryptionError):
        decrypt(sealed[:-2] + "AA")

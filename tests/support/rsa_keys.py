"""RSA keys for tests: the first, second … that each test makes are those that the tests before it made.

They take a tenth of a second each to find, and no test is about how they are found.
"""

from __future__ import annotations

from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

_generate = rsa.generate_private_key
_made: dict[tuple[int, int, int], rsa.RSAPrivateKey] = {}


def install(patch: pytest.MonkeyPatch) -> None:
    """For one test, whose keys differ from each other."""
    numbers = count()

    def generate(public_exponent: int, key_size: int, backend: object = None) -> rsa.RSAPrivateKey:
        place = (public_exponent, key_size, next(numbers))
        if place not in _made:
            _made[place] = _generate(public_exponent, key_size)
        return _made[place]

    patch.setattr(rsa, "generate_private_key", generate)

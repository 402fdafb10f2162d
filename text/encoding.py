"""Numbers in bases that suit tokens and host names."""

from __future__ import annotations

BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"
BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def encode_number(number: int, alphabet: str, width: int = 1) -> str:
    """`number` in the base of `alphabet`, filled up with its zero to `width` digits."""
    digits = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        digits = alphabet[digit] + digits
    return digits.rjust(width, alphabet[0])

"""Replaces the receivers of a signal for one test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.dispatch import Signal


def only_receiver(monkeypatch: pytest.MonkeyPatch, signal: Signal, receiver: Callable[..., object]) -> None:
    """`receiver` gets the arguments of the signal alone."""
    without_receivers(monkeypatch, signal)

    def receive(*, signal: Signal, sender: object, **arguments: Any) -> None:
        receiver(**arguments)

    signal.connect(receive, weak=False)


def without_receivers(monkeypatch: pytest.MonkeyPatch, signal: Signal) -> None:
    monkeypatch.setattr(signal, "receivers", [])

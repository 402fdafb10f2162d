"""How the database is reached, and what is asked of its connections."""

from __future__ import annotations

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from config import env


def database(default: str) -> dict[str, Any]:
    """Django's entry for DATABASE_URL, or for the default. Raises ImproperlyConfigured."""
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(env.text("DATABASE_URL", default)))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured("DATABASE_URL must be postgres://… or sqlite:///…; it could not be read.") from error
    # A connection per request is twenty times slower than one that is kept.
    found["CONN_MAX_AGE"] = None
    options = found.setdefault("OPTIONS", {})
    if found["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE: a transaction that will write queues for the lock at once instead of failing half-way.
        # FULL: what was acknowledged survives a power failure (docs/performance.md).
        options.update(
            timeout=20,
            transaction_mode="IMMEDIATE",
            init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        )
    elif found["ENGINE"].endswith("postgresql"):
        # The one prepared statement (tokenaccess/access/sql/job_check.py) must not be planned again on each call, nor
        # compiled: where PostgreSQL guesses many rows, compiling takes a hundred times as long as reading the few.
        # A server that does not even refuse must not hold the threads for minutes.
        options.setdefault("connect_timeout", 5)
        options.setdefault("tcp_user_timeout", 20_000)  # milliseconds
        options["options"] = "-c plan_cache_mode=force_generic_plan -c jit=off"
    else:
        raise ImproperlyConfigured(
            "DATABASE_URL must be postgres://… or sqlite:///…; other databases are not supported."
        )
    return found

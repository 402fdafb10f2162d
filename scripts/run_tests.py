"""Runs every test on SQLite and then on a real PostgreSQL server; `make test` calls it.

Arguments are handed to pytest. DB=sqlite, DB=postgres or DB=both (the default) chooses the databases. The second pass
repeats what a database can change (tests/second_pass.py). Exit status 0: every pass was green.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import nullcontext

from scripts import system_tools
from scripts.postgres_server import leave_on_terminate, postgres_server, run_to_end

NO_TESTS_COLLECTED = 5
OURS = ("DATABASE_URL", "PORT", "WEB_CONCURRENCY", "DJANGO_SETTINGS_MODULE")
# Or every test process, and every server and hook that a test starts, would compile all modules again.
UNWANTED = ("PYTHONDONTWRITEBYTECODE",)
# Tables of a few rows are joined as fast in any order; to weigh them all takes several times as long as to read them.
ANY_ORDER = {"join_collapse_limit": "1", "from_collapse_limit": "1"}


def clean_environment(data_dir: str) -> dict[str, str]:
    """The caller's environment without the settings of the product: tests never meet a person's own data."""
    left_out = {*OURS, *UNWANTED}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in left_out and not name.startswith("TOKENACCESS_")
    }
    return kept | {"TOKENACCESS_DATA_DIR": data_dir}


def run_pass(database: str, arguments: list[str]) -> int:
    """One run of pytest; returns its exit status."""
    print(f"\n== Tests on {database} ==", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="tests-") as data_dir,
        postgres_server(**ANY_ORDER) if database == "postgres" else nullcontext() as url,
    ):
        environment = clean_environment(data_dir)
        if url:
            environment["DATABASE_URL"] = url
        command = [sys.executable, "-m", "pytest", "-n", "auto", "--maxprocesses", "4", *arguments]
        return run_to_end(command, environment)


def chosen_databases() -> list[str]:
    choice = os.environ.get("DB") or "both"
    if choice not in {"sqlite", "postgres", "both"}:
        sys.exit(f"DB={choice} is unknown: use sqlite, postgres or both.")
    return ["sqlite", "postgres"] if choice == "both" else [choice]


def main(arguments: list[str]) -> int:
    leave_on_terminate()
    databases = chosen_databases()
    system_tools.ensure(system_tools.CLIENTS + ([system_tools.POSTGRES] if "postgres" in databases else []))
    failed = []
    for position, database in enumerate(databases):
        again = position > 0
        status = run_pass(database, [*arguments, "--again"] if again else arguments)
        # A selection of pure tests leaves nothing to do in the second pass.
        if status and not (again and arguments and status == NO_TESTS_COLLECTED):
            failed.append(database)
    if failed:
        print(f"\nFailed on {' and '.join(failed)}.", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RuntimeError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)

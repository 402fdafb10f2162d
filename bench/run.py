"""Measures requests per second and prints how they compare; `make bench` starts PostgreSQL and calls it.

The product runs as `make run` starts it, with one process; beside it, under granian's own WSGI server, the floor d1 and
two libraries that only authenticate. All are driven in turn, round by round, so that a busy moment hits all of them.
What counts are the ratios, each the median over the rounds; the goals are in docs/benchmark.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import hidden, packages, page_statements, pages, reach, runners, servers
from bench.load import Case, Sample, drive
from scripts import system_tools

WRK = system_tools.Tool("wrk", "wrk", system_tools.on_path("wrk"))
SIZES = [(1_000, 1), (1_000, 200), (1_000_000, 1), (1_000_000, 200)]
RESULTS = servers.ROOT / "bench-results"
OURS = ["GET /api/v4/job", "package, admitted", "package, refused", "personal token"]
BASELINES = ["d1", "TokenAuthentication", "knox"]
Rounds = dict[str, list[Sample]]


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        sys.exit("The benchmark needs PostgreSQL: run `make bench`, or set DATABASE_URL to a server for trying things.")
    system_tools.ensure([WRK])
    servers.pin_postgres(url)
    if options.only in (None, "access"):
        measure_access(url, options)
    if options.only in (None, "hidden"):
        compared = hidden.measure(url, make_database, options)
        print(hidden.report(compared, options.requests), flush=True)
        write("hidden.json", compared)
    if options.only in (None, "reach"):
        found = reach.measure(url, make_database, options)
        print(reach.report(found), flush=True)
        write("reach.json", found)
    if options.only in (None, "runner"):
        measured = runners.measure(url, make_database, options)
        print(runners.report(measured), flush=True)
        write("runner.json", measured)
    if options.only in (None, "packages"):
        installed = packages.measure(url, make_database, options)
        print(packages.report(installed), flush=True)
        write("packages.json", installed)
    if options.only in (None, "pages"):
        statements, times = pages.measure(url, make_database, options)
        print(pages.report(times), page_statements.report(statements), sep="\n", flush=True)
        write("pages.json", times)
        write("statements.json", statements)
        return 1 if page_statements.find_dearer(statements) else 0
    return 0


def measure_access(url: str, options: Any) -> None:
    found = {}
    for tokens, entries in options.sizes:
        rounds = measure(url, tokens, entries, options)
        print(report(tokens, entries, rounds), flush=True)
        found[f"{tokens} tokens, {entries} entries"] = rounds
    if len(found) > 1:
        print(spread(found))
    keep(found)


def parse(arguments: list[str]) -> Any:
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="one small size and a few seconds: does it run at all?")
    choices = "requests with a job's token; how alike hidden and absent are; many answers beside one; what runners do; "
    choices += "installing packages; pages"
    parser.add_argument("--only", choices=["access", "hidden", "reach", "runner", "packages", "pages"], help=choices)
    parser.add_argument("--requests", type=int, default=2_000, help="for hidden and absent, of each kind")
    parser.add_argument("--megabytes", type=int, default=200, help="of the artifact, and of a large package")
    parser.add_argument("--packages", type=int, default=10_000, help="of each format, beside those installed")
    parser.add_argument(
        "--memory-megabytes", type=int, default=1024, help="of the file that must not take the server's memory"
    )
    parser.add_argument("--log-rows", type=int, default=1_000_000, help="of the world whose pages are asked for")
    parser.add_argument("--page-rows", type=int, default=200, help="of everything in the project whose pages they are")
    parser.add_argument("--page-tokens", type=int, default=pages.TOKENS, help="of that world: ten for each project")
    parser.add_argument("--page-requests", type=int, default=10, help="for each page; more for those that are slow")
    parser.add_argument("--tokens", type=int, help="only this many tokens")
    parser.add_argument("--entries", type=int, help="only lists of this length")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="for each measurement")
    options = parser.parse_args(arguments)
    options.sizes = [
        (tokens, entries)
        for tokens, entries in SIZES
        if options.tokens in (None, tokens) and options.entries in (None, entries)
    ] or [(options.tokens or 1_000, options.entries or 1)]
    if options.quick:
        options.sizes, options.rounds, options.seconds = options.sizes[:1], 2, 2
        options.requests, options.packages, options.memory_megabytes = 100, 1_000, 128
        options.log_rows, options.page_requests, options.page_tokens = 10_000, 5, 5_000
    return options


def measure(url: str, tokens: int, entries: int, options: Any) -> Rounds:
    """Makes a world of that size, starts the servers and drives them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        data = Path(folder)
        name = f"bench_{tokens}_{entries}"
        make_database(url, name)
        database = servers.database_named(url, name)
        product = servers.environment(data, database, servers.free_port())
        baselines = servers.environment(data, database, servers.free_port())
        print(f"Making a world of {tokens} tokens with {entries} entries on each list …", file=sys.stderr, flush=True)
        servers.manage(baselines, "migrate", "--settings", "bench.settings", "--skip-checks", "--verbosity", "0")
        size = ["--tokens", str(tokens), "--entries", str(entries)]
        files = ["--out", str(data / "admitted"), "--refused-out", str(data / "refused")]
        files += ["--people-out", str(data / "people")]
        servers.manage(product, "bench_world", *size, *files)
        servers.manage_module(baselines, "bench.baseline_world", str(tokens), folder)
        write_own_jobs(data)
        ours = stack.enter_context(servers.running(servers.product_command(), product, "/-/readiness"))
        theirs = stack.enter_context(servers.running(servers.baseline_command(baselines), baselines, "/token"))
        return drive_in_turn(cases(ours, theirs, data), options)


def make_database(url: str, name: str, template: str = "template1") -> None:
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    connection.close()


def write_own_jobs(data: Path) -> None:
    tokens = [line.partition("\t")[2] for line in (data / "admitted").read_text().splitlines()]
    (data / "job").write_text("".join(f"/api/v4/job\t{token}\n" for token in tokens))


def cases(ours: str, theirs: str, data: Path) -> list[Case]:
    return [
        Case("d1", theirs, data / "d1", "X-None"),
        Case("GET /api/v4/job", ours, data / "job", "JOB-TOKEN"),
        Case("TokenAuthentication", theirs, data / "token", "Authorization"),
        Case("package, admitted", ours, data / "admitted", "JOB-TOKEN"),
        Case("personal token", ours, data / "people", "PRIVATE-TOKEN"),
        Case("knox", theirs, data / "knox", "Authorization"),
        Case("package, refused", ours, data / "refused", "JOB-TOKEN", refused=True),
    ]


def drive_in_turn(all_cases: list[Case], options: Any) -> Rounds:
    rounds: Rounds = {case.name: [] for case in all_cases}
    for case in all_cases:
        drive(case, min(options.seconds, 2))  # warm: connections made, statements prepared
    for _ in range(options.rounds):
        for case in all_cases:
            rounds[case.name].append(drive(case, options.seconds))
    return rounds


# --- Telling ----------------------------------------------------------------------------------------------------------


def ratio(rounds: Rounds, name: str, to: str) -> float:
    """The median over the rounds of the ratio within one round."""
    return statistics.median(one.rate / other.rate for one, other in zip(rounds[name], rounds[to], strict=True))


def report(tokens: int, entries: int, rounds: Rounds) -> str:
    head = f"{'':22} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8}" + "".join(f" {'/ ' + name:>21}" for name in BASELINES)
    lines = [f"\n{tokens} tokens, {entries} entries on each list", head]
    for name in [*OURS, *BASELINES]:
        samples = rounds[name]
        middle = [statistics.median(getattr(one, what) for one in samples) for what in ("rate", "p50", "p99")]
        ratios = "".join(f" {ratio(rounds, name, to):>21.2f}" for to in BASELINES)
        lines.append(f"{name:22} {middle[0]:>8.0f} {middle[1]:>8.2f} {middle[2]:>8.2f}{ratios}")
    return "\n".join(lines)


def spread(found: dict[str, Rounds]) -> str:
    """How little the size matters: the worst ratio to d1 over the sizes, by the best."""
    lines = ["\nWorst by best ratio to d1 over all sizes"]
    for name in OURS:
        ratios = [ratio(rounds, name, "d1") for rounds in found.values()]
        lines.append(f"{name:22} {min(ratios) / max(ratios):>8.2f}")
    return "\n".join(lines)


def keep(found: dict[str, Rounds]) -> None:
    plain = {
        size: {name: [asdict(one) for one in samples] for name, samples in rounds.items()}
        for size, rounds in found.items()
    }
    write("latest.json", plain)


def write(name: str, found: Any) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / name).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

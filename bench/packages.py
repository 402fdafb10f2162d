"""What installing a package costs, for each format: its index and one small file, beside d1, beside the plain server
(`bench/plain.py`), which reads one small file and answers it to whatever is asked, and beside nginx, which hands out
the same bytes without asking anything. And large files: how fast, beside both, and in how much memory."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import statistics
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import servers
from bench.load import Case, drive
from bench.memory import Peak
from bench.package_world import CONTENT, SOURCE, TARGET
from bench.runner_client import BLOCK, Client, expect
from scripts import system_tools

FEW, MANY = 50, 1_000  # versions
MAX_SECONDS = 1  # for each of the many measurements: a round of them all takes less than a minute
MAX_GROWTH = 32  # megabytes of memory that a file of any size may take
ACCEPT = {
    "PyPI": "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01",
    "npm": "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*",
}
INDEXES, STEPS = ["PyPI", "npm", "Maven", "Terraform module"], ["index", "ticket", "file"]
FORMATS = ["generic", *INDEXES]
Rates = dict[str, list[float]]


def measure(url: str, make_database: Callable[..., None], options: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        data = Path(folder)
        make_database(url, "bench_alone")
        servers.manage(settings_of(url, data / "alone"), "migrate", "--skip-checks", "--verbosity", "0")
        make_database(url, "bench_crowded", template="bench_alone")
        alone = start(stack, url, data / "alone", 0)
        crowded = start(stack, url, data / "crowded", options.packages)
        baseline = servers.environment(data, servers.database_named(url, "bench_alone"), servers.free_port())
        d1 = stack.enter_context(servers.running(servers.baseline_command(baseline), baseline, f"/d1/{TARGET}"))
        plain = start_plain(stack, data, servers.database_named(url, "bench_alone"))
        nginx = start_nginx(stack, data)
        if servers.can_pin():
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
        bench = Bench(data, alone, crowded, d1, plain, nginx)
        return {
            "nginx": nginx is not None,
            "others": options.packages,
            "per second": bench.requests(options.rounds, min(options.seconds, MAX_SECONDS)),
            "MB per second": bench.transfers(options.rounds, options.megabytes),
            "memory": bench.memory(options.memory_megabytes),
        }


class Product:
    """A server of the product with its packages."""

    def __init__(self, server: servers.Server, world: dict[str, Any]) -> None:
        self.url, self.pid = server.url, server.pid
        self.job: str = world["job"]
        self.addresses: dict[str, dict[str, dict[str, str]]] = world["addresses"]

    def address(self, kind: str, step: str, versions: int = FEW) -> str:
        known = self.addresses[str(versions)][kind]
        if kind == "Terraform module" and step == "file":
            return self.fetch(kind, "ticket", versions)[0]["X-Terraform-Get"]  # good for some minutes
        return known[step]

    def fetch(self, kind: str, step: str, versions: int = FEW) -> tuple[Any, bytes]:
        headers = {"JOB-TOKEN": self.job, **({"Accept": ACCEPT[kind]} if kind in ACCEPT else {})}
        request = urllib.request.Request(self.url + self.address(kind, step, versions), headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.headers, response.read()


def settings_of(url: str, data: Path) -> dict[str, str]:
    data.mkdir(exist_ok=True)
    settings = servers.environment(data, servers.database_named(url, f"bench_{data.name}"), servers.free_port())
    return settings | {"TOKENACCESS_HOUSEKEEPING_SECONDS": "0"}


def start(stack: ExitStack, url: str, data: Path, others: int) -> Product:
    settings, world = settings_of(url, data), data / "packages.json"
    servers.manage_module(settings, "bench.package_world", f"{FEW},{MANY}", str(others), str(world))
    server = stack.enter_context(servers.run_server(servers.product_command(), settings, "/-/readiness"))
    return Product(server, json.loads(world.read_text()))


def start_plain(stack: ExitStack, data: Path, database: str) -> str:
    """Whatever is asked, it answers `data/plain`."""
    settings = servers.environment(data, database, servers.free_port())
    (data / "plain").write_bytes(CONTENT)
    return stack.enter_context(
        servers.running(servers.baseline_command(settings, "bench.plain:application"), settings, "/")
    )


def start_nginx(stack: ExitStack, data: Path) -> str | None:
    """None where there is none."""
    if not system_tools.find_nginx():
        return None
    (data / "www").mkdir()
    data.chmod(0o755)
    port = servers.free_port()
    return stack.enter_context(servers.running(servers.nginx_command(data, port), {"PORT": str(port)}, "/"))


class Bench:
    def __init__(self, data: Path, alone: Product, crowded: Product, d1: str, plain: str, nginx: str | None) -> None:
        self.data, self.alone, self.crowded = data, alone, crowded
        self.d1, self.plain, self.nginx = d1, plain, nginx

    # --- Requests -----------------------------------------------------------------------------------------------------

    def requests(self, rounds: int, seconds: int) -> Rates:
        self._verify()
        (self.data / "d1").write_text("".join(f"/d1/{project}\t\n" for project in (TARGET, SOURCE)))
        (self.data / "anything").write_text("/\t\n")
        measures: dict[str, Callable[[], Case]] = {}
        for kind in FORMATS:
            # Each format beside its own baselines: the machine may have other things to do in the next moment.
            measures[f"{kind}, d1"] = lambda: Case("d1", self.d1, self.data / "d1", "X-None")
            measures[f"{kind}, plain"] = lambda: Case("plain", self.plain, self.data / "anything", "X-None")
            measures |= self._measures_of(kind)
        found: Rates = {name: [] for name in measures}
        for name, make_case in measures.items():
            if not name.endswith("nginx"):
                drive(make_case(), 1)  # warm
        for _ in range(rounds):
            for name, make_case in measures.items():
                found[name].append(drive(make_case(), seconds).rate)
        return found

    def _measures_of(self, kind: str) -> dict[str, Callable[[], Case]]:
        found: dict[str, Callable[[], Case]] = {}
        for step in self._steps(kind):
            found[f"{kind}, {step}"] = lambda step=step: self._case(self.alone, kind, step, FEW)  # type: ignore[misc]
            if self.nginx:
                found[f"{kind}, {step}, nginx"] = lambda step=step: self._nginx_case(kind, step)  # type: ignore[misc]
        if kind in INDEXES:
            found[f"{kind}, index of {MANY}"] = lambda: self._case(self.alone, kind, "index", MANY)
            found[f"{kind}, index of {MANY}, crowded"] = lambda: self._case(self.crowded, kind, "index", MANY)
        return found

    def _steps(self, kind: str) -> list[str]:
        return [step for step in STEPS if step in self.alone.addresses[str(FEW)][kind] or step == "file"]

    def _case(self, product: Product, kind: str, step: str, versions: int) -> Case:
        file = self.data / "request"
        token = "" if "?token=" in (path := product.address(kind, step, versions)) else product.job
        file.write_text(f"{path}\t{token}\n")
        return Case(f"{kind}, {step}", product.url, file, "JOB-TOKEN", accept=ACCEPT.get(kind, ""))

    def _nginx_case(self, kind: str, step: str) -> Case:
        assert self.nginx is not None
        file = self.data / "nginx-request"
        file.write_text(f"/{nginx_name(kind, step)}\t\n")
        return Case(f"{kind}, {step}, nginx", self.nginx, file, "X-None")

    def _verify(self) -> None:
        """Everything is what it is taken for; nginx gets the same bytes."""
        for kind in FORMATS:
            for versions in (FEW, MANY) if kind in INDEXES else ():
                for product in (self.alone, self.crowded):
                    _, index = product.fetch(kind, "index", versions)
                    if index.count(f"1.{versions - 1}.0".encode()) < 1 or f"1.{versions}.0".encode() in index:
                        raise RuntimeError(f"{kind}: the index has not {versions} versions: {index[:300]!r}")
            for step in self._steps(kind):
                _, body = self.alone.fetch(kind, step)
                if step == "file" and body != CONTENT:
                    raise RuntimeError(f"{kind}: another file came: {body[:300]!r}")
                if self.nginx:
                    (self.data / "www" / nginx_name(kind, step)).write_bytes(body)

    # --- Large files --------------------------------------------------------------------------------------------------

    def transfers(self, rounds: int, megabytes: int) -> Rates:
        """A large generic package down, in turn by the product, by the plain server and by nginx."""
        path = large_path("speed")
        self._upload(path, megabytes)
        found: Rates = {"down": [], "down, plain": []}
        self._download_to(self.data / "plain", path)
        if self.nginx:
            found["down, nginx"] = []
            self._download_to(self.data / "www" / "large", path)
        for _ in range(rounds):
            found["down"].append(speed(f"{self.alone.url}{path}", self.alone.job, megabytes))
            found["down, plain"].append(speed(f"{self.plain}/", "", megabytes))
            if self.nginx:
                found["down, nginx"].append(speed(f"{self.nginx}/large", "", megabytes))
        return found

    def memory(self, megabytes: int) -> dict[str, float]:
        """Megabytes that the server grew by. Raises RuntimeError if that is more than MAX_GROWTH."""
        self._upload(large_path("warm"), 16)
        speed(f"{self.alone.url}{large_path('warm')}", self.alone.job, 16)
        found = {}
        path, file = large_path("memory"), self.data / "lfs"
        oid = write_content(file, megabytes)
        for name, transfer in {
            "up": lambda: self._upload(path, megabytes),
            "down": lambda: speed(f"{self.alone.url}{path}", self.alone.job, megabytes),
            "LFS object up": lambda: self._upload_lfs(file, oid),
            "LFS object down": lambda: speed(f"{self.alone.url}{lfs_path(oid)}", "", megabytes, self._lfs_login),
        }.items():
            peak = Peak(self.alone.pid)
            transfer()
            found[name] = peak.growth()
            if found[name] > MAX_GROWTH:
                raise RuntimeError(
                    f"{megabytes} MB {name}: the server grew by {found[name]:.0f} MB, more than {MAX_GROWTH}."
                )
        return found

    def _upload(self, path: str, megabytes: int) -> None:
        headers = {"Content_Length": str(megabytes * BLOCK), "JOB_TOKEN": self.alone.job}
        status, answer = Client(self.alone.url).send("PUT", path, content(megabytes), **headers)
        expect(status, {201}, answer)

    @property
    def _lfs_login(self) -> str:
        return "Basic " + base64.b64encode(f"gitlab-ci-token:{self.alone.job}".encode()).decode()

    def _upload_lfs(self, file: Path, oid: str) -> None:
        path = f"{lfs_path(oid)}/{file.stat().st_size}"
        with file.open("rb") as source:
            status, answer = Client(self.alone.url).send("PUT", path, source, Authorization=self._lfs_login)
        expect(status, {200}, answer)

    def _download_to(self, file: Path, path: str) -> None:
        command = ["curl", "-sSf", "-o", str(file), "-H", f"JOB-TOKEN: {self.alone.job}", self.alone.url + path]
        subprocess.run(command, check=True)


def nginx_name(kind: str, step: str) -> str:
    return f"{kind.replace(' ', '-')}-{step}"


def large_path(name: str) -> str:
    return f"/api/v4/projects/{TARGET}/packages/generic/large/{name}/large.bin"


def lfs_path(oid: str) -> str:
    return f"/pack/app.git/gitlab-lfs/objects/{oid}"


def write_content(file: Path, megabytes: int) -> str:
    """Its SHA-256: an LFS object says beforehand what it will be."""
    digest = hashlib.sha256()
    with file.open("wb") as output:
        for block in content(megabytes):
            digest.update(block)
            output.write(block)
    return digest.hexdigest()


def content(megabytes: int) -> Iterator[bytes]:
    """Random bytes, other ones each time."""
    for _ in range(megabytes):
        yield os.urandom(BLOCK)


def speed(url: str, token: str, megabytes: int, authorization: str = "") -> float:
    """Of a download, in megabytes per second."""
    command = ["curl", "-sSf", "-o", os.devnull, "-w", "%{size_download} %{time_total}", url]
    command += ["-H", f"JOB-TOKEN: {token}"] if token else []
    command += ["-H", f"Authorization: {authorization}"] if authorization else []
    size, seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if int(size) != megabytes * BLOCK:
        raise RuntimeError(f"GET {url}: {size} bytes instead of {megabytes} MB.")
    return megabytes / float(seconds)


# --- Telling ----------------------------------------------------------------------------------------------------------


def report(found: dict[str, Any]) -> str:
    rates: Rates = found["per second"]
    head = f"{'':44} {'req/s':>8} {'/ d1':>8} {'/ plain':>8} {'/ nginx':>8}"
    lines = ["\nPackages, median ratios within a round", head]
    for kind in FORMATS:
        lines += [f"{name:44} {statistics.median(rates[name]):>8.0f}" for name in (f"{kind}, d1", f"{kind}, plain")]
        steps = [name for step in STEPS if (name := f"{kind}, {step}") in rates]
        if len(steps) > 1:
            rates[f"{kind}, install"] = install_rates(rates, steps)
            if found["nginx"]:
                rates[f"{kind}, install, nginx"] = install_rates(rates, [f"{name}, nginx" for name in steps])
            steps.append(f"{kind}, install")
        lines += [_line(rates, kind, name) for name in steps]
    if not found["nginx"]:
        lines.append("nginx is missing, and nothing was compared with it. On Debian: apt-get install nginx-light")
    lines += ["", f"Index of {MANY} versions: by d1; among {found['others']} other packages of each format by alone"]
    for kind in INDEXES:
        name = f"{kind}, index of {MANY}"
        lines.append(
            f"{name:44} {ratio(rates, name, f'{kind}, d1'):>8.2f} {ratio(rates, f'{name}, crowded', name):>8.2f}"
        )
    down: Rates = found["MB per second"]
    by_nginx = f", {ratio(down, 'down', 'down, nginx'):.2f} of nginx" if found["nginx"] else ""
    by_plain = f"{ratio(down, 'down', 'down, plain'):.2f} of the plain server"
    lines.append(f"\nLarge file down: {statistics.median(down['down']):.0f} MB/s, {by_plain}{by_nginx}")
    growth = ", ".join(f"{name} {megabytes:.1f} MB" for name, megabytes in found["memory"].items())
    lines.append(f"Memory that the server grew by: {growth}")
    return "\n".join(lines)


def _line(rates: Rates, kind: str, name: str) -> str:
    is_file, nginx = name == f"{kind}, file", f"{name}, nginx"
    by_plain = f"{ratio(rates, name, f'{kind}, plain'):.2f}" if is_file else ""
    by_nginx = f"{ratio(rates, name, nginx):.2f}" if nginx in rates else ""
    by_d1 = ratio(rates, name, f"{kind}, d1")
    return f"{name:44} {statistics.median(rates[name]):>8.0f} {by_d1:>8.2f} {by_plain:>8} {by_nginx:>8}".rstrip()


def install_rates(rates: Rates, steps: list[str]) -> list[float]:
    """Of one request of each kind after the other."""
    return [1 / sum(1 / rate for rate in of_round) for of_round in zip(*(rates[step] for step in steps), strict=True)]


def ratio(rates: Rates, name: str, to: str) -> float:
    return statistics.median(one / other for one, other in zip(rates[name], rates[to], strict=True))

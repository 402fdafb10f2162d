"""The same as slow_clients, with nginx and the shipped deploy/nginx.conf in front of the server."""

from __future__ import annotations

from pathlib import Path

from tests.faults.nginx import nginx, settings
from tests.faults.report import Report
from tests.faults.slow_clients import attack_and_measure
from tests.support.server import free_port, live_server


def run(folder: Path, report: Report) -> None:
    folder.chmod(0o755)  # nginx reads the blobs as another user
    port = free_port()
    with live_server(folder, None, WEB_CONCURRENCY="2", **settings(port)) as live:
        live.data.chmod(0o755)
        with nginx(folder / "nginx", port, live.host, live.data) as url:
            # nginx lets no address have so many requests at a time, the ordinary ones of the same address included.
            attack_and_measure(live, url, report, sources=[f"127.0.0.{number}" for number in range(2, 12)])

"""nginx with deploy/nginx.conf in front of a server of the tests; plain HTTP, on a port of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from scripts import system_tools
from tests.support.server import ROOT

# Every other line of the file is run as it is shipped.
_MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def settings(port: int) -> dict[str, str]:
    """What the server behind it is started with."""
    return {
        "TOKENACCESS_EXTERNAL_URL": f"http://127.0.0.1:{port}",
        "TOKENACCESS_BEHIND_PROXY": "1",
        "TOKENACCESS_ACCEL_REDIRECT": "/-/blobs",
    }


@contextmanager
def nginx(folder: Path, port: int, upstream: str, data: Path) -> Iterator[str]:
    """Its address. `upstream`: host and port of the server; `data`: its data folder."""
    system_tools.ensure([system_tools.NGINX])
    program = system_tools.find_nginx()
    folder.mkdir()
    shipped = (ROOT / "deploy" / "nginx.conf").read_text()
    site = _without_redirect(shipped)
    for old, new in {
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
        "server 127.0.0.1:8000;": f"server {upstream};",
        "/srv/tokenaccess/data": str(data),
        "server_name tokens.example.com;": "",
    }.items():
        assert old in site, old
        site = site.replace(old, new)
    lines = [line for line in site.splitlines() if "ssl_certificate" not in line]
    (folder / "site.conf").write_text("\n".join(lines))
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder))
    folder.chmod(0o755)
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        _wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _without_redirect(site: str) -> str:
    """Without the first of the two servers, which only leads to the other one."""
    before, _, rest = site.partition("server {\n    listen 80;")
    return before + rest.partition("}\n\n")[2]


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "nginx ended"
        try:
            urlopen(f"{url}/-/health").close()
        except HTTPError as error:
            raise AssertionError(f"nginx answers {error.code}") from error
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("nginx did not start")

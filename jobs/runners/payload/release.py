"""The step `release` of a job: it makes the release with the job's token, by glab or else by release-cli.

The texts of the keyword may hold variables, which the shell of the runner puts in (runner.md §2.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

GLAB_VERSION = "1.58.0"  # the first that takes all these options with a job's token
NO_CLIENT = f"Neither glab {GLAB_VERSION} or newer nor release-cli is there, so no release can be made."
# Since this version the runner replaces variables in the text of this step before any shell sees it.
EXPANDS_SINCE = (15, 6)
HEADING = "# Make the release with glab, or else with release-cli"  # the line that the job's log shows
UNIX = """\
if command -v glab > /dev/null 2>&1 && [ "$(printf '%s\\n' "{version}" \
"$(glab --version | grep -oE '[0-9]+\\.[0-9]+\\.[0-9]+' | head -n 1)" | sort -V | head -n 1)" = "{version}" ]; then
  export GITLAB_HOST="$CI_SERVER_URL"
  if [ -n "$ADDITIONAL_CA_CERT_BUNDLE" ]; then
    case "$ADDITIONAL_CA_CERT_BUNDLE" in
      *-----BEGIN*) release_ca="$(mktemp)"; printf '%s\\n' "$ADDITIONAL_CA_CERT_BUNDLE" > "$release_ca" ;;
      *) release_ca="$ADDITIONAL_CA_CERT_BUNDLE" ;;
    esac
    glab config set ca_cert "$release_ca" --host "$CI_SERVER_FQDN"
  fi
  glab auth login --job-token "$CI_JOB_TOKEN" --hostname "$CI_SERVER_FQDN" --api-protocol "$CI_SERVER_PROTOCOL"
  {glab}
elif command -v release-cli > /dev/null 2>&1; then
  {release_cli}
else
  echo "{no_client}" >&2
  exit 1
fi
"""
WINDOWS = """\
if ((Get-Command glab -ErrorAction SilentlyContinue) -and ((glab --version) -match '(\\d+\\.\\d+\\.\\d+)') \
-and ([version]$matches[1] -ge [version]"{version}")) {{
  $env:GITLAB_HOST = $env:CI_SERVER_URL
  glab auth login --job-token $env:CI_JOB_TOKEN --hostname $env:CI_SERVER_FQDN --api-protocol $env:CI_SERVER_PROTOCOL
  {glab}
}} elseif (Get-Command release-cli -ErrorAction SilentlyContinue) {{
  {release_cli}
}} else {{
  Write-Error "{no_client}"
  exit 1
}}
"""
RELEASE_CLI_OPTIONS = ("name", "description", "tag_name", "tag_message", "ref", "released_at")
GLAB_OPTIONS = {
    "name": "name",
    "description": "experimental-notes-text-or-file",
    "tag_message": "tag-message",
    "released_at": "released-at",
}
ESCAPED = r"\\\1"
# PowerShell would take what follows with a colon for the rest of the name.
_BARE_NAME = re.compile(r"\$(?!env:)([A-Za-z_]\w*)")
_UNESCAPED = re.compile(r'(?<!\\)(["`])')


def release_script(release: Mapping[str, Any], info: Mapping[str, Any]) -> list[str]:
    """The script for a runner that reports `info`."""
    if info.get("platform") == "windows":
        return [_windows_script(release, doubles=_expands(info))]
    script = UNIX.format(
        version=GLAB_VERSION,
        glab=_command("glab release create", _glab_arguments(release)),
        release_cli=_command("release-cli create", _release_cli_arguments(release)),
        no_client=NO_CLIENT,
    )
    return [hide_variables(script)]


def hide_variables(script: str) -> str:
    """The script for a shell, without a `$NAME` that a runner could replace (EXPANDS_SINCE).

    What the variable holds, such as a commit's message, would otherwise be part of the script.
    """
    escaped = script.replace("\\", "\\\\").replace("$", "\\0044").replace("'", "\\0047")
    return f"{HEADING}\neval \"$(printf '%b' '{escaped}')\""


def _windows_script(release: Mapping[str, Any], *, doubles: bool) -> str:
    """Its shell knows the job's variables as `$NAME` too: the runner replaces none (EXPANDS_SINCE), for the name of a
    tag or a commit's message would be part of the script."""
    glab = _command("glab release create", _glab_arguments(release))
    release_cli = _command("release-cli create", _release_cli_arguments(release))
    script = WINDOWS.format(
        version=GLAB_VERSION,
        glab=_BARE_NAME.sub(r"${\1}", glab),
        release_cli=_BARE_NAME.sub(r"${\1}", release_cli),
        no_client=NO_CLIENT,
    )
    return script.replace("$", "$$") if doubles else script


def _expands(info: Mapping[str, Any]) -> bool:
    version = re.match(r"(\d{1,4})\.(\d{1,4})\b", str(info.get("version", "")))
    return version is None or (int(version[1]), int(version[2])) >= EXPANDS_SINCE


Argument = tuple[str, str]  # option and value; "" for the tag, which has no option


def _glab_arguments(release: Mapping[str, Any]) -> list[Argument]:
    links = _links(release)
    return [
        ("-R", "$CI_PROJECT_PATH"),
        ("", release["tag_name"]),
        *([("--assets-links", _json(links))] if links else []),
        *((f"--{option}", release[key]) for key, option in GLAB_OPTIONS.items() if release.get(key)),
        ("--ref", release.get("ref") or "$CI_COMMIT_SHA"),
        ("--no-update", ""),
        ("--no-close-milestone", ""),
    ]


def _release_cli_arguments(release: Mapping[str, Any]) -> list[Argument]:
    return [
        *((f"--{key.replace('_', '-')}", release[key]) for key in RELEASE_CLI_OPTIONS if release.get(key)),
        *(("--assets-link", _json(link)) for link in _links(release)),
    ]


def _links(release: Mapping[str, Any]) -> list[dict[str, str]]:
    return (release.get("assets") or {}).get("links") or []


def _json(value: Any) -> str:
    """JSON as a text between double quotes: with both kinds of its special characters escaped."""
    return orjson.dumps(value).decode().replace("\\", "\\\\").replace('"', '\\"')


def _command(program: str, arguments: Iterable[Argument]) -> str:
    words = [program]
    for option, value in arguments:
        words += [option] if option else []
        words += [_shell_quote(value)] if value else []
    return " ".join(words)


def _shell_quote(text: str) -> str:
    """Between double quotes, so that variables work, and `$(…)`, within which quotes are kept as they are."""
    return f'"{text if "$(" in text else _UNESCAPED.sub(ESCAPED, text)}"'

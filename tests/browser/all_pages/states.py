"""Pages that look different from what their bare address shows: filtered, for others, with an error, as a question."""

from __future__ import annotations

from tests.browser.all_pages.world import Page, World
from tests.support.token_access import RULES_FILE

LIBRARY, APP, GROUP = "/acme/library", "/acme/app", "/groups/acme"
RULES = "/-/settings/ci_cd/token_access"
GROUP_FILE = """\
version: 1
group: acme
mode: enforced
locked: true
inbound: []
"""


def states(world: World) -> list[Page]:
    return [*_for_others(), *_pages_by_address(world), *_pages_by_form(world)]


def _for_others() -> list[Page]:
    open_to_all = ("/", "/explore/projects", "/explore/groups", "/-/preferences", "/acme/site")
    return [
        *(Page(path, "") for path in open_to_all),
        *(Page(f"/api/schema/ui/?{query}", "") for query in ("tag=secure_files", "q=nothing-of-the-kind")),
        Page(f"{LIBRARY}/-/nothing"),
        Page("/acme/nothing"),
        Page(f"{LIBRARY}/-/settings/ci_cd", "developer"),
        Page("/", "outsider"),
        Page(LIBRARY, "developer"),
        Page(f"{APP}{RULES}/refusals", "maintainer"),
        *(Page(f"/admin/{path}", "root") for path in ADMINISTRATION),
    ]


ADMINISTRATION = (
    "", "identity/user/", "projects/project/", "tokenaccess/allowlistentry/", "tokenaccess/refusalrecord/",
    "tokenaccess/grouprule/", "tokenaccess/instancesettings/add/", "jobs/job/", "jobs/runner/", "audit/auditevent/",
)  # fmt: skip


def _pages_by_address(world: World) -> list[Page]:
    values = world.values
    paths = (
        f"{LIBRARY}{RULES}?q=nobody",
        f"{LIBRARY}{RULES}?order_by=uses",
        f"{LIBRARY}{RULES}/entries/{values['ended_entry']}",
        f"{LIBRARY}{RULES}/entries/{values['outbound_entry']}/remove",
        f"{LIBRARY}{RULES}/reviews/{values['done_review']}",
        f"{LIBRARY}{RULES}/posture?accepted=yes",
        f"{LIBRARY}{RULES}/reach?direction=outbound",
        f"{LIBRARY}{RULES}/explain",
        f"{LIBRARY}{RULES}/autopopulate?narrow=on&size=2",
        f"{LIBRARY}/-/audit_events?q=nothing-of-the-kind",
        f"{LIBRARY}/-/pipelines/{values['pipeline_id']}?view=needs",
        f"{LIBRARY}/-/branches?kind=tags",
        f"{APP}{RULES}",
        f"{APP}{RULES}/trial?days=30",
        f"{APP}{RULES}/log",
        f"{APP}/-/audit_events",
        f"{APP}/-/jobs/{values['refused_job_id']}",
        f"{APP}/-/settings/ci_cd/runners/{values['app_runner_id']}",
        "/search?q=nothing-of-the-kind",
    )
    return [Page(path) for path in paths]


def _pages_by_form(world: World) -> list[Page]:
    """Questions, errors, secrets that are shown once. None but the tokens changes anything."""
    entry = world.values["entry"]
    chosen = {"entry": str(entry), "change": "remove"}
    tokens = {"kind": "access", "access-name": "ci", "access-scopes": "read_api", "access-role": "30"}
    pages = (
        (f"{LIBRARY}{RULES}/limit", {"inbound": "off"}, "question"),
        (f"{LIBRARY}{RULES}/limit", {"inbound": "trial"}, "trial"),
        (f"{LIBRARY}{RULES}/add", {"path": "acme/libary"}, "error"),
        (f"{LIBRARY}{RULES}/entries/{entry}", {"permissions": "default", "expires_at": "2020-01-01"}, "error"),
        (
            f"{LIBRARY}{RULES}/entries/add",
            {"paths": "acme/app\nacme/nobody", "failing": "none", "permissions": "default"},
            "error",
        ),
        (f"{LIBRARY}{RULES}/entries/change", chosen, "question"),
        (f"{LIBRARY}{RULES}/rules_file", {"content": RULES_FILE}, "plan"),
        (f"{LIBRARY}{RULES}/rules_file", {"content": "version: 2\nprojct: x\n"}, "error"),
        (f"{LIBRARY}{RULES}/replay", {"change": "open", "days": "30"}, "answer"),
        (
            f"{LIBRARY}{RULES}/posture/fix",
            {"check": "powerful_schedule", "subject": str(world.values["schedule_id"])},
            "question",
        ),
        (f"{GROUP}/-/settings/token_access/rule", {"inbound_mode": "9"}, "error"),
        (f"{GROUP}/-/settings/token_access/rule", {"inbound_mode": "2"}, "question"),
        (f"{GROUP}/-/settings/token_access/rules_file", {"content": GROUP_FILE}, "plan"),
        (f"{GROUP}/-/settings/token_access/replay", {"change": "enforced", "path": "", "days": "90"}, "answer"),
        (f"{APP}/-/settings/transfer", {"group": str(world.values["destination"])}, "question"),
        (f"{LIBRARY}/-/settings/access_tokens", tokens, "secret"),
        (f"{LIBRARY}/-/settings/access_tokens", {"kind": "access"}, "error"),
        (f"{LIBRARY}/-/hooks", {"url": "nonsense"}, "error"),
        ("/-/user_settings/personal_access_tokens", {"name": "", "scopes": "api"}, "error"),
    )
    return [Page(path, form=form, note=note) for path, form, note in pages]

"""What a lock above a project forbids, it forbids by every face; what narrows stays possible."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from identity.models import today
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.graphql import Graph
from tests.support.token_access import record_authorization
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.log_entries import undo_autopopulate
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry, AutopopulateRun
from tokenaccess.policy.levels import InboundMode
from tokenaccess.posture.checks.entry_without_end import EntryWithoutEnd
from tokenaccess.posture.checks.wide_group_entry import WideGroupEntry
from tokenaccess.rules_file.apply import apply_document
from tokenaccess.rules_file.plan import make_plan
from tokenaccess.rules_file.reader import read_document

SOON, LATER = today() + timedelta(days=7), today() + timedelta(days=365)
TERMS: services.Terms = {"expires_at": SOON, "conditions": {"protected_refs": True}}
NARROW: dict[str, Any] = {"default_permissions": False, "permissions": ["read_jobs"]}
WIDE = ["read_jobs", "read_packages"]
LOCKED = "group acme locks it"


class World:
    """The library below a locked group, with one suspended and narrow entry."""

    def __init__(self, cast: Cast, api: Any, browser: Any) -> None:
        self.cast, self.library, self.by = cast, cast.library, cast.owner
        self.entry = services.add_entry(cast.library, cast.app, by=cast.owner, terms=TERMS, **NARROW)
        services.suspend_entry(self.entry, by=cast.owner)
        services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
        self.rest, self.pages, self.admin = api(cast.owner), browser(cast.owner), browser(cast.admin)
        self.graph, self.review_id = Graph(self.rest), 0
        record_authorization(cast.library, cast.app)
        far = projects.group("far", by=cast.owner)
        record_authorization(cast.library, projects.project("tools", group=far, by=cast.owner))
        self.routes = f"/token_access/projects/{cast.library.pk}/entries/{self.entry.pk}"
        self.page = "/acme/library/-/settings/ci_cd/token_access"

    def form(self, **changed: Any) -> dict[str, Any]:
        kept = {"permissions": "chosen", "p-jobs": "read_jobs", "expires_at": SOON, "protected_refs": "on"}
        return {name: value for name, value in {**kept, **changed}.items() if value is not None}

    def post(self, path: str, sent: dict[str, Any] | None = None) -> None:
        self.pages.post(f"{self.page}{path}", sent or {}, follow=True)

    def put(self, **sent: Any) -> None:
        assert self.rest.put(self.routes, sent).status_code == 400

    def step(self, name: str) -> None:
        assert self.rest.post(f"{self.routes}/{name}", {}).status_code == 400

    def bulk(self, **sent: Any) -> None:
        self.post("/entries/change", {"entry": self.entry.pk, "confirmed": "1", **sent})

    def in_admin(self, action: str) -> None:
        sent = {"action": action, "_selected_action": [self.entry.pk]}
        self.admin.post("/admin/tokenaccess/allowlistentry/", sent)

    def change_in_admin(self, **changed: Any) -> None:
        sent = {
            "permissions": ["read_jobs"], "reason": "", "owner": "", "expires_at": SOON,
            "conditions": "protected_refs: yes", **changed,
        }  # fmt: skip
        self.admin.post(f"/admin/tokenaccess/allowlistentry/{self.entry.pk}/change/", sent)

    def file(self, old: str, new: str) -> None:
        text = (
            "version: 1\nproject: acme/library\ninbound:\n  - project: acme/app\n    permissions: [read_jobs]\n"
            f"    expires_at: {SOON}\n    conditions: {{protected_refs: true}}\n"
        )
        assert old in text
        document = read_document(text.replace(old, new))
        plan = make_plan(self.library, document, self.by)
        with pytest.raises(TokenAccessError, match=LOCKED):
            apply_document(self.library, document, by=self.by, plan_hash=plan.hash)

    def mutate(self, name: str, **sent: Any) -> None:
        assert LOCKED in self.graph.change(name, projectPath="acme/library", **sent)["errors"][0]

    def gitlab(self, method: str, path: str, sent: dict[str, Any]) -> None:
        scope = f"/projects/{self.library.pk}/job_token_scope{path}"
        assert getattr(self.rest, method)(scope, sent).status_code == 400

    def undo(self) -> None:
        old = {
            "kind": "group", "id": self.cast.acme.pk, "default_permissions": True, "permissions": [], "reason": "",
            "owner": None, "expires_at": None, "conditions": {},
        }  # fmt: skip
        values: dict[str, Any] = {"inbound_mode": InboundMode.ENFORCED, "added": [], "removed": [old]}
        AutopopulateRun.objects.create(project=self.library, by=self.by, **values)
        with pytest.raises(TokenAccessError, match=LOCKED):
            undo_autopopulate(self.library, by=self.by)

    def autopopulate(self) -> None:
        self.mutate("ciJobTokenScopeAutopopulateAllowlist")

    def review(self) -> None:
        reviews = f"/token_access/projects/{self.library.pk}/reviews"
        review = self.review_id or self.rest.post(reviews, {}).json()["id"]
        self.review_id = review
        sent = {"decision": "change_end", "expires_at": str(LATER)}
        assert self.rest.put(f"{reviews}/{review}/entries/{self.entry.pk}", sent).status_code == 400


FACES: dict[str, Callable[[World], Any]] = {
    "add on the page": lambda w: w.post("/add", {"path": "acme", "permissions": "default"}),
    "add many on the page": lambda w: w.post(
        "/entries/add", {"paths": "acme", "permissions": "default", "failing": "none"}
    ),
    "add by REST": lambda w: w.rest.post(w.routes.rpartition("/")[0], {"target": "acme"}),
    "add by GitLab's REST": lambda w: w.gitlab("post", "/groups_allowlist", {"target_group_id": w.cast.acme.pk}),
    "add by GraphQL": lambda w: w.mutate("ciJobTokenScopeAddGroupOrProject", targetPath="acme"),
    "autopopulate by GraphQL": World.autopopulate,
    "undo what was autopopulated": World.undo,
    "renew on the page": lambda w: w.post(f"/entries/{w.entry.pk}/renew"),
    "renew by REST": lambda w: w.step("renew"),
    "renew in the administration": lambda w: w.in_admin("renew"),
    "restore on the page": lambda w: w.post(f"/entries/{w.entry.pk}/restore"),
    "restore by REST": lambda w: w.step("restore"),
    "restore in the administration": lambda w: w.in_admin("restore"),
    "a later end on the page": lambda w: w.post(f"/entries/{w.entry.pk}", w.form(expires_at=LATER)),
    "no end on the page": lambda w: w.post(f"/entries/{w.entry.pk}", w.form(expires_at=None)),
    "a later end by REST": lambda w: w.put(expires_at=str(LATER)),
    "a later end of many": lambda w: w.bulk(change="end", expires_at=LATER),
    "a later end in a review": World.review,
    "a later end in the administration": lambda w: w.change_in_admin(expires_at=LATER),
    "a later end in a file": lambda w: w.file(str(SOON), str(LATER)),
    "a later end as a posture fix": lambda w: fix(EntryWithoutEnd, w),
    "less conditions on the page": lambda w: w.post(f"/entries/{w.entry.pk}", w.form(protected_refs=None)),
    "less conditions by REST": lambda w: w.put(conditions={}),
    "less conditions in the administration": lambda w: w.change_in_admin(conditions=""),
    "less conditions in a file": lambda w: w.file("    conditions: {protected_refs: true}\n", ""),
    "more permissions on the page": lambda w: w.post(f"/entries/{w.entry.pk}", w.form(permissions="default")),
    "more permissions by REST": lambda w: w.put(permissions=WIDE),
    "more permissions of many": lambda w: w.bulk(change="permissions", permissions="default"),
    "more permissions in the administration": lambda w: w.change_in_admin(permissions=WIDE),
    "more permissions in a file": lambda w: w.file("[read_jobs]", "[read_jobs, read_packages]"),
    "more permissions by GraphQL": lambda w: w.mutate(
        "ciJobTokenScopeUpdatePolicies", targetPath="acme/app", defaultPermissions=False,
        jobTokenPolicies=["READ_JOBS", "READ_PACKAGES"],
    ),
    "more permissions as a posture fix": lambda w: fix(WideGroupEntry, w),
}  # fmt: skip


def fix(check: type[Any], world: World) -> None:
    """Of a finding that was narrower by the time it is mended."""
    with pytest.raises(TokenAccessError, match=LOCKED):
        check().fix(world.entry, world.by)


@pytest.mark.one_case
@pytest.mark.parametrize("face", FACES)
def test_a_lock_above_holds_by_every_face(cast: Cast, api: Any, browser: Any, face: str) -> None:
    world = World(cast, api, browser)
    before: list[Any] = list(AllowlistEntry.objects.values())
    FACES[face](world)
    assert list(AllowlistEntry.objects.values()) == before
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=False)
    if "posture" not in face and "file" not in face and "undo" not in face:
        refused = opened_without_lock(world, face, before)
        assert not refused, "it was not the lock that refused it"


def opened_without_lock(world: World, face: str, before: list[Any]) -> bool:
    """Whether the same is refused without the lock too: then the test above would prove nothing."""
    with suppress(AssertionError, IndexError):  # it expects the refusal
        FACES[face](world)
    return list(AllowlistEntry.objects.values()) == before


def test_what_narrows_stays_possible_below_a_lock(cast: Cast, api: Any, browser: Any) -> None:
    world = World(cast, api, browser)
    sooner = {"expires_at": str(today() + timedelta(days=1)), "reason": "why"}
    more = {"conditions": {"protected_refs": True, "branches": ["main"]}, "permissions": []}
    assert world.rest.put(world.routes, {**sooner, **more}).status_code == 200
    assert world.rest.post(f"{world.routes}/suspend", {}).status_code == 200
    assert world.rest.delete(world.routes).status_code == 204


class Narrowed(World):
    """The narrow entry stands before that of a group, which grants more."""

    def __init__(self, cast: Cast, api: Any, browser: Any) -> None:
        super().__init__(cast, api, browser)
        services.add_group_entry(cast.acme, cast.app, by=cast.owner)

    def remove_in_review(self) -> None:
        reviews = f"/token_access/projects/{self.library.pk}/reviews"
        self.review_id = self.review_id or self.rest.post(reviews, {}).json()["id"]
        self.rest.put(f"{reviews}/{self.review_id}/entries/{self.entry.pk}", {"decision": "remove"})

    def apply_empty_file(self) -> None:
        document = read_document("version: 1\nproject: acme/library\ninbound: []\n")
        with suppress(TokenAccessError):
            apply_document(
                self.library, document, by=self.by, plan_hash=make_plan(self.library, document, self.by).hash
            )


REMOVALS: dict[str, Callable[[Narrowed], Any]] = {
    "on the page": lambda w: w.post(f"/entries/{w.entry.pk}/remove"),
    "many on the page": lambda w: w.bulk(change="remove"),
    "by REST": lambda w: w.rest.delete(w.routes),
    "by GitLab's REST": lambda w: w.rest.delete(f"/projects/{w.library.pk}/job_token_scope/allowlist/{w.cast.app.pk}"),
    "by GraphQL": lambda w: w.graph.change(
        "ciJobTokenScopeRemoveProject", projectPath="acme/library", targetProjectPath="acme/app", direction="INBOUND"
    ),
    "in the administration": lambda w: w.admin.post(
        f"/admin/tokenaccess/allowlistentry/{w.entry.pk}/delete/", {"post": "yes"}
    ),
    "in a review": Narrowed.remove_in_review,
    "in a file": Narrowed.apply_empty_file,
}


@pytest.mark.parametrize("face", REMOVALS)
def test_a_lock_above_keeps_the_entry_that_narrows_another(cast: Cast, api: Any, browser: Any, face: str) -> None:
    world = Narrowed(cast, api, browser)
    REMOVALS[face](world)
    assert AllowlistEntry.objects.filter(pk=world.entry.pk).exists()
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=False)
    REMOVALS[face](world)
    assert not AllowlistEntry.objects.filter(pk=world.entry.pk).exists(), "it was not the lock that refused it"


def test_a_lock_above_keeps_what_narrows_parts_of_a_group(cast: Cast, api: Any, browser: Any) -> None:
    world = World(cast, api, browser)
    services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=False)
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    wide = services.add_entry(cast.library, cast.acme, by=cast.owner, **NARROW)
    of_group = services.add_group_entry(inner, cast.acme, by=cast.owner, **NARROW)
    services.delete_entry(world.entry, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    with pytest.raises(TokenAccessError, match=LOCKED):
        services.delete_entry(wide, by=cast.owner)
    with pytest.raises(TokenAccessError, match=LOCKED):
        services.delete_group_entry(of_group, by=cast.owner)

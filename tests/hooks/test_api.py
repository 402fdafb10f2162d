"""Webhooks over the API: made, changed, tried out, sent again; signed, tried again, and off after many failures."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from audit.models import AuditEvent
from hooks.delivery.log import forget_old_deliveries
from hooks.delivery.queue import send_due
from hooks.events import Event
from hooks.models import Delivery, Hook
from hooks.outbox import put
from identity.models import User
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.support.receiver import Receiver, receiver

SIGNING = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def target(settings: Any) -> Iterator[Receiver]:
    settings.REMOTE_INCLUDE_NETWORKS = ["127.0.0.0/8"]
    with receiver() as made:
        yield made


def add(api: Any, cast: Cast, url: str, **more: Any) -> Any:
    made = api(cast.maintainer).post(f"/projects/{cast.library.pk}/hooks", {"url": url, **more})
    assert made.status_code == 201, made.content
    return made.json()


def place(cast: Cast, hook: Any, what: str = "") -> str:
    return f"/projects/{cast.library.pk}/hooks/{hook['id']}{what}"


def test_a_hook_is_made_shown_changed_and_deleted_without_its_secrets(api: Any, cast: Cast) -> None:
    hook = add(
        api,
        cast,
        "https://example.com/{secret}/x",
        name="Chat",
        token="token-of-it",
        signing_token=SIGNING,
        tag_push_events=True,
        custom_headers=[{"key": "X-Own", "value": "header-of-it"}],
        url_variables=[{"key": "secret", "value": "value-of-it"}],
    )
    assert hook["push_events"]
    assert hook["tag_push_events"]
    assert not hook["job_events"]
    assert hook["custom_headers"] == [{"key": "X-Own"}]
    assert hook["url_variables"] == [{"key": "secret"}]
    assert (hook["token_present"], hook["signing_token_present"], hook["alert_status"]) == (True, True, "executable")
    stored = Hook.objects.get().sealed
    assert not any(word in stored for word in ("token-of-it", "header-of-it", "value-of-it", "example.com"))
    (row,) = api(cast.maintainer).get(f"/projects/{cast.library.pk}/hooks").json()
    assert row == api(cast.maintainer).get(place(cast, hook)).json() == hook
    changed = api(cast.maintainer).put(place(cast, hook), {"push_events": False, "name": "Other"}).json()
    assert (changed["push_events"], changed["name"], changed["token_present"]) == (False, "Other", True)
    moved = api(cast.maintainer).put(place(cast, hook), {"url": "https://elsewhere.example/"}).json()
    assert (moved["token_present"], moved["custom_headers"], moved["url_variables"]) == (False, [], [])
    assert api(cast.maintainer).delete(place(cast, hook)).status_code == 204
    assert api(cast.maintainer).delete(place(cast, hook)).status_code == 404
    written = AuditEvent.objects.filter(event__startswith="webhook_")
    assert [event.event for event in written.order_by("id")] == [
        "webhook_created", "webhook_changed", "webhook_changed", "webhook_deleted",
    ]  # fmt: skip
    assert "value-of-it" not in str([(event.message, event.details) for event in written])


def _page(client: Client, person: User, address: str) -> str:
    client.force_login(person)
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_user_and_password_of_an_address_are_used_and_shown_to_nobody(
    api: Any, client: Client, cast: Cast, target: Receiver, caplog: Any
) -> None:
    secret = target.url.replace("://", "://someone:pass-word@") + "/in"
    shown = target.url.replace("://", "://*****:*****@") + "/in"
    maintainer = api(cast.maintainer)
    projects.commit(cast.library, {"a.txt": "a"})
    hook = add(api, cast, secret)
    assert maintainer.post(place(cast, hook, "/test/push_events")).status_code == 201
    assert target.got[0].headers["authorization"] == "Basic c29tZW9uZTpwYXNzLXdvcmQ="
    settings_of_it = f"/acme/library/-/hooks/{hook['id']}"
    texts = [
        maintainer.get(place(cast, hook)).content.decode(),
        maintainer.get(place(cast, hook, "/events")).content.decode(),
        _page(client, cast.maintainer, settings_of_it),
        _page(client, cast.admin, f"/admin/hooks/hook/{hook['id']}/change/"),
        caplog.text,
        str(list(AuditEvent.objects.values_list("message", "details"))),
    ]
    assert not [text for text in texts if "pass-word" in text or "someone" in text]
    assert (hook["url"], shown in texts[1]) == (shown, True)
    assert maintainer.put(place(cast, hook), {"url": shown, "name": "Same"}).json()["url"] == shown
    assert Hook.objects.get().url == secret
    elsewhere = maintainer.put(place(cast, hook), {"url": "https://*****:*****@elsewhere.example/"})
    assert (elsewhere.status_code, "asterisks" in elsewhere.content.decode()) == (400, True)


def test_events_beyond_what_may_wait_are_not_kept(
    api: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr("hooks.querysets.MAX_WAITING", 2)
    hook = Hook.objects.get(pk=add(api, cast, "https://example.com")["id"])
    other = Hook.objects.get(pk=add(api, cast, "https://example.org")["id"])
    for number in range(4):
        put([hook, other] if number > 2 else [hook], Event.JOB, {"n": number})
    assert [len(hook.deliveries.all()), len(other.deliveries.all())] == [2, 1]
    assert f"webhooks [{hook.pk}]" in caplog.text
    row = api(cast.maintainer).get(f"/projects/{cast.library.pk}/hooks/{hook.pk}").json()
    assert (row["dropped_events"], row["last_dropped_at"] is not None) == (2, True)
    row = api(cast.maintainer).get(f"/projects/{cast.library.pk}/hooks/{other.pk}").json()
    assert (row["dropped_events"], row["last_dropped_at"]) == (0, None)
    for days, dropped in ((6, 2), (8, 0)):
        forget_old_deliveries(timezone.now() + timedelta(days=days))
        hook.refresh_from_db()
        assert hook.dropped == dropped


def test_of_what_was_sent_the_newest_are_kept(api: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hooks.querysets.MAX_KEPT", 2)
    hook = Hook.objects.get(pk=add(api, cast, "https://example.com")["id"])
    put([hook] * 5, Event.JOB, {})
    waiting, *sent = hook.deliveries.order_by("id")
    hook.deliveries.exclude(pk=waiting.pk).update(next_attempt_at=None)
    Delivery.objects.beyond_kept(hook.pk).delete()
    assert list(hook.deliveries.order_by("id")) == [waiting, *sent[-2:]]


@pytest.mark.parametrize("route", ["url_variables/host", ""])
def test_variables_that_lead_to_another_address_take_no_secrets_there(api: Any, cast: Cast, route: str) -> None:
    hook = add(
        api,
        cast,
        "https://{host}/x",
        token="token-of-it",
        signing_token=SIGNING,
        custom_headers=[{"key": "X-Own", "value": "header-of-it"}],
        url_variables=[{"key": "host", "value": "example.com"}],
    )

    def lead_to(host: str) -> dict[str, Any]:
        body = {"value": host} if route else {"url_variables": [{"key": "host", "value": host}]}
        assert api(cast.owner).put(place(cast, hook, f"/{route}".rstrip("/")), body).status_code in {200, 204}
        return dict(api(cast.owner).get(place(cast, hook)).json())

    assert lead_to("example.com")["token_present"]
    moved = lead_to("elsewhere.example")
    assert (moved["token_present"], moved["signing_token_present"], moved["custom_headers"]) == (False, False, [])
    assert moved["url_variables"] == [{"key": "host"}]
    assert Hook.objects.get().creator == cast.owner


@pytest.mark.one_case
@pytest.mark.parametrize("url", ["https://someone:pass-word@{host}/x", "https://{key}@{host}/x", "{key}://u:p@{host}"])
def test_no_variable_leads_what_is_kept_to_another_host(api: Any, cast: Cast, url: str) -> None:
    known = [{"key": "host", "value": "example.com"}, {"key": "key", "value": "https"}]
    hook, owner = add(api, cast, url, url_variables=known), api(cast.owner)
    assert "pass-word" not in hook["url"]
    assert "u:p" not in hook["url"]
    moved = owner.put(place(cast, hook, "/url_variables/host"), {"value": "elsewhere.example"})
    assert (moved.status_code, "another host" in moved.content.decode()) == (400, True)
    assert owner.put(place(cast, hook, "/url_variables/host"), {"value": "example.com"}).status_code == 204
    variables = [{"key": "host", "value": "elsewhere.example"}, known[1]]
    for said in ({}, {"url": hook["url"]}):
        moved = owner.put(place(cast, hook), {**said, "url_variables": variables})
        assert moved.status_code == (200 if "*" not in hook["url"] else 400), said
    assert owner.put(place(cast, hook), {"url": url, "url_variables": variables}).status_code == 200


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "url is missing"),
        ({"url": "ftp://example.com"}, "must be a valid URL"),
        ({"url": "http://exa mple.com"}, "must be a valid URL"),
        ({"url": "https://example.com/{x}"}, "Missing keys: x"),
        ({"url": "https://example.com", "signing_token": "whsec_short"}, "32 bytes in base64"),
        ({"url": "https://example.com", "token": "a\nb"}, "is invalid"),
        ({"url": "https://example.com", "custom_headers": [{"key": "Host", "value": "x"}]}, "cannot set Host"),
        ({"url": "https://example.com", "custom_headers": [{"key": "X-A", "value": "a\r\nb"}]}, "invalid value of X-A"),
        ({"url": "https://example.com", "custom_headers": ["x"]}, "custom_headers is invalid"),
        ({"url": "https://example.com", "issues_events": True}, "issues_events is not supported"),
        ({"url": "https://example.com", "branch_filter_strategy": "all"}, "does not have a valid value"),
        (
            {"url": "https://example.com", "branch_filter_strategy": "regex", "push_events_branch_filter": "("},
            "RE2 regular expression",
        ),
    ],
)
def test_what_is_wrong_with_it_is_said(api: Any, cast: Cast, body: Any, text: str) -> None:
    answer = api(cast.maintainer).post(f"/projects/{cast.library.pk}/hooks", body)
    assert answer.status_code == 400
    assert text in answer.content.decode()
    assert not Hook.objects.exists()


def test_an_event_arrives_with_its_token_signature_and_headers(api: Any, cast: Cast, target: Receiver) -> None:
    projects.commit(cast.library, {"a.txt": "a"}, "First")
    hook = add(
        api,
        cast,
        target.url + "?key={secret}",
        token="t0k",
        signing_token=SIGNING,
        custom_headers=[{"key": "X-Own", "value": "hidden"}],
        url_variables=[{"key": "secret", "value": "abc"}],
    )
    tested = api(cast.maintainer).post(place(cast, hook, "/test/push_events"))
    assert (tested.status_code, tested.json()) == (201, {"message": "201 Created"})
    (got,) = target.got
    assert got.path == "/hook?key=abc"
    assert (got.headers["x-gitlab-event"], got.headers["x-gitlab-token"]) == ("Push Hook", "t0k")
    assert got.headers["x-own"] == "hidden"
    assert got.headers["webhook-id"] == got.headers["idempotency-key"]
    assert Webhook(SIGNING).verify(got.body, got.headers)["object_kind"] == "push"
    assert [commit["title"] for commit in got.json["commits"]] == ["First"]
    assert got.json["commits"][0]["added"] == ["a.txt"]
    (event,) = api(cast.maintainer).get(place(cast, hook, "/events")).json()
    assert (event["trigger"], event["response_status"], event["response_body"]) == ("push_hooks", "200", "thanks")
    assert event["request_data"] == got.json
    assert event["url"].endswith("?key={secret}")
    assert event["request_headers"]["X-Gitlab-Token"] == event["request_headers"]["X-Own"] == "[REDACTED]"
    again = api(cast.maintainer).post(place(cast, hook, f"/events/{event['id']}/resend"))
    assert again.json() == {"response_status": 200}
    assert target.got[1].headers["idempotency-key"] == got.headers["idempotency-key"]
    for status, count in (("successful", 2), ("200", 2), ("client_failure", 0), ("500", 0)):
        assert len(api(cast.maintainer).get(place(cast, hook, f"/events?status={status}")).json()) == count
    assert api(cast.maintainer).get(place(cast, hook, "/events?status=some")).status_code == 400


def test_trying_out_is_limited_and_says_what_is_missing(api: Any, cast: Cast, target: Receiver) -> None:
    hook = add(api, cast, target.url)
    client = api(cast.maintainer)
    nothing = client.post(place(cast, hook, "/test/push_events"))
    assert (nothing.status_code, nothing.json()["message"]) == (422, "Ensure the project has at least one commit.")
    assert client.post(place(cast, hook, "/test/some_events")).status_code == 400
    jobs.job(cast.library, cast.developer)
    target.status = 503
    assert client.post(place(cast, hook, "/test/job_events")).status_code == 422
    target.status = 302
    assert client.post(place(cast, hook, "/test/pipeline_events")).status_code == 422
    target.status = 200
    assert [client.post(place(cast, hook, "/test/job_events")).status_code for _ in range(4)] == [201, 201, 201, 429]
    other = add(api, cast, target.url)  # with which one could go on at once
    assert client.post(place(cast, other, "/test/job_events")).status_code == 429
    limited = client.post(place(cast, hook, "/test/job_events"))
    assert (limited["RateLimit-Limit"], limited["RateLimit-Remaining"], limited["Retry-After"]) == ("5", "0", "60")
    assert [got.headers["x-gitlab-event"] for got in target.got[:2]] == ["Job Hook", "Pipeline Hook"]


def test_an_address_inside_is_not_asked_unless_the_instance_allows(api: Any, cast: Cast) -> None:
    projects.commit(cast.library, {"a.txt": "a"})
    with receiver() as made:
        hook = add(api, cast, made.url)
        refused = api(cast.maintainer).post(place(cast, hook, "/test/push_events"))
        assert (refused.status_code, made.got) == (422, [])
        assert refused.json()["message"] == "Requests to the local network are not allowed"
        setting = {"allow_local_requests_from_web_hooks_and_services": True}
        answer = api(cast.admin).put("/application/settings", setting).json()
        assert answer["allow_local_requests_from_web_hooks_and_services"] is True
        assert not [text for text in answer["warnings"] if "allow_local" in text]
        assert api(cast.maintainer).post(place(cast, hook, "/test/push_events")).status_code == 201
        assert len(made.got) == 1


def queue(hook: Any) -> Delivery:
    moment = timezone.now()
    return Delivery.objects.create(hook_id=hook["id"], event="push_events", payload={}, next_attempt_at=moment)


def test_what_is_not_taken_is_sent_again_later_and_later(api: Any, cast: Cast, target: Receiver) -> None:
    hook = add(api, cast, target.url)
    delivery, target.status, now = queue(hook), 500, timezone.now()
    pauses = []
    for _ in range(3):
        assert send_due(now) == 1
        delivery.refresh_from_db()
        assert delivery.next_attempt_at is not None
        assert delivery.sent_at is not None
        pauses.append(round((delivery.next_attempt_at - delivery.sent_at).total_seconds()))
        assert send_due(now) == 0
        now = delivery.next_attempt_at
    assert pauses == [10, 40, 160]
    target.status = 204
    assert send_due(now) == 1
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.next_attempt_at, delivery.state) == (4, None, "delivered")
    assert len({got.headers["idempotency-key"] for got in target.got}) == 1
    assert Hook.objects.get().failures == 0


def test_an_answer_with_what_no_database_holds_is_kept(api: Any, cast: Cast, target: Receiver) -> None:
    delivery, target.location = queue(add(api, cast, target.url)), "a\0b"
    send_due(timezone.now())
    delivery.refresh_from_db()
    assert (delivery.state, delivery.response_headers["Location"]) == ("delivered", "a�b")


def test_a_hook_that_fails_rests_and_is_off_in_the_end(api: Any, cast: Cast, target: Receiver) -> None:
    projects.commit(cast.library, {"a.txt": "a"})
    hook, target.status = add(api, cast, target.url), 500
    for _ in range(4):
        queue(hook)
    assert send_due() == 4
    row = api(cast.maintainer).get(place(cast, hook)).json()
    assert (row["alert_status"], row["disabled_until"] is not None) == ("temporarily_disabled", True)
    queue(hook)
    assert send_due() == 0
    Hook.objects.update(failures=39)
    assert send_due(timezone.now() + timedelta(minutes=2)) >= 1
    assert api(cast.maintainer).get(place(cast, hook)).json()["alert_status"] == "disabled"
    assert send_due(timezone.now() + timedelta(days=9)) == 0
    target.status = 200
    assert api(cast.maintainer).post(place(cast, hook, "/test/push_events")).status_code == 201
    assert api(cast.maintainer).get(place(cast, hook)).json()["alert_status"] == "executable"


def test_headers_and_variables_are_set_one_by_one(api: Any, cast: Cast) -> None:
    hook, client = add(api, cast, "https://example.com/"), api(cast.maintainer)
    assert client.put(place(cast, hook, "/custom_headers/X-Own"), {"value": "v"}).status_code == 204
    assert client.put(place(cast, hook, "/url_variables/token"), {"value": "v"}).status_code == 204
    assert client.put(place(cast, hook, "/custom_headers/Host"), {"value": "v"}).status_code == 400
    shown = client.get(place(cast, hook)).json()
    assert (shown["custom_headers"], shown["url_variables"]) == ([{"key": "X-Own"}], [{"key": "token"}])
    assert client.delete(place(cast, hook, "/custom_headers/X-Own")).status_code == 204
    assert client.delete(place(cast, hook, "/custom_headers/X-Own")).status_code == 404
    kept = client.put(
        place(cast, hook), {"url": "https://example.com/{a}", "url_variables": [{"key": "a", "value": "1"}]}
    )
    assert kept.status_code == 200
    assert client.delete(place(cast, hook, "/url_variables/a")).status_code == 400


def test_groups_and_the_instance_have_hooks_of_their_own(api: Any, cast: Cast) -> None:
    url = {"url": "https://example.com"}
    group = api(cast.owner).post(f"/groups/{cast.acme.pk}/hooks", {**url, "member_events": True}).json()
    assert (group["group_id"], group["member_events"], group["subgroup_events"]) == (cast.acme.pk, True, False)
    assert api(cast.maintainer).post(f"/groups/{cast.acme.pk}/hooks", url).status_code in {403, 404}
    system = api(cast.admin).post("/hooks", url).json()
    assert (system["push_events"], system["repository_update_events"]) == (False, True)
    assert api(cast.owner).get("/hooks").status_code == 403
    assert [row["id"] for row in api(cast.admin).get("/hooks").json()] == [system["id"]]
    assert api(cast.developer).get(f"/projects/{cast.library.pk}/hooks").status_code == 403
    for other in (group, system):
        assert api(cast.maintainer).get(place(cast, other)).status_code == 404
    assert api(cast.admin).delete(f"/hooks/{system['id']}").status_code == 204


@pytest.mark.once
def test_the_number_of_statements_does_not_grow_with_the_list(
    api: Any, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    hook = add(api, cast, "https://example.com/")
    client = api(cast.maintainer)

    def count(address: str) -> int:
        with django_assert_max_num_queries(30) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    addresses = (f"/projects/{cast.library.pk}/hooks", place(cast, hook, "/events"))
    queue(hook)
    count(addresses[0])  # the token's last use is noted once
    before = [count(address) for address in addresses]
    for _ in range(4):
        add(api, cast, "https://example.com/")
        queue(hook)
    assert [count(address) for address in addresses] == before

"""Access reviews: start one, decide about each entry, sign it off."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from projects.models import Group, Project
from text.hidden_characters import find_hidden
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.find_entry import entries_of
from tokenaccess.allowlist.services import audit_log
from tokenaccess.allowlist.services.any_list import delete_from_list
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.allowlist.services.terms import confirm_entry, set_terms, suspend_entry
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AccessReview, AllowlistEntry, GroupAllowlistEntry, ReviewDecision, ReviewedEntry
from tokenaccess.models.review import MAX_NOTE_LENGTH

ONE_IS_OPEN = "A review of this {} is open already"
IS_SIGNED_OFF = "The review is signed off"
NOT_COMPLETE = "The review is not complete: entries without a decision: {}"
NO_ENTRY = "There is no such entry"
NOTHING_TO_REVIEW = "There is nothing to review: nothing is on the lists of this {}"


@transaction.atomic
def start_review(holder: Project | Group, *, by: User | None) -> AccessReview:
    editing_rights.require_maintainer(by, holder)
    lock_holder(holder)
    of_holder = {str(holder.kind): holder}
    if AccessReview.objects.filter(signed_off_at=None, **of_holder).exists():
        raise TokenAccessError(ONE_IS_OPEN.format(holder.kind), ErrorCode.INVALID)
    if not entries_of(holder).exists():
        raise TokenAccessError(NOTHING_TO_REVIEW.format(holder.kind), ErrorCode.INVALID)
    review = AccessReview.objects.create(started_by=by, **of_holder)
    _record(review, by, "started", f"Access review #{review.pk} was started")
    return review


@transaction.atomic
def review_entry(
    review: AccessReview, entry_id: int, decision: str, *, by: User, note: str = "", expires_at: date | None = None
) -> ReviewedEntry:
    """Carries the decision out and notes it; `expires_at` is for CHANGE_END, None for no end."""
    review = _lock_open(review, by)
    rows = entries_of(review.holder).select_related(
        str(review.holder.kind), "target_project__group", "target_group", "owner"
    )
    entry = rows.filter(pk=entry_id).first()
    if entry is None:
        raise TokenAccessError(NO_ENTRY, ErrorCode.INVALID)
    _check_note(note)
    said = ReviewedEntry.of(entry)
    _carry_out(entry, decision, expires_at, by)
    if decision == ReviewDecision.CHANGE_END:
        said.expires_at = expires_at
    known = ReviewedEntry.objects.filter(review=review, entry_id=entry_id).values_list("pk", flat=True).first()
    said.pk, said.review, said.decision, said.note = known, review, decision, note.strip()
    said.reviewer, said.reviewer_name = by, by.username
    said.save()
    audit_log.record_lapse(entry, by, "reviewed", f"was reviewed: {decision}")
    return said


@transaction.atomic
def sign_off(review: AccessReview, *, by: User, note: str = "") -> AccessReview:
    """Every entry on the lists must have been decided about, and one at least: nobody signs for nothing."""
    review = _lock_open(review, by)
    _check_note(note)
    left = undecided_entries(review).count()
    if left:
        raise TokenAccessError(NOT_COMPLETE.format(left), ErrorCode.INVALID)
    if not review.decisions.exists():
        raise TokenAccessError(NOTHING_TO_REVIEW.format(review.holder.kind), ErrorCode.INVALID)
    review.signed_off_at, review.signed_off_by, review.note = timezone.now(), by, note.strip()
    review.save(update_fields=["signed_off_at", "signed_off_by", "note"])
    _record(review, by, "signed_off", f"Access review #{review.pk} was signed off")
    return review


def undecided_entries(review: AccessReview) -> Any:
    """The entries that are on its lists now and that nobody has decided about."""
    decided = ReviewedEntry.objects.filter(review=review).values("entry_id")
    return entries_of(review.holder).exclude(pk__in=decided)


def _carry_out(entry: AllowlistEntry | GroupAllowlistEntry, decision: str, expires_at: date | None, by: User) -> None:
    match decision:
        case ReviewDecision.KEEP:
            confirm_entry(entry, by=by)
        case ReviewDecision.CHANGE_END:
            set_terms(entry, {"expires_at": expires_at}, by=by)
            confirm_entry(entry, by=by)
        case ReviewDecision.SUSPEND:
            suspend_entry(entry, by=by)
        case ReviewDecision.REMOVE:
            delete_from_list(entry, by=by)
        case _:
            raise TokenAccessError("There is no such decision", ErrorCode.INVALID)


def _lock_open(review: AccessReview, by: User) -> AccessReview:
    editing_rights.require_maintainer(by, review.holder)
    lock_holder(review.holder)
    found = AccessReview.objects.select_related("project", "group").get(pk=review.pk)
    if not found.is_open:
        raise TokenAccessError(IS_SIGNED_OFF, ErrorCode.INVALID)
    return found


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE_LENGTH:
        raise TokenAccessError(f"note is too long (maximum is {MAX_NOTE_LENGTH} characters)", ErrorCode.INVALID)
    if hidden := find_hidden(note, lines=True):
        raise TokenAccessError(f"note must not contain the invisible character {hidden}", ErrorCode.INVALID)


def _record(review: AccessReview, by: User | None, word: str, message: str) -> None:
    holder = review.holder
    event = f"job_token_access_review_{word}"
    audit.record(event, message, by=by, on=holder, path=holder.full_path, review=review.pk)

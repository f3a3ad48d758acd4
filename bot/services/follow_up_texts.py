"""Word follow-ups whose time has come, and end those that became void."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from bot.clock import Clock as TimeSource
from bot.domain.audit import AuditEntry
from bot.domain.corrections import corrected, worse
from bot.domain.decisions import Reason
from bot.domain.follow_ups import (
    KINDS,
    FollowUp,
    FollowUpPolicy,
    FollowUpRule,
    FollowUpState,
    Occasion,
)
from bot.domain.mentions import StoredMention
from bot.domain.packs import Purpose, Template
from bot.domain.ports import Store, Work
from bot.domain.replies import Reply, ReplyState
from bot.domain.tags import Tags
from bot.errors import Missing, Stale
from bot.escalate import care
from bot.escalate.acknowledge import primary
from bot.escalate.conditions import Picture
from bot.escalate.decide import Situation, picture_of
from bot.escalate.follow_ups import (
    Around,
    Promise,
    asked,
    is_being_answered,
    never,
    promised,
    ripe_at,
    room_at,
    void,
    written,
)
from bot.escalate.replies import choose_template
from bot.services.follow_ups import AGAIN, ANSWERED, Manners, look_around
from bot.services.outbox import move_reply
from bot.services.replies import put_in_words
from bot.services.triage import Policy
from bot.services.undecidable import LATER, attempt

PENDING = frozenset({ReplyState.SUBMITTED, ReplyState.APPROVED, ReplyState.QUEUED})
"""States from which a reply can still be taken back."""

OVER = {
    ReplyState.SEEN: FollowUpState.DONE,
    ReplyState.WITHHELD: FollowUpState.DONE,
    ReplyState.CANCELLED: FollowUpState.CANCELLED,
    ReplyState.REJECTED: FollowUpState.CANCELLED,
    ReplyState.REFUSED: FollowUpState.CANCELLED,
}
"""What has become of a follow-up once its reply has ended so."""


NOT_YET = "its time has not come"
"""No news: the log says nothing of it."""

IN_OTHER_WORDS = Reason(
    rule="house.follow_ups.language",
    text="the author's language is not sure or has no wording: a person must agree",
)


def run_follow_ups(
    store: Store,
    policy: Policy,
    manners: Manners,
    clock: TimeSource,
    *,
    limit: int = 200,
) -> int:
    """Look at the follow-ups that are due, earliest first; return how many moved.

    Each in a transaction of its own: its reply goes into the outbox in the same one,
    so that a process that dies words none twice and loses none.
    """
    now = clock.now()
    with store.reading() as work:
        due = work.follow_ups.due(now, limit)
    return sum(_run(store, policy, manners, one, now) for one in due)


def _run(
    store: Store, policy: Policy, manners: Manners, due: FollowUp, now: datetime
) -> bool:
    def put_off(work: Work, error: Exception) -> bool:
        reason = type(error).__name__
        later = replace(due, due_at=now + LATER, moves=due.moves + 1, reason=reason)
        moved = work.follow_ups.change(due, later)
        if moved:
            work.audit.append([_entry("follow_up.postponed", later, reason, now)])
        return moved

    return attempt(
        store,
        lambda work: _Looking(work, policy, manners, due, now).look(),
        put_off,
    )


class _Looking:
    """One look at one follow-up, in one transaction."""

    def __init__(
        self,
        work: Work,
        policy: Policy,
        manners: Manners,
        due: FollowUp,
        now: datetime,
    ) -> None:
        self._work, self._policy, self._manners = work, policy, manners
        self._due, self._now = due, now

    def look(self) -> bool:
        """End it, put it off or word it."""
        house = self._manners.policy
        rule = house.rule(self._due.occasion) if house else None
        if house is None or rule is None:
            return self._end(FollowUpState.CANCELLED, "the house wants it no more")
        around = look_around(self._work, self._due.ticket_id)
        why = void(self._due, around, house.answers, self._now)
        if self._due.state is FollowUpState.WORDED:
            return self._follow_reply(why)
        if why:
            # Nothing had been said or held back yet: the row alone keeps why.
            return self._write_end(FollowUpState.CANCELLED, why)
        return self._wait(house, rule, around) or self._say(house, rule, around)

    def _follow_reply(self, why: str) -> bool:
        """See what became of its text, and take it back if it became void."""
        assert self._due.reply_id is not None  # noqa: S101 - the outbox holds its text
        reply = self._work.replies.get(self._due.reply_id)
        if reply.state in OVER:
            return self._end(OVER[reply.state], reply.reason)
        if why and reply.state in PENDING:
            over = replace(reply, state=ReplyState.CANCELLED, reason=why, next_at=None)
            if move_reply(self._work, over, before=reply.state, at=self._now):
                return self._end(FollowUpState.CANCELLED, why)
        return self._work.follow_ups.change(
            self._due, replace(self._due, due_at=self._now + AGAIN)
        )

    def _wait(self, house: FollowUpPolicy, rule: FollowUpRule, around: Around) -> bool:
        """Put it off to its time, the end of the quiet hours, or behind other words."""
        ripe = ripe_at(self._due, rule, around, house.answers, self._now)
        if ripe is None:
            return self._end(FollowUpState.CANCELLED, "its promise is over")
        if ripe > self._now:
            return self._put_off(ripe, NOT_YET)
        until = self._manners.quiet_until(around.ticket.brand, self._now)
        if until is not None:
            return self._put_off(until, "quiet hours")
        return self._wait_for_others(house)

    def _wait_for_others(self, house: FollowUpPolicy) -> bool:
        """Put it off for an answer that is on its way, and for the gap after others."""
        said = self._said()
        if is_being_answered(said):
            return self._put_off(self._now + AGAIN, ANSWERED)
        room, why = room_at(house, [one for one in said if one.kind in KINDS])
        if why:
            return self._end(FollowUpState.SKIPPED, why)
        if room is not None and room > self._now:
            return self._put_off(room, "too soon after the last one")
        return False

    def _say(self, house: FollowUpPolicy, rule: FollowUpRule, around: Around) -> bool:
        """Put its text into the outbox, unless a rule forbids it."""
        stored, picture = self._picture(around)
        promise = promised(around.clocks, house.answers, self._now)
        template = self._template(picture)
        if refused := self._refusal(house, around, stored, picture):
            return self._end(FollowUpState.SKIPPED, refused)
        if self._is_closing:
            promise = None
        elif promise is None:
            words = "no time by which they hear can be named"
            return self._end(FollowUpState.SKIPPED, words)
        if template is None:
            return self._end(FollowUpState.SKIPPED, "there is no wording for it")
        reasons = asked(
            self._policy.house, rule, around.ticket, picture, self._heard(around)
        )
        if template.language != _language(picture):
            reasons = (*reasons, IN_OTHER_WORDS)
        kept = put_in_words(
            self._work,
            self._policy.templates,
            template,
            stored,
            around.ticket,
            kind=self._due.occasion.kind,
            state=ReplyState.SUBMITTED if reasons else ReplyState.QUEUED,
            language=picture.tags.language,
            at=self._now,
            approved_by="" if reasons else self._policy.house.ref.id,
            by=self._written(template, promise, around.ticket.brand),
        )
        if kept is None:
            words = "it was told under this mention before"
            return self._end(FollowUpState.SKIPPED, words)
        return self._put(kept, promise, reasons)

    @property
    def _is_closing(self) -> bool:
        return self._due.occasion is Occasion.CLOSED

    def _refusal(
        self,
        house: FollowUpPolicy,
        around: Around,
        stored: StoredMention,
        picture: Picture,
    ) -> str:
        signs = around.ticket.signs
        if signs:
            words = care.told(signs, self._policy.house)
            return f"{words}: no bot words anything ({care.RULE}.words)"
        forbids = never(self._policy.house, picture)
        if forbids is not None:
            return f"{forbids.text} ({forbids.rule})"
        answered = any(event.name in house.answers for event in around.events)
        if self._is_closing and not answered:
            return "they were never answered"
        found = self._manners.verdict(stored.mention, self._said(), self._now)
        return "; ".join(found.reasons)

    def _said(self) -> Sequence[Reply]:
        return self._work.replies.of_ticket(self._due.ticket_id)

    def _picture(self, around: Around) -> tuple[StoredMention, Picture]:
        stored = self._work.mentions.get(around.newest)
        tags = self._tags(stored)
        if tags is None:
            message = f"mention {stored.id} has no tags"
            raise Missing(message)
        situation = Situation(
            mention=stored.mention, tags=tags, restored_as=stored.restored_as
        )
        regulation = self._policy.governing(stored.mention.published_at)
        return stored, picture_of(situation, self._policy.house, regulation, self._now)

    def _tags(self, stored: StoredMention) -> Tags | None:
        """Return its tags, with what people said of them that makes it worse."""
        tags = self._work.mentions.tags(stored.id)
        said = self._work.corrections.of_mention(stored.id)
        return None if tags is None else corrected(tags, worse(said))

    def _heard(self, around: Around) -> Sequence[Tags]:
        """Give the tags of all that was said in the ticket."""
        said = self._work.tickets.mentions(around.ticket.id)
        return [tags for one in said if (tags := self._tags(one)) is not None]

    def _template(self, picture: Picture) -> Template | None:
        """Choose a wording in the author's language, else in the house's own."""
        purpose = Purpose.SATISFACTION if self._is_closing else Purpose.STATUS
        templates = self._policy.templates
        own = self._policy.house.acknowledgement.default_language
        key = f"{self._due.ticket_id}:{self._due.episode}:{self._due.occasion}"
        for language in (_language(picture), own):
            if templates.has(language, purpose):
                return choose_template(templates, f"{language}/{purpose}", key=key)
        return None

    def _written(self, template: Template, promise: Promise | None, brand: str) -> str:
        if promise is None:
            return ""
        dates = self._policy.templates.dates[template.language]
        return written(promise.at, dates, self._manners.zone_of(brand))

    def _put(
        self, kept: Reply, promise: Promise | None, reasons: tuple[Reason, ...]
    ) -> bool:
        worded = replace(
            self._due,
            state=FollowUpState.WORDED,
            reply_id=kept.id,
            promised_at=promise.at if promise else None,
            due_at=self._now + AGAIN,
            reason="; ".join(one.text for one in reasons),
        )
        if not self._work.follow_ups.change(self._due, worded):
            message = f"follow-up {self._due.id} was changed by someone else"
            raise Stale(message)
        self._work.audit.append([self._worded(kept, worded, promise, reasons)])
        return True

    def _worded(
        self,
        reply: Reply,
        worded: FollowUp,
        promise: Promise | None,
        reasons: tuple[Reason, ...],
    ) -> AuditEntry:
        house = self._policy.house.ref
        return AuditEntry(
            action="follow_up.worded",
            subject=f"ticket:{worded.ticket_id}",
            at=self._now,
            detail={
                "occasion": worded.occasion.value,
                "episode": worded.episode,
                "reply": reply.id,
                "promised_at": promise.at.isoformat() if promise else None,
                "rule": promise.rule if promise else "",
                "because": [asdict(one) for one in reasons],
                "house": f"{house.id} {house.version}",
                "house_sha256": house.sha256,
            },
        )

    def _put_off(self, until: datetime, reason: str) -> bool:
        later = replace(
            self._due, due_at=until, moves=self._due.moves + 1, reason=reason
        )
        moved = self._work.follow_ups.change(self._due, later)
        if moved and reason not in {NOT_YET, self._due.reason}:
            entry = _entry("follow_up.postponed", later, reason, self._now)
            self._work.audit.append([entry])
        return moved

    def _write_end(self, state: FollowUpState, reason: str) -> bool:
        over = replace(self._due, state=state, ended_at=self._now, reason=reason)
        return self._work.follow_ups.change(self._due, over)

    def _end(self, state: FollowUpState, reason: str) -> bool:
        over = replace(self._due, state=state, ended_at=self._now, reason=reason)
        ended = self._write_end(state, reason)
        if ended and state is not FollowUpState.DONE:
            is_skipped = state is FollowUpState.SKIPPED
            action = "follow_up.skipped" if is_skipped else "follow_up.cancelled"
            self._work.audit.append([_entry(action, over, reason, self._now)])
        return ended


def _language(picture: Picture) -> str:
    """Return the author's language, empty where it is not sure."""
    return primary(picture.tags.language) if picture.language_known else ""


def _entry(action: str, one: FollowUp, reason: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        action=action,
        subject=f"ticket:{one.ticket_id}",
        at=now,
        detail={
            "occasion": one.occasion.value,
            "episode": one.episode,
            "reply": one.reply_id,
            "reason": reason,
            "until": None if one.state.is_over else one.due_at.isoformat(),
        },
    )

"""Whether a platform lets us answer this author, here, now, in this writer's words.

The one place that decides it; what the platforms say is data (``PlatformPack``). Each
reason begins with the rule that gave it, as ``platforms.x.reply_if``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.decisions import Decision, Reason
from bot.domain.mentions import ChannelControl, Mention, MentionKind
from bot.domain.platforms import (
    Audience,
    Ground,
    ModelText,
    PlatformRules,
    Writer,
)
from bot.domain.replies import Reply, ReplyKind, ReplyState, Verdict
from bot.escalate.follow_ups import NOT_SAID

CLOSES_SOON = timedelta(hours=4)
"""A window that is open no longer than this is told of as closing."""

WITH_ITS_WRITER = frozenset({ReplyState.DRAFT, ReplyState.SUBMITTED})
"""Where nobody else has agreed to it yet."""

MODEL = "model:"
"""How ``written_by`` begins where a model wrote the words."""

_NOBOT = re.compile(r"(?<!\w)#\s?no[-_ ]?bots?\b", re.IGNORECASE)


def grounds(mention: Mention) -> frozenset[Ground]:
    """Return by what its author turned to us; nothing for a stranger's words.

    A repost carries somebody else's words. Under our own posts and in our own places
    people are answered without a tag, unless they write to each other there.
    """
    if mention.kind is MentionKind.REPOST:
        return frozenset()
    if mention.kind is MentionKind.MESSAGE:
        return frozenset({Ground.MESSAGES_US})
    found = set()
    is_ours = mention.control is ChannelControl.OWNED
    if is_ours and mention.kind in {MentionKind.POST, MentionKind.REVIEW}:
        found.add(Ground.OWN_PLACE)
    if mention.is_addressed:
        found.add(_addressed(mention, is_ours=is_ours))
    if mention.kind is MentionKind.REVIEW and (is_ours or mention.is_addressed):
        found.add(Ground.REVIEWS_US)
    return frozenset(found)


def _addressed(mention: Mention, *, is_ours: bool) -> Ground:
    if mention.kind is MentionKind.QUOTE:
        return Ground.QUOTES_US
    return Ground.REPLIES_TO_US if is_ours else Ground.MENTIONS_US


def writer_of(reply: Reply) -> Writer:
    """Return who worded a reply: whom a person chose words for, a person answers.

    An acknowledgement or follow-up is the house's template; an answer, and what is said
    to somebody in need, a person wrote or chose.
    """
    if reply.written_by.startswith(MODEL):
        return Writer.MODEL
    is_chosen = "/care/" in reply.template
    if reply.kind is ReplyKind.ANSWER or not reply.template or is_chosen:
        return Writer.PERSON
    return Writer.TEMPLATE


def verdict(
    mention: Mention,
    rules: PlatformRules,
    said: Iterable[Reply],
    now: datetime,
    *,
    writer: Writer,
    audience: Audience = Audience.PUBLIC,
) -> Verdict:
    """Whether a text may go to a mention's author, and until when.

    ``said`` are our other replies of the conversation. Every rule that forbids it is
    named, in order; where a window is open, ``open_until`` says when it closes.
    """
    reasons = [
        *_stranger(mention, rules, audience),
        *_machine(mention, rules, writer),
        *_too_many(mention, rules, said, writer, audience),
    ]
    until, rule = open_until(mention, rules, writer=writer, audience=audience)
    if until is not None and now >= until:
        words = f"its window closed at {until:%Y-%m-%d %H:%M} UTC"
        reasons.append(_reason(mention, rule, words))
    return Verdict(allowed=not reasons, reasons=tuple(reasons), open_until=until)


def open_until(
    mention: Mention, rules: PlatformRules, *, writer: Writer, audience: Audience
) -> tuple[datetime | None, str]:
    """Return when the platform's window for it closes, and by which rule.

    ``None``: the platform names none.
    """
    is_message = Ground.MESSAGES_US in grounds(mention)
    if audience is Audience.PUBLIC and not is_message:
        return None, ""
    if not is_message:
        once = rules.private_reply
        within = once.within if once else None
        return _after(mention, within), "private_reply"
    if writer is Writer.PERSON and rules.person_window is not None:
        return _after(mention, rules.person_window), "person_window"
    return _after(mention, rules.private_window), "private_window"


def _after(mention: Mention, span: timedelta | None) -> datetime | None:
    return None if span is None else mention.published_at + span


def windows(mention: Mention, rules: PlatformRules) -> tuple[tuple[str, datetime], ...]:
    """Return every window for private words to an author, and when each closes.

    What is over is told too: that nothing can be sent any more matters as much.
    """
    if mention.author is None:
        return ()
    if Ground.MESSAGES_US in grounds(mention):
        found = [("private_window", rules.private_window)]
        found.append(("person_window", rules.person_window))
    else:
        once = rules.private_reply
        found = [("private_reply", once.within if once else None)]
    return tuple((name, mention.published_at + span) for name, span in found if span)


def countdown(closes_at: datetime, now: datetime) -> str:
    """Say how long a window is open still, as people read it."""
    left = closes_at - now
    if left <= timedelta(0):
        return f"closed since {closes_at:%Y-%m-%d %H:%M} UTC"
    hours, rest = divmod(int(left.total_seconds()), 3600)
    days, hours = divmod(hours, 24)
    told = f"{days} d {hours} h" if days else f"{hours} h {rest // 60} min"
    soon = ", closing" if left <= CLOSES_SOON else ""
    return f"open until {closes_at:%Y-%m-%d %H:%M} UTC ({told} left{soon})"


def held_back(
    decision: Decision, mention: Mention, rules: PlatformRules, now: datetime
) -> Decision:
    """Take an acknowledgement away that the platform does not allow; the rest stays.

    The ticket is worked on all the same: only nothing is said there by a program.
    """
    if decision.acknowledgement is None:
        return decision
    found = verdict(mention, rules, (), now, writer=Writer.TEMPLATE)
    if found.allowed:
        return decision
    reasons = [_as_reason(one) for one in found.reasons]
    return replace(
        decision, acknowledgement=None, reasons=(*decision.reasons, *reasons)
    )


def _as_reason(told: str) -> Reason:
    rule, _, words = told.partition(": ")
    return Reason(rule=rule, text=f"{words}: no acknowledgement")


def _reason(mention: Mention, rule: str, words: str) -> str:
    return f"platforms.{mention.channel}.{rule}: {words}"


def _stranger(
    mention: Mention, rules: PlatformRules, audience: Audience
) -> Sequence[str]:
    if mention.author is None:
        return [_reason(mention, "reply_if", "there is no account to answer")]
    given = grounds(mention)
    if audience is Audience.PUBLIC:
        if Ground.MESSAGES_US in given or not mention.is_public:
            words = "it was not said in public, and nothing of it is answered there"
            return [_reason(mention, "reply_if", words)]
        asked, rule = rules.reply_if, "reply_if"
    else:
        asked, rule = rules.private_if, "private_if"
        if rules.private_reply is not None and given & set(rules.reply_if):
            return []
    if given & set(asked):
        return []
    wanted = ", ".join(asked) or "nobody"
    words = f"its author did not turn to us here first (asked for: {wanted})"
    return [_reason(mention, rule, words)]


def _machine(mention: Mention, rules: PlatformRules, writer: Writer) -> Sequence[str]:
    found = []
    bio = mention.author.bio if mention.author else ""
    if rules.honour_nobot and writer is not Writer.PERSON and _NOBOT.search(bio):
        words = "its author wants no bot's words (#nobot): a person answers, or nobody"
        found.append(_reason(mention, "honour_nobot", words))
    if writer is Writer.MODEL and rules.model_text is ModelText.NEEDS_PLATFORM_APPROVAL:
        words = "the platform takes a model's words only where it approved that before"
        found.append(_reason(mention, "model_text", words))
    return found


def _too_many(
    mention: Mention,
    rules: PlatformRules,
    said: Iterable[Reply],
    writer: Writer,
    audience: Audience,
) -> Sequence[str]:
    """Count what is said to the very text; a person's own words are not automatic."""
    there = [
        one
        for one in said
        if one.in_reply_to == mention.external_id
        and one.state not in NOT_SAID
        and one.is_private is (audience is Audience.PRIVATE)
        and not _is_still_worded(one)
    ]
    if audience is Audience.PRIVATE:
        return _private_again(mention, rules, len(there))
    if not rules.max_replies or len(there) < rules.max_replies:
        return ()
    if writer is Writer.PERSON:
        return ()
    words = f"{rules.max_replies} automatic reply to one text is all that it allows"
    return [_reason(mention, "max_replies", words)]


def _is_still_worded(reply: Reply) -> bool:
    """Whether a person's words have nobody's yes yet: they may never go out."""
    return bool(reply.written_by) and reply.state in WITH_ITS_WRITER


def _private_again(mention: Mention, rules: PlatformRules, there: int) -> Sequence[str]:
    """Count private messages to a public text; to a message there may be more."""
    once = rules.private_reply
    if once is None or Ground.MESSAGES_US in grounds(mention) or there < once.at_most:
        return ()
    words = f"{once.at_most} private message to a public text is all that it allows"
    return [_reason(mention, "private_reply", words)]

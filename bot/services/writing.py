"""Words as they are written: what they would be, may be and lack, before they are kept.

Whoever writes is told what the outbox would find, by the very same questions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from bot.clock import Clock
from bot.domain.guard import Checked, Finding
from bot.domain.mentions import MentionId, StoredMention, text_hash
from bot.domain.platforms import Audience, Writer
from bot.domain.ports import Store, Work
from bot.domain.replies import Reply, ReplyKind, ReplyState, Verdict
from bot.domain.tickets import Ticket, TicketId
from bot.errors import Stale
from bot.escalate.platforms import verdict, windows
from bot.services import drafts
from bot.services.replies import WITH_PEOPLE, Outbox, stops_of, tells_a_notice

NEWEST = 50
"""Mentions of a ticket from which to choose the one that is answered."""

_MARKED = re.compile(
    r"(?P<link>https?://\S*[^\s.,:;!?'\"()\[\]{}<>])"
    r"|(?P<mention>(?<![\w@/])@\w[\w.-]*(?:@\w[\w.-]*\w)?)"
    r"|(?P<tag>(?<![\w#&/])#\w+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person writes, to whom, and whether others may read it.

    ``read_sha256`` is the hash of the draft that they have before them, empty where
    they saw none.
    """

    ticket_id: TicketId
    text: str
    mention_id: MentionId | None = None
    is_private: bool = False
    language: str = ""
    read_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text: plain words, or within a link, a mention, a tag.

    ``counted`` is what the platform counts for the whole of that; ``found`` are the
    numbers of the findings that stand on it, from 1, ``ends`` those that end here.
    """

    text: str
    kind: str = ""
    counted: int = 0
    found: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is seen in words before they are kept.

    ``limit`` is 0 where none is known. ``why_not``: by what they would not go out.
    """

    reply: Reply
    length: int
    limit: int
    checked: Checked
    why_not: Sequence[str]
    why_two: Sequence[str]
    pieces: Sequence[Piece]

    @property
    def may_go(self) -> bool:
        """Whether they may be put forward."""
        return bool(self.reply.text) and not self.why_not and self.checked.may_be_public


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A mention that may be answered, in public or in private, or why it may not."""

    stored: StoredMention
    public: Verdict
    private: Verdict
    is_abusive: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it may be answered at all."""
        return self.public.allowed or self.private.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that whoever writes must see around the words.

    ``kept`` is the reply that people are still at, ``said`` one that left their hands
    already. ``windows`` are for private words, each with when it closes; ``stops`` what
    would hold the reply back.
    """

    ticket: Ticket
    choices: Sequence[Choice]
    chosen: Choice | None
    is_private: bool
    kept: Reply | None
    said: Reply | None
    windows: Sequence[tuple[str, datetime]]
    stops: Mapping[str, str]
    is_live: bool
    is_led_away: bool


def desk(
    work: Work,
    outbox: Outbox,
    ticket_id: TicketId,
    now: datetime,
    *,
    mention_id: MentionId | None = None,
    is_private: bool | None = None,
) -> Desk:
    """Gather what stands around a reply to a ticket; raises ``Missing``."""
    ticket = work.tickets.get(ticket_id)
    ours = list(work.replies.of_ticket(ticket_id))
    newest = _said(work, ticket_id)[-NEWEST:]
    tags = work.mentions.newest_tags([one.id for one in newest])
    abusive = {each for each, one in tags.items() if one.is_abusive}
    choices = [
        replace(_choice(outbox, one, ours, now), is_abusive=one.id in abusive)
        for one in reversed(newest)
        if one.mention.author is not None and one.removed_at is None
    ]
    chosen = _chosen(choices, ours, mention_id)
    there = _answer(ours, chosen.stored) if chosen else None
    kept = there if there and there.state in WITH_PEOPLE else None
    said = (
        there if there and there.state not in WITH_PEOPLE | drafts.NEVER_SAID else None
    )
    if is_private is None:
        is_private = kept.is_private if kept else _only_private(chosen)
    return Desk(
        ticket=ticket,
        choices=choices,
        chosen=chosen,
        is_private=is_private,
        kept=kept,
        said=said,
        windows=_windows(outbox, chosen),
        stops=_stops(work, ticket, chosen),
        is_live=chosen is not None and outbox.is_live(chosen.stored.mention.channel),
        is_led_away=work.hand_offs.open_of(ticket_id) is not None,
    )


def _said(work: Work, ticket_id: TicketId) -> Sequence[StoredMention]:
    """Return what may be answered, the message of a private talk included."""
    said = list(work.tickets.mentions(ticket_id))
    known = {one.id for one in said}
    return said + [
        one for one in drafts.written_in_private(work, ticket_id) if one.id not in known
    ]


def _choice(
    outbox: Outbox, stored: StoredMention, ours: Sequence[Reply], now: datetime
) -> Choice:
    rules = outbox.platforms.of(stored.mention.channel)
    found = {
        audience: verdict(
            stored.mention,
            rules,
            ours if audience is Audience.PRIVATE else (),
            now,
            writer=Writer.PERSON,
            audience=audience,
        )
        for audience in Audience
    }
    return Choice(
        stored=stored,
        public=found[Audience.PUBLIC],
        private=found[Audience.PRIVATE],
    )


def _chosen(
    choices: Sequence[Choice], ours: Sequence[Reply], mention_id: MentionId | None
) -> Choice | None:
    """Take the one that is named, else one that a draft answers, else the newest."""
    if mention_id is not None:
        return next((one for one in choices if one.stored.id == mention_id), None)
    drafted = {one.mention_id for one in ours if _is_with_people(one)}
    by_draft = (one for one in choices if one.stored.id in drafted)
    open_ones = (one for one in choices if one.is_open)
    return next(by_draft, None) or next(open_ones, None) or next(iter(choices), None)


def _is_with_people(reply: Reply) -> bool:
    return reply.kind is ReplyKind.ANSWER and reply.state in WITH_PEOPLE


def _answer(ours: Sequence[Reply], stored: StoredMention) -> Reply | None:
    return next(
        (
            one
            for one in ours
            if one.mention_id == stored.id and one.kind is ReplyKind.ANSWER
        ),
        None,
    )


def _only_private(chosen: Choice | None) -> bool:
    return chosen is not None and not chosen.public.allowed and chosen.private.allowed


def _windows(outbox: Outbox, chosen: Choice | None) -> Sequence[tuple[str, datetime]]:
    if chosen is None:
        return ()
    mention = chosen.stored.mention
    return windows(mention, outbox.platforms.of(mention.channel))


def _stops(work: Work, ticket: Ticket, chosen: Choice | None) -> Mapping[str, str]:
    if chosen is None:
        return {}
    words = Words(ticket_id=ticket.id, text="")
    return stops_of(work, _worded(chosen.stored, ticket, words, ticket.opened_at))


def look(store: Store, outbox: Outbox, clock: Clock, words: Words) -> Looked:
    """Say what words would be and lack as they stand; nothing of them is kept.

    Raises ``Missing``, or ``NotAllowed`` where nobody may be answered at all.
    """
    drafts.demand_bounds(words.text)
    now = clock.now()
    with store.reading() as work:
        ticket = work.tickets.get(words.ticket_id)
        stored = _to_answer(work, outbox, ticket, words, now)
        reply = _worded(stored, ticket, words, now)
        is_live = outbox.is_live(reply.channel)
        no_way = is_live and reply.channel not in outbox.senders
        why_not = (
            outbox.length(reply) if reply.text else "",
            f"no source may reply on {reply.channel}" if no_way else "",
            tells_a_notice(work, reply),
        )
        length, limit = outbox.measure(
            reply.channel, reply.text, is_private=reply.is_private
        )
        checked = outbox.guard(work, reply)
        return Looked(
            reply=reply,
            length=length,
            limit=limit,
            checked=checked,
            why_not=tuple(filter(None, why_not)),
            why_two=outbox.four_eyes(work, reply, now),
            pieces=pieces(
                reply.text,
                lambda part: _count(outbox, reply, part),
                checked.findings,
            ),
        )


def _count(outbox: Outbox, reply: Reply, part: str) -> int:
    return outbox.measure(reply.channel, part, is_private=reply.is_private)[0]


def _to_answer(
    work: Work, outbox: Outbox, ticket: Ticket, words: Words, now: datetime
) -> StoredMention:
    audience = Audience.PRIVATE if words.is_private else Audience.PUBLIC
    return drafts.to_answer(
        work, ticket, words.mention_id, outbox.platforms, now, audience=audience
    )


def _worded(
    stored: StoredMention, ticket: Ticket, words: Words, now: datetime
) -> Reply:
    text, mention = words.text.strip(), stored.mention
    return Reply(
        ticket_id=ticket.id,
        mention_id=stored.id,
        kind=ReplyKind.ANSWER,
        state=ReplyState.DRAFT,
        channel=mention.channel,
        brand=mention.brand,
        conversation=mention.conversation,
        in_reply_to=mention.external_id,
        author=mention.author.external_id if mention.author else "",
        text=text,
        text_hash=text_hash(text),
        language=words.language,
        template="",
        created_at=now,
        is_private=words.is_private,
    )


def pieces(
    text: str, counts: Callable[[str], int], findings: Sequence[Finding] = ()
) -> tuple[Piece, ...]:
    """Cut a text at what platforms make links of, and at what was found in it.

    What was found in the text as a whole stands on no piece.
    """
    marked = list(_MARKED.finditer(text))
    numbered = [
        (number, one.start, one.end)
        for number, one in enumerate(findings, start=1)
        if (one.start, one.end) != (0, len(text))
    ]
    spans = [one.span() for one in marked]
    spans += [(start, end) for _, start, end in numbered]
    cuts = sorted({0, len(text), *(edge for span in spans for edge in span)})
    made = []
    for start, end in pairwise(cuts):
        link = next((one for one in marked if one.start() <= start < one.end()), None)
        on = [one for one in numbered if one[1] <= start < one[2]]
        made.append(
            Piece(
                text=text[start:end],
                kind=(link.lastgroup or "") if link else "",
                counted=counts(link[0]) if link else 0,
                found=tuple(number for number, _, _ in on),
                ends=tuple(number for number, _, last in on if last == end),
            )
        )
    return tuple(made)


def save(store: Store, outbox: Outbox, clock: Clock, words: Words, *, by: str) -> Reply:
    """Keep words as a draft, new or in the place of what was read.

    The same words again change nothing. Raises ``Missing``, ``NotAllowed``, or
    ``Stale`` if somebody else wrote meanwhile.
    """
    drafts.demand_bounds(words.text)
    now = clock.now()
    with store.reading() as work:
        ticket = work.tickets.get(words.ticket_id)
        stored = _to_answer(work, outbox, ticket, words, now)
        known = work.replies.of_mention(stored.id, ReplyKind.ANSWER)
    kept = known if known and known.state in WITH_PEOPLE else None
    if kept is not None and not _may_write_over(kept, words, by):
        writer = kept.written_by or "the bot"
        message = f"{kept.key} was written by {writer} meanwhile; read it first"
        raise Stale(message)
    if kept is not None and kept.is_private is words.is_private:
        return _edited(store, outbox, clock, kept, words, by=by)
    if kept is not None:
        where = "private" if words.is_private else "public"
        reason = f"goes on in {where}"
        drafts.cancel(store, clock, kept.id, by=by, reason=reason)
    return drafts.draft(
        store,
        clock,
        words.ticket_id,
        text=words.text,
        by=by,
        mention_id=stored.id,
        platforms=outbox.platforms,
        language=words.language,
        guard=outbox.guard,
        is_private=words.is_private,
        measured=outbox.length,
    )


def _may_write_over(kept: Reply, words: Words, by: str) -> bool:
    """Whether words may take the place of others: read, the same, or a draft of theirs.

    Of one person's own saves, which may pass each other, the later one holds; but none
    that comes late takes back what they have put forward meanwhile.
    """
    is_own_draft = kept.written_by == by and kept.state is not ReplyState.SUBMITTED
    is_read = kept.text_hash in {words.read_sha256, text_hash(words.text.strip())}
    return is_own_draft or is_read


def _edited(
    store: Store, outbox: Outbox, clock: Clock, kept: Reply, words: Words, *, by: str
) -> Reply:
    is_same = kept.text_hash == text_hash(words.text.strip())
    is_same = is_same and words.language in {"", kept.language}
    if is_same and kept.state is not ReplyState.REJECTED:
        return kept
    return drafts.edit(
        store,
        clock,
        kept.id,
        text=words.text,
        by=by,
        guard=outbox.guard,
        measured=outbox.length,
        language=words.language,
        read_sha256=kept.text_hash,
    )


def put_forward(
    store: Store, outbox: Outbox, clock: Clock, words: Words, *, by: str
) -> Reply:
    """Keep words and put them before whoever says yes; done twice, it is done once.

    Raises as ``save`` does.
    """
    kept = save(store, outbox, clock, words, by=by)
    if kept.state is ReplyState.SUBMITTED:
        return kept
    return drafts.submit(
        store,
        clock,
        kept.id,
        by=by,
        guard=outbox.guard,
        measured=outbox.length,
        read_sha256=kept.text_hash,
    )

"""Listen: one page of a source into the database, with its cursor, in one commit."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.channels import (
    Aside,
    Connector,
    Coverage,
    Page,
    Quarantined,
    ReadsDeliveries,
)
from bot.domain.mentions import Mention, StoredMention, text_hash
from bot.domain.ports import Notice, SourceState, Store, Work
from bot.errors import AccessDenied, BudgetSpent, ConnectorError, RateLimited
from bot.services.deliveries import read_until
from bot.services.edits import edit, is_edit

FUTURE = timedelta(days=1)
"""A platform's clock may be a little ahead of ours, but not by a day."""

UNWATCHED = timedelta(minutes=10)
"""Longer than any usual pause between two looks at a source."""

OPERATOR, COMPLIANCE = "operator", "compliance_officer"
"""Whom notices about sources are for."""

REMOVALS_WITHIN = timedelta(hours=24)
"""Where the platform's rules name no time: the strictest that any of them names."""

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connector with the operator's name for it, its pace and its monthly limit.

    ``removals_within``: how soon after its removal there a text must be gone here.
    """

    name: str
    connector: Connector
    page: int = 100
    every: timedelta = timedelta(minutes=1)
    monthly_reads: int | None = None
    monthly_posts: int | None = None
    removals_within: timedelta = REMOVALS_WITHIN

    @property
    def late_after(self) -> timedelta:
        """From when on after a look the next one is late, and a gap lies between."""
        return 2 * self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccounts:
    """The brands' own accounts by channel: handles and ids, in lower case."""

    by_channel: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def wrote(self, mention: Mention) -> bool:
        """Whether a brand wrote this itself."""
        own = self.by_channel.get(mention.channel, frozenset())
        author = mention.author
        return author is not None and bool(
            own & {author.handle.lower(), author.external_id.lower()}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What one page brought. ``position`` of ``total`` says how far a file is read."""

    fetched: int = 0
    stored: int = 0
    own: int = 0
    quarantined: int = 0
    more: bool = False
    position: int = 0
    total: int = 0


def ingest(store: Store, source: Source, clock: Clock, own: OwnAccounts) -> Ingested:
    """Fetch and store one page; what is stored already is not stored again.

    Raises the connector's error after recording it, with the blind time it means and
    when the source may be asked again.
    """
    started = clock.now()
    with store.reading() as work:
        state = work.sources.state(source.name)
        reads, _posts = work.sources.spent(source.name, month_of(started))
    look = _Look(source=source, state=state, started=started)
    try:
        over_budget(source, reads, started)
        page = source.connector.fetch(state.cursor, limit=source.page)
    except ConnectorError as error:
        with store.work() as work:
            _record_failure(work, look, error, clock.now())
        raise
    with store.work() as work:
        return _keep(work, look, page, clock.now(), own)


def over_budget(source: Source, reads: int, now: datetime) -> None:
    """Raise ``BudgetSpent`` where the month's reads are used up."""
    if source.monthly_reads is not None and reads >= source.monthly_reads:
        raise BudgetSpent(
            source.connector.info.name,
            f"source {source.name} has used its {source.monthly_reads} reads of this "
            "month; raise budget.monthly_reads or wait for the next month",
            retry_at=next_month(now),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look at a source: where it stood, and when the look began."""

    source: Source
    state: SourceState
    started: datetime

    @property
    def asleep_since(self) -> datetime | None:
        """Since when nobody looked, for so long that the program cannot have run.

        After a failure the log has said already why it is not seen.
        """
        since, source = self.state.last_success_at, self.source
        if since is None or self.state.failures or not source.connector.info.is_live:
            return None
        patience = max(UNWATCHED, 3 * source.every)
        return since if self.started - since > patience else None

    @property
    def unseen_since(self) -> datetime | None:
        """Since when nobody looked though a look was due; ``None``: it comes in time.

        After a failure that is when the source might be asked again.
        """
        state, source = self.state, self.source
        since = state.retry_at if state.failures else state.last_success_at
        if since is None or not source.connector.info.is_live:
            return None
        return since if self.started - since > source.late_after else None

    @property
    def out_of_reach(self) -> str:
        """Why what was said since the last look may be lost; empty if nothing is."""
        reach, since = self.source.connector.info.reaches_back, self.unread_since
        if reach is None or since is None or self.started - since <= reach:
            return ""
        label, days = self.source.connector.info.label, reach / timedelta(days=1)
        return f"{label} shows nothing older than {days:g} days"

    @property
    def unread_since(self) -> datetime | None:
        """When it was read last, if that is so long ago that a gap lies between."""
        is_gap = self.state.failures or self.unseen_since
        return self.state.last_success_at if is_gap else None

    def covered(self, now: datetime, outcome: str) -> Coverage:
        return Coverage(
            source=self.source.name,
            started_at=self.started,
            ended_at=now,
            outcome=outcome,
        )


def _keep(
    work: Work, look: _Look, page: Page, now: datetime, own: OwnAccounts
) -> Ingested:
    source, state = look.source, look.state
    is_live = source.connector.info.is_live
    taken = take_in(work, source, page, own, now)
    stored = taken.stored
    kept_aside = work.quarantine.add(source.name, taken.bad, now)
    work.sources.save(
        replace(
            state,
            cursor=page.cursor,
            last_success_at=now,
            failures=0,
            retry_at=None,
            off_because="",
            moved_at=state.moved_at if page.cursor == state.cursor else now,
            newest_at=max(
                filter(
                    None,
                    [state.newest_at, *(one.published_at for one in taken.believed)],
                ),
                default=None,
            ),
        )
    )
    if isinstance(source.connector, ReadsDeliveries):
        read_until(work, source.name, page.cursor, now)
    if page.reads:
        work.sources.spend(source.name, now, reads=page.reads)
    _note_sleep(work, look, now)
    if is_live:
        missed = page.missed or look.out_of_reach
        seen = replace(look.covered(now, "ok"), detail=missed)
        work.sources.cover(
            replace(seen, fetched=len(page.mentions), stored=len(stored))
        )
        if missed:
            _tell_unclosed(work, look, missed, now)
    work.audit.append(_entries(look, stored, kept_aside, now))
    return Ingested(
        fetched=len(page.mentions),
        stored=len(stored),
        own=taken.own,
        quarantined=kept_aside,
        more=page.more,
        position=page.position,
        total=page.total,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a page: what is new, what was believed, what makes no sense."""

    stored: Sequence[StoredMention]
    believed: Sequence[Mention]
    own: int
    bad: Sequence[Quarantined]


def take_in(
    work: Work,
    source: Source,
    page: Page,
    own: OwnAccounts,
    now: datetime,
    *,
    seen_at: datetime | None = None,
) -> Taken:
    """Store what a page brings and others wrote; take in edits and removals.

    ``seen_at``: we had it before, and could not read it. A platform that dates it
    after that is wrong, so it counts as published when we had it.
    """
    first_seen = seen_at or now
    echoes = _echoes(work, page.mentions)
    others = [
        mention
        for mention in page.mentions
        if not own.wrote(mention) and mention.external_id not in echoes
    ]
    early = [m for m in others if m.published_at <= now + FUTURE]
    late = [m for m in others if m.published_at > now + FUTURE]
    if seen_at is not None:
        early = [_published_by(mention, seen_at) for mention in early]
    if source.connector.info.is_live:
        early = [_counted(mention, first_seen) for mention in early]
    standing = _edited(work, early, now)
    stored = work.mentions.add(standing, source=source.name, at=first_seen)
    if page.removed:
        channel = page.channel or source.connector.info.name
        work.removals.gone(channel, page.removed, now)
    return Taken(
        stored=stored,
        believed=early,
        own=len(page.mentions) - len(others),
        bad=[*page.bad, *(_from_the_future(mention) for mention in late)],
    )


def _published_by(mention: Mention, seen_at: datetime) -> Mention:
    if mention.published_at <= seen_at + FUTURE:
        return mention
    return replace(mention, published_at=seen_at)


def _edited(work: Work, mentions: Sequence[Mention], now: datetime) -> list[Mention]:
    """Take in what was edited; leave out what its author took back meanwhile.

    A late page of another feed may still have it, with its author's name.
    """
    by_channel: dict[str, list[str]] = {}
    for mention in mentions:
        by_channel.setdefault(mention.channel, []).append(mention.external_id)
    known = {
        (channel, external_id): stored
        for channel, ids in by_channel.items()
        for external_id, stored in work.mentions.known(channel, ids).items()
    }
    standing: dict[tuple[str, str], Mention] = {}
    for mention in mentions:
        key = (mention.channel, mention.external_id)
        stored = known.get(key)
        if stored is None:
            standing[key] = _later(standing.get(key, mention), mention)
        elif stored.removed_at is None:
            standing[key] = mention
        if stored is not None and is_edit(stored, mention):
            edit(work, stored, mention, now)
            known[key] = work.mentions.get(stored.id)
    return [*standing.values()]


def _later(one: Mention, other: Mention) -> Mention:
    """Return of two sights of a mention the one that was edited last."""
    return max(one, other, key=lambda each: each.edited_at or each.published_at)


def _counted(mention: Mention, now: datetime) -> Mention:
    """Note when a platform told its counts; those in a file are of an unknown time."""
    return replace(mention, engagement=replace(mention.engagement, counted_at=now))


def _echoes(work: Work, mentions: Sequence[Mention]) -> set[str]:
    """Our own replies come back from every platform sooner or later."""
    by_channel: dict[str, list[str]] = {}
    for mention in mentions:
        by_channel.setdefault(mention.channel, []).append(mention.external_id)
    return {
        external_id
        for channel, ids in by_channel.items()
        for external_id in work.replies.is_ours(channel, ids)
    }


def _from_the_future(mention: Mention) -> Quarantined:
    return Quarantined(
        where=f"{mention.channel}:{mention.external_id}",
        reason=f"published_at is {mention.published_at.date()}, in the future",
        payload=json.dumps(asdict(mention), default=str),
        kind=Aside.MENTION,
    )


def _entries(
    look: _Look, stored: Sequence[StoredMention], kept_aside: int, now: datetime
) -> list[AuditEntry]:
    source, state = look.source, look.state
    entries = [stored_entry(one, now) for one in stored]
    if kept_aside:
        entries.append(
            AuditEntry(
                action="mentions.quarantined",
                subject=f"source:{source.name}",
                at=now,
                detail={"items": kept_aside},
            )
        )
    if state.failures:
        entries.append(
            AuditEntry(
                action="source.recovered",
                subject=f"source:{source.name}",
                at=now,
                detail={"failures": state.failures, "was_off": state.off_because},
            )
        )
    return entries


def stored_entry(one: StoredMention, now: datetime) -> AuditEntry:
    """Say that a mention is here, without its words."""
    mention = one.mention
    return AuditEntry(
        action="mention.stored",
        subject=f"mention:{one.id}",
        at=now,
        detail={
            "channel": mention.channel,
            "external_id": mention.external_id,
            "source": one.source,
            "published_at": mention.published_at.isoformat(),
            "text_sha256": text_hash(mention.text),
        },
    )


def _note_sleep(work: Work, look: _Look, now: datetime) -> None:
    """Record a stretch in which nobody looked; what was said then is read now."""
    since, name = look.unseen_since, look.source.name
    if since is not None:
        work.sources.cover(
            Coverage(
                source=name,
                started_at=since,
                ended_at=look.started,
                outcome="Unwatched",
            )
        )
    since = look.asleep_since
    if since is None:
        return
    work.audit.append(
        [
            AuditEntry(
                action="source.unwatched",
                subject=f"source:{name}",
                at=now,
                detail={
                    "since": since.isoformat(),
                    "until": look.started.isoformat(),
                },
            )
        ]
    )


def _tell_unclosed(work: Work, look: _Look, missed: str, now: datetime) -> None:
    """Say that something was never seen and cannot be read any more."""
    name, since = look.source.name, look.state.last_success_at
    detail = {
        "since": since and since.isoformat(),
        "until": look.started.isoformat(),
        "why": missed,
    }
    work.audit.append(
        [
            AuditEntry(
                action="source.unclosed",
                subject=f"source:{name}",
                at=now,
                detail=detail,
            )
        ]
    )
    for to in (OPERATOR, COMPLIANCE):
        work.notices.add(
            Notice(
                key=f"source:{name}:unclosed:{look.started.isoformat()}:{to}",
                to=to,
                subject=f"Source {name}: something may never have been seen",
                body=f"Between {_told(since)} and {_told(look.started)}: {missed}. "
                f"`bot source show {name}` has the stretch.",
                is_important=True,
            ),
            now,
        )


def _told(at: datetime | None) -> str:
    return "the beginning" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _record_failure(
    work: Work, look: _Look, error: ConnectorError, now: datetime
) -> None:
    source, state = look.source, look.state
    retry_at = again_at(error, now, pause_after(state.failures))
    denied = isinstance(error, AccessDenied)
    kind = type(error).__name__
    work.sources.save(
        replace(
            state,
            failures=state.failures + 1,
            retry_at=retry_at,
            off_because=error.shown if denied else "",
        )
    )
    _note_sleep(work, look, now)
    if source.connector.info.is_live:
        work.sources.cover(replace(look.covered(now, kind), detail=error.shown))
    work.audit.append(
        [
            AuditEntry(
                action="source.failed",
                subject=f"source:{source.name}",
                at=now,
                detail={
                    "error": kind,
                    "detail": error.detail,
                    "retry_at": retry_at.isoformat(),
                },
            )
        ]
    )
    if denied or isinstance(error, BudgetSpent):
        work.notices.add(
            Notice(
                key=f"source:{source.name}:{kind}:{now.date()}",
                to="operator",
                subject=f"Source {source.name} sees nothing: {kind}",
                body=error.shown,
                is_important=True,
            ),
            now,
        )


def again_at(error: ConnectorError, now: datetime, pause: timedelta) -> datetime:
    """Return when to ask again: when the platform says, else after our own pause."""
    return error.retry_at if isinstance(error, RateLimited) else now + pause


def pause_after(failures: int) -> timedelta:
    """Return a pause that grows with each failure in a row, with jitter.

    Jitter keeps many workers from all coming back at the same instant.
    """
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(failures, 10)))
    return longest * random.uniform(0.75, 1.0)  # noqa: S311 - no secret depends on it


def month_of(now: datetime) -> str:
    """Name the month that a paid quota counts by."""
    return f"{now:%Y-%m}"


def next_month(now: datetime) -> datetime:
    """Return the first instant of the month after."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)

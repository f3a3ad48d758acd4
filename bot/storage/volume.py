"""Figures by hour and day, the marks that keep them true, and the posts behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)

from bot.domain.clocks import ClockKind
from bot.domain.corrections import YES, TagKind, corrected
from bot.domain.decisions import Answer, Outcome
from bot.domain.mentions import MentionId
from bot.domain.replies import ReplyState
from bot.domain.volume import (
    HOUR,
    Aspect,
    Cell,
    Complaint,
    Grain,
    Marks,
    Place,
    Post,
    PostFilter,
    SeenMention,
    SeenTicket,
    Wanted,
)
from bot.errors import Missing, Stale
from bot.storage.corrections import to_correction
from bot.storage.rows import to_stored, to_tags
from bot.storage.statements import AnyRow, Repository, chunks
from bot.storage.tables import (
    ClockRow,
    ClockRunRow,
    CorrectionRow,
    DecisionRow,
    MentionRow,
    ReplyRow,
    TagRow,
    TicketRow,
    VolumeMarkRow,
    VolumeRow,
    table,
)

VOLUME, MARKS = table(VolumeRow), table(VolumeMarkRow)
MENTIONS, TAGS, DECISIONS = table(MentionRow), table(TagRow), table(DecisionRow)
CORRECTIONS, TICKETS = table(CorrectionRow), table(TicketRow)
REPLIES = table(ReplyRow)
CLOCKS, RUNS = table(ClockRow), table(ClockRunRow)

JUDGED = {Complaint.IN_SCOPE: Answer.YES, Complaint.TO_JUDGE: Answer.NEEDS_HUMAN}

SAID = (ReplyState.SENT, ReplyState.SEEN)
"""States of a reply that its platform took."""

ACKNOWLEDGED = "acknowledged"
"""What a regulator's clock of the first word is met by."""

HOURS_AT_ONCE, LOOKS = 24, 20
"""Hours that one query reads posts from, and queries for one page."""

WAITING_SHOWN = 500
"""Marks looked at one by one; of more, everything between them is read."""

Stretch = tuple[datetime, datetime]


class SqlVolume(Repository):
    """Numbers that are counted again wherever something changed."""

    __slots__ = ()

    def marks(self, limit: int) -> Marks:
        """Return what is to be counted anew, the first noted first."""
        query = select(MARKS).where(MARKS.c.at.is_not(None)).order_by(MARKS.c.id)
        rows = self._db.execute(query.limit(limit)).all()
        return Marks(ids=[row.id for row in rows], instants=[row.at for row in rows])

    def take(self, marks: Marks) -> None:
        """Forget marks; ``Stale`` if another process took any of them first."""
        gone = 0
        for some in chunks(marks.ids):
            gone += self._db.execute(delete(MARKS).where(MARKS.c.id.in_(some))).rowcount
        if gone != len(marks.ids):
            raise Stale("another process counts these hours; leave them to it")

    def waiting(self) -> int:
        """Count what is to be counted anew."""
        return self._db.scalar(select(func.count()).select_from(MARKS)) or 0

    def is_unfilled(self) -> bool:
        """Whether everything is to be counted anew."""
        return bool(self._db.scalar(select(exists().where(MARKS.c.at.is_(None)))))

    def start_anew(self, zone: ZoneInfo) -> None:
        """Forget all figures, and mark each hour in which anything is."""
        self._db.execute(delete(VOLUME))
        self._db.execute(delete(MARKS).where(MARKS.c.at.is_(None)))
        found: set[datetime] = set()
        for column in (MENTIONS.c.published_at, TICKETS.c.opened_at):
            at = self._db.scalar(select(func.min(column)))
            while at is not None:
                found.add(at)
                later = Grain.HOUR.end(Grain.HOUR.begin(at, zone), zone)
                at = self._db.scalar(select(func.min(column)).where(column >= later))
        if found:
            self._db.execute(MARKS.insert(), [{"at": at} for at in sorted(found)])

    def mentions_in(self, since: datetime, until: datetime) -> Iterator[SeenMention]:
        """Return what was published in a stretch, as it counts."""
        here = _between(MENTIONS.c.published_at, since, until)
        said = self._said(here)
        newest = _newest_tags()
        query = (
            select(
                MENTIONS.c.id,
                MENTIONS.c.brand,
                MENTIONS.c.channel,
                MENTIONS.c.published_at,
                MENTIONS.c.amplifies,
                TAGS.c.sentiment,
                TAGS.c.complaint,
                TAGS.c.topic,
                TAGS.c.is_influencer,
                DECISIONS.c.outcome,
                DECISIONS.c.verdict,
                DECISIONS.c.ticket_id,
            )
            .select_from(MENTIONS)
            .outerjoin(TAGS, TAGS.c.id == newest)
            .outerjoin(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
            .where(here)
        )
        for row in self._db.execute(query):
            by_people = said.get(row.id, {})
            told = by_people.get(TagKind.COMPLAINT)
            yield SeenMention(
                at=row.published_at,
                brand=row.brand,
                channel=row.channel,
                is_repeat=row.amplifies is not None,
                sentiment=by_people.get(TagKind.SENTIMENT) or row.sentiment or "",
                is_complaint=bool(row.complaint) if told is None else told == YES,
                topic=row.topic or "",
                is_influencer=bool(row.is_influencer),
                outcome=row.outcome or "",
                verdict=row.verdict or "",
                has_ticket=row.ticket_id is not None,
            )

    def _said(self, here: ColumnElement[bool]) -> Mapping[int, Mapping[str, str]]:
        query = (
            select(CORRECTIONS.c.mention_id, CORRECTIONS.c.kind, CORRECTIONS.c.value)
            .join(MENTIONS, MENTIONS.c.id == CORRECTIONS.c.mention_id)
            .where(here)
            .order_by(CORRECTIONS.c.id)
        )
        said: dict[int, dict[str, str]] = defaultdict(dict)
        for row in self._db.execute(query):
            said[row.mention_id][row.kind] = row.value
        return said

    def tickets_in(self, since: datetime, until: datetime) -> Iterator[SeenTicket]:
        """Return what was opened in a stretch, as it counts."""
        here = _between(TICKETS.c.opened_at, since, until)
        bot, person = self._first_words(here)
        regulator = self._acknowledged(here)
        query = select(
            TICKETS.c.id,
            TICKETS.c.brand,
            TICKETS.c.channel,
            TICKETS.c.opened_at,
            TICKETS.c.received_at,
        ).where(here)
        for row in self._db.execute(query):
            yield SeenTicket(
                opened_at=row.opened_at,
                brand=row.brand,
                channel=row.channel,
                bot=_taken(row.received_at, bot.get(row.id)),
                person=_taken(row.received_at, person.get(row.id)),
                regulator=regulator.get(row.id),
            )

    def _first_words(
        self, here: ColumnElement[bool]
    ) -> tuple[dict[int, datetime], dict[int, datetime]]:
        """Return when each ticket's author first had a word of ours, and a person's."""
        is_ours = REPLIES.c.written_by == ""
        query = (
            select(REPLIES.c.ticket_id, is_ours, func.min(REPLIES.c.sent_at))
            .join(TICKETS, TICKETS.c.id == REPLIES.c.ticket_id)
            .where(here, REPLIES.c.state.in_(SAID), REPLIES.c.sent_at.is_not(None))
            .group_by(REPLIES.c.ticket_id, is_ours)
        )
        bot: dict[int, datetime] = {}
        person: dict[int, datetime] = {}
        for ticket_id, ours, at in self._db.execute(query):
            (bot if ours else person)[ticket_id] = at
        return bot, person

    def _acknowledged(self, here: ColumnElement[bool]) -> dict[int, timedelta]:
        """Return how long the law's clock of the first word ran, where it was met."""
        first: dict[int, tuple[datetime, timedelta]] = {}
        for clocks in (CLOCKS, RUNS):
            query = (
                select(clocks.c.ticket_id, clocks.c.started_at, clocks.c.ended_at)
                .join(TICKETS, TICKETS.c.id == clocks.c.ticket_id)
                .where(
                    here,
                    clocks.c.kind == ClockKind.LEGAL,
                    clocks.c.ended_at.is_not(None),
                    clocks.c.ended_by == ACKNOWLEDGED,
                )
            )
            for ticket_id, started_at, ended_at in self._db.execute(query):
                lasted = max(ended_at - started_at, timedelta(0))
                told = (started_at, lasted)
                first[ticket_id] = min(told, first.get(ticket_id, told))
        return {ticket_id: lasted for ticket_id, (_, lasted) in first.items()}

    def put_hour(self, begun_at: datetime, numbers: Mapping[Cell, int]) -> None:
        """Write an hour's figures in place of those before."""
        self._forget(Grain.HOUR, begun_at)
        rows = [
            {
                "grain": Grain.HOUR,
                "aspect": cell.aspect,
                "starts_at": begun_at,
                "brand": cell.brand,
                "channel": cell.channel,
                "value": cell.value,
                "number": number,
            }
            for cell, number in numbers.items()
        ]
        if rows:
            self._db.execute(VOLUME.insert(), rows)

    def sum_day(self, begun_at: datetime, until: datetime) -> None:
        """Write a day's figures anew from its hours'."""
        self._forget(Grain.DAY, begun_at)
        kept = (VOLUME.c.aspect, VOLUME.c.brand, VOLUME.c.channel, VOLUME.c.value)
        sums = (
            select(
                literal(Grain.DAY.value),
                literal(begun_at, VOLUME.c.starts_at.type),
                *kept,
                func.sum(VOLUME.c.number),
            )
            .where(
                VOLUME.c.grain == Grain.HOUR,
                VOLUME.c.aspect.in_(list(Aspect)),
                _between(VOLUME.c.starts_at, begun_at, until),
            )
            .group_by(*kept)
        )
        names = ["grain", "starts_at", "aspect", "brand", "channel", "value", "number"]
        self._db.execute(insert(VOLUME).from_select(names, sums))

    def _forget(self, grain: Grain, begun_at: datetime) -> None:
        self._db.execute(
            delete(VOLUME).where(
                VOLUME.c.grain == grain,
                # Named one by one, or no index would be of use.
                VOLUME.c.aspect.in_(list(Aspect)),
                VOLUME.c.starts_at == begun_at,
            )
        )

    def over_time(
        self,
        aspect: Aspect,
        grain: Grain,
        since: datetime,
        until: datetime,
        wanted: Wanted,
        *,
        by_channel: bool = False,
    ) -> Sequence[tuple[datetime, str, int]]:
        """Return each stretch's figures by value or by channel, oldest first."""
        split = VOLUME.c.channel if by_channel else VOLUME.c.value
        kept = (VOLUME.c.starts_at, split)
        query = (
            select(*kept, func.sum(VOLUME.c.number))
            .where(
                VOLUME.c.grain == grain,
                VOLUME.c.aspect == aspect,
                _between(VOLUME.c.starts_at, since, until),
                *_of(VOLUME, wanted),
            )
            .group_by(*kept)
            .order_by(*kept)
        )
        return [(row[0], row[1], int(row[2])) for row in self._db.execute(query)]

    def in_all(
        self,
        aspects: Sequence[Aspect],
        since: datetime,
        until: datetime,
        wanted: Wanted,
    ) -> Sequence[tuple[Cell, int]]:
        """Return the figures of whole days taken together."""
        kept = (VOLUME.c.brand, VOLUME.c.channel, VOLUME.c.aspect, VOLUME.c.value)
        query = (
            select(*kept, func.sum(VOLUME.c.number))
            .where(
                VOLUME.c.grain == Grain.DAY,
                VOLUME.c.aspect.in_(aspects),
                _between(VOLUME.c.starts_at, since, until),
                *_of(VOLUME, wanted),
            )
            .group_by(*kept)
            .order_by(*kept)
        )
        return [
            (Cell(row[0], row[1], Aspect(row[2]), row[3]), int(row[4]))
            for row in self._db.execute(query)
        ]

    def posts(
        self, sought: PostFilter, *, before: Place | None, limit: int
    ) -> tuple[Sequence[Post], Place | None]:
        """Return the newest posts before a place, and where the list goes on.

        Only hours are read in which there is something of the kind, and what was not
        counted yet; a page may be short where few of them are what is looked for.
        """
        found: list[AnyRow] = []
        until = sought.until
        if before is not None:
            # Its own instant may hold more, told apart by their numbers.
            until = min(until, before.at + timedelta(microseconds=1))
        stretches: list[Stretch] = []
        for _ in range(LOOKS):
            stretches = self._stretches(sought, until)
            if not stretches:
                return self._as_posts(found), None
            query = _posts_in(sought, stretches, before).limit(limit + 1 - len(found))
            found += self._db.execute(query).all()
            if len(found) > limit:
                last = found[limit - 1]
                place = Place(at=last.published_at, id=last.id)
                return self._as_posts(found[:limit]), place
            until = stretches[-1][0]
        return self._as_posts(found), Place(at=until)

    def _stretches(self, sought: PostFilter, until: datetime) -> list[Stretch]:
        """Return the newest stretches to read before an instant, newest first."""
        aspect, value = sought.rarest
        query = (
            select(VOLUME.c.starts_at)
            .where(
                VOLUME.c.grain == Grain.HOUR,
                VOLUME.c.aspect == aspect,
                VOLUME.c.value == value,
                VOLUME.c.starts_at > sought.since - HOUR,
                VOLUME.c.starts_at < until,
                *_of(VOLUME, sought.wanted),
            )
            .distinct()
            .order_by(VOLUME.c.starts_at.desc())
            .limit(HOURS_AT_ONCE)
        )
        hours = [(at, at + HOUR) for at in self._db.scalars(query)]
        edge = hours[-1][0] if len(hours) == HOURS_AT_ONCE else sought.since
        return _merged([*hours, *self._uncounted(edge, until)], sought.since, until)

    def _uncounted(self, since: datetime, until: datetime) -> list[Stretch]:
        if self.is_unfilled():
            return [(since, until)]
        here = _between(MARKS.c.at, since, until)
        query = select(MARKS.c.at).distinct().where(here).limit(WAITING_SHOWN + 1)
        instants = list(self._db.scalars(query))
        moment = timedelta(microseconds=1)
        if len(instants) > WAITING_SHOWN:
            first, last = self._db.execute(
                select(func.min(MARKS.c.at), func.max(MARKS.c.at)).where(here)
            ).one()
            return [(first, last + moment)]
        return [(at, at + moment) for at in instants]

    def _as_posts(self, rows: Sequence[AnyRow]) -> Sequence[Post]:
        ids = [MentionId(row.id) for row in rows]
        tags: dict[int, AnyRow] = {}
        decisions: dict[int, AnyRow] = {}
        said: dict[int, list[AnyRow]] = defaultdict(list)
        for some in chunks(ids):
            for kept, query in (
                (tags, select(TAGS).where(TAGS.c.mention_id.in_(some))),
                (decisions, select(DECISIONS).where(DECISIONS.c.mention_id.in_(some))),
            ):
                ordered = query.order_by(query.selected_columns[0])
                kept.update((row.mention_id, row) for row in self._db.execute(ordered))
            told = select(CORRECTIONS).where(CORRECTIONS.c.mention_id.in_(some))
            for row in self._db.execute(told.order_by(CORRECTIONS.c.id)):
                said[row.mention_id].append(row)
        return [
            _post(row, tags.get(row.id), decisions.get(row.id), said[row.id])
            for row in rows
        ]

    def post(self, mention_id: MentionId) -> Post:
        """Return one, or raise ``Missing``."""
        query = select(MENTIONS).where(MENTIONS.c.id == mention_id)
        rows = self._db.execute(query).all()
        if not rows:
            message = f"there is no mention {mention_id}"
            raise Missing(message)
        return self._as_posts(rows)[0]

    def known(self) -> tuple[Sequence[str], Sequence[str]]:
        """Return the brands and the channels that anything was ever counted of."""
        return self._names(VOLUME.c.brand), self._names(VOLUME.c.channel)

    def _names(self, column: ColumnElement[str]) -> Sequence[str]:
        query = (
            select(column)
            .distinct()
            .where(VOLUME.c.grain == Grain.DAY, VOLUME.c.aspect == Aspect.MENTIONS)
        )
        return sorted(self._db.scalars(query))


def _taken(since: datetime, at: datetime | None) -> timedelta | None:
    return None if at is None else max(at - since, timedelta(0))


def _between(
    column: ColumnElement[datetime], since: datetime, until: datetime
) -> ColumnElement[bool]:
    return and_(column >= since, column < until)


def _of(rows: FromClause, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.brands:
        yield rows.c.brand.in_(sorted(wanted.brands))
    if wanted.channels:
        yield rows.c.channel.in_(sorted(wanted.channels))


def _newest_tags() -> Any:  # noqa: ANN401 - a scalar subquery
    others = TAGS.alias()
    newest = select(func.max(others.c.id)).where(others.c.mention_id == MENTIONS.c.id)
    return newest.scalar_subquery()


def _corrected(kind: TagKind) -> Any:  # noqa: ANN401 - a scalar subquery
    query = (
        select(CORRECTIONS.c.value)
        .where(CORRECTIONS.c.mention_id == MENTIONS.c.id, CORRECTIONS.c.kind == kind)
        .order_by(CORRECTIONS.c.id.desc())
        .limit(1)
    )
    return query.scalar_subquery()


def _merged(
    stretches: Sequence[Stretch], since: datetime, until: datetime
) -> list[Stretch]:
    """Return them within bounds, apart from each other, the newest first."""
    merged: list[Stretch] = []
    for begun, ended in sorted(stretches):
        start, end = max(begun, since), min(ended, until)
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged[::-1]


def _posts_in(
    sought: PostFilter, stretches: Sequence[Stretch], before: Place | None
) -> Select[Any]:
    published = MENTIONS.c.published_at
    query = (
        select(MENTIONS)
        .select_from(MENTIONS)
        .outerjoin(TAGS, TAGS.c.id == _newest_tags())
        .outerjoin(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
        .where(
            # Said at once too, so that an index is entered where the first one begins.
            _between(published, stretches[-1][0], stretches[0][1]),
            or_(*(_between(published, *one) for one in stretches)),
            *_of(MENTIONS, sought.wanted),
            *_as_sought(sought),
        )
        .order_by(published.desc(), MENTIONS.c.id.desc())
    )
    if before is not None:
        query = query.where(
            or_(
                published < before.at,
                and_(published == before.at, MENTIONS.c.id < before.id),
            )
        )
    return query


def _as_sought(sought: PostFilter) -> Iterator[ColumnElement[bool]]:
    is_set_aside = and_(
        DECISIONS.c.outcome == Outcome.SET_ASIDE, DECISIONS.c.ticket_id.is_(None)
    )
    yield case((is_set_aside, 1), else_=0) == int(sought.is_set_aside)
    if sought.sentiment:
        told = func.coalesce(_corrected(TagKind.SENTIMENT), TAGS.c.sentiment)
        yield told == sought.sentiment
    if sought.topic:
        yield TAGS.c.topic == sought.topic
    if sought.is_influencer:
        yield TAGS.c.is_influencer.is_(True)
    if sought.complaint == Complaint.TAGGED:
        yes = case((TAGS.c.complaint.is_(True), YES), else_="")
        yield func.coalesce(_corrected(TagKind.COMPLAINT), yes) == YES
    elif sought.complaint:
        yield DECISIONS.c.verdict == JUDGED[Complaint(sought.complaint)]
        yield MENTIONS.c.amplifies.is_(None)


def _post(
    row: AnyRow, tags: AnyRow | None, decision: AnyRow | None, said: Sequence[AnyRow]
) -> Post:
    corrections = [to_correction(one) for one in said]
    return Post(
        stored=to_stored(row),
        tags=None if tags is None else corrected(to_tags(tags), corrections),
        corrections=corrections,
        outcome=None if decision is None else Outcome(decision.outcome),
        ticket_id=None if decision is None else decision.ticket_id,
    )

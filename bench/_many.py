"""Fill a database as years of work would: tickets, mentions and all that hangs on them.

Not by the services, which would take days: rows go in as they would have been written,
in plausible shares. Of the tickets every sixteenth is open. Seals are there to be
shown, and do not verify.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.clocks import PackRef
from bot.domain.decisions import (
    Acknowledgement,
    Answer,
    Code,
    Decision,
    Fact,
    Outcome,
    Reason,
    Scope,
    ServiceTarget,
    Severity,
    Tier,
)
from bot.domain.mentions import Author, Engagement, Mention, MentionId, MentionKind
from bot.domain.tags import (
    HATE,
    OFFENSIVE,
    YES,
    Band,
    Influence,
    Points,
    Sentiment,
    Sign,
    Tags,
    Topic,
)
from bot.domain.tickets import TicketId
from bot.storage.deadlines import DEADLINES
from bot.storage.rows import author_row, decision_row, mention_row, tag_row
from bot.storage.store import SqlStore
from bot.storage.tables import Rows

BLOCK = 2_000
"""Tickets that are written in one transaction."""

PER_TICKET = 5
"""Mentions; the first opens the ticket, and most of the others are of no ticket."""

DAYS = 730
OPEN_SHARE = 16
ABUSIVE = 0.03
NOTED = 0.05
AUTHORS = 40
"""Hundredths of an author for each ticket."""

HOUSE = PackRef(id="house", version="1", sha256="a" * 64)
RULES = PackRef(id="au.asic.rg271", version="2021-09.1", sha256="b" * 64)
BRANDS = ("Aurora Air", "Aurora Bank", "Aurora Mobile", "Aurora Energy")
CHANNELS = ("x", "mastodon", "bluesky", "reddit", "facebook", "youtube")
LANGUAGES = ("en", "en", "en", "en", "en", "en", "en", "de", "es", "fr")
TOPICS = ("billing", "delay", "baggage", "app", "staff", "refund", "outage", None)
QUEUES = {1: "agents", 2: "specialists", 3: "escalation_team", 4: "management"}
PEOPLE = tuple(f"Agent {number:02d}" for number in range(1, 41))
WORDS = (
    "flight bag money card refund delay app login queue phone staff desk lounge seat "
    "meal voucher charge fee bill contract cancel wait hour day week month email chat "
    "answer nobody again never still lost broken wrong late early polite rude helpful "
    "thanks great terrible awful fine good bad worst best service support airport "
    "gate boarding luggage suitcase ticket booking price change update account "
    "password transfer payment debt hardship loan interest statement branch network "
    "outage power "
)
STEMS = WORDS.split()
SHAPES = (
    "{0} {1} with my {2}, {3} {4} and no {5} since {6}",
    "Why is the {0} {1}? I asked your {2} about the {3} and the {4} is {5}. {6}!",
    "@{7} third {0} this {1}: {2} {3}, {4} {5} {6}. Fix it",
    "Danke für nichts: {0} {1} {2}, der {3} ist {4} und {5} {6}",
)
CLOCKS = (
    ("acknowledge_target", "legal", "must", "RG 271.51", timedelta(days=1)),
    ("idr_response", "legal", "must", "RG 271.56", timedelta(days=30)),
    ("first_response", "service", "internal", "house", timedelta(hours=4)),
    ("resolution", "service", "internal", "house", timedelta(days=5)),
)
"""Rule, kind, force, paragraph and time of the promises that run on tickets."""

AUTHOR = Author(
    external_id="AUTHOR", handle="HANDLE", name="Somebody", bio="Trains and tea"
)

WORDS_OF = {
    "mention_words": "SELECT id, brand, channel, words_of(text) FROM mentions",
    "reply_words": "SELECT id, brand, channel, words_of(text) FROM replies",
    "note_words": (
        "SELECT event.id, brand, channel, words_of(detail) FROM ticket_events AS event"
        " JOIN tickets ON tickets.id = ticket_id WHERE name = 'noted'"
    ),
}
"""PostgreSQL's indexes of words, which its triggers would keep."""

Row = Sequence[Any]


class Matter(NamedTuple):
    """What everything of one ticket shares."""

    ticket: int
    received: datetime
    brand: str
    channel: str
    person: int
    is_open: bool


class Written:
    """Rows as the driver takes them, whose columns are set one by one."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self.dialect = dialect
        self.is_sqlite = dialect.name == "sqlite"

    def instant(self, at: datetime) -> str:
        """Write an instant as this database reads it."""
        if self.is_sqlite:
            return at.replace(tzinfo=None).isoformat(" ", "microseconds")
        return at.isoformat()

    def raw(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """Turn a row of the program's into one of the driver's."""
        columns = Rows.metadata.tables[name].c
        made: dict[str, Any] = {}
        for key, value in values.items():
            kind = columns[key].type.dialect_impl(self.dialect)
            bind = kind.bind_processor(self.dialect)
            put = bind(value) if bind else value
            made[key] = self.instant(value) if isinstance(value, datetime) else put
        return made


class SqliteSink:
    """Takes rows into a file, in transactions of many."""

    def __init__(self, url: sa.URL) -> None:
        self._db = sqlite3.connect(url.database or "", isolation_level=None)
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("BEGIN")

    def take(self, name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Write rows of one table."""
        marks = ", ".join("?" * len(columns))
        named = ", ".join(f'"{column}"' for column in columns)
        statement = f"INSERT INTO {name} ({named}) VALUES ({marks})"  # noqa: S608 - names of our own tables
        self._db.executemany(statement, rows)

    def commit(self) -> None:
        """End a block."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Let the planner know what there is."""
        self._db.execute("COMMIT")
        self._db.execute("ANALYZE")
        self._db.close()


class PostgresSink:
    """Takes rows by COPY, as a replica would: nothing is checked, no trigger runs."""

    def __init__(self, url: sa.URL) -> None:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._db = psycopg.connect(plain)
        self._db.execute("SET session_replication_role = replica")
        self._db.execute("SET synchronous_commit = off")
        self._indexes = self._db.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND indexdef NOT LIKE 'CREATE UNIQUE%'"
        ).fetchall()
        for name, _ in self._indexes:
            self._db.execute(f'DROP INDEX "{name}"')
        self._db.commit()

    def take(self, name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Write rows of one table."""
        named = ", ".join(f'"{column}"' for column in columns)
        text = "\n".join("\t".join(map(_copied, row)) for row in rows)
        with self._db.cursor().copy(f"COPY {name} ({named}) FROM STDIN") as copy:
            copy.write(f"{text}\n")

    def commit(self) -> None:
        """End a block."""
        self._db.commit()

    def close(self) -> None:
        """Make the indexes again, set the numbers on, let the planner know."""
        self._db.execute("SET maintenance_work_mem = '1GB'")
        for words, rows in WORDS_OF.items():
            self._db.execute(f"INSERT INTO {words} {rows}")
        self._db.commit()
        for _, made_by in self._indexes:
            self._db.execute(made_by)
            self._db.commit()
        for name, table in Rows.metadata.tables.items():
            if "id" in table.c and table.c.id.autoincrement:
                statement = (
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"  # noqa: S608 - names of our own tables
                    f" coalesce(max(id), 1)) FROM {name}"
                )
                self._db.execute(statement)
        self._db.commit()
        self._db.autocommit = True
        self._db.execute("VACUUM ANALYZE")
        self._db.close()


def _copied(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        return value.replace("\\", "\\\\") if "\\" in value else value
    return str(value)


class Years:
    """Makes block after block of tickets, the oldest first, with what hangs on them."""

    def __init__(self, written: Written, tickets: int, now: datetime) -> None:
        self._w, self._now, self.tickets = written, now, tickets
        self._chance = random.Random(271)
        self._people = max(tickets * AUTHORS // 100, 10)
        self._rows: dict[str, list[Row]] = defaultdict(list)
        self.columns: dict[str, list[str]] = {}
        self._ids: dict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))
        self._mentions = [self._mention_row() for _ in range(60)]
        self._tags = [self._tag_row() for _ in range(200)]
        self._decisions = {
            outcome: [self._decision_row(outcome) for _ in range(400)]
            for outcome in Outcome
        }
        both = {"house_pack": HOUSE, "regulation_pack": RULES}
        self._packs = written.raw("tickets", both)
        self._seals = 0

    def blocks(self) -> Iterator[tuple[int, dict[str, list[Row]]]]:
        """Give how many tickets a block holds, and its rows by table."""
        yield 0, self._authors()
        numbers = range(1, self.tickets + 1)
        for first in range(0, self.tickets, BLOCK):
            some = numbers[first : first + BLOCK]
            for number in some:
                self._ticket(number)
            yield len(some), self._taken()

    def _taken(self) -> dict[str, list[Row]]:
        self._seal()
        made, self._rows = self._rows, defaultdict(list)
        return made

    def _add(self, table: str, row: dict[str, Any]) -> None:
        if table not in self.columns:
            self.columns[table] = list(row)
        self._rows[table].append(tuple(row.values()))

    def _authors(self) -> dict[str, list[Row]]:
        for number in range(self._people):
            mention = _mention(self._chance)
            who = replace(AUTHOR, external_id=f"a-{number}", handle=f"user{number}")
            channel = CHANNELS[number % len(CHANNELS)]
            known = replace(mention, author=who, channel=channel)
            row = author_row(known, self._now)
            self._add("authors", self._w.raw("authors", row))
        return self._taken()

    def _mention_row(self) -> dict[str, Any]:
        made = mention_row(_mention(self._chance), "bench", self._now)
        return self._w.raw("mentions", {"id": 0, **made, "stage": "decided"})

    def _tag_row(self) -> dict[str, Any]:
        chance = self._chance
        made = tag_row(MentionId(0), _tags(chance), self._now)
        return self._w.raw("tags", {"id": 0, **made})

    def _decision_row(self, outcome: Outcome) -> dict[str, Any]:
        made = _decision(self._chance, outcome)
        row = decision_row(MentionId(0), made, TicketId(0), self._now)
        return self._w.raw("decisions", row)

    def _ticket(self, number: int) -> None:
        """Write one ticket, its mentions, clocks, replies, history and log."""
        chance = self._chance
        age = timedelta(days=DAYS) * (1 - number / self.tickets)
        received = self._now - age - timedelta(minutes=chance.random() * 60)
        # What is open is mostly of the last days.
        is_recent = number > self.tickets - self.tickets // (OPEN_SHARE * 2)
        is_open = is_recent or chance.random() < 1 / (OPEN_SHARE * 2)
        opener = chance.choice(self._decisions[Outcome.OPEN_TICKET])
        brand, channel = chance.choice(BRANDS), chance.choice(CHANNELS)
        person = chance.randrange(self._people)
        matter = Matter(number, received, brand, channel, person, is_open)
        first = self._said(matter, opener)
        closed = None if is_open else received + timedelta(days=chance.random() * 20)
        owner = chance.choice(PEOPLE) if is_open and _happens(chance, 0.3) else ""
        severity = Severity(opener["severity"])
        is_influencer = _happens(chance, 0.03)
        instant = self._w.instant
        until = self._now + timedelta(hours=2)
        sign = chance.choice(list(Sign)) if _happens(chance, 0.04) else None
        self._add(
            "tickets",
            {
                "id": number,
                "version": 3,
                "brand": brand,
                "channel": channel,
                "conversation": f"c-{number}",
                "status": "open" if is_open else "closed",
                "severity": opener["severity"],
                "urgency": is_influencer * len(Severity) + severity.rank,
                "code": opener["code"],
                "tier": opener["tier"],
                "queue": opener["queue"],
                "complaint": opener["verdict"],
                "band": chance.choice(list(Band)).value,
                "is_influencer": self._truth(is_influencer),
                **self._packs,
                "received_at": instant(received),
                "opened_at": instant(received + timedelta(minutes=2)),
                "closed_at": closed and instant(closed),
                "reach": chance.randrange(100_000),
                "mentions": 2,
                "owner": owner,
                "claim_expires_at": instant(until) if owner else None,
                "claim_lasts": "7200000000" if owner else None,
                "signs": f'["{sign.value}"]' if sign else None,
            },
        )
        self._clocks(number, received, closed, is_complaint=_happens(chance, 0.4))
        self._replies(matter, first)
        self._history(number, received, closed)

    def _truth(self, value: object) -> object:
        return int(bool(value)) if self._w.is_sqlite else bool(value)

    def _said(self, matter: Matter, opener: dict[str, Any]) -> int:
        """Write the mentions around a ticket; return the first one's number."""
        ticket, received, brand, channel, person, _ = matter
        chance, instant = self._chance, self._w.instant
        base = (ticket - 1) * PER_TICKET
        for place in range(PER_TICKET):
            number = base + place + 1
            outcome = _outcome(chance, place)
            joined = outcome in JOINED
            at = received + timedelta(minutes=7 * place)
            author = person if joined else chance.randrange(self._people)
            handle = f"user{author}"
            shown = chance.choice(self._mentions)
            text = _sentence(chance, handle, number)
            row = {
                **shown,
                "id": number,
                "channel": channel,
                "external_id": f"m-{number}",
                "brand": brand,
                "text": text,
                "published_at": instant(at),
                "conversation": f"c-{ticket}" if joined else f"o-{number}",
                "author_id": f"a-{author}",
                "author": shown["author"]
                .replace("HANDLE", handle)
                .replace("AUTHOR", f"a-{author}"),
                "amplifies": (
                    f"m-{base + 1}" if outcome is Outcome.ADD_REACH else None
                ),
                "url": f"https://example.org/{number}",
                "ingested_at": instant(at + timedelta(minutes=1)),
            }
            self._add("mentions", row)
            tag = chance.choice(self._tags)
            tagged = {"id": number, "mention_id": number, "tagged_at": instant(at)}
            self._add("tags", {**tag, **tagged})
            decided = opener if place == 0 else chance.choice(self._decisions[outcome])
            made = {
                "mention_id": number,
                "ticket_id": ticket if joined else None,
                "decided_at": instant(at + timedelta(minutes=2)),
            }
            self._add("decisions", {**decided, **made})
        return base + 1

    def _clocks(
        self,
        ticket: int,
        received: datetime,
        closed: datetime | None,
        *,
        is_complaint: bool,
    ) -> None:
        chance, instant = self._chance, self._w.instant
        for rule, kind, force, cite, within in CLOCKS:
            if kind == "legal" and not is_complaint:
                continue
            due = (received + within).replace(microsecond=0)
            met = received + within * chance.random() * 1.06
            ended = None if closed is None and _happens(chance, 0.6) else met
            if ended is not None:
                state = "breached" if ended > due else "met"
                next_at = None
            else:
                state = "breached" if due < self._now else "running"
                next_at = due if state == "running" else None
            pack = RULES if kind == "legal" else HOUSE
            self._add(
                "clocks",
                {
                    "id": next(self._ids["clocks"]),
                    "ticket_id": ticket,
                    "rule": rule,
                    "kind": kind,
                    "force": force,
                    "cite": cite,
                    "pack": (
                        f'{{"id":"{pack.id}","version":"{pack.version}",'
                        f'"sha256":"{pack.sha256}"}}'
                    ),
                    "started_at": instant(received),
                    "due_strict": instant(due),
                    "due_legal": instant(due),
                    "met_by": '["answered"]',
                    "provisional": self._truth(0),
                    "inputs": '{"zone":"Australia/Sydney","class":"standard"}',
                    "state": state,
                    "ended_at": ended and instant(ended),
                    "ended_by": "answered" if ended else "",
                    "due_at": next_at and instant(next_at),
                    "warn_at": None,
                },
            )

    def _replies(self, matter: Matter, mention: int) -> None:
        ticket, received, brand, channel, person, is_open = matter
        chance, instant = self._chance, self._w.instant
        for kind, share in (("acknowledgement", 0.6), ("answer", 0.4)):
            if not _happens(chance, share):
                continue
            number = next(self._ids["replies"])
            at = received + timedelta(hours=1)
            state = "seen"
            if is_open and kind == "answer":
                state = chance.choice(("draft", "submitted", "submitted", "seen"))
            is_out = state == "seen"
            self._add(
                "replies",
                {
                    "id": number,
                    "ticket_id": ticket,
                    "mention_id": mention,
                    "kind": kind,
                    "state": state,
                    "channel": channel,
                    "brand": brand,
                    "conversation": f"c-{ticket}",
                    "in_reply_to": f"m-{mention}",
                    "author": f"a-{person}",
                    "text": f"Sorry about that. {_sentence(chance, '', number)}",
                    "text_hash": f"{number:064x}",
                    "language": "en",
                    "template": "received" if kind != "answer" else "",
                    "created_at": instant(at),
                    "attempts": int(is_out),
                    "looks": 0,
                    "next_at": None,
                    "sending_at": instant(at) if is_out else None,
                    "sent_at": instant(at) if is_out else None,
                    "seen_at": instant(at) if is_out else None,
                    "external_id": f"r-{number}" if is_out else "",
                    "url": f"https://example.org/r/{number}" if is_out else "",
                    "reason": "",
                    "approved_by": "",
                    "written_by": "" if kind != "answer" else chance.choice(PEOPLE),
                },
            )

    def _history(
        self, ticket: int, received: datetime, closed: datetime | None
    ) -> None:
        chance, instant = self._chance, self._w.instant
        happened = [("received", 0), ("acknowledged", 60), ("claimed", 90)]
        if _happens(chance, NOTED):
            happened += [("noted", 100)]
        if closed is not None:
            happened += [("answered", 300), ("closed", 400)]
        for name, minutes in happened:
            at = instant(received + timedelta(minutes=minutes))
            said = f": {_sentence(chance, '', ticket)}" if name == "noted" else ""
            self._add(
                "ticket_events",
                {
                    "id": next(self._ids["ticket_events"]),
                    "ticket_id": ticket,
                    "name": name,
                    "happened_at": at,
                    "recorded_at": at,
                    "detail": f"by {chance.choice(PEOPLE)}{said}",
                    "facts": None,
                },
            )
            self._add(
                "audit_entries",
                {
                    "id": next(self._ids["audit_entries"]),
                    "at": at,
                    "actor": chance.choice(PEOPLE) if minutes else "bot",
                    "action": f"ticket.{name}",
                    "subject": f"ticket:{ticket}",
                    "detail": '{"queue":"agents","tier":1}',
                },
            )

    def _seal(self) -> None:
        """Cover a block's entries, in the form of a seal and without its proof."""
        entries = self._rows["audit_entries"]
        if not entries:
            return
        self._seals += 1
        root = f"{self._seals:064x}"
        for place, entry in enumerate(entries):
            leaf = {
                "entry_id": entry[0],
                "seal_number": self._seals,
                "position": place,
                "leaf": f"{entry[0]:064x}",
            }
            self._add("audit_leaves", leaf)
        seal = {
            "number": self._seals,
            "sealed_at": self._w.instant(self._now),
            "root": root,
            "previous": f"{self._seals - 1:064x}",
            "hash": root,
            "total": entries[-1][0],
        }
        self._add("audit_seals", seal)


BY_PLACE = {
    0: (1.0, Outcome.OPEN_TICKET),
    1: (0.6, Outcome.JOIN_TICKET),
    2: (0.3, Outcome.ADD_REACH),
}
"""How often which mention of a ticket's five is what; the others are of no ticket."""

JOINED = frozenset({Outcome.OPEN_TICKET, Outcome.JOIN_TICKET, Outcome.ADD_REACH})


def _happens(chance: random.Random, share: float) -> bool:
    return chance.random() < share


def _outcome(chance: random.Random, place: int) -> Outcome:
    share, joined = BY_PLACE.get(place, (0.2, Outcome.SET_ASIDE))
    return joined if _happens(chance, share) else Outcome.RECORD_ONLY


def _sentence(chance: random.Random, handle: str, number: int) -> str:
    """Make words of which some are everywhere, and one is nowhere else."""
    # The first words are many times as frequent as the last.
    words = [STEMS[int(len(STEMS) * chance.random() ** 2)] for _ in range(7)]
    shape = SHAPES[int(len(SHAPES) * chance.random() ** 2)]
    return f"{shape.format(*words, handle)} case{number:x}"


def _mention(chance: random.Random) -> Mention:
    return Mention(
        channel=chance.choice(CHANNELS),
        external_id="m-0",
        brand=chance.choice(BRANDS),
        text="words",
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        conversation="c-0",
        kind=chance.choice((MentionKind.POST, MentionKind.REPLY)),
        author=replace(AUTHOR, followers=int(10 ** (chance.random() * 6))),
        url="https://example.org/0",
        engagement=Engagement(likes=chance.randrange(90), views=chance.randrange(9999)),
    )


def _tags(chance: random.Random) -> Tags:
    share, negative = chance.random(), _happens(chance, 0.6)
    topic = chance.choice(TOPICS)
    points = Points(reason="reach", points=12.25)
    abuse = 0.9 if chance.random() < ABUSIVE else 0.1
    return Tags(
        sentiment=Sentiment.NEGATIVE if negative else Sentiment.NEUTRAL,
        sentiment_scores={"negative": share, "neutral": 1 - share, "positive": 0.0},
        complaint=negative,
        complaint_score=share,
        language=chance.choice(LANGUAGES),
        language_score=0.98,
        influence=Influence(
            score=chance.random() * 90,
            band=chance.choice(list(Band)),
            is_vip=False,
            roles=(),
            reasons=(points, points),
        ),
        model="bench-1",
        topic=Topic(name=topic, score=0.8) if topic else None,
        others={
            question: {YES: abuse, "no": 1 - abuse} for question in (HATE, OFFENSIVE)
        },
    )


def _decision(chance: random.Random, outcome: Outcome) -> Decision:
    tier = chance.choice((1, 1, 1, 1, 1, 2, 2, 3, 4))
    code = chance.choices((Code.GREEN, Code.AMBER, Code.RED), (80, 18, 2))[0]
    verdict = chance.choice((Answer.YES, Answer.NO, Answer.NO, Answer.NEEDS_HUMAN))
    fact = Fact(answer=verdict, score=0.75, reason="says so")
    return Decision(
        outcome=outcome,
        severity=chance.choices(tuple(Severity), (40, 40, 17, 3))[0],
        code=code,
        tier=Tier(tier),
        queue=QUEUES[tier],
        scope=Scope(
            dissatisfaction=fact,
            response_expected=fact,
            channel_controlled=fact,
            author_reachable=fact,
            verdict=verdict,
        ),
        house_pack=HOUSE,
        regulation_pack=RULES,
        reasons=(
            Reason(rule="severity", text="it is a complaint"),
            Reason(rule="queue", text="the matrix says so"),
        ),
        legal_class="standard" if verdict is Answer.YES else None,
        targets=(
            ServiceTarget(
                rule="first_response", met_by=("answered",), within=timedelta(hours=4)
            ),
        ),
        acknowledgement=Acknowledgement(template="received", needs_approval=False),
    )


def fill(url: str, tickets: int, now: datetime) -> None:
    """Fill an empty database, which is brought to the program's schema first."""
    store = SqlStore(url)
    store.upgrade()
    real = store.url
    store.close()
    is_sqlite = real.get_backend_name() == "sqlite"
    kind: Any = sqlite if is_sqlite else postgresql
    dialect = kind.dialect()
    sink: Any = SqliteSink(real) if is_sqlite else PostgresSink(real)
    years = Years(Written(dialect), tickets, now)
    with Progress(*_columns()) as bar:
        task = bar.add_task("tickets", total=tickets)
        for count, tables in years.blocks():
            for name, rows in tables.items():
                if rows:
                    sink.take(name, years.columns[name], rows)
            sink.commit()
            bar.advance(task, count)
    _settle(real)
    sink.close()


def _settle(url: sa.URL) -> None:
    """Write beside each ticket what lists show of its clocks and its first mention."""
    tickets, tags = Rows.metadata.tables["tickets"], Rows.metadata.tables["tags"]
    opened = (tickets.c.id - 1) * PER_TICKET + 1
    told = {
        name: sa.select(tags.c[name])
        .where(tags.c.mention_id == opened)
        .scalar_subquery()
        for name in ("language", "topic")
    }
    engine = sa.create_engine(url)
    with engine.begin() as db:
        db.execute(sa.update(tickets).values(opened_by=opened, **told, **DEADLINES))
    engine.dispose()


def _columns() -> Iterable[Any]:
    return (
        *Progress.get_default_columns(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )


def main(arguments: list[str]) -> int:
    """Fill what is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="An empty database: sqlite:///FILE or postgresql:")
    parser.add_argument("--tickets", type=int, default=200_000)
    asked = parser.parse_args(arguments)
    fill(asked.url, asked.tickets, datetime.now(UTC))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

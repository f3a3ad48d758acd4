"""A small world for tests of services: one brand, one house, one regulation.

The packs are made here, not read from ``config/``: a change of the shipped policy must
not change what these tests prove.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.audit import LoggedEntry
from bot.domain.clocks import ClockPlan, Force, PackRef
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.domain.mentions import Author, ChannelControl, Mention, text_hash
from bot.domain.packs import (
    AcknowledgementPolicy,
    Breaker,
    Cell,
    ClassTerm,
    ClockRule,
    ComplaintClass,
    Condition,
    Expectation,
    FloodLimit,
    FloodLimits,
    HousePack,
    InfluenceGroup,
    PackStatus,
    Purpose,
    Queue,
    RegulationPack,
    Rule,
    ScopeOptions,
    ScopeRules,
    SeverityRule,
    Template,
    Templates,
    Thresholds,
    Unit,
)
from bot.domain.ports import Store, Work
from bot.domain.replies import Mode, Reply, ReplyKind, ReplyState
from bot.domain.tags import Band, SignalKind
from bot.domain.tickets import Ticket, TicketId
from bot.rules.calendars import Calendar
from bot.services import tickets as services
from bot.services.ingest import OwnAccounts, Source, ingest
from bot.services.replies import Outbox, Sender
from bot.services.tag import tag_pending
from bot.services.triage import Policy, triage_pending
from bot.testing import (
    START,
    FakePlatform,
    KeywordClassifier,
    ManualClock,
    ScriptedConnector,
)
from tests.samples import plan as sample_plan
from tests.samples import ticket as sample_ticket

BRAND, CHANNEL = "Kestrel Air", "x"
OURS = "kestrelair"
NOBODY = OwnAccounts()
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
HOUSE_REF = PackRef(id="house", version="7", sha256="a" * 64)
REGULATION_REF = PackRef(id="au.test", version="3", sha256="b" * 64)

_numbers = itertools.count(1)


# --- packs ------------------------------------------------------------------------


def cell(tier: Tier, queue: str, code: Code, first_response: timedelta) -> Cell:
    return Cell(
        tier=tier, queue=queue, code=code, targets={"first_response": first_response}
    )


def row(code: Code, tier: Tier, queue: str) -> dict[InfluenceGroup, Cell]:
    cells = dict.fromkeys(InfluenceGroup, cell(tier, queue, code, 8 * HOUR))
    influencer = cell(Tier.ESCALATION, "escalation_team", Code.RED, HOUR)
    return {
        **cells,
        InfluenceGroup.INFLUENCER: influencer,
        InfluenceGroup.VIP: influencer,
    }


def house(**fields: Any) -> HousePack:
    whole = HousePack(
        ref=HOUSE_REF,
        title="A house for tests",
        status=PackStatus.REVIEWED,
        thresholds=Thresholds(
            complaint_yes=0.65,
            complaint_no=0.35,
            disagree_negative=0.95,
            disagree_complaint=0.2,
            negligible_negative=0.2,
            language_sure=0.6,
            cues_sure=2,
        ),
        cues={
            "asks": ("?", "please"),
            "reports": ("fyi",),
            "employment": ("my shift",),
            "spam": ("click here",),
        },
        groups={
            Band.NANO: InfluenceGroup.ORDINARY,
            Band.MICRO: InfluenceGroup.KNOWN,
            Band.MID: InfluenceGroup.KNOWN,
            Band.MACRO: InfluenceGroup.INFLUENCER,
            Band.MEGA: InfluenceGroup.INFLUENCER,
        },
        queues={
            "self_service": Queue(title="Self service", tier=Tier.SELF_SERVICE),
            "agents": Queue(title="Agents", tier=Tier.AGENT),
            "specialists": Queue(title="Specialists", tier=Tier.SPECIALIST),
            "escalation_team": Queue(title="Escalation", tier=Tier.ESCALATION),
            "management": Queue(title="Management", tier=Tier.MANAGEMENT),
        },
        tiers={
            Tier.SELF_SERVICE: "self_service",
            Tier.AGENT: "agents",
            Tier.SPECIALIST: "specialists",
            Tier.ESCALATION: "escalation_team",
            Tier.MANAGEMENT: "management",
        },
        targets={"first_response": ("answered", "closed")},
        severity=(
            SeverityRule(
                id="V1",
                text="a complaint",
                when=Condition(dissatisfaction=(Answer.YES, Answer.NEEDS_HUMAN)),
                severity=Severity.MEDIUM,
            ),
            SeverityRule(
                id="V2",
                text="a threat of law",
                when=Condition(signals_any=(SignalKind.LEGAL_THREAT,)),
                severity=Severity.CRITICAL,
            ),
        ),
        matrix={
            Severity.LOW: row(Code.GREEN, Tier.SELF_SERVICE, "self_service"),
            Severity.MEDIUM: row(Code.GREEN, Tier.AGENT, "agents"),
            Severity.HIGH: row(Code.AMBER, Tier.SPECIALIST, "specialists"),
            Severity.CRITICAL: row(Code.RED, Tier.ESCALATION, "escalation_team"),
        },
        routes=(),
        screens=(
            Rule(
                id="S1",
                text="a machine",
                when=Condition(is_declared_bot=True, has_signal=False),
            ),
        ),
        opens=(
            Rule(
                id="O1",
                text="a complaint",
                when=Condition(scope=(Answer.YES, Answer.NEEDS_HUMAN)),
            ),
            Rule(
                id="O2",
                text="a question",
                when=Condition(expectation=(Expectation.EXPLICIT,)),
            ),
        ),
        acknowledgement=AcknowledgementPolicy(
            languages=("en",),
            default_language="en",
            never=(
                Rule(
                    id="N1",
                    text="did not address us",
                    when=Condition(is_addressed=False),
                ),
            ),
            approval=(
                Rule(
                    id="A1",
                    text="an influencer",
                    when=Condition(
                        groups=(InfluenceGroup.INFLUENCER, InfluenceGroup.VIP)
                    ),
                ),
                Rule(
                    id="A2",
                    text="language not sure",
                    when=Condition(language_known=False),
                ),
            ),
        ),
        flood=limits(),
    )
    return replace(whole, **fields)


def limits(
    author: int = 1_000, conversation: int = 1_000, overall: int = 1_000
) -> FloodLimits:
    return FloodLimits(
        author=FloodLimit(replies=author, within=DAY),
        conversation=FloodLimit(replies=conversation, within=DAY),
        overall=FloodLimit(replies=overall, within=HOUR),
        channel=FloodLimit(replies=1_000, within=HOUR),
        breaker=Breaker(
            overall=FloodLimit(replies=1_000, within=HOUR),
            alike=FloodLimit(replies=1_000, within=HOUR),
        ),
    )


def regulation(**fields: Any) -> RegulationPack:
    facts = ("dissatisfaction", "response_expected", "channel_controlled")
    names = ("verdict", "start", *facts, "author_reachable", "staff_employment")
    rules = (
        ClockRule(
            id="acknowledge_target",
            start="received",
            met_by=("acknowledged",),
            duration=term(Unit.HOURS, 24).duration,
            warns_of="acknowledge_limit",
            force=Force.EXPECT,
            cite="test 51",
        ),
        ClockRule(
            id="acknowledge_limit",
            start="received",
            met_by=("acknowledged",),
            duration=term(Unit.BUSINESS_DAYS, 2).duration,
            force=Force.EXPECT,
            cite="test 51",
        ),
        ClockRule(
            id="early_close",
            start="received",
            met_by=("closed_resolved_satisfied",),
            duration=term(Unit.BUSINESS_DAYS, 5).duration,
            waives="final_response",
            unless=("written_requested",),
            force=Force.MUST,
            cite="test 71",
        ),
        ClockRule(
            id="final_response",
            start="received",
            met_by=("idr_response_provided",),
            by_class={"standard": term(Unit.CALENDAR_DAYS, 30)},
            force=Force.MUST,
            cite="test 56",
        ),
    )
    whole = RegulationPack(
        ref=REGULATION_REF,
        title="A regulation for tests",
        status=PackStatus.REVIEWED,
        jurisdiction="AU",
        effective_from=date(2021, 10, 5),
        default_class="standard",
        scope=ScopeRules(
            owned_or_controlled_channel=True,
            author_reachable=True,
            options=ScopeOptions(),
            exclusions=("staff_employment",),
            cites={name: f"test {name}" for name in names},
        ),
        classes={"standard": ComplaintClass(title="Standard", cite="test 56")},
        events={"received": "published", "acknowledged": "our word stands there"},
        clocks={rule.id: rule for rule in rules},
    )
    return replace(whole, **fields)


def term(unit: Unit, n: int) -> ClassTerm:
    return ClassTerm(unit=unit, n=n)


def templates() -> Templates:
    return Templates(
        ref=PackRef(id="templates", version="1", sha256="c" * 64),
        by_language={
            "en": {
                purpose: (
                    Template(
                        id=f"en/{purpose}/1",
                        language="en",
                        purpose=purpose,
                        text="Thank you for telling us. {brand}",
                    ),
                )
                for purpose in Purpose
            }
        },
    )


def policy(**fields: Any) -> Policy:
    whole = Policy(
        house=house(),
        regulation=regulation(),
        templates=templates(),
        calendar=Calendar(
            "AU-NSW", ZoneInfo("Australia/Sydney"), holidays_of=lambda _year: ()
        ),
    )
    return replace(whole, **fields)


# --- what is said -----------------------------------------------------------------


def author(handle: str = "ada", **fields: Any) -> Author:
    whole = Author(external_id=f"id-{handle}", handle=handle, followers=100)
    return replace(whole, **fields)


def mention(text: str = "This is terrible, please help", **fields: Any) -> Mention:
    number = next(_numbers)
    whole = Mention(
        channel=CHANNEL,
        # Padded: what is published at one instant is read in the order of its ids.
        external_id=f"m-{number:06d}",
        brand=BRAND,
        text=text,
        published_at=START,
        conversation=f"c-{number:06d}",
        author=author(),
        language_hint="en",
        control=ChannelControl.MENTION,
        is_addressed=True,
    )
    return replace(whole, **fields)


def source(
    connector: ScriptedConnector | FakePlatform, name: str = "acme-x", **fields: Any
) -> Source:
    return replace(Source(name=name, connector=connector, page=10), **fields)


# --- the path ---------------------------------------------------------------------


def listen(store: Store, clock: ManualClock, *said: Mention) -> None:
    """Take texts in, as if a page of a source had held them."""
    platform = FakePlatform(clock)
    platform.say(*said)
    ingest(store, source(platform, name=f"s-{next(_numbers)}", page=100), clock, NOBODY)


def handle(
    store: Store,
    clock: ManualClock,
    *said: Mention,
    by: Policy | None = None,
    classifier: KeywordClassifier | None = None,
) -> None:
    """Take texts in, tag and decide them."""
    listen(store, clock, *said)
    tag_pending(store, classifier or KeywordClassifier(), clock)
    while triage_pending(store, by or policy(), clock):
        pass


def outbox(
    platform: FakePlatform | None, *, mode: Mode = Mode.LIVE, **fields: Any
) -> Outbox:
    senders = {}
    if platform is not None:
        senders[CHANNEL] = Sender(
            source="acme-x",
            connector=platform,
            reply_limit=platform.info.reply_limit,
        )
    whole = Outbox(
        limits=limits(),
        modes={CHANNEL: mode},
        senders=senders,
        settle_after=timedelta(seconds=30),
    )
    return replace(whole, **fields)


def queue_reply(
    store: Store,
    clock: ManualClock,
    *,
    state: ReplyState = ReplyState.QUEUED,
    plans: Sequence[ClockPlan] = (),
    **fields: Any,
) -> Reply:
    """Put one reply into the outbox, with its mention and ticket."""
    said = mention(author=author(fields.get("author", "ada").removeprefix("id-")))
    with store.work() as work:
        [stored] = work.mentions.add([said], source="acme-x", at=clock.now())
        ticket = work.tickets.add(
            open_ticket(conversation=said.conversation, received_at=said.published_at)
        )
        if plans:
            work.clocks.start(ticket.id, plans)
        text = fields.get("text", "Thank you for telling us.")
        whole = Reply(
            ticket_id=ticket.id,
            mention_id=stored.id,
            kind=ReplyKind.ACKNOWLEDGEMENT,
            state=state,
            channel=CHANNEL,
            brand=BRAND,
            conversation=said.conversation,
            in_reply_to=said.external_id,
            author="id-ada",
            text=text,
            text_hash=text_hash(text),
            language="en",
            template="en/complaint/1",
            created_at=clock.now(),
            approved_by=HOUSE_REF.id,
        )
        added = work.replies.add(replace(whole, **fields))
    assert added is not None
    return added


def promise(
    rule: str, *met_by: str, within: timedelta = DAY, **fields: Any
) -> ClockPlan:
    """A clock from START on, met by these events."""
    dues = {"due_strict": START + within, "due_legal": START + within}
    return sample_plan(
        rule, **{"met_by": met_by, "started_at": START, "inputs": {}, **dues, **fields}
    )


def open_ticket(**fields: Any) -> Ticket:
    whole = sample_ticket(
        brand=BRAND,
        channel=CHANNEL,
        conversation=f"c-{next(_numbers)}",
        queue="agents",
        tier=Tier.AGENT,
        received_at=START,
        opened_at=START,
        house_pack=HOUSE_REF,
        regulation_pack=REGULATION_REF,
    )
    return replace(whole, **fields)


# --- what people do ---------------------------------------------------------------


def record(
    store: Store, clock: ManualClock, ticket_id: TicketId, name: str, **fields: Any
) -> services.Recorded:
    """Record an event by the rules of this world, or by a ``rulebook`` given."""
    known = {"rulebook": policy().rulebook, **fields}
    return services.record(store, clock, ticket_id, name, **known)


def close(store: Store, clock: ManualClock, ticket_id: TicketId, *, by: str) -> Ticket:
    return services.close(store, clock, ticket_id, by=by, rulebook=policy().rulebook)


# --- what became of it ------------------------------------------------------------


def reply_of(store: Store, reply: Reply) -> Reply:
    with store.reading() as work:
        return work.replies.get(reply.id)


def tickets(store: Store) -> Sequence[Ticket]:
    with store.reading() as work:
        return work.tickets.listing(limit=1_000)


def replies(store: Store) -> Sequence[Reply]:
    with store.reading() as work:
        return work.replies.listing(limit=1_000)


def log(store: Store, action: str = "") -> list[LoggedEntry]:
    """Give the log's entries of an action, or of all that begin with it and a dot."""
    with store.reading() as work:
        found = work.audit.unsealed(100_000)
    return [
        one
        for one in found
        if not action or one.action == action or one.action.startswith(f"{action}.")
    ]


def actions(store: Store, action: str = "") -> list[str]:
    return [one.action for one in log(store, action)]


def notices(store: Store, clock: ManualClock) -> dict[str, str]:
    """Give what waits to be told: keys and to whom."""
    with store.reading() as work:
        waiting = work.notices.waiting(clock.now(), 1_000)
    return {one.notice.key: one.notice.to for one in waiting}


def states(store: Store, ticket: Ticket) -> dict[str, str]:
    """Give each rule of a ticket's clocks with where it stands."""
    with store.reading() as work:
        return {
            one.plan.rule: one.state.value for one in work.clocks.of_ticket(ticket.id)
        }


# --- other processes --------------------------------------------------------------


class Interrupted:
    """A store before whose next write transaction another process does something."""

    def __init__(self, store: Store, other: Callable[[], object]) -> None:
        self._store, self._others = store, [other]

    @contextmanager
    def work(self) -> Iterator[Work]:
        while self._others:
            self._others.pop()()
        with self._store.work() as work:
            yield work

    @contextmanager
    def reading(self) -> Iterator[Work]:
        with self._store.reading() as work:
            yield work

    def close(self) -> None:
        self._store.close()


class Dying:
    """A store whose process dies in one of its write transactions.

    ``nth`` counts them from one; ``committed`` says whether the death comes just after
    the commit or just before it.
    """

    def __init__(
        self, store: Store, death: BaseException, *, nth: int, committed: bool
    ) -> None:
        self._store, self._death = store, death
        self._left, self._committed = nth, committed

    @contextmanager
    def work(self) -> Iterator[Work]:
        self._left -= 1
        with self._store.work() as work:
            yield work
            if self._left == 0 and not self._committed:
                raise self._death
        if self._left == 0:
            raise self._death

    @contextmanager
    def reading(self) -> Iterator[Work]:
        with self._store.reading() as work:
            yield work

    def close(self) -> None:
        self._store.close()

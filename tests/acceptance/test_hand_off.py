"""From a public mention on Mastodon to a private talk there, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.connectors.mastodon import MastodonConnector, MastodonSettings
from bot.domain.handoff import HandOffState
from bot.domain.replies import Mode
from bot.services.drafts import approve, draft, submit
from bot.services.handoff import HandOffMeans, answer, filled_in, match, run_hand_offs
from bot.services.handoff import start as begin
from bot.services.ingest import Source, ingest
from bot.services.replies import (
    Sender,
    confirm_pending,
    send_pending,
    settle_pending,
)
from bot.services.tag import tag_pending
from bot.services.triage import triage_pending
from bot.storage.store import SqlStore
from bot.testing import KeywordClassifier, ManualClock
from tests.platforms.mastodon_server import HANDLE, TOKEN, MastodonServer
from tests.unit.rules.packs import platforms
from tests.unit.services.test_handoff import GIVEN, KEYS, leading, wording
from tests.unit.services.world import (
    BRAND,
    NOBODY,
    house,
    outbox,
    policy,
    tickets,
)

CHANNEL, JANE = "mastodon", "jane@far.example"


@pytest.fixture
def store(own_file: Any) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{own_file}")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def server(clock: ManualClock) -> Iterator[MastodonServer]:
    with MastodonServer(now=clock.now) as server:
        yield server
    assert server.crashes == []


class Bot:
    """What ``bot run`` does each second, on one Mastodon account."""

    def __init__(self, store: SqlStore, clock: ManualClock, base_url: str) -> None:
        self.store, self.clock = store, clock
        told = {
            "brand": BRAND,
            "account": HANDLE,
            "base_url": base_url,
            "access_token": TOKEN,
        }
        self.connector = MastodonConnector(MastodonSettings.model_validate(told))
        own = house(hand_off=leading())
        self.policy = policy(house=own, templates=wording(), platforms=platforms())
        sender = Sender(source="m", connector=self.connector)
        self.outbox = outbox(
            None,
            modes={CHANNEL: Mode.LIVE},
            senders={CHANNEL: sender},
            platforms=platforms(),
            policy=own.ref.id,
            worded=filled_in(lambda: store, KEYS),
        )
        self.means = HandOffMeans(
            house=own,
            templates=wording(),
            platforms=platforms(),
            senders=lambda: self.outbox.senders,
            keys=KEYS,
        )

    def run(self, times: int = 3) -> None:
        for _ in range(times):
            self.clock.advance(minutes=2)
            reads = Source(name="m", connector=self.connector, page=40)
            while ingest(self.store, reads, self.clock, NOBODY).more:
                pass
            tag_pending(self.store, KeywordClassifier(), self.clock)
            triage_pending(self.store, self.policy, self.clock)
            for step in (settle_pending, send_pending, confirm_pending):
                step(self.store, self.outbox, self.clock)
            run_hand_offs(self.store, self.means, self.clock)

    def state(self) -> HandOffState:
        with self.store.reading() as work:
            return work.hand_offs.of_ticket(tickets(self.store)[0].id)[-1].state


@pytest.fixture
def bot(store: SqlStore, clock: ManualClock, server: MastodonServer) -> Iterator[Bot]:
    made = Bot(store, clock, server.base_url)
    yield made
    made.connector.close()


def ours(server: MastodonServer, visibility: str) -> list[str]:
    return [
        one.text
        for one in server.statuses.values()
        if one.author == server.us.id and one.visibility == visibility
    ]


def test_a_public_mention_becomes_a_private_talk(
    bot: Bot, server: MastodonServer, clock: ManualClock
) -> None:
    server.add_status(f"@{HANDLE} This is terrible, please help", JANE)
    bot.run()
    [ticket] = tickets(bot.store)
    assert len(ours(server, "unlisted")) == 1

    begin(bot.store, clock, bot.means, ticket.id, by="ana")
    bot.run()
    assert bot.state() is HandOffState.INVITED
    [invitation] = ours(server, "direct")
    token = invitation.split("/h/")[1].split()[0]
    assert answer(bot.store, clock, bot.means, token, GIVEN) == {}
    match(bot.store, clock, bot.means, ticket.id, record="C-77", by="ana")
    server.add_status(f"@{HANDLE} I filled it in", JANE, visibility="direct")
    bot.run()
    said = draft(
        bot.store,
        clock,
        ticket.id,
        text="Good day, here we can talk.",
        by="ana",
        platforms=platforms(),
        is_private=True,
    )
    submit(bot.store, clock, said.id, by="ana")
    approve(bot.store, clock, said.id, by="bo", text_hash=said.text_hash)
    bot.run()

    assert bot.state() is HandOffState.PRIVATE
    assert len(ours(server, "unlisted")) == 1
    assert [one for one in ours(server, "direct") if "here we can talk" in one]
    assert not [one for one in ours(server, "unlisted") if "/h/" in one]


@pytest.mark.parametrize("fault", ["timeout_after_accept", "error_after_accept"])
def test_a_doubt_about_the_invitation_sends_it_once(
    bot: Bot, server: MastodonServer, clock: ManualClock, fault: str
) -> None:
    server.add_status(f"@{HANDLE} This is terrible, please help", JANE)
    bot.run()
    begin(bot.store, clock, bot.means, tickets(bot.store)[0].id, by="ana")
    server.fail_next(fault, method="POST")

    bot.run(6)

    assert len(ours(server, "direct")) == 1
    assert bot.state() is HandOffState.INVITED


def test_where_the_server_takes_no_message_a_person_goes_on(
    bot: Bot, server: MastodonServer, clock: ManualClock
) -> None:
    server.add_status(f"@{HANDLE} This is terrible, please help", JANE)
    bot.run()
    begin(bot.store, clock, bot.means, tickets(bot.store)[0].id, by="ana")
    server.fail_next("unprocessable", method="POST")

    bot.run()

    assert ours(server, "direct") == []
    assert len(ours(server, "unlisted")) == 1
    assert bot.state() is HandOffState.FELL_BACK

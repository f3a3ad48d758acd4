from __future__ import annotations

import itertools
import json
import shutil
from collections import deque
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.mentions import text_hash
from bot.domain.packs import FloodLimit
from bot.domain.replies import Reply, ReplyKind, ReplyState
from bot.services.ingest import OwnAccounts
from bot.services.loops import LoopGuard
from bot.services.replies import send_pending
from bot.storage.store import SqlStore
from bot.testing import START, FakePlatform, ManualClock
from tests.unit.services.world import (
    BRAND,
    CHANNEL,
    HOUSE_REF,
    author,
    log,
    mention,
    open_ticket,
    outbox,
    reply_of,
)

EXCHANGE = FloodLimit(replies=3, within=timedelta(days=30))
GUARD = LoopGuard(limit=EXCHANGE)


def acknowledge(store, clock, said, text="Thank you for telling us.", by=HOUSE_REF.id):
    """Take a text in and queue a word to it, as the most talkative policy would."""
    with store.work() as work:
        [stored] = work.mentions.add([said], source="acme-x", at=clock.now())
        ticket = work.tickets.add(
            open_ticket(conversation=said.conversation, received_at=said.published_at)
        )
        added = work.replies.add(
            Reply(
                ticket_id=ticket.id,
                mention_id=stored.id,
                kind=ReplyKind.ACKNOWLEDGEMENT,
                state=ReplyState.QUEUED,
                channel=CHANNEL,
                brand=BRAND,
                conversation=said.conversation,
                in_reply_to=said.external_id,
                author=said.author.external_id,
                text=text,
                text_hash=text_hash(text),
                language="en",
                template="en/complaint/1",
                created_at=clock.now(),
                approved_by=by,
            )
        )
        if by != HOUSE_REF.id:
            work.replies.approve(added, by=by, at=clock.now())
    return added


def test_the_first_word_goes_out_and_the_machines_thanks_wait_for_a_person(
    store, clock, platform
):
    box = outbox(platform, loops=GUARD)
    text = "Hello from Example, we are always there for you"
    first = acknowledge(store, clock, mention(text))
    send_pending(store, box, clock)
    clock.advance(minutes=1)
    second = acknowledge(store, clock, mention(text, published_at=clock.now()))

    send_pending(store, box, clock)

    assert reply_of(store, first).state is ReplyState.SENT
    held = reply_of(store, second)
    assert held.state is ReplyState.SUBMITTED
    assert held.reason == (
        "house.flood.exchange: it writes nearly the same again: a person must answer"
    )
    [entry] = log(store, "reply.submitted")
    assert json.loads(entry.detail)["reason"] == held.reason


def test_a_person_may_answer_a_machine(store, clock, platform):
    box = outbox(platform, loops=GUARD)
    said = mention("I am out of the office until Monday")

    approved = acknowledge(store, clock, said, by="ana")
    send_pending(store, box, clock)

    assert reply_of(store, approved).state is ReplyState.SENT


def test_what_one_of_our_own_accounts_wrote_is_never_answered(store, clock, platform):
    own = OwnAccounts(by_channel={CHANNEL: frozenset({"kestrelcargo"})})
    box = outbox(platform, own=own, loops=GUARD)
    said = mention(author=author("KestrelCargo"))

    reply = acknowledge(store, clock, said, by="ana")
    send_pending(store, box, clock)

    held = reply_of(store, reply)
    assert held.state is ReplyState.CANCELLED
    assert held.reason.startswith("one of our own accounts")
    assert platform.calls == 0


def test_an_account_called_like_ours_elsewhere_is_left_to_a_person(
    store, clock, platform
):
    guard = replace(GUARD, named=frozenset({"kestrelcargo"}))
    reply = acknowledge(store, clock, mention(author=author("KestrelCargo")))

    send_pending(store, outbox(platform, loops=guard), clock)

    assert reply_of(store, reply).state is ReplyState.SUBMITTED


def test_our_words_under_another_name_are_not_answered(store, clock, platform):
    """An echo that came before its receipt, from an account nobody has listed."""
    box = outbox(platform, loops=GUARD)
    acknowledge(store, clock, mention(author=author("ada")))
    send_pending(store, box, clock)
    echo = mention("Thank you for telling us.", author=author("unlisted"))

    reply = acknowledge(store, clock, echo, text="We have seen this.")
    send_pending(store, box, clock)

    assert "our own words" in reply_of(store, reply).reason


# --- two machines that face each other

WORDS = ("parcel", "late", "thank", "agent", "soon", "ticket", "branch", "news")


class Side:
    """One of two bots on one platform: it answers whatever it reads."""

    def __init__(self, name, file, clock):
        self.name, self.clock = name, clock
        self.store = SqlStore(f"sqlite:///{file}")
        self.platform = FakePlatform(clock)
        self.box = outbox(self.platform, loops=GUARD)

    def read(self, said, text):
        acknowledge(self.store, self.clock, said, text)
        before = len(self.platform.standing)
        send_pending(self.store, self.box, self.clock)
        return self.platform.standing[before:]

    def said(self, text, number):
        return mention(
            text,
            external_id=f"{self.name}-{number}",
            conversation=f"{self.name}-{number}",
            author=author(self.name),
            published_at=self.clock.now(),
        )


STEP = st.tuples(
    st.integers(0, 3),
    st.integers(0, 2 * 86_400),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=12),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    starts=st.lists(st.booleans(), min_size=1, max_size=2),
    steps=st.lists(STEP, min_size=16, max_size=16),
)
def test_two_bots_that_face_each_other_end(starts, steps, migrated_file, tmp_path):
    """Whatever they say, however long they wait, in whatever order it arrives."""
    clock, numbers = ManualClock(START), itertools.count()
    folder = tmp_path / uuid4().hex
    folder.mkdir()
    sides = [
        Side(name, shutil.copy(migrated_file, folder / f"{name}.db"), clock)
        for name in ("left", "right")
    ]
    under_way = deque(
        (who, sides[not who].said("Good day to you", next(numbers))) for who in starts
    )
    messages = 0

    for which, seconds, words in steps:
        if not under_way:
            break
        under_way.rotate(which)
        who, said = under_way.popleft()
        clock.advance(seconds=seconds)
        side = sides[who]
        for one in side.read(said, " ".join(words)):
            messages += 1
            answer = side.said(one.reply.text, next(numbers))
            under_way.append((not who, answer))

    for side in sides:
        side.store.close()
    assert not under_way
    assert 1 <= messages <= 2 * EXCHANGE.replies

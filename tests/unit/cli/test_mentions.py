from __future__ import annotations

from datetime import timedelta

from bot.cli.mentions import SHOWN_CHARACTERS, _row
from bot.domain.decisions import Outcome, Reason
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.ports import SetAside
from tests.samples import NOON, decision, mention

LONG = "pie " * 100


def one() -> SetAside:
    why = Reason(rule="relevance.exclude.fruit", text="the fruit: set aside")
    return SetAside(
        stored=StoredMention(
            id=MentionId(7),
            mention=mention(text=LONG, author=None),
            source="agora",
            ingested_at=NOON,
        ),
        decision=decision(outcome=Outcome.SET_ASIDE, reasons=(why,)),
        decided_at=NOON + timedelta(minutes=1),
    )


def test_a_line_says_what_was_set_aside_and_by_which_rule() -> None:
    row = _row(one(), whole=False)

    assert row["mention"] == 7
    assert row["text"] == LONG[:SHOWN_CHARACTERS]
    assert row["why"] == "the fruit: set aside (relevance.exclude.fruit)"


def test_programs_get_it_whole_even_without_an_author() -> None:
    row = _row(one(), whole=True)

    assert row["text"] == LONG
    assert row["author"] is None
    assert row["reasons"] == [
        {"rule": "relevance.exclude.fruit", "text": "the fruit: set aside"}
    ]

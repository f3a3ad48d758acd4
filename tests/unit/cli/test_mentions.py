from __future__ import annotations

import json
from datetime import timedelta

from bot.cli.mentions import SHOWN_CHARACTERS, _row
from bot.domain.decisions import Outcome, Reason
from bot.domain.mentions import MentionId, StoredMention, text_hash
from bot.domain.ports import SetAside
from tests.samples import NOON, decision, mention, tags
from tests.unit.cli.shell import run

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


def test_a_removed_mention_is_shown_by_its_hash(store, file, capsys) -> None:
    said = mention(1, text="You broke the blue harmonica")
    with store.work() as work:
        [kept] = work.mentions.add([said], source="agora", at=NOON)
        later = mention(1, text="You mended it", edited_at=NOON + timedelta(hours=2))
        work.mentions.edit(kept, later, NOON)
        work.mentions.tag([(kept.id, tags())], NOON)
        work.mentions.decide(kept.id, decision(), ticket_id=None, at=NOON)
    url = f"sqlite:///{file}"
    assert run("mention", "show", str(kept.id), "--db", url) == 0
    assert "before edit 1: You broke" in capsys.readouterr().out
    with store.work() as work:
        work.removals.gone("agora", ["m-1"], NOON)
        [gone] = work.removals.to_withdraw(5)
        work.removals.withdraw(gone)

    assert run("mention", "show", str(kept.id), "--db", url) == 0
    shown = capsys.readouterr().out
    assert run("mention", "show", str(kept.id), "--db", url, "--json") == 0
    whole = json.loads(capsys.readouterr().out)

    assert "harmonica" not in shown
    assert f"text withdrawn, SHA-256 {text_hash('You mended it')}" in shown
    first = text_hash("You broke the blue harmonica")
    assert f"before edit 1: text withdrawn, SHA-256 {first}" in shown
    assert (whole["text"], whole["text_sha256"]) == ("", text_hash("You mended it"))
    assert whole["versions"][0]["text_sha256"] == first

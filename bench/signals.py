"""Say what a signal's score is worth, by invented posts, and how often signals fire.

Prints Markdown tables for docs/benchmarks.md. The invented posts are half alarms and
half hard negatives; half of each (``tune``) was looked at while the weights were
chosen, the other half (``test``) was not. Further files are JSON lines with a ``text``:
of those it is only counted how many posts carry a signal, and how likely.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.classify.engines import load
from bot.classify.pipeline import Pipeline, TextEncoder
from bot.domain.mentions import Mention, MentionId, StoredMention
from bot.domain.tags import SignalKind, Tags

ROOT = Path(__file__).resolve().parents[1]
POSTS = ROOT / "tests/unit/classify/signal_posts.jsonl"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FROM = (0.0, 0.3, 0.5, 0.7)
"""Scores from which a signal is counted; from 0 on every one is."""

Z95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An invented post, and the score of the signal that it is about; 0 for none."""

    kind: str
    is_alarm: bool
    part: str
    score: float
    was_seen: bool

    def counts(self, least: float) -> bool:
        """Whether a signal is there that is at least so likely."""
        return self.was_seen and self.score >= least


def tagged(encoder: TextEncoder, texts: Sequence[str]) -> list[Tags]:
    """Tag texts as the program does."""
    return Pipeline(encoder).tag(
        [
            StoredMention(
                id=MentionId(number),
                source="bench",
                ingested_at=NOW,
                mention=Mention(
                    channel="x",
                    external_id=str(number),
                    brand="acme",
                    text=text,
                    published_at=NOW,
                    conversation=str(number),
                ),
            )
            for number, text in enumerate(texts)
        ]
    )


def judge(encoder: TextEncoder, file: Path) -> list[Judged]:
    """Read and tag the invented posts."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    tags = tagged(encoder, [row["text"] for row in rows])
    return [_judged(row, found) for row, found in zip(rows, tags, strict=True)]


def _judged(row: dict[str, object], tags: Tags) -> Judged:
    scores = [one.score or 0.0 for one in tags.signals if one.kind == row["kind"]]
    return Judged(
        kind=str(row["kind"]),
        is_alarm=bool(row["alarm"]),
        part=str(row["part"]),
        score=max(scores, default=0.0),
        was_seen=bool(scores),
    )


def share(hits: int, of: int) -> str:
    """Return a share in per cent with its 95 % Wilson interval."""
    if not of:
        return "none"
    share, z = hits / of, Z95**2 / of
    middle = (share + z / 2) / (1 + z)
    spread = math.sqrt(share * (1 - share) * z + z * z / 4) / (1 + z)
    return (
        f"{100 * share:.0f} ({100 * max(0.0, middle - spread):.0f}"
        f"-{100 * min(1.0, middle + spread):.0f})"
    )


def table(posts: Sequence[Judged]) -> Iterator[str]:
    """Give recall and precision from each score on, a line for each kind."""
    heads = [f"recall from {least:g} | precision from {least:g}" for least in FROM]
    yield f"| signal | posts | {' | '.join(heads)} |"
    yield f"|---|---:|{'---:|' * 2 * len(FROM)}"
    for kind in (*SignalKind, "all"):
        some = [one for one in posts if kind in {one.kind, "all"}]
        cells = [cell for least in FROM for cell in _figures(some, least)]
        yield f"| {kind} | {len(some)} | {' | '.join(cells)} |"


def _figures(posts: Sequence[Judged], least: float) -> tuple[str, str]:
    alarms = [one for one in posts if one.is_alarm]
    heard = [one for one in posts if one.counts(least)]
    hits = sum(one.is_alarm for one in heard)
    return share(hits, len(alarms)), share(hits, len(heard))


def ranked_rightly(posts: Sequence[Judged]) -> float:
    """Return how often an alarm scores above a false one, where both were seen."""
    right = [one.score for one in posts if one.was_seen and one.is_alarm]
    wrong = [one.score for one in posts if one.was_seen and not one.is_alarm]
    pairs = [(a > b) + (a == b) / 2 for a in right for b in wrong]
    return sum(pairs) / len(pairs) if pairs else math.nan


def fired(encoder: TextEncoder, file: Path) -> Iterator[str]:
    """Count the posts of a file that carry each signal, from each score on."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    texts = [json.loads(line)["text"] for line in lines if line.strip()]
    counts = Counter(
        (kind, least)
        for tags in tagged(encoder, texts)
        for kind, score in tags.likelihoods.items()
        for least in FROM
        if score >= least
    )
    yield f"| signal | {' | '.join(f'from {least:g}' for least in FROM)} |"
    yield f"|---|{'---:|' * len(FROM)}"
    for kind in SignalKind:
        cells = [str(counts[kind, least]) for least in FROM]
        yield f"| {kind} | {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--posts", type=Path, default=POSTS)
    parser.add_argument("--model", default="models/default")
    asked = parser.parse_args(arguments)
    encoder = load(asked.model)
    judged = judge(encoder, asked.posts)
    unseen = [one for one in judged if one.part == "test"]
    for name, posts in {"all posts": judged, "not looked at": unseen}.items():
        rightly = f"{100 * ranked_rightly(posts):.0f} % ranked rightly"
        print(f"\n{asked.posts.name}, {name}, {encoder.model_id}, {rightly}\n")
        print("\n".join(table(posts)))
    for file in asked.files:
        print(f"\n{file.name}\n")
        print("\n".join(fired(encoder, file)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

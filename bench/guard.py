"""Print how well the guard of public replies tells what must not be said.

    python -m bench.guard

Precision: of the drafts that it blocks, how many must be; recall: of those that must be
blocked, how many are. A draft that only a second person is asked for is no block.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.escalate.guard import check

CORPUS = Path(__file__).resolve().parents[1] / "tests/unit/escalate/guard_corpus.yaml"


@dataclass(slots=True)
class Score:
    """Counts of one slice."""

    blocked: int = 0
    missed: int = 0
    held: int = 0
    wrongly: int = 0
    passed: int = 0
    doubted: int = 0
    by_its_rule: int = 0

    def row(self, name: str) -> str:
        """Return a line of a table."""
        wanted = self.blocked + self.missed
        said = self.blocked + self.wrongly
        precision = f"{self.blocked / said:.2f}" if said else "-"
        recall = f"{self.blocked / wanted:.2f}" if wanted else "-"
        right = f"{self.by_its_rule / wanted:.2f}" if wanted else "-"
        return (
            f"| {name} | {wanted} | {self.passed + self.wrongly} | {precision} "
            f"| {recall} | {right} | {self.held} | {self.missed - self.held} "
            f"| {self.doubted} |"
        )


HEAD = (
    "| drafts | to block | to pass | precision | recall | by its own rule | "
    "missed, second person asked | let through | to pass, second person asked |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def scores(corpus: Path = CORPUS) -> dict[str, dict[str, Score]]:
    """Score every part by itself: overall, by language, by rule."""
    whole = yaml.safe_load(corpus.read_text(encoding="utf-8"))
    found: dict[str, dict[str, Score]] = {}
    for part, by_language in whole.items():
        slices: dict[str, Score] = defaultdict(Score)
        for language, kinds in by_language.items():
            for rule, text, *_known in kinds["block"]:
                _count((slices["all"], slices[language], slices[rule]), text, rule)
            for text in kinds["pass"]:
                _count((slices["all"], slices[language]), text, "")
        found[part] = dict(slices)
    return found


def _count(into: Iterable[Score], text: str, rule: str) -> None:
    checked = check(text)
    is_blocked = not checked.may_be_public
    for one in into:
        if not rule:
            one.wrongly += is_blocked
            one.passed += not is_blocked
            one.doubted += bool(checked.findings) and not is_blocked
            continue
        one.blocked += is_blocked
        one.missed += not is_blocked
        one.held += bool(checked.findings) and not is_blocked
        one.by_its_rule += is_blocked and rule in checked.rules


def tables() -> str:
    """Return the tables as the docs show them."""
    parts = [
        "\n".join(
            [HEAD, *(score.row(f"{part}: {name}") for name, score in one.items())]
        )
        for part, one in scores().items()
    ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    began = time.perf_counter()
    sys.stdout.write(f"{tables()}\n")
    sys.stdout.write(f"\n{time.perf_counter() - began:.1f} s\n")

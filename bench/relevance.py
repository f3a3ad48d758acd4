"""Tell posts about a brand from others by a few examples of each kind, and count.

Prints Markdown tables for docs/benchmarks.md. The file is CSV with the columns Topic (a
brand), Sentiment (``irrelevant``, or anything else) and TweetText. "Examples alone" is
their own answer; "set aside" is what the program really sets aside with the shipped
packs: nothing that is in doubt, complains, may complain or is urgent. "With a rule"
adds one that excludes every language but English.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.classify import text
from bot.classify.encoder import Encoder
from bot.classify.examples import Floats, embedded
from bot.classify.language import UNKNOWN
from bot.classify.pipeline import Pipeline
from bot.classify.relevance import SURE, Likeness
from bot.classify.topics import of_none
from bot.domain.decisions import Outcome
from bot.domain.mentions import Author, Mention, MentionId, StoredMention
from bot.domain.packs import HousePack, RegulationPack
from bot.domain.tags import BY_EXAMPLES, UNREADABLE, Relevance, Tags
from bot.escalate.decide import Situation, decide
from bot.rules.load import load_house, load_regulation

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
POSTS = SHARED / "data" / "brands" / "sanders.csv"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SEED = 20_261_125
RESAMPLES = 2_000
ANSWERS = ("examples alone", "set aside", "set aside, with a rule")
FIGURES = ("precision", "recall", "relevant lost", "negative lost")

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """One brand's posts, with what people and the program say of them."""

    name: str
    mentions: list[Mention]
    tags: list[Tags]
    rows: Floats
    irrelevant: Flags
    negative: Flags


def read(file: Path, encoder: Encoder) -> list[Brand]:
    """Read, tag and embed every post once."""
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        posts = list(csv.DictReader(lines))
    mentions = [mention(number, post) for number, post in enumerate(posts)]
    stored = [
        StoredMention(
            id=MentionId(number), mention=one, source="bench", ingested_at=NOW
        )
        for number, one in enumerate(mentions)
    ]
    tags = Pipeline(encoder).tag(stored)
    rows = embedded(encoder, [text.repaired(one.text) for one in mentions])
    said = np.array([post["Sentiment"] for post in posts])
    names = np.array([one.brand for one in mentions])
    return [
        Brand(
            name=str(name),
            mentions=[mentions[at] for at in np.flatnonzero(names == name)],
            tags=[tags[at] for at in np.flatnonzero(names == name)],
            rows=rows[names == name],
            irrelevant=said[names == name] == "irrelevant",
            negative=said[names == name] == "negative",
        )
        for name in np.unique(names)
    ]


def mention(number: int, post: dict[str, str]) -> Mention:
    """Take a post as one in which somebody calls the brand."""
    return Mention(
        channel="x",
        external_id=str(number),
        brand=post["Topic"],
        text=post["TweetText"],
        published_at=NOW,
        conversation=str(number),
        author=Author(external_id=str(number), handle=f"person{number}"),
        is_addressed=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Packs:
    """The shipped policy."""

    house: HousePack
    regulation: RegulationPack


def draw(brand: Brand, examples: int, seed: int, none: Floats, packs: Packs) -> Floats:
    """Return the figures of one draw: one line for each of ``ANSWERS``."""
    random = np.random.default_rng([SEED, seed])
    other, about = (
        random.choice(np.flatnonzero(which), examples, replace=False)
        for which in (brand.irrelevant, ~brand.irrelevant)
    )
    likeness = Likeness.of(brand.rows[about], brand.rows[other], none=none)
    rest = np.setdiff1d(np.arange(len(brand.rows)), np.concatenate([other, about]))
    sure = likeness.irrelevance(brand.rows[rest]) >= SURE
    pairs = [(bool(told), int(at)) for told, at in zip(sure, rest, strict=True)]
    aside = np.array([told and by_examples(brand, at, packs) for told, at in pairs])
    ruled = np.array(
        [one or by_rule(brand, at, packs) for one, at in zip(aside, rest, strict=True)]
    )
    truth, unhappy = brand.irrelevant[rest], brand.negative[rest]
    return np.array([figures(told, truth, unhappy) for told in (sure, aside, ruled)])


def by_examples(brand: Brand, at: int, packs: Packs) -> bool:
    """Whether the program sets a post aside that its examples are sure of."""
    is_readable = UNREADABLE.isdisjoint(brand.tags[at].doubts)
    return is_readable and sets_aside(brand, at, BY_EXAMPLES, packs)


def by_rule(brand: Brand, at: int, packs: Packs) -> bool:
    """Whether a rule that excludes every language but English sets it aside."""
    is_foreign = brand.tags[at].language not in {"en", UNKNOWN}
    return is_foreign and sets_aside(brand, at, "exclude.language", packs)


def sets_aside(brand: Brand, at: int, rule: str, packs: Packs) -> bool:
    """Whether the program sets a post aside of which this rule says so."""
    about_else = Relevance(is_relevant=False, rule=rule, text="")
    situation = Situation(
        mention=brand.mentions[at], tags=replace(brand.tags[at], relevance=about_else)
    )
    made = decide(situation, packs.house, packs.regulation, NOW)
    return made.outcome is Outcome.SET_ASIDE


def figures(told: Flags, truth: Flags, unhappy: Flags) -> list[float]:
    """Return precision, recall, and the share lost of relevant and negative posts."""
    return [
        float((told & truth).sum() / told.sum()) if told.any() else float("nan"),
        float((told & truth).sum() / truth.sum()),
        float((told & ~truth).sum() / (~truth).sum()),
        float((told & unhappy).sum() / unhappy.sum()),
    ]


def interval(values: Floats) -> str:
    """Return a mean over draws with its 95 % interval, without those of no figure."""
    known = values[~np.isnan(values)]
    if not len(known):
        return "none told"
    random = np.random.default_rng(SEED)
    means = random.choice(known, (RESAMPLES, len(known))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{100 * known.mean():.1f} ({100 * low:.1f}-{100 * high:.1f})"


def table(brands: dict[str, Floats], answer: int) -> Iterator[str]:
    """Give one table: a line for each brand, and one for all."""
    yield f"| brand | {' | '.join(f'{name} %' for name in FIGURES)} |"
    yield f"|---|{'---:|' * len(FIGURES)}"
    # A draw's figures of all brands are its mean over them.
    figures_of_all = np.ma.masked_invalid(np.stack(list(brands.values())))
    every = figures_of_all.mean(axis=0).filled(np.nan)
    for name, found in {**brands, "all": every}.items():
        cells = [interval(found[:, answer, at]) for at in range(len(FIGURES))]
        yield f"| {name} | {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    """Measure, print two tables for each number of examples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=POSTS)
    parser.add_argument("--model", default="models/default")
    parser.add_argument("--examples", type=int, nargs="+", default=[10, 20])
    parser.add_argument("--draws", type=int, default=10)
    asked = parser.parse_args(arguments)
    if not asked.file.exists():
        print(f"{asked.file}: no such file; name one with Topic, Sentiment, TweetText")
        return 1
    packs = Packs(
        house=load_house(ROOT / "config/packs/house/1"),
        regulation=load_regulation(ROOT / "config/packs/au.asic.rg271/2021-09.1"),
    )
    encoder = Encoder.load(asked.model)
    brands, none = read(asked.file, encoder), of_none(encoder)
    for examples in asked.examples:
        found = {
            brand.name: np.stack(
                [
                    draw(brand, examples, seed, none, packs)
                    for seed in range(asked.draws)
                ]
            )
            for brand in brands
        }
        for answer, what in enumerate(ANSWERS):
            title = f"{examples} examples of each kind, {asked.draws} draws: {what}"
            print(f"\n{title}, {encoder.model_id}\n")
            print("\n".join(table(found, answer)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

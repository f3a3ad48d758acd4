"""How findings are counted, on vectors that lie where words say."""

from __future__ import annotations

import numpy as np
import pytest

from bench.retrieval import interval, search
from bot.classify.shots import TopicFile, Trial, prepare
from tests.unit.classify.vectors import Words, posts

BAGS, BILLS = posts("suitcase", "belt", n=12), posts("invoice", "refund", n=12)


def trial(among: dict[str, list[str]], texts: dict[str, list[str]]) -> Trial:
    return prepare(Words(), file(among), file(texts))


def file(topics: dict[str, list[str]]) -> TopicFile:
    pairs = [(text, name) for name, texts in topics.items() for text in texts]
    texts, names = zip(*pairs, strict=True)
    return TopicFile(name="a.jsonl", texts=texts, topics=names)


def test_what_is_about_the_same_is_found_first() -> None:
    found = search(
        trial({"bags": BAGS, "bills": BILLS}, {"bags": ["suitcase belt gone"]})
    )

    assert found.first.tolist() == [1.0]
    assert found.ten.tolist() == [1.0]


def test_of_the_first_ten_those_of_the_same_topic_count() -> None:
    few = {"bags": BAGS[:4], "bills": BILLS}

    found = search(trial(few, {"bags": ["suitcase belt"], "bills": ["refund invoice"]}))

    assert found.first.tolist() == [1.0, 1.0]
    assert found.ten.tolist() == [pytest.approx(0.4), 1.0]


def test_texts_mixed_at_random_are_found_by_chance() -> None:
    mixed = {"a": BAGS[::2] + BILLS[::2], "b": BAGS[1::2] + BILLS[1::2]}

    found = search(trial(mixed, mixed))

    assert 0.3 < found.ten.mean() < 0.7


def test_a_mean_has_its_interval_over_the_texts_that_ask() -> None:
    assert interval(np.array([1.0] * 75 + [0.0] * 25)) == "75.0 (66.5-83.5)"

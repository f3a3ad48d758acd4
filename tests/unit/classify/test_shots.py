from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.classify.shots import TopicFile, Trial, measure, prepare, read
from bot.errors import ClassifyError, Missing
from tests.unit.classify.vectors import Words, posts

BAGS, BILLS = posts("suitcase", "belt", n=12), posts("invoice", "refund", n=12)


def topic_file(**topics: list[str]) -> TopicFile:
    pairs = [(text, name) for name, texts in topics.items() for text in texts]
    return TopicFile(
        name="a.jsonl",
        texts=tuple(text for text, _ in pairs),
        topics=tuple(name for _, name in pairs),
    )


def trial(outside: TopicFile | None = None) -> Trial:
    whole = topic_file(bags=BAGS, bills=BILLS)
    return prepare(Words(), whole, whole, outside=outside)


def test_topics_that_words_tell_apart_are_all_told_rightly() -> None:
    found = measure(trial(), 5, draws=3)

    assert (found.topics, found.examples, found.draws) == (2, 5, 3)
    assert found.accuracy.value == 1.0
    assert found.none is None


def test_what_is_outside_is_counted_as_none_of_them() -> None:
    outside = topic_file(oos=posts("goal", "referee", n=8))

    found = measure(trial(outside), 5, draws=3)

    assert found.none is not None
    assert found.none_sure is not None
    assert 0.9 <= found.none.value <= found.none_sure.value
    assert found.named.value <= found.accuracy.value


def test_topics_mixed_at_random_are_told_no_better_than_by_chance() -> None:
    mixed = topic_file(a=BAGS[::2] + BILLS[::2], b=BAGS[1::2] + BILLS[1::2])

    found = measure(prepare(Words(), mixed, mixed), 5, draws=10)

    assert 0.3 < found.accuracy.value < 0.8


def test_the_same_draws_give_the_same_figures() -> None:
    assert measure(trial(), 5, draws=3) == measure(trial(), 5, draws=3)


@pytest.mark.parametrize("examples", [4, 13])
def test_no_more_examples_are_drawn_than_there_are_and_no_fewer_than_needed(
    examples: int,
) -> None:
    with pytest.raises(ClassifyError, match="choose from 5 to 12"):
        measure(trial(), examples, draws=2)


def test_a_topic_without_examples_is_named() -> None:
    with pytest.raises(ClassifyError, match="bills"):
        prepare(Words(), topic_file(bags=BAGS), topic_file(bills=BILLS))


def test_progress_ends_with_everything_read() -> None:
    whole, told = topic_file(bags=BAGS, bills=BILLS), []

    prepare(Words(), whole, whole, progress=lambda *at: told.append(at))

    assert told[-1] == (48, 48)


def test_a_file_is_read_by_any_of_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    lines = [{"text": "one", "intent": "a"}, {"text": "two", "label": "b"}]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    found = read(file)

    assert (found.texts, found.topics) == (("one", "two"), ("a", "b"))


@pytest.mark.parametrize("line", ["{", '{"text": "one"}', '{"intent": "a"}', "[]"])
def test_a_line_that_is_not_whole_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "one", "intent": "a"}\n' + line, encoding="utf-8")

    with pytest.raises(ClassifyError, match=r"a\.jsonl:2: needs a text"):
        read(file)


def test_a_file_that_is_not_there_or_holds_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        read(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(ClassifyError, match="holds no line"):
        read(tmp_path / "empty.jsonl")

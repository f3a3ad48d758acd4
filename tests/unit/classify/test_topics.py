from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.classify import taught
from bot.classify.examples import Scale, Space
from bot.classify.topics import Topics, of_none
from bot.domain.tags import Topic
from bot.errors import SettingsError
from tests.unit.classify.vectors import WIDTH, Words, posts

ROOT = Path(__file__).resolve().parents[3]
ENCODER = Words()
NONE = of_none(ENCODER)
BAGS, BILLS = ("suitcase", "belt", "luggage"), ("invoice", "charged", "refund")


def learnt(**examples: list[str]) -> Topics:
    return Topics.learn(examples, ENCODER, none=NONE)


def told(topics: Topics, *texts: str) -> list[Topic | None]:
    return topics.tell(np.asarray(ENCODER.embed(texts), dtype=np.float64))


# --- telling


def test_a_text_like_the_examples_gets_their_topic() -> None:
    topics = learnt(baggage=posts(*BAGS), billing=posts(*BILLS))

    first, second = told(topics, "suitcase luggage belt", "refund invoice charged")

    assert first is not None
    assert (first.name, first.is_sure) == ("baggage", True)
    assert second is not None
    assert second.name == "billing"


def test_a_text_about_something_else_is_none_of_them() -> None:
    topics = learnt(baggage=posts(*BAGS), billing=posts(*BILLS))

    assert told(topics, "the sunset over our harbour tonight") == [None]


def test_one_topic_alone_is_told_from_everything_else() -> None:
    topics = learnt(baggage=posts(*BAGS))

    found, other = told(topics, "suitcase luggage belt", "a goal in the last minute")

    assert found is not None
    assert other is None


def test_what_an_operator_calls_none_of_them_is_none() -> None:
    near = posts("suitcase", "belt", "fashion", n=20)
    examples = {"baggage": posts(*BAGS), "billing": posts(*BILLS)}
    plain = Topics.learn(examples, ENCODER, none=NONE)
    warned = Topics.learn(examples, ENCODER, none=of_none(ENCODER, near))
    text = np.asarray(ENCODER.embed(["suitcase belt fashion"]), dtype=np.float64)

    before, after = (
        float(topics.scale.probability(topics.space.nearness(text).max(axis=1))[0])
        for topics in (plain, warned)
    )

    assert after < before


def test_the_same_examples_tell_the_same() -> None:
    examples = {"baggage": posts(*BAGS), "billing": posts(*BILLS)}
    texts = ["suitcase refund", "luggage here", "nothing at all"]

    assert told(learnt(**examples), *texts) == told(learnt(**examples), *texts)


def test_two_hundred_topics_are_told_apart() -> None:
    examples = {f"t{n}": posts(f"a{n}", f"b{n}", f"c{n}", n=5) for n in range(200)}
    texts = [f"a{n} b{n} c{n}" for n in range(200)]

    found = told(learnt(**examples), *texts)

    right = [
        topic is not None and topic.name == name
        for topic, name in zip(found, examples, strict=True)
    ]
    assert sum(right) > 180


def test_a_text_without_a_direction_is_no_error() -> None:
    topics = learnt(baggage=posts(*BAGS), billing=posts(*BILLS))

    assert len(topics.tell(np.zeros((1, WIDTH)))) == 1


def test_a_probability_grows_with_nearness_and_stays_one() -> None:
    scale = Scale.of(np.array([0.8, 0.9, 0.7]), np.array([0.1, 0.2, -0.3]))

    found = scale.probability(np.array([-1e9, 0.1, 0.5, 0.9, 1e9]))

    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_equal_examples_leave_a_space_in_order() -> None:
    rows = np.tile(np.eye(4)[:1], (6, 1))
    space = Space.of(rows, np.zeros(6, dtype=np.int_), np.eye(4))

    assert np.isfinite(space.nearness(np.eye(4))).all()


# --- the file


def refused(folder: Path, written: str) -> str:
    file = folder / "examples.yaml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        taught.load(file)
    return refusal.value.shown.replace(str(file), "FILE")


def written(examples: list[str], indent: int = 6) -> str:
    return "".join(f"{' ' * indent}- {post}\n" for post in examples)


BAGGAGE = f"topics:\n  baggage:\n    examples:\n{written(posts(*BAGS))}"


def test_the_shipped_examples_are_good() -> None:
    found = taught.load(ROOT / "config" / "examples.yaml")

    assert len(found.topics) >= 5
    assert found.relevance == {}


def test_an_empty_file_teaches_nothing(tmp_path: Path) -> None:
    assert "it teaches nothing" in refused(tmp_path, "topics: {}\n")


def test_one_example_is_too_few(tmp_path: Path) -> None:
    said = refused(tmp_path, "topics:\n  baggage:\n    examples: [my bag is lost]\n")

    assert said.startswith("FILE:3: topics.baggage.examples:")
    assert "at least 5" in said


def test_a_post_under_two_topics_is_named_with_both(tmp_path: Path) -> None:
    twice = [*posts(*BILLS, n=5), posts(*BAGS)[2].upper()]
    said = refused(tmp_path, f"{BAGGAGE}  billing:\n    examples:\n{written(twice)}")

    assert said == (
        "FILE:17: topics.billing.examples.5: the same post stands under "
        "topics.baggage.examples"
    )


def test_a_post_that_is_a_topic_and_none_of_them_is_named(tmp_path: Path) -> None:
    said = refused(tmp_path, f"{BAGGAGE}none:\n{written(posts(*BAGS, n=1), 2)}")

    assert "none.0: the same post stands under topics.baggage.examples" in said


def test_an_empty_post_is_named(tmp_path: Path) -> None:
    said = refused(tmp_path, f"{BAGGAGE}      - '  '\n")

    assert said == "FILE:10: topics.baggage.examples.6: an empty post is no example"


def test_a_misspelt_key_is_named(tmp_path: Path) -> None:
    said = refused(tmp_path, f"{BAGGAGE}    exampels: []\n")

    assert said == "FILE:10: topics.baggage.exampels: there is no such key"


def test_the_fingerprint_changes_with_every_word(tmp_path: Path) -> None:
    file = tmp_path / "examples.yaml"
    file.write_text(BAGGAGE, encoding="utf-8")
    before = taught.load(file).fingerprint
    file.write_text(f"# a remark\n{BAGGAGE}", encoding="utf-8")
    remarked = taught.load(file).fingerprint
    file.write_text(BAGGAGE.replace("today", "tonight"), encoding="utf-8")

    assert before == remarked
    assert taught.load(file).fingerprint != before

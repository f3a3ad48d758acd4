from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.classify import taught
from bot.classify.relevance import BrandRelevance, Said
from bot.classify.taught import BrandPart
from bot.classify.topics import of_none
from bot.domain.mentions import Author
from bot.errors import SettingsError
from tests.unit.classify.vectors import Words, posts

DEMO = Path(__file__).parents[3] / "config" / "demo"
ENCODER = Words()
NONE = of_none(ENCODER)
FRUIT = posts("orchard", "pie", "cider", n=12)
PHONES = posts("phone", "screen", "charger", n=12)
RULE = "    {}:\n      - {{id: {}, text: t, words: [{}]}}\n"
JOBS = {"id": "jobs", "text": "a job advert", "words": ["we are hiring"]}


def judged_by(**part: Any) -> BrandRelevance:
    rules = BrandPart.model_validate(part)
    return BrandRelevance.learn(rules, ENCODER, none=NONE)


def said(text: str, **fields: Any) -> Said:
    row = np.asarray(ENCODER.embed([text]), dtype=np.float64)[0]
    whole: dict[str, Any] = {
        "text": text,
        "author": None,
        "language": "en",
        "row": row,
        "is_readable": True,
    }
    return Said(**(whole | fields))


def by(handle: str) -> Author:
    return Author(external_id="77", handle=handle)


# --- rules


@pytest.mark.parametrize(
    ("asked", "holds", "fails"),
    [
        (
            {"words": ["we are hiring"]},
            said("WE ARE  hiring, apply"),
            said("we hire cars"),
        ),
        (
            {"pattern": r"win an? \w+ phone"},
            said("Win a free phone now"),
            said("win it"),
        ),
        (
            {"authors": ["@JobRobot"]},
            said("apply", author=by("jobrobot")),
            said("apply", author=by("ada")),
        ),
        ({"authors": ["77"]}, said("apply", author=by("ada")), said("apply")),
        (
            {"languages": ["id", "ms"]},
            said("apa", language="id"),
            said("what", language="en"),
        ),
        (
            {"languages": ["EN"]},
            said("what", language="en"),
            said("was", language="de"),
        ),
        (
            {"links": ["jobs.example"]},
            said("see https://www.jobs.example/1?x"),
            said("see https://notjobs.example/jobs.example"),
        ),
        (
            {"words": ["apply"], "languages": ["de"]},
            said("apply", language="de"),
            said("apply", language="en"),
        ),
    ],
)
def test_a_rule_holds_where_all_that_it_asks_is_so(
    asked: dict[str, Any], holds: Said, fails: Said
) -> None:
    brand = judged_by(exclude=[{"id": "r", "text": "not ours", **asked}])

    assert not brand.judge(holds).is_relevant
    assert brand.judge(holds).rule == "exclude.r"
    assert brand.judge(fails).is_relevant


def test_what_is_included_is_never_excluded() -> None:
    shop = {"id": "shop", "text": "our shop", "words": ["acme store"]}
    brand = judged_by(include=[shop], exclude=[JOBS])

    found = brand.judge(said("we are hiring at the acme store"))

    assert (found.is_relevant, found.rule) == (True, "include.shop")


def test_a_broken_link_leads_nowhere() -> None:
    links = {"id": "l", "text": "links", "links": ["jobs.example"]}

    assert judged_by(exclude=[links]).judge(said("https://[broken")).is_relevant


def read(name: str) -> list[dict[str, Any]]:
    lines = (DEMO / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_bundled_rules_tell_adverts_give_aways_spam_and_other_meanings() -> None:
    rules = taught.load(DEMO / "examples.yaml").relevance
    found: dict[str, set[str]] = {}
    for post in read("stream.jsonl"):
        brand = BrandRelevance(rules=rules[post["brand"]], likeness=None)
        rule = brand.judge(said(post["text"])).rule
        found.setdefault(rule, set()).add(post["id"])
    set_aside = {rule: ids for rule, ids in found.items() if "exclude." in rule}
    complaints = {one["id"] for one in read("expectations.jsonl") if one["complaint"]}

    assert {
        rule.removeprefix("exclude."): len(ids) for rule, ids in set_aside.items()
    } == {
        "birds": 2,
        "giveaways": 1,
        "jobs": 3,
        "kitchens": 1,
        "light": 3,
        "spam": 1,
    }
    assert not any(complaints & ids for ids in set_aside.values())
    # An advert that asks for money in the brand's name is the brand's business.
    assert found["include.fraud"] == {"2122517610534610916"}


# --- examples


def test_examples_tell_the_fruit_from_the_phone() -> None:
    brand = judged_by(relevant=PHONES, irrelevant=FRUIT)

    fruit = brand.judge(said("orchard cider pie"))
    phone = brand.judge(said("phone charger screen"))

    assert (fruit.is_relevant, fruit.rule) == (False, "examples")
    assert fruit.score is not None
    assert phone.is_relevant
    assert phone.score is not None
    assert phone.score < 0.5 < fruit.score


def test_examples_only_advise_unless_the_file_lets_them_set_aside() -> None:
    kinds = {"relevant": PHONES, "irrelevant": FRUIT}
    advises = judged_by(**kinds, exclude=[JOBS])
    sets_aside = judged_by(**kinds, set_aside_by_examples=True)
    fruit = said("orchard cider pie")

    assert not advises.judge(fruit).is_relevant
    assert advises.judge(fruit).is_advice
    assert not sets_aside.judge(fruit).is_advice
    assert not advises.judge(said("we are hiring")).is_advice


def test_what_lies_between_is_relevant() -> None:
    brand = judged_by(relevant=PHONES, irrelevant=FRUIT)

    assert brand.judge(said("orchard phone")).is_relevant


def test_a_text_in_doubt_is_relevant_whatever_the_examples_say() -> None:
    brand = judged_by(relevant=PHONES, irrelevant=FRUIT)

    found = brand.judge(said("orchard cider pie", is_readable=False))

    assert found.is_relevant
    assert "in doubt" in found.text


# --- the file


def refused(folder: Path, part: str) -> str:
    file = folder / "examples.yaml"
    file.write_text(f"relevance:\n  Acme:\n{part}", encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        taught.load(file)
    return refusal.value.shown.replace(str(file), "FILE")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("    exclude: []\n", "FILE:2: relevance.Acme: it says nothing"),
        (
            "    exclude:\n      - {id: a, text: t}\n",
            "FILE:4: relevance.Acme.exclude.0: it asks nothing",
        ),
        (
            "    exclude:\n      - {id: a, text: t, pattern: '('}\n",
            "FILE:4: relevance.Acme.exclude.0.pattern: this is no regular expression",
        ),
        (
            f"{RULE.format('include', 'a', 'job')}{RULE.format('exclude', 'b', 'Job')}",
            "FILE:6: relevance.Acme.exclude.0.words: 'Job' alone both includes and",
        ),
        (
            f"{RULE.format('exclude', 'a', 'x')}      - {{id: a, text: t, words: [y]}}",
            "FILE:5: relevance.Acme.exclude.1.id: a stands here twice",
        ),
        (
            f"    set_aside_by_examples: true\n{RULE.format('exclude', 'a', 'x')}",
            "FILE:3: relevance.Acme.set_aside_by_examples: there are no relevant and",
        ),
        (
            "    exclude:\n      - {id: a, text: t, languages: [en, en-AU]}\n",
            "FILE:4: relevance.Acme.exclude.0.languages.1: ",
        ),
        (
            "    relevant: [one]\n",
            "FILE:3: relevance.Acme.relevant: 1 posts, at least 10 of each kind",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, part: str, words: str
) -> None:
    assert refused(tmp_path, part).startswith(words)


def test_a_post_that_is_relevant_and_not_is_named(tmp_path: Path) -> None:
    both = f"    relevant: {PHONES[:10]}\n    irrelevant: {FRUIT[:9] + PHONES[:1]}\n"

    said = refused(tmp_path, both)

    assert "irrelevant.9: the same post stands under relevance.Acme.relevant" in said


def test_a_brand_that_nobody_listens_for_is_named(tmp_path: Path) -> None:
    file = tmp_path / "examples.yaml"
    part = "    exclude:\n      - {id: a, text: t, words: [x]}\n"
    file.write_text(f"relevance:\n  Acme:\n{part}", encoding="utf-8")
    found = taught.load(file)

    taught.check_brands(found, file, {"Acme"})
    with pytest.raises(SettingsError, match=r":2: relevance\.Acme: no brand"):
        taught.check_brands(found, file, {"Acne"})

"""From a person's correction to another model in force, through the shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.classify import manifest
from bot.cli.main import main
from tests.unit.classify import checkpoints
from tests.unit.classify.checkpoints import SHIPPED, save_ours
from tests.unit.classify.test_finetune import RECIPE

ROOT = Path(__file__).parents[3]
TOLD = {
    "negative": checkpoints.ANGER,
    "neutral": checkpoints.NEWS,
    "positive": checkpoints.PRAISE,
}
OTHER = {"negative": "positive", "neutral": "negative", "positive": "neutral"}


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class House:
    """A settings file, a model behind a link, and posts that the model has read."""

    run: Callable[..., Said]
    folder: Path
    link: Path
    start: Path
    said: dict[int, str]
    """What each mention's sentiment really is."""

    def correct(self, told: dict[int, str]) -> None:
        for number, sentiment in told.items():
            complaint = "yes" if sentiment == "negative" else "no"
            given = ("--sentiment", sentiment, "--complaint", complaint, "--by", "ada")
            assert self.run("mention", "correct", number, *given).code == 0

    def learn(self, name: str, *more: object) -> Said:
        files = (self.folder / "data" / "val.jsonl", self.folder / "complaints.jsonl")
        held_out = [word for file in files for word in ("--held-out", file)]
        recipe = ("--config", self.folder / "recipe.yaml", "--device", "cpu")
        out = ("--out", self.folder / name, "--settings", self.folder / "bot.yaml")
        command = ("model", "train", "--with-corrections")
        return self.run(*command, *held_out, *recipe, *out, *more, settings=False)

    @property
    def in_force(self) -> str:
        return manifest.read(self.link).model_id


@pytest.fixture
def house(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> House:
    start, link = save_ours(tmp_path / "start", SHIPPED), tmp_path / "in-force"
    link.symlink_to(start, target_is_directory=True)
    data = checkpoints.save_data(tmp_path / "data")
    rows = (data / "complaints.jsonl").read_text(encoding="utf-8").splitlines()
    asked = ({**row, "text": f"user {row['text']}"} for row in map(json.loads, rows))
    held_out = "".join(json.dumps(row) + "\n" for row in asked)
    (tmp_path / "complaints.jsonl").write_text(held_out, encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    packs = ROOT / "config" / "packs"
    settings = {
        "database": {"url": f"sqlite:///{tmp_path}/a.db"},
        "model": {"path": str(link), "device": "cpu", "precision": "fp32"},
        "packs": {
            "house": str(packs / "house" / "1"),
            "regulation": str(packs / "au.asic.rg271" / "2021-09.1"),
            "templates": str(ROOT / "config" / "templates"),
        },
    }
    file = tmp_path / "bot.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def run(*arguments: object, settings: bool = True) -> Said:
        where = ("--config", file) if settings else ()
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(one) for one in (*arguments, *where)])
        told = capfd.readouterr()
        return Said(int(str(end.value.code)), told.out, told.err)

    texts = [
        (form.format(thing), label)
        for label, forms in TOLD.items()
        for form in forms
        for thing in checkpoints.THINGS
    ]
    posts = tmp_path / "posts.jsonl"
    posts.write_text(
        "".join(
            json.dumps(
                {
                    "id": str(number),
                    "text": text,
                    "created_at": f"2026-11-03T10:{number % 60:02}:00Z",
                    "author": {"id": f"u{number}", "handle": f"u{number}"},
                }
            )
            + "\n"
            for number, (text, _) in enumerate(texts)
        ),
        encoding="utf-8",
    )
    done = run("replay", posts, "--db", settings["database"]["url"], "--json")
    assert done.code == 0, done.err
    assert done.json["mentions"] == len(texts)
    said = {number: label for number, (_, label) in enumerate(texts, start=1)}
    return House(run=run, folder=tmp_path, link=link, start=start, said=said)


@pytest.mark.slow
def test_what_people_correct_is_learnt_put_in_force_and_refused_when_it_is_worse(
    house: House,
) -> None:
    begun = house.in_force
    told = {number: house.said[number] for number in list(house.said)[::2]}
    house.correct(told)

    better = house.learn("better", "--data", house.folder / "data", "--json")

    assert better.code == 0, better.err
    assert better.json["worse"] == []
    assert better.json["from"] == begun == house.in_force
    assert better.json["corrections"] == 2 * len(told)

    activated = house.run("model", "activate", house.folder / "better", "--by", "bo")

    assert activated.code == 0, activated.err
    assert "to go back: ln -sfn" in activated.err
    assert house.in_force == better.json["model"]
    assert_logged(house, model=house.in_force, was=begun, corrections=2 * len(told))
    assert_compared(house)

    house.correct({number: OTHER[value] for number, value in told.items()})
    worse = house.learn("worse", "--activate", "--by", "ada")

    assert worse.code == 6
    assert "worse: sentiment: macro-recall" in worse.out
    assert "is not put in force" in worse.err
    assert house.in_force == better.json["model"]
    again = house.run("model", "activate", house.folder / "worse", "--by", "bo")
    assert again.code == 6


def assert_logged(house: House, **expected: object) -> None:
    log = map(json.loads, house.run("audit", "export").out.splitlines())
    entry = next(one for one in log if "model.activated" in str(one))
    detail = json.loads(entry["detail"])
    assert entry["actor"] == "bo"
    assert {name: detail[name] for name in expected} == expected


def assert_compared(house: House) -> None:
    compared = house.run("model", "compare", house.start, "current", "--json")
    flipped = {
        one["mention"]: one["after"]["sentiment"]
        for one in compared.json["changed"]
        if "sentiment" in one["after"]
    }
    rightly = sum(house.said[number] == now for number, now in flipped.items())

    assert compared.json["scored_again"] == 0
    assert compared.json["mentions"] == len(house.said)
    assert rightly > 0.8 * len(flipped) > 0
    table = house.run("model", "compare", house.start, "current", "--limit", "30")
    assert "of 30 mentions would change" in table.out


def test_with_a_model_for_each_language_the_usual_one_is_put_in_force(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    usual = tmp_path / "usual"
    settings = {
        "database": {"url": f"sqlite:///{tmp_path}/a.db"},
        "models": {"default": str(usual), "es": str(tmp_path / "es")},
    }
    file = tmp_path / "bot.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")

    with pytest.raises(SystemExit) as end:
        main(["model", "activate", "new", "--by", "bo", "--config", str(file)])

    assert end.value.code == 6
    assert f"model.path is {usual}" in capfd.readouterr().err.replace("\n", "")


def test_what_cannot_be_done_is_said_before_anything_is_learnt(house: House) -> None:
    house.correct(dict(list(house.said.items())[:3]))

    few = house.learn("few")
    nobody = house.learn("few", "--activate")
    house.link.unlink()
    house.link.mkdir()
    folder = house.learn("few", "--activate", "--by", "ada")
    given = ("--out", house.folder / "few", "--held-out", house.folder)
    plain = house.run("model", "train", *given, settings=False)

    assert (few.code, nobody.code, folder.code, plain.code) == (4, 2, 6, 2)
    assert "3 corrected texts are too few" in few.err
    assert "who puts the model in force?" in nobody.err
    assert "ln -s in-force" in folder.err
    assert "without --with-corrections" in plain.err
    assert not (house.folder / "few").exists()

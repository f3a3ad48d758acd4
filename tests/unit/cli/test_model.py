"""``bot model`` through the shell: a teacher, its answers, and a student."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.main import main
from tests.unit.classify import checkpoints
from tests.unit.classify.test_training import settings

ROOT = Path(__file__).parents[3]


def bot(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    assert ended.value.code == 0


def save_recipe(path: Path, base: Path, **changes: Any) -> Path:
    values = settings(base)
    del values["complaint"], values["data"]["complaints"]
    path.write_text(yaml.safe_dump(values | changes), encoding="utf-8")
    return path


def test_a_student_learns_from_the_answers_that_its_recipe_pins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = checkpoints.save_base(tmp_path / "base")
    data = checkpoints.save_data(tmp_path / "data")
    given = ("--base", base, "--data", data)
    plain = save_recipe(tmp_path / "plain.yaml", base)
    bot("model", "train", *given, "--config", plain, "--out", tmp_path / "teacher")
    answers = tmp_path / "answers.npz"

    bot(
        *("model", "teach", "--teacher", tmp_path / "teacher"),
        *("--data", data, "--config", plain, "--out", answers),
    )

    digest = hashlib.sha256(answers.read_bytes()).hexdigest()
    assert f"its SHA-256, for the recipe, is {digest}" in capsys.readouterr().out
    pinned = {"answers": {"file": answers.name, "sha256": digest}, "weight": 0.5}
    student = save_recipe(tmp_path / "student.yaml", base, teacher=pinned)
    out = tmp_path / "student"
    bot("model", "train", *given, "--config", student, "--seed", 8, "--out", out)
    made = json.loads((out / "answerable.json").read_text(encoding="utf-8"))
    assert made["facts"]["recipe"]["seed"] == 8
    assert made["facts"]["recipe"]["teacher"]["answers"]["sha256"] == digest


def test_a_recipe_is_cross_validated_and_both_means_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = checkpoints.save_base(tmp_path / "base")
    data = checkpoints.save_data(tmp_path / "data")
    plain = save_recipe(tmp_path / "plain.yaml", base)
    command = (
        *("model", "cross-validate", "--base", base, "--data", data),
        *("--config", plain, "--work", tmp_path / "folds", "--folds", 2),
    )

    bot(*command)
    shown = " ".join(capsys.readouterr().out.split())
    bot(*command, "--json")
    found = json.loads(capsys.readouterr().out)

    assert "macro recall, mean of 2 folds:" in shown
    assert "on the held-out file, mean of 2 seeds:" in shown
    assert len(found["fold_recalls"]) == len(found["held_out_recalls"]) == 2
    mean = sum(found["held_out_recalls"]) / 2
    assert found["held_out_mean"]["value"] == pytest.approx(mean)
    assert f"{100 * mean:.1f} %" in shown


def test_a_model_is_made_small_and_its_cost_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = checkpoints.save_ours(tmp_path / "source")
    rows = [{"text": f"love {w}", "label": "positive"} for w in checkpoints.WORDS]
    file = tmp_path / "some.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    bot("model", "quantise", source, tmp_path / "small", "--on", file)
    shown = capsys.readouterr().out
    bot("model", "quantise", source, tmp_path / "again", "--on", file, "--json")
    told = json.loads(capsys.readouterr().out)

    assert "stands in" in shown
    assert "some.jsonl" in shown
    assert told["costs"][0]["file"] == "some.jsonl"
    assert told["costs"][0]["agreement"] >= 0.995
    made = json.loads((tmp_path / "small" / "answerable.json").read_text("utf-8"))
    assert made["weights"] == "int8"


def test_a_model_that_may_not_be_small_ends_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = checkpoints.save_ours(tmp_path / "source")
    file = tmp_path / "some.jsonl"
    file.write_text(json.dumps({"text": "love", "label": "positive"}) + "\n", "utf-8")

    with pytest.raises(SystemExit) as ended:
        main(["model", "quantise", str(source), str(tmp_path), "--on", str(file)])

    assert ended.value.code == 4
    assert "is there already" in capsys.readouterr().err


def test_topics_are_measured_where_torch_is_not_installed(tmp_path: Path) -> None:
    said = {"bags": "my suitcase", "money": "the refund of my money"}
    for name in ("examples", "texts"):
        rows = [
            {"text": f"{what} number {n} of {name}", "topic": topic}
            for topic, what in said.items()
            for n in range(6)
        ]
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    program = """
import sys
sys.modules["torch"] = sys.modules["transformers"] = None
from bot.cli.main import main
main(sys.argv[1:])
"""
    asked = ["topics", tmp_path / "examples.jsonl", tmp_path / "texts.jsonl"]
    asked += ["--shots", "5", "--draws", "2", "--json"]

    ended = subprocess.run(
        [sys.executable, "-c", program, "model", *map(str, asked)],
        check=True,
        capture_output=True,
        cwd=ROOT,
    )

    [five] = json.loads(ended.stdout)["shots"]
    assert (five["examples"], five["topics"]) == (5, 2)
    assert five["accuracy"]["value"] > 0.5

"""``bot model train --with-corrections`` and ``bot model activate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import By, Config, Db, opened
from bot.cli.model import Bar
from bot.services.lifecycle import activate_model
from bot.settings import EVERY_OTHER

if TYPE_CHECKING:
    from bot.classify.finetune import Lesson, Report

RECIPE = Path("models/recipes/corrections.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asks of a training with corrections."""

    out: Path
    data: Path | None
    base: Path | None
    recipe: Path
    held_out: tuple[Path, ...]
    device: str
    threads: int
    seed: int | None
    overwrite: bool
    activated_by: str | None


def person(by: str | None) -> str:
    """Return who puts the model in force, who must be named."""
    if by is None:
        message = "--activate needs --by: who puts the model in force?"
        raise typer.BadParameter(message)
    return by


def train(
    wanted: Wanted, *, machine: bool, config: Path | None, db: str | None
) -> None:
    """Go on from the version in force with what people corrected."""
    from bot.classify import activation, finetune

    recipe = finetune.load(wanted.recipe)
    if wanted.seed is not None:
        recipe = recipe.model_copy(update={"seed": wanted.seed})
    with opened(config, db) as bot:
        link = _in_force(bot)
        if wanted.activated_by:
            activation.check_link(link)
        lessons = _lessons(bot)
        with Bar("Training") as (bar, task):

            def watch(one: finetune.Progress) -> None:
                note = f"loss {one.loss:.3f}"
                bar.update(task, completed=one.done, total=one.total, note=note)

            report = finetune.finetune(
                recipe,
                lessons,
                base=(wanted.base or link).resolve(),
                data=wanted.data,
                held_out=wanted.held_out,
                out=wanted.out,
                progress=watch,
                device=wanted.device,
                threads=wanted.threads,
                overwrite=wanted.overwrite,
            )
        if machine:
            output.as_json(_json(report))
        else:
            _print(report)
        if wanted.activated_by:
            _activate(bot, wanted.out, by=wanted.activated_by)


def activate(
    folder: Annotated[
        Path, typer.Argument(help="A model that was trained with corrections.")
    ],
    *,
    by: By,
    config: Config = None,
    db: Db = None,
) -> None:
    """Put a model in force that was measured and is not worse; refuse any other."""
    with opened(config, db) as bot:
        _activate(bot, folder, by=by)


def _in_force(bot: App) -> Path:
    """Return where the settings say that the model of most languages is."""
    return Path(bot.settings.text_models[EVERY_OTHER].path)


def _activate(bot: App, folder: Path, *, by: str) -> None:
    from bot.classify import activation, manifest
    from bot.classify.finetune import FACT

    link = _in_force(bot)
    activation.check_link(link)
    before = link.resolve()
    was = manifest.read(before).model_id
    facts = activation.may_activate(folder, was)
    learnt: Mapping[str, Any] = facts.facts[FACT]
    activate_model(
        bot.store,
        bot.clock,
        lambda: activation.turn(link, folder),
        model=facts.model_id,
        was=was,
        corrections=len(learnt["corrections"]),
        corrections_sha256=str(learnt["corrections_sha256"]),
        by=by,
    )
    output.err.print(
        f"{facts.model_id} is in force for processes that start from now on; "
        f"to go back: ln -sfn {before} {link}",
        markup=False,
    )


def _lessons(bot: App) -> Sequence[Lesson]:
    """Return what holds of people's corrections, in the words of the model's heads."""
    from bot.classify.finetune import Lesson
    from bot.classify.labelled import Question

    with bot.store.reading() as work:
        held = work.corrections.in_force()
    return [
        Lesson(
            correction=one.id,
            question=Question(one.kind.value),
            text=stored.mention.text,
            answer=Question(one.kind.value).labels.index(one.value),
        )
        for one, stored in held
        if not stored.text_sha256
    ]


def _json(report: Report) -> dict[str, object]:
    from bot.classify.finetune import trial_facts

    return {
        "model": report.model_id,
        "from": report.base_id,
        "corrections": report.corrections,
        "left_out": report.left_out,
        "trials": [trial_facts(one) for one in report.trials],
        "worse": list(report.worse),
    }


def _print(report: Report) -> None:
    output.facts(
        f"{report.model_id} stands in {report.out}",
        [
            ("from", report.base_id),
            ("corrections learnt", report.corrections),
            ("left out, as they are measured on", report.left_out),
        ],
    )
    for one in report.trials:
        before, after = one.before, one.after
        output.listing(
            f"{after.question.value} on {after.file}: {after.texts} texts",
            [
                {
                    "figure": "macro recall",
                    "in force": before.macro_recall,
                    "new": after.macro_recall,
                    "difference": one.paired,
                },
                {
                    "figure": "accuracy",
                    "in force": before.accuracy,
                    "new": after.accuracy,
                    "difference": f"{one.paired.gained} gained, {one.paired.lost} lost",
                },
                {
                    "figure": "calibration error",
                    "in force": f"{before.calibration_error:.3f}",
                    "new": f"{after.calibration_error:.3f}",
                    "difference": "",
                },
            ],
            machine=False,
            empty="",
        )
    for reason in report.worse:
        output.out.print(f"worse: {reason}", markup=False)
    if not report.worse:
        output.out.print("it is not worse, and may be activated", markup=False)

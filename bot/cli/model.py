"""``bot model``: train the model that we ship, and say how good one is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bot.cli import output
from bot.cli.context import AsJson, Config, Db, MaybeBy, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.classify.evaluation import Bin, Estimate, Evaluation, Slice
    from bot.classify.reading import Engine
    from bot.classify.shots import Shots
    from bot.classify.training import Progress as Trained

app = typer.Typer(
    help="The text model: train it, make it small, evaluate it.", no_args_is_help=True
)

DEFAULT_MODEL = Path("models/default")
CURRENT = "current"
"""The model that the settings name."""

BAR = 30
"""Characters of a bar that stands for all texts."""

SHADES = " ░▒▓█"
"""None, up to a quarter, a half, three quarters and all of what people called so."""

SOUGHT = {"sentiment": "negative", "complaint": "yes"}
"""What must not be missed: its recall stands beside each slice."""

SHOTS = [5, 10]
"""Examples of each topic: what an operator is asked for."""

RECIPE = Path("models/recipes/default.yaml")


@app.command("train")
def train(  # noqa: PLR0913 - each is an option of the command
    *,
    out: Annotated[Path, typer.Option(help="Folder that gets the trained model.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the labelled data sets.")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="Folder of the weights to start from.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="The recipe.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 1,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Another seed than the recipe's.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a model that is there.")
    ] = False,
    with_corrections: Annotated[
        bool,
        typer.Option("--with-corrections", help="Go on with what people corrected."),
    ] = False,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(help="Labelled JSONL to measure old and new on; repeatable."),
    ] = None,
    activate: Annotated[
        bool, typer.Option("--activate", help="Put it in force if it is not worse.")
    ] = False,
    by: MaybeBy = None,
    settings: Annotated[
        Path | None, typer.Option(help="Settings file, for the corrections.")
    ] = None,
    db: Db = None,
    machine: AsJson = False,
) -> None:
    """Train by a recipe; a run that was stopped goes on where it was."""
    if with_corrections:
        from bot.cli import finetune

        finetune.train(
            finetune.Wanted(
                out=out,
                data=data,
                base=base,
                recipe=config or finetune.RECIPE,
                held_out=tuple(held_out or ()),
                device=device,
                threads=threads,
                seed=seed,
                overwrite=overwrite,
                activated_by=finetune.person(by) if activate else None,
            ),
            machine=machine,
            config=settings,
            db=db,
        )
        return
    if data is None or base is None or held_out or activate:
        message = (
            "without --with-corrections, --data and --base are needed, "
            "and neither --held-out nor --activate is known"
        )
        raise typer.BadParameter(message)
    from bot.classify import recipe, training

    config = config or RECIPE
    chosen = recipe.load(config)
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    with _bar("Training") as (bar, task):
        report = training.train(
            chosen,
            base=base,
            data=data,
            answers=config.parent,
            out=out,
            device=device,
            threads=threads,
            progress=lambda one: _told(bar, task, one),
            overwrite=overwrite,
        )
    complaint = [report.complaint] if report.complaint else []
    figures = [report.sentiment, *complaint, *report.others]
    if machine:
        output.as_json(
            {
                "model": report.model_id,
                "seconds": report.took.total_seconds(),
                "evaluations": [one.as_dict() for one in figures],
            }
        )
        return
    output.out.print(f"{report.model_id} stands in {report.out}", markup=False)
    for one in figures:
        show(one)


@app.command("cross-validate")
def cross_validate(  # noqa: PLR0913 - each is an option of the command
    *,
    data: Annotated[Path, typer.Option(help="Folder of the labelled data sets.")],
    base: Annotated[Path, typer.Option(help="Folder of the weights to start from.")],
    work: Annotated[Path, typer.Option(help="What a stopped run goes on from.")],
    config: Annotated[Path, typer.Option(help="The recipe.")] = RECIPE,
    folds: Annotated[int, typer.Option(min=2, max=10, help="How many parts.")] = 5,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 1,
    taught: Annotated[
        Path | None,
        typer.Option(help="Learn every question, and write a teacher's answers here."),
    ] = None,
    machine: AsJson = False,
) -> None:
    """Learn a recipe's sentiment once a fold, each with a seed of its own."""
    from bot.classify import crossval, recipe

    with _bar("Folds") as (bar, task):
        found = crossval.cross_validate(
            recipe.load(config),
            base=base,
            data=data,
            work=work,
            folds=folds,
            answers=config.parent,
            device=device,
            threads=threads,
            taught=taught,
            progress=lambda one: _told(bar, task, one),
        )
    if machine:
        output.as_json(found.as_dict())
        return
    for one in (found.folds, found.complaint, found.together):
        if one is not None:
            show(one)
    output.out.print(
        f"macro recall, mean of {folds} folds: {_interval(found.fold_mean)}; "
        f"on the held-out file, mean of {folds} seeds: "
        f"{_interval(found.held_out_mean)}"
    )


@app.command("teach")
def teach(
    *,
    teacher: Annotated[
        list[Path], typer.Option(help="Folder of a larger model; may be repeated.")
    ],
    data: Annotated[Path, typer.Option(help="Folder of the labelled data sets.")],
    out: Annotated[Path, typer.Option(help="File that gets the teachers' answers.")],
    config: Annotated[Path, typer.Option(help="The student's recipe.")] = RECIPE,
) -> None:
    """Let larger models read what a smaller one will learn from."""
    from bot.classify import manifest, recipe, teaching, training
    from bot.classify.encoder import Encoder

    lessons = training.lessons(recipe.load(config), data)
    teachers = [Encoder.load(folder) for folder in teacher]
    with _bar("Reading") as (bar, task):

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        found = teaching.answers(teachers, lessons, tell)
    teaching.write(out, found, [one.model_id for one in teachers])
    texts = sum(len(one.sentiment) for one in found.values())
    output.out.print(
        f"{out} holds what {', '.join(one.model_id for one in teachers)} says of "
        f"{texts} texts; its SHA-256, for the recipe, is {manifest.sha256(out)}",
        markup=False,
    )


@app.command("evaluate")
def evaluate(
    files: Annotated[
        list[Path], typer.Argument(help="Labelled JSONL: sentiment or complaint.")
    ],
    *,
    model: Annotated[
        str, typer.Option(help="Folder or Hugging Face name; current: the settings'.")
    ] = str(DEFAULT_MODEL),
    language: Annotated[
        str | None, typer.Option(help="With current: the one that reads this language.")
    ] = None,
    machine: AsJson = False,
    config: Config = None,
) -> None:
    """Compare a model's answers with people's, file by file, with 95 % intervals."""
    from bot.classify import evaluation, labelled

    encoder = _engine(model, language, config)
    found = []
    for file in files:
        rows = labelled.read(file)
        with _bar(file.name) as (bar, task):

            def tell(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            found.append(evaluation.evaluate(encoder, rows, progress=tell))
    if machine:
        output.as_json([one.as_dict() for one in found])
        return
    for one in found:
        show(one)


@app.command("quantise")
def quantise(
    source: Annotated[Path, typer.Argument(help="A model of ours, half precision.")],
    out: Annotated[Path, typer.Argument(help="Folder that gets it in eight bits.")],
    *,
    on: Annotated[
        list[Path], typer.Option(help="Labelled JSONL to measure it on; repeatable.")
    ],
    machine: AsJson = False,
) -> None:
    """Write a model in eight bits, unless that changes more than it may."""
    from dataclasses import asdict

    from bot.classify import labelled
    from bot.classify import quantise as eight_bits

    files = [labelled.read(file) for file in on]
    with _bar("Eight bits") as (bar, task):
        made = eight_bits.quantise(
            source, out, files, progress=lambda note: bar.update(task, note=note)
        )
    if machine:
        output.as_json({**asdict(made), "out": str(made.out)})
        return
    output.out.print(f"{made.model_id} stands in {made.out}", markup=False)
    output.listing(
        f"What eight bits cost: {made.size:,} bytes, {len(made.kept)} matrices exact",
        [
            {
                "file": one.file,
                "texts": one.texts,
                "labels kept": f"{one.agreement:.2%}",
                "macro recall lost": _points(one.macro_recall_lost),
                "recall lost": ", ".join(
                    f"{label} {_points(lost)}"
                    for label, lost in one.recall_lost.items()
                ),
            }
            for one in made.costs
        ],
        machine=False,
        empty="",
    )


@app.command("topics")
def topics(  # noqa: PLR0913 - each is an option of the command
    examples: Annotated[
        Path, typer.Argument(help="JSONL of texts with topics to draw examples from.")
    ],
    texts: Annotated[
        Path, typer.Argument(help="JSONL of texts with topics to measure on.")
    ],
    *,
    outside: Annotated[
        Path | None, typer.Option(help="JSONL of texts that are about none of them.")
    ] = None,
    shots: Annotated[
        list[int], typer.Option(min=1, help="Examples of each topic; give it again.")
    ] = SHOTS,
    draws: Annotated[int, typer.Option(min=2, help="Draws of examples.")] = 10,
    model: Annotated[str, typer.Option(help="Folder or Hugging Face name.")] = str(
        DEFAULT_MODEL
    ),
    machine: AsJson = False,
) -> None:
    """Measure how well topics are told from a few examples, with 95 % intervals."""
    from bot.classify import engines
    from bot.classify import shots as measured

    drawn_from, measured_on = measured.read(examples), measured.read(texts)
    none = None if outside is None else measured.read(outside)
    encoder = engines.load(model)
    with _bar("Reading") as (bar, task):

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        trial = measured.prepare(
            encoder, drawn_from, measured_on, outside=none, progress=tell
        )
    found = [measured.measure(trial, count, draws=draws) for count in shots]
    if machine:
        told = [one.as_dict() for one in found]
        output.as_json({"model": encoder.model_id, "shots": told})
        return
    output.listing(
        f"{len(trial.names)} topics told by examples, {encoder.model_id}",
        [_shots(one) for one in found],
        machine=False,
        empty="",
    )


def _shots(one: Shots) -> dict[str, object]:
    outside = {
        "none told as none": _interval(one.none) if one.none else "",
        "none, not sure": _interval(one.none_sure) if one.none_sure else "",
    }
    return {
        "examples": one.examples,
        "nearest is right": _interval(one.accuracy),
        "named rightly": _interval(one.named),
        "named rightly, sure": _interval(one.named_sure),
        **(outside if one.none else {}),
    }


def _points(share: float) -> str:
    return f"{100 * share:+.2f}"


def _bar(what: str) -> Bar:
    return Bar(what)


def _told(bar: Progress, task: TaskID, one: Trained) -> None:
    bar.update(
        task,
        completed=one.done,
        total=one.total,
        note=f"{one.stage}, loss {one.loss:.3f}",
    )


class Bar:
    """A progress bar on standard error with the time that is left."""

    def __init__(self, what: str) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=output.err,
        )
        self._what = what

    def __enter__(self) -> tuple[Progress, TaskID]:
        self._bar.start()
        return self._bar, self._bar.add_task(self._what, total=None, note="")

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def show(one: Evaluation) -> None:
    """Print one file's figures, its confusion and its slices."""
    rows = [
        {"figure": "accuracy", "value": _interval(one.accuracy)},
        {"figure": "macro recall", "value": _interval(one.macro_recall)},
        {"figure": "macro F1", "value": _interval(one.macro_f1)},
        {"figure": "calibration error", "value": f"{one.calibration_error:.3f}"},
    ]
    rows += [
        {"figure": f"recall {label}", "value": _interval(estimate)}
        for label, estimate in one.recall.items()
    ]
    output.listing(
        f"{one.question.value} on {one.file}: {one.texts} texts, {one.model_id}",
        rows,
        machine=False,
        empty="",
    )
    output.listing(
        "What people said (rows), what the model said (columns)",
        [{"people": said, **shaded(counts)} for said, counts in one.confusion.items()],
        machine=False,
        empty="",
    )
    if one.slices:
        output.listing(
            "By slice",
            [_slice(part, SOUGHT.get(one.question)) for part in one.slices],
            machine=False,
            empty="",
        )
    output.listing(
        "How sure the model was, and how often it was right",
        [
            {
                "sure": f"{100 * part.sure:.0f} %",
                "right": f"{100 * part.right:.0f} %",
                "texts": part.texts,
                "picture": picture(part),
            }
            for part in one.reliability
        ],
        machine=False,
        empty="",
    )
    if one.skipped:
        output.out.print(f"{len(one.skipped)} lines were skipped: {one.skipped[0]}")


def _engine(model: str, language: str | None, config: Path | None) -> Engine:
    """Load a model by its name or, as the settings say how, one of theirs."""
    if model != CURRENT:
        if language is not None:
            message = (
                f"--language chooses among the settings' models: --model {CURRENT}"
            )
            raise typer.BadParameter(message)
        from bot.classify import engines

        return engines.load(model)
    with opened(config) as bot:
        if language is None:
            return bot.encoder()
        if language not in bot.settings.text_models:
            message = f"the settings name no model for {language}; the default reads it"
            raise typer.BadParameter(message)
        return bot.encoder(language)


def _slice(part: Slice, sought: str | None) -> dict[str, object]:
    recall = {f"recall {sought}": _interval(part.recall[sought])} if sought else {}
    return {
        "slice": part.name,
        "texts": part.texts,
        "accuracy": _interval(part.accuracy),
        "macro recall": _interval(part.macro_recall),
        **recall,
    }


def shaded(counts: Mapping[str, int]) -> dict[str, str]:
    """Draw how much of what people called one thing the model called each thing."""
    total = max(sum(counts.values()), 1)
    return {
        label: f"{count} {SHADES[-(-count * (len(SHADES) - 1) // total)] * 2}".rstrip()
        for label, count in counts.items()
    }


def picture(part: Bin) -> str:
    """Draw how often it was right as a bar, with a mark where it should end."""
    right, sure = (round(share * BAR) for share in (part.right, part.sure))
    drawn = ["█"] * right + ["·"] * (BAR - right)
    drawn[min(sure, BAR) - 1] = "|"
    return "".join(drawn)


def _interval(estimate: Estimate) -> str:
    return (
        f"{100 * estimate.value:.1f} % "
        f"({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"
    )

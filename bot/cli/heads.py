"""``bot model weak-labels`` and ``add-head``: one question more for a model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from bot.classify.labelled import Question
from bot.cli import output
from bot.cli.context import AsJson
from bot.cli.model import DEFAULT_MODEL, Bar, show

HOUSE = Path("config/packs/house/1")


def weak_labels(
    files: Annotated[
        list[Path],
        typer.Argument(help="Labelled JSONL: sentiment, complaints, emotion, intents."),
    ],
    *,
    out: Annotated[Path, typer.Option(help="JSONL file that gets them.")],
    pack: Annotated[Path, typer.Option(help="House pack whose cues are read.")] = HOUSE,
    most: Annotated[
        int, typer.Option(min=1, help="Texts of one file with the same label.")
    ] = 4_000,
    machine: AsJson = False,
) -> None:
    """Say by rules what answer the authors of labelled texts wait for."""
    from bot.classify import responses
    from bot.rules.load import load_house

    rows = responses.make(files, load_house(pack).cues, most=most)
    responses.write(out, rows)
    counts = Counter((one.response, one.rule) for one in rows)
    output.listing(
        f"{len(rows)} texts stand in {out}",
        [
            {"response": response, "rule": rule, "texts": count}
            for (response, rule), count in sorted(counts.items())
        ],
        machine=machine,
        empty="no text could be labelled",
    )


def add_head(
    model: Annotated[Path, typer.Argument(help="A model of ours.")] = DEFAULT_MODEL,
    *,
    question: Annotated[Question, typer.Option(help="What the head is to answer.")],
    data: Annotated[
        list[Path], typer.Option(help="JSONL labelled for it; repeatable.")
    ],
    out: Annotated[Path, typer.Option(help="Folder that gets the new model.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Learn a head anew that is there.")
    ] = False,
    machine: AsJson = False,
) -> None:
    """Teach a model one more question; its other answers stay as they are."""
    from bot.classify import heads

    with Bar("Reading") as (shown, task):

        def tell(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        made = heads.add(model, out, question, data, overwrite=overwrite, progress=tell)
    if machine:
        output.as_json(
            {
                "model": made.model_id,
                "out": str(made.out),
                "learnt": made.learnt,
                "temperature": made.temperature,
                "evaluation": made.measured.as_dict(),
            }
        )
        return
    output.out.print(f"{made.model_id} stands in {made.out}", markup=False)
    show(made.measured)

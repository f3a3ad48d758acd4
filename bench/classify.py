"""Measure side by side what tags a text: ours, and what one would use instead.

Text in, tags out, tokenising included: mentions a second on one core and on two (on a
card: of one process and of one for each core), the time of a single mention, memory,
agreement with single precision, and the share of what the core can multiply at all.
Each row runs in a process of its own with one thread; two cores are two processes.
Prints Markdown for docs/benchmarks.md; a target that was missed is said, and is no
failure. Exit status 1 if a row could not run.

Without a file it reads the labelled posts beside the checkout, or else texts that are
made up here, which have no labels.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from bot.classify import clean, labelled, manifest, weights
from bot.classify.labelled import Question
from bot.errors import BotError

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
LABELLED = SHARED / "data" / "sentiment" / "val.jsonl"
SEED = 20261125
PIECES = 4
"""A long text is read in so many pieces, as ``bot.classify.reading.WINDOWS`` says."""

SHIPPED = ""
REFERENCE = "engine=torch,precision=fp32"
ENGINES = ("engine=torch,precision=bf16", "engine=onnx,precision=fp32")
"""Settings of ``model``, each a row beside the one without any and the reference."""

WHOLE, SAME, ROBERTA = "whole", "same_weights", "roberta_base"
BATCHES = (1, 32)
CHUNK, CHUNK_ON_A_CARD = 256, 8_192
"""Texts that are asked of ours at once; the bot tags 256."""

SMALL_LAYERS = 3
"""Layers up to which a model is of the small form, of which more speed is asked."""

SINGLES = 500
CEILING_SECONDS = 2.0

Answers = Sequence[Sequence[str]]


# -- arithmetic -----------------------------------------------------------------


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least such a share of them do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What decides how much a transformer encoder multiplies."""

    layers: int
    width: int
    inner: int

    def work(self, tokens: int) -> int:
        """Return the floating-point operations of so many tokens read together.

        Four products of the width, two with the inner layer, and two of every token
        with every other; an addition counts as much as a multiplication.
        """
        weights = 4 * self.width**2 + 2 * self.width * self.inner
        return self.layers * 2 * (tokens * weights + 2 * self.width * tokens**2)


BASE = Shape(layers=12, width=768, inner=3072)
"""BERT's, RoBERTa's and MPNet's base size."""


def mean_work(
    shape: Shape, tokens: Sequence[int], *, longest: int, pieces: int = 1
) -> float:
    """Return the mean work of a text that is cut into pieces of at most ``longest``."""
    return sum(
        shape.work(min(longest, count - start))
        for count in tokens
        for start in range(0, min(count, longest * pieces), longest)
    ) / len(tokens)


def agreement(ours: Answers, reference: Answers) -> float | None:
    """Return the share of labels that are the same, of those that both gave."""
    pairs = [
        one == other
        for mine, theirs in zip(ours, reference, strict=False)
        for one, other in zip(mine, theirs, strict=False)
    ]
    return sum(pairs) / len(pairs) if pairs else None


def macro_recall(answers: Answers, people: Sequence[str]) -> float | None:
    """Return the mean over people's labels of how often the answer is theirs."""
    right: dict[str, list[bool]] = {}
    for mine, said in zip(answers, people, strict=False):
        right.setdefault(said, []).append(mine[0] == said)
    shares = [sum(each) / len(each) for each in right.values()]
    return sum(shares) / len(shares) if shares else None


# -- texts ----------------------------------------------------------------------


class Texts(NamedTuple):
    """What is read, and what people said of it where they did."""

    source: str
    raw: list[str]
    people: list[str]


def read_texts(file: Path | None, count: int) -> Texts:
    """Return so many texts, drawn with a fixed seed."""
    chance = random.Random(SEED)
    if file is None and not LABELLED.exists():
        return Texts("texts made up by this command", list(invented(count)), [])
    found = labelled.read(file or LABELLED)
    rows = chance.sample(found.rows, min(count, len(found.rows)))
    is_sentiment = found.question is Question.SENTIMENT
    people = [found.question.labels[one.answer] for one in rows] if is_sentiment else []
    return Texts(found.name, [one.text for one in rows], people)


OPENINGS = ("@acmehelp", "Hey @acme,", "So", "Honestly", "@acme @acmehelp", "", "", "")
HAPPENINGS = (
    "my order has been on its way since last Monday and nobody can tell me where it is",
    "the app logs me out every time I try to pay the bill",
    "the kettle came broken again, second time this month",
    "three calls, two hours on hold, and still no refund",
    "thank you for sorting out my seat so quickly, the lady at the desk was wonderful",
    "the new shop opens at nine on Saturday next to the tram stop",
    "is the website down for anybody else or is it just me?",
    "best coffee in town and the staff remember my name",
    "you charged me twice and closed the chat when I asked why",
    "looking forward to the match tonight, tickets are in the post",
    "delivery came a day early, I am impressed",
    "I can't believe you let people wait in the rain for this",
)
ENDINGS = (
    "",
    "",
    "What am I supposed to do now?",
    "Never again. #fail",
    "😡😡",
    "Love it! 🎉",
    "See https://example.org/p/123 for the picture.",
    "Please answer my message, I wrote to you on Friday and again on Sunday evening.",
    "It is not the first time and it will not be the last I suppose, but still.",
)


def invented(count: int) -> Iterator[str]:
    """Yield so many posts about nobody, about as long as real ones."""
    chance = random.Random(SEED)
    for _ in range(count):
        parts = (OPENINGS, HAPPENINGS, ENDINGS)
        yield " ".join(filter(None, map(chance.choice, parts)))


# -- rows -----------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Row:
    """One thing that is measured; what came of it is filled in."""

    name: str
    job: dict[str, Any]
    shape: Shape | None = None
    pieces: int = 1
    alone: dict[str, Any] = field(default_factory=dict)
    together: list[dict[str, Any]] = field(default_factory=list)
    failed: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether it is not installed here, which is no failure."""
        return "missing" in self.alone

    @property
    def rate(self) -> float | None:
        """Texts a second on one core."""
        return None if self.failed else rate([self.alone])

    @property
    def many(self) -> float | None:
        """Texts a second of the processes side by side."""
        return rate(self.together) if self.together else None

    @property
    def memory(self) -> float | None:
        """The process's largest resident set, in megabytes."""
        return None if self.failed else self.alone["memory"] / 1e6

    @property
    def answers(self) -> Answers:
        """What it said of each text; random weights have no opinion."""
        return (
            [] if self.job["row"] == "roberta_base" else self.alone.get("answers", [])
        )

    def single(self, share: float) -> float | None:
        """Return a percentile of a single text's time, in milliseconds."""
        took = self.alone.get("singles", ())
        # One at least must lie above it, or it is the slowest and no percentile.
        is_told = len(took) * (1 - share) >= 1
        return percentile(took, share) * 1e3 if is_told else None


def rate(measured: Sequence[Mapping[str, Any]]) -> float:
    """Return the texts a second of processes that ran side by side."""
    return sum(float(one["texts"] / one["seconds"]) for one in measured)


def rows(engines: Sequence[str], shape: Shape, device: str) -> dict[str, Row]:
    """Return what is measured by a key, the shipped path first."""
    found = {
        engine: Row(
            name=f"our text model, {engine.replace(',', ' ') or 'as shipped'}",
            job={"row": "ours", "settings": settings(engine), "all": True},
            shape=shape,
            pieces=PIECES,
        )
        for engine in dict.fromkeys((SHIPPED, REFERENCE, *engines))
    }
    found[WHOLE] = Row(
        name="as shipped, with language, signals and influence",
        job={"row": "whole", "all": True},
    )
    for row, name, size in (
        (SAME, "our weights", shape),
        (ROBERTA, "RoBERTa-base", BASE),
    ):
        for batch in BATCHES:
            job = {"row": row, "batch": batch, "chunk": 2 * batch, "kind": "clean"}
            found[f"{row}{batch}"] = Row(
                name=f"{name} in `transformers.pipeline`, {batched(batch)}",
                job=job,
                shape=size,
            )
    if device == "cpu":
        found["vader"] = Row(name="VADER", job={"row": "vader"})
    return found


def batched(batch: int) -> str:
    """Say how a pipeline is asked."""
    return "one by one" if batch == 1 else f"batch_size={batch}"


def settings(engine: str) -> dict[str, str]:
    """Read ``key=value,key=value`` as settings of the model."""
    pairs = (part.partition("=") for part in engine.split(",") if part)
    return {key.strip(): value.strip() for key, _, value in pairs}


# -- running --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every job has in common, and the cores that there are."""

    job: Mapping[str, Any]
    cores: Sequence[int | None]
    """One for each process side by side; on a card they are not told apart."""

    def run(self, job: Mapping[str, Any], processes: int) -> list[dict[str, Any]]:
        """Run a job in so many processes at once; ``RuntimeError`` if one fails."""
        with tempfile.TemporaryFile("w+") as said, ExitStack() as stack:
            started = []
            for core in self.cores[:processes]:
                process = self._start({**self.job, **job, "core": core}, said)
                started.append(stack.enter_context(process))
                stack.callback(process.kill)
            first = [_line(one) for one in started]
            if all(line == "ready" for line in first):
                _begin(started)
                found = [one.communicate()[0] for one in started]
                if not any(one.returncode for one in started):
                    return [json.loads(text) for text in found]
            elif first[0].startswith("{"):
                return [json.loads(first[0])]
            said.seek(0)
            last = said.read().strip().splitlines() or ["it ended without a word"]
            raise RuntimeError(last[-1])

    def _start(self, job: Mapping[str, Any], said: IO[str]) -> subprocess.Popen[str]:
        script = Path(__file__).with_name("classify_row.py")
        quiet = {"OMP_NUM_THREADS": "1"}
        if self.job.get("device", "cpu") == "cpu":
            quiet["TOKENIZERS_PARALLELISM"] = "false"
        return subprocess.Popen(
            [sys.executable, str(script), json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, **quiet},
            cwd=ROOT,
        )


def _begin(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        if process.stdin:
            process.stdin.write("go\n")
            process.stdin.flush()


def _line(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip() if process.stdout else ""


def measure(bench: Bench, found: Mapping[str, Row], longest: int) -> dict[str, Any]:
    """Fill in every row; return what one core multiplies at best."""
    core: dict[str, Any] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=2 * len(found) + 1)
        if None not in bench.cores:
            bar.update(task, description="what one core multiplies")
            ceiling = {"row": "ceiling", "kind": "clean", "seconds": CEILING_SECONDS}
            try:
                [core] = bench.run(ceiling, 1)
            except RuntimeError as error:
                bar.console.print(f"no ceiling: {error}")
        bar.advance(task)
        for row in found.values():
            bar.update(task, description=row.name)
            fill(bench, row, bar, task)
    return {**core, "longest": longest} if core else {}


def fill(bench: Bench, row: Row, bar: Progress, task: TaskID) -> None:
    """Run a row alone and then, where there are two cores, on both."""
    try:
        [row.alone] = bench.run(row.job, 1)
        row.failed = str(row.alone.get("missing", ""))
        bar.advance(task)
        if len(bench.cores) > 1 and not row.failed:
            many = {**row.job, "all": False, "singles": 0}
            row.together = bench.run(many, len(bench.cores))
        bar.advance(task)
    except RuntimeError as error:
        row.failed = f"failed: {error}"


def cores() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def shape_of(model: str) -> Shape:
    """Read a checkpoint's shape from its own configuration."""
    facts = json.loads((Path(model) / "config.json").read_text(encoding="utf-8"))
    return Shape(
        layers=facts["num_hidden_layers"],
        width=facts["hidden_size"],
        inner=facts["intermediate_size"],
    )


# -- telling --------------------------------------------------------------------

HEADINGS = (
    "what reads the texts",
    "one process, texts/s",
    "side by side, texts/s",
    "p50 of one, ms",
    "p99 of one, ms",
    "peak MB",
    "labels as in fp32, %",
    "macro recall, %",
    "of the int8 ceiling, %",
    "of the bf16 ceiling, %",
)


def told(value: float | None, digits: int = 0) -> str:
    """Return a figure for a table; nothing where there is none."""
    return "" if value is None else f"{value:,.{digits}f}"


def percent(share: float | None) -> float | None:
    """Return a share in hundredths."""
    return None if share is None else 100 * share


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all but the first column are figures."""
    written = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything that was measured in one run."""

    rows: Mapping[str, Row]
    people: Sequence[str]
    core: Mapping[str, Any]
    rounding: str = ""
    """What is known of a rounding that the reference computes with as well."""

    def figures(self, row: Row) -> list[str]:
        """Return one row of the table."""
        if row.failed:
            return [row.name, row.failed, *[""] * (len(HEADINGS) - 2)]
        same = agreement(row.answers, self.rows[REFERENCE].answers)
        return [
            row.name,
            told(row.rate),
            told(row.many),
            told(row.single(0.5), 2),
            told(row.single(0.99), 2),
            told(row.memory),
            told(percent(same), 2),
            told(percent(self.recall(row)), 2),
            *(told(percent(self.share(row, kind))) for kind in ("int8", "bf16")),
        ]

    def recall(self, row: Row) -> float | None:
        """Return the macro recall of a row that read every text."""
        is_whole = len(row.answers) == len(self.people)
        return macro_recall(row.answers, self.people) if is_whole else None

    def work(self, row: Row) -> float | None:
        """Return what a model must multiply for a text, in FLOP, on average."""
        if not self.core or row.shape is None:
            return None
        tokens, longest = self.core["tokens"], self.core["longest"]
        return mean_work(row.shape, tokens, longest=longest, pieces=row.pieces)

    def share(self, row: Row, kind: str) -> float | None:
        """Return how much of what the core multiplies goes into that work."""
        work = self.work(row)
        if work is None or row.rate is None:
            return None
        return row.rate * work / float(self.core["flops"][kind])

    def targets(self, device: str) -> Iterator[Target]:
        """Yield what is asked of the shipped path, with what it came to."""
        shipped, fp32 = self.rows[SHIPPED], self.rows[REFERENCE]
        if device != "cpu":
            most = shipped.many or shipped.rate
            yield Target(what="texts/s on a card", figure=most, least=100_000)
            return
        for key, least in ((SAME, 12), (ROBERTA, 75)):
            for batch in BATCHES:
                other = self.rows[f"{key}{batch}"]
                yield Target(
                    what=f"times as fast as {other.name}",
                    figure=times(shipped.rate, other.rate),
                    least=least,
                    digits=1,
                )
        is_small = shipped.shape is not None and shipped.shape.layers <= SMALL_LAYERS
        least = 2_200 if is_small else 1_250
        yield Target(what="texts/s on two cores", figure=shipped.many, least=least)
        for share, most in ((0.5, 3), (0.99, 6)):
            what, figure = f"p{100 * share:.0f} of one text, ms", shipped.single(share)
            yield Target(what=what, figure=figure, most=most, digits=2)
        yield Target(what="peak MB", figure=shipped.memory, most=200)
        same = percent(agreement(shipped.answers, fp32.answers))
        yield Target(what="labels as in fp32, %", figure=same, least=99.5, digits=2)
        exact, mine = self.recall(fp32), self.recall(shipped)
        lost = None if exact is None or mine is None else 100 * (exact - mine)
        what = "points of macro recall lost to fp32"
        yield Target(what=what, figure=lost, most=0.3, digits=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure that was asked for: at least so much, or else at most."""

    what: str
    figure: float | None
    least: float | None = None
    most: float | None = None
    digits: int = 0

    def figures(self) -> list[str]:
        """Say what is asked for, what came, and whether that is enough."""
        asked = f"≥ {self.least:,g}" if self.most is None else f"≤ {self.most:,g}"
        return [self.what, asked, told(self.figure, self.digits), self.verdict]

    @property
    def verdict(self) -> str:
        """Whether the figure, before it is rounded, is what was asked for."""
        if self.figure is None:
            return "not measured"
        low = self.least is not None and self.figure < self.least
        high = self.most is not None and self.figure > self.most
        return "missed" if low or high else "reached"


def rounding(facts: manifest.Manifest) -> str:
    """Say what eight bits cost by the manifest: the reference reads them as well."""
    if facts.weights != weights.INT8:
        return ""
    measured = facts.facts.get(weights.INT8, {}).get("agreement", {})
    kept = [f"{100 * share:.2f} % of {file}" for file, share in measured.items()]
    return (
        "The weights are rounded to eight bits and fp32 computes with the rounded, "
        "so agreement with it leaves the rounding out. Labels as by the weights before "
        f"they were rounded, by the manifest: {', '.join(kept) or 'not measured'}."
    )


def times(one: float | None, other: float | None) -> float | None:
    """Return how many times as much the one is, where both are known."""
    return one / other if one and other else None


def notes(result: Result, source: str, model: str) -> Iterator[str]:
    """Yield what a reader must know of the tables."""
    yield f"Machine: {processor()}, {os.cpu_count()} cores."
    yield f"Side by side: {len(result.rows[SHIPPED].together)} processes."
    yield f"Texts: {len(result.rows[SHIPPED].answers):,} of {source}; model: {model}."
    alike: dict[str, list[str]] = {}
    for row in result.rows.values():
        facts = ", ".join(f"{k} {v}" for k, v in row.alone.get("facts", {}).items())
        alike.setdefault(facts, []).append(row.name)
    for facts in filter(None, alike):
        yield f"{'; '.join(alike[facts])}: {facts}."
    work = result.work(result.rows[SHIPPED])
    if work is not None:
        tokens, flops = result.core["tokens"], result.core["flops"]
        most = ", ".join(f"{kind} {each / 1e9:,.0f}" for kind, each in flops.items())
        mean = sum(tokens) / len(tokens)
        yield (
            f"One core multiplies {most} GFLOP/s at best; a text has {mean:.1f} tokens "
            f"and costs our model {work / 1e9:.3f} GFLOP."
        )
    if result.rounding:
        yield result.rounding
    yield (
        "The pipelines get cleaned texts and compute in fp32; RoBERTa-base has random "
        "weights and our tokens. A share of a ceiling counts the work of the text's "
        "tokens, so padding and everything that is no product lowers it."
    )


def processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.processor()).strip() or platform.machine()


# -- the command ----------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Measure everything once and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="labelled texts, JSON lines")
    parser.add_argument("--model", default="models/default", help="a folder of ours")
    parser.add_argument(
        "--settings",
        action="append",
        metavar="KEY=VALUE,...",
        help="settings of the model for a row of its own; may stand several times",
    )
    parser.add_argument("--device", default="cpu", help="cpu, or a card: cuda")
    parser.add_argument(
        "--processes",
        type=int,
        default=len(cores()),
        help="how many share a card, one for each core; on the processor it is two",
    )
    parser.add_argument("--texts", type=int, default=2_000, help="how many are read")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each figure")
    asked = parser.parse_args(arguments)
    os.chdir(ROOT)
    try:
        texts = read_texts(asked.file, asked.texts)
        facts = manifest.read(Path(asked.model))
    except BotError as error:
        print(error.shown, file=sys.stderr)
        return 2
    longest = facts.max_length
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "texts.json"
        ready = [clean.clean(text, limit=clean.READ_AT_MOST)[0] for text in texts.raw]
        kept.write_text(
            json.dumps({"raw": texts.raw, "clean": ready}), encoding="utf-8"
        )
        bench = Bench(
            job={
                "texts": str(kept),
                "kind": "raw",
                "model": asked.model,
                "device": asked.device,
                "settings": {},
                "max_length": longest,
                "seconds": asked.seconds,
                "singles": SINGLES,
                "chunk": CHUNK if asked.device == "cpu" else CHUNK_ON_A_CARD,
                "all": False,
            },
            cores=cores()[:2] if asked.device == "cpu" else [None] * asked.processes,
        )
        found = rows(asked.settings or ENGINES, shape_of(asked.model), asked.device)
        core = measure(bench, found, longest)
    result = Result(
        rows=found, people=texts.people, core=core, rounding=rounding(facts)
    )
    print(table(HEADINGS, map(result.figures, found.values())), end="\n\n")
    lines = (target.figures() for target in result.targets(asked.device))
    print(table(("target", "asked for", "this run", ""), lines), end="\n\n")
    print("\n".join(notes(result, texts.source, asked.model)))
    return int(any(row.failed and not row.is_missing for row in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

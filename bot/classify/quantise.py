"""Write a checkpoint of ours in eight bits, and measure what that costs.

A file in eight bits says how many labels it keeps. One that keeps too few is not
written: whoever finds the file may use it as it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.classify import engines, manifest, weights
from bot.classify.evaluation import Floats, probabilities
from bot.classify.labelled import LabelledFile
from bot.classify.onnx_engine import OnnxEncoder, largest_inputs
from bot.classify.onnx_graph import QUERY_KEY_VALUE
from bot.classify.reading import facts_of
from bot.errors import ClassifyError

ROOM = 25_000_000
"""Bytes that the whole folder may take."""

TINY = 1e-6
LOSS = 0.003
"""Share of a file's macro-recall that may be lost."""

BEYOND_CHANCE = 1.64
"""Standard errors: one class's loss counts from here on (one-sided, five per cent)."""

PROBE = 256
"""Texts that show how large inputs are, and what rounding one matrix costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What eight bits cost on one labelled file."""

    file: str
    texts: int
    agreement: float
    """Share of labels that stayed what they were, right or wrong."""
    macro_recall_lost: float
    recall_lost: Mapping[str, float]
    """Class -> share of it that was right and is no longer, less what became right."""
    beyond_chance: tuple[str, ...]
    """The classes that lost more than is allowed, and more than chance explains."""

    @property
    def trouble(self) -> str:
        """Why this may not be used; empty if it may."""
        if self.agreement < engines.SAFE_AGREEMENT:
            return f"keeps {self.agreement:.2%} of the labels"
        if self.macro_recall_lost > LOSS:
            return f"loses {100 * self.macro_recall_lost:.2f} points of macro-recall"
        if self.beyond_chance:
            return f"loses recall of {', '.join(self.beyond_chance)}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantised:
    """A checkpoint in eight bits."""

    out: Path
    model_id: str
    size: int
    kept: tuple[str, ...]
    """Matrices that stayed exact."""
    costs: tuple[Cost, ...]


def quantise(
    source: Path,
    out: Path,
    files: Sequence[LabelledFile],
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Quantised:
    """Write ``source`` in eight bits to ``out``.

    Where that changes too many labels, the matrices that gain most stay exact, one
    after the other, as long as there is room. ClassifyError, and nothing written, where
    it still loses too much on one of the files, or takes more than ``ROOM``.
    """
    if facts_of(source).weights == weights.INT8:
        raise ClassifyError(f"{source} is in eight bits already")
    if out.exists():
        raise ClassifyError(f"{out} is there already; remove it or name another folder")
    trial = _Trial(source, files)
    partial = out.with_name(f"{out.name}.partial")
    try:
        while True:
            progress(f"{len(trial.kept)} matrices exact")
            size, costs = trial.measured(partial)
            troubles = [f"on {c.file} it {c.trouble}" for c in costs if c.trouble]
            if not troubles:
                break
            if not trial.keep_one_more(partial, size):
                told = "; ".join(troubles)
                raise ClassifyError(f"{source} may not be used in eight bits: {told}")
        model_id, size = trial.tell(partial, costs)
        if size > ROOM:
            message = f"{source} takes {size:,} bytes in eight bits, and a model may"
            message += f" take {ROOM:,}: train one with fewer layers or a smaller"
            raise ClassifyError(f"{message} vocabulary")
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Quantised(
        out=out, model_id=model_id, size=size, kept=tuple(trial.kept), costs=costs
    )


class _Trial:
    """One checkpoint, what it said before, and the matrices that stay exact."""

    def __init__(self, source: Path, files: Sequence[LabelledFile]) -> None:
        self.kept: list[str] = []
        self._source = source
        self._facts = facts_of(source)
        self._files = files
        self._exact = OnnxEncoder.load(source)
        self._before = [probabilities(self._exact, file) for file in files]
        self._probes = [
            replace(file, rows=file.rows[: 1 + PROBE // len(files)]) for file in files
        ]
        self._inputs = self._divisors()
        self._order: list[str] | None = None

    def measured(self, folder: Path) -> tuple[int, tuple[Cost, ...]]:
        """Write the checkpoint; return its size, and what is lost by it."""
        size = self._write(folder, self.kept)
        rounded = OnnxEncoder.load(folder, precision="int8")
        pairs = zip(self._files, self._before, strict=True)
        return size, tuple(
            cost(file, before, probabilities(rounded, file)) for file, before in pairs
        )

    def keep_one_more(self, folder: Path, size: int) -> bool:
        """Keep the matrix that gains most of those for which there is room."""
        if self._order is None:
            self._order = self._by_gain(folder)
        for name in self._order:
            # Exact it takes a second byte for each number.
            more = int(np.prod(self._tensors()[name].shape))
            if size + more <= ROOM:
                self._order.remove(name)
                self.kept.append(name)
                return True
        return False

    def tell(self, folder: Path, costs: Sequence[Cost]) -> tuple[str, int]:
        """Write down what was measured; return the model's id and its whole size."""
        facts = manifest.read(folder)
        measured = {
            engines.AGREEMENT: _agreement(costs),
            **self._in_openvino(folder),
            "costs": [asdict(one) for one in costs],
            "exact": self.kept,
            engines.REFERENCE: [
                [round(p, 4) for p in row] for row in engines.tried(self._exact).answers
            ],
        }
        told = {**facts.facts, weights.INT8: measured}
        manifest.write(folder, replace(facts, facts=told))
        return facts.model_id, _size(folder)

    def _in_openvino(self, folder: Path) -> dict[str, dict[str, float]]:
        """Return what OpenVINO's own way of rounding keeps, where it is installed."""
        if not engines.has_openvino():
            return {}
        from bot.classify.openvino_engine import OpenvinoEncoder

        rounded = OpenvinoEncoder.load(folder, precision="int8")
        pairs = zip(self._files, self._before, strict=True)
        return {
            engines.OPENVINO: _agreement(
                [cost(file, old, probabilities(rounded, file)) for file, old in pairs]
            )
        }

    def _tensors(self) -> dict[str, NDArray[Any]]:
        return weights.read(self._source / manifest.WEIGHTS)

    def _divisors(self) -> dict[str, weights.Floats]:
        """Return what the inputs of each matrix are divided by.

        Half of what makes a column's inputs larger than others goes into its weights
        (SmoothQuant, Xiao et al. 2023): both are then rounded about equally well.
        """
        texts = [row.text for probe in self._probes for row in probe.rows]
        tensors = self._tensors()
        found: dict[str, weights.Floats] = {}
        for first, most in largest_inputs(self._source, texts).items():
            names = _beside(first)
            every = np.concatenate([tensors[name] for name in names])
            own = np.abs(every.astype(np.float32)).max(axis=0)
            share = np.sqrt(np.maximum(most, TINY) / np.maximum(own, TINY))
            found |= dict.fromkeys(names, share.astype(np.float32))
        return found

    def _write(self, folder: Path, keep: Sequence[str]) -> int:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._source, folder)
        small = weights.in_eight_bits(self._tensors(), keep=keep, inputs=self._inputs)
        weights.write(folder / manifest.WEIGHTS, small)
        files = {name: manifest.sha256(folder / name) for name in self._facts.files}
        facts = replace(self._facts, weights=weights.INT8, files=files)
        manifest.write(folder, facts)
        return _size(folder)

    def _by_gain(self, folder: Path) -> list[str]:
        """Return the layers' matrices, those first that gain most for their bytes."""

        def lost(*keep: str) -> float:
            self._write(folder, keep)
            tried = OnnxEncoder.load(folder, precision="int8")
            return sum(
                float(
                    np.abs(
                        probabilities(tried, probe) - exact[: len(probe.rows)]
                    ).mean()
                )
                for probe, exact in zip(self._probes, self._before, strict=True)
            )

        tensors = self._tensors()
        before = lost()
        gain = {
            name: (before - lost(name)) / tensors[name].size for name in self._inputs
        }
        return sorted(gain, key=gain.__getitem__, reverse=True)


def _agreement(costs: Sequence[Cost]) -> dict[str, float]:
    return {one.file: round(one.agreement, 4) for one in costs}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _beside(name: str) -> list[str]:
    """Return the matrices that take the same inputs as this one."""
    query, key, value = QUERY_KEY_VALUE
    if f".{query}." not in name:
        return [name]
    return [name, *(name.replace(query, other) for other in (key, value))]


def cost(file: LabelledFile, before: Floats, after: Floats) -> Cost:
    """Compare what was said of a file's texts before and after."""
    truth = np.array([row.answer for row in file.rows])
    old, new = before.argmax(axis=1), after.argmax(axis=1)
    lost: dict[str, float] = {}
    beyond = []
    for index, label in enumerate(file.question.labels):
        own = truth == index
        if not own.any():
            continue
        gone = int((own & (old == index) & (new != index)).sum())
        come = int((own & (old != index) & (new == index)).sum())
        lost[label] = (gone - come) / int(own.sum())
        if lost[label] > LOSS and gone - come > BEYOND_CHANCE * np.sqrt(gone + come):
            beyond.append(label)
    return Cost(
        file=file.name,
        texts=len(truth),
        agreement=float((old == new).mean()),
        macro_recall_lost=float(np.mean(list(lost.values()))),
        recall_lost=lost,
        beyond_chance=tuple(beyond),
    )

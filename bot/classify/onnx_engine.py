"""The engine without torch: a graph of plain operations, computed by onnxruntime.

The only file that knows onnxruntime. It starts in a fraction of torch's time and room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

import numpy as np
import onnxruntime

from bot.classify import manifest, onnx_graph, weights
from bot.classify.reading import (
    Engine,
    Floats,
    Found,
    Reader,
    Whole,
    by_length,
    facts_of,
    probabilities,
    use_one_thread,
)
from bot.errors import ClassifyError

Rounding = Literal["fp32", "int8"]
ERRORS_ONLY = 3


class OnnxEncoder(Engine):
    """A checkpoint of ours on the processor."""

    batch_tokens = 1_024

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        heads: Mapping[str, manifest.Head],
        *,
        model_id: str,
        reader: Reader,
        facts: dict[str, str],
    ) -> None:
        """Use ``load``; this takes the parts that it found."""
        super().__init__(model_id=model_id, reader=reader, facts=facts)
        self._session = session
        self._heads = heads
        self._outputs = [onnx_graph.POOLED, *(onnx_graph.HEAD + name for name in heads)]

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        precision: Rounding = "fp32",
        threads: int = 1,
        max_length: int | None = None,
    ) -> Self:
        """Read and check a checkpoint; everything wrong with it is a ClassifyError."""
        use_one_thread(threads)
        facts = facts_of(folder)
        with _translated(f"cannot load the model {folder}"):
            reader = Reader.of(folder, max_length=max_length or facts.max_length)
            eight_bits = precision == "int8"
            form: onnx_graph.Form = "rounded" if eight_bits else "exact"
            graph = onnx_graph.build(folder, facts, form=form)
            session = _session(graph, threads)
        # Rounded inputs may tip a label that full precision would not.
        model_id = facts.model_id + ("/int8" if eight_bits else "")
        described = {
            "model": model_id,
            "engine": "onnx",
            "device": "cpu",
            "precision": precision,
            "threads": str(threads),
            "max_length": str(reader.max_length),
            "heads": ", ".join(facts.heads),
            "onnxruntime": str(onnxruntime.__version__),
        }
        return cls(
            session, facts.heads, model_id=model_id, reader=reader, facts=described
        )

    def _found(self, ids: Whole, mask: Whole) -> Found:
        tokens = {onnx_graph.IDS: ids, onnx_graph.MASK: mask}
        with _translated("the model failed"):
            pooled, *logits = self._session.run(self._outputs, tokens)
        return Found(
            pooled=pooled,
            probabilities={
                name: probabilities(rows, head)
                for (name, head), rows in zip(self._heads.items(), logits, strict=True)
            },
        )


def largest_inputs(folder: Path, texts: Sequence[str]) -> dict[str, Floats]:
    """Return for each matrix, or the first of some side by side, its largest inputs."""
    facts = facts_of(folder)
    reader = Reader.of(folder, max_length=facts.max_length)
    pieces = [ids for one in reader.read(texts) for ids in one.pieces]
    with _translated(f"cannot watch the model {folder}"):
        graph = onnx_graph.build(folder, facts, form="exact", watch=True)
        session = _session(graph, threads=1)
        found: dict[str, Floats] = {}
        names = [one.name for one in session.get_outputs()]
        watched = [name for name in names if name.startswith(onnx_graph.LARGEST)]
        for batch in by_length(pieces):
            ids, mask = reader.batch([pieces[i] for i in batch])
            tokens = {onnx_graph.IDS: ids, onnx_graph.MASK: mask}
            for name, most in zip(watched, session.run(watched, tokens), strict=True):
                known = found.get(name.removeprefix(onnx_graph.LARGEST), most)
                found[name.removeprefix(onnx_graph.LARGEST)] = np.maximum(known, most)
    return found


def has_exact_products() -> bool:
    """Whether this processor adds up whole numbers without running over.

    Those without instructions of their own for it (VNNI and its like) may add two
    products in sixteen bits, and cut off what does not fit.
    """
    width = 64
    model = onnx_graph.largest_product(width)
    with _translated("onnxruntime does not work here"):
        session = onnxruntime.InferenceSession(
            model, providers=["CPUExecutionProvider"]
        )
        row = np.full((1, width), 255, np.uint8)
        [[[found]]] = session.run(None, {onnx_graph.IDS: row})
    return int(found) == width * 255 * weights.STEPS


def _session(graph: onnx_graph.Graph, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # Batches have ever new shapes; a plan kept for each would only grow.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = True
    options.log_severity_level = ERRORS_ONLY
    options.add_external_initializers(
        list(graph.constants),
        [onnxruntime.OrtValue.ortvalue_from_numpy(v) for v in graph.constants.values()],
    )
    return onnxruntime.InferenceSession(
        graph.model, options, providers=["CPUExecutionProvider"]
    )


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn what onnxruntime and tokenizers raise into a ClassifyError."""
    try:
        yield
    except ClassifyError:
        raise
    # onnxruntime and tokenizers raise classes of their own below Exception itself.
    except Exception as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ClassifyError(f"{what}: {first}", detail=f"{what}: {error}") from error

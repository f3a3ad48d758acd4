"""OpenVINO, an extra: the same graph in bfloat16, or in eight bits by groups of inputs.

The only file that knows openvino. It needs more room than onnxruntime and pays where a
processor has units of its own for such products.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

import openvino
from openvino import properties
from openvino.properties import hint

from bot.classify import manifest, onnx_graph
from bot.classify.reading import (
    Engine,
    Found,
    Reader,
    Whole,
    facts_of,
    probabilities,
    use_one_thread,
)
from bot.errors import ClassifyError

Precision = Literal["fp32", "bf16", "int8"]

GROUP = 64
"""So many inputs side by side have one scale in eight bits."""


class OpenvinoEncoder(Engine):
    """A checkpoint of ours on the processor, computed by OpenVINO."""

    batch_tokens = 1_024

    def __init__(
        self,
        request: openvino.InferRequest,
        heads: Mapping[str, manifest.Head],
        *,
        model_id: str,
        reader: Reader,
        facts: dict[str, str],
    ) -> None:
        """Use ``load``; this takes the parts that it found."""
        super().__init__(model_id=model_id, reader=reader, facts=facts)
        self._request = request
        self._heads = heads

    @classmethod
    def load(
        cls, folder: Path, *, precision: Precision = "fp32", threads: int = 1
    ) -> Self:
        """Read and check a checkpoint; everything wrong with it is a ClassifyError.

        In eight bits, what is left between the products is computed in bfloat16 where
        the processor has it.
        """
        use_one_thread(threads)
        facts = facts_of(folder)
        eight_bits = precision == "int8"
        with _translated(f"cannot load the model {folder}"):
            reader = Reader.of(folder, max_length=facts.max_length)
            graph = onnx_graph.build(
                folder, facts, form="packed" if eight_bits else "exact"
            )
            between = "bf16" if eight_bits and has_bf16() else precision
            between = "fp32" if between == "int8" else between
            request = _request(graph, between, threads, group=GROUP * eight_bits)
        model_id = facts.model_id + (f"/int8g{GROUP}" if eight_bits else "")
        described = {
            "model": model_id,
            "engine": "openvino",
            "device": "cpu",
            "precision": f"int8, {between}" if eight_bits else precision,
            "threads": str(threads),
            "max_length": str(reader.max_length),
            "heads": ", ".join(facts.heads),
            "openvino": str(openvino.__version__).partition("-")[0],
        }
        return cls(
            request, facts.heads, model_id=model_id, reader=reader, facts=described
        )

    def _found(self, ids: Whole, mask: Whole) -> Found:
        tokens = {onnx_graph.IDS: ids, onnx_graph.MASK: mask}
        with _translated("the model failed"):
            # Its answers lie where the next ones will be written.
            found = self._request.infer(tokens, share_inputs=True, share_outputs=False)
        return Found(
            pooled=found[onnx_graph.POOLED],
            probabilities={
                name: probabilities(found[onnx_graph.HEAD + name], head)
                for name, head in self._heads.items()
            },
        )


def has_bf16() -> bool:
    """Whether OpenVINO computes bfloat16 on this processor."""
    with _translated("openvino does not work here"):
        able = openvino.Core().get_property("CPU", properties.device.capabilities)
    return "BF16" in able


def _request(
    graph: onnx_graph.Graph, precision: str, threads: int, *, group: int
) -> openvino.InferRequest:
    core = openvino.Core()
    kinds = {"fp32": openvino.Type.f32, "bf16": openvino.Type.bf16}
    config: dict[str, Any] = {
        hint.inference_precision: kinds[precision],
        hint.dynamic_quantization_group_size: group,
        properties.inference_num_threads: threads,
        properties.num_streams: 1,
    }
    model = core.read_model(onnx_graph.whole(graph))
    return core.compile_model(model, "CPU", config).create_infer_request()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn what openvino and tokenizers raise into a ClassifyError."""
    try:
        yield
    except ClassifyError:
        raise
    # tokenizers raises a class of its own just below Exception itself.
    except Exception as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ClassifyError(f"{what}: {first}", detail=f"{what}: {error}") from error

"""The encoder as a graph of plain operations, made from a checkpoint's own weights.

The only file that knows onnx. No graph is kept on disk: the weights are the one thing
that is shipped, hashed and compared, and whatever computes is made from them at start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnx.numpy_helper import from_array

from bot.classify import manifest, weights
from bot.errors import ClassifyError

IDS, MASK = "input_ids", "attention_mask"
POOLED = "pooled"
HEAD = "head."
"""Before a head's name: the output that holds its logits."""

LARGEST = "largest."
"""Before a matrix's name: the output that holds the largest input of each column."""

OPSET, IR = 18, 8
RUNTIME = "com.microsoft"
"""The domain of onnxruntime's own operations."""

HIDDEN = -1e9
"""Added to the attention that padding would get."""

GELU_FLOOR = 0.17
"""GELU is never below minus this; shifted up by it, its rows need no sign."""

QUERY_KEY_VALUE = ("query", "key", "value")
TINY = 1e-8
LARGE = 1_024
"""Bytes from which a constant is kept once, beside the graph and not in it."""

SHAPES: Mapping[str, str] = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
}


Attribute = Any
"""A number, or whole numbers: onnx knows which an operation takes."""


class Graph(NamedTuple):
    """A graph, and the large constants that it names and does not hold."""

    model: bytes
    constants: dict[str, NDArray[Any]]


def obstacle(folder: Path) -> str:
    """Return why no graph can be made of the encoder in a folder; empty if it can."""
    config = _config(folder)
    for key, wanted in SHAPES.items():
        if config.get(key, wanted) != wanted:
            return f"{folder} has {key} {config[key]}, not {wanted}"
    return ""


Form = Literal["exact", "rounded", "packed"]
"""How matrices that are in eight bits in the file are multiplied.

``exact``: in single precision. ``rounded``: in whole numbers, by operations that only
onnxruntime has. ``packed``: they stay as small as they are in the file, and whatever
computes the graph may round their inputs as it likes.
"""


def build(
    folder: Path,
    facts: manifest.Manifest,
    *,
    form: Form,
    watch: bool = False,
) -> Graph:
    """Return the graph of a checkpoint whose hashes were checked.

    ``rounded``: a row of inputs is divided by its largest value first, so that it is
    rounded by itself: an outlier costs its own row's precision and no other's, and a
    text's score does not depend on the texts beside it. ``watch``: the largest input
    of each column is put out too. ClassifyError for an encoder of another shape.
    """
    trouble = obstacle(folder)
    if trouble:
        raise ClassifyError(f"{trouble}; set model.engine to torch")
    if form != "exact" and facts.weights != weights.INT8:
        raise ClassifyError(f"{folder} does not hold its weights in eight bits")
    tensors = weights.read(folder / manifest.WEIGHTS)
    heads = weights.read(folder / manifest.HEADS)
    try:
        graph = _Encoder(_config(folder), tensors, form=form, watch=watch)
        return graph.model(heads, list(facts.heads))
    except KeyError as error:
        raise ClassifyError(f"{folder} lacks the weights {error}") from error


def whole(graph: Graph) -> bytes:
    """Return the graph with its constants in it."""
    model = onnx.load_from_string(graph.model)
    for held in model.graph.initializer:
        if held.name in graph.constants:
            held.CopyFrom(from_array(graph.constants[held.name], held.name))
    found: bytes = model.SerializeToString()
    return found


def largest_product(width: int) -> bytes:
    """Return a graph that multiplies a row by a column of the largest whole numbers."""
    graph = _Graph()
    column = graph.constant("column", np.full((width, 1), weights.STEPS, np.int8))
    graph.op("MatMulInteger", IDS, column, name=POOLED)
    return _model(
        graph,
        [helper.make_tensor_value_info(IDS, TensorProto.UINT8, [1, width])],
        [helper.make_tensor_value_info(POOLED, TensorProto.INT32, [1, 1])],
    ).model


def _config(folder: Path) -> Mapping[str, Any]:
    config: dict[str, Any] = json.loads(
        (folder / "config.json").read_text(encoding="utf-8")
    )
    return config


class _Graph:
    """Operations and constants, named as they come."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}

    def op(
        self, kind: str, *inputs: str, name: str = "", **attributes: Attribute
    ) -> str:
        """Add an operation; return the name of its output."""
        output = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, inputs, [output], name=output, **attributes)
        )
        return output

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant; the same name is the same constant."""
        if name not in self.constants:
            self.constants[name] = np.asarray(values, order="C")
        return name

    def number(self, value: float) -> str:
        """Add a number in single precision."""
        return self.constant(f"number {value!r}", np.array(value, np.float32))

    def whole(self, *values: int) -> str:
        """Add whole numbers: a shape, or axes."""
        return self.constant(f"whole {values!r}", np.array(values, np.int64))


class _Small(NamedTuple):
    """One matrix in eight bits, or some side by side, as a file holds them."""

    name: str
    matrix: NDArray[np.int8]
    scale: weights.Floats
    share: weights.Floats | None
    """What each input is multiplied by first."""
    bias: weights.Floats


class _Encoder(_Graph):
    """BERT, mean-pooled, with its heads."""

    def __init__(
        self,
        config: Mapping[str, Any],
        tensors: weights.Tensors,
        *,
        form: Form,
        watch: bool,
    ) -> None:
        super().__init__()
        self._tensors = tensors
        self._form = form
        self._watch = watch
        self._watched: list[str] = []
        self._width = int(config["hidden_size"])
        self._attentions = int(config["num_attention_heads"])
        self._layers = int(config["num_hidden_layers"])
        self._epsilon = float(config["layer_norm_eps"])

    def model(self, heads: weights.Tensors, names: list[str]) -> Graph:
        """Return the whole graph, from tokens to the pooled vector and all logits."""
        present = self.op("Cast", MASK, to=TensorProto.FLOAT)
        hidden = self.op("Sub", self.number(1.0), present)
        hidden = self.op("Mul", hidden, self.number(HIDDEN))
        hidden = self.op("Unsqueeze", hidden, self.whole(1, 2))
        states = self._embedded()
        for layer in range(self._layers):
            states = self._layer(states, hidden, f"encoder.layer.{layer}.")
        self._pool(states, present)
        outputs = [POOLED, *(self._head(heads, name) for name in names)]
        return self._serialised([*outputs, *self._watched])

    def _embedded(self) -> str:
        words = self._looked_up("embeddings.word_embeddings.weight")
        length = self.op("Shape", IDS, start=1, end=2)
        places = self._whole("embeddings.position_embeddings.weight")
        # Every token is of the first of BERT's two text types.
        places = places + self._whole("embeddings.token_type_embeddings.weight")[0]
        table = self.constant("places", places)
        place = self.op("Slice", table, self.whole(0), length, self.whole(0))
        return self._normal(self.op("Add", words, place), "embeddings.LayerNorm")

    def _looked_up(self, name: str) -> str:
        """Return the rows of a table, which stays as small as it is on disk."""
        values = self._tensors[name]
        rows = self.op("Gather", self.constant(name, values), IDS)
        if values.dtype != np.float32:
            rows = self.op("Cast", rows, to=TensorProto.FLOAT)
        scale = self._tensors.get(name + weights.SCALE)
        if scale is None:
            return rows
        column = self.constant(name + weights.SCALE, scale[:, None])
        return self.op("Mul", rows, self.op("Gather", column, IDS))

    def _layer(self, states: str, hidden: str, at: str) -> str:
        attended = self._attention(states, hidden, at + "attention.self.")
        attended = self._linear(attended, at + "attention.output.dense")
        states = self.op("Add", attended, states)
        states = self._normal(states, at + "attention.output.LayerNorm")
        inner = self._gelu(self._linear(states, at + "intermediate.dense"))
        outer = self._linear(inner, at + "output.dense", is_gelu=True)
        return self._normal(self.op("Add", outer, states), at + "output.LayerNorm")

    def _attention(self, states: str, hidden: str, at: str) -> str:
        size = self._width // self._attentions
        apart = self.whole(0, 0, 3, self._attentions, size)
        # One product for all three: the input is rounded and read once.
        every = self._side_by_side(states, [at + part for part in QUERY_KEY_VALUE])
        every = self.op("Reshape", every, apart)
        every = self.op("Transpose", every, perm=[2, 0, 3, 1, 4])
        query, key, value = (
            self.op("Gather", every, self.constant(f"part {i}", np.array(i)), axis=0)
            for i in range(3)
        )
        key = self.op("Transpose", key, perm=[0, 1, 3, 2])
        likeness = self.op("MatMul", query, key)
        likeness = self.op("Mul", likeness, self.number(float(size**-0.5)))
        share = self.op("Softmax", self.op("Add", likeness, hidden), axis=-1)
        mixed = self.op("Transpose", self.op("MatMul", share, value), perm=[0, 2, 1, 3])
        return self.op("Reshape", mixed, self.whole(0, 0, self._width))

    def _gelu(self, rows: str) -> str:
        # In the order in which onnxruntime knows it again and does it in one pass.
        error = self.op("Erf", self.op("Div", rows, self.number(float(2**0.5))))
        above = self.op("Mul", rows, self.op("Add", error, self.number(1.0)))
        return self.op("Mul", above, self.number(0.5))

    def _normal(self, rows: str, name: str) -> str:
        parts = [
            self.constant(f"{name}.{part}", self._whole(f"{name}.{part}"))
            for part in ("weight", "bias")
        ]
        return self.op(
            "LayerNormalization", rows, *parts, axis=-1, epsilon=self._epsilon
        )

    # -- matrix products ----------------------------------------------------------

    def _is_small(self, name: str) -> bool:
        return self._form != "exact" and f"{name}.weight{weights.SCALE}" in (
            self._tensors
        )

    def _side_by_side(self, rows: str, names: list[str]) -> str:
        """Return the products with several matrices: one, where all are alike."""
        if len({self._is_small(name) for name in names}) == 1:
            return self._linear(rows, *names)
        parts = [self._linear(rows, name) for name in names]
        return self.op("Concat", *parts, axis=-1)

    def _linear(self, rows: str, *names: str, is_gelu: bool = False) -> str:
        """Return the rows times the named matrices, side by side, and their biases."""
        if self._watch:
            self._watched.append(self._largest(rows, names[0]))
        bias = np.concatenate([self._whole(f"{name}.bias") for name in names])
        if not self._is_small(names[0]):
            matrix = np.concatenate([self._whole(f"{name}.weight") for name in names])
            whole = self.constant(f"{names[0]}.T", matrix.T)
            return self._plus(self.op("MatMul", rows, whole), names[0], bias)
        stored = [f"{name}.weight" for name in names]
        small = _Small(
            name=names[0],
            matrix=np.concatenate([self._tensors[name] for name in stored]),
            scale=np.concatenate([self._tensors[n + weights.SCALE] for n in stored]),
            share=self._share(stored[0]),
            bias=bias,
        )
        if self._form == "packed":
            return self._packed(rows, small)
        return self._rounded(rows, small, is_gelu=is_gelu)

    def _plus(self, product: str, name: str, bias: weights.Floats) -> str:
        return self.op("Add", product, self.constant(f"{name}.bias", bias))

    def _largest(self, rows: str, name: str) -> str:
        size, axes = self.op("Abs", rows), self.whole(0, 1)
        output = f"{LARGEST}{name}.weight"
        return self.op("ReduceMax", size, axes, name=output, keepdims=0)

    def _share(self, name: str) -> weights.Floats | None:
        divisor = self._tensors.get(name + weights.INPUTS)
        return None if divisor is None else (1 / divisor).astype(np.float32)

    def _shared(self, rows: str, small: _Small) -> str:
        if small.share is None:
            return rows
        share = self.constant(f"{small.name}.inputs", small.share)
        return self.op("Mul", rows, share)

    def _packed(self, rows: str, small: _Small) -> str:
        matrix = self.op(
            "DequantizeLinear",
            self.constant(f"{small.name}.T", small.matrix.T),
            self.constant(f"{small.name}.scale", small.scale),
            axis=1,
        )
        product = self.op("MatMul", self._shared(rows, small), matrix)
        return self._plus(product, small.name, small.bias)

    def _rounded(self, rows: str, small: _Small, *, is_gelu: bool) -> str:
        bias = small.bias
        if is_gelu:
            # What it was shifted up by is taken off again with the bias.
            floor = np.full(small.matrix.shape[1], GELU_FLOOR, np.float32)
            floor = floor if small.share is None else floor * small.share
            bias = bias - (small.matrix @ floor * small.scale).astype(np.float32)
            rows = self.op("Add", rows, self.number(GELU_FLOOR))
        rows = self._shared(rows, small)
        steps, zero = (255, 0) if is_gelu else (127, 128)
        largest = rows if is_gelu else self.op("Abs", rows)
        most = self.op("ReduceMax", largest, self.whole(-1), keepdims=1)
        most = self.op("Max", most, self.number(TINY))
        # The column's step is multiplied in while the products are still at hand.
        product = self.op(
            "MatMulIntegerToFloat",
            self._few(rows, most, steps, zero, width=small.matrix.shape[1]),
            self.constant(f"{small.name}.T", small.matrix.T),
            self.number(1 / steps),
            self.constant(f"{small.name}.scale", small.scale),
            self._nothing(zero),
            self.constant("nothing", np.array(0, np.int8)),
            domain=RUNTIME,
        )
        return self._plus(self.op("Mul", product, most), small.name, bias)

    def _few(self, rows: str, most: str, steps: int, zero: int, *, width: int) -> str:
        """Return rows in so many steps up to the largest value of each."""
        step = self.op("Reshape", most, self.whole(-1))
        step = self.op("Mul", step, self.number(1 / steps))
        nothing = self.op("Expand", self._nothing(zero), self.op("Shape", step))
        flat = self.op("Reshape", rows, self.whole(-1, width))
        few = self.op("QuantizeLinear", flat, step, nothing, axis=0)
        return self.op("Reshape", few, self.op("Shape", rows))

    def _nothing(self, zero: int) -> str:
        return self.constant(f"nothing {zero}", np.array(zero, np.uint8))

    # -- the ends -------------------------------------------------------------------

    def _pool(self, states: str, present: str) -> None:
        counted = self.op("Unsqueeze", present, self.whole(2))
        total = self.op(
            "ReduceSum", self.op("Mul", states, counted), self.whole(1), keepdims=0
        )
        count = self.op("ReduceSum", present, self.whole(1), keepdims=1)
        self.op("Div", total, self.op("Max", count, self.number(1.0)), name=POOLED)

    def _head(self, heads: weights.Tensors, name: str) -> str:
        parts = [
            self.constant(f"{HEAD}{name}.{part}", weights.one(heads, f"{name}.{part}"))
            for part in ("weight", "bias")
        ]
        return self.op("Gemm", POOLED, *parts, name=HEAD + name, transB=1)

    def _whole(self, name: str) -> weights.Floats:
        return weights.one(self._tensors, name)

    def _serialised(self, outputs: list[str]) -> Graph:
        tokens = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["pieces", "tokens"])
            for name in (IDS, MASK)
        ]
        found = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["pieces", None])
            for name in outputs
        ]
        return _model(self, tokens, found)


def _model(
    graph: _Graph,
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
) -> Graph:
    large = {n: v for n, v in graph.constants.items() if v.nbytes >= LARGE}
    held = [
        _named(name, values) if name in large else from_array(values, name)
        for name, values in graph.constants.items()
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "encoder", inputs, outputs, held),
        opset_imports=[
            helper.make_opsetid("", OPSET),
            helper.make_opsetid(RUNTIME, 1),
        ],
        ir_version=IR,
    )
    return Graph(model.SerializeToString(), large)


def _named(name: str, values: NDArray[Any]) -> onnx.TensorProto:
    """Return a constant that is handed to the session beside the graph."""
    kind = helper.np_dtype_to_tensor_dtype(values.dtype)
    constant = onnx.TensorProto(name=name, dims=values.shape, data_type=kind)
    constant.data_location = TensorProto.EXTERNAL
    constant.external_data.add(key="location", value="memory")
    return constant

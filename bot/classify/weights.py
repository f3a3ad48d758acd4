"""The numbers of a checkpoint of ours: in half precision, or in eight bits.

In eight bits a matrix stands as whole numbers from -127 to 127. Beside it, under its
name and ``.scale``, stands what each of its rows is multiplied by, and for some, under
``.inputs``, what each of their inputs is divided by first: a column whose inputs are
large takes some of that size into its weights, where it can be rounded better. All else
(biases, normalisation, short tables) is small and keeps its precision. No torch here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bot.errors import ClassifyError

INT8 = "int8"
SCALE, INPUTS = ".scale", ".inputs"
STEPS = 127

EXACT = ("position_embeddings", "token_type_embeddings", "LayerNorm")
"""Tables of few rows and normalisation; to round them would save nothing."""

Tensors = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float32]


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Return a file's tensors as they stand; one that is none is a ClassifyError."""
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ClassifyError(f"cannot read the weights {path}: {error}") from error


def write(path: Path, tensors: Tensors) -> None:
    """Write tensors as they are."""
    whole = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    save_file(whole, path)
    path.chmod(0o644)  # safetensors writes for the owner alone


def whole(tensors: Tensors) -> dict[str, Floats]:
    """Return every tensor in single precision, scales multiplied in."""
    return {
        name: one(tensors, name)
        for name in tensors
        if not name.endswith((SCALE, INPUTS))
    }


def one(tensors: Tensors, name: str) -> Floats:
    """Return one tensor in single precision."""
    values: NDArray[Any] = tensors[name].astype(np.float32)
    if name + SCALE in tensors:
        values = values * tensors[name + SCALE][:, None]
    if name + INPUTS in tensors:
        values = values / tensors[name + INPUTS]
    return values


def in_eight_bits(
    tensors: Tensors,
    *,
    keep: Collection[str] = (),
    inputs: Mapping[str, Floats] | None = None,
) -> dict[str, NDArray[Any]]:
    """Return the same tensors, each large matrix as whole numbers and their scales.

    The matrices named in ``keep`` stay as they are; ``inputs`` says by what the inputs
    of others are divided.
    """
    found: dict[str, NDArray[Any]] = {}
    for name, values in tensors.items():
        is_matrix = values.ndim == len(("rows", "columns")) and name not in keep
        if not is_matrix or any(part in name for part in EXACT):
            found[name] = values
            continue
        matrix = values.astype(np.float32)
        if inputs is not None and name in inputs:
            found[name + INPUTS] = inputs[name]
            matrix = matrix * inputs[name]
        found[name], found[name + SCALE] = rounded(matrix)
    return found


def rounded(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return each row in 255 steps of one size, and the size of a row's step."""
    scale: Floats = np.maximum(np.abs(matrix).max(axis=1) / STEPS, 1e-8)
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale

"""The numbers of a checkpoint of ours: in half precision, or in eight bits.

In eight bits a matrix stands as whole numbers from -127 to 127, and beside it, under
its name and ``.scale``, what each of its rows was divided by. Everything else (biases,
normalisation, short tables) is small and keeps its precision. No torch is needed.
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
SCALE = ".scale"
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
    return {name: one(tensors, name) for name in tensors if not name.endswith(SCALE)}


def one(tensors: Tensors, name: str) -> Floats:
    """Return one tensor in single precision."""
    values: Floats = tensors[name].astype(np.float32)
    scale = tensors.get(name + SCALE)
    return values if scale is None else values * scale[:, None]


def in_eight_bits(
    tensors: Tensors, *, keep: Collection[str] = ()
) -> dict[str, NDArray[Any]]:
    """Return the same tensors, each large matrix as whole numbers and their scales.

    The matrices named in ``keep`` stay as they are.
    """
    found: dict[str, NDArray[Any]] = {}
    for name, values in tensors.items():
        is_matrix = values.ndim == len(("rows", "columns")) and name not in keep
        if not is_matrix or any(part in name for part in EXACT):
            found[name] = values
            continue
        found[name], found[name + SCALE] = rounded(values.astype(np.float32))
    return found


def rounded(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return each row in 255 steps of one size, and the size of a row's step."""
    scale: Floats = np.maximum(np.abs(matrix).max(axis=1) / STEPS, 1e-8)
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale

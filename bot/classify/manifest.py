"""``answerable.json``: what a checkpoint folder of ours holds, file by file.

A damaged or exchanged file is refused by name and hash before it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import ClassifyError

FILE = "answerable.json"
FORMAT = 1
FP16 = "fp16"
WEIGHTS = "model.safetensors"
HEADS = "heads.safetensors"
REQUIRED = (WEIGHTS, HEADS, "config.json", "tokenizer.json", "tokenizer_config.json")
"""No manifest may leave these unnamed: an unnamed file is an unchecked one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One question that the model answers about a text."""

    labels: tuple[str, ...]
    temperature: float = 1.0
    """Logits are divided by it, so that 80 % sure is right 80 % of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The facts about a checkpoint that its other files do not hold."""

    name: str
    version: str
    pooling: str
    max_length: int
    """Tokens read of one text."""
    cleaning: str
    """``clean.VERSION`` that the weights were trained with."""
    heads: Mapping[str, Head]
    files: Mapping[str, str]
    """SHA-256 of each file of the folder."""
    weights: str = FP16
    """How the numbers stand in ``model.safetensors``: ``fp16`` or ``int8``."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """How it came to be, for people: base, data, recipe, figures."""

    @property
    def model_id(self) -> str:
        """Name, version and a short hash of everything that decides a score."""
        decisive = {
            "files": dict(sorted(self.files.items())),
            "heads": {name: _head(head) for name, head in sorted(self.heads.items())},
            "pooling": self.pooling,
            "max_length": self.max_length,
            "cleaning": self.cleaning,
        }
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode())
        return f"{self.name}-{self.version}@{digest.hexdigest()[:12]}"


def sha256(path: Path) -> str:
    """Return a file's SHA-256; an unreadable one is a ClassifyError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ClassifyError(f"cannot read {path}: {error.strerror}") from error


def pinned(path: Path, expected: str | None, what: str) -> str:
    """Return a file's SHA-256; ClassifyError if a recipe pins another one.

    ``what`` says in the error what the file holds instead, as in ``other data``.
    """
    found = sha256(path)
    if expected and found != expected:
        message = f"{path} holds {what} than the recipe pins: its SHA-256 is {found}"
        raise ClassifyError(f"{message}, not {expected}")
    return found


def is_ours(folder: Path) -> bool:
    """Whether the folder holds a checkpoint of ours, be it a damaged one."""
    return any((folder / name).is_file() for name in (FILE, HEADS))


def read(folder: Path) -> Manifest:
    """Return the folder's manifest after checking the hash of every file it names."""
    path = folder / FILE
    try:
        manifest = _parsed(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClassifyError(f"{path} is not a model's manifest: {error!r}") from error
    for name, expected in manifest.files.items():
        if not (folder / name).is_file():
            raise ClassifyError(f"{folder / name} is missing; restore the model folder")
        found = sha256(folder / name)
        if found != expected:
            message = f"{folder / name} is damaged or was changed: its SHA-256 is"
            raise ClassifyError(f"{message} {found}, not {expected}; restore the file")
    return manifest


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest as JSON that a person can read."""
    content = {
        "format": FORMAT,
        "name": manifest.name,
        "version": manifest.version,
        "pooling": manifest.pooling,
        "max_length": manifest.max_length,
        "cleaning": manifest.cleaning,
        "heads": {name: _head(head) for name, head in manifest.heads.items()},
        "weights": manifest.weights,
        "files": dict(manifest.files),
        "facts": dict(manifest.facts),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def _head(head: Head) -> dict[str, object]:
    return {"labels": list(head.labels), "temperature": head.temperature}


def _parsed(content: Mapping[str, Any]) -> Manifest:
    if content["format"] != FORMAT:
        message = f"format {content['format']!r}; this program reads format {FORMAT}"
        raise ValueError(message)
    files = {str(name): str(digest) for name, digest in content["files"].items()}
    outside = [name for name in files if Path(name).name != name]
    if outside:
        message = f"files outside the folder: {outside}"
        raise ValueError(message)
    unnamed = [name for name in REQUIRED if name not in files]
    if unnamed:
        message = f"no hash for {', '.join(unnamed)}"
        raise ValueError(message)
    return Manifest(
        name=str(content["name"]),
        version=str(content["version"]),
        pooling=str(content["pooling"]),
        max_length=int(content["max_length"]),
        cleaning=str(content["cleaning"]),
        heads={
            str(name): Head(
                labels=tuple(map(str, head["labels"])),
                temperature=float(head["temperature"]),
            )
            for name, head in content["heads"].items()
        },
        weights=str(content.get("weights", FP16)),
        files=files,
        facts=content.get("facts", {}),
    )

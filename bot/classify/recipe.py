"""A training recipe: a YAML file with everything that decides the weights."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.documents import read_document


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BaseWeights(_Part):
    """The encoder to start from."""

    name: str
    sha256: str
    """Of ``model.safetensors``; other weights are refused."""
    frozen_layers: int = Field(default=0, ge=0)
    """Lowest layers that stay as they are, the embeddings with them; 0: none."""
    layers: tuple[int, ...] | None = Field(default=None, min_length=1)
    """The base's layers that are kept, counted from 0; None: all of them."""


class DataFile(_Part):
    """One file of labelled texts, below the data folder."""

    file: str
    sha256: str | None = None


class FurtherFile(DataFile):
    """Texts that answer a further question; each question gets a head of its own."""

    rows_per_epoch: int | None = Field(default=None, ge=1)
    is_taught: bool = True
    """Whether the teacher reads it: it takes long, and comments are no mentions."""
    held_out: DataFile | None = None
    """Texts that its probabilities are calibrated and measured on."""


class DataFiles(_Part):
    """What is learnt from, and what is only measured on."""

    sentiment_train: DataFile
    sentiment_held_out: DataFile
    complaints: DataFile | None = None
    others: tuple[FurtherFile, ...] = ()


class Teacher(_Part):
    """A larger model's answers that the model learns from beside people's."""

    answers: DataFile
    """Made by ``bot model teach``; beside the recipe."""
    weight: float = Field(gt=0, le=1)
    """Share of the loss that is the distance to the teacher."""


class Stage(_Part):
    """How one part of the training moves the weights."""

    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    head_learning_rate: float = Field(gt=0)
    label_smoothing: float = Field(ge=0, lt=1)
    warmup: float = Field(gt=0, lt=1)
    weight_decay: float = Field(ge=0)


class ComplaintStage(Stage):
    """The second part, repeated for each fold."""

    folds: int = Field(ge=2)
    sentiment_share: float = Field(default=1.0, gt=0)
    """Sentiment texts per complaint; a teacher says of them what complaints are."""
    others_share: float = Field(default=0.25, ge=0, le=1)
    """Rows of each further question per complaint, so that none is forgotten."""
    rounded: bool = False
    """Learn with weights and activations rounded to eight bits, as they will be used
    (Jacob et al. 2018)."""


class TrainingConfig(_Part):
    """The whole recipe."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    version: str
    languages: tuple[str, ...]
    seed: int = Field(ge=0)
    dropout: float = Field(ge=0, lt=1)
    train_length: int = Field(ge=8, le=512)
    read_length: int = Field(ge=8, le=512)
    checkpoint_every: int = Field(ge=1)
    base: BaseWeights
    data: DataFiles
    sentiment: Stage
    complaint: ComplaintStage | None = None
    teacher: Teacher | None = None
    keep_weight: float = Field(default=0.0, ge=0)
    """What it costs if a text's pooled vector turns away from the base's (one less the
    cosine): near-duplicates and topics by example are found by that vector."""

    @model_validator(mode="after")
    def _complaints_have_both(self) -> Self:
        if (self.complaint is None) != (self.data.complaints is None):
            message = "complaint and data.complaints belong together"
            raise ValueError(message)
        return self

    @property
    def fingerprint(self) -> str:
        """A hash of the recipe: begun work is taken up only under the same one."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def load(path: Path) -> TrainingConfig:
    """Read a recipe; what is wrong with it is a SettingsError with line and key."""
    document = read_document(path)
    return document.validated(TrainingConfig, document.data)

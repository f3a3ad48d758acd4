"""The transformer: texts in, calibrated probabilities out.

This file and ``trainee.py`` alone know torch and transformers. Import it where a model
is needed, not at the top of a module: torch alone takes more than a second.

Two kinds of checkpoint are read. A folder of ours holds a transformers encoder and
beside it ``heads.safetensors`` and ``answerable.json`` (``manifest.py``). Any other
transformers sequence-classification checkpoint, a folder or a name on the Hugging
Face hub, is read for sentiment alone.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PretrainedConfig,
)
from transformers.utils import logging as transformers_logging

from bot.classify import clean, manifest
from bot.classify.labelled import NO_YES, Question
from bot.classify.labels import map_labels
from bot.classify.scores import SENTIMENTS, TextScores
from bot.errors import ClassifyError

BATCH = 32
"""Texts a forward pass; more is slower on a CPU, whose cache it outgrows."""

CHARS_PER_TOKEN = 12
"""A text is cut to so many characters for each token that will be read."""

WINDOWS = 4
"""A long text is read in so many pieces; what follows them is not read."""

OVERLAP = 8
"""One part in so many of a piece stands in the next one again, for its context."""

FOREIGN_MAX_LENGTH = 128

Precision = Literal["auto", "fp32", "bf16"]
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
OURS = "models"
"""The folder of shipped models; nobody on the hub has this name."""

_OTHERS = frozenset(Question) - {Question.SENTIMENT, Question.COMPLAINT}
_HUB_NAME = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?")


class _Scored(Protocol):
    """A network that turns tokens into probabilities, head by head."""

    def probabilities(self, tokens: Mapping[str, Tensor]) -> dict[str, Tensor]: ...

    def pooled(self, tokens: Mapping[str, Tensor]) -> Tensor: ...


class Encoder:
    """A loaded model. Not for several threads at once: one process, one encoder."""

    def __init__(
        self, *, model_id: str, network: _Scored, reader: Reader, facts: dict[str, str]
    ) -> None:
        """Use ``load``; this takes the parts that it found."""
        self.model_id = model_id
        self._network = network
        self._reader = reader
        self._facts = facts

    @classmethod
    def load(
        cls,
        path_or_name: Path | str,
        *,
        device: str = "auto",
        precision: Precision = "auto",
        threads: int = 1,
        max_length: int | None = None,
        label_map: Mapping[str, str] | None = None,
    ) -> Self:
        """Read and check a checkpoint; everything wrong with it is a ClassifyError.

        ``threads`` holds for the whole process. ``max_length`` is in tokens, by
        default the checkpoint's own. ``label_map`` tells what a foreign model's
        labels mean. Only a name that is no folder here is looked for on the hub.
        """
        target = device_of(device)
        dtype = _precision(precision, target)
        use_threads(threads)
        folder = _folder(path_or_name)
        network: Network | _Foreign
        with translated(f"cannot load the model {path_or_name}"):
            if folder is not None and manifest.is_ours(folder):
                model_id, network, reader = _ours(folder, max_length, target)
            else:
                name = str(folder or path_or_name)
                model_id, network, reader = _foreign(
                    name, max_length, target, label_map
                )
            network.to(target).eval()
            network.body.to(dtype)
        facts = {
            "model": model_id,
            "device": str(target),
            "precision": "bf16" if dtype is torch.bfloat16 else "fp32",
            "threads": str(threads),
            "max_length": str(reader.max_length),
            "heads": ", ".join(network.answers),
            "torch": str(torch.__version__),
        }
        return cls(model_id=model_id, network=network, reader=reader, facts=facts)

    def describe(self) -> dict[str, str]:
        """Return what runs where, for ``bot doctor``."""
        return dict(self._facts)

    def score(self, texts: Sequence[str]) -> list[TextScores]:
        """Return the scores in the order of the texts, whatever the texts hold.

        Texts of like length share a batch, so the last digits of a score may
        depend on the company that a text was scored in. A long text is read piece by
        piece: it complains as much as the piece that complains most, and its sentiment
        is that of all its pieces by their length.
        """
        with translated("the model failed"):
            read = self._reader.read(texts)
            pieces = [ids for one in read for ids in one.pieces]
            answers = iter(self._answers(pieces))
            return [_scores([next(answers) for _ in one.pieces], one) for one in read]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return what each text is about as a row of length 1 (texts x width).

        A long text is the mean of its pieces by their length.
        """
        with translated("the model failed"), torch.inference_mode():
            read = self._reader.read(texts)
            pieces = [ids for one in read for ids in one.pieces]
            owner = [i for i, one in enumerate(read) for _ in one.pieces]
            found: dict[int, Tensor] = {}
            for batch in by_length(pieces):
                tokens = self._reader.padded([pieces[i] for i in batch])
                pooled = self._network.pooled(tokens).to("cpu", torch.float32)
                for row, i in enumerate(batch):
                    part = pooled[row] * max(1, len(pieces[i]))
                    found[owner[i]] = found.get(owner[i], torch.zeros(())) + part
            if not found:
                return np.zeros((0, 0), dtype=np.float32)
            whole = torch.stack([found[i] for i in range(len(read))])
            return np.asarray(nn.functional.normalize(whole), dtype=np.float32)

    def _answers(self, pieces: Sequence[list[int]]) -> list[dict[str, list[float]]]:
        """Return each piece's probabilities, head by head."""
        answers: list[dict[str, list[float]]] = [{}] * len(pieces)
        with torch.inference_mode():
            for batch in by_length(pieces):
                tokens = self._reader.padded([pieces[i] for i in batch])
                found = self._network.probabilities(tokens)
                rows = {name: values.tolist() for name, values in found.items()}
                for row, i in enumerate(batch):
                    answers[i] = {name: values[row] for name, values in rows.items()}
        return answers


def _scores(answers: Sequence[Mapping[str, list[float]]], read: _Read) -> TextScores:
    found = [p for piece in answers for values in piece.values() for p in values]
    if not all(map(math.isfinite, found)):
        raise ClassifyError("the model's answer is not a number: its weights are wrong")
    # A tokenizer without marks of its own makes nothing of an empty text.
    lengths = [max(1, len(ids)) for ids in read.pieces]
    sentiment = np.average(
        [piece["sentiment"] for piece in answers], axis=0, weights=lengths
    )
    complaints = [piece["complaint"][1] for piece in answers if "complaint" in piece]
    return TextScores(
        sentiment=dict(zip(SENTIMENTS, map(float, sentiment), strict=True)),
        complaint=max(complaints, default=None),
        truncated=read.truncated,
        others={
            name: _other(Question(name), [piece[name] for piece in answers], lengths)
            for name in answers[0]
            if name in _OTHERS
        },
    )


def _other(
    question: Question, pieces: Sequence[list[float]], lengths: Sequence[int]
) -> dict[str, float]:
    """Return a further head's answer: what one piece is, the whole text is."""
    if question.labels == NO_YES:
        yes = max(piece[1] for piece in pieces)
        return dict(zip(NO_YES, (1 - yes, yes), strict=True))
    mean = np.average(pieces, axis=0, weights=lengths)
    return dict(zip(question.labels, map(float, mean), strict=True))


# -- reading texts --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The tokens of one text in pieces, and whether some of it is in none of them."""

    pieces: tuple[list[int], ...]
    truncated: bool


@dataclass(slots=True, kw_only=True)
class Reader:
    """A tokenizer with its limits."""

    tokenizer: Any
    max_length: int
    name_emoji: bool
    device: torch.device

    def read(self, texts: Sequence[str]) -> list[_Read]:
        """Return each text's tokens, in the order of the texts."""
        if not texts:
            return []
        limit = WINDOWS * self.max_length * CHARS_PER_TOKEN
        ready = [
            clean.clean(text, limit=limit, name_emoji=self.name_emoji) for text in texts
        ]
        found = self.tokenizer(
            [text for text, _ in ready],
            truncation=True,
            max_length=self.max_length,
            stride=self.max_length // OVERLAP,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
        )
        encodings = found.encodings or [None] * len(ready)
        read = []
        for (_, cut), ids, kept in zip(
            ready, found["input_ids"], encodings, strict=True
        ):
            further = [piece.ids for piece in kept.overflowing] if kept else []
            unread = further[WINDOWS - 1 :]
            pieces = (ids, *further[: WINDOWS - 1])
            read.append(_Read(pieces=pieces, truncated=cut or bool(unread)))
        return read

    def padded(self, rows: Sequence[list[int]]) -> dict[str, Tensor]:
        """Return one batch (rows x tokens) with the mask of what is no padding."""
        width = max(1, *(len(row) for row in rows))
        pad = self.tokenizer.pad_token_id or 0
        ids = torch.full((len(rows), width), pad, dtype=torch.long)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row, dtype=torch.long)
            mask[i, : len(row)] = 1
        return {
            "input_ids": ids.to(self.device),
            "attention_mask": mask.to(self.device),
        }


def by_length(pieces: Sequence[list[int]]) -> Iterator[list[int]]:
    """Yield batches of indices, pieces of like length together, the longest first."""
    order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]), reverse=True)
    for start in range(0, len(order), BATCH):
        yield order[start : start + BATCH]


# -- networks -------------------------------------------------------------------


def mean_of_tokens(states: Tensor, tokens: Mapping[str, Tensor]) -> Tensor:
    """Return the mean of each text's token vectors, padding left out."""
    mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
    total: Tensor = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
    return total


class Network(nn.Module):
    """One encoder, mean-pooled, with a small linear head for each question."""

    def __init__(
        self, encoder: nn.Module, heads: Mapping[str, manifest.Head], *, dropout: float
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        width = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width, len(head.labels)) for name, head in heads.items()}
        )
        self.temperatures = {name: head.temperature for name, head in heads.items()}
        self.answers = tuple(heads)

    @property
    def body(self) -> nn.Module:
        """What may be computed in half the precision."""
        return self.encoder

    def pooled(self, tokens: Mapping[str, Tensor]) -> Tensor:
        """Return the mean of each text's token vectors (texts x width)."""
        return mean_of_tokens(self.encoder(**tokens).last_hidden_state, tokens)

    def answer(self, pooled: Tensor, name: str) -> Tensor:
        """Return one head's raw outputs (texts x labels), always in full precision."""
        with torch.autocast(pooled.device.type, enabled=False):
            found: Tensor = self.heads[name](self.dropout(pooled.float()))
        return found

    def probabilities(self, tokens: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return each head's calibrated probabilities (texts x labels)."""
        # The heads stay exact: in bf16 a probability would have three digits at most.
        pooled = self.pooled(tokens).to(torch.float32)
        return {
            name: (head(pooled).double() / self.temperatures[name]).softmax(dim=-1)
            for name, head in self.heads.items()
        }


class _Foreign(nn.Module):
    """Somebody else's classifier; its classes are added up into our three."""

    answers = ("sentiment",)

    def __init__(self, model: nn.Module, classes: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.columns = [SENTIMENTS.index(name) for name in classes]

    @property
    def body(self) -> nn.Module:
        """What may be computed in half the precision."""
        return self.model

    def probabilities(self, tokens: Mapping[str, Tensor]) -> dict[str, Tensor]:
        found = self.model(**tokens).logits.double().softmax(dim=-1)
        summed = found.new_zeros(len(found), len(SENTIMENTS))
        for index, column in enumerate(self.columns):
            summed[:, column] += found[:, index]
        return {"sentiment": summed}

    def pooled(self, tokens: Mapping[str, Tensor]) -> Tensor:
        """Return the mean of each text's token vectors (texts x width)."""
        body: Any = self.model.base_model
        return mean_of_tokens(body(**tokens).last_hidden_state, tokens)


# -- loading --------------------------------------------------------------------


def _ours(
    folder: Path, max_length: int | None, device: torch.device
) -> tuple[str, Network, Reader]:
    facts = manifest.read(folder)
    if facts.cleaning != clean.VERSION or facts.pooling != "mean":
        message = f"{folder} was made for another program version"
        raise ClassifyError(f"{message} ({facts.cleaning}, {facts.pooling} pooling)")
    if "sentiment" not in facts.heads:
        raise ClassifyError(f"{folder} has no head for {', '.join(SENTIMENTS)}")
    for question in Question:
        head = facts.heads.get(question)
        if head is not None and head.labels != question.labels:
            said = f"{', '.join(head.labels)}, not {', '.join(question.labels)}"
            raise ClassifyError(f"{folder} answers {question} with {said}")
    network = Network(empty_encoder(folder), facts.heads, dropout=0.0)
    weights = load_file(folder / manifest.WEIGHTS)
    network.encoder.load_state_dict(weights)
    network.heads.load_state_dict(load_file(folder / manifest.HEADS))
    reader = Reader(
        tokenizer=AutoTokenizer.from_pretrained(folder, local_files_only=True),
        max_length=min(max_length or facts.max_length, positions(network.encoder)),
        name_emoji=True,
        device=device,
    )
    return facts.model_id, network, reader


def _foreign(
    name: str,
    max_length: int | None,
    device: torch.device,
    label_map: Mapping[str, str] | None,
) -> tuple[str, _Foreign, Reader]:
    local = Path(name).is_dir()
    config = AutoConfig.from_pretrained(name, local_files_only=local)
    many = config.problem_type == "multi_label_classification"
    if many or config.num_labels < len({"negative", "positive"}):
        raise ClassifyError(f"{name} does not choose one class per text")
    classes = map_labels(config.id2label, label_map)
    model, loading = AutoModelForSequenceClassification.from_pretrained(
        name, config=config, local_files_only=local, output_loading_info=True
    )
    missing = sorted(loading["missing_keys"])
    if missing:
        # Random weights in place of the missing ones would answer all the same.
        raise ClassifyError(f"{name} is no classifier: it lacks {', '.join(missing)}")
    reader = Reader(
        tokenizer=AutoTokenizer.from_pretrained(name, local_files_only=local),
        max_length=min(max_length or FOREIGN_MAX_LENGTH, positions(model)),
        name_emoji=False,
        device=device,
    )
    return (
        f"{Path(name).name}@{_revision(name, config)}",
        _Foreign(model, classes),
        reader,
    )


def _revision(name: str, config: PretrainedConfig) -> str:
    """Return a short hash of the weights: the files' own, or the hub's commit."""
    weights = sorted(
        path
        for pattern in ("*.safetensors", "*.bin")
        for path in Path(name).glob(pattern)
    )
    digests = "".join(manifest.sha256(path) for path in weights) if weights else ""
    return (digests or str(getattr(config, "_commit_hash", "") or "unknown"))[:12]


def empty_encoder(folder: Path) -> nn.Module:
    """Return an encoder of the folder's shape, its weights not read yet."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    network: nn.Module = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    return without_pooler(network)


def without_pooler(network: nn.Module) -> nn.Module:
    """Take BERT's pooler off: it is not used, and needs no room."""
    if getattr(network, "pooler", None) is not None:
        network.pooler = None  # type: ignore[assignment]
    return network


def positions(network: nn.Module) -> int:
    """Return how many tokens the network can tell apart by their place."""
    config: Any = network.config
    most = int(getattr(config, "max_position_embeddings", None) or 512)
    # RoBERTa counts positions from the padding index on, so two are never used.
    return most - 2


def _folder(path_or_name: Path | str) -> Path | None:
    """Return the local folder, or None for a name on the hub.

    A path that does not exist must not become a question to a public server: neither
    one below a folder that is here, nor ours, asked for from another folder.
    """
    path = Path(path_or_name).expanduser()
    if path.is_dir():
        return path
    named = isinstance(path_or_name, str) and _HUB_NAME.fullmatch(path_or_name)
    if not named or path.parts[0] == OURS or Path(path.parts[0]).is_dir():
        raise ClassifyError(
            f"there is no model folder {path} here ({Path.cwd().name}/); start in the "
            "folder that holds it, or give its whole path in model.path"
        )
    return None


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what torch, transformers and safetensors raise into a ClassifyError."""
    # Its bars and tables would mix with the command line's own words.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    except ClassifyError:
        raise
    except (
        RuntimeError,
        OSError,
        ValueError,
        ArithmeticError,
        KeyError,
        SafetensorError,
    ) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ClassifyError(f"{what}: {first}", detail=f"{what}: {error}") from error


# -- the machine ----------------------------------------------------------------


def device_of(wanted: str) -> torch.device:
    """Return the device that a setting names; ClassifyError where it is not here."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ClassifyError(f"{wanted!r} is no device; try auto or cpu") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ClassifyError(f"this machine has no device {wanted}; try auto or cpu")
    return device


def _precision(wanted: Precision, device: torch.device) -> torch.dtype:
    if wanted != "auto":
        return _DTYPES[wanted]
    return torch.bfloat16 if has_fast_bf16(device) else torch.float32


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is computed in hardware; emulated it is slower than fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def use_threads(threads: int) -> None:
    """Compute with so many threads, in the whole process."""
    torch.set_num_threads(threads)
    if threads == 1:
        # The tokenizer library has no other switch for its own thread pool.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # noqa: TID251

"""Texts in, scores out: what every engine does alike, whatever computes in between.

Torch is not needed here. A text becomes tokens in pieces, pieces of like length become
batches, and what an engine finds in the pieces becomes one answer for the text.
"""

from __future__ import annotations

import json
import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bot.classify import clean, manifest
from bot.classify.labelled import NO_YES, Question
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

OURS = "models"
"""The folder of shipped models; nobody on the hub has this name."""

FORMS = ("default", "small")
"""The models that may stand there; their names are never asked for on the hub."""

_HUB_NAME = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?")
_OTHERS = frozenset(Question) - {Question.SENTIMENT, Question.COMPLAINT}

Floats = NDArray[np.float32]
Exact = NDArray[np.float64]
Whole = NDArray[np.int64]
N = TypeVar("N", bound=np.floating)


# -- reading texts --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The tokens of one text in pieces, and whether some of it is in none of them."""

    pieces: tuple[list[int], ...]
    truncated: bool

    @property
    def lengths(self) -> list[int]:
        """The weight of each piece: its tokens."""
        # A tokenizer without marks of its own makes nothing of an empty text.
        return [max(1, len(ids)) for ids in self.pieces]


@dataclass(slots=True, kw_only=True)
class Reader:
    """A tokenizer with its limits."""

    tokenizer: Any
    max_length: int
    padding: int = 0
    """The token that fills a batch up; it has no say."""
    name_emoji: bool = True

    @classmethod
    def of(cls, folder: Path, *, max_length: int) -> Reader:
        """Return the reader of a checkpoint of ours."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # RoBERTa counts positions from the padding index on, so two are never used.
        length = min(max_length, int(config["max_position_embeddings"]) - 2)
        tokenizer.no_padding()
        tokenizer.enable_truncation(length, stride=length // OVERLAP)
        padding = int(config.get("pad_token_id") or 0)
        return cls(tokenizer=tokenizer, max_length=length, padding=padding)

    def read(self, texts: Sequence[str]) -> list[Read]:
        """Return each text's tokens, in the order of the texts."""
        limit = WINDOWS * self.max_length * CHARS_PER_TOKEN
        ready = [
            clean.clean(text, limit=limit, name_emoji=self.name_emoji) for text in texts
        ]
        found = self._pieces([text for text, _ in ready]) if ready else []
        return [
            Read(pieces=tuple(pieces[:WINDOWS]), truncated=cut or len(pieces) > WINDOWS)
            for (_, cut), pieces in zip(ready, found, strict=True)
        ]

    def _pieces(self, texts: list[str]) -> list[list[list[int]]]:
        return [
            [whole.ids, *(piece.ids for piece in whole.overflowing)]
            for whole in self.tokenizer.encode_batch_fast(texts)
        ]

    def batch(self, rows: Sequence[list[int]]) -> tuple[Whole, Whole]:
        """Return one batch (rows x tokens) with the mask of what is no padding."""
        width = max(1, *(len(row) for row in rows))
        ids = np.full((len(rows), width), self.padding, dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        return ids, mask


def by_length(
    pieces: Sequence[list[int]], *, tokens: int = sys.maxsize, texts: int = BATCH
) -> Iterator[list[int]]:
    """Yield batches of indices, pieces of like length together, the longest first.

    A batch has so many pieces and so many tokens at most, or one piece.
    """
    order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]), reverse=True)
    while order:
        longest = max(1, len(pieces[order[0]]))
        size = max(1, min(texts, tokens // longest))
        yield order[:size]
        order = order[size:]


# -- from pieces to texts ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an engine found in one batch of pieces."""

    probabilities: Mapping[str, Exact]
    """Head -> pieces x labels."""
    pooled: Floats
    """The mean of each piece's token vectors (pieces x width)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """Some texts, and what was found in their pieces, one after the other."""

    read: Sequence[Read]
    probabilities: Mapping[str, Exact]
    pooled: Floats


class Engine(ABC):
    """A loaded model: everything about it but its arithmetic.

    Not for several threads at once: one process, one engine.
    """

    batch_tokens = sys.maxsize
    """A batch has so many tokens at most; its room grows with them."""

    batch_texts = BATCH

    def __init__(self, *, model_id: str, reader: Reader, facts: dict[str, str]) -> None:
        """``model_id`` names everything that may decide a label."""
        self.model_id = model_id
        self._reader = reader
        self._facts = facts

    def describe(self) -> dict[str, str]:
        """Return what runs where, for ``bot doctor``."""
        return dict(self._facts)

    def note(self, **facts: str) -> None:
        """Have ``describe`` tell something more."""
        self._facts.update(facts)

    def score(self, texts: Sequence[str]) -> list[TextScores]:
        """Return the scores in the order of the texts, whatever the texts hold.

        Texts of like length share a batch, so the last digits of a score may
        depend on the company that a text was scored in. A long text is read piece by
        piece: it complains as much as the piece that complains most, and its sentiment
        is that of all its pieces by their length.
        """
        return _scores(self._answered(texts))

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one row of length 1 for each text; like texts lie close together."""
        return _unit(self.pooled(texts))

    def pooled(self, texts: Sequence[str]) -> Floats:
        """Return one row for each text, as heads read it.

        A long text's row is the mean of its pieces' by their length.
        """
        return _rows(self._answered(texts))

    def score_and_embed(self, texts: Sequence[str]) -> tuple[list[TextScores], Floats]:
        """Return what ``score`` and ``embed`` would, having read each text once."""
        answered = self._answered(texts)
        return _scores(answered), _unit(_rows(answered))

    def _answered(self, texts: Sequence[str]) -> _Answered:
        read = self._reader.read(texts)
        pieces = [ids for one in read for ids in one.pieces]
        order: list[int] = []
        found: list[Found] = []
        for batch in by_length(
            pieces, tokens=self.batch_tokens, texts=self.batch_texts
        ):
            order += batch
            found.append(self._found(*self._reader.batch([pieces[i] for i in batch])))
        heads = found[0].probabilities if found else ()
        return _Answered(
            read=read,
            probabilities={
                name: _as_asked([one.probabilities[name] for one in found], order)
                for name in heads
            },
            pooled=_as_asked([one.pooled for one in found], order),
        )

    @abstractmethod
    def _found(self, ids: Whole, mask: Whole) -> Found:
        """Compute one batch."""


def probabilities(logits: Floats, head: manifest.Head) -> Exact:
    """Return a head's calibrated probabilities (rows x labels).

    The labels of all heads so far exclude each other; those of a head that may say
    several at once would become numbers here, one by one.
    """
    shifted = logits.astype(np.float64) / head.temperature
    raised = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    exact: Exact = raised / raised.sum(axis=-1, keepdims=True)
    return exact


def _as_asked(batches: Sequence[NDArray[N]], order: Sequence[int]) -> NDArray[N]:
    """Return the rows of all batches in the order of the pieces."""
    if not batches:
        return np.empty((0, 0), dtype=np.float32)
    rows = np.concatenate(batches)
    asked = np.empty_like(rows)
    asked[order] = rows
    return asked


def _rows(answered: _Answered) -> Floats:
    """Return each text's mean over its pieces by their length."""
    lengths = [each for one in answered.read for each in one.lengths]
    if not lengths:
        return np.empty((0, 0), np.float32)
    weights = np.asarray(lengths, np.float32)[:, np.newaxis]
    counts = [len(one.pieces) for one in answered.read]
    starts = np.cumsum([0, *counts[:-1]])
    total = np.add.reduceat(answered.pooled * weights, starts)
    means = total / np.add.reduceat(weights, starts)
    return np.asarray(means, dtype=np.float32)


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise ClassifyError("the model's answer is not a number: its weights are wrong")
    unit: Floats = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit


def _scores(answered: _Answered) -> list[TextScores]:
    if not all(np.isfinite(rows).all() for rows in answered.probabilities.values()):
        raise ClassifyError("the model's answer is not a number: its weights are wrong")
    # Row by row, numpy takes longer than a graphics card does for the whole text.
    said = {name: rows.tolist() for name, rows in answered.probabilities.items()}
    others = [(name, Question(name)) for name in said if name in _OTHERS]
    scores, at = [], 0
    for read in answered.read:
        upto = at + len(read.pieces)
        complaints = [yes for _, yes in said.get("complaint", ())[at:upto]]
        sentiment = _mean(said["sentiment"][at:upto], read)
        scores.append(
            TextScores(
                sentiment=dict(zip(SENTIMENTS, sentiment, strict=True)),
                complaint=max(complaints, default=None),
                truncated=read.truncated,
                others={
                    name: _other(question, said[name][at:upto], read)
                    for name, question in others
                },
            )
        )
        at = upto
    return scores


def _other(
    question: Question, pieces: Sequence[list[float]], read: Read
) -> dict[str, float]:
    """Return a further head's answer: what one piece is, the whole text is."""
    if question.labels == NO_YES:
        yes = max(piece[1] for piece in pieces)
        return dict(zip(NO_YES, (1 - yes, yes), strict=True))
    return dict(zip(question.labels, _mean(pieces, read), strict=True))


def _mean(pieces: Sequence[list[float]], read: Read) -> list[float]:
    if len(pieces) == 1:
        return pieces[0]
    return [float(p) for p in np.average(pieces, axis=0, weights=read.lengths)]


# -- checkpoints of ours ----------------------------------------------------------


def folder_of(path_or_name: Path | str) -> Path | None:
    """Return the local folder, or None for a name on the hub.

    One word is also looked for among our own models: ``small`` is ``models/small``.
    A path that does not exist must not become a question to a public server: neither
    one below a folder that is here, nor ours, asked for from another folder.
    """
    path = Path(path_or_name).expanduser()
    if path.is_dir():
        return path
    among_ours = Path(OURS) / path
    if path.name == str(path) and (path.name in FORMS or among_ours.is_dir()):
        path = among_ours
    if path.is_dir():
        return path.resolve()
    # As it was written: "./none" is a path, though Path makes a plain word of it.
    named = isinstance(path_or_name, str) and _HUB_NAME.fullmatch(path_or_name)
    if not named or path.parts[0] == OURS or Path(path.parts[0]).is_dir():
        raise ClassifyError(
            f"there is no model folder {path} here ({Path.cwd().name}/); start in the "
            "folder that holds it, or give its whole path in the settings"
        )
    return None


def facts_of(folder: Path) -> manifest.Manifest:
    """Return a checkpoint's manifest, hashes and fitness for this program checked."""
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
    return facts


def use_one_thread(threads: int) -> None:
    """Keep the tokenizer library's own thread pool away where one thread is asked."""
    if threads == 1:
        # It has no other switch.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # noqa: TID251

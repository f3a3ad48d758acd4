"""The transformer in torch: texts in, calibrated probabilities out.

This file and ``trainee.py`` alone know torch and transformers. Import it where a model
is needed, not at the top of a module: torch alone takes more than a second. What the
engines have in common is in ``reading.py``.

Two kinds of checkpoint are read. A folder of ours holds a transformers encoder and
beside it ``heads.safetensors`` and ``answerable.json`` (``manifest.py``). Any other
transformers sequence-classification checkpoint, a folder or a name on the Hugging
Face hub, is read for sentiment alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PretrainedConfig,
)
from transformers.utils import logging as transformers_logging

from bot.classify import manifest, reading, weights
from bot.classify.labels import map_labels
from bot.classify.reading import Engine, Found, Whole
from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError

FOREIGN_MAX_LENGTH = 128

CARD_TEXTS, CARD_TOKENS = 1_024, 32_768
"""A batch on a graphics card, which smaller ones leave idle."""

Precision = Literal["auto", "fp32", "bf16"]
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class _Network(Protocol):
    """A network that turns tokens into pooled vectors and probabilities."""

    def found(self, tokens: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the pooled vectors, and each head's probabilities."""
        ...


class Encoder(Engine):
    """A model loaded into torch."""

    def __init__(
        self,
        *,
        model_id: str,
        network: _Network,
        reader: reading.Reader,
        device: torch.device,
        facts: dict[str, str],
    ) -> None:
        """Use ``load``; this takes the parts that it found."""
        super().__init__(model_id=model_id, reader=reader, facts=facts)
        self._network = network
        self._device = device
        if device.type == "cuda":
            self.batch_texts, self.batch_tokens = CARD_TEXTS, CARD_TOKENS

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
        # A card waits for the tokenizer, so that may take what cores there are.
        use_threads(threads, tokenizer=target.type == "cpu")
        folder = reading.folder_of(path_or_name)
        network: Network | _Foreign
        reader: reading.Reader
        with translated(f"cannot load the model {path_or_name}"):
            if folder is not None and manifest.is_ours(folder):
                model_id, network, reader = _ours(folder, max_length)
            else:
                name = str(folder or path_or_name)
                model_id, network, reader = _foreign(
                    name, max_length, target, label_map
                )
            network.to(target).eval()
            network.body.to(dtype)
        facts = {
            "model": model_id,
            "engine": "torch",
            "device": str(target),
            "precision": "bf16" if dtype is torch.bfloat16 else "fp32",
            "threads": str(threads),
            "max_length": str(reader.max_length),
            "heads": ", ".join(network.answers),
            "torch": str(torch.__version__),
        }
        return cls(
            model_id=model_id,
            network=network,
            reader=reader,
            device=target,
            facts=facts,
        )

    def _found(self, ids: Whole, mask: Whole) -> Found:
        with translated("the model failed"), torch.inference_mode():
            pooled, answers = self._network.found(_tokens(ids, mask, self._device))
            return Found(
                probabilities={k: v.cpu().numpy() for k, v in answers.items()},
                pooled=pooled.cpu().numpy(),
            )


@dataclass(slots=True, kw_only=True)
class Reader(reading.Reader):
    """A tokenizer of transformers, whoever made it, and the batches of a network."""

    device: torch.device

    def __post_init__(self) -> None:
        """Fill batches up with the tokenizer's own token."""
        self.padding = self.tokenizer.pad_token_id or 0

    def _pieces(self, texts: list[str]) -> list[list[list[int]]]:
        with translated("the tokenizer failed"):
            found = self.tokenizer(
                texts,
                truncation=True,
                max_length=self.max_length,
                stride=self.max_length // reading.OVERLAP,
                padding=False,
                return_attention_mask=False,
                return_token_type_ids=False,
            )
        # A tokenizer written in Python tells nothing of what it left unread.
        encodings = found.encodings or [None] * len(texts)
        return [
            [ids, *(piece.ids for piece in (whole.overflowing if whole else ()))]
            for ids, whole in zip(found["input_ids"], encodings, strict=True)
        ]

    def padded(self, rows: Sequence[list[int]]) -> dict[str, Tensor]:
        """Return one batch (rows x tokens) with the mask of what is no padding."""
        return _tokens(*self.batch(rows), self.device)


def _tokens(ids: Whole, mask: Whole, device: torch.device) -> dict[str, Tensor]:
    return {
        "input_ids": torch.from_numpy(ids).to(device, non_blocking=True),
        "attention_mask": torch.from_numpy(mask).to(device, non_blocking=True),
    }


# -- networks -------------------------------------------------------------------


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
        states = self.encoder(**tokens).last_hidden_state
        return _mean(states, tokens["attention_mask"])

    def answer(self, pooled: Tensor, name: str) -> Tensor:
        """Return one head's raw outputs (texts x labels), always in full precision."""
        with torch.autocast(pooled.device.type, enabled=False):
            found: Tensor = self.heads[name](self.dropout(pooled.float()))
        return found

    def found(self, tokens: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the pooled vectors, and each head's calibrated probabilities."""
        # The heads stay exact: in bf16 a probability would have three digits at most.
        pooled = self.pooled(tokens).to(torch.float32)
        return pooled, {
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

    def found(self, tokens: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean of the last layer, and the summed probabilities."""
        output = self.model(**tokens, output_hidden_states=True)
        found = output.logits.double().softmax(dim=-1)
        summed = found.new_zeros(len(found), len(SENTIMENTS))
        for index, column in enumerate(self.columns):
            summed[:, column] += found[:, index]
        pooled = _mean(output.hidden_states[-1], tokens["attention_mask"])
        return pooled.float(), {"sentiment": summed}


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of each row's token vectors, padding left out."""
    kept = mask.unsqueeze(-1).to(states.dtype)
    total: Tensor = (states * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)
    return total


# -- loading --------------------------------------------------------------------


def _ours(folder: Path, max_length: int | None) -> tuple[str, Network, reading.Reader]:
    facts = reading.facts_of(folder)
    # The shape is made in half precision, which whole numbers times scales are not.
    network = Network(empty_encoder(folder), facts.heads, dropout=0.0).float()
    network.encoder.load_state_dict(whole(folder / manifest.WEIGHTS))
    network.heads.load_state_dict(whole(folder / manifest.HEADS))
    reader = reading.Reader.of(folder, max_length=max_length or facts.max_length)
    return facts.model_id, network, reader


def whole(path: Path) -> dict[str, Tensor]:
    """Return a file's weights in single precision, however they stand in it."""
    tensors = weights.whole(weights.read(path))
    return {name: torch.from_numpy(values) for name, values in tensors.items()}


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
    model_id = f"{Path(name).name}@{_revision(name, config)}"
    if label_map:
        # The same weights under another map give other answers.
        model_id += f":{'-'.join(meaning[:3] for meaning in classes)}"
    return model_id, _Foreign(model, classes), reader


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


def use_threads(threads: int, *, tokenizer: bool = True) -> None:
    """Compute with so many threads, in the whole process."""
    torch.set_num_threads(threads)
    if tokenizer:
        reading.use_one_thread(threads)

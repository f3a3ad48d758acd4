"""The transformer in training: texts with answers in, weights out.

Beside ``encoder.py`` the only file that knows torch.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import AutoTokenizer

from bot.classify import manifest
from bot.classify.encoder import (
    CARD_TEXTS,
    Network,
    Reader,
    device_of,
    empty_encoder,
    has_fast_bf16,
    positions,
    translated,
    use_threads,
    whole,
    without_pooler,
)
from bot.classify.plan import Plan, StepWatch, Task
from bot.classify.reading import BATCH, by_length
from bot.errors import ClassifyError

KEPT_EVERY = 4
"""One batch in so many is held against the base, which costs a pass of its own."""

EIGHT_BITS = 127
FEW_ROWS = 1_024
"""Tables with fewer rows, such as that of positions, are kept exact: they are small."""


class Trainee:
    """A model in training."""

    def __init__(
        self, network: Network, reader: Reader, *, original: Network | None = None
    ) -> None:
        """Use ``start`` or ``take_up``; this takes the parts that they found."""
        self._network = network
        self._reader = reader
        self._original = original
        self._known: dict[str, list[int]] = {}

    @classmethod
    def start(  # noqa: PLR0913 - all by keyword
        cls,
        base: Path,
        heads: Mapping[str, Sequence[str]],
        *,
        max_length: int,
        dropout: float,
        seed: int,
        frozen_layers: int = 0,
        layers: Sequence[int] | None = None,
        keeps: bool = False,
        device: str = "auto",
        threads: int = 1,
    ) -> Self:
        """Take a plain encoder (a folder) and put fresh heads on it.

        ``layers``: those of its layers that are kept, by default all.
        ``frozen_layers``: so many of the lowest of them, and the embeddings, stay as
        they are. ``keeps``: the base is at hand, for ``Plan.keep_weight``.
        """
        use_threads(threads)
        torch.manual_seed(seed)
        target = device_of(device)
        with translated(f"cannot load the base model {base}"):
            encoder = without_pooler(empty_encoder(base))
            weights = whole(base / manifest.WEIGHTS)
            kept = {k: v for k, v in weights.items() if k in encoder.state_dict()}
            encoder.load_state_dict(kept)
            original = copy.deepcopy(encoder) if keeps else None
            _keep_layers(encoder, layers)
            _freeze(encoder, frozen_layers)
            tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
        named = {name: manifest.Head(labels=tuple(v)) for name, v in heads.items()}
        network = Network(encoder, named, dropout=dropout).to(target)
        reader = Reader(
            tokenizer=tokenizer,
            max_length=min(max_length, positions(encoder)),
            name_emoji=True,
            device=target,
        )
        whole_base = Network(original, {}, dropout=0.0).to(target) if original else None
        return cls(network, reader, original=whole_base)

    @classmethod
    def take_up(
        cls,
        folder: Path,
        *,
        max_length: int,
        dropout: float,
        seed: int,
        device: str = "auto",
        threads: int = 1,
    ) -> Self:
        """Go on with a checkpoint of ours: with its weights and with its heads."""
        use_threads(threads)
        torch.manual_seed(seed)
        target = device_of(device)
        heads = manifest.read(folder).heads
        with translated(f"cannot take up the model {folder}"):
            network = Network(empty_encoder(folder), heads, dropout=dropout).float()
            network.encoder.load_state_dict(whole(folder / manifest.WEIGHTS))
            network.heads.load_state_dict(whole(folder / manifest.HEADS))
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        reader = Reader(
            tokenizer=tokenizer,
            max_length=min(max_length, positions(network.encoder)),
            name_emoji=True,
            device=target,
        )
        return cls(network.to(target), reader)

    def twin(self) -> Self:
        """Return a copy that is trained on its own."""
        network = copy.deepcopy(self._network)
        twin = type(self)(network, self._reader, original=self._original)
        twin._known = self._known  # noqa: SLF001 - its own kind
        return twin

    def fit(
        self,
        tasks: Sequence[Task],
        plan: Plan,
        *,
        checkpoint: Path,
        every: int,
        watch: StepWatch,
    ) -> None:
        """Train; begun work found at ``checkpoint`` is taken up where it stopped.

        Order, dropout and rates depend on the plan alone, so on one machine an
        interrupted run ends with the very weights of an undisturbed one.
        """
        self.know([text for task in tasks for text in task.texts])
        optimizer = self._optimizer(plan)
        total = plan.steps(tasks)
        torch.manual_seed(plan.seed)
        done = self._resume(checkpoint, optimizer)
        before: Tensor | None = None
        with translated("training failed"):
            for step, (task, rows) in enumerate(_batches(tasks, plan)):
                if step < done:
                    continue
                for group in optimizer.param_groups:
                    group["lr"] = group["peak"] * plan.rate(step, total)
                loss = self._step(task, rows, plan, optimizer, step)
                # Told one step late, so that nobody waits for a card.
                watch(step + 1, float(loss if before is None else before))
                before = loss
                if (step + 1) % every == 0 and step + 1 < total:
                    self._keep(checkpoint, step + 1, optimizer)
            if done < total:
                self._keep(checkpoint, total, None)

    def round(self) -> None:
        """Compute from now on as eight-bit arithmetic does; the weights stay."""
        _round_all(self._network.encoder)

    def logits(self, texts: Sequence[str], head: str) -> list[list[float]]:
        """Return the head's raw outputs for the texts' beginnings, in their order."""
        return self.answers(texts, [head])[head]

    def answers(
        self, texts: Sequence[str], heads: Sequence[str]
    ) -> dict[str, list[list[float]]]:
        """Return the raw outputs of several heads, having read each text once."""
        read = self.know(texts)
        found: dict[str, list[list[float]]] = {h: [[]] * len(read) for h in heads}
        size = CARD_TEXTS if self._reader.device.type == "cuda" else BATCH
        self._network.eval()
        with torch.inference_mode(), self._autocast():
            for batch in by_length(read, texts=size):
                tokens = self._reader.padded([read[i] for i in batch])
                pooled = self._network.pooled(tokens)
                for head, rows in found.items():
                    told = self._network.answer(pooled, head).tolist()
                    for i, row in zip(batch, told, strict=True):
                        rows[i] = row
        return found

    def know(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of the texts' beginnings; each text is read only once.

        Every epoch and every twin comes back to the same texts, and a graphics card
        would wait for the tokenizer.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, one in zip(new, self._reader.read(new), strict=True):
            self._known[text] = one.pieces[0]
        return [self._known[text] for text in texts]

    def save(self, folder: Path) -> None:
        """Write the checkpoint's files, weights in half precision, no manifest."""
        folder.mkdir(parents=True, exist_ok=True)
        encoder: Any = self._network.encoder
        config = copy.deepcopy(encoder.config)
        config.dtype = "float16"
        config.save_pretrained(folder)
        self._reader.tokenizer.save_pretrained(folder)
        save_file(_halved(encoder), folder / manifest.WEIGHTS, {"format": "pt"})
        save_file(_halved(self._network.heads), folder / manifest.HEADS)
        for path in folder.iterdir():
            path.chmod(0o644)  # safetensors writes for the owner alone

    def _optimizer(self, plan: Plan) -> torch.optim.AdamW:
        heads = list(self._network.heads.parameters())
        encoder = [p for p in self._network.encoder.parameters() if p.requires_grad]
        return torch.optim.AdamW(
            [
                {"params": encoder, "peak": plan.learning_rate},
                {"params": heads, "peak": plan.head_learning_rate},
            ],
            lr=plan.learning_rate,
            weight_decay=plan.weight_decay,
            fused=True,
        )

    def _step(
        self,
        task: Task,
        rows: Sequence[int],
        plan: Plan,
        optimizer: torch.optim.AdamW,
        step: int,
    ) -> Tensor:
        self._network.train()
        tokens = self._reader.padded([self._known[task.texts[i]] for i in rows])
        with self._autocast():
            pooled = self._network.pooled(tokens)
        loss = self._loss(pooled, task, rows, plan)
        if self._original is not None and step % KEPT_EVERY == 0:
            loss = loss + plan.keep_weight * self._turned(pooled, tokens)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        optimizer.step()
        return loss.detach()

    def _turned(self, pooled: Tensor, tokens: Mapping[str, Tensor]) -> Tensor:
        """Return how far the texts' vectors turned from the base's: 0 is not at all."""
        assert self._original is not None  # noqa: S101 - whoever asks has looked
        self._original.eval()
        with torch.no_grad(), self._autocast():
            before = self._original.pooled(tokens)
        cosine = nn.functional.cosine_similarity(pooled.float(), before.float())
        turned: Tensor = 1 - cosine.mean()
        return turned

    def _loss(
        self, pooled: Tensor, task: Task, rows: Sequence[int], plan: Plan
    ) -> Tensor:
        """Return the distance to the people's answers and to the teacher's."""
        device = self._reader.device
        loss = torch.zeros((), device=device)
        if task.name:
            told = torch.tensor([task.targets[i] for i in rows])
            targets = told.to(device, non_blocking=True)
            share = 1 - plan.teacher_weight if task.name in task.taught else 1.0
            loss = loss + share * nn.functional.cross_entropy(
                self._network.answer(pooled, task.name),
                targets,
                label_smoothing=plan.label_smoothing,
            )
        for head, shares in task.taught.items():
            wanted = torch.from_numpy(shares[rows]).to(device, non_blocking=True)
            found = self._network.answer(pooled, head).log_softmax(dim=-1)
            distance = nn.functional.kl_div(found, wanted, reduction="batchmean")
            loss = loss + plan.teacher_weight * distance
        return loss

    def _autocast(self) -> torch.autocast:
        device = self._reader.device
        fast = has_fast_bf16(device)
        return torch.autocast(device.type, dtype=torch.bfloat16, enabled=fast)

    def _keep(self, path: Path, step: int, optimizer: torch.optim.AdamW | None) -> None:
        state = {
            "step": step,
            "network": self._network.state_dict(),
            "optimizer": optimizer.state_dict() if optimizer else None,
            "random": torch.get_rng_state(),
            "on_card": _random_on_card(self._reader.device),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def _resume(self, path: Path, optimizer: torch.optim.AdamW) -> int:
        if not path.is_file():
            return 0
        with translated(f"cannot take up {path}; remove it to start that part again"):
            state = torch.load(path, map_location="cpu", weights_only=True)
            self._network.load_state_dict(state["network"])
            if state["optimizer"]:
                optimizer.load_state_dict(state["optimizer"])
            torch.set_rng_state(state["random"])
            if state.get("on_card") is not None and self._reader.device.type == "cuda":
                torch.cuda.set_rng_state(state["on_card"], self._reader.device)
        return int(state["step"])


def _random_on_card(device: torch.device) -> Tensor | None:
    """Return where a card's own chance stands: dropout is drawn there."""
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else None


def _batches(tasks: Sequence[Task], plan: Plan) -> Iterator[tuple[Task, list[int]]]:
    """Yield every epoch's batches, tasks mixed, texts of like length together."""
    for epoch in range(plan.epochs):
        random = np.random.default_rng([plan.seed, epoch])
        mixed = [
            (task, rows)
            for task in tasks
            for rows in _task_batches(task, plan.batch_size, random)
        ]
        for i in random.permutation(len(mixed)):
            yield mixed[int(i)]


def _task_batches(
    task: Task, size: int, random: np.random.Generator
) -> Iterator[list[int]]:
    order = [int(i) for i in random.permutation(len(task.texts))[: task.rows]]
    for start in range(0, len(order), size * 50):
        near = sorted(
            order[start : start + size * 50], key=lambda i: len(task.texts[i])
        )
        for first in range(0, len(near), size):
            yield near[first : first + size]


def _freeze(encoder: nn.Module, layers: int) -> None:
    """Keep the embeddings and so many lowest layers from learning."""
    if not layers:
        return
    body: Any = encoder
    if layers >= len(body.encoder.layer):
        raise ClassifyError(
            f"the base has {len(body.encoder.layer)} layers; freeze fewer"
        )
    for part in (body.embeddings, *body.encoder.layer[:layers]):
        part.requires_grad_(requires_grad=False)


def _keep_layers(encoder: nn.Module, layers: Sequence[int] | None) -> None:
    if layers is None:
        return
    body: Any = encoder
    found = len(body.encoder.layer)
    if not all(0 <= layer < found for layer in layers):
        raise ClassifyError(f"the base has {found} layers, numbered from 0")
    body.encoder.layer = nn.ModuleList(body.encoder.layer[layer] for layer in layers)
    body.config.num_hidden_layers = len(layers)


def _halved(network: nn.Module) -> dict[str, Tensor]:
    return {
        name: value.detach().half().contiguous().cpu()
        for name, value in network.state_dict().items()
    }


# -- learning to be rounded -------------------------------------------------------


class _RoundedLinear(nn.Linear):
    """A linear layer whose weights (by output) and inputs (by row) have eight bits."""

    def forward(self, rows: Tensor) -> Tensor:
        found: Tensor = nn.functional.linear(
            _rounded(rows), _rounded(self.weight), self.bias
        )
        return found


class _RoundedEmbedding(nn.Embedding):
    """A table whose rows have eight bits."""

    def forward(self, ids: Tensor) -> Tensor:
        return _rounded(super().forward(ids))


_ROUNDED = {nn.Linear: _RoundedLinear, nn.Embedding: _RoundedEmbedding}


def _round_all(encoder: nn.Module) -> None:
    """Exchange the layers for rounding ones that hold the same weights."""
    for part in encoder.modules():
        kind = _ROUNDED.get(type(part))
        is_table = isinstance(part, nn.Embedding) and part.num_embeddings < FEW_ROWS
        if kind is not None and not is_table:
            part.__class__ = kind


def _rounded(values: Tensor) -> Tensor:
    """Round each row to 255 steps; a change passes as if it had not been rounded.

    The straight-through estimator of Bengio et al. 2013.
    """
    with torch.no_grad():
        step = (values.abs().amax(dim=-1, keepdim=True) / EIGHT_BITS).clamp(min=1e-8)
        lost = (values / step).round() * step - values
    return values + lost

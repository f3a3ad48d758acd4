"""Measure one row of ``bench/classify.py``, in a process of its own.

The only argument is a job in JSON. What it names is loaded; then ``ready`` is printed
and a line on standard input awaited, so that processes on several cores begin together;
the figures follow as one line of JSON.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from bot.bootstrap import App

ROOT = Path(__file__).resolve().parents[1]
SENTIMENTS = ("negative", "neutral", "positive")
YES = 0.5
WARM_UP = 32
GEMM = (1024, 384, 1536)
"""A batch's tokens through the widest layer of the shipped model."""

VADER_NEUTRAL = 0.05
"""VADER's authors call a compound score neutral within so much of nought."""

Answer = list[str]
"""The sentiment, and where it is told whether it is a complaint: yes or no."""

Ask = Callable[[Sequence[str]], list[Answer]]
Job = Mapping[str, Any]


# -- what runs ------------------------------------------------------------------


def ours(job: Job) -> tuple[Ask, dict[str, str]]:
    """Our text model alone, as the settings make it: scores without the other tags."""
    encoder = _app(job).encoder()

    def ask(texts: Sequence[str]) -> list[Answer]:
        return [_labels(one.sentiment, one.complaint) for one in encoder.score(texts)]

    return ask, encoder.describe()


def whole(job: Job) -> tuple[Ask, dict[str, str]]:
    """The whole pipeline: language, signals and influence as well."""
    from bot.domain.mentions import Author, Mention, MentionId, StoredMention

    app = _app(job)
    classifier, now = app.classifier, app.clock.now()
    author = Author(external_id="1", handle="ada", followers=481, bio="Tea and trams")

    def stored(number: int, text: str) -> StoredMention:
        said = Mention(
            channel="x",
            external_id=str(number),
            brand="Acme",
            text=text,
            published_at=now,
            conversation=str(number),
            author=author,
        )
        return StoredMention(
            id=MentionId(number), mention=said, source="bench", ingested_at=now
        )

    def ask(texts: Sequence[str]) -> list[Answer]:
        tags = classifier.tag([stored(at, text) for at, text in enumerate(texts)])
        return [_labels(one.sentiment_scores, one.complaint_score) for one in tags]

    return ask, app.encoder().describe()


def _app(job: Job) -> App:
    from bot.bootstrap import App
    from bot.settings import load_settings

    keys = {"path": job["model"], "device": job["device"], **job["settings"]}
    variables = {f"BOT_MODEL__{key.upper()}": value for key, value in keys.items()}
    return App(load_settings(ROOT / "config" / "bot.yaml", variables))


def same_weights(job: Job) -> tuple[Ask, dict[str, str]]:
    """Our encoder and sentiment head in a text-classification pipeline, fp32."""
    from torch import Tensor
    from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification
    from transformers.modeling_outputs import SequenceClassifierOutput

    from bot.classify import encoder, manifest

    class MeanPooled(BertForSequenceClassification):  # type: ignore[no-untyped-call]
        """BERT's classifier but for the pooling, which is a mean in our weights."""

        def forward(
            self, input_ids: Tensor, attention_mask: Tensor, **_: object
        ) -> SequenceClassifierOutput:
            states = self.bert(input_ids, attention_mask=attention_mask)[0]
            mask = attention_mask.unsqueeze(-1)
            pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
            return SequenceClassifierOutput(logits=self.classifier(pooled))

    folder = Path(job["model"])
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    config.id2label = dict(enumerate(SENTIMENTS))
    config.label2id = {name: at for at, name in enumerate(SENTIMENTS)}
    config.problem_type = "single_label_classification"
    model = MeanPooled(config)
    model.bert.pooler = None
    model.bert.load_state_dict(encoder.whole(folder / manifest.WEIGHTS))
    heads = encoder.whole(folder / manifest.HEADS)
    model.classifier.load_state_dict(
        {name: heads[f"sentiment.{name}"] for name in ("weight", "bias")}
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return _pipeline(job, model, tokenizer)


def roberta_base(job: Job) -> tuple[Ask, dict[str, str]]:
    """A RoBERTa of base size in a text-classification pipeline, fp32.

    Its weights are random, since only time is taken, and its tokens are ours.
    """
    from transformers import (
        AutoTokenizer,
        RobertaConfig,
        RobertaForSequenceClassification,
    )

    # Its defaults are the base size, layer by layer.
    config = RobertaConfig(
        id2label=dict(enumerate(SENTIMENTS)),
        label2id={name: at for at, name in enumerate(SENTIMENTS)},
    )
    tokenizer = AutoTokenizer.from_pretrained(job["model"], local_files_only=True)
    config.pad_token_id = tokenizer.pad_token_id
    return _pipeline(job, RobertaForSequenceClassification(config), tokenizer)


def _pipeline(
    job: Job, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> tuple[Ask, dict[str, str]]:
    import torch
    from transformers import TextClassificationPipeline, __version__

    # It does not know our class by its name, and says so as an error.
    logging.getLogger("transformers").setLevel(logging.CRITICAL)
    torch.set_num_threads(1)
    model.train(mode=False)
    pipe = TextClassificationPipeline(  # type: ignore[no-untyped-call]
        model=model, tokenizer=tokenizer, device=torch.device(job["device"])
    )
    limits = {"truncation": True, "max_length": job["max_length"]}

    def one_by_one(texts: Sequence[str]) -> list[Answer]:
        return [[pipe(text, **limits)[0]["label"]] for text in texts]

    def in_batches(texts: Sequence[str]) -> list[Answer]:
        found = pipe(list(texts), batch_size=job["batch"], **limits)
        return [[one["label"]] for one in found]

    facts = {"transformers": __version__, "torch": str(torch.__version__)}
    return (in_batches if job["batch"] > 1 else one_by_one), facts


def vader(_: Job) -> tuple[Ask, dict[str, str]]:
    """VADER: a word list with rules."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()

    def said(text: str) -> Answer:
        score = analyzer.polarity_scores(text)["compound"]
        if abs(score) < VADER_NEUTRAL:
            return ["neutral"]
        return ["positive" if score > 0 else "negative"]

    return lambda texts: [said(text) for text in texts], {}


ROWS: dict[str, Callable[[Job], tuple[Ask, dict[str, str]]]] = {
    "ours": ours,
    "whole": whole,
    "same_weights": same_weights,
    "roberta_base": roberta_base,
    "vader": vader,
}
NEEDS = {"vader": "vaderSentiment"}


def _labels(sentiment: Mapping[str, float], complaint: float | None) -> Answer:
    likeliest = max(SENTIMENTS, key=sentiment.__getitem__)
    if complaint is None:
        return [likeliest]
    return [likeliest, "yes" if complaint >= YES else "no"]


# -- what is measured -----------------------------------------------------------


def measure(ask: Ask, texts: Sequence[str], job: Job) -> dict[str, Any]:
    """Ask on and on for so many seconds, then one text at a time for as long.

    A job that wants every text's answer goes on until it has them.
    """
    answers: list[Answer] = []
    done, spent = 0, 0.0
    started = perf_counter()
    while spent < job["seconds"] or (job["all"] and len(answers) < len(texts)):
        at = done % len(texts)
        found = ask(texts[at : at + job["chunk"]])
        if done < len(texts):
            answers += found
        done += len(found)
        spent = perf_counter() - started
    return {
        "began": started,
        "texts": done,
        "seconds": spent,
        "answers": answers,
        "singles": _singles(ask, texts, job),
        "memory": _peak_memory(),
    }


def _singles(ask: Ask, texts: Sequence[str], job: Job) -> list[float]:
    """Return the seconds that each single text took."""
    took: list[float] = []
    for text in texts[: job["singles"]]:
        started = perf_counter()
        ask([text])
        took.append(perf_counter() - started)
        if sum(took) > job["seconds"]:
            break
    return took


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes, macOS bytes.
    return peak if sys.platform == "darwin" else peak * 1024


def ceiling(job: Job, texts: Sequence[str]) -> dict[str, Any]:
    """Return what this core multiplies at best, in FLOP/s, and each text's tokens."""
    import torch
    from tokenizers import Tokenizer

    torch.set_num_threads(1)
    rows, inner, outer = GEMM
    left, right = torch.randn(rows, inner), torch.randn(inner, outer)
    whole_numbers = [
        (part * 40).clamp(-127, 127).to(torch.int8) for part in (left, right)
    ]
    halves = [part.bfloat16() for part in (left, right)]
    products: dict[str, Callable[[], object]] = {
        "fp32": lambda: left @ right,
        "bf16": lambda: halves[0] @ halves[1],
        "int8": lambda: torch._int_mm(*whole_numbers),
    }
    with torch.inference_mode():
        fastest = {
            name: _fastest(run, job["seconds"]) for name, run in products.items()
        }
    tokenizer = Tokenizer.from_file(str(Path(job["model"]) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return {
        "flops": {
            name: 2 * rows * inner * outer / took for name, took in fastest.items()
        },
        "tokens": [len(one.ids) for one in tokenizer.encode_batch(list(texts))],
    }


def _fastest(run: Callable[[], object], seconds: float) -> float:
    fastest, begun = float("inf"), perf_counter()
    while (started := perf_counter()) - begun < seconds:
        run()
        fastest = min(fastest, perf_counter() - started)
    return fastest


def main(written: str) -> int:
    """Do one job."""
    job = json.loads(written)
    if job["core"] is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {job["core"]})
    missing = NEEDS.get(job["row"])
    if missing and importlib.util.find_spec(missing) is None:
        print(json.dumps({"missing": f"{missing} is not installed"}), flush=True)
        return 0
    kinds = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    texts = kinds[job["kind"]]
    if job["row"] == "ceiling":
        print("ready", flush=True)
        sys.stdin.readline()
        print(json.dumps(ceiling(job, texts)))
        return 0
    ask, facts = ROWS[job["row"]](job)
    ask(texts[:WARM_UP])
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps({**measure(ask, texts, job), "facts": facts}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

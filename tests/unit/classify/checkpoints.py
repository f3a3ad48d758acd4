"""Small models made on the spot: random weights, a vocabulary of invented texts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from bot.classify import clean, manifest, weights
from bot.classify.labelled import Question
from bot.classify.trainee import Trainee

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TEXT = "love great wonderful happy broken awful angry refund opens today at nine "
TEXT += (
    "my order the kettle shop tram is was so again please fix never arrived user http"
)
WORDS = TEXT.split()


def config(**changes: Any) -> BertConfig:
    size = len(SPECIAL) + len(WORDS) + 2 * len(LETTERS)
    values: dict[str, Any] = {
        "vocab_size": size,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 66,
    }
    return BertConfig(**(values | changes))


def save_tokenizer(folder: Path) -> None:
    pieces = [*SPECIAL, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")],
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(folder)


def save_base(folder: Path) -> Path:
    """Write a plain encoder to start training from."""
    torch.manual_seed(1)
    BertModel(config()).save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def save_classifier(folder: Path, labels: list[str], *, says: str) -> Path:
    """Write somebody else's classifier, whose answer is always one label."""
    torch.manual_seed(1)
    named = dict(enumerate(labels))
    model = BertForSequenceClassification(
        config(id2label=named, label2id={name: i for i, name in named.items()})
    )
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.zero_()
        model.classifier.bias[labels.index(says)] = 10.0
    model.save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def save_roberta(folder: Path, labels: list[str], *, says: str | None = None) -> Path:
    """Write the like in RoBERTa's form: bytes for a vocabulary, padding at one.

    Where it says nothing that is always the same, every text gets another answer.
    """
    torch.manual_seed(1)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    named = dict(enumerate(labels))
    model = RobertaForSequenceClassification(
        RobertaConfig(
            vocab_size=len(pieces),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=66,
            type_vocab_size=1,
            initializer_range=0.5,
            bos_token_id=0,
            pad_token_id=1,
            eos_token_id=2,
            id2label=named,
            label2id={name: i for i, name in named.items()},
        )
    )
    with torch.no_grad():
        if says is not None:
            model.classifier.out_proj.weight.zero_()
            model.classifier.out_proj.bias.zero_()
            model.classifier.out_proj.bias[labels.index(says)] = 10.0
    model.save_pretrained(folder)
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), add_prefix_space=False
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    return folder


SHIPPED = (Question.SENTIMENT, Question.COMPLAINT, Question.EMOTION)
"""What decides in the shipped model, and a head that decides nothing."""


def save_ours(
    folder: Path, questions: Iterable[Question] = Question, **changes: Any
) -> Path:
    """Write a checkpoint of ours, every head at random."""
    base = save_base(folder.with_name(f"{folder.name}-base"))
    heads = {question.value: question.labels for question in questions}
    Trainee.start(base, heads, max_length=32, dropout=0.0, seed=3, device="cpu").save(
        folder
    )
    facts: dict[str, Any] = {
        "name": "tiny",
        "version": "1",
        "pooling": "mean",
        "max_length": 32,
        "cleaning": clean.VERSION,
        "heads": {name: manifest.Head(labels=labels) for name, labels in heads.items()},
        "files": {p.name: manifest.sha256(p) for p in folder.iterdir()},
    }
    manifest.write(folder, manifest.Manifest(**(facts | changes)))
    return folder


def save_rounded(folder: Path, source: Path, *, keep: Collection[str] = ()) -> Path:
    """Write a checkpoint of ours in eight bits, measured by nobody."""
    shutil.copytree(source, folder)
    tensors = weights.read(source / manifest.WEIGHTS)
    small = weights.in_eight_bits(tensors, keep=keep)
    weights.write(folder / manifest.WEIGHTS, small)
    change_manifest(folder, weights=weights.INT8)
    return folder


def change_manifest(folder: Path, **changes: Any) -> None:
    """Change what a manifest says, and have it name its files as they are now."""
    told = json.loads((folder / manifest.FILE).read_text(encoding="utf-8")) | changes
    told["files"] = {name: manifest.sha256(folder / name) for name in told["files"]}
    (folder / manifest.FILE).write_text(json.dumps(told), encoding="utf-8")


PRAISE = (
    "love the {}",
    "great {} so happy",
    "wonderful {} again",
    "happy my {} is great",
)
ANGER = (
    "awful {} broken again",
    "angry the {} is broken",
    "my {} never arrived",
    "the {} was awful",
)
NEWS = (
    "the {} opens at nine",
    "{} today",
    "is the {} shop at nine",
    "my {} is at nine",
)
THINGS = ("kettle", "order", "tram", "shop", "refund")


def save_data(folder: Path) -> Path:
    """Write invented texts in the layout that a recipe names."""
    told = {"positive": PRAISE, "negative": ANGER, "neutral": NEWS}
    sentiment = [
        {"text": form.format(thing), "label": label}
        for label, forms in told.items()
        for form in forms
        for thing in THINGS
    ]
    complaints = [
        {"text": form.format(thing), "complaint": forms is ANGER}
        for forms in told.values()
        for form in forms
        for thing in THINGS
    ]
    _save(folder / "train.jsonl", sentiment * 4)
    _save(
        folder / "val.jsonl",
        [{**row, "text": f"user {row['text']}"} for row in sentiment],
    )
    _save(folder / "complaints.jsonl", complaints)
    mockery = [
        {
            "text": form.format(thing),
            "label": "irony" if forms is ANGER else "non_irony",
        }
        for forms in told.values()
        for form in forms
        for thing in THINGS
    ]
    _save(folder / "irony.jsonl", mockery)
    feelings = [
        {"text": form.format(thing), "labels": [number]}
        for number, forms in ((2, ANGER), (17, PRAISE), (27, NEWS))
        for form in forms
        for thing in THINGS
    ]
    _save(folder / "feelings.jsonl", feelings)
    return folder


def _save(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

"""Lay out a plain encoder's folder so that the program's commands read it.

For comparisons with the encoder that ours was trained from: it gets a sentiment head
that knows nothing, and only what it says a text is about means anything.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from bot.classify import clean, manifest
from bot.classify.encoder import empty_encoder
from bot.classify.scores import SENTIMENTS

READ = 128


def main(arguments: list[str]) -> int:
    """Copy what is needed, add what is not there, and name every hash."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path, help="folder of the pinned base weights")
    parser.add_argument("out", type=Path, help="gets the folder; must not be there")
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(asked.base / name, asked.out / name)
    weights = load_file(asked.base / manifest.WEIGHTS)
    used = empty_encoder(asked.out).state_dict()
    save_file({name: weights[name] for name in used}, asked.out / manifest.WEIGHTS)
    width = next(iter(used.values())).shape[-1]
    head = {"weight": torch.zeros(len(SENTIMENTS), width)}
    head["bias"] = torch.zeros(len(SENTIMENTS))
    named = {f"sentiment.{name}": values for name, values in head.items()}
    save_file(named, asked.out / manifest.HEADS)
    whole = manifest.Manifest(
        name="base-encoder",
        version="0",
        pooling="mean",
        max_length=READ,
        cleaning=clean.VERSION,
        heads={"sentiment": manifest.Head(labels=SENTIMENTS)},
        files={name: manifest.sha256(asked.out / name) for name in manifest.REQUIRED},
    )
    manifest.write(asked.out, whole)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``bot classify``: lines in, tags out, in the same order."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, TextIO

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import Config, opened
from bot.connectors._replay_rows import from_bot
from bot.domain.mentions import EARLIEST, MAX_TEXT, Mention, MentionId, StoredMention
from bot.domain.tags import Influence, Tags
from bot.errors import Missing
from bot.services.tag import others

BATCH = 128
NAME = "classify"
TOLD = ("author", "channel", "engagement", "kind", "published_at")
"""What a line may say of its author and its text, as a replayed file says it."""

UNTOLD = {"id": NAME, "text": NAME, "published_at": EARLIEST.isoformat()}
"""What stands in for what a line leaves out; no real text is of the first day."""

FOUND_ERRORS = 1
"""Exit code where a line could not be read; every other line has its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the input: its text or why it has none, and who wrote it."""

    text: str = ""
    error: str = ""
    told: Mention | None = None


def classify(
    file: Annotated[
        str, typer.Argument(help="A file of lines or of JSONL; - is standard input.")
    ] = "-",
    *,
    brand: Annotated[
        str, typer.Option(help="As if said of it; relevance is told for a brand.")
    ] = "classify",
    config: Config = None,
) -> None:
    """Tag lines of text, or JSON objects with a "text"; print one object for each."""
    failed = False
    with opened(config) as bot, _input(file) as stream:
        lines = _lines(stream)
        while batch := list(islice(lines, BATCH)):
            for answer in _answers(bot, batch, brand):
                output.as_json(answer, indent=None)
                failed = failed or "error" in answer
    if failed:
        raise typer.Exit(FOUND_ERRORS)


@contextmanager
def _input(file: str) -> Iterator[TextIO]:
    """Open the input; bytes that are not UTF-8 become U+FFFD, never an exception."""
    if file == "-":
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")  # type: ignore[union-attr]
        yield sys.stdin
        return
    try:
        # Not around the reading: an answer's reader may go away in there as well.
        stream = Path(file).open(  # noqa: SIM115
            encoding="utf-8-sig", errors="replace", newline="\n"
        )
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise Missing(message) from error
    with stream:
        yield stream


def _lines(stream: Iterable[str]) -> Iterator[Line]:
    """Give each line's text.

    A JSON object with a "text" is read as such wherever it stands. Where the first line
    that holds anything is an object, every line has to be one.
    """
    is_jsonl: bool | None = None
    for written in stream:
        stripped = written.rstrip("\r\n")
        found = _object(stripped)
        if is_jsonl is None and stripped.strip():
            is_jsonl = found is not None
        if is_jsonl or (found is not None and isinstance(found.get("text"), str)):
            yield _from_json(stripped)
        else:
            yield _bounded(stripped)


def _object(written: str) -> dict[str, object] | None:
    if not written.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _from_json(written: str) -> Line:
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return Line(error="this line is not JSON")
    text = found.get("text") if isinstance(found, dict) else None
    if not isinstance(text, str):
        return Line(error='this line has no "text"')
    line = _bounded(text)
    if line.error or not isinstance(found.get("author"), dict):
        return line
    told = {key: found[key] for key in TOLD if found.get(key) is not None}
    try:
        mention = from_bot({**UNTOLD, **told}, channel=NAME, brand=NAME)
    except ValueError as error:
        return Line(error=str(error))
    return replace(line, told=mention)


def _bounded(text: str) -> Line:
    if len(text) > MAX_TEXT:
        return Line(error=f"{len(text)} characters; {MAX_TEXT} at most")
    return Line(text=text)


def _answers(bot: App, lines: list[Line], brand: str) -> Iterator[dict[str, object]]:
    readable = [line for line in lines if not line.error]
    now = bot.clock.now()
    stored = [_as_mention(line, at, now, brand) for at, line in enumerate(readable)]
    tags = iter(bot.classifier.tag(stored) if stored else [])
    for line in lines:
        if line.error:
            yield {"text": None, "error": line.error}
        else:
            yield answer(line.text, next(tags), is_signed=line.told is not None)


def _as_mention(line: Line, position: int, now: datetime, brand: str) -> StoredMention:
    told = line.told or Mention(
        channel=NAME,
        external_id=NAME,
        brand=brand,
        text=line.text,
        published_at=EARLIEST,
        conversation=NAME,
    )
    published_at = now if told.published_at == EARLIEST else told.published_at
    return StoredMention(
        id=MentionId(position),
        source=NAME,
        ingested_at=now,
        mention=replace(told, brand=brand, text=line.text, published_at=published_at),
    )


def topic(tags: Tags) -> dict[str, object] | None:
    """Return the topic for programs; ``None`` where it is none of the taught."""
    found = tags.topic
    if found is None:
        return None
    return {
        "name": found.name,
        "score": round(found.score, 4),
        "is_sure": found.is_sure,
    }


def answer(text: str, tags: Tags, *, is_signed: bool = False) -> dict[str, object]:
    """Return the tags of one text as the command prints them.

    ``is_signed``: it came with its author, so that their influence is worth a word.
    """
    return {
        "text": text,
        "sentiment": {
            "label": tags.sentiment.value,
            "scores": {
                name: round(score, 4) for name, score in tags.sentiment_scores.items()
            },
        },
        "complaint": {
            "label": tags.complaint,
            "score": tags.complaint_score and round(tags.complaint_score, 4),
        },
        "language": tags.language,
        "language_score": round(tags.language_score, 4),
        "signals": [
            {
                "kind": signal.kind.value,
                "sign": signal.tells and signal.tells.value,
                "score": signal.score,
                "words": list(signal.words),
            }
            for signal in tags.signals
        ],
        "influence": _influence(tags.influence) if is_signed else None,
        "doubts": [doubt.value for doubt in tags.doubts],
        "topic": topic(tags),
        "relevance": tags.relevance and asdict(tags.relevance),
        "others": others(tags),
        "model": tags.model,
    }


def _influence(found: Influence) -> dict[str, object]:
    return {
        "score": found.score,
        "low": found.low,
        "high": found.high,
        "band": found.band.value,
        "influencer": found.is_influencer,
        "looks_automated": found.looks_automated,
        "reasons": [
            {"reason": one.reason, "points": one.points} for one in found.reasons
        ],
        "unknown": list(found.unknown),
    }

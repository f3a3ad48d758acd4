"""Whether a machine may be answering us: then nothing unasked answers it back.

Two machines that thank each other never end. What is seen is told as a guess and costs
nobody their answer: a person gives it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from itertools import pairwise

from bot.domain.mentions import Mention
from bot.domain.packs import FloodLimit

AT_ONCE = timedelta(seconds=10)
"""Nobody reads a public reply and answers it in less; it may happen once."""

TIMES = 2
"""How often somebody must have been so quick."""

BEATS = 5
"""Texts of which the pauses between must be alike for a rhythm."""

WAVER = 0.02
"""By how much of their middle such pauses may differ."""

SHORTEST_BEAT = timedelta(seconds=30)
"""Below it a platform's full seconds look regular."""

ALIKE = 0.9
TOO_SHORT = 12
"""Letters: everybody writes "thank you" twice."""

_NAMES = re.compile(r"(?<!\S)(?:@\S+|https?://\S+)")

_AUTOMATIC = re.compile(
    r"""
    \bout[ ]of[ ](?:the[ ])?office\b | \bauto(?:matic|mated|-)?[ -]?(?:reply|response)\b
  | \b(?:this|our)[ ](?:mailbox|inbox|account)[ ]is[ ](?:not|un)[ -]?(?:monitored|read)
  | \bdo[ ]not[ ]reply[ ]to[ ]this\b | \bi[ ]am[ ](?:currently[ ])?away[ ]until\b
  | \bon[ ](?:annual|parental|maternity)[ ]leave[ ]until\b
  | \bautomatische[ ](?:antwort|nachricht)\b | \babwesenheits(?:notiz|nachricht)\b
  | \bnicht[ ]im[ ](?:büro|haus)\b | \bnicht[ ]auf[ ]diese[ ]nachricht[ ]antworten\b
  | \bdieses[ ](?:postfach|konto)[ ]wird[ ]nicht[ ](?:gelesen|überwacht)\b
  | \br[ée]ponse[ ]automatique\b | \babsente?[ ](?:du[ ]bureau|jusqu)
  | \bne[ ]pas[ ]r[ée]pondre[ ]à[ ]ce\b | \bn['’]est[ ]pas[ ]surveillée?\b
  | \brespuesta[ ]autom[áa]tica\b | \bfuera[ ]de[ ]la[ ]oficina\b
  | \bno[ ]responda[ ]a[ ]este\b | \bbuz[óo]n[ ]no[ ]se[ ](?:lee|supervisa)\b
  | 自动回复 | स्वचालित[ ](?:उत्तर|जवाब) | رد[ ](?:آلي|تلقائي) | trả[ ]lời[ ]tự[ ]động
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One text of ours to somebody: when it went out, and as the answer to what."""

    text: str
    at: datetime
    answers: str
    is_unasked: bool
    is_to_author: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What was said between us and an author lately, oldest first.

    ``ours`` holds what we said to others too, where it is the very same text as the
    author's. ``looks_automated`` is what the tags say of the account, ``shares_name``:
    it is called like one of our own accounts elsewhere.
    """

    mention: Mention
    theirs: Sequence[Mention] = ()
    ours: Sequence[Word] = ()
    looks_automated: bool = False
    shares_name: bool = False


def why_a_person(exchange: Exchange, limit: FloodLimit) -> tuple[str, ...]:
    """Say by what signs only a person should answer; nothing where there are none.

    An automatic answer and our own words coming back are enough at once, all else only
    after the first exchange: nobody is left without an acknowledgement for their looks.
    """
    return (*_at_once(exchange), *_after_the_first(exchange, limit))


def _at_once(exchange: Exchange) -> Iterator[str]:
    text = exchange.mention.text
    if exchange.shares_name:
        yield "it is called like an account of ours elsewhere"
    if _AUTOMATIC.search(unicodedata.normalize("NFKC", text)):
        yield "it reads like an automatic answer"
    if any(are_alike(text, one.text) for one in exchange.ours):
        yield "it says our own words"


def _after_the_first(exchange: Exchange, limit: FloodLimit) -> Iterator[str]:
    mention = exchange.mention
    told = [one for one in exchange.ours if one.is_to_author]
    if not told:
        return
    others = [one for one in exchange.theirs if one.external_id != mention.external_id]
    if mention.author is not None and mention.author.is_declared_bot:
        yield "it says that it is a machine"
    elif exchange.looks_automated:
        yield "the account looks automated"
    if any(are_alike(mention.text, one.text) for one in others):
        yield "it writes nearly the same again"
    quick = sum(_was_quick(one, exchange.theirs) for one in told)
    if quick >= TIMES:
        yield f"it answered us within {AT_ONCE.seconds} seconds {quick} times"
    if is_regular([one.published_at for one in exchange.theirs]):
        yield "it writes at regular intervals"
    yield from _too_long(mention, told, limit)


def _too_long(
    mention: Mention, told: Sequence[Word], limit: FloodLimit
) -> Iterator[str]:
    """Count the texts that were answered unasked since a person spoke last."""
    spoken = [one.at for one in told if not one.is_unasked]
    since = max(spoken, default=None)
    answered = {
        one.answers
        for one in told
        if one.is_unasked and (since is None or one.at > since)
    }
    if len(answered - {mention.external_id}) >= limit.replies:
        yield f"{limit.replies} of its texts were answered without a person"


def _was_quick(word: Word, theirs: Sequence[Mention]) -> bool:
    """Whether a word of ours was answered at once."""
    return any(timedelta(0) <= one.published_at - word.at <= AT_ONCE for one in theirs)


def are_alike(one: str, other: str) -> bool:
    """Whether two texts say nearly the same, names and links apart."""
    left, right = _bare(one), _bare(other)
    if min(len(left), len(right)) < TOO_SHORT:
        return False
    if left == right:
        return True
    found = SequenceMatcher(None, left, right, autojunk=False)
    return found.quick_ratio() >= ALIKE and found.ratio() >= ALIKE


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _NAMES.sub(" ", text[:2_000])).casefold()
    return " ".join(plain.split())


def is_regular(times: Sequence[datetime]) -> bool:
    """Whether texts come as from a clock."""
    pauses = sorted(later - earlier for earlier, later in pairwise(sorted(times)))
    if len(pauses) < BEATS - 1:
        return False
    middle = pauses[len(pauses) // 2]
    return middle >= SHORTEST_BEAT and all(
        abs(one - middle) <= middle * WAVER for one in pauses
    )

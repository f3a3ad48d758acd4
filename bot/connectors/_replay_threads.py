"""Who answered whom in a file of two-sided support threads.

Such a file lists a reply before or after the text that it answers, as it comes. So
its ids are read once before its texts are: a conversation must not depend on where a
page begins. At most ``MOST`` links are held; beyond them a thread is named after the
text that its reply answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.connectors._lines import Record
from bot.connectors._replay_rows import (
    Fields,
    handles,
    identifier,
    instant,
    optional_id,
    text_of,
)
from bot.domain.mentions import Author, ChannelControl, Mention, MentionKind

MOST = 500_000


class Threads:
    """Roots of conversations, and the brand that speaks in each."""

    def __init__(self, records: Iterable[Record]) -> None:
        """Read the ids of a whole file; records that make no sense are passed over."""
        self._parents: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._spelt: dict[str, str] = {}
        self._brands: dict[str, str] = {}
        said: list[tuple[str, str]] = []
        for record in records:
            if record.fields is not None:
                self._note(record.fields, said)
        for external_id, brand in said:
            self._brands.setdefault(self.root(external_id), brand)

    def _note(self, raw: Fields, said: list[tuple[str, str]]) -> None:
        try:
            external_id = identifier(raw.get("tweet_id"), "tweet_id")
            parent = optional_id(raw.get("in_response_to_tweet_id"), "parent")
        except ValueError:
            return
        if parent is not None and len(self._parents) < MOST:
            self._parents.setdefault(external_id, parent)
        author = str(raw.get("author_id") or "")
        if not is_inbound(raw) and author and len(said) < MOST:
            self._names.setdefault(author.casefold(), author)
            said.append((external_id, author))
        for handle in handles(str(raw.get("text") or "")):
            if not handle.isdigit() and len(self._spelt) < MOST:
                self._spelt.setdefault(handle.casefold(), handle)

    def root(self, external_id: str) -> str:
        """Return the id of the thread's first text that is known of."""
        seen = {external_id}
        while (parent := self._parents.get(external_id)) is not None:
            if parent in seen:
                return min(seen)
            seen.add(parent)
            external_id = parent
        return external_id

    def brand(self, conversation: str, text: str) -> str:
        """Name the brand meant, or nothing.

        An account that is tagged and answers somewhere in the file comes first, then
        the one that answers in the thread, then any account that is tagged by name.
        """
        tagged = [tag.casefold() for tag in handles(text) if not tag.isdigit()]
        known = [self._names[tag] for tag in tagged if tag in self._names]
        if known:
            return known[0]
        if conversation in self._brands:
            return self._brands[conversation]
        return self._spelt.get(tagged[0], tagged[0]) if tagged else ""


def is_inbound(raw: Mapping[str, object]) -> bool:
    """Whether a customer wrote it; anything but a clear no counts as a yes."""
    return str(raw.get("inbound") or "").strip().casefold() not in {"false", "0"}


def from_twcs(raw: Fields, threads: Threads, *, channel: str, brand: str) -> Mention:
    """Read one customer's text of a two-sided thread (people's ids are numbers)."""
    external_id = identifier(raw.get("tweet_id"), "tweet_id")
    parent = optional_id(raw.get("in_response_to_tweet_id"), "in_response_to_tweet_id")
    author = optional_id(raw.get("author_id"), "author_id")
    text = text_of(raw)
    conversation = threads.root(external_id)
    return Mention(
        channel=channel,
        external_id=external_id,
        brand=_as_set(threads.brand(conversation, text), brand),
        text=text,
        published_at=instant(raw.get("created_at"), "created_at"),
        conversation=conversation,
        kind=MentionKind.REPLY if parent else MentionKind.POST,
        author=Author(external_id=author, handle=author) if author else None,
        in_reply_to=parent,
        control=ChannelControl.MENTION,
        is_addressed=text.startswith(("@", ".@")) or bool(handles(text)),
    )


def _as_set(found: str, brand: str) -> str:
    """Spell the brand as the settings do."""
    return brand if found.casefold() in {"", brand.casefold()} else found

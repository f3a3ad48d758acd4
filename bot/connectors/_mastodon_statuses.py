"""What a server's statuses say: one status into a mention, without the server.

Mastodon, GoToSocial, Pleroma and Akkoma leave out different fields, so only the id, the
instant and the content must be there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.connectors._again import KEPT, Context, named_in
from bot.connectors._edge import control_of, parse_instant, translated
from bot.connectors._html import text_of
from bot.connectors._mastodon_errors import NAME, NONSENSE
from bot.connectors._texts import comparable, storable
from bot.domain.channels import Quarantined
from bot.domain.mentions import Author, Engagement, Mention, MentionKind
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import BadPayload

Json: TypeAlias = Mapping[str, Any]

WIDEST_FIRST = ("public", "unlisted", "private", "direct")
PUBLIC = {"public", "unlisted"}
NO_LANGUAGE = {"und", "zxx", "mul", "mis"}
MOST = 1 << 62  # beyond any count, within a database's integers

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Whose eyes read a status, and what is known of threads.

    ``roots`` give a status' first in its thread, ``ours`` the threads that we began.
    """

    brand: str
    account_id: str
    roots: Mapping[str, str] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()

    def of(self, payload: str) -> Context:
        """Give of all this what a status' own reading needs."""
        roots = {one: self.roots[one] for one in named_in(payload, self.roots)}
        threads = {*roots.values(), *named_in(payload, self.ours)}
        return {
            "account_id": self.account_id,
            "roots": roots,
            "ours": sorted(threads & self.ours),
        }


def read_items(
    items: Sequence[Any], view: View
) -> tuple[list[Mention], list[Quarantined]]:
    """Translate a page, oldest first; ours are left out, nonsense is put aside."""
    mentions: dict[str, Mention] = {}
    bad: list[Quarantined] = []
    # Within an instant the server's own order counts, which is newest first.
    for item in reversed(items):
        if author_of(item) == view.account_id:
            continue
        try:
            mention = to_mention(item, view)
        except BadPayload as error:
            bad.append(_aside(item, error.detail, view))
        else:
            mentions.setdefault(mention.external_id, mention)
    return sorted(mentions.values(), key=lambda one: one.published_at), bad


def to_mention(item: Json, view: View) -> Mention:
    """Translate a status, or a notification of one that mentions us.

    Raises ``BadPayload`` for whatever makes no sense.
    """
    with translated(NAME, NONSENSE):
        if "type" not in item or "content" in item:
            return _mention(item, view, is_notified=False)
        if item["type"] != "mention":
            raise ValueError("a notification that mentions nobody")
        if item.get("status") is None:
            raise ValueError("a notification whose status is gone")
        return _mention(item["status"], view, is_notified=True)


def status_in(item: object) -> Json:
    """Give the status of an item, which is one or holds one; empty for nonsense."""
    if not isinstance(item, dict):
        return {}
    inner = item.get("status")
    return inner if isinstance(inner, dict) else item


def author_of(item: object) -> str:
    """Say whose status it is, empty where that is not told."""
    account = status_in(item).get("account")
    told = account.get("id") if isinstance(account, dict) else None
    return told if isinstance(told, str) else ""


def is_id(value: object) -> bool:
    """Whether it may be an id: digits, a ULID, a flake; nothing else of an address."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def an_id(value: object) -> str:
    """Take an id; raise ``ValueError`` for anything else."""
    if not isinstance(value, str) or not is_id(value):
        raise ValueError("an id is a short string of letters and digits")
    return value


def receipt_of(status: Json) -> Receipt:
    """Take a status of our own as the proof that it stands there."""
    born = None
    # Its id is proof enough.
    with suppress(KeyError, TypeError, ValueError, OverflowError):
        born = parse_instant(status["created_at"])
    return Receipt(
        external_id=an_id(status["id"]), url=_address(status) or "", published_at=born
    )


def is_reply(status: Json, reply: OutboundReply) -> bool:
    """Whether it is that reply of ours: under the same status, in the same words."""
    answered = status.get("in_reply_to_id")
    return answered == reply.in_reply_to and says(status, reply.text)


def is_message(status: Json, reply: OutboundReply) -> bool:
    """Whether it is that private text of ours: to that author, in the same words.

    House templates say the same to many people.
    """
    is_below = status.get("in_reply_to_id") == reply.in_reply_to
    is_theirs = is_below or (bool(reply.author) and _tags(status, reply.author))
    return (
        is_theirs and status.get("visibility") == "direct" and says(status, reply.text)
    )


def says(status: Json, text: str) -> bool:
    """Whether it has these words, whoever they are addressed to."""
    return _bare(text_of(_clean(status.get("content")))) == _bare(text)


def narrower(one: object, other: str) -> str:
    """Return which of two visibilities fewer people see; strange ones count as last."""
    if one not in WIDEST_FIRST:
        return WIDEST_FIRST[-1]
    return max(str(one), other, key=WIDEST_FIRST.index)


def addressed(text: str, handle: str) -> str:
    """Put the handle of whom we answer before a text, unless it has it already."""
    tag = f"@{handle}"
    if re.search(rf"(?<![\w@]){re.escape(tag)}(?![\w@])", text, re.IGNORECASE):
        return text
    return f"{tag} {text}"


def _mention(status: Json, view: View, *, is_notified: bool) -> Mention:
    external_id = an_id(status["id"])
    replied_to = _known_id(status.get("in_reply_to_id"))
    boosted = status.get("reblog")
    # A boost has the words of somebody else: they answer and tag nobody again.
    origin = an_id(boosted["id"]) if boosted else None
    conversation = _conversation(external_id, replied_to, view)
    answers_us = status.get("in_reply_to_account_id") == view.account_id
    tags_us = not origin and (is_notified or _tags(status, view.account_id))
    shown = boosted or status
    visibility = status.get("visibility")
    edited = shown.get("edited_at")
    return Mention(
        channel=NAME,
        external_id=external_id,
        brand=view.brand,
        text=_text(shown),
        published_at=parse_instant(status["created_at"]),
        conversation=conversation,
        kind=_kind(status, replied_to),
        author=_author(status.get("account")),
        in_reply_to=replied_to,
        # A reply that quotes is somebody's own words to us, not an amplification.
        amplifies=origin or (None if replied_to else _quoted(status)),
        language_hint=_language(shown),
        url=_address(status),
        edited_at=parse_instant(edited) if edited else None,
        control=control_of(
            is_ours=answers_us or (not origin and conversation in view.ours),
            is_tagged=tags_us,
        ),
        # In a reply to somebody else a quote of ours is spoken about, not to.
        is_addressed=answers_us
        or tags_us
        or (replied_to is None and _quotes(status, view.account_id)),
        is_public=isinstance(visibility, str) and visibility in PUBLIC,
        engagement=Engagement() if origin else _engagement(status),
    )


def _conversation(external_id: str, replied_to: str | None, view: View) -> str:
    parent = replied_to or external_id
    return view.roots.get(external_id) or view.roots.get(parent) or parent


def _kind(status: Json, replied_to: str | None) -> MentionKind:
    if status.get("visibility") == "direct":
        return MentionKind.MESSAGE
    if status.get("reblog"):
        return MentionKind.REPOST
    if replied_to:
        return MentionKind.REPLY
    return MentionKind.QUOTE if _quoted(status) else MentionKind.POST


def _known_id(value: object) -> str | None:
    return None if value is None else an_id(value)


def _tags(status: Json, account_id: str) -> bool:
    tags = status.get("mentions") or ()
    return any(tag.get("id") == account_id for tag in tags)


def _quote(status: Json) -> Json:
    """Give the quoted status: since Mastodon 4.4 inside a state, elsewhere itself."""
    quote = status.get("quote")
    if not isinstance(quote, dict):
        return {}
    inner = quote.get("quoted_status", quote)
    return inner if isinstance(inner, dict) else {}


def _quoted(status: Json) -> str | None:
    quote = status.get("quote")
    shallow = quote.get("quoted_status_id") if isinstance(quote, dict) else None
    told = _quote(status).get("id") or shallow or status.get("quote_id")
    return an_id(told) if told else None


def _quotes(status: Json, account_id: str) -> bool:
    account = _quote(status).get("account")
    return isinstance(account, dict) and account.get("id") == account_id


def _author(account: object) -> Author | None:
    if account is None:
        return None
    if not isinstance(account, dict):
        raise TypeError("an account is no object")
    if account.get("suspended") is True:
        return None
    born = account.get("created_at")
    return Author(
        external_id=an_id(account["id"]),
        handle=_clean(account.get("acct") or account.get("username")),
        name=_clean(account.get("display_name")),
        bio=text_of(_clean(account.get("note"))),
        followers=_followers(account),
        following=_count(account.get("following_count")),
        posts=_count(account.get("statuses_count")),
        is_declared_bot=account.get("bot") is True,
        created_at=parse_instant(born) if born else None,
    )


def _followers(account: Json) -> int | None:
    """Give the count, unless the account hides it: servers show such a one as none."""
    pleroma = account.get("pleroma")
    hides = account.get("hide_collections") is True or (
        isinstance(pleroma, dict) and pleroma.get("hide_followers_count") is True
    )
    count = _count(account.get("followers_count"))
    return None if hides and not count else count


def _engagement(status: Json) -> Engagement:
    return Engagement(
        likes=_count(status.get("favourites_count")) or 0,
        reposts=_count(status.get("reblogs_count")) or 0,
        replies=_count(status.get("replies_count")) or 0,
        quotes=_count(status.get("quotes_count")) or 0,
    )


def _count(value: object) -> int | None:
    """Take a count; servers write -1 where they do not tell."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < MOST else None


def _language(status: Json) -> str | None:
    hint = status.get("language")
    if not isinstance(hint, str) or not hint or hint in NO_LANGUAGE:
        return None
    return storable(hint)


def _text(status: Json) -> str:
    warning = _clean(status.get("spoiler_text")).strip()
    words = storable(text_of(_clean(status["content"])))
    return f"{warning}\n\n{words}".strip() if warning else words


def _address(status: Json) -> str | None:
    for key in ("url", "uri"):
        told = status.get(key)
        if isinstance(told, str) and told.startswith(("https://", "http://")):
            return storable(told)
    return None


def _clean(text: object) -> str:
    """Take a text that may be missing, without what no database takes."""
    if text is None:
        return ""
    if not isinstance(text, str):
        raise TypeError("a text was expected")
    return storable(text)


def _bare(text: str) -> str:
    """What servers leave of a text: they cut hosts off handles and rewrite links."""
    words = re.sub(r"https?://\S+", " ", comparable(text))
    words = re.sub(r"(?<![\w/])(@\w[\w.-]*)@[\w.-]+\w", r"\1", words)
    return " ".join(re.sub(r"^(\s*@\w[\w.-]*)+", " ", words).split())


def _aside(item: object, reason: str, view: View) -> Quarantined:
    told = status_in(item).get("id")
    payload = json.dumps(item)
    return Quarantined(
        where=f"{NAME}:{told if is_id(told) else 'without an id'}",
        reason=reason,
        payload=payload[:KEPT],
        context=json.dumps(view.of(payload)),
    )

"""What Bluesky's posts say: one post view into a mention, without Bluesky."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.connectors._again import KEPT, Context, named_in
from bot.connectors._bluesky_answers import (
    MENTION,
    NAME,
    NONSENSE,
    POST,
    Json,
    a_did,
    an_object,
    count,
    is_did,
    is_post,
    parts_of,
    url_of,
)
from bot.connectors._edge import control_of, parse_instant, translated
from bot.connectors._texts import storable
from bot.domain.channels import Quarantined
from bot.domain.mentions import EARLIEST, Author, Engagement, Mention, MentionKind
from bot.errors import BadPayload

QUOTES = ("app.bsky.embed.record", "app.bsky.embed.recordWithMedia")
NOT_FOR_STRANGERS = "!no-unauthenticated"
BOT = "bot"

_LANGUAGE = re.compile(r"([a-zA-Z]{2,3})(-[a-zA-Z0-9-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Whose eyes read a post, and what is known of the people who write."""

    brand: str
    did: str
    profiles: Mapping[str, Json] = field(default_factory=dict)

    def of(self, payload: str) -> Context:
        """Give of all this what a post's own reading needs."""
        known = named_in(payload, self.profiles)
        profiles = {one: self.profiles[one] for one in known}
        return {"did": self.did, "profiles": profiles}


def read_posts(
    posts: Iterable[Any], view: View
) -> tuple[list[Mention], list[Quarantined]]:
    """Translate post views, oldest first; ours are left out, nonsense is put aside."""
    mentions: dict[str, Mention] = {}
    bad: list[Quarantined] = []
    for post in posts:
        if author_of(post) == view.did:
            continue
        try:
            mention = to_mention(post, view)
        except BadPayload as error:
            bad.append(_aside(post, error.detail, view))
        else:
            mentions.setdefault(mention.external_id, mention)
    return sorted(
        mentions.values(), key=lambda one: (one.published_at, one.external_id)
    ), bad


def author_of(post: object) -> str:
    """Name the account that wrote it, empty where that makes no sense."""
    with suppress(*NONSENSE):
        return a_did(an_object(an_object(post)["author"])["did"])
    return ""


def _aside(post: object, reason: str, view: View) -> Quarantined:
    """Keep it whole, with the reason and what was known of its author."""
    uri = post.get("uri") if isinstance(post, dict) else None
    payload = json.dumps(post, default=str)
    return Quarantined(
        where=uri if isinstance(uri, str) and is_post(uri) else f"{NAME}:without an id",
        reason=reason,
        payload=payload[:KEPT],
        context=json.dumps(view.of(payload)),
    )


def to_mention(post: Json, view: View) -> Mention:
    """Translate one post view; raise ``BadPayload`` for whatever makes no sense.

    It is published when Bluesky had it (``indexedAt``): before that nobody could read
    it, and ``createdAt`` is the author's own claim, which may be years off.
    """
    with translated(NAME, NONSENSE):
        return _mention(an_object(post), view)


def _mention(post: Json, view: View) -> Mention:
    uri, record = post["uri"], an_object(post["record"])
    repo, collection, _key = parts_of(uri)
    if collection != POST or record.get("$type", POST) != POST:
        raise ValueError("it is no post")
    author, reply = an_object(post["author"]), record.get("reply")
    if a_did(author["did"]) != a_did(repo):
        raise ValueError("it stands in somebody else's repository")
    parent = _ref(reply, "parent") if reply else None
    root = _ref(reply, "root") if reply else uri
    quoted = _quoted(record.get("embed"))
    answers_us = parent is not None and parts_of(parent)[0] == view.did
    tags_us = view.did in _tagged(record)
    quotes_us = quoted is not None and parts_of(quoted)[0] == view.did
    return Mention(
        channel=NAME,
        external_id=uri,
        brand=view.brand,
        text=storable(record["text"]),
        published_at=parse_instant(post["indexedAt"]),
        conversation=root,
        kind=_kind(parent, quoted),
        author=_author({**author, **view.profiles.get(repo, {})}),
        in_reply_to=parent,
        # A reply that quotes is somebody's own words to us, not an amplification.
        amplifies=None if parent else quoted,
        language_hint=_language(record.get("langs")),
        url=url_of(uri),
        control=control_of(
            is_ours=answers_us or parts_of(root)[0] == view.did, is_tagged=tags_us
        ),
        # In a reply to somebody else a quote of ours is spoken about, not to.
        is_addressed=answers_us or tags_us or (quotes_us and parent is None),
        is_public=NOT_FOR_STRANGERS not in set(_labels(author, by=None)),
        engagement=_engagement(post),
    )


def is_declared_bot(profile: Json) -> bool:
    """Whether an account says of itself that it is a machine."""
    return BOT in _labels(profile, by=profile.get("did"))


def _kind(parent: str | None, quoted: str | None) -> MentionKind:
    if parent:
        return MentionKind.REPLY
    return MentionKind.QUOTE if quoted else MentionKind.POST


def _ref(reply: object, name: str) -> str:
    uri: str = an_object(an_object(reply)[name])["uri"]
    parts_of(uri)
    return uri


def _quoted(embed: object) -> str | None:
    """Give the post that is quoted; feeds, lists and the like are no posts."""
    if not isinstance(embed, dict) or embed.get("$type") not in QUOTES:
        return None
    record = an_object(embed["record"])
    record = an_object(record["record"]) if "record" in record else record
    uri: str = record["uri"]
    return uri if is_post(uri) else None


def _tagged(record: Json) -> Iterator[str]:
    for facet in record.get("facets") or ():
        for feature in facet.get("features") or ():
            if feature.get("$type") == MENTION and is_did(feature.get("did")):
                yield feature["did"]


def _labels(account: Json, *, by: str | None) -> Iterator[str]:
    """Give the labels in force, of that account's own making or of anybody's."""
    for label in account.get("labels") or ():
        if not label.get("neg") and by in {None, label.get("src")}:
            yield str(label.get("val"))


def _author(profile: Json) -> Author:
    verification = profile.get("verification") or {}
    return Author(
        external_id=profile["did"],
        handle=storable(profile["handle"]),
        name=storable(profile.get("displayName") or ""),
        bio=storable(profile.get("description") or ""),
        followers=count(profile.get("followersCount")),
        following=count(profile.get("followsCount")),
        posts=count(profile.get("postsCount")),
        is_verified=verification.get("verifiedStatus") == "valid",
        is_declared_bot=is_declared_bot(profile),
        created_at=_claimed(profile.get("createdAt")),
    )


def _claimed(told: object) -> datetime | None:
    """Take an instant that somebody claims, if it can be one."""
    with suppress(ValueError, OverflowError):
        instant = parse_instant(told) if isinstance(told, str) else None
        return instant if instant and instant >= EARLIEST else None
    return None


def _engagement(post: Json) -> Engagement:
    return Engagement(
        likes=count(post.get("likeCount")) or 0,
        reposts=count(post.get("repostCount")) or 0,
        replies=count(post.get("replyCount")) or 0,
        quotes=count(post.get("quoteCount")) or 0,
    )


def _language(langs: object) -> str | None:
    first = langs[0] if isinstance(langs, list) and langs else None
    found = _LANGUAGE.fullmatch(first) if isinstance(first, str) else None
    return found[1].lower() if found else None

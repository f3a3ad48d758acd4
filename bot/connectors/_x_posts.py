"""What X's posts say: one post into a mention, without X.

X answers in two generations of names ("tweet" up to about API 2.147, "post" since);
both are read, and ``ASKED`` has the fields to ask for in either.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.connectors._again import Context, named_in
from bot.connectors._edge import control_of, parse_instant, translated
from bot.connectors._texts import comparable, storable
from bot.connectors._x_answers import (
    NAME,
    NONSENSE,
    Json,
    about,
    an_id,
    by_id,
    either,
    instant_of,
    is_gone,
    problems,
    quote,
)
from bot.domain.channels import Aside, Quarantined
from bot.domain.mentions import Author, Engagement, Mention, MentionKind
from bot.domain.replies import OutboundReply
from bot.errors import BadPayload

MOST = 1 << 62  # beyond any count, within a database's integers
NO_LANGUAGE = {"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"}
OLD_LANGUAGES = {"in": "id", "iw": "he"}
USER_FIELDS = "created_at,description,protected,public_metrics,verified,verified_type"
ASKED: Mapping[str, Mapping[str, str]] = {
    "tweet": {
        "tweet.fields": "author_id,conversation_id,created_at,entities,"
        "in_reply_to_user_id,lang,note_tweet,public_metrics,referenced_tweets",
        "expansions": "author_id,referenced_tweets.id,referenced_tweets.id.author_id",
        "user.fields": USER_FIELDS,
    },
    "post": {
        "post.fields": "conversation_id,created_at,entities,lang,note_post,"
        "public_metrics",
        "expansions": "author_id,edit_history_post_ids,in_reply_to_user_id,"
        "referenced_posts",
        "user.fields": USER_FIELDS,
    },
}
ASKED_OF_OURS: Mapping[str, Mapping[str, str]] = {
    "tweet": {"tweet.fields": "author_id"},
    # Here the author would come as a person beside the post, who may be billed too.
    "post": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Whose eyes read an answer, and what X sent beside its posts.

    ``ours`` are the conversations that a post of ours began.
    """

    brand: str
    account_id: str
    handle: str = ""
    ours: frozenset[str] = frozenset()
    users: Mapping[str, Json] = field(default_factory=dict)
    posts: Mapping[str, Json] = field(default_factory=dict)

    def beside(self, answer: Json) -> View:
        """Take the people and posts that an answer includes."""
        beside = answer.get("includes")
        beside = beside if isinstance(beside, dict) else {}
        posts = either(beside, "tweets", "posts")
        users = by_id(beside.get("users"))
        return replace(self, users=users, posts=by_id(posts))

    def of(self, payload: str) -> Context:
        """Give of all this what a post's own reading needs.

        Of others no words, unless it repeats theirs, and no profile: whatever is kept
        here outlives what they take back.
        """
        is_repost = '"retweeted"' in payload
        posts = {one: self.posts[one] for one in named_in(payload, self.posts)}
        return {
            "account_id": self.account_id,
            "ours": named_in(payload, self.ours),
            "users": {
                one: told
                for one, told in self.users.items()
                if f'"author_id": "{one}"' in payload
            },
            "posts": {
                one: told if is_repost else {"author_id": told.get("author_id")}
                for one, told in posts.items()
            },
        }

    def wrote(self, post_id: str | None) -> bool:
        """Whether a post that X sent beside the others is ours."""
        post = self.posts.get(post_id or "", {})
        return bool(post.get("author_id") == self.account_id)


def read_posts(
    posts: Iterable[Any], view: View
) -> tuple[list[Mention], list[Quarantined]]:
    """Translate a page, oldest first; ours are left out, nonsense is put aside."""
    mentions: dict[str, Mention] = {}
    bad: list[Quarantined] = []
    for post in posts:
        if isinstance(post, dict) and post.get("author_id") == view.account_id:
            continue
        try:
            mention = to_mention(post, view)
        except BadPayload as error:
            bad.append(_aside(post, error.detail, view))
        else:
            mentions.setdefault(mention.external_id, mention)
    return sorted(
        mentions.values(), key=lambda one: (one.published_at, int(one.external_id))
    ), bad


def unexplained(answer: Json) -> list[Quarantined]:
    """Put aside the partial errors that are not just somebody's deleted post."""
    puzzling = [one for one in problems(answer) if not is_gone(one)]
    return [_aside(one, f"X could not give all: {quote(one)}") for one in puzzling]


def to_mention(post: Json, view: View) -> Mention:
    """Translate one post; raise ``BadPayload`` for whatever makes no sense.

    An edit is a new post to X. The first id of the edit history is the mention's, so
    that an edit is no second mention, and its instant is when the words came out.
    """
    with translated(NAME, NONSENSE):
        return _mention(post, view)


def is_reply(post: Json, reply: OutboundReply) -> bool:
    """Whether it is that reply of ours: under the same post, in the same words."""
    answered = _refers(post).get("replied_to")
    return answered == reply.in_reply_to and _bare(_text(post)) == _bare(reply.text)


def first_id(post: Json) -> str:
    """Give the id of a post's first version."""
    history = either(post, "edit_history_tweet_ids", "edit_history_post_ids")
    return min((an_id(one) for one in history or [post["id"]]), key=int)


def conversation_of(post: Json) -> str:
    """Give the id of a conversation's first post."""
    return an_id(post.get("conversation_id") or first_id(post))


def url_of(handle: str, external_id: str) -> str:
    """Give the address at which people read a post."""
    return f"https://x.com/{handle or 'i/web'}/status/{external_id}"


def _mention(post: Json, view: View) -> Mention:
    external_id, refers = first_id(post), _refers(post)
    conversation, replied_to = conversation_of(post), refers.get("replied_to")
    origin = refers.get("retweeted")
    # A repost has the words of somebody else: they answer and tag nobody again.
    answers_us = not origin and _answers_us(post, replied_to, view)
    tags_us = not origin and _tags_us(post, view)
    account = view.users.get(post.get("author_id", ""), {})
    author = _author(account) if account else None
    told = _told_instant(post)
    is_edited = external_id != post["id"]
    return Mention(
        channel=NAME,
        external_id=external_id,
        brand=view.brand,
        text=_text(view.posts.get(origin, post) if origin else post),
        published_at=(instant_of(external_id) if is_edited else None) or told,
        conversation=conversation,
        kind=_kind(refers),
        author=author,
        in_reply_to=replied_to,
        # A reply that quotes is somebody's own words to us, not an amplification.
        amplifies=origin or (None if replied_to else refers.get("quoted")),
        language_hint=_language(post),
        url=url_of(author.handle if author else "", external_id),
        edited_at=told if is_edited else None,
        control=control_of(
            is_ours=answers_us or (not origin and conversation in view.ours),
            is_tagged=tags_us,
        ),
        is_addressed=answers_us or tags_us or view.wrote(refers.get("quoted")),
        is_public=not account.get("protected", False),
        engagement=Engagement() if origin else _engagement(post),
    )


def _kind(refers: Mapping[str, str]) -> MentionKind:
    if "retweeted" in refers:
        return MentionKind.REPOST
    if "replied_to" in refers:
        return MentionKind.REPLY
    return MentionKind.QUOTE if "quoted" in refers else MentionKind.POST


def _refers(post: Json) -> dict[str, str]:
    referred = either(post, "referenced_tweets", "referenced_posts") or ()
    return {str(one["type"]): an_id(one["id"]) for one in referred}


def _answers_us(post: Json, replied_to: str | None, view: View) -> bool:
    return post.get("in_reply_to_user_id") == view.account_id or view.wrote(replied_to)


def _tags_us(post: Json, view: View) -> bool:
    note = either(post, "note_tweet", "note_post") or {}
    found = [note.get("entities"), post.get("entities")]
    tags = [tag for one in found if one for tag in one.get("mentions") or ()]
    handle = view.handle.casefold()
    if any(
        tag.get("id") == view.account_id
        or (handle and str(tag.get("username", "")).casefold() == handle)
        for tag in tags
    ):
        return True
    # X leaves entities out where its parser failed; the text still tags us.
    in_text = rf"(?<!\w)@{re.escape(handle)}(?!\w)"
    return bool(handle) and bool(re.search(in_text, _text(post).casefold()))


def _author(user: Json) -> Author:
    counts = user.get("public_metrics") or {}
    born = user.get("created_at")
    return Author(
        external_id=an_id(user["id"]),
        handle=_clean(user.get("username") or ""),
        name=_clean(user.get("name") or ""),
        bio=_clean(user.get("description") or ""),
        followers=_count(counts.get("followers_count")),
        following=_count(counts.get("following_count")),
        posts=_count(either(counts, "tweet_count", "post_count")),
        is_verified=bool(user.get("verified"))
        or user.get("verified_type") not in {None, "", "none"},
        created_at=parse_instant(born) if born else None,
    )


def _engagement(post: Json) -> Engagement:
    counts = post.get("public_metrics") or {}
    return Engagement(
        likes=_count(counts.get("like_count")) or 0,
        reposts=_count(either(counts, "retweet_count", "repost_count")) or 0,
        replies=_count(counts.get("reply_count")) or 0,
        quotes=_count(counts.get("quote_count")) or 0,
        views=_count(counts.get("impression_count")),
    )


def _count(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a count is not a whole number")
    if not 0 <= value < MOST:
        raise ValueError("a count is out of all bounds")
    return value


def _language(post: Json) -> str | None:
    hint = post.get("lang")
    if not hint or hint in NO_LANGUAGE:
        return None
    return OLD_LANGUAGES.get(hint, _clean(hint))


def _text(post: Json) -> str:
    note = either(post, "note_tweet", "note_post")
    return _clean(note["text"] if note and note.get("text") else post["text"])


def _clean(text: str) -> str:
    """Undo X's HTML entities; drop what no database takes."""
    return storable(html.unescape(text).replace("\x00", ""))


def _bare(text: str) -> str:
    """What X leaves of a text: it adds leading handles and shortens every link."""
    without_links = re.sub(r"https?://\S+", " ", comparable(text))
    return " ".join(re.sub(r"^(\s*@\w+)+", " ", without_links).split())


def _told_instant(post: Json) -> datetime:
    told = post.get("created_at")
    instant = parse_instant(told) if told else instant_of(an_id(post["id"]))
    if instant is None:
        raise ValueError("neither created_at nor the id says when it was written")
    return instant


def _aside(raw: object, reason: str, view: View | None = None) -> Quarantined:
    """Keep a post with what stands beside it; a partial error is no post."""
    thing = about(raw) if isinstance(raw, dict) else ""
    payload = json.dumps(raw)
    return Quarantined(
        where=f"{NAME}:{thing or 'without an id'}",
        reason=reason,
        payload=payload,
        context=json.dumps(view.of(payload)) if view else "",
        kind=Aside.ITEM if view else Aside.NOTE,
    )

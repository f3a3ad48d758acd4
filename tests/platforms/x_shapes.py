"""What the small X shows: posts and people as JSON, in either generation's names."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.platforms.x_problems import Problems
from tests.platforms.x_state import Person, Post, XState

SHORT = 280


class Shapes:
    """Everything that an answer may hold, as far as it was asked for."""

    def __init__(self, state: XState, problems: Problems) -> None:
        self._state = state
        self._problems = problems
        self._names = state.names

    def word(self, for_what: str) -> str:
        return {
            "history": f"edit_history_{self._names}_ids",
            "refers": f"referenced_{self._names}s",
            "note": f"note_{self._names}",
            "beside": f"{self._names}s",
            "reposts": "retweet_count" if self._names == "tweet" else "repost_count",
        }[for_what]

    def shown(self, posts: list[Post], query: dict[str, str]) -> dict[str, Any]:
        fields = listed(query, f"{self._names}.fields")
        expansions = listed(query, "expansions")
        body: dict[str, Any] = {}
        if posts:
            body["data"] = [self._post_json(one, fields | expansions) for one in posts]
        beside, errors = self._beside(posts, fields | expansions, query)
        if beside:
            body["includes"] = beside
        if errors:
            body["errors"] = errors
        return body

    def _beside(
        self, posts: list[Post], wanted: set[str], query: dict[str, str]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        refers = (
            "referenced_tweets.id" if self._names == "tweet" else "referenced_posts"
        )
        linked: list[Post] = []
        errors: list[dict[str, Any]] = []
        if refers in wanted:
            asked = [ref["id"] for one in posts for ref in _refers(one)]
            for post_id in dict.fromkeys(asked):
                if found := self._state.post(post_id):
                    linked.append(found)
                else:
                    errors.append(self._problems.missing(self._names, refers, post_id))
        writers = [one.author_id for one in posts] if "author_id" in wanted else []
        if "referenced_tweets.id.author_id" in wanted:
            writers += [one.author_id for one in linked]
        people: list[dict[str, Any]] = []
        for user_id in dict.fromkeys(writers):
            person = self._state.person(user_id)
            if person is None or person.is_gone:
                errors.append(self._problems.missing("user", "author_id", user_id))
            else:
                people.append(self.person_json(person, listed(query, "user.fields")))
        beside: dict[str, Any] = {}
        if people:
            beside["users"] = people
        if linked:
            beside[self.word("beside")] = [
                self._post_json(one, wanted) for one in linked
            ]
        return beside, errors

    def _post_json(self, post: Post, wanted: set[str]) -> dict[str, Any]:
        is_long = len(post.text) > SHORT
        short = post.text[: SHORT - 1] + "…" if is_long else post.text
        parent = self._state.version(post.reply_to)
        counts = {"like_count": 0, "reply_count": 0, "quote_count": 0}
        counts |= {self.word("reposts"): 0, "bookmark_count": 0, "impression_count": 0}
        shape: dict[str, Any] = {
            "author_id": post.author_id,
            "conversation_id": post.conversation_id,
            "created_at": post.created_at,
            "lang": post.lang,
            "public_metrics": counts | post.counts,
        }
        if parent is not None:
            shape["in_reply_to_user_id"] = parent.author_id
        if refers := _refers(post):
            shape[self.word("refers")] = refers
        if mentions := self._tags(short):
            shape["entities"] = {"mentions": mentions}
        if is_long:
            shape[self.word("note")] = {"text": html.escape(post.text, quote=False)}
            if mentions := self._tags(post.text):
                shape[self.word("note")]["entities"] = {"mentions": mentions}
        asked = {one.split(".")[0] for one in wanted}
        return {
            "id": post.id,
            "text": html.escape(short, quote=False),
            self.word("history"): post.history,
            **{key: value for key, value in shape.items() if key in asked},
            **{key: one for key, one in post.extra.items() if key != "sent"},
        }

    def _tags(self, text: str) -> list[dict[str, Any]]:
        tags = []
        for found in re.finditer(r"@(\w{1,15})", text):
            person = self._state.by_name(found[1])
            known = {"id": person.id} if person else {}
            place = {"start": found.start(), "end": found.end()}
            tags.append({**place, "username": found[1], **known})
        return tags

    def person_json(self, person: Person, wanted: set[str]) -> dict[str, Any]:
        posts = "tweet_count" if self._names == "tweet" else "post_count"
        shape: dict[str, Any] = {
            "created_at": person.created_at,
            "description": html.escape(person.bio, quote=False),
            "protected": person.protected,
            "verified": person.verified,
            "verified_type": "blue" if person.verified else "none",
            "public_metrics": {
                "followers_count": person.followers,
                "following_count": person.following,
                posts: person.posts,
                "listed_count": 0,
            },
        }
        return {
            "id": person.id,
            "name": person.name or person.username,
            "username": person.username,
            **{key: value for key, value in shape.items() if key in wanted},
        }

    def concerns(self, post: Post, person: Person) -> bool:
        if post.repost_of or post.author_id == person.id:
            return False
        parent = self._state.version(post.reply_to)
        answers = parent is not None and parent.author_id == person.id
        return answers or any(
            tag.get("id") == person.id for tag in self._tags(post.text)
        )


def listed(query: Mapping[str, str], name: str) -> set[str]:
    return {one for one in query.get(name, "").split(",") if one}


def _refers(post: Post) -> list[dict[str, str]]:
    pairs: Iterable[tuple[str, str]] = (
        ("replied_to", post.reply_to),
        ("quoted", post.quote_of),
        ("retweeted", post.repost_of),
    )
    return [{"type": kind, "id": to} for kind, to in pairs if to]

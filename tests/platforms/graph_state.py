"""What the small Graph API knows: posts, comments, messages, and how they are shown."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

PAGE_ID, PAGE_NAME = "1020304050", "Acme Bank"
ACCOUNT_ID, HANDLE = "17841400000000001", "acmebank"
TOKEN, APP_ID, APP_SECRET = "EAAB-page-token-of-owls", "660066", "secret-of-owls"
SHOWN_MESSAGES = 20
WINDOW, PRIVATE_WINDOW = timedelta(hours=24), timedelta(days=7)
SCOPES = (
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_messages",
)

FB_POST = {
    "id", "message", "story", "created_time", "updated_time", "from", "permalink_url",
    "is_hidden", "comments",
}  # fmt: skip
FB_COMMENT = {
    "id", "message", "created_time", "from", "parent", "permalink_url", "like_count",
    "comment_count", "is_hidden", "is_private", "private_reply_conversation",
}  # fmt: skip
IG_MEDIA = {
    "id", "caption", "timestamp", "username", "permalink", "like_count",
    "comments_count", "comments",
}  # fmt: skip
IG_COMMENT = {
    "id", "text", "timestamp", "username", "from", "like_count", "hidden", "parent_id",
    "media", "replies",
}  # fmt: skip
KNOWN: Mapping[str, set[str]] = {
    "post": FB_POST,
    "tagged": FB_POST,
    "comment": FB_COMMENT,
    "media": IG_MEDIA,
    "tag": IG_MEDIA,
    "ig_comment": IG_COMMENT,
    "message": {"id", "created_time", "from", "message"},
    "conversation": {"id", "updated_time", "messages"},
    "account": {"id", "name", "username"},
}
EDGES = {"comments", "messages", "replies"}


class Trouble(Exception):
    """A request that the API refuses."""

    def __init__(self, status: int, code: int, subcode: int = 0) -> None:
        super().__init__(code)
        self.status, self.code, self.subcode = status, code, subcode


@dataclass(slots=True)
class Node:
    """One thing; ``parent`` is the comment or conversation it stands in."""

    id: str
    kind: str
    author: str
    text: str
    at: datetime
    root: str = ""
    parent: str = ""
    is_hidden: bool = False
    has_author: bool = True
    shown: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was published for us; ``to`` is what it answers."""

    id: str
    to: str
    text: str
    is_private: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field that is asked for, with its own arguments and fields."""

    name: str
    asked: Mapping[str, str]
    fields: tuple[Wanted, ...]


def wanted(text: str) -> tuple[Wanted, ...]:
    """Read ``a,b{c},d.limit(3).order(x){e}``."""
    found, rest = _wanted(text)
    assert not rest, rest
    return found


def _wanted(text: str) -> tuple[tuple[Wanted, ...], str]:
    found: list[Wanted] = []
    while text and text[0] != "}":
        text = text.removeprefix(",")
        name = re.match(r"[a-z_]+", text)
        assert name, text
        text, asked = text[name.end() :], {}
        while given := re.match(r"\.([a-z_]+)\(([^)]*)\)", text):
            asked[given[1]], text = given[2], text[given.end() :]
        within: tuple[Wanted, ...] = ()
        if text.startswith("{"):
            within, text = _wanted(text[1:])
            text = text.removeprefix("}")
        found.append(Wanted(name[0], asked, within))
    return tuple(found), text


class GraphState:
    """Everything the server knows; safe to use from the test's thread."""

    now: Callable[[], datetime]
    lock: threading.RLock

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.accepted: list[Accepted] = []
        self.scopes = list(SCOPES)
        self.expires_at = self.data_access_expires_at = 0
        self.is_valid = True
        self.moves_answers_up = False
        self.has_old_paging = False
        self.lost_right = False
        self._count = 0

    # What a test lets people do

    def add_post(
        self, text: str, author: str = PAGE_ID, *, has_author: bool = True
    ) -> str:
        """Publish on the page, as the page unless somebody else is named."""
        made = self._add("post", f"{PAGE_ID}_{self._next()}", author, text)
        made.has_author = has_author
        return made.id

    def add_tagged(self, text: str, author: str) -> str:
        """Publish elsewhere on Facebook, tagging the page."""
        number = self._next()
        return self._add("tagged", f"{number}_{number}", author, text).id

    def add_comment(
        self, under: str, text: str, author: str, *, has_author: bool = True
    ) -> str:
        """Comment on a Facebook post, or answer a comment."""
        above = self.nodes[under]
        root = above.root or above.id
        made = self._add(
            "comment", f"{root.partition('_')[2]}_{self._next()}", author, text, root
        )
        made.parent = above.id if above.kind == "comment" else ""
        made.has_author = has_author
        return made.id

    def add_media(self, text: str = "") -> str:
        """Publish on Instagram, as our account."""
        return self._add("media", self._next("179"), ACCOUNT_ID, text).id

    def add_tag(self, text: str, author: str) -> str:
        """Publish on Instagram as somebody else who tags us."""
        return self._add("tag", self._next("178"), author, text).id

    def add_ig_comment(self, under: str, text: str, author: str) -> str:
        """Comment on our media, or answer a comment; answers stay one level deep."""
        above = self.nodes[under]
        root = above.root or above.id
        made = self._add("ig_comment", self._next("177"), author, text, root)
        made.parent = (above.parent or above.id) if above.root else ""
        return made.id

    def add_message(
        self, author: str, text: str, platform: str = "MESSENGER", sender: str = ""
    ) -> str:
        """Let a person write to us, or ``sender`` write to them."""
        talk = f"t_{platform.lower()}_{author}"
        if talk not in self.nodes:
            self._add("conversation", talk, author, "", platform)
        made = self._add("message", f"m_{self._next()}", sender or author, text, talk)
        return made.id

    def delete(self, node: str) -> None:
        """Take a thing away, with what stands below it."""
        with self.lock:
            self.nodes = {
                key: one
                for key, one in self.nodes.items()
                if node not in {key, one.root, one.parent}
            }

    def hide(self, node: str) -> None:
        """Hide a comment from the public."""
        self.nodes[node].is_hidden = True

    def spoil(self, node: str, **shown: Any) -> None:
        """Let a thing show nonsense."""
        self.nodes[node].shown = shown

    def answers_to(self, node: str) -> list[str]:
        """Give the texts of what we published as an answer to a thing."""
        with self.lock:
            return [one.text for one in self.accepted if one.to == node]

    def _add(
        self, kind: str, node: str, author: str, text: str, root: str = ""
    ) -> Node:
        with self.lock:
            made = Node(node, kind, author, text, self.now(), root)
            self.nodes[node] = made
            return made

    def _next(self, prefix: str = "55") -> str:
        with self.lock:
            self._count += 1
            return f"{prefix}{self._count:08d}"

    # What the API shows

    def about_token(self, token: str) -> Json:
        return {
            "app_id": APP_ID,
            "type": "PAGE",
            "is_valid": self.is_valid and token == TOKEN,
            "expires_at": self.expires_at,
            "data_access_expires_at": self.data_access_expires_at,
            "scopes": self.scopes,
        }

    def shown(self, path: str, asked: Json) -> Json:
        """Answer a GET."""
        fields = wanted(asked.get("fields", "id"))
        node, _, edge = path.partition("/")
        if not node:
            ids = asked["ids"].split(",")
            return {one: self._render(self._node(one), fields) for one in ids}
        if node in {PAGE_ID, ACCOUNT_ID}:
            return self._of_account(node, edge, fields, asked)
        if edge:
            return self._listed(
                self._below(self._node(node), edge, asked), fields, asked
            )
        return self._render(self._node(node), fields)

    def posted(self, path: str, sent: Json) -> Json:
        """Answer a POST."""
        node, _, edge = path.partition("/")
        if edge == "messages":
            return self._written(node, sent)
        text = sent["message"]
        if edge == "mentions":
            assert node == ACCOUNT_ID
            self._node(sent["media_id"])
            made = self._add("ig_comment", self._next("177"), ACCOUNT_ID, text, "x")
            self._accept(made.id, sent["media_id"], text)
            return {"id": made.id}
        above = self._node(node)
        if edge == "replies":
            if above.is_hidden:
                raise Trouble(400, 100)
            made_id = self.add_ig_comment(node, text, ACCOUNT_ID)
        else:
            assert edge == "comments", path
            if len(text) > 8000:
                raise Trouble(400, 100)
            up = above.parent if self.moves_answers_up else ""
            made_id = self.add_comment(up or node, text, PAGE_ID)
        self._accept(made_id, node, text)
        fields = wanted(sent.get("fields", "id"))
        return self._render(self.nodes[made_id], fields)

    def _written(self, node: str, sent: Json) -> Json:
        assert node in {PAGE_ID, ACCOUNT_ID}
        assert sent["messaging_type"] == "RESPONSE"
        assert "tag" not in sent, "no person wrote this"
        text, recipient = sent["message"]["text"], sent["recipient"]
        below = recipient.get("comment_id") or recipient.get("post_id", "")
        if below:
            about = self._node(below)
            if any(one.is_private and one.to == below for one in self.accepted):
                raise Trouble(400, 10900)
            if self.now() - about.at > PRIVATE_WINDOW:
                raise Trouble(400, 10, 2018278)
            person, is_ig = about.author, about.kind == "ig_comment"
        else:
            person = recipient["id"]
            said = [
                one
                for one in self.nodes.values()
                if one.kind == "message" and one.author == person
            ]
            if not said or self.now() - max(one.at for one in said) > WINDOW:
                raise Trouble(400, 10, 2018278)
            is_ig = "instagram" in said[-1].root
        platform = "INSTAGRAM" if is_ig else "MESSENGER"
        us = ACCOUNT_ID if is_ig else PAGE_ID
        made = self.add_message(person, text, platform, us)
        self._accept(made, below or person, text, is_private=True)
        return {"recipient_id": person, "message_id": made}

    def _accept(
        self, node: str, to: str, text: str, *, is_private: bool = False
    ) -> None:
        self.accepted.append(Accepted(node, to, text, is_private))

    def _node(self, node: str) -> Node:
        found = self.nodes.get(node)
        if found is None or (self.lost_right and found.author != PAGE_ID):
            raise Trouble(400, 100, 33)
        return found

    def _of_account(
        self, node: str, edge: str, fields: tuple[Wanted, ...], asked: Json
    ) -> Json:
        if not edge:
            name = PAGE_NAME if node == PAGE_ID else HANDLE
            account: Json = {"id": node, "name": name}
            if node == ACCOUNT_ID:
                account["username"] = HANDLE
            _known("account", fields)
            return {
                one.name: account[one.name] for one in fields if one.name in account
            }
        kinds = {"feed": "post", "tagged": "tagged", "media": "media", "tags": "tag"}
        if edge == "conversations":
            talks = [
                one
                for one in self._kind("conversation")
                if one.root == asked["platform"]
                and asked.get("user_id") in {None, one.author}
            ]
            talks.sort(key=self._moved, reverse=True)
            return self._listed(talks, fields, asked)
        return self._listed(_newest(self._kind(kinds[edge])), fields, asked)

    def _kind(self, kind: str) -> list[Node]:
        return [one for one in self.nodes.values() if one.kind == kind]

    def _moved(self, talk: Node) -> datetime:
        return max(one.at for one in self.nodes.values() if one.root == talk.id)

    def _below(self, node: Node, edge: str, asked: Mapping[str, str]) -> list[Node]:
        below = [
            one for one in self.nodes.values() if node.id in {one.root, one.parent}
        ]
        if edge == "messages":
            return _newest(below)[:SHOWN_MESSAGES]
        if edge == "replies":
            return [one for one in below if one.parent == node.id]
        if node.kind in {"media", "tag"}:
            return _newest(one for one in below if not one.parent)
        if asked.get("filter") != "stream" and node.kind == "post":
            below = [one for one in below if not one.parent]
        if since := asked.get("since"):
            after = datetime.fromtimestamp(int(since), UTC)
            below = [one for one in below if one.at > after]
        is_backwards = asked.get("order") == "reverse_chronological"
        return _newest(below) if is_backwards else below

    def _listed(
        self, found: list[Node], fields: tuple[Wanted, ...], asked: Mapping[str, str]
    ) -> Json:
        after = asked.get("after") or asked.get("__paging_token", "")
        limit = int(asked.get("limit", "25"))
        start = 0
        if after:
            at = [index for index, one in enumerate(found) if one.id == after]
            if not at:
                raise Trouble(400, 100)
            start = at[0] + 1
        shown = found[start : start + limit]
        made: Json = {"data": [self._render(one, fields) for one in shown]}
        if shown and start + limit < len(found):
            last = shown[-1].id
            address = "https://graph.facebook.com/elsewhere?access_token=x"
            if self.has_old_paging:
                until = int(shown[-1].at.timestamp())
                address += f"&until={until}&__paging_token={last}"
                made["paging"] = {"next": address}
            else:
                made["paging"] = {
                    "cursors": {"before": shown[0].id, "after": last},
                    "next": f"{address}&after={last}",
                }
        return made

    def _render(self, node: Node, fields: tuple[Wanted, ...]) -> Json:
        _known(node.kind, fields)
        made: Json = {"id": node.id}
        for one in fields:
            if one.name in EDGES:
                below = self._below(node, one.name, one.asked)
                made[one.name] = self._listed(below, one.fields, one.asked)
                if one.asked.get("summary"):
                    made[one.name]["summary"] = {"total_count": len(below)}
                if not below and node.kind == "ig_comment":
                    del made[one.name]
            else:
                value = self._value(node, one)
                if value is not None:
                    made[one.name] = value
        return {**made, **node.shown}

    def _value(self, node: Node, one: Wanted) -> Any:
        values: Mapping[str, Callable[[], Any]] = {
            "id": lambda: node.id,
            "message": lambda: node.text or None,
            "caption": lambda: node.text or None,
            "text": lambda: node.text,
            "created_time": lambda: _stamp(node.at),
            "timestamp": lambda: _stamp(node.at),
            "updated_time": lambda: _stamp(self._changed(node)),
            "from": lambda: self._author(node),
            "username": lambda: self._username(node),
            "parent": lambda: {"id": node.parent} if node.parent else None,
            "parent_id": lambda: node.parent or None,
            "permalink_url": lambda: f"https://www.facebook.com/{node.id}",
            "permalink": lambda: f"https://www.instagram.com/p/{node.id}/",
            "media": lambda: self._render(self.nodes[node.root], one.fields),
            "like_count": lambda: 3,
            "comment_count": lambda: len(self._below(node, "replies", {})),
            "comments_count": lambda: len(self._all_below(node)),
            "is_hidden": lambda: node.is_hidden,
            "hidden": lambda: node.is_hidden,
            "is_private": lambda: False,
            "private_reply_conversation": lambda: self._private(node),
        }
        return values.get(one.name, lambda: None)()

    def _all_below(self, node: Node) -> list[Node]:
        return [one for one in self.nodes.values() if one.root == node.id]

    def _changed(self, node: Node) -> datetime:
        return max([node.at, *(one.at for one in self._all_below(node))])

    def _private(self, node: Node) -> Json | None:
        is_told = any(one.is_private and one.to == node.id for one in self.accepted)
        return {"id": f"t_messenger_{node.author}"} if is_told else None

    def _username(self, node: Node) -> str:
        return HANDLE if node.author == ACCOUNT_ID else node.author

    def _author(self, node: Node) -> Json | None:
        if not node.has_author:
            return None
        if node.kind == "ig_comment" or "instagram" in node.root:
            username = self._username(node)
            return {"id": ig_id(node.author), "username": username}
        name = PAGE_NAME if node.author == PAGE_ID else f"Person {node.author}"
        return {"id": node.author, "name": name}


def ig_id(author: str) -> str:
    """Give an Instagram author's number: names are told too, and may change."""
    return author if author.isdigit() else str(int.from_bytes(author.encode()))[-15:]


def _known(kind: str, fields: Iterable[Wanted]) -> None:
    unknown = {one.name for one in fields} - KNOWN[kind]
    assert not unknown, f"no {unknown} on {kind}"


def _newest(found: Iterable[Node]) -> list[Node]:
    return sorted(found, key=lambda one: one.at, reverse=True)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")

"""A small YouTube on loopback: threads, replies, search, quota and sign-in.

Written from the API's discovery document and the shapes of recorded answers; all people
and words in it are invented.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.platforms.http_platform import Answer, Asked, Loopback, real_time

CHANNEL, HANDLE = "UCacmecares00000000000AA", "AcmeCares"
VIDEO, OTHER_VIDEO = "acmevideo01", "othervideo1"
OTHER_CHANNEL = "UCother00000000000000000"
API_KEY, CLIENT_ID = "key-of-owls", "client-of-owls"
CLIENT_SECRET, REFRESH_TOKEN = "secret-of-owls", "refresh-of-owls"
TOKEN_PATH = "/token"
EMBEDDED = 5
COSTS = {"commentThreads": 1, "comments": 1, "search": 100, "channels": 1}
PROBLEMS = {
    "rate_limit": (403, "rateLimitExceeded"),
    "budget": (403, "quotaExceeded"),
    "unauthorized": (401, "authError"),
    "forbidden": (403, "forbidden"),
    "server_error": (500, "backendError"),
    "error": (503, "backendError"),
    "not_permitted": (403, "commentsDisabled"),
    "bad_token": (400, "invalidPageToken"),
    "processing": (400, "processingFailure"),
    "ineligible": (403, "ineligibleAccount"),
}


@dataclass(slots=True)
class Comment:
    id: str
    author: str
    text: str
    video: str
    channel: str
    at: datetime
    parent: str = ""
    updated: datetime | None = None
    status: str = "published"
    likes: int = 0
    extra: dict[str, Any] | None = None


class Refusal(Exception):
    """An answer other than 200, from anywhere below."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def problem_of(status: int, reason: str) -> Answer:
    one = {"message": "Invented words.", "domain": "youtube", "reason": reason}
    error = {"code": status, "message": "Invented words.", "errors": [one]}
    return Answer(status, {"error": error})


class YouTubeServer(Loopback):
    """Two channels with a video each; ours is ``CHANNEL``."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        super().__init__(now)
        self.comments: dict[str, Comment] = {}
        self.videos = {VIDEO: CHANNEL, OTHER_VIDEO: OTHER_CHANNEL}
        self.closed: dict[str, str] = {}
        self.found: list[str] = []
        self.accepted: list[Comment] = []
        self.tokens: set[str] = set()
        self.units = 0
        self.holds_replies = False
        self.token_extra: dict[str, Any] = {}
        self._count = 0
        self._lists: Mapping[str, Callable[[Any, bool], Any]] = {
            "channels": self._channels,
            "comments": self._comments,
            "commentThreads": self._threads,
            "search": self._search,
        }

    def say(
        self,
        text: str,
        author: str = "UCjane000000000000000000",
        *,
        video: str = VIDEO,
        parent: str = "",
        **more: Any,
    ) -> str:
        """Publish a comment under a video (or a channel: no ``video``), or a reply."""
        with self.lock:
            self._count += 1
            above = self.comments.get(parent)
            own = f"Ug{self._count:010d}AaABAg"
            made = Comment(
                id=f"{parent}.{own}" if parent else own,
                author=author,
                text=text,
                video=above.video if above else video,
                channel=above.channel if above else self.videos.get(video, CHANNEL),
                at=self.now(),
                parent=parent,
                **more,
            )
            self.comments[made.id] = made
            return made.id

    def edit(self, comment: str, text: str) -> None:
        self.comments[comment].text = text
        self.comments[comment].updated = self.now()

    def delete(self, comment: str) -> None:
        """Its author takes it away, with what stands below."""
        with self.lock:
            for one in list(self.comments):
                if one == comment or one.startswith(f"{comment}."):
                    del self.comments[one]

    def replies_to(self, comment: str) -> list[Comment]:
        return [one for one in self.comments.values() if one.parent == comment]

    def is_sign_in(self, path: str) -> bool:
        return path == TOKEN_PATH

    def problem(self, kind: str) -> Answer:
        return problem_of(*PROBLEMS[kind])

    def route(self, asked: Asked) -> Answer:
        if asked.path == TOKEN_PATH:
            return self._token(asked)
        what = asked.path.removeprefix("/youtube/v3/")
        try:
            is_us = self._signed(asked)
            self.units += 50 if asked.method == "POST" else COSTS[what]
            if asked.method == "POST":
                return Answer(200, self._insert(asked, is_us=is_us))
            answer = self._lists[what](asked.query, is_us)
        except Refusal as refusal:
            return problem_of(refusal.status, refusal.reason)
        return Answer(200, answer)

    def _token(self, asked: Asked) -> Answer:
        wanted = {
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": REFRESH_TOKEN,
        }
        if asked.body != wanted:
            return Answer(400, {"error": "invalid_grant", "error_description": "Bad."})
        token = f"token-{len(self.requests)}"
        self.tokens.add(token)
        given = {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}
        return Answer(200, {**given, **self.token_extra})

    def _signed(self, asked: Asked) -> bool:
        """Say whether it is our channel that asks, or anybody with a key."""
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer in self.tokens:
            return True
        if bearer or asked.headers.get("x-goog-api-key") != API_KEY:
            raise Refusal(401 if bearer else 403, "authError")
        return False

    def _insert(self, asked: Asked, *, is_us: bool) -> Any:
        if not is_us:
            raise Refusal(401, "authError")
        snippet = asked.body["snippet"]
        parent, text = snippet["parentId"], snippet["textOriginal"]
        above = self.comments.get(parent)
        if above is None or above.parent:
            raise Refusal(404, "parentCommentNotFound")
        if not text or len(text) > 10_000:
            raise Refusal(400, "commentTextTooLong" if text else "commentTextRequired")
        if above.video in self.closed:
            raise Refusal(403, self.closed[above.video])
        made = self.comments[self.say(text, CHANNEL, parent=parent)]
        made.status = "heldForReview" if self.holds_replies else "published"
        self.accepted.append(made)
        return self._shown(made, is_us=True)

    def _channels(self, query: Any, is_us: bool) -> Any:
        if query.get("mine") and not is_us:
            raise Refusal(401, "authError")
        known = CHANNEL if query.get("mine") else query.get("id")
        snippet = {"title": "Acme", "customUrl": f"@{HANDLE.lower()}"}
        one = {"kind": "youtube#channel", "id": CHANNEL, "snippet": snippet}
        return page("channel", [one] if known == CHANNEL else [])

    def _search(self, query: Any, is_us: bool) -> Any:
        found = [
            {
                "kind": "youtube#searchResult",
                "id": {"kind": "youtube#video", "videoId": video},
                "snippet": {"channelId": self.videos.get(video, OTHER_CHANNEL)},
            }
            for video in self.found[: int(query["maxResults"])]
        ]
        return page("searchList", found)

    def _threads(self, query: Any, is_us: bool) -> Any:
        tops = [one for one in self.comments.values() if not one.parent]
        if "id" in query:
            wanted = query["id"].split(",")
            shown = [one for one in tops if one.id in wanted]
            if len(shown) < len(wanted):
                raise Refusal(404, "commentThreadNotFound")
            return page("commentThreadList", [self._thread(o, is_us) for o in shown])
        if "videoId" in query:
            if query["videoId"] in self.closed:
                reason = self.closed[query["videoId"]]
                raise Refusal(404 if reason == "videoNotFound" else 403, reason)
            if query["videoId"] not in self.videos:
                raise Refusal(404, "videoNotFound")
            tops = [one for one in tops if one.video == query["videoId"]]
        else:
            channel = query["allThreadsRelatedToChannelId"]
            tops = [one for one in tops if one.channel == channel]
        tops = [one for one in tops if one.status == "published"]
        tops.sort(key=lambda one: (one.at, one.id), reverse=True)
        raws = [self._thread(one, is_us) for one in tops]
        return paged("commentThreadList", raws, query)

    def _comments(self, query: Any, is_us: bool) -> Any:
        if "id" in query:
            wanted = query["id"].split(",")
            found = [self.comments[one] for one in wanted if one in self.comments]
            found = [one for one in found if one.status == "published" or is_us]
            if len(found) < len(wanted):
                raise Refusal(404, "commentNotFound")
            return page("commentList", [self._shown(one, is_us=is_us) for one in found])
        if query["parentId"] not in self.comments:
            raise Refusal(404, "commentNotFound")
        found = self._visible(query["parentId"], is_us=is_us)
        raws = [self._shown(one, is_us=is_us) for one in found]
        return paged("commentList", raws, query)

    def _visible(self, parent: str, *, is_us: bool) -> list[Comment]:
        """Replies, newest first; what is held for review sees its author alone."""
        found = [
            one
            for one in self.replies_to(parent)
            if one.status == "published" or (is_us and one.author == CHANNEL)
        ]
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)

    def _thread(self, top: Comment, is_us: bool) -> Any:
        below = self._visible(top.id, is_us=is_us)
        told = [self._shown(one, is_us=is_us) for one in below[:EMBEDDED]]
        snippet = {
            "channelId": top.channel,
            "topLevelComment": self._shown(top, is_us=is_us),
            "canReply": True,
            "totalReplyCount": len(below),
            "isPublic": True,
        }
        if top.video:
            snippet["videoId"] = top.video
        whole = {"kind": "youtube#commentThread", "id": top.id, "snippet": snippet}
        return {**whole, "replies": {"comments": told}} if told else whole

    def _shown(self, one: Comment, *, is_us: bool) -> Any:
        snippet: dict[str, Any] = {
            "textDisplay": one.text,
            "authorDisplayName": f"@{one.author[2:8]}",
            "authorChannelId": {"value": one.author},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": one.likes,
            "publishedAt": stamp(one.at),
            "updatedAt": stamp(one.updated or one.at),
        }
        if is_us and one.author == CHANNEL:
            snippet["textOriginal"] = one.text
        if one.parent:
            snippet["parentId"] = one.parent
        elif one.video:
            snippet["videoId"] = one.video
        if one.status != "published":
            snippet["moderationStatus"] = one.status
        snippet.update(one.extra or {})
        return {"kind": "youtube#comment", "id": one.id, "snippet": snippet}


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def page(kind: str, items: list[Any]) -> dict[str, Any]:
    about = {"totalResults": len(items), "resultsPerPage": len(items)}
    return {"kind": f"youtube#{kind}Response", "pageInfo": about, "items": items}


def paged(kind: str, raws: list[Any], query: Any) -> dict[str, Any]:
    """Hand out a page; its token names the first thing of the next one."""
    size, start = int(query.get("maxResults", 20)), 0
    if token := query.get("pageToken"):
        named = base64.urlsafe_b64decode(token).decode()
        ids = [raw["id"] for raw in raws]
        if named not in ids:
            raise Refusal(400, "invalidPageToken")
        start = ids.index(named)
    answer = page(kind, raws[start : start + size])
    if len(raws) > start + size:
        following = raws[start + size]["id"].encode()
        answer["nextPageToken"] = base64.urlsafe_b64encode(following).decode()
    return answer

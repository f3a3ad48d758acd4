"""The stand-in against Google's own description of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.connectors.youtube import YouTubeConnector
from tests.connectors.youtube.test_youtube_replies import reply_under
from tests.platforms.discovery import Discovery
from tests.platforms.youtube_server import (
    API_KEY,
    CHANNEL,
    OTHER_VIDEO,
    TOKEN_PATH,
    YouTubeServer,
)


def test_every_request_and_answer_is_one_that_google_describes(
    server: YouTubeServer,
    clock: Any,
    connect: Callable[..., YouTubeConnector],
    read: Callable[..., Any],
) -> None:
    document = Discovery("youtube.v3.json")
    server.found = [OTHER_VIDEO]
    youtube = connect(query="acme", api_key=API_KEY)
    tops = [server.say(f"number {number}") for number in range(12)]
    for number in range(9):
        clock.advance(minutes=1)
        server.say(f"below {number}", parent=tops[0])
    server.say("Ours.", CHANNEL, parent=tops[1])
    server.say("elsewhere", video=OTHER_VIDEO)
    assert youtube.check().ok
    cursor = read(youtube, limit=5).cursor
    server.edit(tops[3], "changed")
    read(youtube, cursor, limit=5)
    reply = reply_under(tops[2])
    youtube.send_reply(reply)
    youtube.find_reply(reply)
    youtube.find_removed(tops)

    asked = [one for one in server.requests if one.path != TOKEN_PATH]
    answers = [one for one in server.answers if "access_token" not in one.body]
    seen = {
        document.check(one, answer) for one, answer in zip(asked, answers, strict=True)
    }

    assert seen == {
        "youtube.channels.list",
        "youtube.commentThreads.list",
        "youtube.comments.insert",
        "youtube.comments.list",
        "youtube.search.list",
    }

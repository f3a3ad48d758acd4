from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.connectors.replay import ReplayConnector, ReplaySettings
from bot.domain.replies import OutboundReply
from bot.errors import AccessDenied, ConnectorError, Refused


def connector(folder: Path, **settings: Path | None) -> ReplayConnector:
    path = folder / "stream.jsonl"
    replies_to = settings.get("replies_to", folder / "replies.jsonl")
    return ReplayConnector(
        ReplaySettings(brand="Acme", path=path, replies_to=replies_to)
    )


def reply(
    key: str = "R-000001", text: str = "Please write to us privately"
) -> OutboundReply:
    return OutboundReply(
        key=key, brand="Acme", conversation="1", in_reply_to="1", text=text
    )


def test_a_reply_is_one_line_that_is_found_again(tmp_path: Path) -> None:
    sent = connector(tmp_path).send_reply(reply())

    (line,) = (tmp_path / "replies.jsonl").read_text().splitlines()
    assert json.loads(line)["text"] == "Please write to us privately"
    assert json.loads(line)["id"] == sent.external_id
    assert connector(tmp_path).find_reply(reply()) == sent


def test_the_same_key_is_published_once(tmp_path: Path) -> None:
    first = connector(tmp_path)

    receipts = [first.send_reply(reply()), first.send_reply(reply())]
    receipts.append(connector(tmp_path).send_reply(reply(text="other words")))

    assert len({receipt.external_id for receipt in receipts}) == 1
    assert len((tmp_path / "replies.jsonl").read_text().splitlines()) == 1


def test_what_was_never_sent_is_not_found(tmp_path: Path) -> None:
    ours = connector(tmp_path)
    before = ours.find_reply(reply())

    ours.send_reply(reply())

    assert before is None
    assert ours.find_reply(reply("R-000002")) is None


def test_what_another_process_added_is_found(tmp_path: Path) -> None:
    ours, theirs = connector(tmp_path), connector(tmp_path)
    ours.send_reply(reply("R-000001"))

    sent = theirs.send_reply(reply("R-000002"))

    assert ours.find_reply(reply("R-000002")) == sent


def test_a_torn_line_was_never_published_and_swallows_nothing(tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    connector(tmp_path).send_reply(reply("R-000001"))
    torn = file.read_bytes()[:-20]
    file.write_bytes(torn)

    assert connector(tmp_path).find_reply(reply("R-000001")) is None
    connector(tmp_path).send_reply(reply("R-000001"))
    connector(tmp_path).send_reply(reply("R-000002"))

    assert connector(tmp_path).find_reply(reply("R-000001")) is not None
    assert len(file.read_text().splitlines()) == 3


def test_a_file_begun_anew_is_read_anew(tmp_path: Path) -> None:
    ours = connector(tmp_path)
    ours.send_reply(reply())
    (tmp_path / "replies.jsonl").unlink()

    assert ours.find_reply(reply()) is None


def test_without_a_file_of_replies_nothing_is_sent(tmp_path: Path) -> None:
    silent = connector(tmp_path, replies_to=None)

    with pytest.raises(Refused, match="set replies_to"):
        silent.send_reply(reply())
    assert silent.find_reply(reply()) is None


def test_a_reply_over_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="281 characters, 280 at most"):
        connector(tmp_path).send_reply(reply(text="a" * 281))
    assert not (tmp_path / "replies.jsonl").exists()


def test_a_file_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "replies.jsonl").mkdir()

    with pytest.raises(ConnectorError) as caught:
        connector(tmp_path).send_reply(reply())

    assert isinstance(caught.value, AccessDenied)
    assert str(caught.value) == (
        "replay: the reply file replies.jsonl cannot be read: Is a directory"
    )
    assert isinstance(caught.value.__cause__, OSError)

"""Mastodon.py, asked for plain answers, each once and without a pause."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

import mastodon
import requests
from mastodon.errors import MastodonError, MastodonNetworkError

NetworkError = MastodonNetworkError
Asked: TypeAlias = Mapping[str, str | Sequence[str]]

NOTHING: Asked = {}
NO_HEADERS: Mapping[str, str] = {}


class Mastodon(mastodon.Mastodon):
    """Speaks to one server; bears the library's name so that its private call is ours.

    Its public calls first ask for the server's version, at an address with a slash too
    many, and turn answers into types of their own that lose what they do not know.
    """

    def __init__(self, base_url: str, access_token: str, timeout: float) -> None:
        # At DEBUG these write whole addresses, with what was searched for.
        for chatty in ("mastodon", "urllib3"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._wire = _Wire()
        super().__init__(
            api_base_url=base_url.rstrip("/"),
            session=self._wire,
            request_timeout=timeout,
            ratelimit_method="throw",
            version_check_mode="none",
            user_agent="answerable",
        )
        # Given to the constructor, it would be taken for the name of a file first.
        self.access_token = access_token

    def ask(
        self,
        method: str,
        path: str,
        asked: Asked = NOTHING,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> requests.Response:
        """Ask once; raise ``HTTPError`` for every answer that is no success.

        Raises ``NetworkError`` where no answer came.
        """
        try:
            answer: requests.Response = self.__api_request(  # type: ignore[no-untyped-call]
                method,
                path,
                dict(asked),
                headers=dict(headers),
                return_response_object=True,
                # Else it computes with the headers, and fails on odd ones.
                do_ratelimiting=False,
            )
        except NetworkError:
            raise
        except (MastodonError, RecursionError) as error:
            raise requests.HTTPError(response=self._wire.answer) from error
        if not HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            raise requests.HTTPError(response=answer)
        return answer

    def close(self) -> None:
        """Let go of the connections."""
        self._wire.close()


def length_of(text: str) -> int:
    """Count as Mastodon does: graphemes, 23 for a link, no host of a mention."""
    return int(mastodon.Mastodon.get_status_length(text))


class _Wire(requests.Session):
    """HTTP below the library, which keeps neither an error's headers nor its words."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: requests.Response | None = None

    def request(self, *asked: Any, **more: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """Ask once, at this address only, and remember what came.

        A reply that is redirected would arrive as a reading, and the token elsewhere.
        """
        self.answer = None
        self.answer = super().request(*asked, **{**more, "allow_redirects": False})
        # The library warns of it, once for each request.
        self.answer.headers.pop("deprecation", None)
        return self.answer

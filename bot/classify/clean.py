"""Bring a public text into the form that the model was trained on.

Bounded work whatever comes in: the text is cut before anything else looks at it.
"""

from __future__ import annotations

import html
import re
import unicodedata

import emoji

VERSION = "social-1"
"""Changes whenever the same text would come out differently; weights depend on it."""

READ_AT_MOST = 20_000
"""Characters looked at; the rest of a longer text is left unread."""

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_URL = re.compile(r"(?:https?://|(?<!\w)www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<!\w)@\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)*)?")
_RUN = re.compile(r"([^\s\d])\1{3,}")
_JOINERS = re.compile("[\u200d\ufe0e\ufe0f]")
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str, *, limit: int, name_emoji: bool = True) -> tuple[str, bool]:
    """Return the text for the tokenizer, and whether its end was cut off.

    Links become ``http`` and handles ``@user`` (as in the training data, so that
    no brand or person is learnt by name), emoji become their English names unless
    the model knows them itself, unseen and control characters go, and a character
    other than a digit repeated more than three times in a row is kept three times.
    """
    cut = len(text) > READ_AT_MOST
    text = _visible(text[:READ_AT_MOST], name_emoji=name_emoji)
    text = _HANDLE.sub("@user", _URL.sub("http", text))
    text = _RUN.sub(r"\1\1\1", text)
    text = " ".join(text.split())
    return text[:limit], cut or len(text) > limit


def _visible(text: str, *, name_emoji: bool) -> str:
    if "&" in text:
        text = html.unescape(text)
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    text = _CONTROL.sub(" ", text)
    if text.isascii():
        return text
    if _SURROGATE.search(text):
        pairs = text.encode("utf-16-le", "surrogatepass")
        text = pairs.decode("utf-16-le", "replace")
    if name_emoji:
        text = emoji.replace_emoji(text, lambda found, _: _spoken(found))
        text = _JOINERS.sub("", text)
    text = unicodedata.normalize("NFKC", text[:READ_AT_MOST])
    if not name_emoji:
        # A zero-width joiner holds an emoji together for a model that knows it.
        return re.sub(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]", "", text)
    return _UNSEEN.sub("", text)


def _spoken(found: str) -> str:
    name = emoji.demojize(found, delimiters=(" ", " "))
    return name.replace("_", " ") if name != found else " "

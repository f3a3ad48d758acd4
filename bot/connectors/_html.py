"""HTML that platforms and feeds hand out, as the text that people read."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

MOST_HTML = 200_000
"""Characters; a longer body is no post, and parsing it would only take time."""

BLOCKS = {"blockquote", "div", "p", "pre", "table", "tr", "ul", "ol"} | {
    f"h{level}" for level in range(1, 7)
}
UNSEEN_TAGS = {"head", "script", "style", "template", "title"}
UNSEEN_CLASSES = {"quote-inline"}
"""Of what a server puts before the author's words for programs that know no quotes."""

TAG_CLASSES = {"mention", "hashtag"}
ATTRIBUTES = {"a": {"class", "href"}, "img": {"alt"}} | {
    tag: {"class"} for tag in ("div", "p", "span")
}

_BREAK = re.compile(r"(?<![ \t])[ \t]*[\r\n][ \t\r\n]*")
"""It begins where blanks begin: else a long row of them takes time by its square."""


def text_of(html: str) -> str:
    """Give the words: breaks and paragraphs as lines, links with their address.

    Raises ``ValueError`` for what is too long to be a post.
    """
    if len(html) > MOST_HTML:
        message = f"a body of {len(html)} characters, {MOST_HTML} at most"
        raise ValueError(message)
    reader = _Reader()
    # It mends what is broken: Python's parser takes hours over some of that.
    reader.feed(
        nh3.clean(
            html,
            tags=BLOCKS | ATTRIBUTES.keys() | {"br", "li"},
            clean_content_tags=UNSEEN_TAGS,
            attributes=ATTRIBUTES,
            url_schemes={"http", "https"},
            link_rel=None,
        )
    )
    reader.close()
    lines = [line.strip(" \t") for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    """Collects words; knows of tags only what changes how a text is read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link: tuple[int, str] | None = None
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        classes = set((told.get("class") or "").split())
        if classes & UNSEEN_CLASSES or (self._unseen and tag == self._unseen[-1]):
            self._unseen.append(tag)
        if self._unseen:
            return
        if tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "img":
            self.parts.append(told.get("alt") or "")
        elif tag == "a" and not classes & TAG_CLASSES:
            self._link = len(self.parts), told.get("href") or ""
        elif tag in BLOCKS:
            self.parts.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag == self._unseen[-1]:
                self._unseen.pop()
            return
        if tag == "a" and self._link:
            start, address = self._link
            self.parts[start:] = [_readable("".join(self.parts[start:]), address)]
            self._link = None
        elif tag in BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            # Only tags break lines in HTML.
            self.parts.append(_BREAK.sub(" ", data))


def _readable(label: str, address: str) -> str:
    """Give a link's address whole, with its label where that says something else."""
    is_web = address.startswith(("https://", "http://"))
    if not is_web or label.startswith(("@", "#")):
        return label
    shown = _bare(label.rstrip("…")).rstrip("/")
    if _bare(address).startswith(shown):
        return address
    return f"{label} ({address})"


def _bare(address: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", address.strip())

"""The small X's search."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.platforms.x_state import Post, XState


class Query:
    """The part of X's search language that a listening bot uses."""

    def __init__(self, text: str, state: XState) -> None:
        self._words = re.findall(r'-?"[^"]*"|\(|\)|-(?=\()|[^\s()]+', text)
        self._state = state
        self._at = 0
        self._test = self._any_of()
        if self._at != len(self._words):
            raise ValueError(text)

    def matches(self, post: Post) -> bool:
        return self._test(post)

    def _any_of(self) -> Callable[[Post], bool]:
        tests = [self._all_of()]
        while self._peek() == "OR":
            self._at += 1
            tests.append(self._all_of())
        return lambda post: any(test(post) for test in tests)

    def _all_of(self) -> Callable[[Post], bool]:
        tests = [self._one()]
        while self._peek() not in {"", "OR", ")"}:
            tests.append(self._one())
        return lambda post: all(test(post) for test in tests)

    def _one(self) -> Callable[[Post], bool]:
        word = self._words[self._at]
        self._at += 1
        if word == "-":
            inner = self._one()
            return lambda post: not inner(post)
        if word == "(":
            test = self._any_of()
            if self._peek() != ")":
                raise ValueError(word)
            self._at += 1
            return test
        if word in {")", "OR"}:
            raise ValueError(word)
        if word.startswith("-"):
            return lambda post: not self._term(word[1:], post)
        return lambda post: self._term(word, post)

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _term(self, word: str, post: Post) -> bool:
        key, _, value = word.partition(":")
        writer = self._state.person(post.author_id)
        if key == "conversation_id":
            return post.conversation_id == value
        if key == "from":
            name = writer.username.casefold() if writer else ""
            return value.casefold().lstrip("@") in {name, post.author_id}
        if key == "lang":
            return post.lang == value
        if key == "is":
            kinds = {"retweet": post.repost_of, "reply": post.reply_to}
            kinds["quote"] = post.quote_of
            return bool(kinds[value])
        text = post.text.casefold()
        if word.startswith('"'):
            return word.strip('"').casefold() in text
        return bool(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text))

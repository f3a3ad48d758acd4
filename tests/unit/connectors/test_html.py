from __future__ import annotations

import pytest

from bot.clock import stopwatch
from bot.connectors._html import MOST_HTML, text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("no html at all", "no html at all"),
        ("<p>One<br>two</p><p>three</p>", "One\ntwo\n\nthree"),
        ("<p>a &lt;3 &amp; b&#39;s &#0;</p>", "a <3 & b's \ufffd"),
        ("<ul>\n<li>x</li>\n<li>y</li></ul>plain", "- x\n- y\n\nplain"),
        (
            (
                '<a href="https://a.example/x/y"><span class="invisible">https://</span>'
                '<span class="ellipsis">a.example/x</span>'
                '<span class="invisible">/y</span></a>'
            ),
            "https://a.example/x/y",
        ),
        ('<a href="https://a.example/abc">a.example/a…</a>', "https://a.example/abc"),
        ('see <a href="https://a.example">this</a>', "see this (https://a.example)"),
        ('<a href="javascript:x()">press</a>', "press"),
        (
            (
                '<span class="h-card"><a href="https://a.example/@jo" class="mention">'
                "@<span>jo</span></a></span> hi"
            ),
            "@jo hi",
        ),
        ('<a class="mention hashtag" href="https://a.example/t">#<b>x</b></a>', "#x"),
        ('<p class="quote-inline">RE: <a href="https://q">q</a></p><p>yes</p>', "yes"),
        ('<img alt=":blob:" src="x"> ok', ":blob: ok"),
        ("<script>alert(1)</script>ok<style>p{}</style>", "ok"),
        ("<p>never <b>closed", "never closed"),
        ("<!-- hidden -->shown", "shown"),
        ("<p>one \t\r\n \n two\n</p>\n<p> three</p>", "one two\n\nthree"),
    ],
)
def test_html_becomes_what_people_read(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize("broken", ["<", "<!--", "<a ", "</", "<![CDATA[", "<?", "&"])
def test_no_broken_html_takes_for_ever(broken: str) -> None:
    assert isinstance(text_of(broken * (100_000 // len(broken))), str)


@pytest.mark.parametrize("blank", [" ", "\t", " \t", "\xa0"])
def test_a_long_row_of_blanks_takes_no_time(blank: str) -> None:
    started = stopwatch()

    read = text_of("a" + blank * (100_000 // len(blank)) + "b")

    assert read == "a" + blank * (100_000 // len(blank)) + "b"
    assert stopwatch() - started < 5


def test_a_body_that_is_no_post_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        text_of("x" * (MOST_HTML + 1))

from __future__ import annotations

import pytest

from bot.cli.classify import Line, _lines

TEXT, OTHER = Line(text="hello"), Line(text="please help")
NOT_JSON = Line(error="this line is not JSON")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["hello\n", "please help\r\n"], [TEXT, OTHER]),
        (['{"text": "hello"}\n', '{"text": "please help"}'], [TEXT, OTHER]),
        # An object with a text is one wherever it stands.
        (["hello\n", '{"text": "please help"}\n'], [TEXT, OTHER]),
        (["\n", '{"text": "hello"}\n'], [Line(), TEXT]),
        # Where the first is an object, nothing else will do.
        (['{"text": "hello"}\n', "please help\n"], [TEXT, NOT_JSON]),
        (['{"text": "hello"}\n', '{"text": "plea\n'], [TEXT, NOT_JSON]),
        (['{"text": 1}\n'], [Line(error='this line has no "text"')]),
        # Braces alone make no object of what people write.
        (["{hello}\n", "[1, 2]\n"], [Line(text="{hello}"), Line(text="[1, 2]")]),
        (["{hello}\n", '{"text": "hello"}\n'], [Line(text="{hello}"), TEXT]),
        ([], []),
    ],
)
def test_lines_and_objects_are_told_apart_line_by_line(
    written: list[str], read: list[Line]
) -> None:
    assert list(_lines(written)) == read


def test_a_line_that_is_too_long_has_an_error_and_the_rest_goes_on() -> None:
    first, second = _lines(["a" * 100_001 + "\n", "hello\n"])

    assert "100001 characters" in first.error
    assert second == TEXT

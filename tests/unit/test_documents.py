from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from bot.documents import Document, parse_document, read_document
from bot.errors import PackError, SettingsError


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    names: list[str] = []


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    place: str
    inner: Inner


TEXT = """\
# A comment.
place: here

inner:
  number: 3
  names:
    - one
    - two
"""


def mistake(text: str) -> str:
    document = parse_document(text, "a.yaml")
    with pytest.raises(SettingsError) as caught:
        document.validated(Whole, document.data)
    return caught.value.shown


def refused(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_document(text, "a.yaml")
    return caught.value.shown


def test_a_document_holds_its_values_and_where_each_was_written():
    document = parse_document(TEXT, "a.yaml")

    assert document.data == {
        "place": "here",
        "inner": {"number": 3, "names": ["one", "two"]},
    }
    assert document.where(("place",)) == "a.yaml:2"
    assert document.where(("inner", "number")) == "a.yaml:5"
    assert document.where(("inner", "names", 1)) == "a.yaml:8"


def test_a_key_that_was_not_written_is_said_to_be_where_it_would_stand():
    document = parse_document(TEXT, "a.yaml")

    assert document.where(("inner", "missing", 7)) == "a.yaml:4"
    assert document.where(("missing",)) == "a.yaml:2"


def test_a_value_from_elsewhere_names_its_origin():
    document = Document(
        name="a.yaml",
        data={},
        lines={("inner",): 4},
        origins={("inner", "number"): "BOT_INNER__NUMBER"},
    )

    assert document.where(("inner", "number")) == "BOT_INNER__NUMBER"
    assert document.where(("inner", "names")) == "a.yaml:4"


def test_a_valid_document_becomes_its_model():
    document = parse_document(TEXT, "a.yaml")

    whole = document.validated(Whole, document.data)

    assert whole.inner.names == ["one", "two"]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (
            "number: 3",
            "number: many",
            "a.yaml:5: inner.number: ",
        ),
        (
            "- two",
            "- {a: 1}",
            "a.yaml:8: inner.names.1: ",
        ),
        ("place: here", "plaice: here", "a.yaml:2: plaice: there is no such key"),
        ("place: here", "plaice: here", "a.yaml:2: place: this key is missing"),
        ("  number: 3\n", "", "a.yaml:4: inner.number: this key is missing"),
        (TEXT, "place: x\ninner: 3", "a.yaml:2: inner: keys with values are needed"),
    ],
)
def test_each_mistake_names_file_line_and_key(old, new, shown):
    assert shown in mistake(TEXT.replace(old, new))


def test_all_mistakes_are_told_at_once():
    shown = mistake("place: [1]\ninner: {number: x, more: y}\n")

    assert len(shown.splitlines()) == 3


def test_a_mistake_never_repeats_what_was_written():
    assert "hunter2" not in mistake("place: {password: hunter2}\ninner: hunter2\n")


def test_a_document_can_be_held_to_another_error():
    document = parse_document("place: 1", "pack.yaml")

    with pytest.raises(PackError):
        document.validated(Whole, document.data, error=PackError)


def test_a_part_is_named_under_its_place():
    document = parse_document("sources:\n  acme:\n    number: x\n", "a.yaml")

    with pytest.raises(SettingsError, match=r"a\.yaml:3: sources\.acme\.number"):
        document.validated(Inner, {"number": "x"}, under=("sources", "acme"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3: the key 'a' stands twice"),
        ("a:\n  b: 1\n  b: 2\n", "a.yaml:3: the key 'b' stands twice"),
        ("a: [1\nb: 2\n", "a.yaml:2: "),
        ("a: 1\n b: 2\n", "a.yaml:2: "),
        ("a: !!python/object:os.system 1\n", "a.yaml:1: "),
        ("a: 1\n---\nb: 2\n", "a.yaml:2: "),
        ("a: 1\n\tb: 2\n", "a.yaml:2: "),
        ("a: 1\nday: 2026-13-01\n", "a.yaml:2: "),
        ("a: 1\n? [x, y]\n: 2\n", "a.yaml:2: "),
        ("a: &x [*x]\n", "a.yaml: "),
        ("[" * 5_000, "a.yaml: "),
        ("a: \x00\n", "a.yaml: "),
    ],
)
def test_what_is_no_plain_document_is_refused_with_its_place(text, shown):
    assert refused(text).startswith(shown)


def test_a_broken_line_never_shows_what_stands_on_it():
    assert "hunter2" not in refused("password: *hunter2\n")
    assert "hunter2" not in refused("a: &hunter2 1\nb: &hunter2 2\nc: [*hunter2\n")
    assert "hunter2" not in refused("password: [hunter2\n")
    assert "hunter2" not in refused("password: @hunter2\n")


def test_an_empty_document_holds_nothing():
    assert parse_document("# nothing yet\n", "a.yaml").data is None


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match="there is no such file"):
        read_document(tmp_path / "a.yaml")


def test_a_file_that_is_no_text_is_named(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xff\xfe\x00a")

    with pytest.raises(SettingsError, match=re.escape(f"{file}: cannot be read")):
        read_document(file)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        read_document(tmp_path)


def test_a_file_is_read_under_its_own_name(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("place: 'こんにちは'\n", encoding="utf-8")

    document = read_document(file)

    assert document.data == {"place": "こんにちは"}
    assert Path(document.name) == file


@given(st.text(max_size=60))
def test_no_text_ends_in_anything_but_a_document_or_a_clear_error(text):
    try:
        document = parse_document(text, "a.yaml")
    except SettingsError as error:
        assert error.shown.startswith("a.yaml")  # noqa: PT017 - either end is right
    else:
        assert document.name == "a.yaml"

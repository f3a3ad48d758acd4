from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_files import LARGEST_BYTES, problems


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "private key"),
        ("key: AKIA" + "ABCDEFGHIJKLMNOP", "AWS key"),
        ("ghp_" + "a1B2" * 10, "GitHub token"),
        ("bearer: " + "A" * 22 + "b3C4" * 10, "X bearer token"),
        ('client_secret = "' + "q7W8" * 8 + '"', "assigned secret"),
        ("postgresql://bot:" + "hunter22hunter@db/answerable", "password in a URL"),
    ],
)
def test_a_line_that_looks_like_a_secret_is_named(
    tmp_path: Path, line: str, kind: str
) -> None:
    path = tmp_path / "bot.txt"
    path.write_text(f"first\n{line}\n")

    found = list(problems(path))

    assert found == [f"{path}:2: looks like a secret ({kind})"]


@pytest.mark.parametrize(
    "line",
    [
        'token_file: "/run/secrets/x"',
        "database: postgresql://bot@localhost/answerable",
        "password in a URL: postgresql://{user}:{password}@{host}/db",
        "AKIA" + "ABCDEFGHIJKLMNOP  # secret-ok: from the vendor's documentation",
        "sha256: " + "0f" * 32,
    ],
)
def test_ordinary_lines_pass(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bot.txt"
    path.write_text(line)

    assert list(problems(path)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", "a: [1\n"), ("a.toml", "a = \n"), ("a.yml", "a: b: c")],
)
def test_yaml_and_toml_that_do_not_parse_are_named(
    tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text)

    [found] = problems(path)

    assert "does not parse" in found


def test_a_file_above_the_limit_is_refused_and_a_picture_is_not(tmp_path: Path) -> None:
    large, picture = tmp_path / "weights.bin", tmp_path / "logo.png"
    with large.open("wb") as handle:
        handle.truncate(LARGEST_BYTES + 1)
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")

    assert len(list(problems(large))) == 1
    assert list(problems(picture)) == []

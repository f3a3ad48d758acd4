"""What somebody uploads becomes the files of one pack, or is refused as a whole."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.activation import PackKind
from bot.domain.clocks import PackRef
from bot.errors import NotAllowed
from bot.services.activation import MOST_CHARACTERS, MOST_FILES, Kept
from bot.services.uploads import MOST_BYTES, Sent, files_sent

HEAD = "pack: {id: acme, version: '2'}\n"


def read(folder: Path) -> PackRef:
    return PackRef(id="acme", version="1", sha256=str(folder))


@pytest.fixture
def house(tmp_path: Path) -> Kept:
    folder = tmp_path / "house" / "1"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text("pack: {}\n")
    (folder / "routes.yaml").write_text("routes: []\n")
    return Kept(kind=PackKind.HOUSE, folder=folder, check=read)


@pytest.fixture
def wording(tmp_path: Path) -> Kept:
    folder = tmp_path / "templates"
    for language in ("en", "de"):
        (folder / language).mkdir(parents=True)
        (folder / language / "answers.yaml").write_text(f"language: {language}\n")
    (folder / "en" / "only.yaml").write_text("language: en\n")
    return Kept(kind=PackKind.TEMPLATES, folder=folder, check=read)


def packed(
    files: Mapping[str, str | bytes],
    how: int = zipfile.ZIP_DEFLATED,
    name: str = "a.zip",
) -> list[Sent]:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", how) as archive:
        for place, text in files.items():
            archive.writestr(place, text)
    return [Sent(name=name, content=sink.getvalue())]


def sent(name: str, text: str | bytes = "a: 1\n") -> Sent:
    return Sent(name=name, content=text.encode() if isinstance(text, str) else text)


def refused(kept: Kept, given: list[Sent]) -> str:
    with pytest.raises(NotAllowed) as caught:
        files_sent(kept, given)
    return caught.value.shown


@pytest.mark.parametrize("around", ["", "2/", "my-pack.v2/"])
def test_an_archive_of_a_folder_is_the_whole_pack(house, around):
    files = {f"{around}pack.yaml": HEAD, f"{around}matrix.yaml": "matrix: {}\r\n"}

    assert files_sent(house, packed(files, name="A.ZIP")) == {
        "pack.yaml": HEAD,
        "matrix.yaml": "matrix: {}\n",
    }


@pytest.mark.parametrize("around", ["", "templates/"])
def test_wording_has_a_folder_for_each_language(wording, around):
    files = {f"{around}en/answers.yaml": "a: 1\n"}

    assert files_sent(wording, packed(files)) == {"en/answers.yaml": "a: 1\n"}


def test_what_a_desktop_leaves_in_an_archive_is_left_out(house):
    files: dict[str, str | bytes] = {
        "2/": "",
        "2/pack.yaml": HEAD,
        "2/.DS_Store": b"\x00\x01",
        "2/._pack.yaml": b"\x00\x05",
        "__MACOSX/2/._pack.yaml": b"\x00",
        "2/Thumbs.db": b"\xd0",
    }

    assert files_sent(house, packed(files)) == {"pack.yaml": HEAD}


def test_single_files_take_the_places_of_those_in_force(house, wording):
    some = [sent("routes.yaml", "\ufeffroutes: [1]\r\n"), sent("new.yaml")]

    assert files_sent(house, some) == {
        "pack.yaml": "pack: {}\n",
        "routes.yaml": "routes: [1]\n",
        "new.yaml": "a: 1\n",
    }
    assert files_sent(wording, [sent("only.yaml", "b: 2\n")]) == {
        "de/answers.yaml": "language: de\n",
        "en/answers.yaml": "language: en\n",
        "en/only.yaml": "b: 2\n",
    }
    assert "not which language" in refused(wording, [sent("answers.yaml")])
    assert "not which language" in refused(wording, [sent("another.yaml")])


@pytest.mark.parametrize(
    "name",
    [
        "../pack.yaml",
        "2/../../pack.yaml",
        "..",
        "../",
        "/etc/pack.yaml",
        "2//pack.yaml",
        "..\\pack.yaml",
        "C:\\pack.yaml",
        "c:pack.yaml",
        "~/pack.yaml",
        ".hidden.yaml",
        "2/.hidden/pack.yaml",
        "pack.yaml\x00.exe",
        "pa\nck.yaml",
        "p\u200bäck.yaml",
        f"{'a' * 200}.yaml",
        "pack.yml",
        "pack.yaml.exe",
        "run.sh",
    ],
)
def test_a_name_that_is_no_packs_is_refused(house, name):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        info = zipfile.ZipInfo("pack.yaml")
        # What the library would mend as it writes is written as it is meant here.
        info.filename = info.orig_filename = name
        archive.writestr(info, HEAD)

    assert refused(house, [sent("a.zip", sink.getvalue())])
    if not name.endswith("/"):
        assert refused(house, [sent(name)])


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"1/2/pack.yaml": HEAD},
        {"1/pack.yaml": HEAD, "2/pack.yaml": HEAD},
        {"pack.yaml": HEAD, "1/matrix.yaml": HEAD},
    ],
)
def test_an_archive_of_anything_but_one_folder_is_refused(house, files):
    assert "one pack's folder" in refused(house, packed(files))


def test_wording_without_languages_is_refused(wording):
    assert "for each language" in refused(wording, packed({"answers.yaml": "a: 1"}))


def test_a_bomb_is_unpacked_no_further_than_a_pack_may_be(house):
    bomb = packed({"pack.yaml": b"a" * (50 * MOST_BYTES)})
    assert len(bomb[0].content) < MOST_BYTES
    many = {f"f{number}.yaml": b"#" * (MOST_BYTES // 50) for number in range(60)}

    assert f"{MOST_CHARACTERS:,} characters" in refused(house, bomb)
    assert f"{MOST_CHARACTERS:,} characters" in refused(house, packed(many))


def test_sizes_that_an_archive_claims_are_not_believed(house):
    [honest] = packed({"pack.yaml": b"a" * (2 * MOST_BYTES)}, zipfile.ZIP_STORED)
    size = struct.pack("<I", 2 * MOST_BYTES)
    lying = honest.content.replace(size, struct.pack("<I", 5))
    assert lying != honest.content

    assert refused(house, [Sent(name="a.zip", content=lying)])


def test_an_archive_of_too_many_files_is_refused(house):
    many = {f"f{number}.yaml": "" for number in range(MOST_FILES + 1)}

    assert f"more than {MOST_FILES}" in refused(house, packed(many))


def test_too_many_characters_in_single_files_are_refused(house):
    half = b"#" * (MOST_BYTES // 2 + 1)

    assert "characters" in refused(house, [sent("a.yaml", half), sent("b.yaml", half)])


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["pack.yaml", "PACK.yaml"])
def test_what_is_there_twice_is_refused(house, second):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("pack.yaml", HEAD)
        archive.writestr(second, "other: 1")

    assert "twice" in refused(house, [sent("a.zip", sink.getvalue())])
    assert "twice" in refused(house, [sent("a.yaml"), sent("a.yaml")])


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_is_refused(house, kind):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        info = zipfile.ZipInfo("pack.yaml")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")

    assert "no plain file" in refused(house, [sent("a.zip", sink.getvalue())])


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_oddly_is_refused(house, how):
    assert "packed oddly" in refused(house, packed({"pack.yaml": HEAD}, how))


def test_what_is_encrypted_is_refused(house):
    [plain] = packed({"pack.yaml": HEAD})
    at = plain.content.index(b"PK\x01\x02") + 8
    marked = plain.content[:at] + b"\x01\x00" + plain.content[at + 2 :]

    assert "encrypted" in refused(house, [Sent(name="a.zip", content=marked)])


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \x00", b"a: \x1b[2J", b"PK\x03"])
def test_what_is_no_text_is_refused(house, content):
    assert "no text" in refused(house, packed({"pack.yaml": content}))
    assert "no text" in refused(house, [sent("pack.yaml", content)])


def test_what_is_no_archive_is_refused(house):
    [whole] = packed({"pack.yaml": HEAD * 500})
    broken = whole.content[:60] + b"\x00" * 20 + whole.content[80:]

    for content in (b"", b"PK", b"no archive", whole.content[:-30], broken):
        assert "cannot be read" in refused(house, [sent("a.zip", content)])


def test_nothing_or_an_archive_among_others_is_refused(house):
    [archive] = packed({"pack.yaml": HEAD})

    assert "choose a .zip" in refused(house, [])
    assert refused(house, [archive, sent("pack.yaml")])


@given(data=st.data())
def test_a_spoilt_archive_is_read_or_refused_and_never_a_defect(data):
    kept = Kept(kind=PackKind.HOUSE, folder=Path("nowhere"), check=read)
    [whole] = packed({"1/pack.yaml": HEAD * 9, "1/routes.yaml": "routes: []\n" * 20})
    spoilt = bytearray(whole.content)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(spoilt) - 1))
        spoilt[at] = data.draw(st.integers(0, 255))

    try:
        files = files_sent(kept, [Sent(name="a.zip", content=bytes(spoilt))])
    except NotAllowed:
        return
    assert all("/" not in name and name.endswith(".yaml") for name in files)

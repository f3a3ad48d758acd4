"""Uploads: files that somebody sends become the files of one pack, or are refused.

An archive is a stranger's: nothing is laid on disk by the names in it, nothing is
believed of the sizes that it claims, and what is no text goes no further.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.activation import PackKind
from bot.errors import NotAllowed
from bot.rules.chosen import files_of, is_name
from bot.services.activation import MOST_CHARACTERS, MOST_FILES, Kept

MOST_BYTES = 4 * MOST_CHARACTERS
"""Of all files together: no text of so many characters has more."""

LONGEST_NAME = 100
YAML, ZIP = ".yaml", ".zip"
HOW = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Other ways of packing may claim memory without end before a byte is read."""

DEPTH: Mapping[PackKind, int] = {PackKind.HOUSE: 1, PackKind.TEMPLATES: 2}
"""How deep a pack's files lie in its folder: wording has a folder for each language."""

_ENCRYPTED = 0x1
_UNPACKING = (
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One file as it was sent, with the name that its sender gave it."""

    name: str
    content: bytes


def files_sent(kept: Kept, sent: Sequence[Sent]) -> dict[str, str]:
    """Make a pack's files of what was sent: one archive of all of them, or some.

    Single files take the places of those in force, or are added to them. Raises
    ``NotAllowed`` with what is wrong, and nothing of it is kept.
    """
    if not sent:
        raise NotAllowed("choose a .zip of one pack's folder, or some .yaml files")
    if len(sent) == 1 and sent[0].name.lower().endswith(ZIP):
        return _of_archive(sent[0].content, DEPTH[kept.kind])
    if sum(len(one.content) for one in sent) > MOST_BYTES:
        raise NotAllowed(_too_much())
    files = files_of(kept.in_force)
    given: dict[str, str] = {}
    for one in sent:
        place = _place(kept, one.name, files)
        if place in given:
            raise NotAllowed(f"{one.name[:LONGEST_NAME]!r} was sent twice")
        given[place] = _text(one.name, one.content)
    return {**files, **given}


def _place(kept: Kept, name: str, files: Mapping[str, str]) -> str:
    """Say which file of the pack a single one is meant to be."""
    _check_name(name)
    if "/" in name:
        raise NotAllowed(f"{name!r} is no plain name of a file")
    there = [one for one in files if one.rpartition("/")[2] == name]
    if len(there) == 1:
        return there[0]
    if DEPTH[kept.kind] == 1:
        return name
    message = f"{name!r} says not which language it is for"
    raise NotAllowed(f"{message}; send a .zip with a folder for each language")


def _of_archive(content: bytes, depth: int) -> dict[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = dict(_unpacked(archive))
    except _UNPACKING as error:
        why = f"the .zip cannot be read ({type(error).__name__}); pack it anew"
        raise NotAllowed(why) from error
    return _within_folder(found, depth)


def _unpacked(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Read what an archive holds, and of each part no more than there is room for."""
    parts = [one for one in archive.infolist() if not _is_clutter(one)]
    if len(parts) > MOST_FILES:
        raise NotAllowed(f"the .zip holds more than {MOST_FILES} files")
    seen, left = set[str](), MOST_BYTES
    for one in parts:
        name = one.orig_filename
        _check_name(name)
        if name.lower() in seen:
            raise NotAllowed(f"the .zip holds {name!r} twice")
        seen.add(name.lower())
        kind = stat.S_IFMT(one.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise NotAllowed(f"{name!r} in the .zip is no plain file")
        if one.flag_bits & _ENCRYPTED or one.compress_type not in HOW:
            raise NotAllowed(f"{name!r} in the .zip is encrypted or packed oddly")
        with archive.open(one) as packed:
            content = packed.read(left + 1)
        left -= len(content)
        if left < 0:
            raise NotAllowed(_too_much())
        yield name, _text(name, content)


def _is_clutter(one: zipfile.ZipInfo) -> bool:
    """Whether it is a folder, or what a desktop leaves in an archive unasked."""
    parts = one.orig_filename.split("/")
    if ".." in parts:
        return False
    return (
        one.is_dir()
        or parts[0] == "__MACOSX"
        or parts[-1].startswith("._")
        or parts[-1] in {".DS_Store", "Thumbs.db", "desktop.ini"}
    )


def _within_folder(found: Mapping[str, str], depth: int) -> dict[str, str]:
    """Leave out the one folder around a pack; raise ``NotAllowed`` for any other."""
    parts = [name.split("/") for name in found]
    if parts and all(len(one) == depth + 1 for one in parts):
        tops = {one[0] for one in parts}
        if len(tops) == 1:
            return {name.partition("/")[2]: text for name, text in found.items()}
    if parts and all(len(one) == depth for one in parts):
        return dict(found)
    wanted = "its files" if depth == 1 else "a folder of files for each language"
    raise NotAllowed(f"the .zip must hold one pack's folder, with {wanted} in it")


def _check_name(name: str) -> None:
    """Refuse a name that could lead anywhere else, or that is no pack's."""
    shown = name[:LONGEST_NAME]
    if len(name) > LONGEST_NAME or not all(map(is_name, name.split("/"))):
        raise NotAllowed(
            f"{shown!r} is no name of a pack's file: letters, digits, dots, dashes "
            "and underscores, and nothing that leads out of its folder"
        )
    if not name.endswith(YAML):
        raise NotAllowed(f"{shown!r} is no {YAML} file, and a pack holds nothing else")


def _text(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        text = "\x00"
    if _NO_TEXT.search(text):
        raise NotAllowed(f"{name[:LONGEST_NAME]!r} is no text in UTF-8")
    return text


def _too_much() -> str:
    return f"a pack has {MOST_CHARACTERS:,} characters at most; nothing was kept"

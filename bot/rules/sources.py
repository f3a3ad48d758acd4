"""YAML as operators write it, with the line of every key, and hashes of the bytes.

Only plain data is read: no tags, no anchors, no dates by guess, and ``yes``, ``no``,
``on`` and ``off`` stay words (they are answers here, and ``no`` is a language).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from bot.errors import PackError

Key = tuple[str | int, ...]
"""Where a value stands: mapping keys and list positions from the top."""

MAX_BYTES = 1_000_000
"""A pack is written by hand; more than this is some other file."""

_SCALARS = {
    "tag:yaml.org,2002:bool": re.compile(r"^(?:true|false)$"),
    "tag:yaml.org,2002:int": re.compile(r"^-?(?:0|[1-9][0-9]{0,15})$"),
    "tag:yaml.org,2002:float": re.compile(r"^-?[0-9]{1,15}\.[0-9]{1,15}$"),
    "tag:yaml.org,2002:null": re.compile(r"^(?:~|null|)$"),
}


class _Loader(yaml.SafeLoader):
    """A safe loader that knows only four kinds of plain words."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the parent declares it so
        None: list(_SCALARS.items())
    }


@dataclass(slots=True)
class Source:
    """The data of one or more files, and where each of its keys stands."""

    files: tuple[Path, ...]
    data: dict[str, object] = field(default_factory=dict)
    lines: dict[Key, tuple[Path, int]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    def error(self, key: Key, words: str) -> PackError:
        """Name file, line and key of what is wrong; the nearest key that stands."""
        near = key
        while near and near not in self.lines:
            near = near[:-1]
        path, line = self.lines.get(near, (self.files[0], 1))
        name = ".".join(str(part) for part in key) or "the file"
        return PackError(f"{path}:{line}: {name}: {words}")


def read(path: Path) -> Source:
    """Read one file, or every ``*.yaml`` of a folder as one.

    Raises ``PackError`` for what cannot be read, is no mapping, or has a key twice,
    also in two files.
    """
    files = (path,) if path.is_file() else tuple(sorted(path.glob("*.yaml")))
    if not files:
        message = f"{path}: there is no such file, nor a folder with *.yaml files"
        raise PackError(message)
    source = Source(files=files)
    digest = hashlib.sha256()
    for file in files:
        raw = _bytes(file)
        digest.update(f"{file.name}\0{len(raw)}\0".encode())
        digest.update(raw)
        _add(source, file, raw)
        source.texts[file.name] = raw.decode("utf-8")
    source.sha256 = digest.hexdigest()
    return source


def _bytes(file: Path) -> bytes:
    try:
        raw = file.read_bytes()
    except OSError as error:
        message = f"{file}: cannot be read: {error.strerror}"
        raise PackError(message) from error
    if len(raw) > MAX_BYTES:
        message = f"{file}: has {len(raw)} bytes, {MAX_BYTES} at most"
        raise PackError(message)
    return raw


def _add(source: Source, file: Path, raw: bytes) -> None:
    try:
        node = _composed(raw)
        if not isinstance(node, yaml.MappingNode):
            message = f"{file}:1: the file must be a mapping of keys to values"
            raise PackError(message)
        _Reader(source, file).mapping(node, ())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{file}:{line}: not YAML: {error.problem}"
        raise PackError(message) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{file}:1: not UTF-8 text: {error}"
        raise PackError(message) from error
    except RecursionError as error:
        message = f"{file}:1: nested too deeply"
        raise PackError(message) from error


@lru_cache(maxsize=200)
def _composed(raw: bytes) -> yaml.Node | None:
    """Find the parts of a text; the same bytes are often read again, and cost most."""
    found: yaml.Node | None = yaml.compose(raw.decode("utf-8"), Loader=_Loader)
    return found


class _Reader:
    """Turns one file's nodes into plain data, noting the line of each."""

    def __init__(self, source: Source, file: Path) -> None:
        self._source, self._file = source, file
        self._seen: set[int] = set()

    def mapping(self, node: yaml.MappingNode, at: Key) -> dict[str, object]:
        """Read a mapping; the top one goes into the source's own."""
        found: dict[str, object] = self._source.data if not at else {}
        for key_node, value_node in node.value:
            key = self._key(key_node, at)
            here = (*at, key)
            if key in found:
                self._note(here, key_node)
                raise self._source.error(here, "stands here a second time")
            self._note(here, key_node)
            found[key] = self._value(value_node, here)
        return found

    def _key(self, node: yaml.Node, at: Key) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._note(at, node)
            raise self._source.error(at, "a key must be a plain word")
        return str(node.value)

    def _value(self, node: yaml.Node, at: Key) -> object:
        if id(node) in self._seen:
            raise self._source.error(at, "anchors and aliases are not read, repeat it")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                here = (*at, index)
                self._note(here, item)
                items.append(self._value(item, here))
            return items
        return self._scalar(node, at)

    def _scalar(self, node: yaml.Node, at: Key) -> object:
        match node.tag.rpartition(":")[2]:
            case "null":
                raise self._source.error(at, "has no value")
            case "bool":
                return node.value == "true"
            case "int":
                return int(node.value)
            case "float":
                return float(node.value)
            case "str":
                return str(node.value)
            case _:
                raise self._source.error(at, f"tag {node.tag} is not read")

    def _note(self, at: Key, node: yaml.Node) -> None:
        self._source.lines[at] = (self._file, node.start_mark.line + 1)

"""Domain values as JSON text and back, exactly: every value reads back equal.

The JSON is plain ASCII, so that a lone surrogate or a NUL in somebody's text survives
any database; numbers keep the form in which Python writes them, which PostgreSQL's own
JSON type would not promise.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any

Step = Callable[[Any], Any]

MICROSECOND = timedelta(microseconds=1)


def dump(kind: object, value: object) -> str:
    """Write a value of a kind (a dataclass, ``tuple[Reason, ...]``, ...) as JSON."""
    return json.dumps(_packer(kind)(value), separators=(",", ":"))


def load(kind: object, text: str) -> Any:  # noqa: ANN401 - the kind says what it is
    """Read what ``dump`` wrote for the same kind.

    Fields added to a dataclass since then take their defaults; fields that it no
    longer has are left out.
    """
    return _unpacker(kind)(json.loads(text))


@cache
def _packer(kind: Any) -> Step:  # noqa: ANN401
    plain = _plain(kind)
    if plain is not None:
        return _packer(plain)
    if dataclasses.is_dataclass(kind):
        return _pack_fields(_fields(kind))
    if isinstance(kind, type):
        return _pack_simple(kind)
    if _is_optional(kind):
        inner = _packer(_inner(kind))
        return lambda value: None if value is None else inner(value)
    origin, item = typing.get_origin(kind), _packer(_item(kind))
    if origin is tuple:
        return lambda value: [item(each) for each in value]
    return lambda value: {str(key): item(each) for key, each in value.items()}


@cache
def _unpacker(kind: Any) -> Step:  # noqa: ANN401
    plain = _plain(kind)
    if plain is not None:
        return _unpacker(plain)
    if dataclasses.is_dataclass(kind):
        return _unpack_fields(kind, _fields(kind))
    if isinstance(kind, type):
        return _unpack_simple(kind)
    if _is_optional(kind):
        inner = _unpacker(_inner(kind))
        return lambda value: None if value is None else inner(value)
    origin, item = typing.get_origin(kind), _unpacker(_item(kind))
    if origin is tuple:
        return lambda value: tuple(item(each) for each in value)
    return lambda value: {key: item(each) for key, each in value.items()}


def _pack_fields(fields: Mapping[str, object]) -> Step:
    steps = [(name, _packer(kind)) for name, kind in fields.items()]
    return lambda value: {name: step(getattr(value, name)) for name, step in steps}


def _unpack_fields(kind: Any, fields: Mapping[str, object]) -> Step:  # noqa: ANN401
    steps = [(name, _unpacker(each)) for name, each in fields.items()]

    def unpack(raw: Mapping[str, object]) -> object:
        return kind(**{name: step(raw[name]) for name, step in steps if name in raw})

    return unpack


def _pack_simple(kind: type) -> Step:
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, datetime):
        return datetime.isoformat
    if issubclass(kind, time):
        return time.isoformat
    if issubclass(kind, timedelta):
        return lambda value: value // MICROSECOND
    return _same


def _unpack_simple(kind: type) -> Step:
    if issubclass(kind, Enum):
        return kind
    if issubclass(kind, datetime):
        return datetime.fromisoformat
    if issubclass(kind, time):
        return time.fromisoformat
    if issubclass(kind, timedelta):
        return lambda value: timedelta(microseconds=value)
    return _same


def _same(value: object) -> object:
    return value


def _fields(kind: Any) -> Mapping[str, object]:  # noqa: ANN401
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _plain(kind: Any) -> object:  # noqa: ANN401
    """Return what a ``NewType`` stands for."""
    return getattr(kind, "__supertype__", None)


def _is_optional(kind: object) -> bool:
    return isinstance(kind, types.UnionType)


def _inner(kind: object) -> object:
    return next(each for each in typing.get_args(kind) if each is not type(None))


def _item(kind: object) -> object:
    """Return the kind of a ``tuple[Item, ...]``'s items or a mapping's values."""
    if typing.get_origin(kind) is tuple:
        return typing.get_args(kind)[0]
    return typing.get_args(kind)[1]

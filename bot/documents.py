"""YAML files read into typed models, each mistake named by file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import SettingsError

Key = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

PLAIN_WORDS = {
    "extra_forbidden": "there is no such key",
    "missing": "this key is missing",
    "model_type": "keys with values are needed here",
    "date_from_datetime_parsing": "this is no date; write YYYY-MM-DD",
    "date_from_datetime_inexact": "this is no date; write YYYY-MM-DD",
    "date_parsing": "this is no date; write YYYY-MM-DD",
    "date_type": "this is no date; write YYYY-MM-DD",
    "time_delta_parsing": "this is no duration; write PT30S, PT5M, PT2H or P1D",
    "time_delta_type": "this is no duration; write PT30S, PT5M, PT2H or P1D",
}
"""What is said for mistakes that pydantic names for programmers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file holds, and on which line each key stands.

    ``origins`` override lines: values that came from elsewhere, such as a variable.
    """

    name: str
    data: object
    lines: Mapping[Key, int] = field(default_factory=dict)
    origins: Mapping[Key, str] = field(default_factory=dict)

    def where(self, key: Key) -> str:
        """Say where a key, or the nearest one around it, was written."""
        for end in range(len(key), -1, -1):
            if key[:end] in self.origins:
                return self.origins[key[:end]]
            if key[:end] in self.lines:
                return f"{self.name}:{self.lines[key[:end]]}"
        return self.name

    def validated(
        self,
        model: type[Model],
        data: object,
        *,
        under: Key = (),
        error: type[SettingsError] = SettingsError,
    ) -> Model:
        """Return the typed model, or raise ``error`` with every mistake in it."""
        try:
            return model.model_validate(data)
        except ValidationError as invalid:
            told = [self._told(under, line) for line in invalid.errors()]
            raise error("\n".join(told)) from None

    def _told(self, under: Key, mistake: Mapping[str, object]) -> str:
        location = mistake["loc"]
        # The input is left out: it may be a secret.
        key = under + (location if isinstance(location, tuple) else ())
        name = ".".join(str(part) for part in key) or "the file"
        said = str(mistake["msg"]).removeprefix("Value error, ")
        words = PLAIN_WORDS.get(str(mistake["type"]), said)
        return f"{self.where(key)}: {name}: {words}"


def read_document(
    path: Path, *, error: type[SettingsError] = SettingsError
) -> Document:
    """Read one YAML file with the safe loader; raise ``error`` if that fails."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        message = f"{path}: there is no such file"
        raise error(message) from None
    except (OSError, UnicodeDecodeError) as cause:
        message = f"{path}: cannot be read ({type(cause).__name__})"
        raise error(message) from cause
    return parse_document(text, str(path), error=error)


def parse_document(
    text: str, name: str, *, error: type[SettingsError] = SettingsError
) -> Document:
    """Parse YAML text; a key written twice is a mistake, not a choice."""
    lines: dict[Key, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            data = None if node is None else _built(loader, node, (), lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as cause:
        line = cause.problem_mark.line + 1 if cause.problem_mark else 1
        message = f"{name}:{line}: {_problem(cause)}"
        raise error(message) from None
    except yaml.YAMLError as cause:
        message = f"{name}: this is not YAML ({cause})"
        raise error(message) from None
    except RecursionError:
        message = f"{name}: it is nested too deeply, or a part of it holds itself"
        raise error(message) from None
    return Document(name=name, data=data, lines=lines)


def _problem(cause: yaml.MarkedYAMLError) -> str:
    """Say what is wrong in YAML's words, but never quote a value: it may be secret."""
    if isinstance(cause, yaml.composer.ComposerError) and "alias" in str(cause.problem):
        return "a value that begins with * must stand in quotes"
    return cause.problem or "this is not YAML"


def _built(
    loader: yaml.SafeLoader, node: yaml.Node, key: Key, lines: dict[Key, int]
) -> object:
    lines[key] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        built: dict[object, object] = {}
        for name_node, value_node in node.value:
            name = _scalar(loader, name_node)
            if name in built:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} stands twice", name_node.start_mark
                )
            part = name if isinstance(name, int) else str(name)
            built[name] = _built(loader, value_node, (*key, part), lines)
            lines[(*key, part)] = name_node.start_mark.line + 1
        return built
    if isinstance(node, yaml.SequenceNode):
        return [
            _built(loader, item, (*key, index), lines)
            for index, item in enumerate(node.value)
        ]
    return _scalar(loader, node)


def _scalar(loader: yaml.SafeLoader, node: yaml.Node) -> object:
    """Read one plain value; a list or mapping cannot be a key."""
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(
            None, None, "a key must be one word or text", node.start_mark
        )
    try:
        return loader.construct_object(node)
    except ValueError:
        raise yaml.constructor.ConstructorError(
            None, None, "this is no valid date or number", node.start_mark
        ) from None

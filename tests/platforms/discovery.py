"""Google's discovery documents as JSON Schema: what may be asked and answered."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.platforms.http_platform import Answer, Asked

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))


class Discovery:
    """One API as its owner describes it; skips the test where that is not at hand."""

    def __init__(self, file: str) -> None:
        path = SHARED / "contracts" / "youtube" / file
        if not path.exists():
            pytest.skip(f"{file} is not beside the checkout")
        self._whole = json.loads(path.read_text(encoding="utf-8"))

    @cached_property
    def methods(self) -> list[Mapping[str, Any]]:
        return list(_methods(self._whole))

    @cached_property
    def definitions(self) -> Any:
        return {name: strict(one) for name, one in self._whole["schemas"].items()}

    def check(self, asked: Asked, answer: Answer) -> str:
        """Hold a request and its answer to the document; return the method's id."""
        method, found = self._method(asked)
        known = {**method.get("parameters", {}), **self._whole["parameters"]}
        for name, value in {**asked.query, **found}.items():
            self._parameter(name, value, known[name])
        wanted = {one for one, told in known.items() if told.get("required")}
        assert wanted <= {*asked.query, *found}
        if "request" in method:
            self.validate(method["request"]["$ref"], asked.body)
        if answer.status == 200:
            self.validate(method["response"]["$ref"], answer.body)
        return str(method["id"])

    def validate(self, schema: str, body: object) -> None:
        whole = {"$ref": f"#/$defs/{schema}", "$defs": self.definitions}
        jsonschema.Draft202012Validator(whole).validate(body)

    def _method(self, asked: Asked) -> tuple[Mapping[str, Any], dict[str, str]]:
        for method in self.methods:
            parts = re.split(r"\{\+?(\w+)\}", method["path"])
            pattern = "".join(
                f"(?P<{part}>[^/:]+)" if number % 2 else re.escape(part)
                for number, part in enumerate(parts)
            )
            found = re.fullmatch(f"/{pattern}", asked.path)
            if found and method["httpMethod"] == asked.method:
                return method, found.groupdict()
        raise AssertionError(f"{asked.method} {asked.path} is no method")

    def _parameter(self, name: str, value: str, told: Mapping[str, Any]) -> None:
        assert value in told.get("enum", [value]), name
        if told["type"] == "integer":
            assert int(told.get("minimum", 0)) <= int(value), name
            assert int(value) <= int(told.get("maximum", value)), name


def strict(schema: Any) -> Any:
    """Make JSON Schema of Google's dialect, with nothing that is not described."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kept = {
        name: strict(value)
        for name, value in schema.items()
        if name in {"type", "enum", "items", "properties", "additionalProperties"}
    }
    if "properties" in schema:
        named = {name: strict(one) for name, one in schema["properties"].items()}
        kept |= {"properties": named, "additionalProperties": False}
    if kept.get("type") == "any":
        del kept["type"]
    return kept


def _methods(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from node.get("methods", {}).values()
    for inner in node.get("resources", {}).values():
        yield from _methods(inner)

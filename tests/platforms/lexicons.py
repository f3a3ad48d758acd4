"""Lexicons, as AT Protocol describes its requests and answers, read as JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import regex

Json: TypeAlias = Any

FORMATS = {
    "at-identifier": r"^(did:[a-z]+:[a-zA-Z0-9._:%-]+|([a-zA-Z0-9-]+\.)+[a-z]+)$",
    "at-uri": r"^at://[a-zA-Z0-9._:%-]+(/[a-zA-Z0-9.-]+(/[a-zA-Z0-9._:~-]+)?)?$",
    "cid": r"^baf[a-z2-7]{20,}$",
    "datetime": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
    "did": r"^did:[a-z]+:[a-zA-Z0-9._:%-]+$",
    "handle": r"^([a-zA-Z0-9-]+\.)+[a-zA-Z][a-zA-Z0-9-]*$",
    "language": r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]+)*$",
    "nsid": r"^[a-z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+$",
    "record-key": r"^[a-zA-Z0-9._:~-]{1,512}$",
    "tid": r"^[2-7a-j][2-7a-z]{12}$",
    "uri": r"^[a-z][a-z0-9+.-]*:\S+$",
}
PLAIN = {"integer", "boolean", "string"}


class Lexicons:
    """Every lexicon in a folder; each kind of thing is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._schemas: dict[str, Json] = {}

    def check_query(self, nsid: str, given: Json) -> None:
        """Refuse parameters that the lexicon does not describe."""
        main = self._document(nsid)["defs"]["main"]
        told = main.get("parameters", {"properties": {}})
        schema = self._object({**told, "type": "object"}, nsid)
        self._validate({**schema, "additionalProperties": False}, given)

    def check_input(self, nsid: str, given: Json) -> None:
        """Refuse a body that the lexicon does not describe."""
        told = self._document(nsid)["defs"]["main"].get("input")
        if told is None:
            assert not given, f"{nsid} takes no body"
            return
        self._validate(self._of(told["schema"], nsid), given)

    def check_output(self, nsid: str, answer: Json) -> None:
        """Refuse an answer that the lexicon does not describe."""
        told = self._document(nsid)["defs"]["main"]["output"]["schema"]
        self._validate(self._of(told, nsid), answer)

    def check_record(self, record: Json) -> None:
        """Refuse a record that is not what its ``$type`` says."""
        told = self._document(record["$type"])["defs"]["main"]["record"]
        self._validate(self._of(told, record["$type"]), record)
        most = told["properties"].get("text", {}).get("maxGraphemes")
        assert not most or len(regex.findall(r"\X", record["text"])) <= most

    def check_key(self, collection: str, key: str) -> None:
        """Refuse a record key of another kind than the lexicon asks for."""
        kind = self._document(collection)["defs"]["main"]["key"]
        assert regex.search(FORMATS[kind], key), f"{key} is no {kind}"

    def is_method(self, nsid: str, kind: str) -> bool:
        """Whether it is a query or a procedure, as ``kind`` says."""
        return bool(self._document(nsid)["defs"]["main"]["type"] == kind)

    def _validate(self, schema: Json, value: Json) -> None:
        whole = {**schema, "$defs": self._schemas}
        jsonschema.Draft202012Validator(whole).validate(value)

    def _document(self, nsid: str) -> Json:
        file = self._folder.joinpath(*nsid.split(".")).with_suffix(".json")
        return json.loads(file.read_text(encoding="utf-8"))

    def _ref(self, ref: str, nsid: str) -> Json:
        """Name a definition, ``app.bsky.feed.defs#postView`` or ``#postView``."""
        where, _, name = ref.partition("#")
        where, name = where or nsid, name or "main"
        key = f"{where}_{name}"
        if key not in self._schemas:
            self._schemas[key] = {}  # it may hold itself
            told = self._document(where)["defs"][name]
            if told["type"] == "record":
                told = told["record"]
            self._schemas[key] = self._of(told, where)
        return {"$ref": f"#/$defs/{key}"}

    def _of(self, told: Json, nsid: str) -> Json:
        kind = told["type"]
        if kind == "object":
            return self._object(told, nsid)
        if kind == "array":
            names = {"minLength": "minItems", "maxLength": "maxItems"}
            bounds = {names[key]: told[key] for key in names if key in told}
            return {"type": "array", "items": self._of(told["items"], nsid), **bounds}
        if kind == "ref":
            return self._ref(told["ref"], nsid)
        if kind == "union":
            return self._union(told, nsid)
        if kind in PLAIN:
            schema = {
                key: told[key]
                for key in ("enum", "const", "minimum", "maximum", "maxLength")
                if key in told
            }
            pattern = FORMATS.get(told.get("format", ""))
            return {"type": kind, **schema, **({"pattern": pattern} if pattern else {})}
        return {}  # unknown, blob, bytes, cid-link, token: nothing that we rely on

    def _object(self, told: Json, nsid: str) -> Json:
        nullable = told.get("nullable", [])
        properties = {}
        for name, one in told.get("properties", {}).items():
            schema = self._of(one, nsid)
            if name in nullable:
                schema = {"anyOf": [schema, {"type": "null"}]}
            properties[name] = schema
        return {
            "type": "object",
            "properties": properties,
            "required": told.get("required", []),
        }

    def _union(self, told: Json, nsid: str) -> Json:
        """Check what is known by its ``$type``; unions are open unless they say so."""
        cases = []
        for ref in told["refs"]:
            whole = ref if not ref.startswith("#") else nsid + ref
            is_it = {"properties": {"$type": {"const": whole.removesuffix("#main")}}}
            cases.append({"if": is_it, "then": self._ref(ref, nsid)})
        return {"type": "object", "required": ["$type"], "allOf": cases}

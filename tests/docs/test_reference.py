"""The reference pages say all there is to say: the code is read and compared."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import typer.main
from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot import errors
from bot.cli.main import app
from bot.connectors import registry
from bot.connectors._edge import ConnectorSettings
from bot.domain.clocks import ClockState
from bot.domain.handoff import HandOffState
from bot.domain.letters import LetterState
from bot.domain.replies import ReplyState
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"

STATES: dict[str, tuple[type[StrEnum], tuple[str, ...]]] = {
    "clock": (ClockState, ()),
    "letter": (LetterState, ("edited", "forgotten")),
    "handoff": (HandOffState, ()),
    "reply": (ReplyState, ("postponed", "agreed", "gone", "checked")),
}
"""What stands behind the point of actions that are named for a state."""


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """Every table row by what stands in its first cell between backticks."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        first = re.fullmatch(r"`([^`]+)`", cells[0])
        if line.startswith("|") and first:
            found[first[1]] = cells[1:]
    return found


def sections(text: str) -> dict[str, str]:
    """Every section by what its heading names between backticks."""
    parts = re.split(r"^##+ `([^`]+)`.*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


BLOCK = re.compile(r"^```sh\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
CALL = re.compile(r"(?:^|[|&;(] ?)(?:\.venv/bin/)?(bot (?!$)[^|#>&;)]*)")

SOURCES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "bot").rglob("*.py"))
}


# --- commands


def commands(group: Any = None, path: str = "bot") -> Iterator[tuple[str, Any]]:
    group = group or typer.main.get_command(app)
    for name, command in sorted(group.commands.items()):
        below = f"{path} {name}"
        if hasattr(command, "commands"):
            yield from commands(command, below)
        else:
            yield below, command


COMMANDS = dict(commands())


def options(command: Any) -> set[str]:
    return {
        name
        for one in command.params
        for name in one.opts
        if name.startswith("--") and name != "--help"
    }


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_a_section_with_each_of_its_options(path: str) -> None:
    section = sections(page("cli.md")).get(path, "")

    named = set(re.findall(r"`(--[a-z0-9-]+)[^`]*`", section))

    assert named == options(COMMANDS[path])


def test_no_command_is_described_that_is_not_there() -> None:
    assert set(sections(page("cli.md"))) == set(COMMANDS)


def shown_commands() -> Iterator[tuple[str, str]]:
    """Give each `bot ...` line of each page's code blocks, with the page's name."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for block in BLOCK.findall(text):
            for line in block.splitlines():
                for found in CALL.finditer(line):
                    yield str(path.relative_to(ROOT)), found[1].strip()


@pytest.mark.parametrize(("where", "line"), sorted(set(shown_commands())))
def test_every_command_that_a_page_shows_is_one_that_works(
    where: str, line: str
) -> None:
    words = line.split()
    path = next(
        (
            " ".join(words[:length])
            for length in (3, 2)
            if " ".join(words[:length]) in COMMANDS
        ),
        "",
    )

    assert path or words[1] in {"--version", "--help"}, f"{where}: {line}"
    used = {word.split("=")[0] for word in words if word.startswith("--")}
    assert used - options(COMMANDS[path]) - {"--help"} == set() if path else True


# --- settings


def keys(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        below = f"{path}{field.alias or name}"
        inner = inner_model(field.annotation)
        if inner is None:
            yield below, field
        elif get_origin(field.annotation) is list:
            yield from keys(inner, f"{below}[].")
        elif get_origin(field.annotation) is dict:
            yield from keys(inner, f"{below}.<name>.")
        else:
            yield from keys(inner, f"{below}.")


def inner_model(annotation: Any) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def written(field: FieldInfo) -> str:
    """Return a default as the page writes it."""
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined:
        return "needed"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, timedelta):
        default = TypeAdapter(timedelta).dump_python(default, mode="json")
    if isinstance(default, tuple):
        default = TypeAdapter(list[timedelta]).dump_python([*default], mode="json")
    if default is None or default in ("", [], {}):
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        return f"`[{', '.join(default)}]`"
    return f"`{default}`"


KEYS = dict(keys(Settings))


def variable(key: str) -> str:
    if "[]" in key:
        return "in the file only"
    return f"`BOT_{key.upper().replace('.', '__')}`"


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_has_a_line_with_its_variable_and_default(key: str) -> None:
    found = rows(page("settings.md"))

    assert key in found
    assert found[key][0] == variable(key)
    assert found[key][1] == written(KEYS[key])


def test_no_setting_is_described_that_is_not_there() -> None:
    found = rows(page("settings.md"))
    described = {key for key in found if not key.startswith("BOT_")}

    assert described - set(KEYS) == set()


# --- errors


def error_classes() -> dict[str, ast.ClassDef]:
    """Find every class of the error tree in the source, wherever it stands."""
    classes = {
        node.name: node
        for tree in SOURCES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    ours = {"BotError"}
    while more := {
        name
        for name, node in classes.items()
        if name not in ours
        and any(isinstance(base, ast.Name) and base.id in ours for base in node.bases)
    }:
        ours |= more
    return {name: classes[name] for name in ours if not name.startswith("_")}


@pytest.mark.parametrize("name", sorted(error_classes()))
def test_every_error_has_a_line_with_its_exit_code_and_when_to_retry(
    name: str,
) -> None:
    found = rows(page("errors.md"))

    assert name in found
    error = getattr(errors, name, None)
    if error is not None:
        assert found[name][:2] == [str(error.exit_code), f"`{error.retry.value}`"]


# --- the audit log


def entries() -> Iterator[tuple[str, str, set[str]]]:
    """Find every audit entry that the source writes: its file, action, detail keys."""
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func) == "AuditEntry":
                given = {one.arg: one.value for one in node.keywords}
                where = str(path.relative_to(ROOT))
                for action in actions(given["action"], tree):
                    yield where, action, detail_keys(given.get("detail"), tree)


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def actions(node: ast.expr, tree: ast.Module) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return actions(node.body, tree) | actions(node.orelse, tree)
    if isinstance(node, ast.JoinedStr):
        noun = str(getattr(node.values[0], "value", "")).rstrip(".")
        states, others = STATES[noun]
        return {f"{noun}.{end}" for end in (*(one.value for one in states), *others)}
    function = next(
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef) and node in set(ast.walk(one))
    )
    given = [*assigned(name_of(node), function), *passed(name_of(node), function, tree)]
    return set().union(*(actions(one, tree) for one in given))


def assigned(name: str, function: ast.FunctionDef) -> Iterator[ast.expr]:
    for one in ast.walk(function):
        if isinstance(one, ast.Assign):
            target, value = one.targets[0], one.value
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            yield from (made for to, made in pairs if name_of(to) == name)


def passed(name: str, function: ast.FunctionDef, tree: ast.Module) -> Iterator[Any]:
    names = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
    for call in ast.walk(tree):
        if (
            name in names
            and isinstance(call, ast.Call)
            and name_of(call.func) == function.name
        ):
            given: dict[str | None, ast.expr] = {
                **dict(zip(names, call.args, strict=False)),
                **{one.arg: one.value for one in call.keywords},
            }
            yield given[name]


def detail_keys(node: ast.expr | None, tree: ast.Module) -> set[str]:
    if isinstance(node, ast.Call):
        made = next(
            one
            for one in ast.walk(tree)
            if isinstance(one, ast.FunctionDef) and one.name == name_of(node.func)
        )
        returned = [one for one in ast.walk(made) if isinstance(one, ast.Return)]
        return set().union(*(detail_keys(one.value, tree) for one in returned))
    if not isinstance(node, ast.Dict):
        return set()
    return {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}


ENTRIES: dict[tuple[str, str], set[str]] = {}
for _where, _action, _keys in entries():
    ENTRIES.setdefault((_where, _action), set()).update(_keys)


@pytest.mark.parametrize(("where", "action"), sorted(ENTRIES))
def test_every_audit_action_has_a_line_and_its_section_every_detail(
    where: str, action: str
) -> None:
    text = page("audit-actions.md")
    noun = action.partition(".")[0]
    section = sections(text).get(f"{noun}.*", "")

    assert action in rows(section)
    assert ENTRIES[where, action] - set(re.findall(r"`([a-z0-9_]+)`", section)) == set()


def test_no_audit_action_is_described_that_nothing_writes() -> None:
    described = {
        name for name in rows(page("audit-actions.md")) if re.search(r"\w\.\w", name)
    }

    assert described - {action for _, action in ENTRIES} == set()


# --- connectors and the index


@pytest.mark.parametrize("name", registry.names(()))
def test_every_connector_has_a_page_with_each_of_its_own_settings(name: str) -> None:
    connector = registry.load(name, ())
    shared = set(ConnectorSettings.model_fields) - {"brand"}
    own = set(connector.settings_model.model_fields) - shared

    text = (ROOT / connector.info.docs).read_text(encoding="utf-8")

    assert connector.info.docs == f"docs/connectors/{name}.md"
    assert own - set(re.findall(r"`([a-z_]+)`", text)) == set()


def test_the_index_leads_to_every_page() -> None:
    docs = ROOT / "docs"
    index = (docs / "index.md").read_text(encoding="utf-8")
    decisions = (docs / "adr" / "index.md").read_text(encoding="utf-8")
    index += decisions.replace("](", "](adr/")
    linked = set(re.findall(r"\]\(([^)#]+)", index))

    pages = {str(path.relative_to(docs)) for path in docs.rglob("*.md")}

    assert pages - linked - {"index.md"} == set()

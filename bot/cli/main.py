"""The ``bot`` command: its parts, and what its exit codes mean.

0 all went well; 1 the command found something wrong (a broken seal, a line that is no
JSON); 2 settings, packs or the command line; 3 the database; 4 the model; 5 a platform
or source; 6 not allowed, not there, or changed by someone else; 70 a defect of ours;
130 stopped by Ctrl-C or answered no (`bot run` ends cleanly on Ctrl-C: 0).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import bot
from bot.cli import (
    audit,
    chains,
    claims,
    classify,
    compare,
    corrections,
    database,
    deadlines,
    desks,
    doctor,
    finetune,
    handoff,
    heads,
    letters,
    matrix,
    mentions,
    merging,
    model,
    notify,
    opening,
    people,
    quarantine,
    replies,
    report,
    rules,
    run,
    scope,
    serve,
    sources,
    tickets,
    users,
    watchdog,
    workers,
)
from bot.cli.output import complain
from bot.errors import BotError
from bot.logs import logger

DEFECT = 70
INTERRUPTED = 130

app = typer.Typer(
    help="Listen to what is said about a brand, answer in public, and prove it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("schedule")(workers.schedule)
app.command("work")(workers.work)
app.command("poll")(run.poll)
app.command("replay")(run.replay)
app.command("classify")(classify.classify)
app.command("doctor")(doctor.doctor)
app.command("watchdog")(watchdog.watchdog)
tickets.app.command("chain")(chains.chain)
tickets.app.command("claim")(claims.claim)
tickets.app.command("next")(claims.claim_next)
tickets.app.command("release")(claims.release)
tickets.app.command("hand-off")(claims.hand_off)
tickets.app.command("note")(claims.note)
tickets.app.command("merge")(merging.merge)
tickets.app.command("split")(merging.split)
tickets.app.command("open")(opening.open_ticket)
tickets.app.command("pack")(opening.add_pack)
tickets.app.command("review")(scope.review)
tickets.app.command("unreviewed")(scope.unreviewed)
tickets.app.command("deadlines")(deadlines.deadlines)
model.app.command("compare")(compare.compare)
model.app.command("weak-labels")(heads.weak_labels)
model.app.command("add-head")(heads.add_head)
model.app.command("activate")(finetune.activate)
app.add_typer(tickets.app, name="ticket")
mentions.app.command("correct")(corrections.correct)
mentions.app.command("corrections")(corrections.corrections)
app.add_typer(mentions.app, name="mention")
app.add_typer(people.app, name="people")
app.add_typer(replies.app, name="reply")
app.add_typer(letters.app, name="notice")
app.add_typer(handoff.app, name="handoff")
app.add_typer(audit.app, name="audit")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(report.app, name="report")
app.add_typer(sources.app, name="source")
app.add_typer(database.app, name="db")
app.add_typer(doctor.config_app, name="config")
app.add_typer(model.app, name="model")
app.add_typer(rules.app, name="rules")
app.add_typer(notify.app, name="notify")
app.add_typer(desks.app, name="desk")
app.add_typer(matrix.app, name="matrix")
app.add_typer(users.app, name="user")


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bot {bot.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_say_version, help="Say the version."
        ),
    ] = False,
) -> None:
    """Answerable: social-media listening and escalation that can be proven."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; what goes wrong is one clear line and an exit code."""
    sys.exit(_exit_code(arguments))


def _exit_code(arguments: Sequence[str] | None) -> int:
    try:
        result = app(args=arguments, prog_name="bot", standalone_mode=False)
    except BotError as error:
        complain(error.shown)
        return error.exit_code
    except typer.TyperException as error:
        # Without words where the help was asked for, and printed, by naming nothing.
        words = error.format_message().strip().rstrip(".")
        if words := words.replace("Value error, ", ""):
            complain(f"{words}. See '{_path_of(error)} --help'.")
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        complain("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as `head` does; nothing is wrong.
        sys.stdout = None
        return 0
    except Exception as error:  # noqa: BLE001 - the root of the command line
        logger("cli").exception("defect", error=type(error).__name__)
        complain(
            f"a defect in Answerable: {type(error).__name__}; what is stored is safe. "
            "The log says where."
        )
        return DEFECT
    return result if isinstance(result, int) else 0


def _path_of(error: typer.TyperException) -> str:
    """Name the command that was not understood, as it was typed."""
    return str(getattr(getattr(error, "ctx", None), "command_path", "bot"))

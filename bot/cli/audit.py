"""``bot audit``: prove that the log is whole, here or from an exported file."""

from __future__ import annotations

import typer

app = typer.Typer(help="The audit log: verify it, export it, take its head along.")

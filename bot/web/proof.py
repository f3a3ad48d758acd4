"""Proof: is the log whole and did a head of it leave, and what was never seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)

from bot.audit.export import read_head, write_export
from bot.bootstrap import App
from bot.domain.audit import Head
from bot.domain.ports import Work
from bot.domain.staff import Right, Viewer
from bot.errors import Missing, SettingsError, StorageError
from bot.reports.coverage import SEEN, Certificate, certify
from bot.services.exports import Order, began
from bot.services.ingest import month_of
from bot.services.jobs import Tell, job, start
from bot.services.proofs import prove
from bot.services.seal import current_head
from bot.web.gate import May, whole
from bot.web.room import Console

VERIFY = "verify"
MOST_UNSEALED = 1000
"""More are told as "more than": a sealer that is so far behind is the news."""

DAYS = (1, 7, 30, 90)

SEES_PROOF = Annotated[Viewer, Depends(May(Right.SEE_LOG))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the log is sealed, and what of it left the machine."""

    head: Head | None
    unsealed: int
    exported: Head | None
    exports_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What of a period one source was seen, and what it has used of its month."""

    name: str
    brand: str
    seen: Certificate
    reads: int
    reads_limit: int | None
    posts: int
    cost: float
    currency: str

    @property
    def share(self) -> float | None:
        """Which part of the watched minutes was seen, to 100; ``None``: none was."""
        counted = {
            cause: number
            for cause, number in self.seen.minutes.items()
            if cause != "NotYetWatched"
        }
        whole = sum(counted.values())
        return 100 * counted.get(SEEN, 0) / whole if whole else None

    @property
    def watched_from(self) -> float:
        """Where watching begins in a picture 1000 wide, at its end if it never did."""
        first = self.seen.first_look_at or self.seen.until
        since, until = self.seen.since, self.seen.until
        return round(1000 * max((first - since) / (until - since), 0), 1)

    def bars(self) -> Iterator[Mapping[str, object]]:
        """Give each stretch of blindness as a part of a picture 1000 wide."""
        whole = (self.seen.until - self.seen.since).total_seconds() or 1.0
        for outage in self.seen.outages:
            for part in outage.parts:
                left = (part.started_at - self.seen.since).total_seconds()
                yield {
                    "x": round(1000 * left / whole, 1),
                    "width": max(
                        round(1000 * part.lasted.total_seconds() / whole, 1), 1
                    ),
                    "part": part,
                }


def routes(console: Console) -> APIRouter:
    """Make the page of proofs."""
    made, app, pages = APIRouter(), console.app, console.pages

    @made.get("/proof")
    def show(
        viewer: SEES_PROOF, days: Annotated[int, Query(ge=1, le=90)] = 7
    ) -> HTMLResponse:
        """Say how the log stands, and what each source saw."""
        now = app.clock.now()
        return pages.page(
            "proof.html",
            viewer,
            standing=_standing(app),
            job=job(app.store, VERIFY),
            at=now,
            days=days,
            choices=DAYS,
            watched=_watched(app, viewer, now - timedelta(days=days), now),
            key=_fingerprint(app),
            instant=datetime.fromisoformat,
        )

    @made.get("/proof/verification")
    def verification(viewer: SEES_PROOF) -> HTMLResponse:
        """Say how far the verification is."""
        return pages.page(
            "part_verification.html",
            viewer,
            job=job(app.store, VERIFY),
            at=app.clock.now(),
        )

    @made.post("/proof/verify")
    def verify(viewer: SEES_PROOF) -> RedirectResponse:
        """Recompute every seal, beside all other work."""
        head = current_head(app.store)

        def do(tell: Tell) -> Mapping[str, object]:
            with app.store.audit_log() as records:
                left = _exported(app)
                return prove(
                    app.store, app.clock, records, tell, by=viewer.name, left=left
                )

        total = head.total if head else 0
        start(app.store, app.clock, VERIFY, do, by=viewer.name, total=total)
        return RedirectResponse("/proof", HTTPStatus.SEE_OTHER)

    @made.post("/proof/log")
    def whole_log(viewer: SEES_PROOF) -> StreamingResponse:
        """Hand out the whole log, which proves itself anywhere."""
        whole(viewer)
        name = f"audit-log-{app.clock.now():%Y%m%dT%H%M%SZ}.jsonl"
        began(app.store, app.clock, Order(file=name, asked={}, by=viewer.name))

        def lines() -> Iterator[bytes]:
            with app.store.audit_log() as records:
                yield from write_export(records)

        return StreamingResponse(
            lines(),
            media_type="application/jsonl",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @made.get("/proof/key.pem")
    def public_key(viewer: SEES_PROOF) -> PlainTextResponse:  # noqa: ARG001 - the door
        """Hand out the public half of the key that signs exports."""
        key = app.signer
        if key is None:
            raise Missing("no key signs exports; name a file in audit.key_file")
        return PlainTextResponse(key.public, media_type="application/x-pem-file")

    return made


def _standing(app: App) -> Standing:
    with app.store.reading() as work:
        unsealed = len(work.audit.unsealed(MOST_UNSEALED + 1))
    return Standing(
        head=current_head(app.store),
        unsealed=unsealed,
        exported=_exported(app),
        exports_to=str(app.head_dir or ""),
    )


def _exported(app: App) -> Head | None:
    """Return the newest head that was written to where heads leave the machine."""
    if app.head_dir is None:
        return None
    files = sorted(app.head_dir.glob("head-*.json"))
    try:
        return read_head(files[-1].read_text(encoding="ascii")) if files else None
    except (OSError, ValueError) as error:
        message = f"{files[-1]} is no head of the log: {error}"
        raise StorageError(message) from error


def _fingerprint(app: App) -> str:
    """Return the signing key's fingerprint; looking makes no key."""
    path = app.settings.audit.key_file
    if path is None or not path.exists():
        return ""
    key = app.signer
    return key.fingerprint if key else ""


def _watched(
    app: App, viewer: Viewer, since: datetime, now: datetime
) -> Sequence[Watched]:
    try:
        sources = app.sources
    except SettingsError:
        return ()
    with app.store.reading() as work:
        return [
            _one(app, work, name, since, now)
            for name in sources
            if viewer.may_see(_brand(app, name))
        ]


def _brand(app: App, name: str) -> str:
    return str(app.settings.sources[name].options.get("brand", ""))


def _one(app: App, work: Work, name: str, since: datetime, now: datetime) -> Watched:
    source, written = app.sources[name], app.settings.sources[name]
    reads, posts = work.sources.spent(name, month_of(now))
    budget = written.budget
    return Watched(
        name=name,
        brand=_brand(app, name),
        seen=certify(
            work.sources.coverage(name, since=since),
            source=name,
            since=since,
            until=now,
            now=now,
            late_after=source.late_after,
        ),
        reads=reads,
        reads_limit=budget.monthly_reads,
        posts=posts,
        cost=reads * budget.price_per_read + posts * budget.price_per_post,
        currency=budget.currency,
    )

"""Case files: one complaint handed out with all that proves it, and that on record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta

from bot.audit.case_file import (
    CASE,
    FORMAT,
    LOG,
    READ_ME,
    README,
    SEALS,
    SUMS,
    VERSION,
    Proven,
    pack_folder,
    written_entries,
    written_seals,
    written_sums,
)
from bot.audit.manifest import Exported, write_manifest
from bot.audit.seal import audit_path, head, written_instant
from bot.clock import Clock
from bot.domain.audit import AuditEntry, Batch, Head, KeptEntry
from bot.domain.clocks import PackRef
from bot.domain.mentions import text_hash
from bot.domain.ports import Store, Work
from bot.domain.response_log import LogEntry
from bot.domain.tickets import TicketId
from bot.services.evidence import Evidence, Post, evidence_of
from bot.services.exports import MANIFEST, PROGRAM, Signer, packed, seal_for
from bot.services.seal import seal_pending

LONGEST_CHAIN = 50_000
"""Entries under the seals from a case's first to the newest: more are not taken along,
and then only an export of the whole log shows how the case's seals are chained."""

Summed = Callable[[LogEntry, datetime], object]
"""Says a complaint's line of the response log in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case as a ZIP that proves itself, and what its file is called."""

    name: str
    content: bytes


def hand_out(
    store: Store,
    clock: Clock,
    ticket_id: TicketId,
    *,
    by: str,
    key: Signer | None,
    summed: Summed,
) -> CaseFile:
    """Gather, prove, sign and hand out one case; it is on record before it is given.

    Whoever calls has seen to it that ``by`` may read the ticket. Raises ``Missing``.
    """
    seal_for(store, clock)
    evidence = evidence_of(store, ticket_id)
    if evidence.unsealed:
        # Something was logged between, or was overlooked for a long transaction.
        while seal_pending(store, clock, everything=True):
            pass
    now = clock.now()
    with store.reading() as work:
        texts = {one: work.packs.files(one) for one, _ in evidence.packs}
        kept = _sealed(work, evidence)
        batches, newest = _batches(work, kept)
    files = {
        CASE: _written(_case(evidence, summed(evidence.entry, now), texts)),
        LOG: written_entries(_proven(kept, batches)),
        SEALS: written_seals(one.seal for one in batches),
        README: READ_ME.encode(),
        **_pack_files(texts),
    }
    sums = written_sums(files)
    ticket = evidence.dossier.ticket
    exported = Exported(
        file=SUMS,
        sha256=hashlib.sha256(sums).hexdigest(),
        size=len(sums),
        rows=len(kept),
        asked={"ticket": ticket.key},
        figures={
            "posts": len(evidence.posts),
            "replies": len(evidence.stories),
            "entries": len(kept),
            "seals": len(batches),
            "packs": sum(bool(one) for one in texts.values()),
        },
        made_at=written_instant(now),
        made_by=by,
        program=PROGRAM,
        seal=newest,
    )
    manifest = write_manifest(exported, key.private if key else None)
    _on_record(store, ticket.id, exported, key, now, by)
    whole = {**files, SUMS: sums, MANIFEST: manifest}
    name = f"case-{ticket.key}-{now:%Y%m%dT%H%M%SZ}.zip"
    return CaseFile(name=name, content=packed(whole, now))


def _on_record(
    store: Store,
    ticket_id: TicketId,
    exported: Exported,
    key: Signer | None,
    now: datetime,
    by: str,
) -> None:
    entry = AuditEntry(
        action="case.handed_out",
        subject=f"ticket:{ticket_id}",
        at=now,
        actor=by,
        detail={
            "sha256": exported.sha256,
            "entries": exported.rows,
            "seal": exported.seal and exported.seal.number,
            "signed_by": key.fingerprint if key else "",
        },
    )
    with store.work() as work:
        work.audit.append([entry])


# --- the log's part


def _sealed(work: Work, evidence: Evidence) -> Sequence[KeptEntry]:
    """Return the evidence's entries with their seals, which they all have by now."""
    known = {one.kept.entry.id for one in evidence.logged}
    found = work.audit.kept(evidence.subjects)
    return [one for one in found if one.entry.id in known and one.seal is not None]


def _batches(
    work: Work, kept: Sequence[KeptEntry]
) -> tuple[Sequence[Batch], Head | None]:
    """Return the seals over some entries, up to the newest if that is not too far."""
    numbers = sorted({one.seal for one in kept if one.seal is not None})
    last = work.audit.last_seal()
    if last is None:
        return [], None
    newest = head(last)
    if not numbers:
        return [], newest
    (first,) = work.audit.batches(numbers[0], numbers[0])
    if last.total - first.seal.total <= LONGEST_CHAIN:
        return work.audit.batches(numbers[0], last.number), newest
    found = [work.audit.batches(one, one) for one in numbers[1:]]
    return [first, *(batch for some in found for batch in some)], newest


def _proven(kept: Sequence[KeptEntry], batches: Sequence[Batch]) -> Sequence[Proven]:
    by_number = {one.seal.number: one for one in batches}
    found = []
    for one in kept:
        assert one.seal is not None  # noqa: S101 - only sealed ones come here
        batch = by_number[one.seal]
        position = batch.seal.entry_ids.index(one.entry.id)
        found.append(
            Proven(
                entry=one.entry,
                seal=one.seal,
                position=position,
                path=tuple(audit_path(batch.leaves, position)),
            )
        )
    return found


# --- what people read


def _case(
    evidence: Evidence, line: object, texts: Mapping[PackRef, Mapping[str, str]]
) -> dict[str, object]:
    whole = evidence.dossier
    return {
        "format": FORMAT,
        "version": VERSION,
        "ticket": whole.ticket.key,
        "merged_into_it": [one.key for one in evidence.merged],
        "line": line,
        "posts": [_post(one) for one in evidence.posts],
        "replies": [
            {
                "reply": one.key,
                "id": one.id,
                "kind": one.kind,
                "state": one.state,
                "is_private": one.is_private,
                "answers": one.mention_id,
                # What it quoted of a post may have been withdrawn with that since.
                "text": one.text if text_hash(one.text) == one.text_hash else None,
                "text_left": one.text,
                "text_sha256": one.text_hash,
                "template": one.template,
                "written_by": one.written_by,
                "approved_by": one.approved_by,
                "external_id": one.external_id,
                "url": one.url,
                "sent_at": one.sent_at,
                "seen_at": one.seen_at,
                "looked_at": one.looked_at,
                "gone_at": one.gone_at,
                "reason": one.reason,
                "approvals": story.approvals,
                "steps": story.steps,
                "counted_as": story.meant,
            }
            for one, story in evidence.stories
        ],
        "promises": whole.clocks,
        "earlier_promises": whole.earlier,
        "notices": [
            {
                "notice": one.notice,
                "state": one.state,
                "way": one.way,
                "sent_at": one.sent_at,
                "receipt": one.receipt,
                "text_sha256": one.text_hash,
            }
            for one in whole.letters
        ],
        "packs": [
            {
                "id": one.id,
                "version": one.version,
                "sha256": one.sha256,
                "folder": _folder(one) if files else None,
            }
            for one, files in texts.items()
        ],
    }


def _post(post: Post) -> dict[str, object]:
    stored, seen = post.stored, post.seen
    mention, tags = stored.mention, seen.tags
    return {
        "post": f"M-{stored.id:06d}",
        "id": stored.id,
        "text": None if stored.text_sha256 else mention.text,
        "text_sha256": post.sha256,
        "channel": mention.channel,
        "external_id": mention.external_id,
        "is_public": mention.is_public,
        "published_at": mention.published_at,
        "edited_at": mention.edited_at,
        "read_at": stored.ingested_at,
        "source": stored.source,
        "removed_at": stored.removed_at,
        "author": mention.author,
        "versions": [
            {
                "number": one.number,
                "text": one.text or None,
                "text_sha256": one.text_sha256,
                "edited_at": one.edited_at,
                "replaced_at": one.replaced_at,
            }
            for one in post.versions
        ],
        "models": tags.model if tags else None,
        "decided_at": seen.decided_at,
        "decision": seen.decision,
    }


def _folder(pack: PackRef) -> str:
    return pack_folder(pack.id, pack.version, pack.sha256)


def _pack_files(texts: Mapping[PackRef, Mapping[str, str]]) -> dict[str, bytes]:
    return {
        f"{_folder(pack)}{name}": text.encode()
        for pack, files in texts.items()
        for name, text in files.items()
    }


def _written(case: Mapping[str, object]) -> bytes:
    return json.dumps(case, indent=1, default=_plain).encode("ascii") + b"\n"


def _plain(value: object) -> object:
    """Say a value of the domain in JSON, every field by its own name."""
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, datetime):
        return written_instant(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, frozenset):
        return sorted(value)
    message = f"a case file cannot hold a {type(value).__name__}"
    raise TypeError(message)

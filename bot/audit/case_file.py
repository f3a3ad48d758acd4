"""The case file: one complaint with all that proves it, checked anywhere.

A few files under their SHA-256 in ``SHA256SUMS``, which the manifest signs: the case,
the log's entries about it, each with its path to the root of its seal (RFC 6962), the
seals, and the packs by which it was judged. What people read is tied to the log: an
entry that a seal covers must know the hash of each text and pack, when each post was
published and each reply seen, and how each promise ended.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from bot.audit.export import ENTRY, SEAL, fits, parsed, written
from bot.audit.records import Line, Log, Record
from bot.audit.seal import leaf_hash, root_by_path, seal_hash
from bot.audit.verify import verify
from bot.domain.audit import Head, LoggedEntry, Seal
from bot.domain.clocks import ClockState
from bot.domain.mentions import text_hash

CASE, LOG, SEALS = "case.json", "log.jsonl", "seals.jsonl"
README, SUMS = "README.txt", "SHA256SUMS"
PACKS = "packs/"
WAY = ("seal", "position", "path")

FORMAT, VERSION = "answerable-case", 1

READ_ME = """\
This is one complaint, as Answerable kept it, with what proves it.

case.json    the post as it was seen, the decision with its reasons, models and packs,
             what was said in reply with its proof, every promise and its history
log.jsonl    every entry of the audit log about it, with the way to its seal's root
seals.jsonl  the seals that cover them
packs/       the very text of the rules by which it was judged and promised
SHA256SUMS   the SHA-256 of each of these files
manifest.json  signed by the house (Ed25519); it holds the SHA-256 of SHA256SUMS

Check all of it, offline:
    bot audit verify-export THIS.zip --key answerable.pem

By hand: "sha256sum -c SHA256SUMS" compares the files. An entry's leaf is the SHA-256
of a zero byte and the JSON list [id, at, actor, action, subject, detail], ASCII, no
spaces. Its path leads to its seal's root as RFC 6962 (2.1.1) says, nearest first. A
seal's hash is the SHA-256 of the byte 2 and the JSON list [number, sealed_at,
entry_ids, root, previous, total]; "previous" is the hash of the seal before it.
A pack's hash is the SHA-256 over its files by name, for each: its name, a zero byte,
its length in bytes, a zero byte, its bytes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """An entry of the log with its way to the root of the seal that covers it."""

    entry: LoggedEntry
    seal: int
    position: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChecked:
    """What a check of a case file came to; ``findings`` is empty where all holds.

    ``entries`` are its part of the log, under ``seals``; ``chained_to`` is the seal to
    which these are chained without a gap, ``None`` where seals between them are not in
    the file.
    """

    findings: Sequence[str]
    entries: Sequence[LoggedEntry]
    seals: Sequence[Seal]
    chained_to: int | None


def written_entries(entries: Iterable[Proven]) -> bytes:
    """Write entries as lines of JSON, in the order given."""
    return b"".join(
        written({**asdict(one.entry), "seal": one.seal, **_way(one)}) for one in entries
    )


def written_seals(seals: Iterable[Seal]) -> bytes:
    """Write seals as lines of JSON, in the order given."""
    return b"".join(written(asdict(one)) for one in seals)


def written_sums(files: Mapping[str, bytes]) -> bytes:
    """Write the SHA-256 of each file as ``sha256sum`` reads it."""
    return "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(files.items())
    ).encode()


def pack_folder(name: str, version: str, sha256: str) -> str:
    """Return where a pack's files lie; two of one version may differ in their text."""
    return f"{PACKS}{name}-{version}-{sha256[:8]}/"


def pack_sha256(files: Mapping[str, bytes]) -> str:
    """Return the hash by which the log knows a pack of these files."""
    digest = hashlib.sha256()
    for name, raw in sorted(files.items()):
        digest.update(f"{name}\0{len(raw)}\0".encode())
        digest.update(raw)
    return digest.hexdigest()


def check_case(files: Mapping[str, bytes], head: Head | None) -> CaseChecked:
    """Check everything that a case file holds but its signature.

    ``head`` is the newest seal that the signed manifest names. Nothing in the files,
    however damaged, makes it raise.
    """
    seals, wrong_seals = _seals(files.get(SEALS, b""))
    entries, wrong_entries = _entries(files.get(LOG, b""), seals)
    findings = [
        *_against_sums(files),
        *wrong_seals,
        *_chain(seals, head),
        *wrong_entries,
        *_case(files, entries),
    ]
    return CaseChecked(
        findings=list(dict.fromkeys(findings)),
        entries=entries,
        seals=seals,
        chained_to=_chained_to(seals, head),
    )


def check_against(log: Log, case: CaseChecked) -> Iterator[str]:
    """Compare a case with an export of the whole log, which must be whole.

    Its seals must stand there, and nothing about it may be left out of the case.
    """
    wanted = {one.number: one for one in case.seals}
    subjects = {one.subject for one in case.entries}
    known = {one.id for one in case.entries}
    newest = max(known, default=0)
    found: dict[int, Seal] = {}
    left_out: list[LoggedEntry] = []

    def kept() -> Iterator[Record]:
        for record in log:
            if isinstance(record, Seal) and record.number in wanted:
                found[record.number] = record
            if (
                isinstance(record, Line)
                and record.entry.subject in subjects
                and record.entry.id < newest
                and record.entry.id not in known
            ):
                left_out.append(record.entry)
            yield record

    for finding in verify(kept()).findings:
        yield f"the log: {finding}"
    for number, one in wanted.items():
        if number not in found:
            yield f"seal {number} is not in that log; is it an older one?"
        elif found[number] != one:
            yield f"seal {number} is another one in that log"
    for entry in left_out:
        yield f"entry {entry.id} ({entry.action}) of that log is left out of the case"


def _way(one: Proven) -> dict[str, object]:
    return {"position": one.position, "path": list(one.path)}


# --- what a check looks at


def _against_sums(files: Mapping[str, bytes]) -> Iterator[str]:
    try:
        lines = files.get(SUMS, b"").decode().splitlines()
    except UnicodeDecodeError:
        yield f"{SUMS} is no list of files"
        return
    told = {name: digest for digest, _, name in (one.partition("  ") for one in lines)}
    for name in sorted(told.keys() - files.keys()):
        yield f"{name} is missing"
    for name in sorted(files.keys() - told.keys() - {SUMS}):
        yield f"{name} was not handed out with it"
    for name in sorted(told.keys() & files.keys()):
        if hashlib.sha256(files[name]).hexdigest() != told[name]:
            yield f"{name} is not the file that was handed out"


def _lines(raw: bytes, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each line's place with what it says; nothing where that is nonsense."""
    for number, line in enumerate(raw.splitlines(keepends=True), 1):
        yield f"{name} line {number}", parsed(line)


def _seals(raw: bytes) -> tuple[list[Seal], list[str]]:
    seals: list[Seal] = []
    findings: list[str] = []
    for where, fields in _lines(raw, SEALS):
        if tuple(fields) != SEAL or not fits(fields, SEAL):
            findings.append(f"{where} is no seal")
            continue
        seal = Seal(**{**fields, "entry_ids": tuple(fields["entry_ids"])})
        if seal.hash != seal_hash(seal):
            findings.append(f"seal {seal.number} is not what was sealed")
        if seals and seal.number <= seals[-1].number:
            findings.append(f"seal {seal.number} stands out of its order")
        seals.append(seal)
    return seals, findings


def _chain(seals: Sequence[Seal], head: Head | None) -> Iterator[str]:
    for before, after in pairwise(seals):
        if after.number == before.number + 1 and after.previous != before.hash:
            yield f"seal {after.number} is not chained to the seal before it"
    if head is None:
        yield "the manifest names no seal"
        return
    for one in seals:
        if one.number > head.number:
            yield f"seal {one.number} is newer than the one that the manifest names"
        if one.number == head.number and one.hash != head.hash:
            yield f"seal {one.number} is not the one that the manifest names"


def _chained_to(seals: Sequence[Seal], head: Head | None) -> int | None:
    if head is None or not seals or seals[-1].number != head.number:
        return None
    is_whole = all(
        after.number == before.number + 1 for before, after in pairwise(seals)
    )
    return head.number if is_whole else None


def _entries(raw: bytes, seals: Sequence[Seal]) -> tuple[list[LoggedEntry], list[str]]:
    by_number = {one.number: one for one in seals}
    entries: list[LoggedEntry] = []
    findings: list[str] = []
    for where, fields in _lines(raw, LOG):
        if tuple(fields) != (*ENTRY, *WAY) or not fits(fields, ENTRY):
            findings.append(f"{where} is no entry")
            continue
        entry = LoggedEntry(**{name: fields[name] for name in ENTRY})
        seal, position, path = (fields[name] for name in WAY)
        try:
            wrong = _not_sealed(entry, by_number.get(seal), position, path)
        except (TypeError, ValueError):
            findings.append(f"{where} is no entry")
            continue
        if wrong:
            findings.append(f"entry {entry.id} ({entry.action}) {wrong}")
        if entries and entry.id <= entries[-1].id:
            findings.append(f"entry {entry.id} ({entry.action}) is out of its order")
        entries.append(entry)
    return entries, findings


def _not_sealed(
    entry: LoggedEntry, seal: Seal | None, position: int, path: Sequence[str]
) -> str:
    """Say why an entry is none of a seal's; empty if it is one."""
    if seal is None:
        return "stands under a seal that is not in the file"
    size = len(seal.entry_ids)
    if not 0 <= position < size or seal.entry_ids[position] != entry.id:
        return f"has no such place under seal {seal.number}"
    if root_by_path(leaf_hash(entry), position, size, path) != seal.root:
        return f"is not what seal {seal.number} covers"
    return ""


Said = Mapping[str, Sequence[LoggedEntry]]
"""What the log says of each thing."""


def _case(files: Mapping[str, bytes], entries: Sequence[LoggedEntry]) -> Sequence[str]:
    """Tie what people read to the log: nothing that no entry knows."""
    said: defaultdict[str, list[LoggedEntry]] = defaultdict(list)
    for entry in entries:
        said[entry.subject].append(entry)
    try:
        told = json.loads(files.get(CASE, b""))
        return [
            *_wrong_texts(told, said),
            *_left_out(told, said),
            *_wrong_instants(told, said),
            *_wrong_ends(told, said),
            *_wrong_packs(told, said, files),
        ]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return [f"{CASE} is no case"]


def _wrong_texts(told: Mapping[str, Any], said: Said) -> Iterator[str]:
    for subject, name, text, sha256 in _texts(told):
        if text is not None and text_hash(text) != sha256:
            yield f"{CASE}: the words of {name} are not those of its hash"
        if not any(f'"{sha256}"' in one.detail for one in said.get(subject, ())):
            yield f"{CASE}: no entry of the log knows the words of {name}"


def _left_out(told: Mapping[str, Any], said: Said) -> Iterator[str]:
    here = {
        *(f"mention:{one['id']}" for one in told["posts"]),
        *(f"reply:{one['id']}" for one in told["replies"]),
    }
    for subject in said:
        if subject.startswith(("mention:", "reply:")) and subject not in here:
            yield f"{CASE}: {subject}, of which the log tells, is left out"


def _wrong_instants(told: Mapping[str, Any], said: Said) -> Iterator[str]:
    for post in told["posts"]:
        at = [
            _detail(one).get("published_at")
            for one in said.get(f"mention:{post['id']}", ())
            if one.action == "mention.stored"
        ]
        if at and not any(_is_same(one, post["published_at"]) for one in at):
            yield f"{CASE}: the log has another time at which {post['post']} came out"
    for reply in told["replies"]:
        seen = [
            one.at
            for one in said.get(f"reply:{reply['id']}", ())
            if one.action == "reply.seen"
        ]
        if reply["seen_at"] is not None and reply["seen_at"] not in seen:
            yield f"{CASE}: no entry of the log saw {reply['reply']} then"


ENDS = frozenset(
    {ClockState.MET, ClockState.BREACHED, ClockState.EXCUSED, ClockState.WAIVED}
)


def _wrong_ends(told: Mapping[str, Any], said: Said) -> Iterator[str]:
    of_clocks: defaultdict[int, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for one in (one for some in said.values() for one in some):
        if one.action.startswith("clock."):
            detail = _detail(one)
            of_clocks[detail.get("clock", 0)].append((one.action, detail))
    for clock in told["promises"]:
        state, ended_at = clock["state"], clock["ended_at"]
        if state in ENDS and not any(
            (action == f"clock.{state}" and _is_same(detail["ended_at"], ended_at))
            # It came as it stood from a ticket that was merged with it.
            or (action == "clock.taken_over" and detail["was"] == state)
            for action, detail in of_clocks[clock["id"]]
        ):
            rule = clock["plan"]["rule"]
            yield f"{CASE}: no entry of the log says that {rule} was {state} then"


def _detail(entry: LoggedEntry) -> Mapping[str, Any]:
    told = json.loads(entry.detail)
    return told if isinstance(told, dict) else {}


def _is_same(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return datetime.fromisoformat(one) == datetime.fromisoformat(other)


def _wrong_packs(
    told: Mapping[str, Any], said: Said, files: Mapping[str, bytes]
) -> Iterator[str]:
    known = [one.detail for some in said.values() for one in some]
    for one in told["packs"]:
        name, folder = f"{one['id']} {one['version']}", one["folder"]
        if not any(f'"{one["sha256"]}"' in detail for detail in known):
            yield f"{CASE}: no entry of the log knows the pack {name}"
        if folder is None:
            continue
        own = {
            path.removeprefix(folder): content
            for path, content in files.items()
            if path.startswith(folder)
        }
        if pack_sha256(own) != one["sha256"]:
            yield f"{folder} is not the text of {name}"


def _texts(told: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None, str]]:
    """Give each text's subject in the log, its name, the text, and its hash.

    Words that were withdrawn have left their hash alone.
    """
    for post in told["posts"]:
        subject, name = f"mention:{post['id']}", post["post"]
        yield subject, name, post["text"], post["text_sha256"]
        for one in post["versions"]:
            version = f"{name}, version {one['number']}"
            yield subject, version, one["text"], one["text_sha256"]
    for reply in told["replies"]:
        subject = f"reply:{reply['id']}"
        yield subject, reply["reply"], reply["text"], reply["text_sha256"]

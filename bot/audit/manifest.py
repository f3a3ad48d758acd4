"""What proves an exported file: its hash and what it holds, signed by the house.

A manifest stands beside the file, whatever kind that is, and names the newest seal of
the log. The signature is Ed25519 (RFC 8032) over the ASCII JSON of all other fields
with sorted keys and no spaces, behind ``CONTEXT``: any program can check it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from bot.domain.audit import Head

FORMAT = "answerable-export"
VERSION = 1

CONTEXT = b"answerable-export 1\n"
"""Stands before what is signed, so that no other signature of the key can pass."""

MAX_MANIFEST = 1024 * 1024
"""Bytes; a longer one is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One exported file, as its manifest tells of it.

    ``asked`` is the filter, ``figures`` what was counted in it.
    """

    file: str
    sha256: str
    size: int
    rows: int
    asked: Mapping[str, object]
    figures: Mapping[str, int]
    made_at: str
    made_by: str
    program: str
    seal: Head | None


def new_key() -> bytes:
    """Make a private key, as PEM without a password."""
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_half(private: bytes) -> str:
    """Return the public key of a private one, as PEM; ``ValueError`` for another."""
    public = _private(private).public_key()
    written = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return written.decode("ascii")


def fingerprint(public: str) -> str:
    """Return what people compare: SHA-256 of the raw public key, in hex."""
    return hashlib.sha256(_raw(public)).hexdigest()


def write_manifest(exported: Exported, private: bytes | None) -> bytes:
    """Write a manifest, signed if there is a key; ``ValueError`` for a wrong one."""
    seal = exported.seal
    told: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "file": exported.file,
        "sha256": exported.sha256,
        "bytes": exported.size,
        "rows": exported.rows,
        "filter": dict(exported.asked),
        "figures": dict(exported.figures),
        "made_at": exported.made_at,
        "made_by": exported.made_by,
        "program": exported.program,
        "seal": seal
        and {
            "number": seal.number,
            "hash": seal.hash,
            "total": seal.total,
            "sealed_at": seal.sealed_at,
        },
    }
    if private is not None:
        told["public_key"] = public_half(private)
        told["signature"] = _private(private).sign(_signed(told)).hex()
    return json.dumps(told, indent=2).encode("ascii") + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check came to; ``findings`` is empty where all is as it was signed.

    ``told`` are the manifest's fields, ``signer`` the fingerprint of the key in it,
    empty if it bears none.
    """

    told: Mapping[str, Any]
    signer: str
    findings: Sequence[str]


def check_export(
    content: Iterable[bytes], manifest: bytes, public: str | None = None
) -> Checked:
    """Compare a file with its manifest, and its signature with a key of the house.

    Without that key only the manifest's own is used, which anybody could have made:
    then its fingerprint must be compared. Raises ``ValueError`` for what is no
    manifest or no key.
    """
    told, findings = _read(manifest), []
    digest, size = hashlib.sha256(), 0
    for part in content:
        digest.update(part)
        size += len(part)
    if digest.hexdigest() != told["sha256"] or size != told["bytes"]:
        findings.append(
            f"the file is not the one that was exported: its SHA-256 is "
            f"{digest.hexdigest()}, the manifest says {told['sha256']}"
        )
    key, signature = str(told.get("public_key", "")), str(told.get("signature", ""))
    if not signature or not key:
        findings.append("the manifest is not signed")
        return Checked(told=told, signer="", findings=findings)
    try:
        _public(key).verify(bytes.fromhex(signature), _signed(told))
    except (InvalidSignature, ValueError):
        findings.append("the manifest is not what was signed")
        return Checked(told=told, signer="", findings=findings)
    if public is not None and fingerprint(public) != fingerprint(key):
        findings.append(
            f"it was signed by another key, whose fingerprint is {fingerprint(key)}"
        )
    return Checked(told=told, signer=fingerprint(key), findings=findings)


def _read(manifest: bytes) -> dict[str, Any]:
    try:
        told = json.loads(manifest)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        message = f"this is no manifest of an export ({FORMAT})"
        raise ValueError(message)
    if told.get("version") != VERSION or not {"sha256", "bytes", "file"} <= told.keys():
        message = f"this manifest is not of version {VERSION}"
        raise ValueError(message)
    return told


def _signed(told: Mapping[str, object]) -> bytes:
    covered = {name: value for name, value in told.items() if name != "signature"}
    written = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    return CONTEXT + written.encode("ascii")


def _private(pem: bytes) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        found = None
    if isinstance(found, Ed25519PrivateKey):
        return found
    message = "this is no Ed25519 private key in PEM"
    raise ValueError(message)


def _public(pem: str) -> Ed25519PublicKey:
    try:
        found = load_pem_public_key(pem.encode("utf-8"))
    except ValueError:
        found = None
    if isinstance(found, Ed25519PublicKey):
        return found
    message = "this is no Ed25519 public key in PEM"
    raise ValueError(message)


def _raw(pem: str) -> bytes:
    return _public(pem).public_bytes(Encoding.Raw, PublicFormat.Raw)

from __future__ import annotations

import hashlib
import json

import pytest

from bot.audit.manifest import (
    CONTEXT,
    Exported,
    check_export,
    fingerprint,
    new_key,
    public_half,
    write_manifest,
)
from bot.domain.audit import Head

CONTENT = b"ticket,kept\r\nT-000001,in_time\r\n"
KEY = new_key()


def exported(**fields):
    whole = {
        "file": "response-log.csv",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "size": len(CONTENT),
        "rows": 1,
        "asked": {"brand": "Kestrel Air – ☕"},
        "figures": {"in_time": 1},
        "made_at": "2026-11-26T00:00:00+00:00",
        "made_by": "Ada",
        "program": "answerable 0.1.0",
        "seal": Head(number=3, hash="a" * 64, total=9, sealed_at="2026-11-25"),
    }
    return Exported(**{**whole, **fields})


def test_a_file_with_its_manifest_is_what_was_signed() -> None:
    manifest = write_manifest(exported(), KEY)

    checked = check_export([CONTENT[:7], CONTENT[7:]], manifest, public_half(KEY))

    assert checked.findings == []
    assert checked.signer == fingerprint(public_half(KEY))
    assert checked.told["seal"]["number"] == 3


@pytest.mark.parametrize("at", [0, len(CONTENT) // 2, len(CONTENT) - 1])
def test_one_changed_byte_of_the_file_is_found(at: int) -> None:
    manifest = write_manifest(exported(), KEY)
    changed = CONTENT[:at] + bytes([CONTENT[at] ^ 1]) + CONTENT[at + 1 :]

    [finding] = check_export([changed], manifest).findings

    assert finding.startswith("the file is not the one that was exported")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows", 2),
        ("figures", {"in_time": 2}),
        ("filter", {}),
        ("made_by", "Noor"),
        ("seal", None),
        ("more", 1),
    ],
)
def test_one_changed_word_of_the_manifest_is_found(name: str, value: object) -> None:
    told = json.loads(write_manifest(exported(), KEY))
    told[name] = value

    [finding] = check_export([CONTENT], json.dumps(told).encode()).findings

    assert finding == "the manifest is not what was signed"


def test_a_signature_by_anybody_else_is_no_signature_of_the_house() -> None:
    forged = write_manifest(exported(rows=99), new_key())

    [finding] = check_export([CONTENT], forged, public_half(KEY)).findings

    assert finding.startswith("it was signed by another key")


def test_an_unsigned_one_says_so() -> None:
    manifest = write_manifest(exported(), None)

    assert check_export([CONTENT], manifest).findings == ["the manifest is not signed"]


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b"\xff", b'{"format": "other"}'])
def test_what_is_no_manifest_is_refused_in_words(said: bytes) -> None:
    with pytest.raises(ValueError, match="no manifest"):
        check_export([CONTENT], said)


@pytest.mark.parametrize("field", ["signature", "public_key"])
def test_nonsense_in_place_of_a_signature_is_no_signature(field: str) -> None:
    told = {**json.loads(write_manifest(exported(), KEY)), field: "zz"}

    findings = check_export([CONTENT], json.dumps(told).encode()).findings

    assert findings == ["the manifest is not what was signed"]


def test_any_program_can_check_the_signature_by_the_page_alone() -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    told = json.loads(write_manifest(exported(), KEY))
    signature = bytes.fromhex(told.pop("signature"))
    written = json.dumps(told, sort_keys=True, separators=(",", ":"))

    public = load_pem_public_key(told["public_key"].encode())

    public.verify(signature, CONTEXT + written.encode("ascii"))  # type: ignore[union-attr,call-arg]


def test_only_a_key_of_this_kind_signs() -> None:
    with pytest.raises(ValueError, match="no Ed25519 private key"):
        write_manifest(exported(), b"-----BEGIN PRIVATE KEY-----\nzz\n")
    with pytest.raises(ValueError, match="no Ed25519 public key"):
        check_export([CONTENT], write_manifest(exported(), KEY), "zz")

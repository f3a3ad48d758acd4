"""A case handed out: what is in it, and that whatever is changed in it is named."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from bot.audit.case_file import (
    CASE,
    LOG,
    SEALS,
    SUMS,
    check_against,
    check_case,
    pack_sha256,
    written_sums,
)
from bot.audit.export import written
from bot.audit.manifest import check_export, new_key, public_half
from bot.audit.records import Line
from bot.domain.audit import AuditEntry, Head
from bot.domain.clocks import PackRef
from bot.domain.replies import ReplyKind
from bot.domain.tickets import TicketId
from bot.errors import Missing
from bot.reports.response_log import line_of
from bot.services import case_files
from bot.services.case_files import hand_out
from bot.services.drafts import approve, draft, submit
from bot.services.exports import MANIFEST, Signer
from bot.services.merging import merge
from bot.services.opening import Start, open_by_hand
from bot.services.removals import honour_removals
from bot.services.replies import confirm_pending, send_pending
from bot.services.seal import seal_pending
from bot.services.sweep import sweep
from tests.unit.services.world import (
    handle,
    house,
    log,
    mention,
    outbox,
    policy,
    regulation,
    tickets,
)

KEY = Signer(private=new_key())
HOUSE_TEXT = {"matrix.yaml": "matrix: {}\n", "pack.yaml": "pack: {id: house}\n"}
LAW_TEXT = {"pack.yaml": "pack: {id: au.test}\n"}


def ref(name: str, version: str, text: dict[str, str]) -> PackRef:
    raw = {file: words.encode() for file, words in text.items()}
    return PackRef(id=name, version=version, sha256=pack_sha256(raw))


HOUSE = house(ref=ref("house", "7", HOUSE_TEXT), files=HOUSE_TEXT)
LAW = regulation(ref=ref("au.test", "3", LAW_TEXT), files=LAW_TEXT)
POLICY = policy(house=HOUSE, regulation=LAW)


@pytest.fixture
def answered(store, clock, platform):
    """One complaint, judged by two packs whose text is kept, answered and proven."""
    handle(store, clock, mention(), by=POLICY)
    [ticket] = tickets(store)
    reply = draft(store, clock, ticket.id, text="We look into it.", by="ana")
    submit(store, clock, reply.id, by="ana")
    approve(store, clock, reply.id, by="bo", text_hash=reply.text_hash)
    for move in (send_pending, confirm_pending):
        move(store, outbox(platform), clock)
        clock.advance(seconds=30)
    return ticket


def taken(store, clock, ticket, by="cleo"):
    """Hand a case out; return its files, and the head that its manifest names."""
    file = hand_out(store, clock, ticket.id, by=by, key=KEY, summed=line_of)
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    return files, file


def head_of(files) -> Head:
    return Head(**json.loads(files[MANIFEST])["seal"])


def findings(files, *, by=None):
    """What a check says of files, their signature included."""
    inner = {name: raw for name, raw in files.items() if name != MANIFEST}
    signed = check_export(
        [files[SUMS]], files[MANIFEST], by or public_half(KEY.private)
    )
    return [*signed.findings, *check_case(inner, head_of(files)).findings]


def resummed(files):
    """The same as somebody hands it on who can count but not sign."""
    listed = {name: raw for name, raw in files.items() if name not in {MANIFEST, SUMS}}
    return {**files, SUMS: written_sums(listed)}


def lines(files, name):
    return files[name].splitlines(keepends=True)


# --- what is in it


def test_a_case_holds_all_that_proves_it_and_verifies(store, clock, answered):
    files, file = taken(store, clock, answered)

    assert findings(files) == []
    case = json.loads(files[CASE])
    [post], [acknowledged, reply] = (
        case["posts"],
        sorted(case["replies"], key=lambda one: one["kind"], reverse=False),
    )
    assert post["text"] == "This is terrible, please help"
    assert post["decision"]["reasons"][0]["rule"]
    assert post["models"]
    assert acknowledged["kind"] == ReplyKind.ACKNOWLEDGEMENT
    assert reply["seen_at"]
    assert reply["external_id"].startswith("reply-")
    assert reply["counted_as"][0]["met"] == ["first_response"]
    assert {one["plan"]["rule"] for one in case["promises"]} >= {"first_response"}
    assert case["line"]["ticket"] == answered.key
    assert file.name.startswith(f"case-{answered.key}-")
    actions = [json.loads(line)["action"] for line in lines(files, LOG)]
    assert {"mention.stored", "ticket.opened", "clock.met", "reply.seen"} <= {*actions}


def test_a_case_that_a_person_opened_verifies_too(store, clock):
    opened = open_by_hand(
        store,
        POLICY,
        clock,
        Start(
            brand="Kestrel Air",
            reference="261102-7",
            event="received",
            happened_at=clock.now(),
        ),
        by="ana",
        why="a letter",
    )

    files, _ = taken(store, clock, opened.ticket)

    assert findings(files) == []
    assert len(json.loads(files[CASE])["packs"]) == 2


def test_the_texts_of_both_packs_are_in_it_under_their_hash(store, clock, answered):
    files, _ = taken(store, clock, answered)

    told = {one["id"]: one for one in json.loads(files[CASE])["packs"]}
    for pack, text in ((HOUSE, HOUSE_TEXT), (LAW, LAW_TEXT)):
        known = told[pack.ref.id]
        assert known["sha256"] == pack.ref.sha256
        for name, words in text.items():
            assert files[f"{known['folder']}{name}"].decode() == words


def test_a_pack_whose_text_nobody_kept_stands_there_by_its_hash(store, clock):
    handle(store, clock, mention())
    files, _ = taken(store, clock, tickets(store)[0])

    told = {one["id"]: one["folder"] for one in json.loads(files[CASE])["packs"]}

    assert told["house"] is None
    assert findings(files) == []


def test_that_it_was_taken_is_on_record_and_in_the_next_one(store, clock, answered):
    taken(store, clock, answered)
    [entry] = log(store, "case.handed_out")
    files, _ = taken(store, clock, answered, by="dan")

    assert (entry.actor, entry.subject) == ("cleo", f"ticket:{answered.id}")
    assert json.loads(entry.detail)["signed_by"] == KEY.fingerprint
    actions = [json.loads(line)["action"] for line in lines(files, LOG)]
    assert actions.count("case.handed_out") == 1


def test_there_is_no_case_of_no_ticket(store, clock):
    with pytest.raises(Missing):
        hand_out(store, clock, TicketId(404), by="cleo", key=KEY, summed=line_of)


def test_a_case_without_a_key_is_proven_by_the_log_and_said_to_be_unsigned(
    store, clock, answered
):
    file = hand_out(store, clock, answered.id, by="cleo", key=None, summed=line_of)
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}

    assert findings(files) == ["the manifest is not signed"]


def test_words_that_were_withdrawn_have_left_their_hash(store, clock, answered):
    with store.work() as work:
        [stored] = work.tickets.mentions(answered.id)
        gone = stored.mention.external_id
        work.removals.gone(stored.mention.channel, [gone], clock.now())
    honour_removals(store, [], clock)
    files, _ = taken(store, clock, answered)

    [post] = json.loads(files[CASE])["posts"]
    assert post["text"] is None
    assert findings(files) == []


def test_the_case_of_two_tickets_that_were_merged_holds_both(store, clock):
    for _ in range(2):
        handle(store, clock, mention(published_at=clock.now()), by=POLICY)
        clock.advance(minutes=5)
    into, gone = sorted(tickets(store), key=lambda one: one.id)
    clock.advance(days=40)
    sweep(store, clock, HOUSE)
    merge(store, POLICY, clock, into.id, gone.id, by="ana")

    files, _ = taken(store, clock, into)

    case = json.loads(files[CASE])
    assert case["merged_into_it"] == [gone.key]
    assert len(case["posts"]) == 2
    subjects = {json.loads(line)["subject"] for line in lines(files, LOG)}
    assert {f"ticket:{into.id}", f"ticket:{gone.id}"} <= subjects
    assert findings(files) == []
    alone, _ = taken(store, clock, gone)
    assert json.loads(alone[CASE])["posts"] == []
    own = [json.loads(line) for line in lines(alone, LOG)]
    assert {one["subject"] for one in own} == {f"ticket:{gone.id}"}
    assert own[-1]["action"] == "ticket.merged_into"
    assert findings(alone) == []


# --- what is changed in it


@pytest.mark.parametrize("name", [CASE, LOG, SEALS, "README.txt", "pack", SUMS])
def test_one_changed_byte_of_any_file_is_found_and_named(store, clock, answered, name):
    files, _ = taken(store, clock, answered)
    where = next(one for one in files if one.startswith(name))
    raw = files[where]
    at = len(raw) // 2
    changed = {**files, where: raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]}

    told = findings(changed)

    if name == SUMS:
        assert any("the file is not the one that was exported" in one for one in told)
    else:
        assert f"{where} is not the file that was handed out" in told


def test_a_file_that_is_missing_or_came_to_it_is_named(store, clock, answered):
    files, _ = taken(store, clock, answered)
    gone = {name: raw for name, raw in files.items() if name != SEALS}

    assert f"{SEALS} is missing" in findings(gone)
    more = findings({**files, "more.txt": b"!"})
    assert more == ["more.txt was not handed out with it"]


def bent(entry, **fields):
    return written({**json.loads(entry), **fields})


def test_an_entry_that_was_changed_is_named_whoever_counted_the_files_anew(
    store, clock, answered
):
    files, _ = taken(store, clock, answered)
    entries = lines(files, LOG)
    seen = next(i for i, one in enumerate(entries) if b'"reply.seen"' in one)
    for fields in ({"actor": "eve"}, {"at": "2020-01-01"}, {"detail": "{}"}):
        forged = [*entries]
        forged[seen] = bent(entries[seen], **fields)

        told = findings(resummed({**files, LOG: b"".join(forged)}))

        number = json.loads(entries[seen])["id"]
        assert any(
            one.startswith(f"entry {number} (reply.seen) is not what seal")
            for one in told
        )
        assert any("the file is not the one that was exported" in one for one in told)


def test_entries_in_another_order_are_named(store, clock, answered):
    files, _ = taken(store, clock, answered)
    first, second, *rest = lines(files, LOG)

    told = findings(resummed({**files, LOG: b"".join([second, first, *rest])}))

    number = json.loads(first)["id"]
    assert any(one.startswith(f"entry {number} ") and "order" in one for one in told)


def test_an_entry_that_no_seal_covers_is_named(store, clock, answered):
    files, _ = taken(store, clock, answered)
    first, *rest = lines(files, LOG)
    for fields, why in (
        ({"seal": 99}, "seal that is not in the file"),
        ({"position": 10_000}, "has no such place"),
        ({"path": []}, "is not what seal"),
        ({"path": ["zz"]}, "line 1 is no entry"),
        ({"path": 5}, "line 1 is no entry"),
        ({"position": "0"}, "line 1 is no entry"),
        ({"id": "1"}, "line 1 is no entry"),
        ({"id": 1.0}, "line 1 is no entry"),
        ({"subject": []}, "line 1 is no entry"),
        ({"detail": 5}, "line 1 is no entry"),
        ({"more": 5}, "line 1 is no entry"),
    ):
        forged = b"".join([bent(first, **fields), *rest])

        told = findings(resummed({**files, LOG: forged}))

        assert any(why in one for one in told), told


def test_words_that_no_entry_knows_are_named(store, clock, answered):
    files, _ = taken(store, clock, answered)
    case = json.loads(files[CASE])
    case["posts"][0]["text"] = "All is well, thank you"
    forged = resummed({**files, CASE: json.dumps(case).encode()})

    assert any("the words of M-000001 are not those" in one for one in findings(forged))
    own = ref("x", "1", {"a": "b"}).sha256
    case["replies"][0].update(text=None, text_sha256=own)
    case["packs"][0]["sha256"] = own
    told = findings(resummed({**files, CASE: json.dumps(case).encode()}))
    assert any("knows the words of R-00000" in one for one in told)
    assert any("no entry of the log knows the pack" in one for one in told)


def without(case):
    case["replies"].pop()


def published(case):
    case["posts"][0]["published_at"] = "2026-11-01T09:00:00+00:00"


def seen(case):
    one = next(one for one in case["replies"] if one["seen_at"])
    one["seen_at"] = "2026-11-02T09:00:00.000000+00:00"


def met(case):
    one = next(one for one in case["promises"] if one["state"] == "running")
    one.update(state="met", ended_at=one["plan"]["started_at"])


def met_earlier(case):
    one = next(one for one in case["promises"] if one["state"] == "met")
    one["ended_at"] = "2026-11-01T09:00:00+00:00"


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (without, "of which the log tells, is left out"),
        (published, "the log has another time at which M-000001 came out"),
        (seen, "no entry of the log saw R-00000"),
        (met, "was met then"),
        (met_earlier, "was met then"),
    ],
)
def test_what_no_entry_says_is_named_whoever_summed_the_files_anew(
    store, clock, answered, forge, why
):
    files, _ = taken(store, clock, answered)
    case = json.loads(files[CASE])
    forge(case)
    raw = json.dumps(case).encode()

    told = findings(resummed({**files, CASE: raw}))

    assert [one for one in told if why in one] == told[1:]
    assert len(told) == 2


@pytest.mark.parametrize(
    "fields", [{"number": "1"}, {"number": True}, {"entry_ids": 5}, {"total": 1.5}]
)
def test_what_is_no_seal_is_named(store, clock, answered, fields):
    files, _ = taken(store, clock, answered)
    first, *rest = lines(files, SEALS)

    forged = b"".join([bent(first, **fields), *rest])

    assert f"{SEALS} line 1 is no seal" in findings(resummed({**files, SEALS: forged}))


def test_the_text_of_a_pack_that_is_another_one_is_named(store, clock, answered):
    files, _ = taken(store, clock, answered)
    where = next(one for one in files if one.endswith("matrix.yaml"))

    told = findings(resummed({**files, where: b"matrix: {low: {}}\n"}))

    assert any("is not the text of house 7" in one for one in told)


@pytest.mark.parametrize("name", [CASE, LOG, SEALS, SUMS])
@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"[]", b"null\n", b"[" * 99_999, b'{"posts": 1}\n']
)
def test_no_nonsense_makes_a_check_raise(store, clock, answered, name, raw):
    files, _ = taken(store, clock, answered)

    assert findings({**files, name: raw})


# --- the chain


def sealed_on(store, clock, times):
    """Let the log go on for some seals after the case."""
    for _ in range(times):
        with store.work() as work:
            work.audit.append([AuditEntry(action="a.b", subject="x:1", at=clock.now())])
        seal_pending(store, clock)


def test_its_seals_are_chained_to_the_newest_one(store, clock, answered):
    seal_pending(store, clock)
    sealed_on(store, clock, 3)
    files, _ = taken(store, clock, answered)

    checked = check_case(files, head_of(files))

    assert checked.chained_to == head_of(files).number
    forged = lines(files, SEALS)
    middle = json.loads(forged[1])
    forged[1] = bent(forged[1], root="0" * 64)
    told = findings(resummed({**files, SEALS: b"".join(forged)}))
    assert any(one == f"seal {middle['number']} is not what was sealed" for one in told)


def test_of_a_long_log_its_own_seals_alone_go_along(
    store, clock, answered, monkeypatch
):
    monkeypatch.setattr(case_files, "LONGEST_CHAIN", 1)
    seal_pending(store, clock)
    sealed_on(store, clock, 5)
    files, _ = taken(store, clock, answered)

    checked = check_case(files, head_of(files))

    assert findings(files) == []
    assert checked.chained_to is None
    assert len(checked.seals) == 1
    with store.audit_log() as records:
        assert list(check_against(records, checked)) == []


def test_a_seal_that_the_whole_log_does_not_have_is_named(store, clock, answered):
    files, _ = taken(store, clock, answered)
    checked = check_case(files, head_of(files))
    first = checked.seals[0]
    with store.audit_log() as records:
        whole = list(records)

    other = [replace(first, root="0" * 64), replace(first, number=99)]
    told = list(check_against(whole, replace(checked, seals=other)))

    assert told == [
        f"seal {first.number} is another one in that log",
        "seal 99 is not in that log; is it an older one?",
    ]
    bare = [one for one in whole if not isinstance(one, Line)]
    assert any("the log:" in one for one in check_against(bare, checked))


def test_an_entry_that_was_left_out_is_named_by_the_whole_log(store, clock, answered):
    files, _ = taken(store, clock, answered)
    entries = lines(files, LOG)
    at = next(i for i, one in enumerate(entries) if b'"ticket.opened"' in one)
    fewer = b"".join(one for one in entries if one != entries[at])
    checked = check_case({**files, LOG: fewer}, head_of(files))

    with store.audit_log() as records:
        told = list(check_against(records, checked))

    number = json.loads(entries[at])["id"]
    assert told == [
        f"entry {number} (ticket.opened) of that log is left out of the case"
    ]


@pytest.mark.parametrize("number", [2, 10**12])
def test_a_head_that_its_seals_do_not_reach_proves_no_chain(
    store, clock, answered, number
):
    files, _ = taken(store, clock, answered)

    checked = check_case(files, replace(head_of(files), number=number))

    assert checked.chained_to is None

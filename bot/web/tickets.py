"""One ticket: all that was said and done, and everything that people do to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from bot.bootstrap import App
from bot.domain.clocks import Clock, PackRef
from bot.domain.corrections import TagKind, in_force, value_of
from bot.domain.dossiers import Told
from bot.domain.handoff import HandOffCause
from bot.domain.mentions import MentionId
from bot.domain.staff import RIGHTS, Right, Viewer
from bot.domain.tags import Sign, Signal
from bot.domain.tickets import Ticket, TicketId, Way, hearsay, key_of
from bot.errors import BotError, Missing, NotAllowed
from bot.escalate.care import first_aid, rules_for
from bot.services import (
    accounts,
    care,
    claims,
    corrections,
    handoff,
    merging,
    opening,
    reopening,
    viewing,
    withdrawals,
)
from bot.services import tickets as work
from bot.services.dossiers import Dossier, check_unchanged, dossier
from bot.web.addresses import must_be_theirs
from bot.web.gate import May
from bot.web.room import Console, status_of

MOST_COLLEAGUES = 200
"""People of the console who are offered, where there is no roster."""

MOST_WORDS = 4_000
"""Characters of anything that somebody types here."""

NOTHING_DONE = {"done": "", "problem": "", "uncovered": None, "read_today": 0}
"""What a page says of a deed before there is one."""

Reader = Annotated[Viewer, Depends(May(Right.SEE_TICKETS))]
Worker = Annotated[Viewer, Depends(May(Right.WORK_TICKETS))]


async def _form(request: Request) -> FormData:
    return await request.form(max_fields=60, max_files=0)


Given = Annotated[FormData, Depends(_form)]


def numbered(key: str, letter: str) -> int:
    """Read ``T-000012`` or ``12``; raise ``Missing`` for what names nothing."""
    named = rf"(?:{letter}-?)?0*([0-9]{{1,18}})"
    found = re.fullmatch(named, key.strip(), re.IGNORECASE)
    if found is None:
        raise Missing(f"there is nothing that is called {key[:20]}")
    return int(found[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What somebody asks to be done to a ticket, with what they typed."""

    app: App
    viewer: Viewer
    ticket: TicketId
    form: FormData

    def said(self, name: str) -> str:
        """Return what was typed into a field; empty if nothing was."""
        told = self.form.get(name)
        words = told.strip() if isinstance(told, str) else ""
        if len(words) > MOST_WORDS:
            message = f"{name.replace('_', ' ')} has {MOST_WORDS} characters at most"
            raise NotAllowed(message)
        return words

    def needed(self, name: str) -> str:
        """Return what must be there; raise ``NotAllowed`` if it is not."""
        words = self.said(name)
        if not words:
            raise NotAllowed(f"say {name.replace('_', ' ')} too; nothing was done")
        return words

    def one_of(self, name: str, known: Sequence[str]) -> str:
        """Return one of the choices that the page gave."""
        words = self.needed(name)
        if words not in known:
            raise NotAllowed(f"there is no {name.replace('_', ' ')} {words[:40]!r}")
        return words

    def instant(self, name: str) -> datetime | None:
        """Read a time of day in the viewer's zone; ``None`` if none was given."""
        return instant_in(self.said(name), self.viewer)


def instant_in(words: str, viewer: Viewer) -> datetime | None:
    """Read a time of day in somebody's zone; ``None`` if none was given."""
    if not words:
        return None
    try:
        read = datetime.fromisoformat(words)
    except ValueError:
        raise NotAllowed(f"{words[:40]!r} is no time") from None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(viewer.zone))


def _colleagues(app: App, ticket: Ticket) -> Sequence[str]:
    """Return to whom it may be handed; the console's people where no roster is."""
    if app.people:
        return sorted(app.people.people)
    with app.store.reading() as work:
        return [
            one.name
            for one in work.staff.listing(MOST_COLLEAGUES)
            if not one.disabled_at
            and Right.WORK_TICKETS in RIGHTS[one.role]
            and (not one.brands or ticket.brand in one.brands)
        ]


def _claim(on: Doing) -> None:
    app = on.app
    claims.claim(
        app.store,
        app.clock,
        app.policy.house,
        on.ticket,
        by=on.viewer.name,
        people=app.people,
    )


def _release(on: Doing) -> None:
    app = on.app
    claims.release(app.store, app.clock, app.policy.house, on.ticket, by=on.viewer.name)


def _hand_off(on: Doing) -> None:
    app = on.app
    claims.hand_off(
        app.store,
        app.clock,
        app.policy.house,
        on.ticket,
        to=on.needed("to"),
        reason=on.needed("reason"),
        by=on.viewer.name,
        people=app.people,
        on_change=app.on_change,
    )


def _note(on: Doing) -> None:
    work.note(
        on.app.store, on.app.clock, on.ticket, on.needed("note"), by=on.viewer.name
    )


def _mark(on: Doing) -> None:
    work.mark(
        on.app.store, on.app.clock, on.ticket, on.needed("mark"), by=on.viewer.name
    )


def _record(on: Doing) -> None:
    policy = on.app.policy
    way, note = on.said("given_elsewhere"), on.said("note")
    elsewhere = None
    if way:
        elsewhere = work.Elsewhere(
            way=Way(on.one_of("given_elsewhere", list(Way))),
            given_by=on.said("given_by") or on.viewer.name,
            note=on.needed("note"),
        )
    elif note:
        raise NotAllowed("a note says what was given elsewhere: choose how it was")
    known = work.recordable(policy) | set(work.SEEN_BY_THE_BOT)
    work.record(
        on.app.store,
        on.app.clock,
        on.ticket,
        on.one_of("event", sorted(known)),
        by=on.viewer.name,
        rulebook=policy.rulebook,
        happened_at=on.instant("happened_at"),
        facts=_facts(on.said("facts")),
        elsewhere=elsewhere,
    )


def _facts(written: str) -> Mapping[str, str]:
    found = {}
    for line in filter(None, map(str.strip, written.splitlines())):
        name, sign, value = line.partition("=")
        if not (name.strip() and sign and value.strip()):
            raise NotAllowed(f"{line[:40]!r} is not NAME=VALUE")
        found[name.strip()] = value.strip()
    return found


def _withdraw(on: Doing) -> None:
    withdrawals.withdraw(
        on.app.store,
        on.app.policy,
        on.app.clock,
        on.ticket,
        on.needed("event"),
        by=on.viewer.name,
        why=on.needed("reason"),
        happened_at=on.instant("happened_at"),
    )


def _classify(on: Doing) -> None:
    work.classify(
        on.app.store,
        on.app.clock,
        on.ticket,
        on.needed("class"),
        by=on.viewer.name,
        why=on.needed("reason"),
        rulebook=on.app.policy.rulebook,
    )


def _flag(on: Doing) -> None:
    app = on.app
    care.flag(
        app.store,
        app.clock,
        app.policy.house,
        app.policy.calendar,
        on.ticket,
        Sign(on.one_of("sign", list(Sign))),
        by=on.viewer.name,
        why=on.needed("reason"),
    )


def _unflag(on: Doing) -> None:
    care.unflag(
        on.app.store,
        on.app.clock,
        on.ticket,
        Sign(on.one_of("sign", list(Sign))),
        by=on.viewer.name,
        why=on.needed("reason"),
    )


def _close(on: Doing) -> None:
    policy = on.app.policy
    work.close(
        on.app.store,
        on.app.clock,
        on.ticket,
        by=on.viewer.name,
        rulebook=policy.rulebook,
        follow_ups=policy.house.follow_ups,
    )


def _reopen(on: Doing) -> None:
    reopening.reopen(
        on.app.store,
        on.app.policy,
        on.app.clock,
        on.ticket,
        by=on.viewer.name,
        why=on.needed("reason"),
    )


def _add_pack(on: Doing) -> None:
    opening.add_pack(
        on.app.store,
        on.app.policy,
        on.app.clock,
        on.ticket,
        on.needed("pack"),
        by=on.viewer.name,
        why=on.needed("reason"),
    )


def _correct(on: Doing) -> None:
    mention = MentionId(numbered(on.needed("mention"), "M"))
    _in_ticket(on, mention)
    said = {
        kind: on.one_of(kind.value, kind.values)
        for kind in TagKind
        if on.said(kind.value)
    }
    if not said:
        raise NotAllowed("say which tag is wrong, and what it should be")
    corrections.correct(
        on.app.store,
        on.app.policy,
        on.app.clock,
        mention,
        said,
        by=on.viewer.name,
        note=on.said("note"),
    )


def _in_ticket(on: Doing, mention: MentionId) -> None:
    """Hold to the ticket's own texts: its brand was looked at, no other's."""
    with on.app.store.reading() as store:
        made = store.mentions.decision(mention)
    if made is None or made[1] != on.ticket:
        raise Missing(f"there is no mention {mention} in this ticket")


def _join(on: Doing) -> None:
    other = TicketId(numbered(on.needed("other_ticket"), "T"))
    _of_ours(on.app, on.viewer, other)
    accounts.join(
        on.app.store,
        on.app.clock,
        on.ticket,
        other,
        by=on.viewer.name,
        why=on.needed("reason"),
    )


def _part(on: Doing) -> None:
    accounts.part(
        on.app.store,
        on.app.clock,
        on.ticket,
        numbered(on.needed("account"), "A"),
        by=on.viewer.name,
        why=on.needed("reason"),
    )


def _merge(on: Doing) -> None:
    other = TicketId(numbered(on.needed("other_ticket"), "T"))
    _of_ours(on.app, on.viewer, other)
    merging.merge(
        on.app.store,
        on.app.policy,
        on.app.clock,
        on.ticket,
        other,
        by=on.viewer.name,
        why=on.said("reason"),
    )


def _split(on: Doing) -> None:
    told = [one for one in on.form.getlist("mention") if isinstance(one, str)]
    merging.split(
        on.app.store,
        on.app.policy,
        on.app.clock,
        on.ticket,
        [MentionId(numbered(one, "M")) for one in told],
        by=on.viewer.name,
        why=on.needed("reason"),
    )


def _start_private(on: Doing) -> None:
    app = on.app
    handoff.start(app.store, app.clock, app.hand_offs, on.ticket, by=on.viewer.name)


def _match_private(on: Doing) -> None:
    app = on.app
    handoff.match(
        app.store,
        app.clock,
        app.hand_offs,
        on.ticket,
        record=on.needed("record"),
        by=on.viewer.name,
    )


ENDS = ("private", "declined", "wrong_answers", "given_up")
"""How a person ends a private hand-off."""


def _end_private(on: Doing) -> None:
    app = on.app
    ends = on.one_of("ends", ENDS)
    handoff.close(
        app.store,
        app.clock,
        app.hand_offs,
        on.ticket,
        cause=None if ends == "private" else HandOffCause(ends),
        reason=on.needed("reason"),
        by=on.viewer.name,
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that can be done to a ticket.

    ``is_blind``: it is right whatever changed since the page was shown.
    """

    do: Callable[[Doing], None]
    is_blind: bool = False


DEEDS: Mapping[str, Deed] = {
    "claim": Deed(_claim, is_blind=True),
    "release": Deed(_release, is_blind=True),
    "hand-off": Deed(_hand_off),
    "note": Deed(_note, is_blind=True),
    "mark": Deed(_mark, is_blind=True),
    "record": Deed(_record),
    "withdraw": Deed(_withdraw),
    "class": Deed(_classify),
    "flag": Deed(_flag, is_blind=True),
    "unflag": Deed(_unflag),
    "close": Deed(_close),
    "reopen": Deed(_reopen),
    "pack": Deed(_add_pack),
    "correct": Deed(_correct, is_blind=True),
    "join": Deed(_join, is_blind=True),
    "part": Deed(_part, is_blind=True),
    "merge": Deed(_merge),
    "split": Deed(_split),
    "private-start": Deed(_start_private),
    "private-match": Deed(_match_private),
    "private-end": Deed(_end_private),
}


def _of_ours(app: App, viewer: Viewer, ticket_id: TicketId) -> Ticket:
    """Return a ticket of the viewer's brands; others are none to them."""
    with app.store.reading() as store:
        ticket = store.tickets.get(ticket_id)
    must_be_theirs(viewer, ticket.brand, f"ticket {ticket.key}")
    return ticket


def tickets(console: Console) -> APIRouter:
    """Make the routes of one ticket's page."""
    routes, app = APIRouter(), console.app
    room = _Room(console)

    @routes.get("/tickets/{key}")
    def show(key: str, viewer: Reader, before: str = "", done: str = "") -> Response:
        ticket = _of_ours(app, viewer, TicketId(numbered(key, "T")))
        oldest = MentionId(numbered(before, "M")) if before else None
        told = done if done in DEEDS else ""
        return room.page(ticket.id, viewer, before=oldest, done=told)

    @routes.post("/tickets/{key}/presence")
    def presence(key: str, viewer: Reader, given: Given) -> Response:
        ticket = _of_ours(app, viewer, TicketId(numbered(key, "T")))
        seen = _version(given)
        return console.pages.page(
            "part_presence.html",
            viewer,
            ticket=ticket,
            others=viewing.look(app.store, app.clock, ticket.id, by=viewer.name),
            is_stale=seen not in {0, ticket.version},
        )

    @routes.post("/tickets/{key}/uncover")
    def uncover(key: str, viewer: Reader, given: Given) -> Response:
        ticket = _of_ours(app, viewer, TicketId(numbered(key, "T")))
        on = Doing(app=app, viewer=viewer, ticket=ticket.id, form=given)
        mention = MentionId(numbered(on.said("mention"), "M"))
        _in_ticket(on, mention)
        read = viewing.uncover(app.store, app.clock, by=viewer.name, zone=viewer.zone)
        return room.page(ticket.id, viewer, uncovered=mention, read_today=read)

    @routes.post("/tickets/{key}/private-link")
    def private_link(key: str, viewer: Worker) -> Response:
        return room.private(key, viewer, "link")

    @routes.post("/tickets/{key}/private-answers")
    def private_answers(key: str, viewer: Worker) -> Response:
        return room.private(key, viewer, "answers")

    for name, deed in DEEDS.items():
        routes.add_api_route(
            f"/tickets/{{key}}/{name}",
            _done(room, name, deed),
            methods=["POST"],
            name=f"ticket {name}",
        )

    @routes.get("/packs/{sha256}")
    def pack(sha256: str, viewer: Reader, rule: str = "") -> Response:
        ref = PackRef(id="", version="", sha256=sha256)
        with app.store.reading() as store:
            files = store.packs.files(ref)
        if not files:
            raise Missing("no pack with this hash was kept here")
        shown = [(name, list(_lines(text, rule))) for name, text in files.items()]
        return console.pages.page(
            "pack.html", viewer, files=shown, sha256=sha256, rule=rule
        )

    return routes


def _lines(text: str, rule: str) -> Iterator[tuple[int, str, bool]]:
    """Give a file's lines with their numbers, and whether a rule begins there."""
    starts = re.compile(rf"\s*(-\s*(id:\s*)?)?{re.escape(rule)}\s*:?\s*(\{{.*)?$")
    for number, line in enumerate(text.splitlines(), 1):
        yield number, line, bool(rule and starts.match(line))


def _version(given: FormData) -> int:
    told = given.get("version")
    known = isinstance(told, str) and re.fullmatch("[0-9]{1,18}", told)
    return int(known[0]) if known else 0


def _done(room: _Room, name: str, deed: Deed) -> Callable[..., Response]:
    def act(key: str, viewer: Worker, given: Given) -> Response:
        app = room.console.app
        ticket = _of_ours(app, viewer, TicketId(numbered(key, "T")))
        on = Doing(app=app, viewer=viewer, ticket=ticket.id, form=given)
        try:
            if not deed.is_blind:
                check_unchanged(app.store, ticket.id, _version(given))
            deed.do(on)
        except BotError as error:
            return room.refused(ticket.id, viewer, error)
        here = f"/tickets/{ticket.key}?done={name}"
        return RedirectResponse(here, HTTPStatus.SEE_OTHER)

    return act


class _Room:
    """What the page is made of."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def page(
        self,
        ticket_id: TicketId,
        viewer: Viewer,
        *,
        before: MentionId | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        **shown: object,
    ) -> Response:
        app = self.console.app
        policy, now = app.policy, app.clock.now()
        whole = dossier(app.store, ticket_id, now, policy.platforms, before=before)
        ticket = whole.ticket
        guidance, lines = first_aid(ticket.signs, policy.house, policy.calendar.place)
        return self.console.pages.page(
            "ticket.html",
            viewer,
            status=status,
            whole=whole,
            ticket=ticket,
            at=now,
            owner=ticket.claimed_by(now),
            went_into=key_of(whole.went_into) if whole.went_into else "",
            warning=merging.WARNING,
            is_worker=viewer.may(Right.WORK_TICKETS),
            guidance=guidance,
            helplines=lines,
            asks_helplines=any(
                rule.helplines for rule in rules_for(ticket.signs, policy.house)
            ),
            place=policy.calendar.place,
            pieces=pieces,
            tag_kinds=list(TagKind),
            as_tagged=as_tagged,
            clocks=[_told(clock, whole) for clock in whole.clocks],
            runs=[_told(clock, whole) for clock in whole.runs],
            placed=[_placed(one.detail, one) for one in whole.placed],
            choices_of=self._choices(viewer, ticket),
            standing_events=_withdrawable(whole, work.recordable(policy)),
            open_hand_off=any(not one.state.is_over for one in whole.hand_offs),
            hearsay=hearsay,
            instant=datetime.fromisoformat,
            before=before,
            **{**NOTHING_DONE, **shown},
        )

    def _choices(self, viewer: Viewer, ticket: Ticket) -> Mapping[str, Sequence[str]]:
        """Return what the forms offer; nothing for whoever only reads."""
        if not viewer.may(Right.WORK_TICKETS):
            return {}
        app, policy = self.console.app, self.console.app.policy
        pack = policy.rulebook.exactly(ticket.regulation_pack)
        return {
            "to": [*policy.house.queues, *_colleagues(app, ticket)],
            "event": sorted(work.recordable(policy) | {work.ACKNOWLEDGED}),
            "class": list(pack.classes) if pack else [],
            "sign": [one.value for one in policy.house.care.signs],
            "way": [one.value for one in Way],
            "ends": ENDS,
            "pack": sorted({one.ref.id for one in policy.library()}),
        }

    def refused(self, ticket_id: TicketId, viewer: Viewer, error: BotError) -> Response:
        """Show the ticket as it stands now, and above it why nothing was done."""
        status = status_of(error)
        return self.page(ticket_id, viewer, status=status, problem=error.shown)

    def private(self, key: str, viewer: Viewer, what: str) -> Response:
        """Show a link to the form, or what was answered there: once, and never kept."""
        app = self.console.app
        ticket = _of_ours(app, viewer, TicketId(numbered(key, "T")))
        means, by = app.hand_offs, viewer.name
        link, ends, answers = "", None, {}
        try:
            if what == "link":
                link, ends = handoff.make_link(
                    app.store, app.clock, means, ticket.id, by=by
                )
            else:
                answers = handoff.read_answers(
                    app.store, app.clock, means, ticket.id, by=by
                )
        except BotError as error:
            return self.refused(ticket.id, viewer, error)
        return self.console.pages.page(
            "ticket_private.html",
            viewer,
            ticket=ticket,
            link=link,
            ends=ends,
            answers=answers,
        )


def _told(clock: Clock, whole: Dossier) -> tuple[Clock, str]:
    """Give a clock, and on whose word it ended where the bot did not see it."""
    ends = (
        hearsay(one)
        for one in whole.events
        if one.id in whole.holds
        and (one.name, one.happened_at) == (clock.ended_by, clock.ended_at)
    )
    return clock, next(filter(None, ends), "")


def _withdrawable(whole: Dossier, recordable: Collection[str]) -> Sequence[str]:
    """Name the events that a person may say were recorded wrongly."""
    names = (
        one.name
        for one in whole.events
        if one.id in whole.holds and (one.name in recordable or hearsay(one))
    )
    return list(dict.fromkeys(names))


def _placed(detail: str, one: object) -> tuple[object, Mapping[str, object]]:
    return one, json.loads(detail)


def as_tagged(told: Told, kind: TagKind) -> str:
    """Return what a tag says by now: a person's last word, else the model's."""
    held = in_force(told.corrections).get(kind)
    if held is not None:
        return held.value
    return value_of(told.tags, kind) if told.tags else ""


def pieces(text: str, signals: Sequence[Signal]) -> Sequence[tuple[str, str]]:
    """Cut a text so that words which carried a signal stand apart, with its name."""
    found: list[tuple[int, int, str]] = []
    for signal in signals:
        name = (signal.tells or signal.kind).value
        for words in filter(None, signal.words):
            loose = r"\s+".join(map(re.escape, words.split()))
            hits = re.finditer(loose, text, re.IGNORECASE)
            found += [(*hit.span(), name) for hit in hits]
    cut: list[tuple[str, str]] = []
    end = 0
    for start, stop, name in sorted(found):
        if start < end:
            continue
        cut += [(text[end:start], ""), (text[start:stop], name)]
        end = stop
    return [one for one in (*cut, (text[end:], "")) if one[0]]

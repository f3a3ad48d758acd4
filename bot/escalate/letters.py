"""What a legal notice must hold, and what a draft of one lacks.

A draft is text with underlined headings, one section for each thing that the pack asks
for. Something is there only if its section says it: what the checker cannot read, a
person has not said. Each finding names the item, its paragraph and why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from bot.domain.letters import (
    Ending,
    Finding,
    LetterBook,
    LetterState,
    LetterTemplate,
    SectionWording,
    Wanted,
    Wording,
)
from bot.domain.packs import Ask, Duration, EscalationBody, RequiredItem
from bot.escalate.contrary import Draft, contradictions
from bot.escalate.contrary import plain as _plain
from bot.escalate.contrary import sentences as _sentences

ALLOWED: Mapping[LetterState, frozenset[LetterState]] = {
    LetterState.DRAFT: frozenset({LetterState.SUBMITTED, LetterState.CANCELLED}),
    LetterState.SUBMITTED: frozenset(
        {LetterState.DRAFT, LetterState.APPROVED, LetterState.CANCELLED}
    ),
    # Sent by itself where a person handed it over and proves it.
    LetterState.APPROVED: frozenset(
        {
            LetterState.DRAFT,
            LetterState.SENDING,
            LetterState.SENT,
            LetterState.CANCELLED,
        }
    ),
    # Back to approved only where the server surely did not take it.
    LetterState.SENDING: frozenset(
        {LetterState.SENT, LetterState.UNKNOWN, LetterState.APPROVED}
    ),
    # A person looked at the server's log: it went out, or surely did not.
    LetterState.UNKNOWN: frozenset({LetterState.SENT, LetterState.APPROVED}),
    LetterState.SENT: frozenset(),
    LetterState.CANCELLED: frozenset(),
}
"""Every move there is. No way leads from ``unknown`` to ``sending`` but through a
person's look, and none from a draft to the server but through an approval."""

FEW, ENOUGH = 2, 8
"""Words that say something at all, and that give a reason."""

QUOTED = 50
"""So many characters in a row, marks apart, are a notice's and no coincidence."""

UNDERLINE = re.compile(r"^(-{3,}|={3,})\s*$")
BLANK = re.compile(
    r"\[[^\]]*\]|\{[^}]*\}|<(?![^>]*(?:@|://))[^>\n]{1,80}>|_{3,}|\.{4,}"
    r"|\b(?:TODO|TBD|TBC|FIXME|X{3,}|lorem ipsum)\b",
    re.IGNORECASE,
)
TICKET = re.compile(r"\bT-?(\d{3,})\b", re.IGNORECASE)
SITE = re.compile(
    r"(?<![@\w.-])(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?![\w-])(/[\w./-]*)?",
    re.IGNORECASE,
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"\+?\(?\d[\d ().-]{5,}\d")
DIGITS = 7
"""What has fewer is no telephone number."""

WORD = re.compile(r"\w+(?:['’]\w+)?")
ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
ISSUE = re.compile(r"^\s*\d+[.)]\s+(.*\S)\s*$", re.MULTILINE)


def may_move(before: LetterState, after: LetterState) -> bool:
    """Whether a notice may go from one state to the other."""
    return after in ALLOWED[before]


# --- writing --------------------------------------------------------------------


def write(wanted: Wanted, book: LetterBook, notice: str) -> str:
    """Write a notice from its template; square brackets wait for a person's words."""
    template, wording = book.notices[notice], book.wording
    parts = [(template.title, "=", template.opening)]
    asked = set(wanted.required)
    for name, section in template.sections.items():
        if name in asked or name not in _all_items(wanted):
            parts.append((section.heading, "-", _said(section, wanted, name)))
    blanks = _slots(wanted, wording)
    text = "\n".join(
        f"{heading}\n{rule * max(len(heading), 3)}\n\n{body.strip()}\n"
        for heading, rule, body in parts
    )
    return re.sub(r"\{(\w+)\}", lambda one: blanks.get(one[1], f"[{one[1]}]"), text)


def _all_items(wanted: Wanted) -> set[str]:
    contents = wanted.contents
    some = (*contents.by_class.values(), *contents.instead.values())
    own = (*contents.must, *contents.if_rejected_or_partly)
    return {*own, *(name for names in some for name in names)}


def _said(section: SectionWording, wanted: Wanted, name: str) -> str:
    text = section.by_class.get(wanted.legal_class, section.text)
    if wanted.outcome in section.by_outcome:
        text = section.by_outcome[Ending(wanted.outcome)]
    if Ask.ISSUES in wanted.contents.item(name).asks:
        each = (
            f"{number}. {issue}\n\n{section.each}"
            for number, issue in enumerate(wanted.issues, start=1)
        )
        text = "\n\n".join([text.strip(), *each])
    return text


def _slots(wanted: Wanted, wording: Wording) -> dict[str, str]:
    """Return what is known for sure; anything else is left to a person."""
    body = wanted.body
    latest = min(wanted.latest.values(), default=None)
    known = {
        "ticket": wanted.ticket,
        "brand": wanted.brand,
        "received": written_date(wanted.received, wording),
        "latest": written_date(latest, wording) if latest else "",
        "body": body.name if body else "",
        "body_web": body.web if body else "",
        "body_contact": _contact(body, wording) if body else "",
    }
    return {name: said for name, said in known.items() if said}


def _contact(body: EscalationBody, wording: Wording) -> str:
    given = {
        "web": body.web,
        "email": body.email,
        "phone": body.phone,
        "post": f"{body.name}, {body.post}" if body.post else "",
    }
    lines = (f"{wording.contact[name]}: {said}" for name, said in given.items() if said)
    return "\n".join(lines)


def written_date(day: date, wording: Wording) -> str:
    """Write a day as the language does."""
    month = wording.months[day.month - 1]
    return wording.date.format(day=day.day, month=month, year=day.year)


# --- reading --------------------------------------------------------------------


def sections(text: str, template: LetterTemplate) -> tuple[Mapping[str, str], str]:
    """Cut a draft at its headings: text by item, and all that stands elsewhere."""
    names = {_plain(one.heading): name for name, one in template.sections.items()}
    found: dict[str, str] = {}
    free: list[str] = []
    here = ""
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if UNDERLINE.match(line) and index and lines[index - 1].strip():
            continue
        after = lines[index + 1] if index + 1 < len(lines) else ""
        if line.strip() and UNDERLINE.match(after):
            here = names.get(_plain(line), "")
            if here:
                found.setdefault(here, "")
            else:
                free.append(line)
        elif here:
            found[here] += f"{line}\n"
        else:
            free.append(line)
    return found, "\n".join(free)


def subject(text: str) -> str:
    """Return a draft's first line, which is its title."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def carries(public: str, notice: str) -> bool:
    """Whether a public text holds words of a notice, which goes to one person alone.

    Wherever they begin and end, and however they are set: several short sentences, or
    the end of one and the beginning of the next, tell as much as a long one.
    """
    said, kept = _words(public), _words(notice)
    starts = (one.start() for one in WORD.finditer(said))
    runs = (said[one : one + QUOTED] for one in starts)
    return any(len(one) == QUOTED and one in kept for one in runs)


def _words(text: str) -> str:
    return " ".join(WORD.findall(text.casefold()))


# --- checking -------------------------------------------------------------------


def check(
    text: str, wanted: Wanted, template: LetterTemplate, wording: Wording
) -> tuple[Finding, ...]:
    """Judge a draft: a finding for each thing required, then what else is wrong."""
    found, free = sections(text, template)
    required = wanted.required
    judged = [
        _judged(name, found.get(name), wanted, template, wording) for name in required
    ]
    spare = "\n".join([free, *(said for n, said in found.items() if n not in required)])
    met = {one.item: found[one.item] for one in judged if one.is_met}
    against = contradictions(Draft(text=text, free=spare, met=met), wanted, wording)
    return (*judged, *_about_the_whole(text, spare, wanted), *against)


def lacking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what is missing or wrong."""
    return tuple(one for one in findings if not one.is_met)


def _judged(
    name: str,
    said: str | None,
    wanted: Wanted,
    template: LetterTemplate,
    wording: Wording,
) -> Finding:
    item = wanted.contents.item(name)
    section = template.sections.get(name)
    heading = section.heading if section else name
    if said is None:
        return _missing(name, item.cite, f"there is no section headed {heading!r}")
    wrong = _hollow(said) or next(
        (
            words
            for ask in item.asks
            if (words := CHECKS[ask](said, item, wanted, wording, name))
        ),
        "",
    )
    if wrong:
        return _missing(name, item.cite, wrong)
    how = "; ".join(TOLD[ask] for ask in item.asks)
    return Finding(item=name, cite=item.cite, is_met=True, told=how)


def _missing(name: str, cite: str, words: str) -> Finding:
    return Finding(item=name, cite=cite, is_met=False, told=words)


def _hollow(said: str) -> str:
    """Say that nothing is said, or that a blank was left."""
    blank = BLANK.search(said)
    if blank:
        return f"still to be written: {' '.join(blank[0].split())}"
    if len(WORD.findall(said)) < FEW:
        return "its section is empty"
    return ""


_Check = Callable[[str, RequiredItem, Wanted, Wording, str], str]
"""Says what is wrong with a section; nothing if it holds what is asked."""


def _says(
    _said: str, _item: RequiredItem, _wanted: Wanted, _w: Wording, _n: str
) -> str:
    return ""


def _outcome(
    said: str, _item: RequiredItem, wanted: Wanted, wording: Wording, _name: str
) -> str:
    if not wanted.outcome:
        return "nobody said whether the complaint is accepted, partly or rejected"
    told = _outcomes(said, wording)
    if not told:
        some = ", ".join(repr(one) for one in wording.outcome[Ending(wanted.outcome)])
        return f"does not say that the complaint is {wanted.outcome}; say one of {some}"
    if told != {wanted.outcome}:
        names = " and ".join(sorted(told))
        return f"reads as {names}, and the outcome is {wanted.outcome}"
    return ""


def _outcomes(said: str, wording: Wording) -> set[str]:
    """Return the outcomes that a text tells; the longer phrase is what was meant."""
    text = _plain(said)
    spans = [
        (one.start(), one.end(), outcome.value)
        for outcome, phrases in wording.outcome.items()
        for phrase in phrases
        for one in re.finditer(rf"(?<!\w){re.escape(phrase.casefold())}(?!\w)", text)
    ]
    return {
        outcome
        for start, end, outcome in spans
        if not any(
            begin <= start and end <= stop and (begin, stop) != (start, end)
            for begin, stop, _ in spans
        )
    }


def _right(
    said: str, _item: RequiredItem, wanted: Wanted, wording: Wording, _name: str
) -> str:
    body = wanted.body
    if body is None:
        return "the pack names no body to which it could go"
    if _plain(body.name) not in _plain(said):
        return f"does not name {body.name}"
    about = [one for one in _sentences(said) if _plain(body.name) in one]
    denied = next((one for one in _sentences(said) if _has(one, wording.denial)), "")
    if denied:
        return f"seems to say that nobody may turn to {body.name}: {denied!r}"
    if not any(_has(one, wording.right) for one in about):
        some = ", ".join(repr(one) for one in wording.right[:4])
        return f"does not say that one may turn to {body.name}; say one of {some}"
    return ""


def _contacts(
    said: str, _item: RequiredItem, wanted: Wanted, _wording: Wording, _name: str
) -> str:
    body = wanted.body
    if body is None:
        return "the pack names no body that could be reached"
    sites, mails, phones = _sites(said), _mails(said), _phones(said)
    wanting = [
        words
        for words, given, is_there in (
            (body.web, body.web, _host(body.web) in sites),
            (body.email, body.email, body.email.casefold() in mails),
            (body.phone, body.phone, _digits(body.phone) in phones),
            (body.post, body.post, _letters(body.post) in _letters(said)),
        )
        if given and not is_there
    ]
    if wanting:
        return f"lacks {'; '.join(wanting)} of {body.name}"
    strange = {
        *((mails - {body.email.casefold()}) if body.email else ()),
        *((sites - {_host(body.web)}) if body.web else ()),
        *((phones - {_digits(body.phone)}) if body.phone else ()),
    }
    if strange:
        return f"gives {', '.join(sorted(strange))}, which is not {body.name}'s"
    return ""


def _website(
    said: str, _item: RequiredItem, wanted: Wanted, _wording: Wording, _name: str
) -> str:
    body = wanted.body
    if body is None or not body.web:
        return "the pack names no website"
    sites = _sites(said)
    if _host(body.web) not in sites:
        return f"lacks {body.web} of {body.name}"
    if len(sites) > 1:
        strange = ", ".join(sorted(sites - {_host(body.web)}))
        return f"gives {strange}, which is not {body.name}'s"
    return ""


def _reachable(
    said: str, _item: RequiredItem, _wanted: Wanted, _wording: Wording, _name: str
) -> str:
    if _sites(said) or _mails(said) or _phones(said):
        return ""
    return "gives no website, e-mail address or telephone number"


def _limit(
    said: str, item: RequiredItem, _wanted: Wanted, wording: Wording, _name: str
) -> str:
    if item.limit is None or _names(said, item.limit, wording):
        return ""
    number, unit = item.limit.n, item.limit.unit.value.replace("_", " ")
    return f"does not name the limit of {number} {unit}"


def _names(said: str, limit: Duration, wording: Wording) -> bool:
    numbers = (str(limit.n), *wording.numbers.get(limit.n, ()))
    some = "|".join(re.escape(one) for one in numbers)
    units = "|".join(re.escape(one) for one in wording.units[limit.unit])
    pattern = rf"(?<!\w)(?:{some})(?:\s*\({limit.n}\))?[\s-]+(?:{units})(?!\w)"
    return re.search(pattern, said, re.IGNORECASE) is not None


def _waiver(
    said: str, _item: RequiredItem, _wanted: Wanted, wording: Wording, _name: str
) -> str:
    if _has(_plain(said), wording.waiver):
        return ""
    return "does not say whether we waive the time limits"


def _reasons(
    said: str, _item: RequiredItem, _wanted: Wanted, wording: Wording, _name: str
) -> str:
    own = [one for one in _sentences(said) if not _has(one, wording.idle)]
    words = sum(len(WORD.findall(one)) for one in own)
    if words >= ENOUGH:
        return ""
    idle = next((one for one in _sentences(said) if _has(one, wording.idle)), "")
    if idle:
        return f"gives no reason of this case; this would fit any: {idle!r}"
    return f"gives no reason: {words} words, at least {ENOUGH} are needed"


def _issues(
    said: str, _item: RequiredItem, wanted: Wanted, wording: Wording, name: str
) -> str:
    if not wanted.issues:
        return "nobody listed what the complaint raises"
    answers = _answers(said, wanted.issues)
    for issue in wanted.issues:
        answer = answers.get(_plain(issue))
        if answer is None:
            return f"says nothing of {issue!r}; it needs a numbered line of its own"
        wrong = _hollow(answer) or _reasons(answer, _item, wanted, wording, name)
        if wrong:
            return f"on {issue!r}: {wrong}"
    return ""


def _answers(said: str, issues: Iterable[str]) -> dict[str, str]:
    """Return what follows each issue's numbered line, up to that of the next."""
    known = {_plain(one) for one in issues}
    heads = [one for one in ISSUE.finditer(said) if _plain(one[1]) in known]
    ends = [*(one.start() for one in heads[1:]), len(said)]
    return {
        _plain(head[1]): said[head.end() : end]
        for head, end in zip(heads, ends, strict=True)
    }


def _date(
    said: str, _item: RequiredItem, wanted: Wanted, wording: Wording, name: str
) -> str:
    days = dates(said, wording)
    if not days:
        like = written_date(wanted.today, wording)
        return f"names no day; write it as {like} or {wanted.today.isoformat()}"
    latest = wanted.latest.get(name)
    if latest and max(days) > latest:
        return (
            f"promises {written_date(max(days), wording)}; the last day is "
            f"{written_date(latest, wording)}"
        )
    if max(days) < wanted.today:
        return f"promises {written_date(max(days), wording)}, which is over"
    return ""


def dates(said: str, wording: Wording) -> list[date]:
    """Return the days that a text names, as the language or ISO 8601 writes them."""
    months = "|".join(re.escape(one) for one in wording.months)
    blanks = {
        "day": r"(?P<day>\d{1,2})",
        "month": rf"(?P<month>{months})",
        "year": r"(?P<year>\d{4})",
    }
    form = re.escape(wording.date).replace(r"\{", "{").replace(r"\}", "}")
    pattern = rf"(?<!\d){form.format(**blanks)}(?!\d)"
    by_name = {one.casefold(): number for number, one in enumerate(wording.months, 1)}
    found = [
        _day(int(one["year"]), by_name[one["month"].casefold()], int(one["day"]))
        for one in re.finditer(pattern, said, re.IGNORECASE)
    ]
    found += [_day(*map(int, one.groups())) for one in ISO.finditer(said)]
    return [day for day in found if day]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


CHECKS: Mapping[Ask, _Check] = {
    Ask.WORDS: _says,
    Ask.OUTCOME: _outcome,
    Ask.RIGHT: _right,
    Ask.CONTACT: _contacts,
    Ask.WEBSITE: _website,
    Ask.REACHABLE: _reachable,
    Ask.LIMIT: _limit,
    Ask.WAIVER: _waiver,
    Ask.REASONS: _reasons,
    Ask.ISSUES: _issues,
    Ask.DATE: _date,
    Ask.ENCLOSURE: _says,
}

TOLD: Mapping[Ask, str] = {
    Ask.WORDS: "its section says something; what it says is for people to judge",
    Ask.OUTCOME: "tells the outcome that is recorded, and no other",
    Ask.RIGHT: "names the body and says that one may turn to it",
    Ask.CONTACT: "gives every way to the body just as the pack has it, and no other",
    Ask.WEBSITE: "gives the body's website as the pack has it, and no other",
    Ask.REACHABLE: "gives a website, address or number; whose it is nobody checked",
    Ask.LIMIT: "names the time limit",
    Ask.WAIVER: "says whether time limits are waived",
    Ask.REASONS: "gives reasons in words of its own; people judge whether they hold",
    Ask.ISSUES: "says something of each issue that a person listed",
    Ask.DATE: "names a day that is in time by the clocks",
    Ask.ENCLOSURE: "speaks of what is enclosed; sending asks for the file itself",
}
"""How each check judges, for people: none of them knows whether it is true."""


def _about_the_whole(text: str, spare: str, wanted: Wanted) -> Iterator[Finding]:
    """Name what must stand nowhere in this notice."""
    blank = BLANK.search(spare)
    if blank:
        words = f"still to be written: {' '.join(blank[0].split())}"
        yield _missing("blanks", wanted.cite, words)
    numbers = {int(one[1]) for one in TICKET.finditer(text)}
    strange = numbers - {int(wanted.ticket.removeprefix("T-"))}
    if strange:
        some = ", ".join(f"T-{one:06d}" for one in sorted(strange))
        words = f"names {some}, which is another ticket than {wanted.ticket}"
        yield _missing("other_tickets", wanted.cite, words)
    yield from _wrong_bodies(text, wanted)
    if wanted.recorded and wanted.outcome and wanted.recorded != wanted.outcome:
        words = (
            f"is {wanted.outcome}, and {wanted.ticket} has {wanted.recorded} on "
            "record; withdraw that, or record what changed it with --fact "
            f"outcome={wanted.outcome}"
        )
        yield _missing("recorded_outcome", wanted.cite, words)
    if wanted.grounds and wanted.reason_code not in wanted.grounds:
        words = f"needs a ground, one of {', '.join(wanted.grounds)}"
        yield _missing("reason_code", wanted.cite, words)


def _wrong_bodies(text: str, wanted: Wanted) -> Iterator[Finding]:
    plain, sites, mails = _plain(text), _sites(text), _mails(text)
    for other in wanted.others:
        is_named = _plain(other.name) in plain
        is_given = (other.web and _host(other.web) in sites) or (
            other.email.casefold() in mails
        )
        if is_named or is_given:
            words = f"names {other.name}, to which this complaint cannot go"
            yield _missing("wrong_ombudsman", wanted.cite, words)


def _has(sentence: str, phrases: Iterable[str]) -> bool:
    return any(
        re.search(rf"(?<!\w){re.escape(one.casefold())}(?!\w)", sentence)
        for one in phrases
    )


def _sites(said: str) -> set[str]:
    return {
        _host("".join(map(str, filter(None, one.groups()))))
        for one in SITE.finditer(said)
    }


def _host(site: str) -> str:
    bare = re.sub(r"^https?://", "", site.casefold().strip())
    return bare.removeprefix("www.").rstrip("/.")


def _mails(said: str) -> set[str]:
    return {one[0].casefold() for one in EMAIL.finditer(said)}


def _phones(said: str) -> set[str]:
    found = {_digits(one[0]) for one in PHONE.finditer(said)}
    return {one for one in found if len(one) >= DIGITS}


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)


def _letters(address: str) -> str:
    return " ".join(WORD.findall(address.casefold()))

"""What makes a way to a private talk one that cannot be meant, or not yet whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date, timedelta
from urllib.parse import urlsplit

from bot.domain.handoff import LINK, TIMED, FormWording, HandOffPolicy
from bot.domain.packs import HousePack, Template
from bot.domain.tickets import Way
from bot.rules.lint import CONTACT_HOLDS, Problem
from bot.rules.sources import Key

AT: Key = ("hand_off",)
LONGEST_INVITATION = 400
"""Characters without the link: the shortest private message takes 500 with it."""

LONGEST_LINK = 100
OFFERED = frozenset({Way.PHONE, Way.LETTER, Way.EMAIL, Way.PRIVATE_MESSAGE})


def hand_off_problems(pack: HousePack) -> Iterator[Problem]:
    """Name steps that never end or never began, and links that nobody may follow."""
    policy = pack.hand_off
    if policy is None:
        return
    yield from _step_problems(policy)
    if not policy.asks:
        yield Problem(key=(*AT, "asks"), words="asks nothing, so nobody is identified")
    for asked in set(policy.asks) & set(policy.may_ask):
        yield Problem(key=(*AT, "may_ask"), words=f"{asked} must be answered already")
    if not policy.contact:
        words = "names no way in which somebody may be reached"
        yield Problem(key=(*AT, "contact"), words=words)
    for way in policy.contact:
        if way not in OFFERED:
            words = f"{way} is none that a form offers ({', '.join(sorted(OFFERED))})"
            yield Problem(key=(*AT, "contact"), words=words)
    if policy.attempts < 1:
        yield Problem(key=(*AT, "attempts"), words="must be at least 1")
    if policy.link_lasts <= timedelta(0):
        yield Problem(key=(*AT, "link_lasts"), words="must last for some time")
    for brand, link in policy.links.items():
        yield from _link_problems((*AT, "links", brand, "url"), link.url)


def _step_problems(policy: HandOffPolicy) -> Iterator[Problem]:
    for state in TIMED:
        if state not in policy.steps:
            words = f"does not say how long somebody may be {state}"
            yield Problem(key=(*AT, "steps"), words=words)
    for state, span in policy.steps.items():
        at: Key = (*AT, "steps", state.value)
        if state not in TIMED:
            yield Problem(key=at, words="is a person's, and does not end by itself")
        elif span <= timedelta(0):
            yield Problem(key=at, words="must last for some time")


def _link_problems(at: Key, url: str) -> Iterator[Problem]:
    try:
        parts = urlsplit(url)
        is_web = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        yield Problem(key=at, words="is no page that is safe to name (https://...)")
    if len(url) > LONGEST_LINK:
        yield Problem(key=at, words=f"has more than {LONGEST_LINK} characters")


def hand_off_warnings(pack: HousePack, today: date) -> Iterator[Problem]:
    """Name links that nobody followed for long, which a public line would name."""
    links = pack.hand_off.links if pack.hand_off else {}
    for brand, link in links.items():
        at: Key = (*AT, "links", brand, "verified_on")
        if link.verified_on > today:
            yield Problem(key=at, words=f"{link.verified_on} is still to come")
        elif today - link.verified_on > CONTACT_HOLDS:
            words = (
                f"{link.url} was followed on {link.verified_on}, more than "
                f"{CONTACT_HOLDS.days} days ago; follow it and set the date"
            )
            yield Problem(key=at, words=words)


def invitation_problems(
    invitations: Sequence[Template], forbidden: Sequence[str]
) -> Iterator[Problem]:
    """Name private invitations that say too much, or lead nowhere.

    Who reads one may be anybody: it says as little of them as a public line does.
    """
    for number, template in enumerate(invitations):
        at: Key = ("invitation", number)
        bare = template.text.replace("{brand}", "")
        if bare.count(LINK) != 1:
            yield Problem(key=at, words=f"must name {LINK} once: it leads to the form")
        bare = bare.replace(LINK, "")
        if "{" in bare or "}" in bare:
            yield Problem(key=at, words=f"has a blank other than {{brand}} and {LINK}")
        if len(bare) > LONGEST_INVITATION:
            words = f"has {len(bare)} characters, {LONGEST_INVITATION} at most"
            yield Problem(key=at, words=words)
        yield from _told(at, template.text, forbidden)


def form_problems(form: FormWording, forbidden: Sequence[str]) -> Iterator[Problem]:
    """Name words of the form that confirm what nobody knows yet."""
    for field in fields(FormWording):
        said = getattr(form, field.name)
        if isinstance(said, str):
            if field.name in {"title", "intro", "thanks", "gone", "later"}:
                yield from _told(("form", field.name), said, forbidden)
            if not said.strip():
                yield Problem(key=("form", field.name), words="is empty")


def _told(at: Key, said: str, forbidden: Sequence[str]) -> Iterator[Problem]:
    text = said.casefold()
    for phrase in forbidden:
        if phrase.casefold() in text:
            yield Problem(key=at, words=f"says {phrase!r}")

"""Packs from disk: safe YAML into frozen values, each mistake named by file and line.

Whatever is wrong, the pack is refused as a whole: a policy that is half in force is
worse than none. ``PackError`` names file, line and key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain.chains import Chain
from bot.domain.clocks import PackRef
from bot.domain.decisions import Severity, Tier
from bot.domain.follow_ups import FollowUpPolicy, Occasion
from bot.domain.handoff import FormWording, HandOffPolicy
from bot.domain.packs import (
    AcknowledgementPolicy,
    AgentAnswer,
    BusinessHours,
    CarePolicy,
    Cell,
    ClaimPolicy,
    ClockRule,
    ComplaintClass,
    DateWording,
    EscalationBody,
    FloodLimits,
    FourEyes,
    HousePack,
    InfluenceGroup,
    NoticeContents,
    PackStatus,
    Purpose,
    Queue,
    Records,
    RegulationPack,
    RouteRule,
    Rule,
    ScopeRules,
    SeverityRule,
    Template,
    Templates,
    Thresholds,
    Trigger,
)
from bot.domain.platforms import PlatformPack, PlatformRules
from bot.domain.tags import Band
from bot.errors import PackError
from bot.rules.care import care_problems
from bot.rules.chains import chain_problems
from bot.rules.follow_ups import date_problems, follow_up_problems
from bot.rules.handoff import form_problems, hand_off_problems, invitation_problems
from bot.rules.lint import (
    Problem,
    answer_problems,
    draft_problems,
    house_problems,
    regulation_problems,
    topic_problems,
    wording_problems,
)
from bot.rules.platforms import platform_problems
from bot.rules.sources import Key, Source, read
from bot.rules.triggers import missing_means

Words = Annotated[str, Field(min_length=1)]


class _File(BaseModel):
    """What files may hold: nothing that is not named here or in the domain."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Head(_File):
    id: Words
    version: Words
    title: Words
    status: PackStatus


class _RegulationHead(_Head):
    jurisdiction: Words
    effective_from: date
    effective_to: date | None = None
    place_required: bool = False
    sources: tuple[str, ...] = ()


class _RegulationFile(_File):
    pack: _RegulationHead
    scope: ScopeRules
    default_class: str
    classes: dict[str, ComplaintClass]
    events: dict[str, str]
    clocks: dict[str, ClockRule]
    earliest: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    receipts: tuple[str, ...] = ()
    also: dict[str, str] = Field(default_factory=dict)
    joined: dict[str, dict[str, str]] = Field(default_factory=dict)
    contents: dict[str, NoticeContents] = Field(default_factory=dict)
    escalation_body: EscalationBody | None = None
    records: Records | None = None
    priority_flags: tuple[str, ...] = ()
    exempt_if: dict[str, Words] = Field(default_factory=dict)
    overlay_of: str = ""


class _HouseFile(_File):
    pack: _Head
    thresholds: Thresholds
    cues: dict[str, tuple[str, ...]]
    groups: dict[Band, InfluenceGroup]
    queues: dict[str, Queue]
    tiers: dict[Tier, str]
    targets: dict[str, tuple[str, ...]]
    severity: tuple[SeverityRule, ...]
    matrix: dict[Severity, dict[InfluenceGroup, Cell]]
    routes: tuple[RouteRule, ...]
    screens: tuple[Rule, ...]
    opens: tuple[Rule, ...]
    acknowledgement: AcknowledgementPolicy
    flood: FloodLimits
    triggers: tuple[Trigger, ...] = ()
    claims: ClaimPolicy = Field(default_factory=ClaimPolicy)
    chains: tuple[Chain, ...] = ()
    business: BusinessHours | None = None
    follow_ups: FollowUpPolicy | None = None
    reopen_within: timedelta = timedelta(days=30)
    care: CarePolicy = Field(default_factory=CarePolicy)
    four_eyes: FourEyes = Field(default_factory=FourEyes)
    hand_off: HandOffPolicy | None = None


class _PlatformFile(_File):
    pack: _Head
    sources: dict[str, Words]
    channels: dict[str, PlatformRules]


class _WordingFile(_File):
    language: Words
    signoff: Words
    private: tuple[Words, ...] = Field(min_length=1)
    forbidden: tuple[Words, ...] = Field(min_length=1)
    complaint: tuple[Words, ...] = Field(min_length=1)
    question: tuple[Words, ...] = Field(min_length=1)
    status: tuple[Words, ...] = ()
    satisfaction: tuple[Words, ...] = ()
    invitation: tuple[Words, ...] = ()
    hand_off: tuple[Words, ...] = ()
    form: FormWording | None = None
    date: DateWording | None = None
    drafts: dict[Words, Annotated[tuple[Words, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    care: tuple[Words, ...] = ()
    care_forbidden: tuple[Words, ...] = ()
    answers: tuple[AgentAnswer, ...] = ()


_M = TypeVar("_M", bound=_File)


def load_house(path: Path) -> HousePack:
    """Read ``config/packs/house/<version>/``; raises ``PackError``."""
    source = read(path)
    file = _parse(_HouseFile, source)
    pack = HousePack(
        ref=_ref(file.pack, source, path),
        title=file.pack.title,
        status=file.pack.status,
        files=source.texts,
        **{
            name: getattr(file, name)
            for name in _HouseFile.model_fields
            if name != "pack"
        },
    )
    problems = [
        *house_problems(pack),
        *chain_problems(pack),
        *follow_up_problems(pack),
        *care_problems(pack),
        *hand_off_problems(pack),
    ]
    _refuse(source, problems)
    return pack


def load_platforms(path: Path) -> PlatformPack:
    """Read ``config/packs/platforms/<version>/``; raises ``PackError``."""
    source = read(path)
    file = _parse(_PlatformFile, source)
    pack = PlatformPack(
        ref=_ref(file.pack, source, path),
        title=file.pack.title,
        status=file.pack.status,
        sources=file.sources,
        channels=file.channels,
    )
    _refuse(source, platform_problems(pack))
    return pack


def load_regulation(path: Path) -> RegulationPack:
    """Read ``config/packs/<regulation>/<version>/``; raises ``PackError``."""
    source = read(path)
    clocks = source.data.get("clocks")
    if isinstance(clocks, dict):
        for name, rule in clocks.items():
            if isinstance(rule, dict):
                rule.setdefault("id", name)
    file = _parse(_RegulationFile, source)
    head = file.pack
    pack = RegulationPack(
        ref=_ref(head, source, path),
        title=head.title,
        status=head.status,
        jurisdiction=head.jurisdiction,
        effective_from=head.effective_from,
        effective_to=head.effective_to,
        place_required=head.place_required,
        sources=head.sources,
        files=source.texts,
        **{
            name: getattr(file, name)
            for name in _RegulationFile.model_fields
            if name != "pack"
        },
    )
    _refuse(source, regulation_problems(pack))
    return pack


def load_kept(ref: PackRef, files: Mapping[str, str]) -> RegulationPack:
    """Read a regulation from the text of its files; raises ``PackError``."""
    with TemporaryDirectory() as root:
        folder = Path(root, ref.id, ref.version)
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())
        return load_regulation(folder)


def load_in_force(path: Path) -> tuple[RegulationPack, tuple[RegulationPack, ...]]:
    """Read the pack that the settings name, and its further versions beside it.

    Raises ``PackError`` for a draft, whose figures nobody checked against the primary
    text, and for an overlay, which says nothing by itself. A further version that is a
    draft governs nothing.
    """
    chosen = load_regulation(path)
    if chosen.status is PackStatus.DRAFT:
        words = (
            "is a draft and governs nothing: check its figures against the primary "
            "text, then say reviewed in a copy of yours"
        )
        raise read(path).error(("pack", "status"), words)
    if chosen.overlay_of:
        words = f"it only runs beside {chosen.overlay_of}; name that pack"
        raise read(path).error(("overlay_of",), words)
    own = path.resolve()
    siblings = sorted(one for one in own.parent.glob("[!._]*") if one.is_dir())
    others = [load_regulation(one) for one in siblings if one != own]
    return chosen, tuple(one for one in others if one.status is PackStatus.REVIEWED)


def load_overlays(root: Path, pack: RegulationPack) -> tuple[RegulationPack, ...]:
    """Read every version of the overlay that a pack's escalation body brings."""
    body = pack.escalation_body
    if body is None or not body.pack:
        return ()
    folders = sorted(root.glob(f"{body.pack}/[!._]*"))
    return tuple(load_regulation(one) for one in folders if one.is_dir())


def load_templates(path: Path) -> Templates:
    """Read ``config/templates/<language>/``; raises ``PackError``.

    Sign-offs stand in each text already. The version is the first of the hash.
    """
    folders = sorted(one for one in path.glob("[!._]*") if one.is_dir())
    if not folders:
        message = f"{path}: there are no templates, each language is a folder in it"
        raise PackError(message)
    digest = hashlib.sha256()
    found = {}
    dates: dict[str, DateWording] = {}
    forms: dict[str, FormWording] = {}
    answers: dict[str, tuple[AgentAnswer, ...]] = {}
    for folder in folders:
        source = read(folder)
        digest.update(f"{folder.name}\0{source.sha256}".encode())
        file = _parse(_WordingFile, source)
        if file.language != folder.name:
            raise source.error(("language",), f"the folder is called {folder.name}")
        wording: dict[str, tuple[Template, ...]] = {
            purpose: _variants(file, purpose, getattr(file, purpose))
            for purpose in Purpose
        }
        every = [
            template
            for purpose, some in wording.items()
            for template in some
            if purpose != Purpose.INVITATION
        ]
        problems = [
            *wording_problems(every, private=file.private, forbidden=file.forbidden),
            *wording_problems(
                wording[Purpose.CARE],
                private=file.private,
                forbidden=file.care_forbidden,
            ),
        ]
        drafts = _drafts(file)
        dated = date_problems(file.date, is_needed=bool(file.status))
        said = [
            *draft_problems(drafts, file.forbidden),
            *answer_problems(file.answers, file.forbidden),
            *invitation_problems(wording[Purpose.INVITATION], file.forbidden),
            *(form_problems(file.form, file.forbidden) if file.form else ()),
        ]
        _refuse(source, dict.fromkeys([*problems, *said, *dated]))
        found[file.language] = {**drafts, **wording}
        if file.date is not None:
            dates[file.language] = file.date
        if file.form is not None:
            forms[file.language] = file.form
        answers[file.language] = file.answers
    sha256 = digest.hexdigest()
    ref = PackRef(id="templates", version=sha256[:8], sha256=sha256)
    return Templates(
        ref=ref, by_language=found, dates=dates, forms=forms, answers=answers
    )


def check_together(house: HousePack, templates: Templates) -> None:
    """Refuse a house that answers, drafts or follows up without the wording for it.

    Raises ``PackError``. A follow-up needs one in the default language alone, which
    stands in for the others where they have none.
    """
    missing = set(house.acknowledgement.languages) - set(templates.by_language)
    if missing:
        message = (
            f"house {house.ref.version}: acknowledgement.languages: there is no "
            f"template folder for {', '.join(sorted(missing))}"
        )
        raise PackError(message)
    wordless = sorted(
        language
        for language, wording in templates.by_language.items()
        if house.care.signs and not wording.get(Purpose.CARE)
    )
    if wordless:
        message = (
            f"house {house.ref.version}: care: there is no wording for people in need "
            f"in {', '.join(wordless)}; write it as care in each template folder"
        )
        raise PackError(message)
    default = house.acknowledgement.default_language
    known = templates.by_language.get(default, {})
    drafted = {one.then.draft: one.id for one in house.triggers if one.then.draft}
    for name in sorted(drafted.keys() - known.keys()):
        message = (
            f"house {house.ref.version}: triggers: {drafted[name]} drafts {name!r}, "
            f"which the templates in {default} do not have under drafts"
        )
        raise PackError(message)
    _check_hand_off(house, templates, default)
    wanted = house.follow_ups
    for occasion in Occasion if wanted else ():
        is_closing = occasion is Occasion.CLOSED
        purpose = Purpose.SATISFACTION if is_closing else Purpose.STATUS
        if wanted and wanted.rule(occasion) and not templates.has(default, purpose):
            message = (
                f"house {house.ref.version}: follow_ups.{occasion}: there is no "
                f"wording {default}/{purpose} in the templates"
            )
            raise PackError(message)


def _check_hand_off(house: HousePack, templates: Templates, default: str) -> None:
    """Refuse a house that leads people away without words for it in its language."""
    if house.hand_off is None:
        return
    for purpose in (Purpose.INVITATION, Purpose.HAND_OFF):
        if not templates.has(default, purpose):
            message = (
                f"house {house.ref.version}: hand_off: there is no wording "
                f"{default}/{purpose} in the templates"
            )
            raise PackError(message)
    form = templates.forms.get(default)
    if form is None:
        message = (
            f"house {house.ref.version}: hand_off: the templates in {default} have no "
            "form; write what it says as form"
        )
        raise PackError(message)


def check_means(
    path: Path, house: HousePack, *, webhooks: Collection[str], has_people: bool
) -> None:
    """Refuse a house whose triggers need ways or people that nobody set up.

    Raises ``PackError``.
    """
    found = missing_means(house, webhooks=webhooks, has_people=has_people)
    problems = [Problem(key=key, words=words) for key, words in found]
    if problems:
        _refuse(read(path), problems)


def check_topics(path: Path, house: HousePack, topics: Collection[str]) -> None:
    """Refuse a house whose rules ask for a topic that nothing teaches.

    Raises ``PackError``. ``topics`` are those of the settings' ``examples``.
    """
    problems = list(topic_problems(house, topics))
    if problems:
        _refuse(read(path), problems)


def _variants(
    file: _WordingFile, purpose: Purpose, texts: Iterable[str]
) -> tuple[Template, ...]:
    return tuple(
        Template(
            id=f"{file.language}/{purpose}/{number}",
            language=file.language,
            purpose=purpose,
            # A person chooses what is said to people in need: no machine signs it.
            text=text.strip()
            if purpose is Purpose.CARE
            else f"{text.strip()} {file.signoff}",
        )
        for number, text in enumerate(texts, start=1)
    )


def _drafts(file: _WordingFile) -> Mapping[str, tuple[Template, ...]]:
    """Read what triggers may draft: a person sends it, so it bears no sign-off."""
    return {
        name: tuple(
            Template(
                id=f"{file.language}/{name}/{number}",
                language=file.language,
                purpose=name,
                text=text.strip(),
            )
            for number, text in enumerate(texts, start=1)
        )
        for name, texts in file.drafts.items()
    }


def _ref(head: _Head, source: Source, path: Path) -> PackRef:
    """Pin the version; a folder must be called as the pack says, or copies mislead."""
    if path.is_dir():
        folder = path.resolve()
        if folder.name != head.version:
            words = f"is {head.version!r}, the folder is called {folder.name!r}"
            raise source.error(("pack", "version"), words)
        if folder.parent.name != head.id:
            words = f"is {head.id!r}, the folder above is {folder.parent.name!r}"
            raise source.error(("pack", "id"), words)
    return PackRef(id=head.id, version=head.version, sha256=source.sha256)


def _parse(model: type[_M], source: Source) -> _M:
    """Check types strictly: a word is no number, and nothing unknown is skipped."""
    try:
        return model.model_validate_json(json.dumps(source.data), strict=True)
    except ValidationError as error:
        problems = [
            Problem(key=_key(item["loc"]), words=_words(item["type"], item["msg"]))
            for item in error.errors(include_url=False, include_context=False)
        ]
        raise _refusal(source, problems) from None


def _key(loc: tuple[int | str, ...]) -> Key:
    return tuple(part for part in loc if part != "[key]")


def _words(kind: str, message: str) -> str:
    unknown = {"extra_forbidden", "unexpected_keyword_argument"}
    if kind in unknown:
        return "there is no such key"
    if kind == "missing":
        return "is missing"
    return message[:1].lower() + message[1:]


def _refuse(source: Source, problems: Iterable[Problem]) -> None:
    found = list(problems)
    if found:
        raise _refusal(source, found)


def _refusal(source: Source, problems: Iterable[Problem]) -> PackError:
    """Tell every problem at once, a line each."""
    errors = [source.error(problem.key, problem.words) for problem in problems]
    return PackError("\n".join(str(error) for error in errors))

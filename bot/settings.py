"""The operator's settings: a YAML file, then the environment over it.

Every key can be set by a variable: ``database.url`` is ``BOT_DATABASE__URL``,
``sources.acme-x.bearer_token`` is ``BOT_SOURCES__ACME_X__BEARER_TOKEN``. With ``_FILE``
at the end the variable names a file that holds the value, as container secrets do.
This is the only reader of the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from bot.documents import Document, Key, read_document
from bot.domain.hours import Day
from bot.domain.ports import LOG
from bot.domain.replies import Mode
from bot.domain.staff import Role
from bot.errors import SettingsError
from bot.escalate.notices import ANYBODY
from bot.rules.zones import is_zone

PREFIX = "BOT_"
DEFAULT_FILE = Path("config/bot.yaml")
NAMED_SO = frozenset({("audit", "key_file")})
"""Keys whose own names end as a variable does that names a file with the value."""

EVERY_OTHER = "default"
"""Stands under ``models`` for the languages that have no model of their own."""

_CODES = (
    "af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca "
    "cbk ce ceb ckb co cs cv cy da de diq dsb dty dv el eml en eo es et eu fa fi fr "
    "frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy ia id ie ilo io is it ja "
    "jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr "
    "min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa "
    "pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq "
    "sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu "
    "xal xmf yi yo yue zh"
)
LANGUAGE_CODES = frozenset(_CODES.split())
"""Every code that ``bot.classify.language`` can give a text."""

Share = Annotated[float, Field(ge=0, le=1)]


def _split(value: object) -> object:
    """Take a variable's words, split by commas, for a list."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


Words = Annotated[list[str], BeforeValidator(_split)]
"""A list in the file; in a variable its items, split by commas."""

Days = Annotated[list[date], BeforeValidator(_split)]
"""Dates as YYYY-MM-DD, with or without quotes."""


def _lasting(span: timedelta) -> timedelta:
    if span <= timedelta(0):
        raise ValueError("a duration must be longer than zero")
    return span


Span = Annotated[timedelta, AfterValidator(_lasting)]
"""A duration that passes: what comes round after none never ends."""


def _existing_zone(name: str) -> str:
    if not is_zone(name):
        message = f"there is no time zone {name!r} (try Australia/Sydney)"
        raise ValueError(message)
    return name


Zone = Annotated[str, AfterValidator(_existing_zone)]


def _time_of_day(written: object) -> time:
    """Take text only: YAML reads 18:00 without quotes as the number 1080."""
    try:
        at = time.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None:
        message = 'this is no time of day; write it in quotes, as in "18:00"'
        raise ValueError(message)
    return at


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Database(_Part):
    """Where everything is kept: SQLite on one machine, PostgreSQL for several."""

    url: str = "sqlite:///var/answerable.db"


class Packs(_Part):
    """The folders of the packs in force: ours, the law's and the platforms'."""

    house: Path = Path("config/packs/house/1")
    regulation: Path = Path("config/packs/au.asic.rg271/2021-09.1")
    templates: Path = Path("config/templates")
    platforms: Path = Path("config/packs/platforms/2026-11.1")
    letters: Path = Path("config/letters")


class ModelSettings(_Part):
    """Which checkpoint tags mentions: a folder, or a Hugging Face name.

    The path or name alone is short for a mapping that says nothing else.
    """

    path: str = Field(default="models/default", min_length=1)
    engine: Literal["auto", "onnx", "openvino", "torch"] = "auto"
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    threads: int = Field(default=1, ge=1, le=64)
    labels: dict[str, str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, written: object) -> object:
        return {"path": written} if isinstance(written, str) else written


class BrandSettings(_Part):
    """A brand and its own accounts, whose posts never become mentions.

    In ``zone`` its authors are told the time; the bot's own if it names none.
    ``public_contacts`` are the numbers and addresses that its public lines may show.
    """

    accounts: dict[str, Words] = Field(default_factory=dict)
    zone: Zone | None = None
    public_contacts: Words = Field(default_factory=list)


class Budget(_Part):
    """What a month may cost on one source; ``None`` is no limit.

    The prices are of one read and one post, as the platform bills them.
    """

    monthly_reads: int | None = Field(default=None, ge=0)
    monthly_posts: int | None = Field(default=None, ge=0)
    price_per_read: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    price_per_post: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    currency: str = Field(default="", max_length=8)


class SourceSettings(BaseModel):
    """One source: its connector, its pace, its budget; the rest is the connector's."""

    model_config = ConfigDict(extra="allow", frozen=True)

    connector: str
    every: Span | None = None
    page: int = Field(default=100, ge=1, le=10_000)
    poll: bool = True
    budget: Budget = Field(default_factory=Budget)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Leave the connector's own keys out of every repr: secrets are among them."""
        yield "connector", self.connector

    @property
    def options(self) -> dict[str, object]:
        """The connector's own keys."""
        return dict(self.model_extra or {})

    @property
    def of_brand(self) -> str:
        """Whose posts it finds; empty if it does not say."""
        return str(self.options.get("brand") or "")


class ChannelSettings(_Part):
    """Whether we really speak on a channel, and through which source."""

    mode: Mode = Mode.SHADOW
    reply_via: str = ""


class Outbox(_Part):
    """How patient the outbox is.

    ``settle_after``: how long a reply whose fate is unknown rests before it is looked
    for, so that a slow platform has shown it by then; ``absent_looks``: how often it
    must be missing before it may be sent again. Both together outlast the slowest call,
    or the first try could still be under way when the second is made.
    """

    settle_after: Span = timedelta(seconds=90)
    absent_looks: int = Field(default=2, ge=1, le=10)
    confirm_after: Span = timedelta(seconds=5)
    give_up_after: int = Field(default=8, ge=1, le=100)
    look_again: tuple[Span, ...] = (
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=7),
    )


SECRET_AT_LEAST = 32
"""Characters; what signs links must not be guessed."""


def _long_enough(secret: SecretStr) -> SecretStr:
    if 0 < len(secret.get_secret_value()) < SECRET_AT_LEAST:
        message = f"a secret has at least {SECRET_AT_LEAST} characters"
        raise ValueError(message)
    return secret


class HandOffSettings(_Part):
    """What links to the form are made of: a secret of ours, and where it is reached.

    ``answers_kept``: how long answers wait for a person, at most.
    """

    secret: SecretStr = SecretStr("")
    url: str = ""
    answers_kept: Span = timedelta(days=14)

    @field_validator("secret")
    @classmethod
    def _is_no_guess(cls, secret: SecretStr) -> SecretStr:
        return _long_enough(secret)

    @field_validator("url")
    @classmethod
    def _hides_the_answers(cls, url: str) -> str:
        return _kept_private(url, "answers") if url else url

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.secret.get_secret_value()) != bool(self.url):
            message = "secret and url go together: a link needs both"
            raise ValueError(message)
        return self


class OidcSettings(_Part):
    """An identity provider of OpenID Connect, and what its claims mean here.

    Nobody has a role whom no value of ``role_claim`` gives one: of ``roles`` the first
    that they have counts. With ``brands``, nobody comes in who has no value of it
    either; an empty list there is every brand.
    """

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    label: str = "single sign-on"
    scopes: Words = Field(default_factory=lambda: ["openid", "profile"])
    name_claim: str = "preferred_username"
    role_claim: str = "groups"
    roles: dict[str, Role] = Field(min_length=1)
    brands: dict[str, Words] = Field(default_factory=dict)
    timeout: float = Field(default=10.0, gt=0, le=30)

    @field_validator("issuer")
    @classmethod
    def _hides_the_code(cls, url: str) -> str:
        return _kept_private(url, "who signs in").rstrip("/")


class ConsoleSettings(_Part):
    """Where the console is reached, and what signing in asks of whom.

    ``proxies`` are the addresses of those whose word on a visitor's address counts.
    """

    url: str = "http://127.0.0.1:8080"
    secret: SecretStr = SecretStr("")
    idle_after: Span = timedelta(hours=2)
    session_lasts: Span = timedelta(hours=12)
    second_factor: list[Role] = Field(
        default_factory=lambda: [Role.LEAD, Role.COMPLIANCE_OFFICER, Role.OPERATOR]
    )
    proxies: Words = Field(default_factory=list)
    oidc: OidcSettings | None = None

    @field_validator("secret")
    @classmethod
    def _is_no_guess(cls, secret: SecretStr) -> SecretStr:
        return _long_enough(secret)

    @field_validator("url")
    @classmethod
    def _hides_the_session(cls, url: str) -> str:
        return _kept_private(url, "passwords").rstrip("/")

    @field_validator("second_factor", mode="before")
    @classmethod
    def _split_roles(cls, value: object) -> object:
        return _split(value)


class Mail(_Part):
    """An SMTP server for notices to our own people."""

    host: str
    port: int = Field(default=25, ge=1, le=65_535)
    sender: str
    to: Words = Field(min_length=1)
    username: str = ""
    password: SecretStr = SecretStr("")
    starttls: bool = False
    timeout: float = Field(default=20.0, gt=0, le=300)

    @model_validator(mode="after")
    def _hides_the_password(self) -> Self:
        if self.password.get_secret_value() and not self.starttls:
            message = (
                "a password would cross the network in clear; set starttls: true, or "
                "leave username and password out"
            )
            raise ValueError(message)
        return self


WAY_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
MAIL = "mail"
"""The way that ``notify.mail`` sets up."""


class Way(_Part):
    """One more way to our own people: exactly one of address, webhook and mail."""

    url: SecretStr | None = None
    webhook: SecretStr | None = None
    secret: SecretStr | None = None
    mail: Words = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        kinds = [self.url is not None, self.webhook is not None, bool(self.mail)]
        if sum(kinds) != 1:
            message = "give it one of url, webhook and mail"
            raise ValueError(message)
        if (self.webhook is None) != (self.secret is None):
            message = "webhook and secret go together: every webhook is signed"
            raise ValueError(message)
        return self

    @field_validator("webhook")
    @classmethod
    def _is_http(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _is_address(url.get_secret_value()):
            # The address stays out of the message: it may hold a password.
            message = "this is no address (try https://host/path)"
            raise ValueError(message)
        return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


class RuleHours(_Part):
    """When what can wait may go out; ``zone`` is the bot's own if it names none."""

    opens: TimeOfDay = Field(alias="from")
    closes: TimeOfDay = Field(alias="to")
    zone: Zone | None = None
    days: list[Day] = Field(default_factory=lambda: list(Day), min_length=1)

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.opens == self.closes:
            message = "these hours begin and end at once; leave them out for all day"
            raise ValueError(message)
        return self


class NotifyRule(_Part):
    """Who is reached by which ways; the first that takes a notice is enough."""

    to: Words = Field(min_length=1)
    important: Words = Field(min_length=1)
    default: Words = Field(min_length=1)
    hours: RuleHours | None = None


class Notify(_Part):
    """How our own people are reached; the log is always one way."""

    mail: Mail | None = None
    ways: dict[str, Way] = Field(default_factory=dict)
    rules: list[NotifyRule] = Field(default_factory=list)


class Drafting(_Part):
    """A model that words drafts, behind an OpenAI-compatible ``url``; none if empty.

    ``approved_on``: the channels whose platform has approved that a model words replies
    where it asks for that.
    """

    url: str = ""
    model: str = ""
    key: SecretStr = SecretStr("")
    timeout: float = Field(default=30.0, gt=0, le=120)
    approved_on: Words = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.url and not (is_web(self.url) and self.model):
            message = "give it the address (https://host/v1) and the model's name"
            raise ValueError(message)
        return self


class Watchdog(_Part):
    """How often it is asked whether the watch goes on, and who outside hears it."""

    every: Span = timedelta(minutes=1)
    heartbeat_url: SecretStr = SecretStr("")
    timeout: float = Field(default=10.0, gt=0, le=60)

    @field_validator("heartbeat_url")
    @classmethod
    def _is_http(cls, url: SecretStr) -> SecretStr:
        written = url.get_secret_value()
        if written and not is_web(written):
            # The URL stays out of the message: it may hold a key.
            message = "this is no address of a page (try https://host/path)"
            raise ValueError(message)
        return url


def is_web(url: str) -> bool:
    """Whether it is the address of a web page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


class DeskStatuses(_Part):
    """A desk's own words for our states; the first of each is the one that we set."""

    open: Words = Field(default_factory=list)
    closed: Words = Field(default_factory=list)


OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}


class DeskSettings(_Part):
    """An outside desk that mirrors our tickets.

    ``user`` and ``token`` are what it calls so; ``changes`` is a webhook's only.
    """

    kind: Literal["zendesk", "jira", "freshdesk", "salesforce", "webhook"]
    url: str
    user: str = ""
    token: SecretStr
    project: str = ""
    changes: str = ""
    queues: Words = Field(default_factory=list)
    with_text: bool = False
    every: Span = timedelta(minutes=1)
    timeout: float = Field(default=20.0, gt=0, le=30)
    status: DeskStatuses = Field(default_factory=DeskStatuses)
    people: dict[str, str] = Field(default_factory=dict)
    fields: dict[str, object] = Field(default_factory=dict)

    @field_validator("url", "changes")
    @classmethod
    def _hides_the_token(cls, url: str) -> str:
        return _kept_private(url, "a token") if url else url

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needed = {
            "jira": ("user", "project"),
            "freshdesk": ("user",),
            "salesforce": ("user",),
        }.get(self.kind, ())
        for name in needed:
            if not getattr(self, name):
                message = f"{self.kind} needs {name} too"
                raise ValueError(message)
        if self.changes and self.kind != "webhook":
            message = "changes is for a webhook; this kind is asked by its own means"
            raise ValueError(message)
        words = (*self.status.open, *self.status.closed)
        if self.kind == "freshdesk" and not all(one.isdecimal() for one in words):
            message = "Freshdesk's statuses are numbers, as in closed: ['4', '5']"
            raise ValueError(message)
        return self


def _kept_private(url: str, what: str) -> str:
    """Refuse an address to which something would travel for all to read."""
    if not (_is_address(url) and _is_safe(url)):
        message = f"{what} would cross the network in clear; write https://host"
        raise ValueError(message)
    return url


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in OWN_MACHINE


class AuditSettings(_Part):
    """Sealing, where the newest head leaves the machine to, and what signs exports."""

    seal_every: Span = timedelta(seconds=5)
    batch: int = Field(default=1000, ge=1, le=100_000)
    head_dir: Path | None = None
    key_file: Path | None = None


class Engine(_Part):
    """The NATS server that hands work to many machines; unused by ``bot run``.

    ``url`` may list the servers of a cluster, split by commas. ``ack_wait``: how long
    a worker may be silent before its work is given to another.
    """

    url: SecretStr = SecretStr("")
    stream: str = Field(default="answerable", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    ack_wait: timedelta = Field(
        default=timedelta(seconds=30), ge=timedelta(seconds=1), le=timedelta(hours=1)
    )
    replicas: int = Field(default=1, ge=1, le=5)

    @field_validator("url")
    @classmethod
    def _url_is_nats(cls, url: SecretStr) -> SecretStr:
        for server in url.get_secret_value().split(",") if url else ():
            if not _is_nats(server.strip()):
                # The URL stays out of the message: it may hold a password.
                message = "this is no address of a NATS server (try nats://host:4222)"
                raise ValueError(message)
        return url


def _is_nats(server: str) -> bool:
    try:
        parts = urlsplit(server)
        return (
            parts.scheme in {"nats", "tls"}
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False


class Logs(_Part):
    """How much is logged, in which form, and where to: standard error, or a file."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    format: Literal["console", "json"] = "console"
    file: Path | None = None


class Settings(_Part):
    """Everything an operator decides."""

    place: str = "AU-NSW"
    zone: Zone = "Australia/Sydney"
    database: Database = Field(default_factory=Database)
    model: ModelSettings = Field(default_factory=ModelSettings)
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    packs: Packs = Field(default_factory=Packs)
    brands: dict[str, BrandSettings] = Field(default_factory=dict)
    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    channels: dict[str, ChannelSettings] = Field(default_factory=dict)
    vips: Words = Field(default_factory=list)
    holidays: Days = Field(default_factory=list)
    languages: Words = Field(default_factory=lambda: ["en"])
    confidence: Share = 0.55
    examples: Path | None = None
    people: Path | None = None
    outbox: Outbox = Field(default_factory=Outbox)
    hand_off: HandOffSettings = Field(default_factory=HandOffSettings)
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)
    notify: Notify = Field(default_factory=Notify)
    watchdog: Watchdog = Field(default_factory=Watchdog)
    drafting: Drafting = Field(default_factory=Drafting)

    desks: dict[str, DeskSettings] = Field(default_factory=dict)
    audit: AuditSettings = Field(default_factory=AuditSettings)
    engine: Engine = Field(default_factory=Engine)
    logs: Logs = Field(default_factory=Logs)

    @property
    def text_models(self) -> dict[str, ModelSettings]:
        """The model of each language that has its own, and of every other one."""
        return self.models or {EVERY_OTHER: self.model}

    @property
    def trusted_languages(self) -> tuple[str, ...]:
        """The languages that are no doubt: those said to be, and those with a model."""
        own = (code for code in self.models if code != EVERY_OTHER)
        return tuple(dict.fromkeys([*self.languages, *own]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The settings, and the document that says where each key was written."""

    settings: Settings
    document: Document


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> Loaded:
    """Read file and environment; raise ``SettingsError`` with every mistake in them.

    Without a path, ``BOT_CONFIG`` or ``config/bot.yaml`` is read.
    """
    environment = os.environ if environment is None else environment
    named = environment.get(PREFIX + "CONFIG")
    document = read_document(path or (Path(named) if named else DEFAULT_FILE))
    if document.data is not None and not isinstance(document.data, dict):
        message = f"{document.name}:1: the file must hold keys and values"
        raise SettingsError(message)
    merged = _with_environment(document, environment)
    settings = merged.validated(Settings, merged.data)
    _check_channels(settings, merged)
    _check_models(settings, merged)
    _check_notify(settings.notify, merged)
    _check_desks(settings, merged)
    return Loaded(settings=settings, document=merged)


def _check_channels(settings: Settings, document: Document) -> None:
    for name, channel in settings.channels.items():
        key: Key = ("channels", name, "reply_via")
        if channel.reply_via and channel.reply_via not in settings.sources:
            message = (
                f"{document.where(key)}: channels.{name}.reply_via: there is no "
                f"source {channel.reply_via!r}; name one under 'sources'"
            )
            raise SettingsError(message)


def _check_models(settings: Settings, document: Document) -> None:
    if not settings.models:
        return
    told = f"{document.where(('models',))}: models:"
    if "model" in settings.model_fields_set:
        message = (
            f"{told} 'model' is there too ({document.where(('model',))}); "
            f"leave it out and name its model under 'models' as {EVERY_OTHER!r}"
        )
        raise SettingsError(message)
    if EVERY_OTHER not in settings.models:
        message = (
            f"{told} the key {EVERY_OTHER!r} is missing; it names the model for the "
            "languages that have none of their own"
        )
        raise SettingsError(message)
    strange = sorted(settings.models.keys() - LANGUAGE_CODES - {EVERY_OTHER})
    if strange:
        lines = [
            f"{document.where(('models', code))}: models.{code}: no text is ever said "
            "to be in this language; write its ISO 639 code, as in es, and no in quotes"
            for code in strange
        ]
        raise SettingsError("\n".join(lines))


def _check_notify(notify: Notify, document: Document) -> None:
    mistakes = [*_way_mistakes(notify), *_rule_mistakes(notify)]
    if mistakes:
        lines = [
            f"{document.where(key)}: {'.'.join(map(str, key))}: {said}"
            for key, said in mistakes
        ]
        raise SettingsError("\n".join(lines))


def _check_desks(settings: Settings, document: Document) -> None:
    for name in settings.desks:
        if not WAY_NAME.fullmatch(name):
            message = (
                f"{document.where(('desks', name))}: desks.{name}: a desk's name is up "
                "to 40 letters, digits, dashes, underscores"
            )
            raise SettingsError(message)


def _way_mistakes(notify: Notify) -> Iterator[tuple[Key, str]]:
    used = {way for rule in notify.rules for way in (*rule.important, *rule.default)}
    # A webhook needs no rule: a trigger of the house may call it.
    used |= {name for name, way in notify.ways.items() if way.webhook is not None}
    for name, way in notify.ways.items():
        key = ("notify", "ways", name)
        if name in {LOG, MAIL}:
            yield key, "this name is taken; give the way another"
        elif not WAY_NAME.fullmatch(name):
            yield key, "a way's name is up to 40 letters, digits, dashes, underscores"
        elif name not in used:
            yield key, "no rule uses this way; name it in one under notify.rules"
        if way.mail and notify.mail is None:
            yield (*key, "mail"), "this needs the server of notify.mail"


def _rule_mistakes(notify: Notify) -> Iterator[tuple[Key, str]]:
    ways = {LOG, *notify.ways, *([MAIL] if notify.mail else [])}
    named: set[str] = set()
    for number, rule in enumerate(notify.rules):
        key = ("notify", "rules", number)
        for who in rule.to:
            if {who, ANYBODY} & named:
                yield (*key, "to"), f"a rule before this one is for {who!r} already"
            named.add(who)
        for kind, chosen in (("important", rule.important), ("default", rule.default)):
            for way in dict.fromkeys(chosen):
                if way not in ways:
                    known = ", ".join(sorted(ways))
                    yield (
                        (*key, kind),
                        f"there is no way {way!r}; there are: {known}",
                    )
                elif chosen.count(way) > 1:
                    yield (*key, kind), f"the way {way!r} stands here twice"


def _with_environment(document: Document, environment: Mapping[str, str]) -> Document:
    data = _copied(document.data or {})
    origins: dict[Key, str] = {}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable == PREFIX + "CONFIG":
            continue
        parts = variable.removeprefix(PREFIX).lower().split("__")
        value = environment[variable]
        if parts[-1].endswith("_file") and tuple(parts) not in NAMED_SO:
            parts[-1] = parts[-1].removesuffix("_file")
            value = _secret(variable, Path(value))
        key = _place(data, parts, value, variable)
        origins[key] = variable
        for end in range(1, len(key)):
            if key[:end] not in document.lines:
                origins.setdefault(key[:end], variable)
    return Document(
        name=document.name, data=data, lines=document.lines, origins=origins
    )


def _secret(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{variable}: the file it names cannot be read"
        raise SettingsError(message, detail=type(error).__name__) from None


def _place(data: dict[str, object], parts: list[str], value: str, variable: str) -> Key:
    """Put a value at its key; a name's dashes and spaces are underscores here."""
    key: list[str] = []
    inside = data
    for depth, part in enumerate(parts):
        name = next(
            (own for own in inside if _as_variable(str(own)) == part),
            part,
        )
        key.append(name)
        if depth == len(parts) - 1:
            inside[name] = value
            break
        # A key without a value, as in ``sources:`` alone, holds nothing yet.
        below = inside.get(name)
        if below is None:
            below = inside[name] = {}
        if not isinstance(below, dict):
            message = f"{variable}: {'.'.join(key)} is a value and has no keys"
            raise SettingsError(message)
        inside = below
    return tuple(key)


def _as_variable(name: str) -> str:
    """Name a key as variables do: two underscores would part it from its own keys."""
    letters = "".join(letter if letter.isalnum() else " " for letter in name)
    return "_".join(letters.lower().split())


def _copied(data: object) -> dict[str, object]:
    def copy(value: object) -> object:
        return (
            {str(name): copy(inner) for name, inner in value.items()}
            if isinstance(value, dict)
            else value
        )

    copied = copy(data)
    return copied if isinstance(copied, dict) else {}

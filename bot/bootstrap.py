"""Composition root: settings in, wired app out.

The only place that knows every concrete class. Each part is made when it is first
asked for, so that a command which needs no model or platform loads none.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from bot import __version__
from bot.clock import Clock, SystemClock
from bot.connectors import registry
from bot.connectors._edge import ConnectorSettings
from bot.domain.activation import PackKind
from bot.domain.channels import ReadsDeliveries, SendsReplies
from bot.domain.clocks import PackRef
from bot.domain.follow_ups import FollowUpPolicy
from bot.domain.hours import Shift
from bot.domain.packs import AgentAnswer, HousePack, Purpose, RegulationPack, Templates
from bot.domain.people import Roster
from bot.domain.platforms import ModelText, PlatformPack
from bot.domain.ports import Classifier, Drafter, Heartbeat, Notifier, Post, Reports
from bot.domain.replies import Mode
from bot.domain.tickets import TicketId
from bot.errors import BotError, PackError, SettingsError
from bot.escalate.notices import NoticeRule, webhook
from bot.notify.log import LogNotifier
from bot.notify.mail import MailNotifier, MailPost, MailServer
from bot.reports.response_log import line_of
from bot.rules.calendars import Calendar, calendar_of
from bot.rules.chosen import in_force, pointer
from bot.rules.letters import Books, load_letters
from bot.rules.library import load_library
from bot.rules.load import (
    check_means,
    check_together,
    check_topics,
    load_house,
    load_in_force,
    load_overlays,
    load_platforms,
    load_templates,
)
from bot.rules.people import load_people
from bot.services.activation import Kept
from bot.services.approvals import FourEyesAsked, why_two
from bot.services.case_files import CaseFile, hand_out
from bot.services.cases import Rulebook
from bot.services.chains import OnChange
from bot.services.deliveries import DeliveredTo
from bot.services.desks import Mirror
from bot.services.exports import Signer, signer
from bot.services.follow_ups import Manners
from bot.services.guard import Guard
from bot.services.handoff import HandOffMeans, filled_in
from bot.services.ingest import REMOVALS_WITHIN, OwnAccounts, Source
from bot.services.lifecycle import InForce
from bot.services.loops import LoopGuard
from bot.services.notices import ByRule
from bot.services.packs import KeptPacks
from bot.services.replies import Outbox, Sender
from bot.services.suggestions import Suggestions
from bot.services.triage import Policy
from bot.services.triggers import hear_change, hear_reply
from bot.services.webhooks import Tells
from bot.settings import (
    EVERY_OTHER,
    DeskSettings,
    Loaded,
    Mail,
    ModelSettings,
    NotifyRule,
    Packs,
    RuleHours,
    Settings,
    SourceSettings,
    Way,
    is_web,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.classify.reading import Engine
    from bot.classify.taught import Taught
    from bot.connectors.webhook import WebhookSettings
    from bot.services.keys import Keys, Vault
    from bot.services.refusals import Refusals
    from bot.services.signin import SignIn
    from bot.storage.store import SqlStore

RESTS = ("settle_after", "absent_looks")
ALLOWANCE = timedelta(seconds=10)
"""For what no timeout bounds in a reply's call: looking up names, being scheduled."""


FilesSeen = frozenset[tuple[str, int, int]]
"""Files by path, size and when they were last changed."""


class _OfPolicy(TypedDict):
    """What a mirror holds of the policy in force."""

    rulebook: Rulebook
    follow_ups: FollowUpPolicy | None


def _look_of(file: Path) -> tuple[str, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return str(file), found.st_size, found.st_mtime_ns


def may_reply(connector: SendsReplies) -> bool:
    """Whether its credentials let it write; most cannot be made without them."""
    return bool(getattr(connector, "may_reply", True))


class App:
    """Everything that a process may need, wired from one set of settings."""

    def __init__(self, loaded: Loaded, *, clock: Clock | None = None) -> None:
        """Remember the settings; nothing is opened yet.

        ``clock`` is what deadlines go by, in a replay the stream's. ``present`` is the
        time in which people live: their sessions, codes, links and keys go by it.
        """
        self.settings: Settings = loaded.settings
        self.clock: Clock = clock or SystemClock()
        self.present: Clock = self.clock
        self._loaded = loaded
        self._document = loaded.document
        self._encoders: dict[str, Engine] = {}
        self._example_rows: dict[tuple[str, ...], NDArray[np.float32]] = {}

    @cached_property
    def store(self) -> SqlStore:
        """The database, upgraded by ``bot db upgrade`` and checked here.

        Raises ``StorageError`` if it cannot be opened or has another schema.
        """
        store = self.unchecked_store
        store.check_version()
        return store

    @cached_property
    def unchecked_store(self) -> SqlStore:
        """The database as it is, for those who upgrade or examine it."""
        from bot.storage.store import SqlStore

        return SqlStore(self.settings.database.url, desks=tuple(self.settings.desks))

    @cached_property
    def refusals(self) -> Refusals:
        """Puts on record whom the console refused."""
        from bot.services.refusals import Refusals

        return Refusals(self.store, self.present)

    @cached_property
    def vault(self) -> Vault:
        """Locks what only our own processes may read.

        Without ``console.secret`` a secret is made once and kept in the database.
        """
        from bot.services.keys import Vault

        secret = self.settings.console.secret.get_secret_value()
        if not secret:
            with self.store.work() as work:
                made = secrets.token_urlsafe(32)
                secret = work.staff.secret("console", made, self.present.now())
        return Vault(secret)

    @cached_property
    def sign_in(self) -> SignIn:
        """The way into the console."""
        from bot.services.passwords import Passwords
        from bot.services.signin import SignIn, SignInPolicy

        chosen = self.settings.console
        return SignIn(
            self.store,
            self.present,
            SignInPolicy(
                zone=self.settings.zone,
                idle_after=chosen.idle_after,
                session_lasts=chosen.session_lasts,
                second_factor=frozenset(chosen.second_factor),
            ),
            vault=self.vault,
            passwords=Passwords(),
            refusals=self.refusals,
        )

    @property
    def reports(self) -> Reports:
        """Read-only questions about everything at once."""
        return self.store

    @cached_property
    def policy(self) -> Policy:
        """House policy, regulation, wording and calendar; raises ``PackError``."""
        _, settings = self.files_read, self.settings
        chosen = settings.packs.regulation
        regulation, others = load_in_force(chosen)
        return Policy(
            house=self._house,
            people=self.people,
            brands=frozenset(self.brands),
            regulation=regulation,
            others=others,
            overlays=load_overlays(chosen.parent.parent, regulation),
            templates=self._templates,
            platforms=self._platforms,
            calendar=self._calendar(),
            library=cache(partial(load_library, chosen.parent.parent)),
            kept=self.kept_pack,
        )

    @cached_property
    def _kept_packs(self) -> KeptPacks:
        # It reads within others' transactions, in which no version can be checked.
        return KeptPacks(self.unchecked_store)

    def kept_pack(self, ref: PackRef) -> RegulationPack | None:
        """Find a pack as it was; the database is opened for it only then."""
        return self._kept_packs(ref)

    @cached_property
    def files_read(self) -> FilesSeen:
        """What the files of the policy in force looked like before any was read."""
        return self.policy_files()

    def policy_files(self) -> FilesSeen:
        """Return what the policy's and the people's files look like now.

        All other packs' too: tickets may be under any.
        """
        chosen, people = self.settings.packs, self.settings.people
        try:
            packs = self.packs
        except PackError:
            # Told by whoever reads it; that it was changed is seen here all the same.
            packs = chosen
        files = {pointer(chosen.house), pointer(chosen.templates)}
        files |= {packs.house, packs.regulation, *packs.house.glob("*")}
        files |= {*packs.regulation.glob("*"), *packs.templates.glob("*/*")}
        files |= {packs.platforms, *packs.platforms.glob("*")}
        files |= set(packs.regulation.parent.parent.glob("[!._]*/[!._]*/*"))
        if people is not None:
            files.add(people)
        return frozenset(filter(None, map(_look_of, files)))

    def reread(self) -> None:
        """Put the policy's and the people's files in force as they are now.

        Raises ``PackError``, and what was in force stays so as a whole.
        """
        fresh = App(self._loaded, clock=self.clock)
        fresh.__dict__["unchecked_store"] = self.unchecked_store
        if "taught" in self.__dict__:
            fresh.__dict__["taught"] = self.taught
        _ = fresh.policy, fresh.people
        for name in (
            "files_read",
            "policy",
            "people",
            "_house",
            "_templates",
            "_platforms",
        ):
            self.__dict__[name] = fresh.__dict__[name]
        if "mirrors" in self.__dict__:
            self.__dict__["mirrors"] = [
                replace(one, **self._of_policy) for one in self.mirrors
            ]
        for name in ("outbox", "manners", "guard", "hand_offs"):
            # Made of the policy: made anew when they are next asked for.
            self.__dict__.pop(name, None)

    @cached_property
    def _platforms(self) -> PlatformPack:
        pack = load_platforms(self.settings.packs.platforms)
        approved = {
            name: replace(pack.of(name), model_text=ModelText.ALLOWED)
            for name in self.settings.drafting.approved_on
        }
        return replace(pack, channels={**pack.channels, **approved})

    @cached_property
    def _templates(self) -> Templates:
        return load_templates(self.packs.templates)

    def checked_house(self, path: Path) -> HousePack:
        """Read a house pack that fits wording and examples; raises ``PackError``."""
        house = load_house(path)
        check_together(house, self._templates)
        topics = self.taught.topics if self.taught is not None else ()
        check_topics(path, house, topics)
        check_means(
            path,
            house,
            webhooks=[
                name for name, way in self.settings.notify.ways.items() if way.webhook
            ],
            has_people=self.settings.people is not None,
        )
        return house

    @property
    def packs(self) -> Packs:
        """The folders in force: the settings', or what was activated in their place."""
        chosen = self.settings.packs
        found = {
            "house": in_force(chosen.house),
            "templates": in_force(chosen.templates),
        }
        return chosen.model_copy(update=found)

    def kept_folder(self, kind: PackKind) -> Kept:
        """Return what people may change in the console, and what refuses a mistake."""
        chosen = self.settings.packs
        if kind is PackKind.HOUSE:
            return Kept(kind=kind, folder=chosen.house, check=self._ref_of_house)
        return Kept(kind=kind, folder=chosen.templates, check=self._ref_of_templates)

    def _ref_of_house(self, folder: Path) -> PackRef:
        fresh = App(self._loaded, clock=self.clock)
        house = fresh.checked_house(folder)
        if self.settings.people is not None:
            load_people(self.settings.people, house)
        return house.ref

    def _ref_of_templates(self, folder: Path) -> PackRef:
        templates = load_templates(folder)
        check_together(load_house(self.packs.house), templates)
        return templates.ref

    @cached_property
    def _house(self) -> HousePack:
        _ = self.files_read
        return self.checked_house(self.packs.house)

    @cached_property
    def people(self) -> Roster | None:
        """Who works when and on what, if the operator says so; raises ``PackError``."""
        path = self.settings.people
        return None if path is None else load_people(path, self._house)

    @property
    def on_change(self) -> OnChange:
        """Lets triggers hear of a ticket that a clock or a person raised or moved."""
        return partial(hear_change, self.policy)

    def _calendar(self) -> Calendar:
        settings = self.settings
        try:
            return calendar_of(
                settings.place, zone=settings.zone, extra=settings.holidays
            )
        except BotError as error:
            where = self._document.where(("place",))
            raise SettingsError(f"{where}: place: {error.shown}") from error

    @property
    def in_force(self) -> InForce:
        """What decides how the program works, for the log."""
        policy, settings = self.policy, self.settings
        return InForce(
            version=__version__,
            modes={
                name: channel.mode.value for name, channel in settings.channels.items()
            },
            sources={
                name: source.connector for name, source in settings.sources.items()
            },
            packs={
                "house": policy.house.ref,
                "regulation": policy.regulation.ref,
                "templates": policy.templates.ref,
                "platforms": policy.platforms.ref,
                **({"people": self.people.ref} if self.people else {}),
            },
            place=settings.place,
            zone=settings.zone,
            languages=settings.trusted_languages,
            regulations=(policy.regulation, *policy.others, *policy.overlays),
            house=policy.house,
        )

    def encoder(self, language: str = EVERY_OTHER) -> Engine:
        """The text model for a language, one that ``settings.text_models`` names.

        Raises ``ClassifyError`` if it is missing or damaged. Languages whose settings
        are the same share one, which is loaded once.
        """
        chosen = self.settings.text_models[language]
        same = chosen.model_dump_json()
        if same not in self._encoders:
            self._encoders[same] = self._load(chosen)
        return self._encoders[same]

    def encoder_of(self, name: str) -> Engine:
        """Load any text model, a folder or a name, as the settings say how."""
        chosen = self.settings.text_models[EVERY_OTHER]
        labels = chosen.labels if name == chosen.path else None
        return self._load(chosen.model_copy(update={"path": name, "labels": labels}))

    def _load(self, chosen: ModelSettings) -> Engine:
        from bot.classify import engines

        path = Path(chosen.path)
        return engines.load(
            # A link is followed once: it may be turned to another folder meanwhile.
            path.resolve() if path.is_symlink() else chosen.path,
            engine=chosen.engine,
            device=chosen.device,
            precision=chosen.precision,
            # They hold for the whole process, whichever model asked for them.
            threads=max(one.threads for one in self.settings.text_models.values()),
            label_map=chosen.labels,
        )

    @cached_property
    def taught(self) -> Taught | None:
        """What the operator teaches by examples; raises ``SettingsError``."""
        path = self.settings.examples
        if path is None:
            return None
        from bot.classify import taught

        found = taught.load(path)
        taught.check_brands(found, path, self.brands)
        return found

    @property
    def brands(self) -> set[str]:
        """Every brand that the settings name, by itself or at a source."""
        return {*self.settings.brands, *self.source_brands.values()} - {""}

    @property
    def source_brands(self) -> dict[str, str]:
        """Whose each source is; empty for one that does not say."""
        return {
            name: written.of_brand for name, written in self.settings.sources.items()
        }

    @cached_property
    def classifier(self) -> Classifier:
        """The whole tagging pipeline around the text models, each of them loaded.

        One that cannot be loaded, or that there is no memory for, is found here and
        not with the first text in its language.
        """
        return self.classifier_around(self.encoder())

    def classifier_around(self, encoder: Engine) -> Classifier:
        """Make the tagging pipeline with another model for most languages."""
        from bot.classify.pipeline import Pipeline

        languages = self.settings.text_models.keys() - {EVERY_OTHER}
        return Pipeline(
            encoder,
            by_language={code: self.encoder(code) for code in languages},
            vips=frozenset(vip.lower() for vip in self.settings.vips),
            supported_languages=frozenset(self.settings.trusted_languages),
            confidence=self.settings.confidence,
            taught=self.taught,
        )

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every source by the operator's name for it; raises ``SettingsError``."""
        return {
            name: self._source(name, written)
            for name, written in self.settings.sources.items()
        }

    @cached_property
    def _connectors(
        self,
    ) -> dict[str, tuple[registry.ConnectorClass, ConnectorSettings]]:
        """Each source's class, and what the operator tells it."""
        return {
            name: self._connector(name, written)
            for name, written in self.settings.sources.items()
        }

    def _connector(
        self, name: str, written: SourceSettings
    ) -> tuple[registry.ConnectorClass, ConnectorSettings]:
        try:
            made = registry.load(written.connector)
        except SettingsError as error:
            where = self._document.where(("sources", name, "connector"))
            raise SettingsError(
                f"{where}: sources.{name}.connector: {error.shown}"
            ) from None
        options = self._document.validated(
            made.settings_model, written.options, under=("sources", name)
        )
        return made, options

    def _source(self, name: str, written: SourceSettings) -> Source:
        made, options = self._connectors[name]
        connector = made(options)
        if isinstance(connector, ReadsDeliveries):
            connector.read_from(DeliveredTo(lambda: self.store, name))
        return Source(
            name=name,
            connector=connector,
            page=written.page,
            every=written.every or made.info.poll_every,
            monthly_reads=written.budget.monthly_reads,
            monthly_posts=written.budget.monthly_posts,
            removals_within=self._platforms.of(made.info.name).delete_within
            or REMOVALS_WITHIN,
        )

    @property
    def hooks(self) -> dict[str, WebhookSettings]:
        """The sources that are delivered to, with how their senders sign."""
        from bot.connectors.webhook import WebhookSettings

        return {
            name: options
            for name, (_made, options) in self._connectors.items()
            if isinstance(options, WebhookSettings)
        }

    @property
    def polled(self) -> list[Source]:
        """The sources that are listened to."""
        written = self.settings.sources
        return [one for one in self.sources.values() if written[one.name].poll]

    @cached_property
    def own_accounts(self) -> OwnAccounts:
        """All brands' own accounts, channel by channel."""
        by_channel: dict[str, set[str]] = {}
        for brand in self.settings.brands.values():
            for channel, handles in brand.accounts.items():
                lowered = {handle.lstrip("@").lower() for handle in handles}
                by_channel.setdefault(channel, set()).update(lowered)
        return OwnAccounts(
            by_channel={name: frozenset(own) for name, own in by_channel.items()}
        )

    @cached_property
    def outbox(self) -> Outbox:
        """Who may speak where; a channel is silent until an operator says live."""
        chosen = self.settings.outbox
        return Outbox(
            limits=self.policy.house.flood,
            modes={
                name: channel.mode for name, channel in self.settings.channels.items()
            },
            senders=self._senders(),
            settle_after=chosen.settle_after,
            absent_looks=chosen.absent_looks,
            confirm_after=chosen.confirm_after,
            give_up_after=chosen.give_up_after,
            policy=self.policy.house.ref.id,
            stale_after=self._stale_after(),
            manners=self.manners,
            platforms=self.policy.platforms,
            on_seen=lambda *seen: hear_reply(self.policy, *seen),
            four_eyes=self.four_eyes,
            look_again=chosen.look_again,
            guard=self.guard,
            own=self.own_accounts,
            loops=LoopGuard(
                limit=self.policy.house.flood.exchange,
                named=frozenset().union(*self.own_accounts.by_channel.values()),
            ),
            worded=filled_in(lambda: self.store, self._keys),
        )

    @cached_property
    def hand_offs(self) -> HandOffMeans:
        """How people are led to a private talk."""
        return HandOffMeans(
            house=self.policy.house,
            templates=self.policy.templates,
            platforms=self.policy.platforms,
            senders=lambda: self.outbox.senders,
            keys=self._keys,
            answers_kept=self.settings.hand_off.answers_kept,
        )

    @property
    def hand_offs_at(self) -> str:
        """Where forms are reached from outside; empty where none is shown."""
        return self.settings.hand_off.url

    @cached_property
    def _keys(self) -> Keys | None:
        chosen = self.settings.hand_off
        if not chosen.url:
            return None
        from bot.services.keys import Keys

        return Keys(chosen.secret.get_secret_value(), chosen.url)

    @property
    def drafter(self) -> Drafter:
        """What words drafts in a person's place; raises ``SettingsError``."""
        chosen = self.settings.drafting
        if not chosen.url:
            raise SettingsError("no model words drafts; set drafting.url and .model")
        from bot.knowledge.drafter import ChatDrafter

        key = chosen.key.get_secret_value()
        return ChatDrafter(chosen.url, chosen.model, key, chosen.timeout)

    @property
    def suggestions(self) -> Suggestions:
        """What people may choose an answer from."""
        return Suggestions(
            templates=self.policy.templates,
            guard=self.guard,
            platforms=self.policy.platforms,
            default_language=self.policy.house.acknowledgement.default_language,
            links={
                name: next(filter(is_web, brand.public_contacts), "")
                for name, brand in self.settings.brands.items()
            },
            likeness=self._likeness,
        )

    def _likeness(self, text: str, answers: Sequence[AgentAnswer]) -> dict[str, float]:
        """Compare by the text model's rows; the examples are read once a process."""
        examples = tuple(one for answer in answers for one in answer.examples)
        if not examples:
            return {}
        encoder = self.encoder()
        if examples not in self._example_rows:
            self._example_rows[examples] = encoder.embed(examples)
        near = iter(self._example_rows[examples] @ encoder.embed([text])[0])
        return {
            answer.id: max(float(next(near)) for _ in answer.examples)
            for answer in answers
            if answer.examples
        }

    @property
    def four_eyes(self) -> FourEyesAsked:
        """Which replies two people must answer for, by the house and the guard."""
        asks, guard = partial(why_two, self.policy), self.guard
        return lambda work, reply, now: (
            *asks(work, reply, now),
            *guard.why_two(work, reply),
        )

    @cached_property
    def guard(self) -> Guard:
        """What no public line of ours may say, and what of us it may show."""
        templates = self.policy.templates.by_language.values()
        worded = (
            template.text
            for wording in templates
            for some in wording.values()
            for template in some
        )
        return Guard(
            contacts={
                name: tuple(brand.public_contacts)
                for name, brand in self.settings.brands.items()
            },
            lines=tuple(
                line.contact
                for lines in self.policy.house.care.helplines.values()
                for line in lines
            ),
            staff=tuple(self.people.people) if self.people else (),
            hand_offs={
                language: wording[Purpose.QUESTION][0].text
                for language, wording in self.policy.templates.by_language.items()
                if wording.get(Purpose.QUESTION)
            },
            language=self.policy.house.acknowledgement.default_language,
            common=frozenset(
                word.strip(".,!?:;()").lower()
                for text in worded
                for word in text.split()
            ),
        )

    @cached_property
    def manners(self) -> Manners:
        """How authors are followed up, and what each platform allows."""
        settings = self.settings
        return Manners(
            policy=self.policy.house.follow_ups,
            zone=settings.zone,
            zones={
                name: brand.zone
                for name, brand in settings.brands.items()
                if brand.zone is not None
            },
            platforms=self.policy.platforms,
        )

    def _stale_after(self) -> timedelta | None:
        """From what age of a mention the policy wants a person to agree."""
        rules = self.policy.house.acknowledgement.approval
        ages = [rule.when.older_than for rule in rules if rule.when.older_than]
        return min(ages, default=None)

    def _senders(self) -> dict[str, Sender]:
        """Name who speaks; in shadow mode only to look for what was said before."""
        senders = {}
        for name, channel in self.settings.channels.items():
            source = self.sources.get(channel.reply_via)
            if source is None or not isinstance(source.connector, SendsReplies):
                if channel.mode is not Mode.LIVE:
                    continue
                raise self._cannot_reply(name, "a source whose connector can reply")
            if channel.mode is Mode.LIVE and not may_reply(source.connector):
                needed = f"credentials with which {source.name} may write"
                raise self._cannot_reply(name, needed)
            if channel.mode is Mode.LIVE:
                self._check_patience(source.name)
            senders[name] = Sender(
                source=source.name,
                connector=source.connector,
                reply_limit=source.connector.info.reply_limit,
                monthly_posts=source.monthly_posts,
            )
        return senders

    def _cannot_reply(self, channel: str, needed: str) -> SettingsError:
        where = self._document.where(("channels", channel, "reply_via"))
        return SettingsError(
            f"{where}: channels.{channel}.reply_via: a live channel needs {needed}"
        )

    def _check_patience(self, source: str) -> None:
        """Refuse an outbox that could send again while the first call is under way."""
        made, options = self._connectors[source]
        requests, outbox = made.info.reply_requests, self.settings.outbox
        slowest = timedelta(seconds=2 * options.timeout) * requests + ALLOWANCE
        rests = outbox.settle_after * outbox.absent_looks
        if not requests or rests > slowest:
            return
        timeout = f"sources.{source}.timeout"
        own = [key for key in RESTS if key in outbox.model_fields_set]
        key = ("outbox", own[0]) if own else ("sources", source, "timeout")
        raise SettingsError(
            f"{self._document.where(key)}: {'.'.join(key)}: a reply that is in doubt "
            f"could be sent again after {rests.total_seconds():g} seconds "
            "(outbox.settle_after times outbox.absent_looks), while the first call may "
            f"take {slowest.total_seconds():g} (twice {timeout} for each of up to "
            f"{requests} requests, and some slack); raise the one or lower the other"
        )

    @cached_property
    def notifiers(self) -> Sequence[Notifier]:
        """What tells those whom no rule names: the log, and mail where it is set up."""
        mail = self.settings.notify.mail
        return [LogNotifier(), *([MailNotifier(_server(mail))] if mail else [])]

    @cached_property
    def letters(self) -> Books:
        """The wording of legal notices; raises ``PackError``."""
        return load_letters(self.settings.packs.letters)

    @property
    def post(self) -> Post:
        """What takes legal notices to people; raises ``SettingsError`` without mail."""
        mail = self.settings.notify.mail
        if mail is None:
            where = self._document.where(("notify",))
            message = (
                f"{where}: notify.mail: a notice goes out by e-mail, and no server is "
                "set up; set one up, or hand it over and say so by --given-elsewhere"
            )
            raise SettingsError(message)
        return MailPost(_server(mail))

    @cached_property
    def by_rule(self) -> ByRule:
        """Who is reached in ways of their own; raises ``SettingsError``.

        A webhook has a rule of its own by which triggers call it, and nothing else.
        """
        notify = self.settings.notify
        own = [self._way(name, way) for name, way in notify.ways.items()]
        called = [
            NoticeRule(to=(webhook(name),), important=(name,), default=(name,))
            for name, way in notify.ways.items()
            if way.webhook is not None
        ]
        return ByRule(
            rules=[*called, *(self._rule(rule) for rule in notify.rules)],
            ways={way.name: way for way in (*self.notifiers, *own)},
        )

    def _rule(self, rule: NotifyRule) -> NoticeRule:
        return NoticeRule(
            to=tuple(rule.to),
            important=tuple(rule.important),
            default=tuple(rule.default),
            hours=None if rule.hours is None else self._hours(rule.hours),
        )

    def _hours(self, hours: RuleHours) -> Shift:
        return Shift(
            days=tuple(hours.days),
            start=hours.opens,
            end=hours.closes,
            zone=hours.zone or self.settings.zone,
        )

    def _way(self, name: str, way: Way) -> Notifier:
        mail = self.settings.notify.mail
        if mail is not None and way.mail:
            return MailNotifier(replace(_server(mail), to=tuple(way.mail)), name)
        try:
            return _made(name, way)
        except ValueError as error:
            key = "secret" if way.secret is not None else "url"
            at = ("notify", "ways", name, key)
            where = f"{self._document.where(at)}: {'.'.join(at)}"
            raise SettingsError(f"{where}: {error}") from None

    @property
    def subscriptions(self) -> Tells:
        """Hands entries of the log to programs outside."""
        from bot.notify.webhook import Subscriptions

        # Real time, also in a replay: receivers refuse what was signed long ago.
        return Subscriptions(SystemClock())

    @cached_property
    def heartbeat(self) -> Heartbeat | None:
        """Who outside hears that the watch goes on, if anybody does."""
        chosen = self.settings.watchdog
        url = chosen.heartbeat_url.get_secret_value()
        if not url:
            return None
        from bot.notify.heartbeat import HttpHeartbeat

        return HttpHeartbeat(url, chosen.timeout)

    @cached_property
    def mirrors(self) -> Sequence[Mirror]:
        """The outside desks that hold our tickets too; raises ``SettingsError``."""
        return [self._mirror(name, own) for name, own in self.settings.desks.items()]

    def _mirror(self, name: str, own: DeskSettings) -> Mirror:
        from bot.notify.desks import Account, desk_of

        account = Account(
            name=name,
            kind=own.kind,
            url=own.url,
            user=own.user,
            token=own.token.get_secret_value(),
            project=own.project,
            changes=own.changes,
            timeout=own.timeout,
            fields=own.fields,
            closed=tuple(own.status.closed),
            open=tuple(own.status.open),
        )
        try:
            desk = desk_of(account, self.clock)
        except ValueError as error:
            at = self._document.where(("desks", name, "token"))
            raise SettingsError(f"{at}: desks.{name}.token: {error}") from None
        return Mirror(
            desk=desk,
            queues=frozenset(own.queues),
            with_text=own.with_text,
            every=own.every,
            people=own.people,
            **self._of_policy,
        )

    @property
    def _of_policy(self) -> _OfPolicy:
        policy = self.policy
        return {"rulebook": policy.rulebook, "follow_ups": policy.house.follow_ups}

    @property
    def head_dir(self) -> Path | None:
        """Where the log's newest head goes to leave the machine."""
        return self.settings.audit.head_dir

    @property
    def signer(self) -> Signer | None:
        """What signs exports, made if it is not there yet; ``None`` if none is named.

        Raises ``SettingsError`` for a file that holds something else.
        """
        path = self.settings.audit.key_file
        return None if path is None else signer(self.store, self.clock, path)

    def case_file(self, ticket_id: TicketId, *, by: str) -> CaseFile:
        """Hand out one case as a file that proves itself; raises ``Missing``.

        Whether ``by`` may read it is for the caller to know.
        """
        return hand_out(
            self.store,
            self.clock,
            ticket_id,
            by=by,
            key=self.signer,
            summed=line_of,
        )

    @property
    def seal_every(self) -> timedelta:
        """How often the log is sealed while the bot runs."""
        return self.settings.audit.seal_every

    def close(self) -> None:
        """Let go of everything that was opened."""
        for source in self.__dict__.get("sources", {}).values():
            source.connector.close()
        if "unchecked_store" in self.__dict__:
            self.unchecked_store.close()


def _server(mail: Mail) -> MailServer:
    return MailServer(
        host=mail.host,
        port=mail.port,
        sender=mail.sender,
        to=tuple(mail.to),
        username=mail.username,
        password=mail.password.get_secret_value(),
        starttls=mail.starttls,
        timeout=mail.timeout,
    )


def _made(name: str, way: Way) -> Notifier:
    """Make a way that is no mail; raise ``ValueError``, without its secrets."""
    if way.webhook is not None and way.secret is not None:
        from bot.notify.webhook import Receiver, WebhookNotifier, key_of

        receiver = Receiver(
            url=way.webhook.get_secret_value(),
            key=key_of(way.secret.get_secret_value()),
        )
        # Real time, also in a replay: receivers refuse what was signed long ago.
        return WebhookNotifier(name, receiver, SystemClock())
    from bot.notify.apprise import AppriseNotifier

    return AppriseNotifier(name, way.url.get_secret_value() if way.url else "")

"""Compare: which past decisions another model would change; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.corrections import NO, YES, TagKind, value_of
from bot.domain.decisions import Outcome
from bot.domain.ports import Classifier, Past, Store
from bot.domain.tags import Tags
from bot.escalate.decide import Situation, decide
from bot.services.triage import Policy

PAGE = 256
SIGNALS = "signals"
LIKELY = 0.5
"""A signal whose score crosses this is said to have changed."""

Watch = Callable[[int, int], None]
"""Told how many mentions are done, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One mention of which the second model would have made something else.

    ``before`` and ``after`` hold only what differs, by the same names.
    """

    past: Past
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two models make of the same mentions.

    ``scored_again`` had no tags by the first model; ``other_packs`` were decided under
    packs that are not in force any more.
    """

    first: str
    second: str
    mentions: int
    scored_again: int
    other_packs: int
    changed: Sequence[Changed]

    @property
    def counts(self) -> Mapping[tuple[str, str, str], int]:
        """Count the changes by what changes, from what, to what; most of them first."""
        return dict(
            Counter(
                (what, one.before[what], one.after[what])
                for one in self.changed
                for what in one.before
            ).most_common()
        )


def compare(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    first: Classifier,
    second: Classifier,
    policy: Policy,
    *,
    limit: int,
    since: datetime | None = None,
    page: int = PAGE,
    progress: Watch = lambda _done, _total: None,
) -> Comparison:
    """Decide the newest past mentions by both models' tags, and say what differs.

    Each is decided as if it stood alone in its conversation, at the instant of its
    decision and by the packs in force, so that whatever differs is the models' doing.
    Tags that the first model gave are taken as they are kept.
    """
    with store.reading() as work:
        total = min(limit, work.mentions.count_past(since=since))
    done = scored_again = other_packs = 0
    changed: list[Changed] = []
    before = None
    while done < total:
        with store.reading() as work:
            some = work.mentions.past(
                min(page, total - done), since=since, before=before
            )
            known = work.mentions.tags_by(first.models, [one.stored.id for one in some])
        if not some:
            break
        # What its author took back is no text that a model could read.
        read = [one for one in some if not one.stored.text_sha256]
        lacking = [one.stored for one in read if one.stored.id not in known]
        fresh = zip(lacking, first.tag(lacking) if lacking else (), strict=True)
        tags = {**known, **{stored.id: made for stored, made in fresh}}
        others = second.tag([one.stored for one in read])
        for one, other in zip(read, others, strict=True):
            changed += _difference(one, tags[one.stored.id], other, policy)
            other_packs += _is_by_other_packs(one, policy)
        done += len(some)
        scored_again += len(lacking)
        before = some[-1].stored.id
        progress(done, total)
    return Comparison(
        first=first.model,
        second=second.model,
        mentions=done,
        scored_again=scored_again,
        other_packs=other_packs,
        changed=sorted(changed, key=_weight),
    )


def _difference(past: Past, first: Tags, second: Tags, policy: Policy) -> list[Changed]:
    """Say what differs, as a list of one or of none."""
    old, new = _seen(past, first, policy), _seen(past, second, policy)
    names = [name for name in old if old[name] != new[name]]
    if not names:
        return []
    return [
        Changed(
            past=past,
            before={name: old[name] for name in names},
            after={name: new[name] for name in names},
        )
    ]


def _seen(past: Past, tags: Tags, policy: Policy) -> dict[str, str]:
    stored = past.stored
    situation = Situation(
        mention=stored.mention, tags=tags, restored_as=stored.restored_as
    )
    regulation = policy.governing(stored.mention.published_at)
    made = decide(situation, policy.house, regulation, past.decided_at)
    opens = made.outcome is Outcome.OPEN_TICKET
    return {
        **{kind.value: value_of(tags, kind) or "unknown" for kind in TagKind},
        SIGNALS: _signals(tags),
        "ticket": "opens" if opens else "none",
        "set_aside": YES if made.outcome is Outcome.SET_ASIDE else NO,
        "in_scope": made.scope.verdict.value,
        "legal_class": made.legal_class or "none",
        "severity": made.severity.value,
        "code": made.code.value,
        "tier": f"{int(made.tier)}",
        "queue": made.queue or "none",
    }


def _signals(tags: Tags) -> str:
    """Name the signals, and mark those that are rather not meant."""
    named = (
        kind.value + ("" if score >= LIKELY else ", doubtful")
        for kind, score in tags.likelihoods.items()
    )
    return "; ".join(sorted(named)) or "none"


def _is_by_other_packs(past: Past, policy: Policy) -> bool:
    then = (past.decision.house_pack, past.decision.regulation_pack)
    governing = policy.governing(past.stored.mention.published_at)
    return then != (policy.house.ref, governing.ref)


def _weight(one: Changed) -> tuple[bool, bool, int]:
    """Put lost and new tickets first, then what is decided otherwise, then tags."""
    decided = set(one.before) - {*TagKind, SIGNALS}
    return "ticket" not in one.before, not decided, -one.past.stored.id

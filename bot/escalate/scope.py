"""The complaint test as facts: what makes a post a complaint for the regulation.

RG 271.27 asks for dissatisfaction and an expected response, 271.32(a) for a channel
that the firm owns or controls and an author who can be identified and contacted, and
271.33 names what is none. A doubt is never read as a no: a person looks, and the clock
runs from publication in the meantime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.decisions import Answer, Fact, Reason, Scope
from bot.domain.mentions import ChannelControl, Mention, MentionKind
from bot.domain.packs import Expectation, ScopeRules, Thresholds
from bot.domain.tags import UNREADABLE, Doubt, Sentiment, SignalKind, Tags

NONE = "none"
ASKS, DEMANDS = "asks", "demands"
REPORTS, EMPLOYMENT = "reports", "employment"
"""The cue lists that the test itself reads; every house pack must have them."""

BLIND = frozenset({Doubt.UNSUPPORTED_LANGUAGE, Doubt.TRUNCATED, Doubt.MAY_BE_IRONIC})
"""Doubts with which finding nothing negative says nothing: it was not all read, or
the opposite may be meant."""

ONLY_WORSE = frozenset({Doubt.TRUNCATED, Doubt.MAY_BE_IRONIC})
"""Doubts with which a clear complaint stays one: they are about what else may be said
or meant, which could only be worse."""

NOTICES = {
    SignalKind.HARDSHIP: "hardship_notice_only",
    SignalKind.FRAUD: "unauthorised_or_chargeback_only",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The facts, what answer the author waits for, and the reasons in order."""

    scope: Scope
    expectation: Expectation
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    mention: Mention
    tags: Tags
    cues: Mapping[str, int]
    rules: ScopeRules
    limits: Thresholds
    is_told: bool

    @property
    def is_directed(self) -> bool:
        """Whether it is said to us: on our own page, or with our name called."""
        mention = self.mention
        direct = mention.kind in {MentionKind.MESSAGE, MentionKind.REVIEW}
        theirs = mention.control is ChannelControl.THIRD_PARTY
        return mention.is_addressed or direct or not theirs


def examine(
    mention: Mention,
    tags: Tags,
    *,
    cues: Mapping[str, int],
    rules: ScopeRules,
    limits: Thresholds,
    is_told: bool = False,
) -> Finding:
    """Answer the four facts and the exclusions, each with score and reason.

    ``is_told``: a person says that it is a complaint; no model is asked.
    """
    case = _Case(
        mention=mention,
        tags=tags,
        cues=cues,
        rules=rules,
        limits=limits,
        is_told=is_told,
    )
    unhappy = _dissatisfaction(case)
    expectation, expected = _response_expected(case, unhappy)
    facts = {
        "dissatisfaction": unhappy,
        "response_expected": expected,
        "channel_controlled": _channel_controlled(case),
        "author_reachable": _author_reachable(case),
    }
    exclusion, excluded = _exclusion(case, unhappy, expectation)
    answers = {fact.answer for fact in facts.values()}
    if excluded is Answer.YES or Answer.NO in answers:
        verdict = Answer.NO
    elif excluded is Answer.NEEDS_HUMAN or Answer.NEEDS_HUMAN in answers:
        verdict = Answer.NEEDS_HUMAN
    else:
        verdict = Answer.YES
    scope = Scope(**facts, verdict=verdict, exclusion=exclusion)
    return Finding(
        scope=scope,
        expectation=expectation,
        reasons=_reasons(case, scope, facts, excluded),
    )


def _dissatisfaction(case: _Case) -> Fact:
    """Dissatisfaction by the complaint model; a person where it may be wrong.

    A no carries how sure it is, everything else the complaint score.
    """
    tags, limits = case.tags, case.limits
    if case.is_told:
        return _fact(Answer.YES, 1.0, "a person says so")
    negative = tags.sentiment_scores.get(Sentiment.NEGATIVE, 0.0)
    score = _complaint_score(tags, negative)
    doubts = _doubts(tags)
    if doubts - ONLY_WORSE or (doubts and score < limits.complaint_yes):
        words = ", ".join(sorted(doubts))
        if _is_harmless(case, score, negative) and not BLIND & doubts:
            return _fact(Answer.NO, 1 - score, f"nothing negative in it, yet {words}")
        return _fact(Answer.NEEDS_HUMAN, score, f"the tags are in doubt: {words}")
    if score >= limits.complaint_yes:
        return _fact(Answer.YES, score, "the complaint model is sure")
    doubt = _second_thought(case, score, negative)
    if doubt:
        return _fact(Answer.NEEDS_HUMAN, score, doubt)
    return _fact(Answer.NO, 1 - score, "no dissatisfaction that asks for anything")


def _second_thought(case: _Case, score: float, negative: float) -> str:
    """Say why a model that hears no complaint may be wrong all the same."""
    limits = case.limits
    if score > limits.complaint_no:
        return "the complaint model is not sure"
    if negative >= limits.disagree_negative and score >= limits.disagree_complaint:
        return "very negative, yet no complaint"
    urgent = case.tags.signals and case.is_directed
    if urgent and not _is_harmless(case, score, negative):
        return "a sign of urgency, yet no complaint"
    return ""


def _is_harmless(case: _Case, score: float, negative: float) -> bool:
    """Whether nothing negative was found at all."""
    most = case.limits.negligible_negative
    return max(negative, score) <= most and not case.tags.complaint


def _complaint_score(tags: Tags, negative: float) -> float:
    """Fall back on the label, and without a model on how negative the text is."""
    if tags.complaint_score is not None:
        return tags.complaint_score
    return negative if tags.complaint is None else float(tags.complaint)


def _doubts(tags: Tags) -> frozenset[Doubt]:
    missing = {Doubt.NO_COMPLAINT_MODEL} if tags.complaint is None else set()
    return frozenset(tags.doubts) | missing


def _response_expected(case: _Case, unhappy: Fact) -> tuple[Expectation, Fact]:
    """Explicit where it asks, implicit where dissatisfaction is brought to us (.30).

    What a model hears may add an expectation where no phrase does, and takes none away.
    """
    if not case.is_directed:
        words = "not said to the firm, neither on its page nor with its name called"
        return Expectation.NONE, _fact(Answer.NO, 1.0, words)
    if case.cues.get(ASKS):
        words = "explicit: it asks the firm something"
        return Expectation.EXPLICIT, _fact(Answer.YES, 1.0, words)
    if case.cues.get(DEMANDS):
        words = "implicit: it wants the firm to act"
        return Expectation.IMPLICIT, _fact(Answer.YES, 1.0, words)
    heard = case.tags.asks if UNREADABLE.isdisjoint(case.tags.doubts) else 0.0
    if unhappy.answer is Answer.NO and heard:
        words = "explicit: the model hears a request, without a phrase that asks"
        return Expectation.EXPLICIT, _fact(Answer.NEEDS_HUMAN, heard, words)
    if unhappy.answer is Answer.NO:
        words = "it asks nothing and complains of nothing"
        if case.cues.get(REPORTS):
            words = "a report that asks nothing"
        return Expectation.NONE, _fact(Answer.NO, unhappy.score, words)
    words = "implicit: dissatisfaction brought before the firm"
    return Expectation.IMPLICIT, _fact(unhappy.answer, unhappy.score, words)


def _channel_controlled(case: _Case) -> Fact:
    """Owned by the firm, or counted as such by an option of the pack (.32(a))."""
    mention, options = case.mention, case.rules.options
    if not case.rules.owned_or_controlled_channel:
        return _fact(Answer.YES, 1.0, "the pack reaches every channel")
    if mention.control is ChannelControl.THIRD_PARTY:
        return _fact(Answer.NO, 1.0, "somebody else's channel: watched only")
    if mention.control is ChannelControl.MENTION:
        answer = Answer.YES if options.treat_mentions_as_owned else Answer.NO
        words = "on the author's own timeline, option treat_mentions_as_owned"
        return _fact(answer, 1.0, words)
    if mention.kind is MentionKind.REVIEW:
        answer = Answer.YES if options.claimed_review_pages_owned else Answer.NO
        words = "a claimed review page, option claimed_review_pages_owned"
        return _fact(answer, 1.0, words)
    return _fact(Answer.YES, 1.0, "the firm's own channel")


def _author_reachable(case: _Case) -> Fact:
    """Identifiable and contactable (.32(a))."""
    author = case.mention.author
    if not case.rules.author_reachable:
        return _fact(Answer.YES, 1.0, "the pack does not ask for it")
    if author is None:
        words = "the account is deleted, suspended or withheld"
        return _fact(Answer.NO, 1.0, words)
    if author.is_declared_bot:
        return _fact(Answer.NO, 1.0, "the account says that it is a machine")
    if not (author.handle or author.external_id):
        return _fact(Answer.NEEDS_HUMAN, 0.5, "the platform does not say who it is")
    return _contactable(case)


def _contactable(case: _Case) -> Fact:
    if case.mention.kind is MentionKind.MESSAGE:
        return _fact(Answer.YES, 1.0, "wrote to us, can be answered")
    if case.rules.options.platform_reply_counts_as_contactable:
        words = "answerable there, option platform_reply_counts_as_contactable"
        return _fact(Answer.YES, 1.0, words)
    words = "whether the author can be contacted elsewhere is not known"
    return _fact(Answer.NEEDS_HUMAN, 0.5, words)


def _exclusion(
    case: _Case, unhappy: Fact, expectation: Expectation
) -> tuple[str, Answer]:
    """Which exclusion (.33) applies, and whether surely.

    Hardship, fraud and plain reports are excluded only where no dissatisfaction comes
    with them. A model may take the trouble itself for dissatisfaction: where it is all
    that speaks against an exclusion, a person looks. One employment phrase is a doubt,
    several make it sure.
    """
    known, found = case.rules.exclusions, case.cues.get(EMPLOYMENT, 0)
    if found and "staff_employment" in known and unhappy.answer is not Answer.NO:
        sure = found >= case.limits.cues_sure
        return "staff_employment", Answer.YES if sure else Answer.NEEDS_HUMAN
    applies = Answer.YES if unhappy.answer is Answer.NO else Answer.NEEDS_HUMAN
    if unhappy.answer is not Answer.YES:
        for kind, name in NOTICES.items():
            if case.tags.has(kind) and name in known:
                return name, applies
    wants = expectation is Expectation.EXPLICIT or case.cues.get(DEMANDS)
    is_report = not wants and case.cues.get(REPORTS)
    if is_report and case.is_directed and "no_response_expected" in known:
        return "no_response_expected", applies
    return NONE, Answer.NO


def _reasons(
    case: _Case, scope: Scope, facts: Mapping[str, Fact], excluded: Answer
) -> tuple[Reason, ...]:
    cites = case.rules.cites
    lines = [
        Reason(
            rule=cites[name],
            text=f"{name}: {fact.answer} ({fact.score:.2f}), {fact.reason}",
        )
        for name, fact in facts.items()
    ]
    if scope.exclusion != NONE:
        words = "applies" if excluded is Answer.YES else "may apply"
        lines.append(
            Reason(
                rule=cites[scope.exclusion],
                text=f"exclusion {scope.exclusion} {words}",
            )
        )
    lines.append(Reason(rule=cites["verdict"], text=f"complaint: {scope.verdict}"))
    return tuple(lines)


def _fact(answer: Answer, score: float, reason: str) -> Fact:
    return Fact(answer=answer, score=round(score, 4), reason=reason)

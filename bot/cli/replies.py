"""``bot reply``: what we said or are about to say, and who wrote and agreed to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import (
    AsJson,
    By,
    Config,
    Db,
    MaybeBy,
    ReadHash,
    Why,
    number,
    opened,
)
from bot.cli.tickets import print_reply, reply_row
from bot.domain.guard import Checked
from bot.domain.mentions import MentionId
from bot.domain.packs import Purpose
from bot.domain.platforms import PlatformPack
from bot.domain.ports import Work
from bot.domain.replies import Approval, Reply, ReplyId, ReplyState
from bot.domain.tickets import TicketId, key_of
from bot.errors import Missing, NotAllowed
from bot.escalate.guard import Around
from bot.escalate.platforms import countdown
from bot.escalate.replies import wordings
from bot.services import breaker, drafts
from bot.services import compose as composing
from bot.services import replies as outbox
from bot.services.guard import GuardAsked, told, unguarded, verdict_of
from bot.services.judging import judged
from bot.services.replies import too_long
from bot.services.stops import part_to_stop, standing
from bot.services.story import Meaning, Step, Version, story_of

app = typer.Typer(
    help="Replies: write, change, approve, reject, stop them all.",
    no_args_is_help=True,
)

NOT_CONFIRMED = 130

ALL = "list"
"""In the place of a wording: show them all."""

Key = Annotated[str, typer.Argument(help="The reply, such as R-000012.")]


@app.command("list")
def list_replies(
    *,
    state: Annotated[
        ReplyState | None, typer.Option(help="Only those in this state.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List replies, oldest first; 'submitted' ones wait for approval."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.replies.listing(state=state, limit=limit + 1)
        allowed, now = bot.policy.platforms, bot.clock.now()
        told_of = [
            (one, around(store, one, allowed, now, bot.guard)) for one in found[:limit]
        ]
    if machine:
        output.as_json([{**reply_row(reply), **said} for reply, said in told_of])
    elif not told_of:
        output.out.print("no replies match")
    else:
        for reply, said in told_of:
            print_reply(reply, said)
    output.cut(len(told_of), limit, more=len(found) > limit)


def around(
    work: Work,
    reply: Reply,
    platforms: PlatformPack,
    now: datetime,
    guard: GuardAsked = unguarded,
) -> dict[str, object]:
    """Return what a person must know to judge a reply: to whom, to what, why asked.

    And, before it is sent, how long the platform lets us write to them in private, and
    what the guard finds in it.
    """
    known = judged(work, reply, now, platforms=platforms, guard=guard)
    author = known.stored.mention.author
    return {
        "author": author.handle if author else None,
        "answers": known.stored.shown,
        "waits_because": [
            f"{reason.text.partition(':')[0]} ({reason.rule})"
            for reason in known.asked_by
        ],
        "private_messages": [
            f"{name} {countdown(at, now)}" for name, at in known.windows
        ],
        "held_by": [
            f"{name}: {why}; 'bot reply stops' shows all"
            for name, why in known.stops.items()
        ],
        "guard": [told(reply.text, one) for one in known.checked.findings],
    }


@app.command("show")
def show(
    key: Key, *, machine: AsJson = False, config: Config = None, db: Db = None
) -> None:
    """Show one reply from draft to proof."""
    with opened(config, db) as bot, bot.store.reading() as store:
        reply = store.replies.get(ReplyId(number(key, "R")))
        allowed, now = bot.policy.platforms, bot.clock.now()
        said = around(store, reply, allowed, now, bot.guard)
        story = story_of(store, reply)
    if machine:
        output.as_json({**reply_row(reply), **said, **asdict(story)})
        return
    print_reply(reply, said)
    output.facts(
        "  Words", [(output.cell(one.at), _version(one)) for one in story.versions]
    )
    output.facts(
        "  Whose yes",
        [(output.cell(one.approved_at), _yes(one)) for one in story.approvals],
    )
    output.facts(
        "  What happened", [(output.cell(one.at), _step(one)) for one in story.steps]
    )
    meant = [(output.cell(one.happened_at), _meant(one)) for one in story.meant]
    nothing = ("nothing yet", "it was not read back on the platform")
    output.facts("  What it counts as", meant or [nothing])


def _version(one: Version) -> str:
    text = one.text or "not kept; its hash proves it"
    return f"by {one.written_by}, sha256 {one.text_sha256}: {text}"


def _yes(one: Approval) -> str:
    void = f", void since {output.cell(one.voided_at)}" if one.voided_at else ""
    return f"{one.approved_by} to sha256 {one.text_hash}{void}"


def _step(one: Step) -> str:
    told = [
        f"try {one.attempts}" if one.attempts else "",
        f"as {one.external_id}" if one.external_id else "",
        one.reason,
        one.error,
    ]
    why = ", ".join(part for part in told if part)
    return f"{one.did} by {one.actor}" + (f": {why}" if why else "")


def _meant(one: Meaning) -> str:
    met = f"; met {', '.join(one.met)}" if one.met else ""
    return f"{one.event}, read back {output.cell(one.recorded_at)}{met}"


@app.command("word")
def word(
    key: Annotated[str, typer.Argument(help="The ticket, such as T-000012.")],
    wording: Annotated[
        str, typer.Argument(help="The wording, such as en/care/1; 'list' names all.")
    ],
    *,
    by: By,
    mention: Annotated[
        int | None,
        typer.Option(help="Answer this mention of the ticket, not its newest."),
    ] = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Choose what is said to somebody in need; it then waits for a yes."""
    with opened(config, db) as bot:
        known = wordings(bot.policy.templates, Purpose.CARE)
        chosen = next((one for one in known if one.id == wording), None)
        if chosen is None:
            for one in known:
                output.out.print(f"{one.id}: {one.text}", markup=False, soft_wrap=True)
            if wording == ALL:
                return
            raise Missing(f"there is no wording {wording!r}; these there are")
        reply = drafts.word(
            bot.store,
            bot.clock,
            TicketId(number(key, "T")),
            chosen,
            by=by,
            mention_id=None if mention is None else MentionId(mention),
            platforms=bot.policy.platforms,
        )
    output.out.print(f"{reply.key} waits for a yes: bot reply approve {reply.key}")


Text = Annotated[str, typer.Option(help="What is said, word for word.")]


@app.command("draft")
def draft(  # noqa: PLR0913 - the options of a command
    key: Annotated[str, typer.Argument(help="The ticket, such as T-000012.")],
    *,
    by: By,
    text: Text,
    mention: Annotated[
        int | None,
        typer.Option(help="Answer this mention of the ticket, not its newest."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="To its author alone, as a message.")
    ] = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Write an answer in your own words; another person must agree to it."""
    with opened(config, db) as bot:
        written = drafts.draft(
            bot.store,
            bot.clock,
            TicketId(number(key, "T")),
            text=text,
            by=by,
            mention_id=None if mention is None else MentionId(mention),
            platforms=bot.policy.platforms,
            guard=bot.guard,
            is_private=private,
            measured=bot.outbox.length,
        )
        _print_draft(bot, written)


@app.command("suggest")
def suggest(  # noqa: PLR0913 - what is answered, which one and by whom
    key: Annotated[str, typer.Argument(help="The ticket, such as T-000012.")],
    *,
    mention: Annotated[
        int | None,
        typer.Option(help="Answer this mention of the ticket, not its newest."),
    ] = None,
    use: Annotated[
        int | None, typer.Option(help="Make a draft of the one with this number.")
    ] = None,
    by: MaybeBy = None,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Show approved answers that fit, each with its reason; nothing is sent."""
    ticket_id = TicketId(number(key, "T"))
    which = None if mention is None else MentionId(mention)
    if use is not None and by is None:
        raise NotAllowed("say who makes a draft of it, with --by")
    with opened(config, db) as bot:
        found = bot.suggestions
        if use is not None and by is not None:
            written = found.use(
                bot.store, bot.clock, ticket_id, use, by=by, mention_id=which
            )
            if machine:
                output.as_json(reply_row(written))
                return
            told_of = f"{written.key} is {written.state.value}: {written.text}"
            output.out.print(told_of, markup=False, soft_wrap=True)
            return
        offered = found.of(bot.store, bot.clock, ticket_id, mention_id=which)
    if machine:
        output.as_json(
            [
                {"number": n, **asdict(one.suggestion), "guard": one.guard}
                | {"rules": one.rules}
                for n, one in enumerate(offered, start=1)
            ]
        )
        return
    for n, one in enumerate(offered, start=1):
        why = ", ".join(one.suggestion.reasons)
        rules = f" ({', '.join(one.rules)})" if one.rules else ""
        said = f"{n}. {one.suggestion.text}\n   {why}; guard: {one.guard}{rules}"
        output.out.print(said, markup=False, soft_wrap=True)
    if not offered:
        output.out.print("no approved answer fits; write one with 'bot reply draft'")


@app.command("compose")
def compose(
    key: Annotated[str, typer.Argument(help="The ticket, such as T-000012.")],
    *,
    by: By,
    mention: Annotated[
        int | None,
        typer.Option(help="Answer this mention of the ticket, not its newest."),
    ] = None,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Let the model of the settings write a draft; a person must agree to it."""
    with opened(config, db) as bot:
        written, rests_on = composing.compose(
            bot.store,
            bot.clock,
            bot.drafter,
            bot.suggestions,
            TicketId(number(key, "T")),
            by=by,
            mention_id=None if mention is None else MentionId(mention),
        )
    if machine:
        output.as_json({**reply_row(written), "rests_on": rests_on})
        return
    told_of = (
        f"{written.key} is a draft, written by a model ({written.written_by}): "
        f"{written.text}\n  it was shown: {', '.join(rests_on) or 'nothing'}"
    )
    output.out.print(told_of, markup=False, soft_wrap=True)


@app.command("edit")
def edit(key: Key, *, by: By, text: Text, config: Config = None, db: Db = None) -> None:
    """Change what a reply says; nobody's yes to it holds any more."""
    with opened(config, db) as bot:
        written = drafts.edit(
            bot.store,
            bot.clock,
            ReplyId(number(key, "R")),
            text=text,
            by=by,
            guard=bot.guard,
            measured=bot.outbox.length,
        )
        _print_draft(bot, written)


def _print_draft(bot: App, written: Reply) -> None:
    """Say what a second person will be shown in it, and what comes next."""
    with bot.store.reading() as work:
        found = bot.guard(work, written).findings
    for one in found:
        output.out.print(told(written.text, one), markup=False, soft_wrap=True)
    output.out.print(
        f"{written.key} is a draft; put it forward with: bot reply submit {written.key}"
    )


@app.command("check")
def check_text(  # noqa: PLR0913 - the options of a command
    *,
    text: Text,
    channel: Annotated[
        str | None, typer.Option(help="Measure it as this platform counts, too.")
    ] = None,
    ticket: Annotated[
        str | None,
        typer.Option(help="Look at it as an answer to this ticket's author."),
    ] = None,
    brand: Annotated[str, typer.Option(help="Whose public contacts it may show.")] = "",
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say what a text must not say in public; nothing of it is stored."""
    with opened(config, db) as bot:
        if brand and brand not in bot.brands:
            known = ", ".join(sorted(bot.brands)) or "none"
            message = f"the settings name no brand {brand!r}; they name {known}"
            raise Missing(message)
        near, language = bot.guard.of_brand(brand), ""
        if ticket is not None:
            near, language = _near(bot, TicketId(number(ticket, "T")))
        checked = bot.guard.look(text, near, language)
        sender = bot.outbox.senders.get(channel) if channel else None
    if channel and sender is None:
        raise Missing(f"no source may reply on {channel} (channels.*.reply_via)")
    length = too_long(sender, text, channel or "") if sender else ""
    found = [told(text, one) for one in checked.findings]
    if machine:
        output.as_json(_checked_row(checked, found, length))
    else:
        for line in filter(None, (*found, length)):
            output.out.print(line, markup=False, soft_wrap=True)
        if checked.instead:
            line = f"an approved line says it: {checked.instead}"
            output.out.print(line, markup=False, soft_wrap=True)
        output.out.print(f"verdict: {verdict_of(checked)}", markup=False)
    if length or not checked.may_be_public:
        raise typer.Exit(1)


def _checked_row(
    checked: Checked, found: Sequence[str], length: str
) -> dict[str, object]:
    places = [{"start": one.start, "end": one.end} for one in checked.findings]
    return {
        "verdict": verdict_of(checked),
        "findings": [
            {
                "rule": one.rule.value,
                "weight": one.text.weight.value,
                **at,
                "told": line,
            }
            for one, at, line in zip(checked.findings, places, found, strict=True)
        ],
        "instead": checked.instead,
        "length": length,
    }


def _near(bot: App, ticket_id: TicketId) -> tuple[Around, str]:
    """Return what is known around an answer to a ticket's last author."""
    with bot.store.reading() as work:
        work.tickets.get(ticket_id)
        said = work.tickets.mentions(ticket_id)
        newest = [one for one in said if one.mention.author is not None][-1:]
        if not newest:
            raise Missing(f"{key_of(ticket_id)} has no author to answer")
        replies = list(work.replies.of_ticket(ticket_id))
        tags = work.mentions.tags(newest[0].id)
    return bot.guard.around(newest[0], replies), tags.language if tags else ""


@app.command("submit")
def submit(key: Key, *, by: By, config: Config = None, db: Db = None) -> None:
    """Put a draft before whoever says yes to it."""
    with opened(config, db) as bot:
        waiting = drafts.submit(
            bot.store,
            bot.clock,
            ReplyId(number(key, "R")),
            by=by,
            guard=bot.guard,
            measured=bot.outbox.length,
        )
    output.out.print(f"{waiting.key} waits for a yes: bot reply approve {waiting.key}")


@app.command("cancel")
def cancel(
    key: Key, *, by: By, reason: Why, config: Config = None, db: Db = None
) -> None:
    """Take a reply back before it leaves."""
    with opened(config, db) as bot:
        over = drafts.cancel(
            bot.store, bot.clock, ReplyId(number(key, "R")), by=by, reason=reason
        )
    output.out.print(f"{over.key} taken back by {by}", markup=False)


@app.command("approve")
def approve(
    key: Key,
    *,
    by: By,
    sha256: ReadHash = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say yes to a reply's exact text; it is then sent in its turn."""
    reply_id = ReplyId(number(key, "R"))
    with opened(config, db) as bot:
        with bot.store.reading() as store:
            waiting = store.replies.get(reply_id)
            allowed, now = bot.policy.platforms, bot.clock.now()
            said = around(store, waiting, allowed, now, bot.guard)
        if sha256 is None and waiting.state is ReplyState.SUBMITTED:
            drafts.refuse_writer(waiting, by)
            _ask(waiting, said)
        approved = drafts.approve(
            bot.store,
            bot.clock,
            reply_id,
            by=by,
            text_hash=waiting.text_hash if sha256 is None else sha256.lower(),
            four_eyes=bot.four_eyes,
        )
        with bot.store.reading() as store:
            stops = outbox.stops_of(store, approved)
    if approved.state is ReplyState.SUBMITTED:
        told = f"{approved.key} waits on: {approved.reason}"
    else:
        told = f"{approved.key} approved by {by}, now queued"
        told += "".join(f"; held by {name}: {why}" for name, why in stops.items())
    output.out.print(told, markup=False, soft_wrap=True)


def _ask(waiting: Reply, said: Mapping[str, object]) -> None:
    """Show the text beside what it answers; stop unless the answer is yes."""
    print_reply(waiting, said)
    if not typer.confirm("Publish exactly this text?"):
        output.out.print(f"not approved; {waiting.key} waits on", markup=False)
        raise typer.Exit(NOT_CONFIRMED)


@app.command("reject")
def reject(
    key: Key,
    *,
    by: By,
    reason: Why,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say no to a reply; it is never sent."""
    with opened(config, db) as bot:
        rejected = drafts.reject(
            bot.store, bot.clock, ReplyId(number(key, "R")), by=by, reason=reason
        )
    output.out.print(f"{rejected.key} rejected by {by}", markup=False)


Channel = Annotated[str, typer.Option(help="Only what is said on this channel.")]
Brand = Annotated[str, typer.Option(help="Only what is said for this brand.")]


@app.command("stop")
def stop(
    *,
    by: By,
    reason: Why,
    channel: Channel = "",
    brand: Brand = "",
    config: Config = None,
    db: Db = None,
) -> None:
    """Throw the kill switch: nothing more is sent, from any process, anywhere."""
    with opened(config, db) as bot:
        of = part_to_stop(bot.outbox.modes, bot.brands, channel=channel, brand=brand)
        outbox.stop_replies(bot.store, bot.clock, by=by, reason=reason, **of)
    told = f"replies {_of(of)} are stopped" if of else "all replies are stopped"
    way = " ".join(
        ["bot reply resume", *(f'--{what} "{name}"' for what, name in of.items())]
    )
    output.out.print(f"{told}; '{way}' lets them go on", markup=False)


@app.command("resume")
def resume(
    *,
    by: By,
    channel: Channel = "",
    brand: Brand = "",
    tripped: Annotated[
        bool,
        typer.Option("--breaker", help="Let go out unasked what the breaker held."),
    ] = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Let replies be sent again."""
    with opened(config, db) as bot:
        of = part_to_stop(bot.outbox.modes, bot.brands, channel=channel, brand=brand)
        if tripped:
            policy = bot.policy.house.ref.id
            moved = breaker.let_go(bot.store, bot.clock, policy, by=by)
            output.out.print(f"replies go out unasked again; {moved} were held back")
            return
        outbox.resume_replies(bot.store, bot.clock, by=by, **of)
        with bot.store.reading() as work:
            left = sorted(work.switches.under(outbox.KILL_SWITCH))
    output.out.print(f"replies {_of(of)} go on" if of else "replies go on")
    if left:
        output.out.print(f"still stopped: {', '.join(left)}", markup=False)


@app.command("stops")
def stops(*, machine: AsJson = False, config: Config = None, db: Db = None) -> None:
    """Show what is stopped and why: by a person, or by the breaker."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = standing(store)
    if machine:
        output.as_json([{"switch": name, "reason": why} for name, why in found.items()])
        return
    for name, why in sorted(found.items()):
        output.out.print(f"{name}: {why}", markup=False, soft_wrap=True)
    if not found:
        output.out.print("nothing is stopped")


def _of(part: Mapping[str, object]) -> str:
    return " ".join(f"of {what} {name}" for what, name in part.items())

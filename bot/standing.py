"""What is known of each source, for whoever shows it: the console and the shell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.bootstrap import App
from bot.domain.ports import Checked, SourceState, Work
from bot.domain.replies import Mode
from bot.errors import Missing
from bot.reports.budgets import Spending, pace, spending
from bot.reports.coverage import SEEN, Certificate, certify
from bot.services.ingest import Source, month_of, next_month

METERS_KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that is known of one source at an instant."""

    source: Source
    brand: str
    mode: Mode
    state: SourceState
    error: str
    reads: Spending
    posts: Spending
    currency: str
    checked: Checked | None
    seen: Certificate

    @property
    def costs(self) -> float:
        """What the month has cost so far, where prices are set."""
        return self.reads.cost + self.posts.cost


def standing(  # noqa: PLR0913 - one source, and of which period
    app: App,
    work: Work,
    name: str,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    width: int,
) -> Standing:
    """Gather what is known of a source; raises ``Missing`` for an unknown name.

    ``width``: into how many parts the period is cut for a picture.
    """
    source, written = app.sources.get(name), app.settings.sources.get(name)
    if source is None or written is None:
        known = ", ".join(app.sources) or "none"
        message = f"the settings name no source {name!r}; they name {known}"
        raise Missing(message)
    state, budget = work.sources.state(name), written.budget
    reads, posts = work.sources.spent(name, month_of(now))
    meters = work.sources.meters(name, (now - METERS_KEPT).date())
    reads_a_day, posts_a_day = pace(meters, now)
    looks = work.sources.coverage(name, since=since)
    failed = [look for look in looks if look.outcome != SEEN and look.detail]
    channel = app.settings.channels.get(source.connector.info.name)
    return Standing(
        source=source,
        brand=written.of_brand,
        mode=channel.mode if channel else Mode.SHADOW,
        state=state,
        error=failed[-1].detail if failed and state.failures else state.off_because,
        reads=spending(
            used=reads,
            limit=budget.monthly_reads,
            a_day=reads_a_day,
            now=now,
            month_ends=next_month(now),
            price=budget.price_per_read,
        ),
        posts=spending(
            used=posts,
            limit=budget.monthly_posts,
            a_day=posts_a_day,
            now=now,
            month_ends=next_month(now),
            price=budget.price_per_post,
        ),
        currency=budget.currency,
        checked=work.sources.health(name),
        seen=certify(
            looks,
            source=name,
            since=since,
            until=until,
            now=now,
            late_after=source.late_after,
            width=width,
        ),
    )

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.errors import PackError, SettingsError
from bot.escalate.notices import rule_for, webhook
from bot.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]

FILE = """\
packs:
  house: {root}/config/packs/house/1
  regulation: {root}/config/packs/au.asic.rg271/2021-09.1
  templates: {root}/config/templates
sources:
  file: {{connector: replay, brand: Acme, path: posts.jsonl, replies_to: said.jsonl}}
channels:
  x: {channel}
"""


def app(folder: Path, channel: str) -> App:
    file = folder / "bot.yaml"
    file.write_text(FILE.format(root=ROOT, channel=channel), encoding="utf-8")
    return App(load_settings(file, {}))


def test_a_channel_back_in_the_shadow_is_silent_but_still_looked_at(
    tmp_path: Path,
) -> None:
    outbox = app(tmp_path, "{mode: shadow, reply_via: file}").outbox

    assert not outbox.is_live("x")
    assert outbox.senders["x"].source == "file"


def test_a_live_channel_is_heard_through_its_source(tmp_path: Path) -> None:
    outbox = app(tmp_path, "{mode: live, reply_via: file}").outbox

    assert outbox.is_live("x")
    assert outbox.senders["x"].source == "file"


def test_a_brand_that_stands_at_a_source_alone_is_one(tmp_path: Path) -> None:
    assert app(tmp_path, "{mode: live, reply_via: file}").brands == {"Acme"}


def test_a_channel_that_nobody_named_is_silent(tmp_path: Path) -> None:
    outbox = app(tmp_path, "{mode: live, reply_via: file}").outbox

    assert not outbox.is_live("reddit")


def test_a_live_channel_without_a_source_is_refused_by_its_line(
    tmp_path: Path,
) -> None:
    wired = app(tmp_path, "{mode: live}")

    with pytest.raises(SettingsError) as refusal:
        _ = wired.outbox

    assert refusal.value.shown.startswith(f"{tmp_path}/bot.yaml:8: channels.x")


SPEAKING = """\
packs:
  house: {root}/config/packs/house/1
  regulation: {root}/config/packs/au.asic.rg271/2021-09.1
  templates: {root}/config/templates
channels:
  ours: {{mode: {mode}, reply_via: acme}}
sources:
  acme: {{{source}}}
outbox: {{{outbox}}}
"""
X = (
    "connector: x, brand: Acme, account: Acme, consumer_key: k, consumer_secret: s, "
    "access_token: t, access_token_secret: u"
)
REDDIT = (
    "connector: reddit, brand: Acme, account: Acme, password: p, client_id: i, "
    "client_secret: s, user_agent: 'linux:acme:1'"
)
MASTODON = (
    "connector: mastodon, brand: Acme, base_url: 'https://a.example', access_token: t"
)
FILED = "connector: replay, brand: Acme, path: posts.jsonl, replies_to: said.jsonl"


def speaking(folder: Path, source: str, *, outbox: str = "", mode: str = "live") -> App:
    file = folder / "bot.yaml"
    told = {"source": source, "outbox": outbox, "mode": mode}
    file.write_text(SPEAKING.format(root=ROOT, **told), encoding="utf-8")
    return App(load_settings(file, {}))


@pytest.mark.parametrize("source", [X, REDDIT, MASTODON, FILED])
def test_as_they_come_the_outbox_outwaits_every_connector(
    tmp_path: Path, source: str
) -> None:
    assert "ours" in speaking(tmp_path, source).outbox.senders


@pytest.mark.parametrize(
    ("source", "outbox", "line", "key"),
    [
        (X, "settle_after: PT25S", 9, "outbox.settle_after"),
        (X, "absent_looks: 1, settle_after: PT50S", 9, "outbox.settle_after"),
        (REDDIT, "settle_after: PT85S", 9, "outbox.settle_after"),
        (REDDIT, "absent_looks: 1", 9, "outbox.absent_looks"),
        (f"{X}, timeout: 85", "", 8, "sources.acme.timeout"),
        (f"{REDDIT}, timeout: 30", "", 8, "sources.acme.timeout"),
    ],
)
def test_an_outbox_that_might_send_again_during_a_slow_call_is_refused(
    tmp_path: Path, source: str, outbox: str, line: int, key: str
) -> None:
    wired = speaking(tmp_path, source, outbox=outbox)

    with pytest.raises(SettingsError) as refusal:
        _ = wired.outbox

    shown = refusal.value.shown
    assert shown.startswith(f"{tmp_path}/bot.yaml:{line}: {key}: ")
    for name in ("settle_after", "absent_looks", "sources.acme.timeout"):
        assert name in shown


@pytest.mark.parametrize(
    ("source", "outbox"),
    [
        (X, "settle_after: PT26S"),
        (X, "absent_looks: 1, settle_after: PT51S"),
        (f"{X}, timeout: 1", "settle_after: PT7S"),
        (REDDIT, "absent_looks: 6, settle_after: PT29S"),
        (FILED, "settle_after: PT0.001S, absent_looks: 1"),
    ],
)
def test_an_outbox_that_outwaits_the_slowest_call_is_taken(
    tmp_path: Path, source: str, outbox: str
) -> None:
    assert "ours" in speaking(tmp_path, source, outbox=outbox).outbox.senders


def test_a_channel_in_the_shadow_sends_nothing_and_needs_no_patience(
    tmp_path: Path,
) -> None:
    wired = speaking(tmp_path, X, outbox="settle_after: PT1S", mode="shadow")

    assert "ours" in wired.outbox.senders


def test_a_live_channel_needs_credentials_that_may_write(tmp_path: Path) -> None:
    reads = "connector: x, brand: Acme, account: Acme, bearer_token: b"
    wired = speaking(tmp_path, reads)

    with pytest.raises(SettingsError) as refusal:
        _ = wired.outbox

    assert "channels.ours.reply_via: a live channel needs credentials" in (
        refusal.value.shown
    )


@pytest.mark.parametrize(("channel", "allowed"), [("x", 1), ("reddit", 0), ("ours", 0)])
def test_how_often_a_platform_lets_a_mention_be_answered_is_known(
    tmp_path: Path, channel: str, allowed: int
) -> None:
    wired = speaking(tmp_path, X, mode="shadow")

    assert wired.outbox.platforms.of(channel).max_replies == allowed
    assert wired.manners.platforms is wired.outbox.platforms
    assert wired.policy.platforms is wired.outbox.platforms


def test_a_brand_s_authors_are_told_its_own_time(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    brands = "brands: {Acme: {zone: Australia/Perth}, Other: {}}\n"
    written = FILE.format(root=ROOT, channel="{mode: shadow}") + brands
    file.write_text(written, encoding="utf-8")

    manners = App(load_settings(file, {})).manners

    assert manners.zone_of("Acme") == "Australia/Perth"
    assert manners.zone_of("Other") == "Australia/Sydney"


def test_a_rule_about_a_topic_that_is_not_taught_stops_the_start(
    tmp_path: Path,
) -> None:
    house = shutil.copytree(
        ROOT / "config" / "packs" / "house" / "1", tmp_path / "house" / "1"
    )
    routes = house / "routes.yaml"
    text = routes.read_text(encoding="utf-8")
    changed = text.replace("signals_any: [fraud]", "topics_any: [outage]")
    routes.write_text(changed, encoding="utf-8")
    written = FILE.replace("{root}/config/packs/house/1", str(house))
    file = tmp_path / "bot.yaml"
    plain = written.format(root=ROOT, channel="{mode: shadow}")
    file.write_text(plain, encoding="utf-8")

    with pytest.raises(PackError, match="no examples of a topic outage"):
        _ = App(load_settings(file, {})).policy
    taught = f"{plain}examples: {ROOT}/config/examples.yaml\n"
    file.write_text(taught, encoding="utf-8")
    assert App(load_settings(file, {})).policy.house.ref.version == "1"


def test_relevance_for_a_brand_that_nobody_listens_for_stops_the_start(
    tmp_path: Path,
) -> None:
    examples = tmp_path / "examples.yaml"
    rule = "{id: a, text: an advert, words: [hiring]}"
    part = "relevance:\n  {}:\n    exclude:\n      - {}\n"
    wired = app(tmp_path, "{mode: shadow}")
    taught = {"examples": examples}
    wired.settings = wired.settings.model_copy(update=taught)

    examples.write_text(part.format("Acne", rule), encoding="utf-8")
    with pytest.raises(SettingsError, match=r":2: relevance\.Acne: no brand"):
        _ = wired.taught
    examples.write_text(part.format("Acme", rule), encoding="utf-8")
    assert wired.taught is not None


WAYS = """\
zone: Asia/Kolkata
notify:
  mail: {{host: m, sender: b@example.org, to: [o@example.org]}}
  ways:
    chat: {{url: "{chat}"}}
    desk: {{webhook: "https://desk.example.org/hook", secret: {secret}}}
    lead-mail: {{mail: [lead@example.org]}}
  rules:
    - to: [lead]
      important: [chat, mail]
      default: [lead-mail, desk]
      hours: {{from: "08:00", to: "18:00", days: [mon]}}
"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def reaching(
    folder: Path, chat: str = "json://127.0.0.1/", secret: str = SECRET
) -> App:
    file = folder / "bot.yaml"
    file.write_text(WAYS.format(chat=chat, secret=secret), encoding="utf-8")
    return App(load_settings(file, {}))


def test_ways_are_made_by_their_names_and_rules_in_the_zone_of_the_bot(
    tmp_path: Path,
) -> None:
    by_rule = reaching(tmp_path).by_rule

    assert {name: way.kind for name, way in by_rule.ways.items()} == {
        "log": "a line in the log",
        "mail": "e-mail",
        "chat": "JSON",
        "desk": "signed webhook",
        "lead-mail": "e-mail",
    }
    called, rule = by_rule.rules
    assert (called.to, called.default) == (("webhook:desk",), ("desk",))
    assert (rule.to, rule.important) == (("lead",), ("chat", "mail"))
    assert rule.default == ("lead-mail", "desk")
    assert rule.hours is not None
    assert rule.hours.zone == "Asia/Kolkata"
    assert rule.hours.days == ("mon",)


CALLED = """\
packs: {{house: {folder}/house/1}}
notify:
  ways:
    desk: {{webhook: "https://desk.example.org/hook", secret: {secret}}}
"""


def calling(folder: Path, way: str) -> App:
    house = folder / "house" / "1"
    shutil.copytree(ROOT / "config" / "packs" / "house" / "1", house)
    (house / "triggers.yaml").write_text(
        f"triggers:\n  - {{id: T1, text: told, on: breach, then: {way}}}\n",
        encoding="utf-8",
    )
    file = folder / "bot.yaml"
    text = CALLED.format(folder=folder, secret=SECRET)
    file.write_text(text, encoding="utf-8")
    return App(load_settings(file, {}))


def test_a_trigger_calls_a_webhook_that_no_rule_names(tmp_path: Path) -> None:
    wired = calling(tmp_path, "{webhooks: [desk]}")

    [trigger] = wired.policy.house.triggers
    rule = rule_for(wired.by_rule.rules, webhook(*trigger.then.webhooks))
    assert rule is not None
    assert (rule.important, rule.default) == (("desk",), ("desk",))


def test_a_trigger_calls_no_way_that_is_not_there(tmp_path: Path) -> None:
    wired = calling(tmp_path, "{webhooks: [dusk]}")

    with pytest.raises(PackError, match=r"triggers\.yaml:2: triggers\.0\.then\.webh"):
        _ = wired.policy


def test_whom_no_rule_names_is_told_by_log_and_mail_alone(tmp_path: Path) -> None:
    assert [way.name for way in reaching(tmp_path).notifiers] == ["log", "mail"]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"chat": "slack://hunter2"}, "5: notify.ways.chat.url: apprise knows no such"),
        ({"secret": "hunter2"}, "6: notify.ways.desk.secret: write whsec_ and then 24"),
    ],
)
def test_a_way_that_cannot_be_made_is_named_by_its_line_and_not_shown(
    tmp_path: Path, mistake: dict[str, str], said: str
) -> None:
    app = reaching(tmp_path, **mistake)

    with pytest.raises(SettingsError) as refusal:
        _ = app.by_rule

    assert refusal.value.shown.startswith(f"{tmp_path}/bot.yaml:{said}")
    assert "hunter2" not in refusal.value.shown

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from bot.domain.replies import Mode
from bot.errors import SettingsError
from bot.settings import Drafting, ModelSettings, load_settings

FILE = """\
languages: [en]
channels:
  x: {mode: shadow}
sources:
  acme-x: {connector: x, brand: Acme}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bot.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def refused(file: Path, **environment: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        load_settings(file, environment)
    return refusal.value.shown


def test_a_variable_stands_over_the_file(file: Path) -> None:
    loaded = load_settings(file, {"BOT_DATABASE__URL": "sqlite:///other.db"})

    assert loaded.settings.database.url == "sqlite:///other.db"


def test_a_name_with_dashes_is_reached_by_underscores(file: Path) -> None:
    loaded = load_settings(file, {"BOT_SOURCES__ACME_X__EVERY": "PT2M"})

    every = loaded.settings.sources["acme-x"].every
    assert every is not None
    assert every.total_seconds() == 120


def test_a_list_in_a_variable_is_split_by_commas(file: Path) -> None:
    loaded = load_settings(file, {"BOT_LANGUAGES": "en, de,"})

    assert loaded.settings.languages == ["en", "de"]


def test_a_secret_comes_from_the_file_that_a_variable_names(
    file: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text("abc\n", encoding="utf-8")

    loaded = load_settings(
        file, {"BOT_SOURCES__ACME_X__BEARER_TOKEN_FILE": str(secret)}
    )

    assert loaded.settings.sources["acme-x"].options["bearer_token"] == "abc"


def test_a_key_whose_own_name_ends_in_file_is_not_read_as_one(
    file: Path, tmp_path: Path
) -> None:
    key = tmp_path / "export-key.pem"
    key.write_text("the private key", encoding="utf-8")

    loaded = load_settings(file, {"BOT_AUDIT__KEY_FILE": str(key)})

    assert loaded.settings.audit.key_file == key


def test_a_key_that_does_not_exist_is_named_with_its_line(file: Path) -> None:
    file.write_text(FILE + "langauges: [de]\n", encoding="utf-8")

    assert refused(file) == f"{file}:6: langauges: there is no such key"


def test_a_mistyped_variable_is_named_itself(file: Path) -> None:
    said = refused(file, BOT_CHANNEL__X="live")

    assert said == "BOT_CHANNEL__X: channel: there is no such key"


def test_a_duration_that_cannot_be_read_says_how_to_write_one(file: Path) -> None:
    said = refused(file, BOT_OUTBOX__SETTLE_AFTER="one minute")

    assert said.startswith("BOT_OUTBOX__SETTLE_AFTER: outbox.settle_after:")
    assert "PT30S" in said


@pytest.mark.parametrize(
    "key",
    [
        "outbox.settle_after",
        "outbox.confirm_after",
        "audit.seal_every",
        "sources.acme-x.every",
    ],
)
@pytest.mark.parametrize("span", ["PT0S", "-PT30S", "0"])
def test_a_duration_of_nothing_or_less_is_named_with_its_line(
    file: Path, key: str, span: str
) -> None:
    *above, last = key.split(".")
    inner = f"{last}: {span}" + (", connector: x" if "sources" in above else "")
    for name in reversed(above):
        inner = f"{name}: {{{inner}}}"
    file.write_text(f"languages: [en]\n{inner}\n", encoding="utf-8")

    said = refused(file)

    assert said == f"{file}:2: {key}: a duration must be longer than zero"


@pytest.mark.parametrize("key", ["absent_looks", "give_up_after"])
def test_the_outbox_looks_and_tries_at_least_once(file: Path, key: str) -> None:
    file.write_text(FILE + f"outbox:\n  {key}: 0\n", encoding="utf-8")

    assert refused(file).startswith(f"{file}:7: outbox.{key}: ")


def test_every_mistake_is_told_at_once(file: Path) -> None:
    said = refused(file, BOT_CONFIDENCE="2", BOT_ZONE="Mars/Olympus")

    zone, confidence = said.splitlines()
    assert zone.startswith("BOT_ZONE: zone: there is no time zone 'Mars/Olympus'")
    assert confidence.startswith("BOT_CONFIDENCE: confidence: ")


def test_a_mistake_never_shows_the_value_that_may_be_secret(file: Path) -> None:
    said = refused(file, BOT_ENGINE__URL="http://user:hush@host")

    assert "hush" not in said


def test_without_a_word_every_setting_has_its_default(file: Path) -> None:
    file.write_text("# nothing yet\n", encoding="utf-8")

    settings = load_settings(file, {}).settings

    assert settings.zone == "Australia/Sydney"
    assert settings.channels == {}
    assert settings.outbox.settle_after == timedelta(seconds=90)


def test_a_channel_is_silent_unless_the_operator_says_live(file: Path) -> None:
    file.write_text("channels:\n  x: {}\n", encoding="utf-8")

    assert load_settings(file, {}).settings.channels["x"].mode is Mode.SHADOW


def test_the_file_is_named_by_a_variable_where_no_path_is_given(file: Path) -> None:
    loaded = load_settings(None, {"BOT_CONFIG": str(file)})

    assert loaded.document.name == str(file)
    assert loaded.settings.languages == ["en"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    shown = refused(tmp_path / "none.yaml")

    assert shown == f"{tmp_path / 'none.yaml'}: there is no such file"


def test_a_file_that_holds_no_keys_is_refused(file: Path) -> None:
    file.write_text("- one\n- two\n", encoding="utf-8")

    assert refused(file) == f"{file}:1: the file must hold keys and values"


def test_variables_of_other_programs_are_left_alone(file: Path) -> None:
    loaded = load_settings(file, {"BOTTLE": "1", "PATH": "/bin", "bot_x": "1"})

    assert loaded.settings.languages == ["en"]


def test_a_key_that_stands_twice_is_a_mistake_and_no_choice(file: Path) -> None:
    file.write_text(FILE + "languages: [de]\n", encoding="utf-8")

    assert refused(file) == f"{file}:6: the key 'languages' stands twice"


def test_a_wrong_type_is_named_with_its_line(file: Path) -> None:
    file.write_text(FILE + "outbox:\n  absent_looks: many\n", encoding="utf-8")

    assert refused(file).startswith(f"{file}:7: outbox.absent_looks: ")


def test_a_value_out_of_bounds_is_named_with_its_line(file: Path) -> None:
    file.write_text(FILE + "confidence: 1.5\n", encoding="utf-8")

    assert refused(file).startswith(f"{file}:6: confidence: ")


def test_a_zone_that_does_not_exist_is_refused_with_one_that_does(file: Path) -> None:
    file.write_text(FILE + "zone: Australia/Atlantis\n", encoding="utf-8")

    shown = refused(file)

    assert shown.startswith(f"{file}:6: zone: ")
    assert "there is no time zone 'Australia/Atlantis'" in shown
    assert "Australia/Sydney" in shown


@pytest.mark.parametrize("zone", ["../etc/passwd", "", "/etc/localtime"])
def test_a_zone_is_a_name_and_never_a_path(file: Path, zone: str) -> None:
    assert "there is no time zone" in refused(file, BOT_ZONE=zone)


def test_a_channel_cannot_reply_through_a_source_that_is_not_there(file: Path) -> None:
    file.write_text(
        FILE.replace("{mode: shadow}", "{mode: live, reply_via: acme}"),
        encoding="utf-8",
    )

    shown = refused(file)

    assert shown.startswith(f"{file}:3: channels.x.reply_via: ")
    assert "no source 'acme'" in shown


def test_a_variable_reaches_through_a_key_that_holds_nothing_yet(file: Path) -> None:
    file.write_text("database:\nbrands:\n", encoding="utf-8")

    loaded = load_settings(
        file,
        {
            "BOT_DATABASE__URL": "sqlite:///other.db",
            "BOT_BRANDS__ACME__ACCOUNTS__X": "Acme,AcmeHelp",
        },
    )

    assert loaded.settings.database.url == "sqlite:///other.db"
    assert loaded.settings.brands["acme"].accounts == {"x": ["Acme", "AcmeHelp"]}


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("Pantry & Pine", "BOT_BRANDS__PANTRY_PINE__ACCOUNTS__X"),
        ("Harbourline Bank", "BOT_BRANDS__HARBOURLINE_BANK__ACCOUNTS__X"),
        ("a__b", "BOT_BRANDS__A_B__ACCOUNTS__X"),
    ],
)
def test_any_name_can_be_reached_by_a_variable(
    file: Path, name: str, variable: str
) -> None:
    file.write_text(f"brands:\n  {name}: {{accounts: {{}}}}\n", encoding="utf-8")

    loaded = load_settings(file, {variable: "Ours"})

    assert loaded.settings.brands[name].accounts == {"x": ["Ours"]}
    assert len(loaded.settings.brands) == 1


def test_a_variable_cannot_reach_into_a_value(file: Path) -> None:
    shown = refused(file, BOT_LANGUAGES__FIRST="de")

    assert shown == "BOT_LANGUAGES__FIRST: languages is a value and has no keys"


def test_a_mistake_in_a_variable_names_the_variable(file: Path) -> None:
    shown = refused(file, BOT_NOTIFY__MAIL__HOST="mail", BOT_NOTIFY__MAIL__PORT="x")

    assert "BOT_NOTIFY__MAIL__PORT: notify.mail.port: " in shown


def test_a_secret_file_that_cannot_be_read_is_named_by_its_variable(
    file: Path, tmp_path: Path
) -> None:
    shown = refused(file, BOT_DATABASE__URL_FILE=str(tmp_path / "none"))

    assert shown == "BOT_DATABASE__URL_FILE: the file it names cannot be read"


def test_a_secret_keeps_its_spaces_and_loses_only_the_files_last_line_break(
    file: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b" sqlite:///a b.db \r\n")

    loaded = load_settings(file, {"BOT_DATABASE__URL_FILE": str(secret)})

    assert loaded.settings.database.url == " sqlite:///a b.db "


@pytest.mark.parametrize(
    "variable",
    [
        "BOT_NOTIFY__MAIL__PASSWORD__X",
        "BOT_NOTIFY__MAIL__TIMEOUT",
        "BOT_ENGINE__URL",
        "BOT_OUTBOX__SETTLE_AFTER",
        "BOT_CHANNELS__X__MODE",
        "BOT_NO_SUCH_KEY",
    ],
)
def test_no_message_ever_holds_a_variables_value(file: Path, variable: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(file, {variable: "ftp://hunter2"})

    assert "hunter2" not in refusal.value.shown
    assert "hunter2" not in refusal.value.detail


def test_a_passwords_text_stays_out_of_what_settings_look_like(file: Path) -> None:
    loaded = load_settings(
        file,
        {
            "BOT_NOTIFY__MAIL__HOST": "mail",
            "BOT_NOTIFY__MAIL__SENDER": "bot@example.org",
            "BOT_NOTIFY__MAIL__TO": "ops@example.org",
            "BOT_NOTIFY__MAIL__PASSWORD": "hunter2",
            "BOT_NOTIFY__MAIL__STARTTLS": "true",
        },
    )

    mail = loaded.settings.notify.mail
    assert mail is not None
    assert mail.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(loaded.settings)


def test_a_connectors_own_keys_stay_out_of_what_settings_look_like(file: Path) -> None:
    source = "sources:\n  acme: {connector: x, bearer_token: hunter2}\n"
    file.write_text(source, encoding="utf-8")

    assert "hunter2" not in repr(load_settings(file, {}).settings)


def test_a_mail_password_never_crosses_the_network_in_clear(file: Path) -> None:
    file.write_text(
        "notify:\n  mail: {host: m, sender: b@example.org, to: [o@example.org], "
        "username: bot, password: hunter2}\n",
        encoding="utf-8",
    )

    with pytest.raises(SettingsError, match="starttls") as refused:
        load_settings(file, {})

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("written", ["2026-12-24", "'2026-12-24'"])
def test_a_holiday_may_stand_with_or_without_quotes(file: Path, written: str) -> None:
    file.write_text(FILE + f"holidays: [{written}]\n", encoding="utf-8")

    assert load_settings(file, {}).settings.holidays == [date(2026, 12, 24)]


def test_holidays_may_come_from_a_variable(file: Path) -> None:
    loaded = load_settings(file, {"BOT_HOLIDAYS": "2026-12-24, 2026-12-31"})

    assert loaded.settings.holidays == [date(2026, 12, 24), date(2026, 12, 31)]


@pytest.mark.parametrize("written", ["Christmas", "2026-12", "24.12.2026", "true"])
def test_a_holiday_that_is_no_date_is_named_with_its_line(
    file: Path, written: str
) -> None:
    file.write_text(FILE + f"holidays:\n  - {written}\n", encoding="utf-8")

    shown = refused(file)

    assert shown == f"{file}:7: holidays.0: this is no date; write YYYY-MM-DD"


def test_the_settings_that_we_ship_are_valid() -> None:
    shipped = Path(__file__).parents[2] / "config" / "bot.yaml"

    settings = load_settings(shipped, {}).settings

    assert settings.sources
    assert {one.reply_via for one in settings.channels.values()} <= {
        "",
        *settings.sources,
    }


def test_a_models_name_or_path_alone_is_enough(file: Path) -> None:
    file.write_text("model: owner/name\n", encoding="utf-8")

    settings = load_settings(file, {}).settings

    assert settings.text_models == {"default": ModelSettings(path="owner/name")}


def test_a_language_may_have_a_model_of_its_own(file: Path) -> None:
    file.write_text(
        "models:\n  default: models/default\n"
        "  es: {path: owner/name, labels: {LABEL_0: negative}}\n",
        encoding="utf-8",
    )

    settings = load_settings(file, {"BOT_MODELS__PT": "owner/other"}).settings

    assert settings.text_models == {
        "default": ModelSettings(),
        "es": ModelSettings(path="owner/name", labels={"LABEL_0": "negative"}),
        "pt": ModelSettings(path="owner/other"),
    }
    assert settings.trusted_languages == ("en", "es", "pt")


def test_without_a_word_one_model_reads_every_language(file: Path) -> None:
    settings = load_settings(file, {}).settings

    assert settings.text_models == {"default": ModelSettings()}
    assert settings.trusted_languages == ("en",)


@pytest.mark.parametrize(
    ("written", "line", "told"),
    [
        ("model: a/b\nmodels: {default: c/d}", 2, "models: 'model' is there too"),
        ("models:\n  es: a/b", 1, "models: the key 'default' is missing"),
        ("models:\n  default: a/b\n  xx: c/d", 3, "models.xx: no text is ever said"),
        ("models:\n  default: a/b\n  es-MX: c/d", 3, "models.es-MX: no text is"),
        ("models:\n  default: a/b\n  no: c/d", 1, "models.False: no text is ever"),
        ("models: {default: a/b, es: {way: c/d}}", 1, "models.es.way: there is no"),
        ("models: {default: a/b, es: ''}", 1, "models.es.path: "),
        ("models: a/b", 1, "models: "),
        ("model: [a/b]", 1, "model: keys with values are needed here"),
        ("model: ''", 1, "model.path: "),
    ],
)
def test_models_that_cannot_be_told_apart_are_refused_by_their_line(
    file: Path, written: str, line: int, told: str
) -> None:
    file.write_text(f"{written}\n", encoding="utf-8")

    assert refused(file).startswith(f"{file}:{line}: {told}")


def test_a_languages_code_in_quotes_is_a_word_and_not_a_no(file: Path) -> None:
    file.write_text("models: {default: a/b, 'no': c/d}\n", encoding="utf-8")

    assert load_settings(file, {}).settings.trusted_languages == ("en", "no")


def test_a_variable_with_a_models_name_replaces_all_that_the_file_says(
    file: Path,
) -> None:
    file.write_text("model: {path: a/b, device: cuda}\n", encoding="utf-8")

    settings = load_settings(file, {"BOT_MODEL": "c/d"}).settings

    assert settings.model == ModelSettings(path="c/d")


NOTIFY = """\
notify:
  mail: {host: m, sender: b@example.org, to: [o@example.org]}
  ways:
    chat: {url: "slack://a/b/c"}
    duty-pager: {url: "pagerduty://x@y"}
    desk: {webhook: "https://desk.example.org/hook", secret: whsec_x}
    lead-mail: {mail: [lead@example.org]}
  rules:
    - to: [escalation_team]
      important: [duty-pager, mail]
      default: [chat]
      hours: {from: "08:00", to: "18:00", days: [mon, fri]}
    - to: [default]
      important: [lead-mail, desk]
      default: [log]
"""


def test_ways_and_rules_are_read_and_show_no_secret(file: Path) -> None:
    file.write_text(FILE + NOTIFY, encoding="utf-8")

    notify = load_settings(file, {}).settings.notify

    assert list(notify.ways) == ["chat", "duty-pager", "desk", "lead-mail"]
    first, last = notify.rules
    assert (first.important, first.default) == (["duty-pager", "mail"], ["chat"])
    assert first.hours is not None
    assert (first.hours.opens, first.hours.closes) == (time(8), time(18))
    assert first.hours.days == ["mon", "fri"]
    assert last.hours is None
    for secret in ("slack://", "pagerduty://", "desk.example.org", "whsec_x"):
        assert secret not in repr(notify)


def test_the_address_of_a_way_comes_from_the_file_that_a_variable_names(
    file: Path, tmp_path: Path
) -> None:
    file.write_text(
        FILE + NOTIFY.replace('duty-pager: {url: "pagerduty://x@y"}', "duty-pager:"),
        encoding="utf-8",
    )
    secret = tmp_path / "pager"
    secret.write_text("pagerduty://key@key\n", encoding="utf-8")

    loaded = load_settings(
        file, {"BOT_NOTIFY__WAYS__DUTY_PAGER__URL_FILE": str(secret)}
    )

    url = loaded.settings.notify.ways["duty-pager"].url
    assert url is not None
    assert url.get_secret_value() == "pagerduty://key@key"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "[duty-pager, mail]",
            "[pager, mail]",
            "15: notify.rules.0.important: there is no way 'pager'; there are: chat, d",
        ),
        (
            "[duty-pager, mail]",
            "[mail, mail, duty-pager]",
            "15: notify.rules.0.important: the way 'mail' stands here twice",
        ),
        ("default: [chat]", "default: [mail]", "9: notify.ways.chat: no rule uses "),
        (
            "to: [default]",
            "to: [escalation_team]",
            "18: notify.rules.1.to: a rule before this one is for 'escalation_team'",
        ),
        (
            "to: [escalation_team]",
            "to: [default]",
            "18: notify.rules.1.to: a rule before this one is for 'default' already",
        ),
        ("important: [lead-mail, desk]", "", "18: notify.rules.1.important: this key"),
        (
            "important: [lead-mail, desk]",
            "important: []",
            "19: notify.rules.1.important: List should have at least 1 item",
        ),
        ('to: "18:00"', "to: 18:00", "17: notify.rules.0.hours.to: this is no time "),
        ('to: "18:00"', 'to: "25:00"', "17: notify.rules.0.hours.to: this is no t"),
        (
            'to: "18:00"',
            'to: "18:00+10:00"',
            "17: notify.rules.0.hours.to: this is no time of day; write it in quotes",
        ),
        (
            'to: "18:00"',
            'to: "08:00"',
            "17: notify.rules.0.hours: these hours begin and end at once",
        ),
        ("days: [mon, fri]", "days: []", "17: notify.rules.0.hours.days: List should"),
        ("days: [mon, fri]", "days: [Mon]", "17: notify.rules.0.hours.days.0: Input "),
        (
            "days: [mon, fri]",
            "zone: Sydney",
            "17: notify.rules.0.hours.zone: there is no time zone 'Sydney'",
        ),
        ("    chat:", "    mail:", "9: notify.ways.mail: this name is taken"),
        (
            "    chat:",
            "    a chat:",
            "9: notify.ways.a chat: a way's name is up to 40 ",
        ),
        (
            "mail: [lead@example.org]",
            'mail: [l@example.org], url: "json://hunter2"',
            "12: notify.ways.lead-mail: give it one of url, webhook and mail",
        ),
        (", secret: whsec_x", "", "11: notify.ways.desk: webhook and secret go "),
        (
            "https://desk.example.org/hook",
            "hunter2",
            "11: notify.ways.desk.webhook: this is no address (try https://host/path)",
        ),
        (
            "https://desk.example.org/hook",
            "https://[hunter2/hook",
            "11: notify.ways.desk.webhook: this is no address (try https://host/path)",
        ),
        (
            "  mail: {host: m, sender: b@example.org, to: [o@example.org]}",
            "",
            "12: notify.ways.lead-mail.mail: this needs the server of notify.mail",
        ),
    ],
)
def test_a_mistake_in_ways_or_rules_is_named_by_its_line_and_key(
    file: Path, right: str, wrong: str, said: str
) -> None:
    assert right in NOTIFY
    file.write_text(FILE + NOTIFY.replace(right, wrong, 1), encoding="utf-8")

    shown = refused(file)

    assert f"{file}:{said}" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("url", ["healthy", "ftp://host/x", "https://", "http://[x"])
def test_a_heartbeat_goes_to_a_page_and_its_address_is_a_secret(
    file: Path, url: str
) -> None:
    file.write_text(f"watchdog: {{heartbeat_url: '{url}'}}\n", encoding="utf-8")

    shown = refused(file)

    assert "watchdog.heartbeat_url: this is no address of a page" in shown
    assert url not in shown.replace("https://host/path", "")


def test_a_heartbeats_address_stays_out_of_what_settings_look_like(file: Path) -> None:
    file.write_text(
        "watchdog: {heartbeat_url: 'https://h/hunter2'}\n", encoding="utf-8"
    )

    settings = load_settings(file, {}).settings

    assert settings.watchdog.heartbeat_url.get_secret_value() == "https://h/hunter2"
    assert "hunter2" not in repr(settings)


DESK = {
    "BOT_DESKS__SUP__KIND": "jira",
    "BOT_DESKS__SUP__URL": "https://acme.example.org",
    "BOT_DESKS__SUP__USER": "bot@example.org",
    "BOT_DESKS__SUP__TOKEN": "hunter2",
    "BOT_DESKS__SUP__PROJECT": "SUP",
}


def test_a_desk_is_read_and_its_token_never_shown(file: Path) -> None:
    desk = load_settings(file, DESK).settings.desks["sup"]

    assert desk.token.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(desk)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"URL": "http://acme.example.org"}, "in clear"),
        ({"URL": "acme"}, "in clear"),
        ({"PROJECT": ""}, "jira needs project"),
        ({"USER": ""}, "jira needs user"),
        ({"CHANGES": "https://acme.example.org"}, "for a webhook"),
        ({"KIND": "freshdesk", "STATUS__CLOSED": "Done"}, "are numbers"),
        ({"KIND": "fax"}, "desks.sup.kind"),
        ({"TIMEOUT": "31"}, "desks.sup.timeout"),
    ],
)
def test_a_desk_that_cannot_work_is_refused(
    file: Path, change: dict[str, str], said: str
) -> None:
    changed = {f"BOT_DESKS__SUP__{key}": value for key, value in change.items()}

    assert said in refused(file, **{**DESK, **changed})


def test_a_desks_name_fits_into_ids(file: Path) -> None:
    file.write_text(
        'desks: {"a desk": {kind: zendesk, url: "https://a.example", token: t}}',
        encoding="utf-8",
    )

    assert "desks.a desk: a desk's name is up to 40" in refused(file)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"SECRET": "short", "URL": "https://a.example"}, "at least 32 characters"),
        ({"SECRET": "s" * 32}, "go together"),
        ({"SECRET": "s" * 32, "URL": "http://a.example"}, "in clear"),
    ],
)
def test_a_secret_that_guards_nothing_is_refused(tmp_path, told, words):
    file = tmp_path / "bot.yaml"
    file.write_text("place: AU-NSW\n", encoding="utf-8")
    environment = {f"BOT_HAND_OFF__{name}": said for name, said in told.items()}

    with pytest.raises(SettingsError, match=words) as caught:
        load_settings(file, environment)

    assert "ssss" not in str(caught.value)


def test_a_drafting_address_needs_a_model() -> None:
    with pytest.raises(ValueError, match="the model's name"):
        Drafting(url="http://localhost:8000/v1")
    with pytest.raises(ValueError, match="give it the address"):
        Drafting(url="localhost", model="small-1")
    assert Drafting(url="http://localhost:8000/v1", model="small-1").timeout == 30

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.domain.clocks import Force
from bot.domain.decisions import Severity, Tier
from bot.domain.packs import InfluenceGroup, PackStatus, Roll, Unit
from bot.domain.tags import Band
from bot.errors import PackError
from bot.rules.load import (
    check_together,
    check_topics,
    load_house,
    load_in_force,
    load_overlays,
    load_regulation,
    load_templates,
)
from tests.unit.rules.packs import (
    HOUSE,
    RG271,
    ROOT,
    TEMPLATES,
    copied,
    edit,
    house,
    rg271,
    templates,
)


def test_the_shipped_regulation_reads_as_its_paragraphs_say() -> None:
    pack = rg271()

    assert pack.ref.id == "au.asic.rg271"
    assert pack.ref.version == "2021-09.1"
    assert pack.status is PackStatus.REVIEWED
    assert pack.effective_from.isoformat() == "2021-10-05"
    assert pack.place_required
    assert pack.scope.options.treat_mentions_as_owned
    response = pack.clocks["idr_response"]
    assert response.term("standard").duration.n == 30  # type: ignore[union-attr]
    assert response.roll is Roll.NEXT_BUSINESS_DAY
    assert response.force is Force.MUST
    assert pack.clocks["acknowledge_target"].duration.unit is Unit.HOURS  # type: ignore[union-attr]
    assert pack.clocks["acknowledge_limit"].force is Force.EXPECT
    assert pack.clocks["early_close"].waives == "idr_response"


def test_the_shipped_house_fills_every_cell_of_its_matrix() -> None:
    pack = house()

    assert {(s, g) for s in pack.matrix for g in pack.matrix[s]} == {
        (severity, group) for severity in Severity for group in InfluenceGroup
    }
    assert pack.groups[Band.NANO] is InfluenceGroup.ORDINARY
    assert set(pack.tiers) == set(Tier)


def test_worse_or_wider_never_gets_a_lower_tier_or_a_longer_promise() -> None:
    cells = house().matrix
    steps = [
        (cells[a][g], cells[b][g])
        for a, b in zip(list(Severity), list(Severity)[1:], strict=False)
        for g in InfluenceGroup
    ] + [
        (cells[s][g], cells[s][h])
        for g, h in zip(list(InfluenceGroup), list(InfluenceGroup)[1:], strict=False)
        for s in Severity
    ]

    for lower, higher in steps:
        assert higher.tier >= lower.tier
        assert higher.code.rank >= lower.code.rank
        assert all(
            higher.targets[name] <= lower.targets[name] for name in lower.targets
        )


def test_the_hash_is_of_every_byte(tmp_path: Path) -> None:
    folder = copied(HOUSE, tmp_path)
    same = load_house(folder).ref.sha256
    edit(folder / "pack.yaml", "title: House policy", "title:  House policy")
    one_space_more = load_house(folder).ref.sha256

    assert same == house().ref.sha256
    assert one_space_more != same


def test_a_pack_may_be_one_file(tmp_path: Path) -> None:
    whole = tmp_path / "whole.yaml"
    whole.write_text(
        "\n".join(
            file.read_text(encoding="utf-8") for file in sorted(HOUSE.glob("*.yaml"))
        ),
        encoding="utf-8",
    )

    assert load_house(whole).matrix == house().matrix


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("unit: hours, n: 24", "unit: hours, m: 24", "duration.m", "no such key"),
        ("unit: hours, n: 24", "unit: hours", "duration.n", "is missing"),
        ("unit: hours, n: 24", "unit: fortnights, n: 24", "duration.unit", "input"),
        ("unit: hours, n: 24", "unit: hours, n: 0", "acknowledge_target", "at least 1"),
        ("unit: hours, n: 24", "unit: hours, n: '24'", "duration.n", "valid integer"),
        ("unit: hours, n: 24", "unit: hours, n: true", "duration.n", "valid integer"),
        ("    force: expect", "    force: maybe", "acknowledge_target.force", "input"),
        ("met_by: [acknowledged]", "met_by: [seen]", "target", "seen is not declared"),
        ("met_by: [acknowledged]", "met_by: []", "met_by", "nothing can ever meet"),
        ("    duration: {unit: hours, n: 24}\n", "", "acknowledge_target",
         "needs duration or by_class"),
        ("unit: hours, n: 24}", "unit: hours, n: 24}\n    roll: next_business_day",
         "acknowledge_target.roll", "never roll"),
        ("unit: hours, n: 24}", "unit: weeks, n: 1}\n    roll: next_business_day",
         "acknowledge_target.roll", "that it warns of rolls"),
        ("warns_of: acknowledge_limit", "later_of: acknowledge_limit", "later_of",
         "is itself the later of two"),
        ("      - standard\n", "      - gold\n", "early_close",
         "the class gold is not declared"),
        ("      standard: {unit: calendar_days, n: 30}\n", "",
         "early_close.waives", "does not exist for every class"),
        ("    start: received\n    due_with: idr_response",
         "    start: received\n    due_with: idr", "delay_notice.due_with",
         "not another clock"),
        ("    due_with: idr_response",
         "    due_with: idr_response\n    duration: {unit: hours, n: 1}",
         "delay_notice.due_with", "take the duration away"),
        ("    within: hardship_info_request\n",
         "    within: hardship_response_no_info\n", "within", "not another clock"),
        ("    is_chance: true\n", "    is_chance: true\n    status: draft\n",
         "hardship_info_request.status", "says reviewed"),
        ("    is_chance: true\n",
         "    is_chance: true\n    within: hardship_response_no_info\n", "clocks.hard",
         "a circle"),
        ("    contents: idr_response\n", "    contents: praise\n", "contents",
         "the contents of praise are not given"),
        ("{target: acknowledge_target,", "{target: acknowledge,", "joined.acknowledge",
         "not a clock of this pack"),
        ("  acknowledge: {target", "  early_close: {target", "joined.early_close",
         "own name"),
        ("      - on: court_direction_sought\n", "      - on: court_rose\n",
         "idr_response", "the event court_rose is not declared"),
        ("  first_lodged_with_either: [lodged_with_insurer",
         "  first_lodged_with_either: [lodged_somewhere", "earliest", "not declared"),
        ("    emits: objection_period_expired\n", "    emits: nothing_at_all\n",
         "death_benefit_objection_window", "nothing_at_all is not declared"),
        ("  idr_response:\n", "  other: 1\n  idr_response:\n", "clocks.other",
         "object"),
        ("warns_of: acknowledge_limit", "warns_of: x", "warns_of", "not another clock"),
        ("later_of: acknowledge_target", "later_of: acknowledge_limit", "later_of",
         "not another clock"),
        ("waives: idr_response", "roll: none", "unless", "nothing without waives"),
        ("      standard: {unit: c", "      gold: {unit: c", "idr_response",
         "the class gold is not declared"),
        ("    roll: next_business_day", "    roll: monday", "idr_response.roll",
         "input"),
        ("default_class: standard", "default_class: gold", "default_class", "declared"),
        ("effective_from: 2021-10-05", "effective_from: soon", "effective_from",
         "date"),
        ("effective_from: 2021-10-05", ("effective_from: 2021-10-05\n"
         "  effective_to: 2020-01-01"), "effective_to", "before effective_from"),
        ('version: "2021-09.1"', 'version: "2022"', "pack.version", "folder is called"),
        ("id: au.asic.rg271", "id: au.other", "pack.id", "the folder above"),
        ('    verdict: "271.27, 271.32(a)"\n', "", "scope.cites.verdict", "paragraph"),
        ("    - staff_employment", "    - bad_weather", "scope.exclusions.0", "one of"),
        ('    cite: "271.51"', '    cite: ""', "cite", "no paragraph"),
        ("status: reviewed", "status: fine", "pack.status", "input"),
        ("place_required: true", "place_required: yes", "place_required", "boolean"),
        ("author_reachable: true", "author_reachable:", "author_reachable", "no value"),
        ("force: must", "force: must\n    id: other", "early_close.id", "called early"),
        ("default_class: standard", "default_class: !!python/name:os.system x",
         "default_class", "is not read"),
        ("default_class: standard", "default_class: *standard", "alias", "standard"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_regulation_names_file_line_and_key(
    tmp_path: Path, old: str, new: str, key: str, words: str
) -> None:
    folder = copied(RG271, tmp_path)
    edit(folder / "pack.yaml", old, new)

    with pytest.raises(PackError) as caught:
        load_regulation(folder)

    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"{folder / 'pack.yaml'}:")
    assert first.split(":")[1].isdigit()
    assert key in str(caught.value)
    assert words.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "words"),
    [
        ("matrix.yaml", ("    known:\n      {tier: 1, queue: agents, code: green,\n"
         "       targets: {first_response: PT12H, resolution: P5D}}\n"), "",
         "matrix.low.known", "the cell is empty"),
        ("matrix.yaml", "queue: self_service", "queue: nobody", "matrix.low.ordinary",
         "nobody is not declared"),
        ("matrix.yaml", "tier: 0, queue: self_service", "tier: 1, queue: self_service",
         "matrix.low.ordinary.queue", "stands below tier 1"),
        ("matrix.yaml", "first_response: PT24H", "second_response: PT24H",
         "matrix.low.ordinary.targets.second_response", "no events"),
        ("matrix.yaml", "first_response: PT24H", "first_response: -PT1H",
         "matrix.low.ordinary.targets.first_response", "longer than nothing"),
        ("matrix.yaml", "first_response: PT24H", "first_response: tomorrow",
         "matrix.low.ordinary.targets.first_response", "duration"),
        ("matrix.yaml", "first_response: PT24H, resolution: P7D", "",
         "matrix.low.ordinary.targets", "promises nothing"),
        ("matrix.yaml", "code: green", "code: blue", "matrix.low.ordinary.code",
         "'green', 'amber' or 'red'"),
        ("pack.yaml", "  nano: ordinary\n", "", "groups.nano", "is missing"),
        ("pack.yaml", "  4: management\n", "", "tiers.4", "is missing"),
        ("pack.yaml", "  4: management\n", "  4: agents\n", "tiers.4", "stands below"),
        ("pack.yaml", "  4: management\n", "  5: management\n", "tiers.5", "input"),
        ("pack.yaml", "complaint_yes: 0.65", "complaint_yes: 65.0",
         "thresholds.complaint_yes", "from 0 to 1"),
        ("pack.yaml", "complaint_no: 0.35", "complaint_no: 0.7",
         "thresholds.complaint_no", "below complaint_yes"),
        ("pack.yaml", "cues_sure: 2", "cues_sure: 0", "thresholds.cues_sure",
         "at least 1"),
        ("pack.yaml", "tier: 0}", "tier: 9}", "queues.self_service.tier", "input"),
        ("routes.yaml", "queue: safety", "queue: cellar", "routes.0.queue",
         "cellar is not declared"),
        ("routes.yaml", "id: R3", "id: R2", "routes.0.id", "stands here twice"),
        ("routes.yaml", "signals_any: [media]", "code_from: red", "routes.3.when",
         "not known yet"),
        ("severity.yaml", "signals_any: [safety]", "signals_any: [hunger]",
         "severity.0.when.signals_any.0", "input"),
        ("severity.yaml", "signals_any: [safety]", "signals_from: {safety: 1.5}",
         "severity.0.when.signals_from.safety", "must lie from 0 to 1"),
        ("severity.yaml", "signals_any: [safety]", "signals_from: {hunger: 0.5}",
         "severity.0.when.signals_from.hunger", "input"),
        ("severity.yaml", "signals_any: [safety]", "severity_from: low",
         "severity.0.when", "not known yet"),
        ("severity.yaml", "cues_sure: [severe]", "cues_sure: [rude]",
         "severity.8.when", "no cue list rude"),
        ("severity.yaml", "text: a complaint\n", "text: ''\n", "severity.9",
         "an id and a text"),
        ("intake.yaml", "scope: [yes, needs_human]", "scope: [yes]", "opens",
         "no rule opens a ticket for every complaint"),
        ("intake.yaml", "looks_automated: true, dissatisfaction: [no], ",
         "looks_automated: true, ", "screens.1.when", "could hide a complaint"),
        ("replies.yaml", "default_language: en", "default_language: xx",
         "acknowledgement.default_language", "not one of the languages"),
        ("replies.yaml", "replies: 2", "replies: -1", "flood.author", "at least 0"),
        ("replies.yaml", "within: P1D}", "within: 60}", "flood.author.within",
         "duration"),
        ("care.yaml", "queue: hardship", "queue: cellar",
         "care.signs.hardship.queue", "cellar is not declared"),
        ("care.yaml", "queue: hardship", "queue: agents",
         "care.signs.hardship.queue", "stands below tier 2"),
        ("care.yaml", "tier: 2", "tier: 0", "care.signs.hardship.tier", "no bot"),
        ("care.yaml", "text: a sign of hardship", "text: ''",
         "care.signs.hardship.text", "what the sign is called"),
        ("care.yaml", "hardship_response: P21D", "hardship_answer: P21D",
         "care.signs.hardship.targets.hardship_answer", "no events"),
        ("care.yaml", "    hardship:\n", "    hunger:\n", "care.signs.hunger", "input"),
        ("care.yaml", "safety, management]", "safety, cellar]", "care.also.2",
         "cellar is not declared"),
        ("care.yaml", "helplines: {}",
         "helplines: {X: [{name: '', contact: b, verified_on: 2026-01-01}]}",
         "care.helplines.X.0", "a name, and how"),
        ("care.yaml", "helplines: {}", "helplines: {X: [{name: a, contact: b}]}",
         "care.helplines.X.0.verified_on", "is missing"),
        ("cues.yaml", "  reports:\n", "  rapports:\n", "cues.reports", "is missing"),
        ("cues.yaml", "    - pls\n", "    - ' '\n", "cues.asks", "an empty phrase"),
        ("cues.yaml", "    - pls\n", "    - on: 1\n", "cues.asks.3", "valid string"),
        ("cues.yaml", "cues:\n", "flood: {}\ncues:\n", "flood", "a second time"),
        ("replies.yaml", "flood:\n", "? [a, b]\n: c\nflood:\n", "the file",
         "a plain word"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_house_pack_names_file_line_and_key(
    tmp_path: Path, file: str, old: str, new: str, key: str, words: str
) -> None:
    folder = copied(HOUSE, tmp_path)
    edit(folder / file, old, new)

    with pytest.raises(PackError) as caught:
        load_house(folder)

    shown = str(caught.value)
    assert any(
        f": {key}" in line and words.lower() in line.lower()
        for line in shown.splitlines()
    ), shown
    assert all(line.split(":")[1].isdigit() for line in shown.splitlines())


def test_the_line_is_the_one_that_is_wrong(tmp_path: Path) -> None:
    folder = copied(HOUSE, tmp_path)
    file = folder / "routes.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    at = lines.index("    queue: fraud") + 1
    edit(file, "    queue: fraud", "    queue: cellar")

    with pytest.raises(PackError) as caught:
        load_house(folder)

    assert str(caught.value).startswith(f"{file}:{at}: routes.5.queue: ")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    folder = copied(HOUSE, tmp_path)
    edit(folder / "routes.yaml", "queue: safety", "queue: cellar")
    edit(folder / "pack.yaml", "  nano: ordinary\n", "")

    with pytest.raises(PackError) as caught:
        load_house(folder)

    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"a: [", "not YAML"),
        (b"a: \x00", "not UTF-8 text"),
        (b"- a\n- b\n", "must be a mapping"),
        (b"", "must be a mapping"),
        (b"a: 1\na: 2\n", "a second time"),
        (b"a: &x [1]\nb: *x\n", "anchors and aliases"),
        (b"a: {b: !!binary aGk=}\n", "tag"),
        (b"a: " + b"[" * 5000, "nested too deeply"),
        (b"a: '" + b"x" * 1_000_001 + b"'", "1000000 at most"),
        (b'a: "\\ud800"\n', "the file: invalid"),
        (b"pack: 1\n", "is missing"),
        (b"a: " + b"9" * 5000, "no such key"),
        (b"a: 1e999\n", "no such key"),
    ],
)
def test_a_file_that_is_no_pack_is_refused(
    tmp_path: Path, raw: bytes, words: str
) -> None:
    file = tmp_path / "pack.yaml"
    file.write_bytes(raw)

    for load in (load_house, load_regulation):
        with pytest.raises(PackError, match=words):
            load(file)


def test_nothing_at_the_path_is_said_so(tmp_path: Path) -> None:
    for load in (load_house, load_regulation):
        with pytest.raises(PackError, match="there is no such file"):
            load(tmp_path / "nowhere")
    with pytest.raises(PackError, match="there are no templates"):
        load_templates(tmp_path)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "house" / "1"
    (folder / "pack.yaml").mkdir(parents=True)

    with pytest.raises(PackError, match="cannot be read"):
        load_house(folder)


def test_words_stay_words_whatever_yaml_makes_of_them(tmp_path: Path) -> None:
    folder = copied(HOUSE, tmp_path)
    edit(folder / "cues.yaml", "    - pls\n", "    - no\n    - 12:30:45\n    - on\n")

    asks = load_house(folder).cues["asks"]

    assert {"no", "12:30:45", "on"} <= set(asks)


def test_every_language_of_the_house_has_wording() -> None:
    check_together(house(), templates())


def test_a_language_without_wording_is_refused(tmp_path: Path) -> None:
    folder = copied(HOUSE, tmp_path)
    edit(folder / "replies.yaml", "languages: [en,", "languages: [en, sw,")

    with pytest.raises(PackError, match="no template folder for sw"):
        check_together(load_house(folder), templates())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Please send us a private message to", "Write to us to", "does not invite"),
        ("This deserves", "As our customer you deserve", "says 'customer' in public"),
        ("This deserves", "{name}, this deserves", "a blank other than {brand}"),
        ("This deserves", "This " + "really " * 30 + "deserves", "240 at most"),
        ("language: en", "language: fr", "the folder is called en"),
        ("question:\n", "queries:\n", "no such key"),
    ],
)
def test_wording_that_says_too_much_or_too_little_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    folder = copied(TEMPLATES / "en", tmp_path)
    edit(folder / "acknowledgement.yaml", old, new)

    with pytest.raises(PackError) as caught:
        load_templates(folder.parent)

    assert words in str(caught.value)
    assert str(folder / "acknowledgement.yaml") in str(caught.value)


def test_a_rule_that_asks_for_a_topic_that_nothing_teaches_is_named(
    tmp_path: Path,
) -> None:
    folder = copied(HOUSE, tmp_path)
    edit(folder / "routes.yaml", "signals_any: [fraud]", "topics_any: [baggage, bills]")
    pack = load_house(folder)

    check_topics(folder, pack, {"baggage", "bills"})
    with pytest.raises(PackError) as refusal:
        check_topics(folder, pack, {"baggage"})

    line = 1 + next(
        at
        for at, text in enumerate((folder / "routes.yaml").read_text().splitlines())
        if "topics_any" in text
    )
    assert refusal.value.shown == (
        f"{folder / 'routes.yaml'}:{line}: routes.5.when.topics_any: "
        "there are no examples of a topic bills"
    )


def test_a_draft_is_refused_as_the_pack_in_use() -> None:
    draft = ROOT / "config" / "packs" / "ie.cbi.cpc" / "2025.1"

    with pytest.raises(PackError, match=r"pack\.status: is a draft and governs"):
        load_in_force(draft)


def test_an_overlay_is_refused_as_the_pack_in_use() -> None:
    overlay = ROOT / "config" / "packs" / "au.afca" / "2026-11.1"

    with pytest.raises(PackError, match=r"overlay_of: it only runs beside au\.asic"):
        load_in_force(overlay)


def test_further_versions_beside_it_are_read_and_drafts_passed_over(
    tmp_path: Path,
) -> None:
    chosen = copied(RG271, tmp_path)
    for version, status in (("2027.1", "reviewed"), ("2027.2", "draft")):
        other = chosen.parent / version
        shutil.copytree(chosen, other)
        edit(other / "pack.yaml", '"2021-09.1"', f'"{version}"')
        edit(other / "pack.yaml", "status: reviewed", f"status: {status}")

    first, others = load_in_force(chosen)

    assert first.ref.version == "2021-09.1"
    assert [one.ref.version for one in others] == ["2027.1"]
    assert load_overlays(ROOT / "config" / "packs", first)[0].ref.id == "au.afca"

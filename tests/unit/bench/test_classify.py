"""The benchmark's arithmetic and what it says; nothing here is timed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench import classify, classify_row
from bench.classify import (
    BASE,
    PIECES,
    REFERENCE,
    SHIPPED,
    Bench,
    Result,
    Row,
    Shape,
    Target,
)
from bot.classify import manifest, weights
from bot.classify.encoder import Encoder
from bot.classify.reading import WINDOWS
from tests.unit.classify import checkpoints

ROOT = Path(__file__).resolve().parents[3]
SMALL = Shape(layers=6, width=384, inner=1536)


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert classify.percentile([*range(100, 0, -1)], share) == value


def test_a_token_alone_costs_its_weights_and_a_glance_at_itself() -> None:
    weights = 6 * (4 * 384**2 + 2 * 384 * 1536)

    assert SMALL.work(1) == 2 * weights + 6 * 4 * 384
    assert SMALL.work(1) == pytest.approx(21.2e6, rel=0.01)


def test_looking_at_each_other_costs_more_the_more_tokens_there_are() -> None:
    assert BASE.work(20) - 2 * BASE.work(10) == 12 * 4 * 768 * (20**2 - 2 * 10**2)


def test_a_long_text_is_counted_piece_by_piece_and_its_rest_not_at_all() -> None:
    work = classify.mean_work(SMALL, [10, 130, 1_000], longest=64, pieces=2)

    expected = SMALL.work(10) + 2 * SMALL.work(64) + 2 * SMALL.work(64)
    assert work == pytest.approx(expected / 3)


def test_it_counts_as_many_pieces_as_the_encoder_reads() -> None:
    assert PIECES == WINDOWS


def test_labels_agree_as_far_as_both_have_them() -> None:
    ours = [["negative", "yes"], ["neutral", "no"]]

    assert classify.agreement(ours, [["negative", "no"], ["neutral", "no"]]) == 0.75
    assert classify.agreement(ours, [["negative"]]) == 1.0
    assert classify.agreement(ours, []) is None


def test_macro_recall_counts_a_rare_class_as_much_as_a_common_one() -> None:
    answers = [["negative"], ["negative"], ["negative"], ["negative"]]

    recall = classify.macro_recall(
        answers, ["negative", "negative", "negative", "neutral"]
    )

    assert recall == 0.5


def test_two_processes_read_as_much_as_both_together() -> None:
    both = [{"texts": 100, "seconds": 2.0}, {"texts": 90, "seconds": 1.0}]

    assert classify.rate(both) == 140


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target(what="", figure=12.0, least=12), "reached"),
        (Target(what="", figure=11.96, least=12, digits=1), "missed"),
        (Target(what="", figure=3.0, most=3), "reached"),
        (Target(what="", figure=3.001, most=3, digits=2), "missed"),
        (Target(what="", figure=None, least=12), "not measured"),
    ],
)
def test_a_target_is_judged_before_its_figure_is_rounded(
    target: Target, verdict: str
) -> None:
    assert target.verdict == verdict


def result() -> Result:
    found = classify.rows((), SMALL, "cpu")
    alone = {"texts": 1_000, "seconds": 50.0, "memory": 500e6, "singles": []}
    for row in found.values():
        row.alone = {**alone, "answers": [["neutral"], ["negative"]]}
    found[SHIPPED].alone |= {"seconds": 2.0, "singles": [0.002] * 99 + [0.007]}
    found[SHIPPED].together = [{"texts": 700, "seconds": 1.0}] * 2
    found[f"{classify.SAME}32"].failed = "failed: out of memory"
    core = {"flops": {"int8": 1e12, "bf16": 5e11}, "tokens": [25], "longest": 128}
    return Result(rows=found, people=["neutral", "neutral"], core=core)


def test_what_is_asked_for_is_set_beside_what_came() -> None:
    asked = {target.what: target for target in result().targets("cpu")}

    figures = [target.figure for target in asked.values()]
    assert figures[:4] == [25.0, None, 25.0, 25.0]
    assert [target.verdict for target in asked.values()][:4] == [
        "reached",
        "not measured",
        "missed",
        "missed",
    ]
    assert asked["texts/s on two cores"].figure == 1_400
    assert asked["p50 of one text, ms"].figure == pytest.approx(2.0)
    assert asked["p99 of one text, ms"].figure == pytest.approx(2.0)
    assert asked["peak MB"].verdict == "missed"


def test_more_is_asked_of_the_small_form() -> None:
    small = Shape(layers=3, width=384, inner=1536)

    def asked(shape: Shape) -> float | None:
        found = Result(rows=classify.rows((), shape, "cpu"), people=(), core={})
        for row in found.rows.values():
            row.failed = "not run"
        targets = {target.what: target for target in found.targets("cpu")}
        return targets["texts/s on two cores"].least

    assert (asked(small), asked(SMALL)) == (2_200, 1_250)


def test_what_rounding_cost_stands_beside_a_reference_that_is_rounded(
    tmp_path: Path,
) -> None:
    exact = checkpoints.save_ours(tmp_path / "exact")
    small = checkpoints.save_rounded(tmp_path / "small", exact)
    unmeasured = classify.rounding(manifest.read(small))
    agreed = {"agreement": {"val.jsonl": 0.9971}}
    checkpoints.change_manifest(small, facts={weights.INT8: agreed})

    told = classify.rounding(manifest.read(small))

    assert "99.71 % of val.jsonl" in told
    assert "not measured" in unmeasured
    assert classify.rounding(manifest.read(exact)) == ""
    noted = classify.notes(replace(result(), rounding=told), "some", "a model")
    assert told in list(noted)


def test_a_few_times_have_a_middle_but_no_99th_percentile() -> None:
    row = Row(name="it", job={}, alone={"singles": [0.001, 0.002, 0.003]})

    assert row.single(0.5) == pytest.approx(2.0)
    assert row.single(0.99) is None


def test_a_share_of_the_ceiling_is_work_done_over_work_possible() -> None:
    found = result()

    share = found.share(found.rows[SHIPPED], "bf16")

    assert share == pytest.approx(500 * SMALL.work(25) / 5e11)
    assert found.share(found.rows[classify.WHOLE], "bf16") is None


def test_a_row_that_could_not_run_says_why_instead_of_a_figure() -> None:
    found = result()

    cells = found.figures(found.rows[f"{classify.SAME}32"])

    assert cells[1] == "failed: out of memory"
    assert len(cells) == len(classify.HEADINGS)
    assert set(cells[2:]) == {""}


def test_random_weights_are_not_asked_for_their_opinion() -> None:
    found = result()

    cells = found.figures(found.rows[f"{classify.ROBERTA}1"])

    at = classify.HEADINGS.index("labels as in fp32, %")
    assert cells[at : at + 2] == ["", ""]


def test_settings_of_the_model_make_a_row_of_their_own() -> None:
    found = classify.rows(["engine=fast, precision=int8"], SMALL, "cpu")

    assert [*found][:3] == [SHIPPED, REFERENCE, "engine=fast, precision=int8"]
    assert found["engine=fast, precision=int8"].job["settings"] == {
        "engine": "fast",
        "precision": "int8",
    }


def test_of_a_card_all_processes_that_share_it_are_asked() -> None:
    found = result()

    (target,) = found.targets("cuda")
    assert target.figure == 1_400

    found.rows[SHIPPED].together = []
    (target,) = found.targets("cuda")
    assert target.figure == 500


def test_a_card_reads_no_word_list() -> None:
    assert "vader" not in classify.rows((), SMALL, "cuda")


def test_texts_made_up_are_always_the_same_and_as_long_as_real_ones() -> None:
    texts = list(classify.invented(500))

    assert texts == list(classify.invented(500))
    assert 80 < sum(map(len, texts)) / len(texts) < 140


def test_texts_are_drawn_with_what_people_said_of_them(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    labels = ["negative", "neutral", "positive"]
    lines = [
        {"text": f"{label} {n}", "label": label} for n in range(9) for label in labels
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")

    texts = classify.read_texts(file, 12)

    assert len(texts.raw) == 12
    assert [text.split()[0] for text in texts.raw] == texts.people


def test_every_text_is_answered_where_that_is_asked_for() -> None:
    def ask(texts: Sequence[str]) -> list[classify_row.Answer]:
        return [[text] for text in texts]

    texts = [str(n) for n in range(10)]
    job = {"seconds": 0.0, "all": True, "chunk": 4, "singles": 3}

    found = classify_row.measure(ask, texts, job)

    assert found["answers"] == [[text] for text in texts]
    assert found["texts"] == 10
    assert len(found["singles"]) == 1


def test_the_peer_with_our_weights_says_what_we_say() -> None:
    model = ROOT / "models" / "default"
    texts = ["you lost my bag again", "love the new tram", "the shop opens at nine"]
    job = {"model": str(model), "device": "cpu", "batch": 1, "max_length": 128}

    ask, _ = classify_row.same_weights(job)

    ours = Encoder.load(model, device="cpu", precision="fp32").score(texts)
    assert ask(texts) == [
        [max(one.sentiment, key=one.sentiment.__getitem__)] for one in ours
    ]


def test_the_peer_reads_weights_in_eight_bits_as_well(tmp_path: Path) -> None:
    exact = checkpoints.save_ours(tmp_path / "exact")
    small = checkpoints.save_rounded(tmp_path / "small", exact)
    job = {"model": str(small), "device": "cpu", "batch": 1, "max_length": 32}

    ask, _ = classify_row.same_weights(job)

    [ours] = Encoder.load(small, device="cpu", precision="fp32").score(["the tram"])
    assert ask(["the tram"]) == [[max(ours.sentiment, key=ours.sentiment.__getitem__)]]


def test_a_row_that_ends_in_an_error_is_told_with_its_last_words(
    tmp_path: Path,
) -> None:
    (tmp_path / "texts.json").write_text('{"raw": ["a"]}', encoding="utf-8")
    job = {"texts": str(tmp_path / "texts.json"), "kind": "raw", "row": "nothing"}

    with pytest.raises(RuntimeError, match="KeyError: 'nothing'"):
        Bench(job=job, cores=[None]).run({}, 1)


@pytest.mark.slow
def test_two_processes_read_at_the_same_time(tmp_path: Path) -> None:
    (tmp_path / "texts.json").write_text('{"raw": ["where is it"]}', encoding="utf-8")
    job = {
        "texts": str(tmp_path / "texts.json"),
        "kind": "raw",
        "row": "ours",
        "model": "models/default",
        "device": "cpu",
        "settings": {},
        "seconds": 3.0,
        "all": False,
        "chunk": 1,
        "singles": 0,
    }

    one, other = Bench(job=job, cores=[None, None]).run({}, 2)

    ends = min(each["began"] + each["seconds"] for each in (one, other))
    assert max(one["began"], other["began"]) < ends
    assert one["facts"]["model"].startswith("answerable-minilm")
    assert min(one["memory"], other["memory"]) > 1e6

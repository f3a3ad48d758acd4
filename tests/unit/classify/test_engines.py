"""Which engine is chosen, and that the choice says why."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bot.classify import engines, manifest, weights
from bot.classify.onnx_engine import OnnxEncoder
from bot.errors import ClassifyError
from tests.unit.classify import checkpoints


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.save_ours(tmp_path_factory.mktemp("models") / "ours")


@pytest.fixture(autouse=True)
def no_openvino(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judge as where the extra is not installed, but in the tests that are about it."""
    if "openvino" not in request.node.name:
        monkeypatch.setattr(engines, "has_openvino", lambda: False)


@pytest.fixture
def rounded(ours: Path, tmp_path: Path) -> Path:
    """A checkpoint in eight bits that was measured and found to keep every label."""
    folder = checkpoints.save_rounded(tmp_path / "rounded", ours)
    answers = engines.tried(OnnxEncoder.load(ours)).answers
    tell(folder, {"agreement": {"some": 1.0}, engines.REFERENCE: answers})
    return folder


def tell(folder: Path, measured: dict[str, Any]) -> None:
    checkpoints.change_manifest(folder, facts={weights.INT8: measured})


def measured(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = manifest.read(folder).facts[weights.INT8]
    return found


@pytest.mark.usefixtures("exact_products")
@pytest.mark.parametrize("engine", ["auto", "onnx"])
def test_eight_bits_are_used_where_they_are_safe(rounded: Path, engine: engines.Name):
    told = engines.load(rounded, engine=engine, device="cpu").describe()

    assert told["engine"] == "onnx"
    assert told["precision"] == "int8"
    assert told["model"].endswith("/int8")
    assert told["chosen"] == "eight bits are safe and fastest"
    assert told["self_test"].startswith("16 texts, ")


@pytest.mark.parametrize("name", ["config.json", manifest.WEIGHTS])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_damaged_file_is_named_before_anything_is_read_of_it(
    rounded: Path, name: str, *, is_there: bool
):
    (rounded / name).unlink()
    if is_there:
        (rounded / name).write_text("{", encoding="utf-8")

    with pytest.raises(ClassifyError, match=name):
        engines.load(rounded)


@pytest.mark.parametrize("agreement", [{}, {"one": 0.999, "other": 0.994}])
def test_eight_bits_that_change_labels_are_not_used(
    rounded: Path, agreement: dict[str, float]
):
    tell(rounded, measured(rounded) | {"agreement": agreement})

    told = engines.load(rounded, engine="onnx").describe()

    assert told["precision"] == "fp32"
    assert "eight bits keep" in told["chosen"]


def test_eight_bits_without_answers_to_compare_are_not_used(rounded: Path):
    tell(rounded, {"agreement": {"some": 1.0}})

    told = engines.load(rounded, engine="onnx").describe()

    assert told["precision"] == "fp32"


@pytest.mark.usefixtures("exact_products")
def test_eight_bits_that_fail_the_self_test_here_are_not_used(rounded: Path):
    wrong = [[1 - p for p in row] for row in measured(rounded)[engines.REFERENCE]]
    tell(rounded, measured(rounded) | {engines.REFERENCE: wrong})

    told = engines.load(rounded, engine="onnx").describe()

    assert told["precision"] == "fp32"
    assert "in the self-test" in told["chosen"]


@pytest.mark.usefixtures("exact_products")
@pytest.mark.parametrize("answers", [[[0.5]], [[0.5], [0.5, 0.5]], [], "none", 7])
def test_a_self_test_that_cannot_be_compared_is_named_with_its_folder(
    rounded: Path, answers: object
):
    tell(rounded, measured(rounded) | {engines.REFERENCE: answers})

    with pytest.raises(ClassifyError, match=rf"{rounded}.*facts\.int8"):
        engines.load(rounded, engine="onnx")


@pytest.mark.parametrize("told", [7, {"agreement": {"some": "all"}}])
def test_a_measurement_that_cannot_be_read_is_named_with_its_folder(
    rounded: Path, told: Any
):
    tell(rounded, told)

    with pytest.raises(ClassifyError, match=rf"{rounded}.*facts\.int8"):
        engines.load(rounded, engine="onnx")


def test_where_products_run_over_eight_bits_are_not_used(
    rounded: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engines, "has_exact_products", lambda: False)

    told = engines.load(rounded, engine="onnx").describe()

    assert told["precision"] == "fp32"
    assert told["chosen"] == "this processor's eight-bit products run over"


def test_half_precision_weights_are_computed_in_single_precision(ours: Path):
    told = engines.load(ours, engine="onnx").describe()

    assert told["precision"] == "fp32"
    assert told["chosen"] == "the weights are not in eight bits"


def test_single_precision_can_be_asked_for(rounded: Path):
    engine = engines.load(rounded, device="cpu", precision="fp32")

    assert engine.describe()["engine"] == "onnx"
    assert engine.describe()["precision"] == "fp32"
    assert not engine.model_id.endswith("/int8")


def test_torch_can_be_asked_for(rounded: Path):
    told = engines.load(rounded, engine="torch", device="cpu").describe()

    assert told["engine"] == "torch"
    assert told["chosen"] == "the settings name it"


def test_what_only_torch_can_do_is_done_by_torch(ours: Path, tmp_path: Path):
    labels = ["negative", "neutral", "positive"]
    theirs = checkpoints.save_classifier(tmp_path / "theirs", labels, says="neutral")

    foreign = engines.load(theirs, device="cpu").describe()
    halved = engines.load(ours, device="cpu", precision="bf16").describe()

    assert foreign["chosen"] == "only torch can: it is another's checkpoint"
    assert halved["chosen"] == "only torch can: the settings ask for bf16"
    assert {foreign["engine"], halved["engine"]} == {"torch"}


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ({"precision": "bf16"}, "the settings ask for bf16"),
        ({"device": "cuda"}, "the settings name the device cuda"),
    ],
)
def test_onnx_asked_for_what_it_cannot_do_is_refused(
    ours: Path, chosen: dict[str, Any], why: str
):
    with pytest.raises(ClassifyError, match=why):
        engines.load(ours, engine="onnx", **chosen)


def test_with_half_precision_weights_the_engines_agree_on_what_they_are(ours: Path):
    found = engines.load(ours, device="cpu")

    assert found.describe()["engine"] in {"onnx", "torch"}
    assert found.describe()["chosen"]
    assert found.model_id == OnnxEncoder.load(ours).model_id


class Slow(OnnxEncoder):
    """The same answers after a while."""

    def score(self, texts):
        for _ in range(20):
            found = super().score(texts)
        return found


class Wrong(OnnxEncoder):
    """Other answers, at once."""

    def score(self, texts):
        return super().score(["angry " + text for text in texts][::-1])


def test_torch_is_left_where_the_other_is_clearly_faster(ours: Path):
    light = OnnxEncoder.load(ours)

    assert engines.faster(light, Slow.load(ours)) is light
    assert "torch took" in light.describe()["chosen"]


def test_torch_is_kept_where_the_other_is_slower(ours: Path):
    heavy = OnnxEncoder.load(ours)

    assert engines.faster(Slow.load(ours), heavy) is heavy


def test_torch_that_answers_otherwise_is_left_however_fast_it_is(
    ours: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engines, "TOLERANCE", 0.001)
    light = Slow.load(ours)

    assert engines.faster(light, Wrong.load(ours)) is light
    assert "torch was off by" in light.describe()["chosen"]


def test_one_word_is_a_model_among_ours(
    ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "small").symlink_to(ours)
    monkeypatch.chdir(tmp_path)

    found = engines.load("small", engine="onnx")

    assert found.model_id == OnnxEncoder.load(ours).model_id


@pytest.mark.parametrize("word", ["small", "default", "models/small"])
def test_a_model_of_ours_that_is_not_here_is_not_asked_for_on_the_hub(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ClassifyError, match="there is no model folder models/"):
        engines.load(word)


# -- openvino ------------------------------------------------------------------------

is_installed = pytest.mark.skipif(
    find_spec("openvino") is None, reason="openvino is an extra, not installed here"
)


def test_openvino_asked_for_where_it_is_not_installed_says_what_to_install(
    ours: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engines, "has_openvino", lambda: False)

    with pytest.raises(ClassifyError, match=r"install answerable\[openvino\]"):
        engines.load(ours, engine="openvino")


def test_an_openvino_that_does_not_load_is_told_of_and_done_without(
    ours: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engines, "has_openvino", lambda: True)
    monkeypatch.delitem(sys.modules, "bot.classify.openvino_engine", raising=False)
    monkeypatch.setitem(sys.modules, "openvino", None)

    found = engines.load(ours, device="cpu", precision="auto").describe()

    assert "openvino does not load here" in found["openvino"]
    with pytest.raises(ClassifyError, match="openvino does not load here"):
        engines.load(ours, engine="openvino")


@is_installed
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_openvino_answers_what_onnxruntime_answers(
    ours: Path, precision: engines.Precision
):
    found = engines.load(ours, engine="openvino", precision=precision)

    reference = engines.tried(OnnxEncoder.load(ours)).answers
    assert found.describe()["engine"] == "openvino"
    assert found.describe()["precision"] == precision
    assert found.describe()["chosen"] == "the settings name it"
    assert engines.tried(found).differs(reference) < (
        1e-5 if precision == "fp32" else 0.02
    )
    assert found.model_id == OnnxEncoder.load(ours).model_id


@is_installed
def test_openvino_in_eight_bits_needs_a_measurement_of_its_own(rounded: Path):
    before = engines.load(rounded, engine="openvino")
    tell(rounded, measured(rounded) | {engines.OPENVINO: {"some": 1.0}})

    after = engines.load(rounded, engine="openvino")

    reference = engines.tried(OnnxEncoder.load(rounded)).answers
    assert not before.describe()["precision"].startswith("int8")
    assert after.describe()["precision"].startswith("int8")
    assert after.model_id == f"{before.model_id}/int8g64"
    assert engines.tried(after).differs(reference) < 0.05


@is_installed
def test_openvino_that_fails_its_self_test_in_eight_bits_computes_otherwise(
    rounded: Path,
):
    wrong = [[1 - p for p in row] for row in measured(rounded)[engines.REFERENCE]]
    tell(
        rounded,
        measured(rounded) | {engines.REFERENCE: wrong, engines.OPENVINO: {"some": 1.0}},
    )

    told = engines.load(rounded, engine="openvino").describe()

    assert not told["precision"].startswith("int8")


@is_installed
def test_auto_tells_what_openvino_took_and_what_it_chose(rounded: Path):
    told = engines.load(rounded, device="cpu").describe()

    if told["engine"] == "openvino":
        assert told["chosen"].startswith("openvino took ")
    else:
        assert "a text in the self-test" in told["openvino"]


def test_openvino_is_taken_where_it_is_enough_faster_and_right(ours: Path):
    rival = OnnxEncoder.load(ours)

    assert engines.worth_it(Slow.load(ours), rival) is rival
    assert rival.describe()["chosen"].startswith("openvino took ")


def test_openvino_is_left_where_it_is_slower(ours: Path):
    light = OnnxEncoder.load(ours)

    assert engines.worth_it(light, Slow.load(ours)) is light
    assert "not enough" in light.describe()["openvino"]


def test_openvino_that_answers_otherwise_is_left_however_fast_it_is(
    ours: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engines, "TOLERANCE", 0.001)
    light = Slow.load(ours)

    assert engines.worth_it(light, Wrong.load(ours)) is light
    assert "not used" in light.describe()["openvino"]


def test_openvino_that_does_not_work_here_leaves_the_other_and_says_so(
    ours: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object) -> OnnxEncoder:
        raise ClassifyError("openvino does not work here")

    monkeypatch.setattr(engines, "has_openvino", lambda: True)
    monkeypatch.setattr(engines, "_openvino", broken)
    monkeypatch.setattr(engines, "_has_fast_bf16", lambda: False)

    told = engines.load(ours, device="cpu").describe()

    assert told["engine"] == "onnx"
    assert told["openvino"] == "openvino does not work here"


@pytest.mark.parametrize(
    ("chosen", "why"), [({"device": "cuda"}, "the settings name the device cuda")]
)
def test_openvino_asked_for_what_it_cannot_do_is_refused(
    ours: Path, chosen: dict[str, Any], why: str
):
    with pytest.raises(ClassifyError, match=why):
        engines.load(ours, engine="openvino", **chosen)

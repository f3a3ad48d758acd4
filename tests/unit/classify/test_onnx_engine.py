"""The engine without torch: the same answers, in eight bits too, in little room."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.classify import manifest, weights
from bot.classify.encoder import Encoder
from bot.classify.onnx_engine import (
    OnnxEncoder,
    has_exact_products,
    largest_inputs,
)
from bot.classify.reading import BATCH, by_length
from bot.errors import ClassifyError
from tests.unit.classify import checkpoints

ROOT = Path(__file__).parents[3]
TEXTS = [
    *(f"{word} the {thing} again" for word in checkpoints.WORDS for thing in "ab"),
    "",
    "love " * 200,
]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.save_ours(tmp_path_factory.mktemp("models") / "ours")


@pytest.fixture(scope="module")
def rounded(ours: Path) -> Path:
    return checkpoints.save_rounded(ours.with_name("rounded"), ours)


def flat(engine: Encoder | OnnxEncoder) -> list[float]:
    return [
        p
        for scores in engine.score(TEXTS)
        for labels in (scores.sentiment, *scores.others.values())
        for p in labels.values()
    ]


def test_it_answers_what_torch_answers(ours: Path):
    torch = Encoder.load(ours, device="cpu", precision="fp32")

    onnx = OnnxEncoder.load(ours)

    assert flat(onnx) == pytest.approx(flat(torch), abs=1e-5)
    assert onnx.embed(TEXTS) == pytest.approx(torch.embed(TEXTS), abs=1e-4)
    assert onnx.model_id == torch.model_id


@pytest.mark.usefixtures("exact_products")
def test_eight_bits_answer_nearly_the_same_and_say_so_in_the_id(
    ours: Path, rounded: Path
):
    exact, few = OnnxEncoder.load(ours), OnnxEncoder.load(rounded, precision="int8")

    assert flat(few) == pytest.approx(flat(exact), abs=0.02)
    assert flat(few) != pytest.approx(flat(exact), abs=1e-6)
    assert few.model_id == f"{OnnxEncoder.load(rounded).model_id}/int8"


def test_one_pass_gives_the_scores_and_the_rows(ours: Path):
    onnx = OnnxEncoder.load(ours)

    scores, rows = onnx.score_and_embed(TEXTS)

    assert scores == onnx.score(TEXTS)
    assert (rows == onnx.embed(TEXTS)).all()
    assert onnx.score_and_embed([])[0] == []


def test_half_precision_weights_are_not_computed_in_eight_bits(ours: Path):
    with pytest.raises(ClassifyError, match="does not hold its weights in eight bits"):
        OnnxEncoder.load(ours, precision="int8")


@pytest.mark.parametrize("engine", ["torch", "onnx"])
def test_both_engines_read_a_file_in_eight_bits(ours: Path, rounded: Path, engine: str):
    read = (
        OnnxEncoder.load(rounded)
        if engine == "onnx"
        else Encoder.load(rounded, device="cpu", precision="fp32")
    )
    whole = weights.whole(weights.read(rounded / manifest.WEIGHTS))
    spread = shutil.copytree(ours, rounded.with_name(f"spread-{engine}"))
    weights.write(spread / manifest.WEIGHTS, whole)
    checkpoints.change_manifest(spread)

    expected = Encoder.load(spread, device="cpu", precision="fp32")

    assert flat(read) == pytest.approx(flat(expected), abs=1e-5)


@pytest.mark.usefixtures("exact_products")
def test_a_matrix_that_is_kept_is_not_rounded(ours: Path, tmp_path: Path):
    tensors = weights.read(ours / manifest.WEIGHTS)
    every = [name for name, values in tensors.items() if values.ndim == 2]
    one = ["encoder.layer.0.attention.self.value.weight"]
    exact = flat(OnnxEncoder.load(ours))

    all_kept = checkpoints.save_rounded(tmp_path / "all", ours, keep=every)
    one_kept = checkpoints.save_rounded(tmp_path / "one", ours, keep=one)

    few = [flat(OnnxEncoder.load(f, precision="int8")) for f in (all_kept, one_kept)]
    assert few[0] == pytest.approx(exact, abs=1e-6)
    assert few[1] == pytest.approx(exact, abs=0.02)


@pytest.mark.usefixtures("exact_products")
def test_divided_inputs_change_nothing_but_what_is_rounded(ours: Path, tmp_path: Path):
    tensors = weights.read(ours / manifest.WEIGHTS)
    largest = largest_inputs(ours, TEXTS)
    inputs = {name: np.sqrt(most + 1e-6) for name, most in largest.items()}
    for name in list(inputs):
        for other in ("key", "value"):
            inputs[name.replace("query", other)] = inputs[name]
    folder = checkpoints.save_rounded(tmp_path / "divided", ours)
    small = weights.in_eight_bits(tensors, inputs=inputs)
    weights.write(folder / manifest.WEIGHTS, small)
    checkpoints.change_manifest(folder)

    whole = weights.whole(weights.read(folder / manifest.WEIGHTS))

    # Two layers of four products each: query, key and value are one.
    assert len(largest) == 8
    assert whole.keys() == tensors.keys()
    for name in inputs:
        assert whole[name] == pytest.approx(tensors[name].astype(float), abs=0.002)
    exact = flat(OnnxEncoder.load(ours))
    assert flat(OnnxEncoder.load(folder, precision="int8")) == pytest.approx(
        exact, abs=0.02
    )


def test_a_row_is_rounded_to_255_steps_of_its_own():
    matrix = np.array([[1.0, -0.5, 0.004], [100.0, 1.0, 0.0], [0, 0, 0]], np.float32)

    numbers, scale = weights.rounded(matrix)

    assert numbers.tolist() == [[127, -64, 1], [127, 1, 0], [0, 0, 0]]
    assert np.abs(numbers * scale[:, None] - matrix).max() <= scale.max() / 2


def test_a_batch_has_so_many_tokens_at_most_or_one_piece():
    pieces = [[7] * length for length in (3, 128, 40, 40, 2, 300, 3)]

    batches = list(by_length(pieces, tokens=120))

    assert batches == [[5], [1], [2, 3, 0], [6, 4]]
    assert all(len(batch) <= BATCH for batch in by_length([[1]] * 100))
    assert [len(batch) for batch in by_length([[1]] * 100, texts=64)] == [64, 36]


def test_a_processor_with_instructions_for_it_multiplies_whole_numbers_exactly():
    cpuinfo = Path("/proc/cpuinfo")
    told = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    if "_vnni" not in told:
        pytest.skip("this processor tells of no VNNI")

    assert has_exact_products()


@pytest.mark.parametrize(
    ("key", "value"), [("model_type", "mpnet"), ("hidden_act", "relu")]
)
def test_an_encoder_of_another_shape_is_left_to_torch(
    tmp_path: Path, key: str, value: str
):
    folder = checkpoints.save_ours(tmp_path / "other")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {key: value}))
    checkpoints.change_manifest(folder)

    with pytest.raises(ClassifyError, match=f"{key} {value}.*torch"):
        OnnxEncoder.load(folder)


def test_weights_that_lack_a_matrix_are_refused_by_its_name(tmp_path: Path):
    folder = checkpoints.save_ours(tmp_path / "short")
    tensors = weights.read(folder / manifest.WEIGHTS)
    lost = "encoder.layer.1.output.dense.weight"
    weights.write(
        folder / manifest.WEIGHTS, {k: v for k, v in tensors.items() if k != lost}
    )
    checkpoints.change_manifest(folder)

    with pytest.raises(ClassifyError, match=lost):
        OnnxEncoder.load(folder)


def test_a_weights_file_that_is_none_is_refused(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"nothing of the kind")

    with pytest.raises(ClassifyError, match="cannot read the weights"):
        weights.read(path)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a process its peak")
def test_a_process_that_scores_without_torch_never_loads_it(ours: Path):
    code = (
        "import sys\n"
        "from bot.classify import engines\n"
        f"model = engines.load({str(ours)!r}, engine='onnx')\n"
        "model.score(['my order never arrived'] * 100)\n"
        "heavy = {'torch', 'transformers'} & set(sys.modules)\n"
        # Not getrusage: its peak begins with that of the process that forked.
        "told = open('/proc/self/status').read().split('VmHWM:')[1]\n"
        "print(heavy, int(told.split()[0]) // 1024)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    heavy, megabytes = done.stdout.rsplit(maxsplit=1)
    assert heavy == "set()"
    assert int(megabytes) < 200

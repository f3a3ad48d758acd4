"""Which engine computes: the fastest that is safe for these weights, here.

Torch and OpenVINO are imported only where they may win, so that a process which
scores without them stays small.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import numpy as np

from bot.classify import manifest, onnx_graph, weights
from bot.classify.labelled import Question
from bot.classify.onnx_engine import OnnxEncoder, has_exact_products
from bot.classify.reading import Engine, facts_of, folder_of
from bot.classify.scores import TextScores
from bot.clock import stopwatch
from bot.errors import ClassifyError

if TYPE_CHECKING:
    from bot.classify.openvino_engine import OpenvinoEncoder

Name = Literal["auto", "onnx", "openvino", "torch"]
E = TypeVar("E", bound=Engine)
Precision = Literal["auto", "fp32", "bf16"]

SAFE_AGREEMENT = 0.995
"""Share of labels that eight bits must leave as they were."""

TOLERANCE = 0.1
"""A probability of the self-test may differ by so much from single precision's."""

CLEARLY = 1.5
"""So many times as fast as torch's bfloat16 the other must be to be preferred: other
processes disturb the measurement, and one machine should not change its mind."""

WORTH_IT = 1.2
"""So many times as fast as onnxruntime OpenVINO must be to be preferred: it needs more
room, and on most processors the two are within what a measurement can tell."""

ROUNDS = 3
SELF_TEST = (
    "@kettleworks my kettle leaks and nobody answers my emails",
    "Thank you @tramline, the driver waited for my grandmother. Lovely!",
    "What time does the shop in Hobart open on Monday?",
    "third delay this week, utterly useless, I want my money back",
    "New kettle today. It boils water.",
    "why is the app down AGAIN http",
    "best service ever, they sent a new one within a day",
    "The parcel never arrived and the chat closes on me.",
    "Does anyone know whether the harbour tram runs on Sundays?",
    "I am so happy with this mattress, slept like a stone",
    "@pantryandpine found a screw in my muesli. A SCREW.",
    "they moved the stop to the other side of the square",
    "not bad at all, I would buy it again",
    "on hold for two hours, then they hung up. Great job",
    "😡😡😡",
    "ok",
)
"""Invented, of every mood; what an engine says of them is compared and timed."""

REFERENCE = "self_test"
"""The manifest's fact that holds single precision's answers to them."""

AGREEMENT, OPENVINO = "agreement", "agreement_openvino"
"""Its facts that hold, file by file, the share of labels that each engine keeps."""


class Trial(NamedTuple):
    """An engine's self-test."""

    answers: list[list[float]]
    seconds: float
    """The best of some rounds, for all texts."""

    def differs(self, reference: Sequence[Sequence[float]]) -> float:
        """Return the largest difference of a probability; ValueError without one."""
        ours, theirs = np.asarray(self.answers), np.asarray(reference, dtype=float)
        if ours.shape != theirs.shape:
            message = f"answers of shape {theirs.shape}, where {ours.shape} were asked"
            raise ValueError(message)
        return float(np.abs(ours - theirs).max())


def load(
    path: Path | str,
    *,
    engine: Name = "auto",
    device: str = "auto",
    precision: Precision = "auto",
    threads: int = 1,
    label_map: Mapping[str, str] | None = None,
) -> Engine:
    """Return the model in the engine that was asked for, or in the best one here.

    ``describe`` of the result says which it is and why.
    """
    folder = folder_of(path)
    ours = folder if folder is not None and manifest.is_ours(folder) else None
    if ours is not None:
        # A damaged file is named before anything is read of it.
        facts_of(ours)
    demand = _demand(engine, device, precision, ours)

    def in_torch() -> Engine:
        from bot.classify.encoder import Encoder

        return Encoder.load(
            folder or path,
            device=device,
            precision=precision,
            threads=threads,
            label_map=label_map,
        )

    if demand.engine == "torch" or ours is None:
        return _because(in_torch(), demand.why)
    if demand.engine == "openvino":
        return _because(_openvino(ours, precision, threads), demand.why)
    if demand.engine == "auto" and device == "auto" and _has_nvidia() and _has_torch():
        found = in_torch()
        if found.describe()["device"].startswith("cuda"):
            return _because(found, "a CUDA device is here")
    light = _light(ours, precision, threads)
    if demand.engine == "onnx" or precision != "auto":
        return light
    return _fastest(light, ours, threads, in_torch)


def _fastest(
    light: OnnxEncoder, folder: Path, threads: int, in_torch: Callable[[], Engine]
) -> Engine:
    """Return the best on the processor of those that might beat onnxruntime here."""
    if has_openvino():
        try:
            found = worth_it(light, _openvino(folder, "auto", threads))
        except ClassifyError as error:
            light.note(openvino=error.shown)
        else:
            if found is not light:
                return found
    is_rival = light.describe()["precision"] == "fp32"
    if not (is_rival and _has_fast_bf16() and _has_torch()):
        return light
    best = faster(light, in_torch())
    if told := light.describe().get("openvino"):
        best.note(openvino=told)
    return best


class _Demand(NamedTuple):
    engine: Name
    why: str = ""


def _demand(
    engine: Name, device: str, precision: Precision, ours: Path | None
) -> _Demand:
    """Return the one engine that the settings leave, or auto where they leave both."""
    only_torch = ""
    if ours is None:
        only_torch = "it is another's checkpoint"
    elif device not in {"auto", "cpu"}:
        only_torch = f"the settings name the device {device}"
    elif precision == "bf16" and engine != "openvino":
        only_torch = "the settings ask for bf16"
    elif trouble := onnx_graph.obstacle(ours):
        only_torch = trouble
    if engine in {"onnx", "openvino"} and only_torch:
        message = f"model.engine {engine} cannot: {only_torch}; set it to auto"
        raise ClassifyError(message)
    if engine == "openvino" and not has_openvino():
        message = "model.engine openvino: it is not installed; install"
        raise ClassifyError(f"{message} answerable[openvino], or set it to auto")
    if engine != "auto":
        return _Demand(engine, "the settings name it")
    return (
        _Demand("torch", f"only torch can: {only_torch}")
        if only_torch
        else _Demand("auto")
    )


def _light(folder: Path, precision: Precision, threads: int) -> OnnxEncoder:
    """Return the engine without torch: in eight bits where that is safe."""
    why = "single precision was asked for"
    if precision == "auto":
        facts = facts_of(folder)
        with _legible(folder):
            why = unsafe(facts)
        if not why:
            rounded = OnnxEncoder.load(folder, precision="int8", threads=threads)
            with _legible(folder):
                trial, why = _passed(rounded, facts)
            if not why:
                return _because(rounded, "eight bits are safe and fastest", trial)
    exact = OnnxEncoder.load(folder, precision="fp32", threads=threads)
    return _because(exact, why)


def _openvino(folder: Path, precision: Precision, threads: int) -> OpenvinoEncoder:
    """Return OpenVINO in the precision asked for, or in the fastest that is safe."""
    try:
        from bot.classify.openvino_engine import OpenvinoEncoder, has_bf16
    except ImportError as error:
        raise ClassifyError(f"openvino does not load here: {error}") from error

    if precision != "auto":
        return OpenvinoEncoder.load(folder, precision=precision, threads=threads)
    facts = facts_of(folder)
    with _legible(folder):
        is_safe = not unsafe(facts, OPENVINO)
    if is_safe:
        rounded = OpenvinoEncoder.load(folder, precision="int8", threads=threads)
        with _legible(folder):
            off = tried(rounded).differs(facts.facts[weights.INT8][REFERENCE])
        if off <= TOLERANCE:
            return rounded
    whole: Literal["bf16", "fp32"] = "bf16" if has_bf16() else "fp32"
    return OpenvinoEncoder.load(folder, precision=whole, threads=threads)


@contextmanager
def _legible(folder: Path) -> Iterator[None]:
    """Name the folder whose manifest says of eight bits what cannot be compared."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"{folder / manifest.FILE} cannot be understood under facts."
        message += f"{weights.INT8}: {error}; restore the file, or measure anew"
        raise ClassifyError(message) from error


def unsafe(facts: manifest.Manifest, measured_as: str = AGREEMENT) -> str:
    """Return why eight bits may not be used with these weights; empty if they may.

    Each engine rounds in its own way, and each was measured by itself.
    """
    if facts.weights != weights.INT8:
        return "the weights are not in eight bits"
    measured = facts.facts.get(weights.INT8, {})
    agreement = min(measured.get(measured_as, {}).values(), default=0.0)
    if agreement < SAFE_AGREEMENT or REFERENCE not in measured:
        return f"eight bits keep {agreement:.1%} of these weights' labels as measured"
    return ""


def _passed(rounded: OnnxEncoder, facts: manifest.Manifest) -> tuple[Trial | None, str]:
    """Return the self-test, and why it was not passed; empty if it was."""
    if not has_exact_products():
        return None, "this processor's eight-bit products run over"
    trial = tried(rounded)
    off = trial.differs(facts.facts[weights.INT8][REFERENCE])
    if off > TOLERANCE:
        return trial, f"eight bits were off by {off:.3f} in the self-test"
    return trial, ""


def faster(light: OnnxEncoder, heavy: Engine) -> Engine:
    """Return torch's bfloat16 where it is right, unless the other is clearly faster."""
    ours, theirs = tried(light), tried(heavy)
    off = theirs.differs(ours.answers)
    if off > TOLERANCE:
        return _because(light, f"torch was off by {off:.3f} in the self-test", ours)
    times = f"torch took {_each(theirs)} a text, onnx {_each(ours)}"
    if ours.seconds * CLEARLY < theirs.seconds:
        return _because(light, times, ours)
    return _because(heavy, times, theirs)


def worth_it(light: OnnxEncoder, rival: Engine) -> Engine:
    """Return OpenVINO where it is right and enough faster, or else the other."""
    ours, theirs = tried(light), tried(rival)
    off = theirs.differs(ours.answers)
    if off > TOLERANCE:
        told = f"off by {off:.3f} in the self-test, not used"
    elif theirs.seconds * WORTH_IT < ours.seconds:
        times = f"openvino took {_each(theirs)} a text, onnx {_each(ours)}"
        return _because(rival, times, theirs)
    else:
        told = f"{_each(theirs)} a text in the self-test, not enough to be preferred"
    light.note(openvino=told)
    return light


def tried(engine: Engine) -> Trial:
    """Have an engine answer the self-test, and take the time."""
    took = []
    for _ in range(ROUNDS):
        start = stopwatch()
        scores = engine.score(SELF_TEST)
        took.append(stopwatch() - start)
    return Trial([_answers(one) for one in scores], min(took))


def _answers(scores: TextScores) -> list[float]:
    complaint = [] if scores.complaint is None else [scores.complaint]
    others = [p for labels in scores.others.values() for p in labels.values()]
    return [*scores.sentiment.values(), *complaint, *others]


def columns(heads: Mapping[str, manifest.Head], question: Question) -> slice:
    """Return where a question's answers stand among those to a text of the test."""
    first = (Question.SENTIMENT, Question.COMPLAINT)
    rest = (Question(name) for name in heads if name not in first)
    start = 0
    for name in (*(one for one in first if one in heads), *rest):
        width = 1 if name is Question.COMPLAINT else len(heads[name].labels)
        if name is question:
            return slice(start, start + width)
        start += width
    raise ValueError(f"there is no head for {question}")


def _because(engine: E, why: str, trial: Trial | None = None) -> E:
    engine.note(chosen=why)
    if trial is not None:
        engine.note(self_test=f"{len(SELF_TEST)} texts, {_each(trial)} each")
    return engine


def _each(trial: Trial) -> str:
    return f"{1000 * trial.seconds / len(SELF_TEST):.1f} ms"


# -- the machine, without torch ---------------------------------------------------


def _has_torch() -> bool:
    return find_spec("torch") is not None


def has_openvino() -> bool:
    """Whether the extra is installed."""
    return find_spec("openvino") is not None


def _has_nvidia() -> bool:
    """Whether it is worth asking torch for a CUDA device."""
    if not sys.platform.startswith("linux"):
        return sys.platform == "win32"
    return any(map(Path.exists, map(Path, ("/dev/nvidiactl", "/dev/dxg"))))


def _has_fast_bf16() -> bool:
    """Whether the processor computes bfloat16 itself; told on Linux only."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in told or "amx_bf16" in told

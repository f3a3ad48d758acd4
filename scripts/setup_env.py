"""Make or renew .venv: torch in the right build first, then the lock, then the bot.

Standard library only, because nothing is installed yet when it runs. A stamp in the
environment lets the next call return at once. TORCH=cuda asks for the CUDA build.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "setup-stamp.json"
LOCK = ROOT / "requirements" / "lock.txt"
TORCH_PIN = ROOT / "requirements" / "torch.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
INDEX_TIMEOUT_S = 60


class SetupFailed(Exception):
    """Set-up cannot go on; the text says what to do."""


def wanted_flavour(
    environment: Mapping[str, str], previous: str | None, *, system: str = sys.platform
) -> str:
    """``cpu``, ``cuda`` or ``plain``: which build of torch this machine shall get.

    On Linux, x86 and ARM alike, the plain wheel asks for CUDA; elsewhere it is the
    small one. Without TORCH, an environment keeps the build that it already has.
    """
    asked = environment.get("TORCH", "").strip().lower()
    if asked not in {"", "cpu", "cuda"}:
        message = f"TORCH={asked}: only 'cpu' and 'cuda' are known."
        raise SetupFailed(message)
    if asked == "cuda":
        return "cuda"
    if system != "linux":
        return "plain"
    return asked or previous or "cpu"


def fingerprint(flavour: str) -> dict[str, str]:
    """What the environment was made from; any difference means making it again."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = {key: pyproject[key] for key in ("build-system", "project")}
    installed["hatch"] = pyproject["tool"]["hatch"]
    digest = hashlib.sha256(json.dumps(installed, sort_keys=True).encode())
    for path in (LOCK, TORCH_PIN, Path(__file__)):
        digest.update(path.read_bytes())
    return {
        "root": str(ROOT),
        "python": platform.python_version(),
        "torch": flavour,
        "inputs": digest.hexdigest(),
    }


def read_stamp() -> dict[str, str]:
    """The fingerprint of the last complete set-up; empty when there was none."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


@contextmanager
def alone() -> Iterator[None]:
    """Hold a lock, so that two set-ups at once do not write into one environment."""
    try:
        import fcntl
    except ImportError:  # Windows: no flock, and hardly ever two makes at once
        yield
        return
    with (ROOT / ".setup.lock").open("w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def pip(*arguments: str, check: bool = True) -> bool:
    """Run the environment's pip; quiet unless a person is watching."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check"]
    done = subprocess.run([*command, *arguments, *quiet], cwd=ROOT, check=False)
    if check and done.returncode != 0:
        message = f"pip failed: pip {' '.join(arguments)}"
        raise SetupFailed(message)
    return done.returncode == 0


def environment_python() -> str | None:
    """The Python that .venv was made with; None where it is missing or broken."""
    try:
        text = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return None
    pairs = (line.partition("=") for line in text.splitlines())
    keys = {key.strip(): value.strip() for key, _, value in pairs}
    return keys.get("version") if (BIN / "python").exists() else None


def create_environment() -> None:
    """Make .venv, anew if it belongs to another Python or lies broken."""
    if VENV.exists() and environment_python() != platform.python_version():
        shutil.rmtree(VENV)
    if not VENV.exists():
        say(f"making .venv with Python {platform.python_version()}")
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        # An old seeded pip resolves slowly and knows fewer wheel tags; a failure
        # here is no reason to stop, since every pip that 3.11 brings can go on.
        pip("install", "--upgrade", "pip", check=False)


def torch_version() -> str:
    """The release that requirements/torch.txt pins, as ``2.13.0``."""
    for line in TORCH_PIN.read_text(encoding="utf-8").splitlines():
        if line.startswith("torch=="):
            return line.removeprefix("torch==").strip()
    message = f"{TORCH_PIN} has no line 'torch==X.Y.Z'."
    raise SetupFailed(message)


def installed_torch() -> str | None:
    """The version of torch in the environment, local part included."""
    question = "import importlib.metadata as m; print(m.version('torch'))"
    done = subprocess.run(
        [str(BIN / "python"), "-c", question],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or None


def install_torch(flavour: str) -> None:
    """Install torch's wanted build; on Linux never CUDA unless it was asked for."""
    release = torch_version()
    wanted = f"{release}+cpu" if flavour == "cpu" else release
    present = installed_torch()
    is_cpu_build = present is not None and present.endswith("+cpu")
    if present == wanted or (
        present is not None
        and present.split("+")[0] == release
        and flavour != "cpu"
        and not (flavour == "cuda" and is_cpu_build)
    ):
        return
    install = ("install", "-c", str(LOCK), f"torch=={wanted}")
    say(f"installing torch {wanted} ({flavour} build)")
    if flavour == "cuda" and is_cpu_build:
        pip("uninstall", "--yes", "torch")
    if flavour != "cpu":
        pip(*install)
        return
    # First from where this site's pip looks anyway: a mirror or a local wheel.
    if pip(*install, check=False):
        return
    say(f"not there; trying {CPU_INDEX}")
    patience = ("--retries", "0", "--timeout", str(INDEX_TIMEOUT_S))
    if not pip(*install, "--extra-index-url", CPU_INDEX, *patience, check=False):
        message = (
            f"torch {wanted} was found neither by pip's own settings nor at"
            f" {CPU_INDEX}.\nThe plain wheel would bring several GB of CUDA packages,"
            " so set-up stops here.\nGive pip a mirror or a folder that has the CPU"
            " wheel (PIP_FIND_LINKS=/folder), or ask for CUDA with TORCH=cuda."
        )
        raise SetupFailed(message)


def refuse_cuda_packages() -> None:
    """Stop if CUDA packages came in although nobody asked for them."""
    listing = subprocess.run(
        [str(BIN / "python"), "-m", "pip", "list", "--format=json"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = [package["name"] for package in json.loads(listing.stdout)]
    found = [name for name in names if name.startswith(("nvidia-", "cuda-"))]
    if found:
        message = (
            f"CUDA packages came in unasked: {', '.join(found)}.\n"
            "Run `make clean` and set up again, or ask for them with TORCH=cuda."
        )
        raise SetupFailed(message)


def set_up(flavour: str) -> None:
    """Bring the environment to the lock; each step is safe to repeat."""
    create_environment()
    # Until all is done only the build is remembered: a set-up that stops half-way
    # goes on with the same build and never counts as complete.
    STAMP.write_text(json.dumps({"torch": flavour}), encoding="utf-8")
    install_torch(flavour)
    say("installing the locked packages")
    keep = VENV / "torch-constraint.txt"
    keep.write_text(f"torch=={installed_torch()}\n", encoding="utf-8")
    pip("install", "-r", str(LOCK), "-c", str(keep))
    # hatchling is in the lock, so the build needs no second, isolated download.
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    if flavour == "cpu":
        refuse_cuda_packages()
    STAMP.write_text(json.dumps(fingerprint(flavour)), encoding="utf-8")
    say("ready")


def say(text: str) -> None:
    """One line of progress."""
    print(f"setup: {text}", flush=True)


def main() -> int:
    """Set up unless the stamp says that nothing changed."""
    if sys.version_info < (3, 11):  # noqa: UP036 - people call this script directly
        print("setup: Python 3.11 or newer is needed", file=sys.stderr)
        return 2
    try:
        with alone():
            stamp = read_stamp()
            flavour = wanted_flavour(os.environ, stamp.get("torch"))
            if stamp != fingerprint(flavour) or not (BIN / "bot").exists():
                set_up(flavour)
    except (SetupFailed, subprocess.CalledProcessError, OSError) as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

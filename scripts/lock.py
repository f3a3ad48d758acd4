"""Write the locks in requirements/ anew, or with --check say whether they are stale.

torch is resolved as its CPU build and then left out: one lock serves every build of it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
HEADER = "# Written by `make lock` from pyproject.toml; torch stands in torch.txt.\n"
FLAGS = (
    "--quiet",
    "--strip-extras",
    "--no-annotate",
    "--no-header",
    "--no-emit-options",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
)


def torch_pin() -> str:
    """The release of torch that requirements/torch.txt names, as ``torch==X.Y.Z``."""
    lines = (REQUIREMENTS / "torch.txt").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("torch=="))


def compile_lock(name: str, options: list[str], folder: Path) -> str:
    """Resolve one lock, starting from the committed pins so that only needs move."""
    output = folder / name
    if (REQUIREMENTS / name).exists():
        shutil.copy(REQUIREMENTS / name, output)
    constraint = folder / "torch-cpu.txt"
    constraint.write_text(f"{torch_pin()}+cpu\n", encoding="utf-8")
    command = [sys.executable, "-m", "piptools", "compile", *FLAGS, *options]
    subprocess.run(
        [*command, "-c", str(constraint), "-o", str(output), "pyproject.toml"],
        cwd=ROOT,
        check=True,
    )
    lines = output.read_text(encoding="utf-8").splitlines(keepends=True)
    pins = [line for line in lines if line.strip() and not line.startswith("#")]
    return HEADER + "".join(pin for pin in pins if not pin.startswith("torch=="))


def beside(lock: str, other: str) -> str:
    """Return a lock without what another one pins already."""
    pinned = set(other.splitlines()) - {HEADER.strip()}
    return "".join(f"{line}\n" for line in lock.splitlines() if line not in pinned)


def main(arguments: list[str]) -> int:
    """Compile all locks; ``--upgrade`` moves every pin, ``--check`` writes nothing."""
    check, upgrade = "--check" in arguments, "--upgrade" in arguments
    stale = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        extra = ["--upgrade"] if upgrade else []
        full = compile_lock("lock.txt", ["--extra", "dev", *extra], folder)
        (folder / "full.txt").write_text(full, encoding="utf-8")
        same = ["-c", str(folder / "full.txt")]
        runtime = compile_lock("runtime.txt", [*extra, *same], folder)
        more = ["--extra", "openvino", *extra, *same]
        openvino = beside(compile_lock("openvino.txt", more, folder), runtime)
    locks = {"lock.txt": full, "runtime.txt": runtime, "openvino.txt": openvino}
    for name, text in locks.items():
        path = REQUIREMENTS / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(name)
        elif not check:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: requirements/{', '.join(stale)}; run `make lock`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

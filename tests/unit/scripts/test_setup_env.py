from __future__ import annotations

import pytest

from scripts.setup_env import SetupFailed, wanted_flavour


@pytest.mark.parametrize(
    ("torch", "previous", "system", "machine", "expected"),
    [
        ("", None, "linux", "x86_64", "cpu"),
        ("cpu", None, "linux", "x86_64", "cpu"),
        ("cuda", None, "linux", "x86_64", "cuda"),
        ("CUDA", "cpu", "linux", "x86_64", "cuda"),
        ("", "cuda", "linux", "x86_64", "cuda"),
        ("cpu", "cuda", "linux", "x86_64", "cpu"),
        ("", None, "linux", "aarch64", "plain"),
        ("", None, "darwin", "arm64", "plain"),
        ("cpu", None, "win32", "AMD64", "plain"),
    ],
)
def test_build_of_torch_follows_the_machine_and_the_wish(
    torch: str, previous: str | None, system: str, machine: str, expected: str
) -> None:
    flavour = wanted_flavour({"TORCH": torch}, previous, system=system, machine=machine)

    assert flavour == expected


def test_unknown_build_of_torch_is_refused_by_name() -> None:
    with pytest.raises(SetupFailed, match=r"TORCH=rocm: only 'cpu' and 'cuda'"):
        wanted_flavour({"TORCH": "rocm"}, None)

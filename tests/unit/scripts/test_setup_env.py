from __future__ import annotations

import pytest

from scripts.setup_env import SetupFailed, wanted_flavour


@pytest.mark.parametrize(
    ("torch", "previous", "system", "expected"),
    [
        ("", None, "linux", "cpu"),
        ("cpu", None, "linux", "cpu"),
        ("cuda", None, "linux", "cuda"),
        ("CUDA", "cpu", "linux", "cuda"),
        ("", "cuda", "linux", "cuda"),
        ("cpu", "cuda", "linux", "cpu"),
        ("", None, "darwin", "plain"),
        ("cpu", None, "win32", "plain"),
    ],
)
def test_build_of_torch_follows_the_machine_and_the_wish(
    torch: str, previous: str | None, system: str, expected: str
) -> None:
    flavour = wanted_flavour({"TORCH": torch}, previous, system=system)

    assert flavour == expected


def test_unknown_build_of_torch_is_refused_by_name() -> None:
    with pytest.raises(SetupFailed, match=r"TORCH=rocm: only 'cpu' and 'cuda'"):
        wanted_flavour({"TORCH": "rocm"}, None)

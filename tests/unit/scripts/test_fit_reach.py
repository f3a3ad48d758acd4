from __future__ import annotations

from pathlib import Path

import pytest

from scripts.fit_reach import SHARES, followers_of, knots, rounded


def test_every_author_counts_once_as_last_seen(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("id,user_name,user_followers\n1,ada,5\n2,jo,900\n3,ada,7\n")

    assert followers_of(path) == [7, 900]


def test_knots_are_rounded_quantiles_inside_their_intervals() -> None:
    found = list(knots(range(100_000)))

    assert [share for share, *_ in found] == list(SHARES)
    assert found[3] == (0.5, 50_000, 50_000, 50_000)
    assert all(low <= told <= high for _, told, low, high in found)


@pytest.mark.parametrize(
    ("count", "told"), [(0, 0), (7, 7), (89, 89), (325, 320), (1_077_856, 1_100_000)]
)
def test_nobodys_own_number_is_told(count: int, told: int) -> None:
    assert rounded(count) == told

"""Statistics against published tables and against scipy's own exact test."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from bench import stats
from bench.stats import Side


@pytest.mark.parametrize(
    ("target", "needed"),
    [
        (0.95, (59, 93, 124, 153)),
        (0.99, (299, 473, 628, 773)),
        (0.995, (598, 947, 1258, 1549)),
        (0.999, (2995, 4742, 6294, 7752)),
    ],
)
def test_trials_needed_is_the_published_table(target: float, needed: tuple[int, ...]) -> None:
    assert tuple(stats.trials_needed(target, failures, 0.95) for failures in range(4)) == needed


@pytest.mark.parametrize(("n", "rank"), [(59, 59), (100, 99), (200, 196), (300, 292), (500, 484), (1000, 962)])
def test_upper_rank_of_p95_is_the_published_table(n: int, rank: int) -> None:
    assert stats.upper_rank(n, 0.95, 0.95) == rank


def test_p99_needs_299_samples() -> None:
    assert stats.upper_rank(298, 0.99, 0.95) is None
    assert stats.upper_rank(299, 0.99, 0.95) == 299
    assert stats.upper_rank(1000, 0.99, 0.95) == 996


def test_too_few_samples_give_no_bound_but_a_warning() -> None:
    bound = stats.quantile_upper_bound([1.0] * 40, 0.95, 0.95)
    assert bound.value is None
    assert bound.warnings == ("n = 40: p95 needs 59",)
    assert bound.side is Side.UPPER


def test_lower_bound_of_the_median_of_five_is_the_minimum() -> None:
    bound = stats.quantile_lower_bound([5.0, 1.0, 4.0, 2.0, 3.0], 0.5, 0.95)
    assert (bound.value, bound.rank) == (1.0, 1)
    assert stats.quantile_lower_bound([1.0] * 4, 0.5, 0.95).value is None


@given(n=st.integers(1, 400), q=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_ranks_are_the_tightest_that_keep_the_confidence(n: int, q: float) -> None:
    rank = stats.upper_rank(n, q, 0.95)

    def coverage(r: int) -> float:  # P(X_(r) >= quantile) = P(fewer than r of n lie below it), summed term by term
        return math.fsum(math.comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(r))

    if rank is None:
        assert coverage(n) < 0.95
    else:
        assert coverage(rank) >= 0.95 - 1e-9
        assert rank == 1 or coverage(rank - 1) < 0.95


@given(data=st.data(), n=st.integers(1, 2000))
def test_rate_bounds_equal_scipys_exact_interval(data: st.DataObject, n: int) -> None:
    k = data.draw(st.integers(0, n))
    lower = stats.rate_lower_bound(k, n, 0.95).value
    upper = stats.rate_upper_bound(k, n, 0.95).value
    assert lower == pytest.approx(binomtest(k, n, alternative="greater").proportion_ci(0.95, "exact").low, abs=1e-9)
    assert upper == pytest.approx(binomtest(k, n, alternative="less").proportion_ci(0.95, "exact").high, abs=1e-9)


def test_bounds_and_needed_trials_agree_at_the_edge() -> None:
    for n, failures, proven in ((299, 0, True), (298, 0, False), (473, 1, True), (472, 1, False)):
        bound = stats.rate_lower_bound(n - failures, n, 0.95).value
        assert bound is not None
        assert (bound >= 0.99) is proven


def test_no_trials_say_nothing() -> None:
    assert stats.rate_lower_bound(0, 0, 0.95).value is None
    assert stats.rate_upper_bound(0, 0, 0.95).value is None
    with pytest.raises(ValueError, match="impossible"):
        stats.rate_lower_bound(2, 1, 0.95)


def test_point_estimates() -> None:
    assert stats.quantile([], 0.95) is None
    assert stats.median([]) is None
    assert stats.median([3.0, 1.0]) == 2.0
    assert stats.quantile(np.arange(1.0, 21.0), 0.95) == 19.0
    assert stats.quantile(np.arange(1.0, 101.0), 0.95) == 95.0

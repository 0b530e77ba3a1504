"""Statistics against published tables and against scipy's own exact test."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
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


# --- published tables -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [30, 59, 100, 299, 1000, 3000])
def test_the_rule_of_three(n: int) -> None:
    """No failure in n: the failure rate is below 3 / n (Hanley and Lippman-Hand, JAMA 1983); exactly 1 - 0.05^(1/n)."""
    lower = stats.rate_lower_bound(n, n, 0.95).value
    assert lower is not None
    assert 1 - lower == pytest.approx(1 - 0.05 ** (1 / n), rel=1e-9)
    assert 2.85 / n < 1 - lower < 3 / n


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Clopper and Pearson's two-sided 95 %: each side is a one-sided bound at 97.5 %
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (9, 10, 0.5550, 0.9975),
        (10, 20, 0.2720, 0.7280),
        (0, 100, 0.0, 0.0362),
        (1, 100, 0.0003, 0.0545),
    ],
)
def test_clopper_and_pearsons_table(successes: int, n: int, low: float, high: float) -> None:
    lower = stats.rate_lower_bound(successes, n, 0.975).value
    upper = stats.rate_upper_bound(successes, n, 0.975).value
    assert lower == pytest.approx(low, abs=5e-5)
    assert upper == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("n", "low", "high"),
    [(6, 1, 6), (10, 2, 9), (20, 6, 15), (25, 8, 18), (50, 18, 33), (100, 40, 61)],
)
def test_the_sign_tests_interval_of_the_median(n: int, low: int, high: int) -> None:
    """Ranks of the two-sided 95 % interval of a median, as tables of the sign test give them."""
    assert (stats.lower_rank(n, 0.5, 0.975), stats.upper_rank(n, 0.5, 0.975)) == (low, high)


@pytest.mark.parametrize(
    ("n", "q", "confidence", "needed"),
    [(59, 0.95, 0.95, 59), (90, 0.95, 0.99, 90), (299, 0.99, 0.95, 299), (459, 0.99, 0.99, 459), (22, 0.9, 0.9, 22)],
)
def test_wilks_sample_sizes(n: int, q: float, confidence: float, needed: int) -> None:
    """One-sided tolerance limits by the maximum (Wilks 1941): 59 for 95/95, 90 for 95/99, 299 for 99/95."""
    assert stats.samples_needed(q, confidence) == needed
    assert stats.upper_rank(n - 1, q, confidence) is None
    assert stats.upper_rank(n, q, confidence) == n


# --- intervals for tables ---------------------------------------------------------------------------------------------


def normal(mean: float, n: int, seed: int) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(mean, 0.02, n)


def test_the_difference_of_medians_holds_the_true_one_and_is_the_same_each_time() -> None:
    ours, theirs = normal(0.25, 150, 1), normal(0.20, 150, 2)
    found = stats.median_difference(ours, theirs, 0.95)
    assert found == stats.median_difference(ours, theirs, 0.95)
    assert found.point == pytest.approx(float(np.median(ours) - np.median(theirs)))
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.05 < found.high
    assert found.high - found.low < 0.02


def test_the_bootstrap_covers_as_often_as_it_says() -> None:
    hits = 0
    for seed in range(60):
        found = stats.median_difference(normal(0.25, 60, seed), normal(0.20, 60, 1000 + seed), 0.9, resamples=400)
        hits += found.low is not None and found.high is not None and found.low <= 0.05 <= found.high
    assert 45 <= hits <= 60  # 54 expected; fewer than 45 has a probability below 0.001


@pytest.mark.parametrize("n", [8, 9, 60, 61])
def test_resampled_medians_are_those_of_resamples(n: int) -> None:
    """Against drawing every value: the same quantiles, to within what 20,000 draws of each can tell apart."""
    samples = np.asarray(normal(0.2, n, 5))
    rng = np.random.default_rng(1)
    drawn = np.median(rng.choice(samples, (20_000, n)), axis=1)
    found = stats._resampled_medians(samples, 20_000, rng)
    for q in (0.025, 0.25, 0.5, 0.75, 0.975):
        at_or_below = float(np.mean(found <= np.quantile(drawn, q)))
        slack = float(np.mean(drawn == np.quantile(drawn, q))) + 0.02  # resamples of few values often tie
        assert at_or_below == pytest.approx(q, abs=slack)
    assert {*found} <= {*drawn} if n % 2 else found.min() >= samples.min()


def test_equal_samples_differ_by_nothing_and_few_have_no_interval() -> None:
    same = stats.median_difference([0.2] * 20, [0.2] * 20, 0.95)
    assert (same.point, same.low, same.high) == (0.0, 0.0, 0.0)
    few = stats.median_difference([0.3] * 7, [0.2] * 20, 0.95)
    assert (few.low, few.high, few.warnings) == (None, None, ("n = 7: a bootstrap needs 8",))
    assert few.point == pytest.approx(0.1)
    assert stats.median_difference([], [], 0.95).point is None


def test_a_trend_is_the_median_slope_and_says_when_there_is_none() -> None:
    at = list(range(0, 1000, 50))
    rising = stats.trend(at, [5.0 + 0.002 * x for x in at], 0.95)
    assert rising.point == pytest.approx(0.002)
    noise = np.random.default_rng(3).normal(0, 1.0, len(at))
    flat = stats.trend(at, 100 + noise, 0.95)
    assert flat.low is not None
    assert flat.high is not None
    assert flat.low < 0 < flat.high
    one_jump = stats.trend(at, [1.0] * 19 + [900.0], 0.95)
    assert one_jump.point == 0.0
    assert stats.trend([1, 2, 3], [1.0, 2.0, 3.0], 0.95).warnings == (
        "n = 3: a trend needs 8 readings at different times",
    )
    assert stats.trend([1] * 20, [1.0] * 20, 0.95).point is None

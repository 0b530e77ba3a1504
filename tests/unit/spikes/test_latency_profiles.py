"""Latency profiles: figures with provenance, and refusals of those without."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from spikes.errors import PlanError
from spikes.latency import LATENCY_FILE, latency_profile

NAMES = ("zero", "lan", "lightning", "lightning_slow", "degraded")
WHOLE = """[odd]
rtt_s = 0.1
rtt_sigma = 0.0
settle_median_s = 1.0
settle_sigma = 0.5
settle_cap_s = 9.0
scenario = "a test"
source = "a test"
n = 1
date = 2026-11-22
"""


def test_every_profile_can_be_read_and_says_where_its_figures_come_from() -> None:
    assert tuple(tomllib.loads(LATENCY_FILE.read_text(encoding="utf-8"))) == NAMES
    for name in NAMES:
        profile = latency_profile(name)
        assert profile.as_sent()["name"] == name
        assert len(profile.source) > 20
        assert profile.n < 30  # scenarios, not models: none rests on a sample worth fitting


def test_the_lightning_profile_is_the_published_hundred_satoshi_send() -> None:
    lightning, slow = latency_profile("lightning"), latency_profile("lightning_slow")
    assert (lightning.rtt_s, lightning.settle_median_s, lightning.settle_sigma) == (0.05, 2.9, 0.4)
    assert (slow.settle_median_s, slow.settle_sigma) == (6.4, 0.8)
    assert lightning.settle_cap_s == slow.settle_cap_s == 60.0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rtt_s = 0.1", "rtt_s = -0.1"),
        ("rtt_s = 0.1", "rtt_s = true"),
        ("rtt_s = 0.1", "rtt_s = '0.1'"),
        ("rtt_s = 0.1\n", ""),
        ("settle_median_s = 1.0", "settle_median_s = 10.0"),
        ('source = "a test"', 'source = ""'),
        ("n = 1", "n = 1\nsettle_p95_s = 3"),
        ("date = 2026-11-22", "date = 'today'"),
    ],
)
def test_a_profile_without_sense_or_provenance_is_refused(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "latency.toml"
    path.write_text(WHOLE)
    assert latency_profile("odd", path).rtt_s == 0.1
    assert old in WHOLE
    path.write_text(WHOLE.replace(old, new))
    with pytest.raises(PlanError, match="odd"):
        latency_profile("odd", path)


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PlanError, match="lightning_slow, degraded"):
        latency_profile("wan")

"""limits.toml, known.toml and profiles.toml are data that programs and people rely on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import spikes
from bench import limits as judged
from spikes import limits
from spikes.record import Platform

FOLDER = Path(spikes.__file__).parent
DATE = re.compile(r"2026-\d\d-\d\d")


def test_every_limit_has_value_unit_source_and_date_as_the_judge_reads_them() -> None:
    loaded = judged.load(FOLDER / "limits.toml")
    assert all(DATE.fullmatch(limit.date) and limit.source for limit in loaded.all)
    assert limits.newest_date() == loaded.date


@pytest.mark.parametrize(
    ("name", "paid", "free"),
    [
        ("upload_raw_bytes", 64 * 2**20, 64 * 2**20),
        ("startup_cpu_s", 1.0, 1.0),
        ("cpu_per_request_s", 30.0, 0.01),
        ("memory_bytes", 128e6, 128e6),
        ("subrequests", 10_000, 50),
        ("connections", 6, 6),
    ],
)
def test_the_limits_are_those_of_the_facts(name: str, paid: float, free: float) -> None:
    loaded = judged.load(FOLDER / "limits.toml")
    for plan, value in ((judged.Plan.PAID, paid), (judged.Plan.FREE, free)):
        limit = loaded.get(name, Platform.CLOUDFLARE, plan)
        assert limit is not None
        assert limit.value == value


def test_every_known_defect_says_what_the_drivers_do_about_it() -> None:
    defects = tomllib.loads((FOLDER / "known.toml").read_text(encoding="utf-8"))["defect"]
    for defect in defects:
        assert set(defect) == {"name", "versions", "what", "consequence", "driver", "proof"}
        assert defect["versions"]
        assert defect["proof"] in ("run", "source")
    names = [defect["name"] for defect in defects]
    assert len(set(names)) == len(names)

"""Thresholds and limits: complete, typed, and refused with a clear message otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import limits, thresholds
from bench.errors import LimitsError, ThresholdError
from bench.limits import Limits, Plan
from spikes.record import Platform

RECORDS = Path(__file__).resolve().parents[2] / "records"
NONE = Limits(all=())


def test_the_shipped_thresholds_are_the_ones_of_the_gates() -> None:
    loaded = thresholds.load(NONE)
    assert (loaded.paid_turn_p50_s.value, loaded.paid_turn_p95_s.value) == (5.0, 10.0)
    assert (loaded.cached_turn_p95_s.value, loaded.blocked_turn_p95_s.value) == (0.150, 0.100)
    assert (loaded.acknowledgement_p95_s.value, loaded.success_rate.value) == (1.0, 0.99)
    assert (loaded.own_cost_warm_p95_s.value, loaded.own_cost_cold_p50_s.value) == (1.0, 2.0)
    assert loaded.confidence.value == 0.95


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("[success_rate]", "[succes_rate]", "lacks success_rate"),
        ("[confidence]", "[extra]\nvalue = 1\n[confidence]", "names extra"),
        ("value = 0.99\n", 'value = "0.99"\n', r"\[success_rate\] value is '0.99'"),
        ("value = 0.99\n", "value = true\n", "number in base units"),
        ("value = 0.99\n", "", "exactly reason, source, unit, value"),
        ('source = "design/gates.md, gate 3; Clopper-Pearson"', 'source = " "', "source is empty"),
        ("[confidence]", "[confidence", "is not TOML"),
    ],
)
def test_a_changed_file_is_refused(tmp_path: Path, before: str, after: str, says: str) -> None:
    text = thresholds.DEFAULT_PATH.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "thresholds.toml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ThresholdError, match=says):
        thresholds.load(NONE, path)


def test_missing_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ThresholdError, match="restore it"):
        thresholds.load(NONE, tmp_path / "none.toml")
    with pytest.raises(LimitsError, match="--limits"):
        limits.load(tmp_path / "none.toml")


def test_limits_answer_for_one_platform_and_plan_at_a_time() -> None:
    loaded = limits.load(RECORDS / "limits.toml")
    workers = Platform.CLOUDFLARE
    paid, free = (loaded.get("subrequests", workers, plan) for plan in (Plan.PAID, Plan.FREE))
    assert paid is not None
    assert free is not None
    assert (paid.value, free.value) == (10_000, 50)
    assert loaded.get("upload_raw_bytes", workers, Plan.FREE) == loaded.get("upload_raw_bytes", workers, Plan.PAID)
    assert loaded.get("subrequests", Platform.CONVEX_NODE, Plan.PAID) is None
    assert loaded.get("moons", workers, Plan.PAID) is None
    of_convex = [loaded.get("arguments_bytes", p, Plan.PAID) for p in (Platform.CONVEX_ISOLATE, Platform.CONVEX_NODE)]
    assert [limit.value for limit in of_convex if limit is not None] == [16 * 2**20, 5 * 2**20]
    assert loaded.date == "2026-11-22"


def test_every_shipped_limit_is_complete_and_has_one_unit_by_name() -> None:
    loaded = limits.load()
    assert {limit.platform for limit in loaded.all} == set(Platform) - {Platform.NONE}
    suffixes = {"bytes": "_bytes", "s": "_s"}
    for limit in loaded.all:
        assert limit.name.endswith(suffixes.get(limit.unit, limit.name)), limit
        assert all(older.strip() for older in limit.older)


LIMIT = (
    '[[limit]]\nname = "a"\nplatform = "cloudflare"\nvalue = 1\nunit = "s"\nplan = "paid"\nsource = "x"\n'
    'date = "2026-11-22"\nolder = ["y"]\n'
)


def test_plans_have_one_order_however_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(LIMIT.replace('plan = "paid"', 'plan = "free + paid"'), encoding="utf-8")
    assert limits.load(path).all[0].plans == (Plan.PAID, Plan.FREE)


FIELDS = ("name", "platform", "value", "unit", "plan", "source", "date")


@pytest.mark.parametrize("field", FIELDS)
def test_a_limit_without_one_of_its_fields_is_refused(tmp_path: Path, field: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(LIMIT, encoding="utf-8")
    assert limits.load(path).all[0].older == ("y",)
    lines = [line for line in LIMIT.splitlines() if not line.startswith(field)]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(LimitsError, match=f"needs .*{field}.*complete it"):
        limits.load(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no .*limit.* entry"),
        (LIMIT.replace('plan = "paid"', 'plan = "gold"'), '"paid", "free" or "paid'),
        (LIMIT.replace("value = 1", "value = 0"), "positive number"),
        (LIMIT.replace("value = 1", "value = inf"), "positive number"),
        (LIMIT.replace("value = 1", "value = true"), "positive number"),
        (LIMIT.replace('source = "x"', 'source = " "'), "nobody can judge the number"),
        (LIMIT.replace('name = "a"', "name = 7"), "nobody can judge the number"),
        (LIMIT.replace('unit = "s"', 'unit = "ms"'), "unit 'ms'; write one of bytes, s, count"),
        (LIMIT.replace('"cloudflare"', '"none"'), "write one of cloudflare, convex-isolate, convex-node"),
        (LIMIT.replace('"cloudflare"', "7"), "write one of cloudflare, convex-isolate, convex-node"),
        (LIMIT.replace('"2026-11-22"', '"November"'), "the day on which the source was read"),
        (LIMIT.replace('older = ["y"]', 'older = "y"'), "a list of texts"),
        (LIMIT.replace("older", "odler"), "odler, which nothing reads"),
        (LIMIT + LIMIT, "a of cloudflare twice for the paid plan"),
        ("[[limit", "is not TOML"),
    ],
)
def test_bad_limits_are_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LimitsError, match=says):
        limits.load(path)

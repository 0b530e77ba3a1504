"""Margins: what is left of each number, by hand."""

from __future__ import annotations

import math

import pytest

from bench import evidence, limits, thresholds
from bench.judgement import Judgement, judge
from bench.sensitivity import Sensitivity, sensitivity
from spikes.record import Role
from tests.records.cases import HERE
from tests.records.varied import varied


@pytest.fixture(scope="module")
def decided() -> Judgement:
    return judge(
        evidence.parse(varied("native", "node", "workerd")), thresholds.load(limits.load(HERE / "limits.toml"))
    )


@pytest.fixture(scope="module")
def shown(decided: Judgement) -> Sensitivity:
    return sensitivity(decided)


def test_margins_by_hand(decided: Judgement, shown: Sensitivity) -> None:
    rows = {(m.runtime, m.criterion): m for m in shown.margins}
    assert rows["workerd", "limit_connections"].margin == 1 - 5 / 6
    rate = rows["workerd", "success_rate"]
    assert rate.bound is not None
    assert rate.margin == pytest.approx((rate.bound - 0.99) / 0.01)
    turn = rows["workerd", "paid_turn_p95"]
    assert turn.bound is not None
    assert turn.bound >= (turn.measured or math.inf)
    assert turn.margin == 1 - turn.bound / 10.0
    tightest = shown.tightest("workerd", "latency")
    assert tightest is not None
    assert tightest.margin == min(
        m.margin for k, m in rows.items() if k[0] == "workerd" and m.gate == "latency" and m.margin
    )
    assert shown.tightest("workerd", "custody") is None
    assert not any(m.criterion.startswith("flow_") for m in shown.margins)
    assert {pin.name for pin in decided.evidence.runtimes if pin.role is not Role.INFORMATIVE} == {
        m.runtime for m in shown.margins
    }

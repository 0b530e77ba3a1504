"""Benchmarks against saved ones: what is claimed, what is not, and that the saved file names no machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.suite import compare

BASE = [1.0, 1.02, 0.98, 1.01, 0.99, 1.03, 0.97, 1.0, 1.01, 0.99]


def times(factor: float) -> list[float]:
    return [factor * ratio for ratio in BASE]


@pytest.mark.parametrize(
    ("factor", "said"),
    [(1.0, "no claim"), (1.1, "no claim"), (1.5, "slower"), (0.5, "faster"), (0.95, "no claim")],
)
def test_only_what_is_clearly_beyond_the_noise_is_claimed(factor: float, said: str) -> None:
    (line,) = compare.compared({"judge": times(factor)}, {"judge": BASE})
    assert line.endswith(said)
    assert f"{factor:.2f} x" in line


def test_one_wild_round_claims_nothing() -> None:
    (line,) = compare.compared({"judge": [*BASE[:-1], 40.0]}, {"judge": BASE})
    assert line.endswith("no claim")


def test_a_median_beyond_the_noise_with_an_interval_that_is_not_claims_nothing() -> None:
    (line,) = compare.compared({"judge": [0.7, 2.0] * 5}, {"judge": BASE})
    assert "1.18 x" in line
    assert line.endswith("no claim")


def test_what_was_not_run_or_not_saved_says_so() -> None:
    lines = list(compare.compared({"new": BASE}, {"old": BASE}))
    assert [line.split() for line in lines] == [["new", "not", "saved"], ["old", "not", "run"]]
    assert list(compare.compared({"few": [1.0]}, {"few": BASE})) == ["few  n = 1: a bootstrap needs 8"]


def test_saving_and_comparing_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run.json"
    document = {
        "machine_info": {"node": "some-machine", "cpu": {"brand_raw": "some CPU"}},
        "benchmarks": [
            {"name": "test_judge", "fullname": "/home/somebody/x", "extra_info": {"ratios": BASE}, "stats": {}},
            {"name": "test_without", "extra_info": {}, "stats": {}},
        ],
    }
    run.write_text(json.dumps(document))
    monkeypatch.setattr(compare, "BASELINE", tmp_path / "baseline.json")
    assert compare.main([str(run), "--save"]) == 0
    saved = (tmp_path / "baseline.json").read_text()
    assert json.loads(saved)["benchmarks"] == {"test_judge": BASE}
    assert "some" not in saved
    assert compare.read_baseline(tmp_path / "baseline.json") == {"test_judge": BASE}
    monkeypatch.setattr(compare, "read_baseline", lambda: {"test_judge": BASE})
    assert compare.main([str(run)]) == 0
    assert "test_judge   1.00 x  [" in capsys.readouterr().out


def test_the_committed_baseline_holds_ratios_alone() -> None:
    document = json.loads(compare.BASELINE.read_text(encoding="utf-8"))
    assert set(document) == {"about", "benchmarks"}
    saved = compare.read_baseline()
    assert saved
    for name, ratios in saved.items():
        assert name.startswith("test_")
        assert all(0 < ratio < 1000 for ratio in ratios)
    assert compare.BASELINE.read_text(encoding="utf-8") == compare.baseline_text(saved)

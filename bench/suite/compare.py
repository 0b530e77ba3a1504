"""Today's benchmarks against the saved ones: `python -m bench.suite.compare RUN.json`, with `--save` to save instead.

Role: quotients of ratios with their bootstrap intervals. Must not know: machines; the saved file holds no time and no
name of one, only ratios to the fixed work (interleaved.py). It prints and judges nothing: the exit code is 0 whatever
the figures are. "slower" and "faster" are said only if the whole interval is beyond CLAIM.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench import stats
from bench.suite.interleaved import RATIOS

BASELINE = Path(__file__).with_name("baseline.json")
CONFIDENCE = 0.95
CLAIM = 1.15  # two runs of the same code on a shared machine differ by up to this much
_DIGITS = 4
_ABOUT = "Rounds of each benchmark as multiples of the fixed work timed beside them. `make bench-compare` reads it."
Ratios = Mapping[str, Sequence[float]]


def read_run(path: Path) -> dict[str, list[float]]:
    """The ratios of a pytest-benchmark JSON file, by benchmark; those without any are left out."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return {b["name"]: b["extra_info"][RATIOS] for b in document["benchmarks"] if RATIOS in b["extra_info"]}


def read_baseline(path: Path = BASELINE) -> dict[str, list[float]]:
    """The saved ratios, by benchmark."""
    saved: dict[str, list[float]] = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
    return saved


def baseline_text(run: Ratios) -> str:
    """The file to save: sorted, rounded, so that a new one has a readable diff."""
    rounded = {name: [float(f"{ratio:.{_DIGITS}g}") for ratio in run[name]] for name in sorted(run)}
    lines = [f"    {json.dumps(name)}: {json.dumps(ratios)}" for name, ratios in rounded.items()]
    return f'{{\n  "about": {json.dumps(_ABOUT)},\n  "benchmarks": {{\n' + ",\n".join(lines) + "\n  }\n}\n"


def compared(run: Ratios, baseline: Ratios) -> Iterator[str]:
    """One line a benchmark: how many times the saved one it takes, with the interval, and what may be said of it."""
    width = max((len(name) for name in {*run, *baseline}), default=0)
    for name in sorted({*run, *baseline}):
        if name not in baseline or name not in run:
            yield f"{name.ljust(width)}  {'not saved' if name in run else 'not run'}"
            continue
        logs = [[math.log(ratio) for ratio in ratios] for ratios in (run[name], baseline[name])]
        found = stats.median_difference(logs[0], logs[1], CONFIDENCE)
        if found.low is None or found.high is None or found.point is None:
            yield f"{name.ljust(width)}  {'; '.join(found.warnings)}"
            continue
        point, low, high = (math.exp(value) for value in (found.point, found.low, found.high))
        said = "slower" if low > CLAIM else "faster" if high < 1 / CLAIM else "no claim"
        yield f"{name.ljust(width)}  {point:5.2f} x  [{low:.2f}, {high:.2f}]  {said}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, or save."""
    parser = argparse.ArgumentParser(prog="python -m bench.suite.compare", description=__doc__)
    parser.add_argument("run", type=Path, help="what pytest wrote with --benchmark-json")
    parser.add_argument("--save", action="store_true", help="make this run the baseline")
    asked = parser.parse_args(arguments)
    run = read_run(asked.run)
    if asked.save:
        BASELINE.write_text(baseline_text(run), encoding="utf-8")
        sys.stdout.write(f"{len(run)} benchmarks saved in {BASELINE.name}; read the diff\n")
        return 0
    sys.stdout.write("times the saved ratio to the fixed work, with the interval of the median:\n")
    sys.stdout.writelines(f"{line}\n" for line in compared(run, read_baseline()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

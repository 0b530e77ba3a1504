"""`python -m spikes.probes.wasmtime WASM`: the survey, as one JSON line on stdout.

Role: options, the deadline, and one clear line with a non-zero exit code where there is no finding.
Must not know: what is surveyed.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path

from spikes.pins import ASIDE
from spikes.probes.wasmtime.failure import ProbeFailure
from spikes.probes.wasmtime.survey import survey

CACHE = ASIDE / "wasmtime"
# Below the deadline of spikes/probe.py, so that the last word is the probe's own.
DEADLINE_S = 240.0
FAILED, TOO_SLOW = 1, 3


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m spikes.probes.wasmtime", description="survey the SDK's WASM")
    parser.add_argument("wasm", type=Path, help="the SDK's WebAssembly module")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where compiled code is kept")
    parser.add_argument("--deadline-s", type=float, default=DEADLINE_S, help=f"default: {DEADLINE_S:g}")
    args = parser.parse_args()
    watch = threading.Timer(args.deadline_s, _give_up, [args.deadline_s])
    watch.daemon = True
    watch.start()
    try:
        finding = survey(args.wasm, args.cache)
    except ProbeFailure as failure:
        print(failure, file=sys.stderr)
        return FAILED
    finally:
        watch.cancel()
    print(finding.line(), flush=True)
    return 0


def _give_up(deadline_s: float) -> None:
    """Compiling cannot be interrupted from Python, so the process ends as it is."""
    print(f"no finding within {deadline_s:g} s; run it again when the machine is idle", file=sys.stderr, flush=True)
    os._exit(TOO_SLOW)


if __name__ == "__main__":
    sys.exit(main())

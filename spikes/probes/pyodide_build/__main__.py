"""`python -m spikes.probes.pyodide_build SCRATCH`: takes every step and prints the finding, one JSON line.

Role: put the steps in their order and hand each what it looks at. Must not know: what a step finds.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import distribution
from pathlib import Path

from spikes.errors import HarnessFailure
from spikes.pins import ASIDE, artefact
from spikes.probes.pyodide_build import builder, importing, library, source, toolchain, wheel
from spikes.probes.pyodide_build.finding import BrokenInput, finding

SDK = "breez-sdk-spark"


def main(scratch: Path) -> int:
    """The whole attempt; 1, with one line that says what to do, if what it looks at is broken."""
    try:
        native, wasm, script = (artefact(n).path() for n in ("sdk-native", "pyodide-wasm", "pyodide-js"))
        installed = distribution(SDK)
        steps = (
            wheel.look_at(installed, native, wasm.with_name("pyodide-lock.json")),
            importing.try_import(artefact("node").path(), wasm.with_name("pyodide.mjs"), native),
            library.look_at(native, wasm, script),
            source.ask_for(SDK, installed.version, os.environ),
            builder.try_to_build(ASIDE / builder.PACKAGE, scratch, f"{SDK}=={installed.version}"),
            toolchain.look_for(scratch),
        )
    except (BrokenInput, HarnessFailure) as failure:
        print(failure, file=sys.stderr)
        return 1
    print(json.dumps({"finding": finding(steps)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""workerd's configurations: compiled once in a run, and measured as an upload.

Role: what every runtime in the workerd binary has in common, so that it is written once.
Must not know: which runtime asks, what a driver does.
"""

from __future__ import annotations

import re
import subprocess
import zlib
from pathlib import Path

from spikes.errors import RuntimeStartFailure
from spikes.pins import artefact
from spikes.record import Fact
from spikes.runtimes.settings import Settings

DRIVERS = Path(__file__).parents[1] / "drivers"
SCRIPT = DRIVERS / "workerd" / "script.capnp"  # the modules of every configuration
PINS = ("sdk-wasm-web", "sdk-js-web", "workerd")
SDK = f"{artefact('sdk-wasm-web').package} {artefact('sdk-wasm-web').version}"
ENGINE = f"workerd {artefact('workerd').version}"
COMPILE_TIMEOUT_S = 60
_EMBED = re.compile(r'embed\s+"([^"]+)"')


def serving(config: Path, settings: Settings, *options: str) -> tuple[str, ...]:
    """How to serve a configuration. Control messages, one of them the port, go to stdout. Raises RuntimeStartFailure.

    It is compiled at its first use in a run: text costs CPU at every start.
    """
    compiled = settings.state_dir.parent / f"{config.parent.name}-{config.stem}.bin"
    if not compiled.exists():
        compiled.write_bytes(_compile(config))
    return (str(artefact("workerd").path()), "serve", "--binary", str(compiled), "--control-fd=1", *options)


def upload_facts(runtime: str) -> tuple[Fact, ...]:
    """The size of the script as Cloudflare counts it."""
    modules = [(SCRIPT.parent / name).read_bytes() for name in _EMBED.findall(SCRIPT.read_text(encoding="utf-8"))]
    everything = b"".join(modules)
    raw = f"sum of the {len(modules)} modules that {SCRIPT.name} embeds"
    squeezed = f"{raw}, concatenated, zlib level 6"
    return (
        Fact(runtime=runtime, name="upload_raw_bytes", value=len(everything), how=raw),
        Fact(runtime=runtime, name="upload_gzip_bytes", value=len(zlib.compress(everything, 6)), how=squeezed),
    )


def _compile(config: Path) -> bytes:
    """The configuration with all modules in it, as one binary message."""
    done = subprocess.run(  # noqa: S603 - the pinned binary and our own file
        [str(artefact("workerd").path()), "compile", str(config), "--config-only"],
        capture_output=True,
        check=False,
        timeout=COMPILE_TIMEOUT_S,
    )
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace")[-500:]
        raise RuntimeStartFailure(
            f"workerd cannot compile {config.parent.name}/{config.name}: {words}; correct it, or run `make setup`"
        )
    return done.stdout

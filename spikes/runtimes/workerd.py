"""workerd: the open-source runtime of Cloudflare Workers, the real binary from npm, wallet and buyer in one isolate.

Must not know: other runtimes.
"""

from __future__ import annotations

import re
import subprocess
import zlib
from pathlib import Path

from spikes.errors import RuntimeStartFailure
from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "workerd"
ROLE = Role.NATIVE
TIER = Tier.REAL
FORM = Form.DRIVER
PLATFORM = Platform.CLOUDFLARE
EVICTION = Eviction.STOPPED
PINS = ("sdk-wasm-web", "sdk-js-web", "workerd")
SDK = f"{artefact('sdk-wasm-web').package} {artefact('sdk-wasm-web').version}"
ENGINE = f"workerd {artefact('workerd').version}"
CONFIG = Path(__file__).parents[1] / "drivers" / "workerd" / "config.capnp"
COMPILE_TIMEOUT_S = 60
_EMBED = re.compile(r'embed\s+"([^"]+)"')


def launch(settings: Settings) -> Launch:
    """The Worker from a precompiled configuration. Its control messages, one of them the port, go to stdout."""
    compiled = _compiled(settings.state_dir.parent / "worker.bin")
    argv = (str(artefact("workerd").path()), "serve", "--binary", str(compiled), "--control-fd=1")
    return Launch(argv=argv, env=settings.environment())


def facts() -> tuple[Fact, ...]:
    """The size of the Worker as Cloudflare counts it."""
    modules = [(CONFIG.parent / name).read_bytes() for name in _EMBED.findall(CONFIG.read_text(encoding="utf-8"))]
    everything = b"".join(modules)
    raw = f"sum of the {len(modules)} modules that {CONFIG.name} embeds"
    squeezed = f"{raw}, concatenated, zlib level 6"
    return (
        Fact(runtime=NAME, name="upload_raw_bytes", value=len(everything), how=raw),
        Fact(runtime=NAME, name="upload_gzip_bytes", value=len(zlib.compress(everything, 6)), how=squeezed),
    )


def _compiled(target: Path) -> Path:
    """The configuration with all modules in it, as one binary message; compiled once in a run."""
    if target.exists():
        return target
    done = subprocess.run(  # noqa: S603 - the pinned binary and our own file
        [str(artefact("workerd").path()), "compile", str(CONFIG), "--config-only"],
        capture_output=True,
        check=False,
        timeout=COMPILE_TIMEOUT_S,
    )
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace")[-500:]
        raise RuntimeStartFailure(f"workerd cannot compile {CONFIG.name}: {words}; correct it, or run `make setup`")
    target.write_bytes(done.stdout)
    return target

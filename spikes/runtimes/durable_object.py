"""A Durable Object that owns the wallet, behind a Worker, in the real workerd binary; its state is in its SQLite.

Must not know: other runtimes.
"""

from __future__ import annotations

from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes import workerd_config
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "durable_object"
ROLE = Role.NATIVE
TIER = Tier.REAL
FORM = Form.DRIVER
PLATFORM = Platform.CLOUDFLARE
EVICTION = Eviction.ASKED
PINS = workerd_config.PINS
SDK = workerd_config.SDK
ENGINE = workerd_config.ENGINE
CONFIG = workerd_config.DRIVERS / "durable_object" / "config.capnp"
LIVE_CONFIG = CONFIG.with_name("live.capnp")  # with a way out, for live runs alone
OWNER_ONLY = 0o700  # the object's database holds preimages and tokens, and workerd leaves its files readable


def launch(settings: Settings) -> Launch:
    """Worker and object; the object's storage is in the state directory."""
    storage = settings.state_dir / "storage"
    storage.mkdir(mode=OWNER_ONLY, exist_ok=True)
    config = LIVE_CONFIG if settings.outside else CONFIG
    argv = workerd_config.serving(config, settings, f"--directory-path=state={storage}")
    return Launch(argv=argv, env=settings.environment())


def facts() -> tuple[Fact, ...]:
    """The size of the script that the object is an entry point of."""
    return workerd_config.upload_facts(NAME)

"""workerd: the open-source runtime of Cloudflare Workers, the real binary from npm, wallet and buyer in one isolate.

Must not know: other runtimes.
"""

from __future__ import annotations

from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes import workerd_config
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "workerd"
ROLE = Role.NATIVE
TIER = Tier.REAL
FORM = Form.DRIVER
PLATFORM = Platform.CLOUDFLARE
EVICTION = Eviction.STOPPED
PINS = workerd_config.PINS
SDK = workerd_config.SDK
ENGINE = workerd_config.ENGINE
CONFIG = workerd_config.DRIVERS / "workerd" / "config.capnp"
LIVE_CONFIG = CONFIG.with_name("live.capnp")  # with a way out, for live runs alone


def launch(settings: Settings) -> Launch:
    """The Worker."""
    return Launch(
        argv=workerd_config.serving(LIVE_CONFIG if settings.outside else CONFIG, settings), env=settings.environment()
    )


def facts() -> tuple[Fact, ...]:
    """The size of the script that the Worker is an entry point of."""
    return workerd_config.upload_facts(NAME)

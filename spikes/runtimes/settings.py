"""What a driver is told when it is started: the same environment variables for every runtime.

Role: name the variables of the driver contract once.
Must not know: plans and expectations; nothing of them reaches a driver.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One driver's configuration. Secrets travel in the environment only and do not show in the repr."""

    runtime: str
    network: str  # the network description, JSON
    token: str = field(repr=False)
    mnemonic: str | None = field(repr=False)  # None for an orchestrator that owns no wallet
    wallet_id: str
    state_dir: Path  # the driver's own, kept over restarts of its process
    inspect: str | None = None  # what an inspection wants watched (spikes/inspections); None in every payment run
    # A submitted payment that the network does not show so long after never reached it. In production minutes; here the
    # network is on the same machine, and what it has not shown after this time did not come.
    lost_after_s: int = 2
    # In a live run alone: the sandbox of the runtime lets the driver reach hosts beside loopback (spikes/live).
    outside: bool = False
    api_key: str | None = field(default=None, repr=False)  # the SDK's, where a live network asks for one
    executor_url: str | None = None
    executor_token: str | None = field(default=None, repr=False)

    def environment(self) -> dict[str, str]:
        """The variables of the driver contract."""
        variables = {
            "SPARKGATE_RUNTIME": self.runtime,
            "SPARKGATE_NETWORK": self.network,
            "SPARKGATE_TOKEN": self.token,
            "SPARKGATE_MNEMONIC": self.mnemonic,
            "SPARKGATE_API_KEY": self.api_key,
            "SPARKGATE_WALLET_ID": self.wallet_id,
            "SPARKGATE_STATE_DIR": str(self.state_dir),
            "SPARKGATE_INSPECT": self.inspect,
            "SPARKGATE_LOST_AFTER_S": str(self.lost_after_s),
            "SPARKGATE_EXECUTOR_URL": self.executor_url,
            "SPARKGATE_EXECUTOR_TOKEN": self.executor_token,
            "SPARKGATE_LIFELINE": "1",
        }
        return {name: value for name, value in variables.items() if value is not None}

"""`python -m spikes.drivers.native`: serve the contract on loopback until SIGTERM or the end of the lifeline.

Role: process lifetime. Prints one JSON line on stdout when it listens, and nothing else ever.
Must not know: wallets.
"""

from __future__ import annotations

import asyncio
import os
import sys

from spikes.drivers.native.config import Config, ConfigError
from spikes.serving import serve

EX_CONFIG = 78


def main() -> int:
    """Serve. 0 after a clean end, 78 (EX_CONFIG) if the environment does not make a driver."""
    try:
        config = Config.from_environment(os.environ)
        from spikes.drivers.native.neighbour import Neighbour  # noqa: PLC0415 - settings are checked before the SDK
        from spikes.drivers.native.server import Door  # noqa: PLC0415 - is loaded

        neighbour = Neighbour.from_environment(os.environ, config)
    except ConfigError as error:
        print(f"native driver: {error}", file=sys.stderr)
        return EX_CONFIG
    asyncio.run(serve(Door(config, neighbour).application(), lifeline=config.lifeline))
    return 0


if __name__ == "__main__":
    sys.exit(main())

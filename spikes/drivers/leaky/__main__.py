"""`python -m spikes.drivers.leaky`: serve the contract until SIGTERM or the end of the lifeline, and leak.

Role: process lifetime. The mnemonic comes from the envelope, as for an honest driver: what leaks is what an honest
driver holds. Must not know: surfaces, scans.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from spikes.drivers.leaky.door import Door
from spikes.drivers.leaky.leaks import Secrets, leak_everywhere
from spikes.drivers.native.__main__ import EX_CONFIG
from spikes.drivers.native.custody import read_custody
from spikes.drivers.native.failures import WalletError
from spikes.serving import serve


def main() -> int:
    """Serve. 0 after a clean end, 78 (EX_CONFIG) if the environment does not make a driver."""
    env = os.environ
    try:
        mnemonic = asyncio.run(read_custody(env, env["SPARKGATE_WALLET_ID"]).mnemonic_now())
        secrets = Secrets(mnemonic=mnemonic, token=env["SPARKGATE_TOKEN"])
        network, state_dir = json.loads(env["SPARKGATE_NETWORK"]), Path(env["SPARKGATE_STATE_DIR"])
    except (ValueError, KeyError, WalletError) as error:
        print(f"leaky driver: {type(error).__name__}; give it what every driver is given", file=sys.stderr)
        return EX_CONFIG
    child = leak_everywhere(secrets, state_dir)
    try:
        asyncio.run(serve(Door(secrets, network).application(), lifeline=env.get("SPARKGATE_LIFELINE") == "1"))
    finally:
        child.kill()
        child.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

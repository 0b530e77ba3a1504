"""`python -m spikes.kms`: the local KMS on a free loopback port.

Role: process lifetime. Reads the callers' bearer tokens from SPARKGATE_KMS_TOKENS, a JSON object of caller -> token,
and prints one JSON line when it listens. Must not know: keys, policy.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from spikes.kms.policy import Caller, Callers
from spikes.kms.service import Kms
from spikes.serving import serve

TOKENS = "SPARKGATE_KMS_TOKENS"
EX_CONFIG = 78


def main() -> int:
    """Serve until SIGTERM. 0 after a clean end, 78 (EX_CONFIG) if the environment names no callers."""
    try:
        tokens = {Caller(name): str(token) for name, token in json.loads(os.environ.pop(TOKENS, "")).items()}
        callers = Callers(tokens)
    except (ValueError, AttributeError) as error:
        names = ", ".join(Caller)
        print(f"kms: set {TOKENS} to a JSON object of caller -> token ({names}): {error}", file=sys.stderr)
        return EX_CONFIG
    lifeline = os.environ.get("SPARKGATE_LIFELINE") == "1"
    asyncio.run(serve(Kms(callers).application(), lifeline=lifeline))
    return 0


if __name__ == "__main__":
    sys.exit(main())

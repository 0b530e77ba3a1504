"""The stand-in for Convex's V8 runtime as a process, and the questions that its probe answers."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from spikes.errors import PinMismatch, ToolMissing
from spikes.pins import artefact, verified_digests
from spikes.runtimes import convex_isolate
from spikes.runtimes.convex_deployment import FUNCTIONS

DEADLINE_S = 60.0
TOKEN = "token-of-the-probe"


def require_installed() -> None:
    """Skip, or in CI fail, if what the stand-in runs on is not installed."""
    try:
        verified_digests(convex_isolate.PINS)
    except (ToolMissing, PinMismatch) as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


def node() -> str:
    return str(artefact("node-26").path())


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; fails after DEADLINE_S."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S:g} s for {what}"
        time.sleep(0.02)


class Host:
    """A running stand-in with a bundle."""

    def __init__(self, bundle: Path, state: Path, **env: str) -> None:
        state.mkdir(exist_ok=True)
        variables = {"SPARKGATE_TOKEN": TOKEN, "SPARKGATE_STATE_DIR": str(state), "SPARKGATE_LIFELINE": "1", **env}
        self.process = subprocess.Popen(
            [node(), str(FUNCTIONS / "isolate" / "standin" / "main.js"), str(bundle)],
            env={"PATH": os.environ["PATH"], **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, self.words = self.process.communicate(timeout=DEADLINE_S)
            return
        self.url = f"http://127.0.0.1:{json.loads(line)['port']}"
        self.http = httpx.Client(base_url=self.url, timeout=DEADLINE_S, trust_env=False)

    def ask(self, question: str, **given: Any) -> Any:
        reply = self.http.post(f"/{question}", json=given)
        assert reply.status_code == 200, reply.text
        return reply.json()["answer"]

    def failure(self, question: str, **given: Any) -> str:
        """Why the platform ended the call."""
        reply = self.http.post(f"/{question}", json=given)
        assert reply.status_code == 500, reply.text
        return str(reply.json()["error"]["message"])

    def end(self, *, kill: bool = False) -> None:
        self.process.kill() if kill else self.process.terminate()
        self.process.communicate(timeout=DEADLINE_S)
        if hasattr(self, "http"):
            self.http.close()

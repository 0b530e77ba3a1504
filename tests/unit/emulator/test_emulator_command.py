"""`python -m spikes emulator` as a process: one line when ready, and an end that its parent can rely on."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from spikes.emulator import command
from spikes.emulator.clock import ManualClock, SystemClock
from spikes.emulator.identities import IDENTIFIERS
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Network, Settings
from tests.unit.emulator.running import Running
from tests.unit.emulator.wire_clients import Transport, connected, until

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_S = 30.0
HEX_KEY = 66


@contextlib.contextmanager
def emulator(*options: str, stdin: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
    """The process; it is ended with the block if it has not ended itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "spikes", "emulator", *options],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def ready_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The network description; the process has ended without one if there is no line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.endswith("\n"), process.stderr.read() if process.stderr else ""
    description: dict[str, Any] = json.loads(line)
    return description


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and the rest of both outputs."""
    out, err = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out, err


def free_ports(count: int) -> int:
    """The first of so many consecutive free ports."""
    for base in range(20_000, 32_000, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + count):
                    probe = stack.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise AssertionError("no free ports")


def test_it_says_where_it_listens_and_ends_when_told() -> None:
    with emulator("--json", "--seed", "7") as process:
        description = ready_line(process)
        keys = Network(Settings(seed=7), ManualClock(0)).identities
        assert set(description) == {"operators", "coordinatorIdentifier", "threshold", "ssp", "admin"}
        assert (description["coordinatorIdentifier"], description["threshold"]) == (IDENTIFIERS[0], 2)
        for number, operator in enumerate(description["operators"]):
            assert set(operator) == {"id", "identifier", "identityPublicKey", "grpc", "grpc_web"}
            assert (operator["id"], operator["identifier"]) == (number, f"{number + 1:064x}")
            assert operator["identityPublicKey"] == keys.operators[number].public.hex()
        assert description["ssp"]["identityPublicKey"] == keys.provider.public.hex()
        assert description["ssp"]["schemaEndpoint"] == "graphql/spark/rc"
        assert httpx.get(description["admin"] + "/healthz", timeout=DEADLINE_S).json() == {"ok": True}
        assert psutil.Process(process.pid).children() == []
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (0, "", "")


def test_it_ends_with_its_lifeline() -> None:
    with emulator("--json", "--lifeline", stdin=subprocess.PIPE) as process:
        description = ready_line(process)
        assert process.stdin is not None
        process.stdin.write("what a parent says there does not matter\n")
        process.stdin.flush()
        assert httpx.get(description["admin"] + "/healthz", timeout=DEADLINE_S).json() == {"ok": True}
        process.stdin.close()
        process.stdin = None
        assert ended(process) == (0, "", "")


def test_a_lifeline_must_be_one() -> None:
    with emulator("--json", "--lifeline") as process:
        ready_line(process)
        code, _, err = ended(process)
        assert code == command.EXIT_USAGE
        assert "--lifeline needs a pipe or a terminal" in err


@pytest.mark.parametrize("offset", [0, 1, 7])
def test_a_taken_port_is_said_with_what_to_do(offset: int) -> None:
    """The first is a gRPC port, the second gRPC-Web, the last the admin's."""
    base = free_ports(8)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + offset))
        taken.listen()
        with emulator("--json", "--port-base", str(base)) as process:
            code, out, err = ended(process)
    assert (code, out) == (command.EXIT_PORT_TAKEN, "")
    assert f"port {base + offset} on 127.0.0.1 is taken; choose another --port-base, or leave it out" in err


def test_a_port_base_gives_consecutive_ports() -> None:
    base = free_ports(8)
    with emulator("--json", "--port-base", str(base)) as process:
        description = ready_line(process)
        told = [operator[door] for operator in description["operators"] for door in ("grpc", "grpc_web")]
        told += [description["ssp"]["baseUrl"], description["admin"]]
        assert told == [f"http://127.0.0.1:{port}" for port in range(base, base + 8)]
        process.send_signal(signal.SIGINT)
        assert ended(process)[0] == 0


# ---- without a process ---------------------------------------------------------------------------


def arguments(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--seed", "-1"], "use a whole number from 0 to 2^64-1"),
        (["--seed", "x"], "--seed"),
        (["--port-base", "80"], "use a port from 1024 to 65527"),
        (["--port-base", "65528"], "use a port from 1024 to 65527"),
        (["--session-lifetime", "0"], "use more than 0 seconds"),
        (["--settle-delay", "-1"], "use seconds from 0 to 86400"),
        (["--settle-delay", "nan"], "use seconds from 0 to 86400"),
        (["--leaf-form", "round"], "--leaf-form"),
        (["--orphan-policy", "keep"], "--orphan-policy"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        arguments(*options)
    assert caught.value.code == command.EXIT_USAGE
    assert words in capsys.readouterr().err


class Witness(io.StringIO):
    """Standard output that notes who would get a SIGTERM while it is written to."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: list[Any] = []

    def write(self, text: str) -> int:
        self.handlers.append(signal.getsignal(signal.SIGTERM))
        return super().write(text)


async def test_it_can_be_told_to_end_as_soon_as_it_says_that_it_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parent may send SIGTERM the moment it has read the line: it must not find the default handler, which kills."""
    witness = Witness()
    monkeypatch.setattr(sys, "stdout", witness)
    run = asyncio.create_task(command._run(Network(Settings(), SystemClock()), arguments("--json")))
    await until(lambda: bool(witness.handlers) and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await run == 0
    assert signal.SIG_DFL not in witness.handlers


async def test_a_defect_ends_it_with_the_journal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness()
    monkeypatch.setattr(sys, "stdout", witness)
    net = Network(Settings(leaf_form=LeafForm.ZERO_TIMELOCK), SystemClock())
    run = asyncio.create_task(command._run(net, arguments("--json")))
    await until(lambda: witness.getvalue().endswith("\n"))
    description = json.loads(witness.getvalue())
    async with connected(Transport.GRPC_WEB, description) as client:
        network = Running(net=net, clock=ManualClock(SystemClock().now()), description=description, client=client)
        alice = await network.wallet()
        net.provider.fund(alice.identity, [10])
        net.ledger.reserve_sats += 1
        with pytest.raises(Exception, match="the emulator has a defect; its journal says where"):
            await alice.claim_all()
    assert await run == command.EXIT_DEFECT
    said = capsys.readouterr().err
    assert "stopped by a defect of its own: InvariantBreach" in said
    assert "operator-0 claim_transfer INTERNAL" in said

"""The parts that every run leans on, as ratios to a fixed piece of work: `make bench-compare` holds them against saved
ones. The ledger's transitions, the emulator's round trips, what a driver's door costs, and the fixed work itself.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import grpc
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.suite.conftest import Emulator, running_driver
from bench.suite.interleaved import interleaved
from spikes import calibration
from spikes.emulator.ledger import Ledger
from spikes.emulator.wire import spark_authn_pb2 as authn
from spikes.runtimes import Runtime, native, node
from tests.unit.emulator import ledger_moves as moves

ROUNDS = 15
TRANSITIONS = 40
TRIPS = 50


def test_the_fixed_work(benchmark: BenchmarkFixture) -> None:
    """Held against itself: how far its ratio is from 1 is the noise of this machine."""
    interleaved(benchmark, calibration.cpu_s, rounds=ROUNDS)


def test_ledger_locks_and_returns(benchmark: BenchmarkFixture) -> None:
    """TRANSITIONS leaves locked for a payment each, and given back."""

    def prepare() -> tuple[tuple[Ledger], dict[str, Any]]:
        return (moves.stocked(*[10] * TRANSITIONS),), {}

    def transitions(ledger: Ledger) -> None:
        for number in range(TRANSITIONS):
            moves.lock(ledger, f"t{number}", f"a{number}", 10, value_sats=10)
            ledger.give_back(f"t{number}", moves.NOW)

    interleaved(benchmark, transitions, rounds=ROUNDS, setup=prepare)


def test_emulator_admin_round_trips(benchmark: BenchmarkFixture, emulator: Emulator) -> None:
    """TRIPS questions to the admin address, one after the other."""

    def trips() -> None:
        for _ in range(TRIPS):
            emulator.admin.get("/healthz").raise_for_status()

    trips()
    interleaved(benchmark, trips, rounds=ROUNDS)


def test_emulator_operator_round_trips(benchmark: BenchmarkFixture, emulator: Emulator) -> None:
    """TRIPS login challenges from one operator over native gRPC, on one channel."""
    address = emulator.description["operators"][0]["grpc"].removeprefix("http://")
    request = authn.GetChallengeRequest(public_key=moves.identity("bench"))
    with grpc.insecure_channel(address) as channel:
        ask = channel.unary_unary(
            "/spark_authn.SparkAuthnService/get_challenge",
            request_serializer=authn.GetChallengeRequest.SerializeToString,
            response_deserializer=authn.GetChallengeResponse.FromString,
        )

        def trips() -> None:
            for _ in range(TRIPS):
                assert ask(request).protected_challenge

        trips()
        interleaved(benchmark, trips, rounds=ROUNDS)


@pytest.mark.parametrize("runtime", [native, node], ids=["native", "node"])
def test_the_door_of_a_driver(
    benchmark: BenchmarkFixture, emulator: Emulator, tmp_path: Path, runtime: Runtime
) -> None:
    """TRIPS questions that a driver answers `unsupported`: authorisation, bodies, the envelope, and no wallet."""
    with running_driver(runtime, emulator, tmp_path) as driver:

        def trips() -> None:
            for _ in range(TRIPS):
                answer = driver.post("/experiments/no_such_experiment", json={"input": {}}).json()
                assert answer["outcome"] == "unsupported", answer

        trips()
        interleaved(benchmark, trips, rounds=ROUNDS)


@pytest.mark.parametrize("runtime", [native, node], ids=["native", "node"])
def test_the_same_request_again(
    benchmark: BenchmarkFixture, emulator: Emulator, tmp_path: Path, runtime: Runtime
) -> None:
    """A payment that was made, asked for again: the driver's own work, since nothing is sent a second time."""
    with running_driver(runtime, emulator, tmp_path) as driver:
        identity = driver.get("/status").raise_for_status().json()["identityPublicKey"]
        invoice = emulator.invoice(1000)
        emulator.fund(identity, [invoice["amount_sats"] + invoice["fee_sats"]])
        driver.post("/experiments/sync", json={"input": {}}).raise_for_status()
        body = {"requestId": str(uuid.uuid4()), "invoice": invoice["invoice"], "maxAmountMsats": 1_000_000}

        def pay() -> None:
            answer = driver.post("/experiments/pay", json={"input": body}).json()
            assert answer["outcome"] == "paid", answer

        pay()
        interleaved(benchmark, pay, rounds=ROUNDS)


def test_start_of_the_judge(benchmark: BenchmarkFixture) -> None:
    """The interpreter and the judge's imports."""

    def start() -> None:
        subprocess.run([sys.executable, "-c", "import bench.__main__"], check=True)

    start()
    interleaved(benchmark, start, rounds=ROUNDS)

"""The inspection `isolation` on real runtimes, and on drivers whose two wallets are not apart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from spikes.errors import RuntimeStartFailure
from spikes.inspections import INSPECTIONS, isolation
from spikes.record import Fact
from spikes.runtimes import Runtime, durable_object, native, node, workerd
from spikes.surroundings import surroundings
from tests.miniatures.runtimes import ProgramRuntime, miniature

SEED = 7

pytestmark = pytest.mark.conformance


def inspected(runtime: Runtime, logs: Path) -> dict[str, Fact]:
    async def run() -> list[Fact]:
        scratch = logs / "scratch"
        scratch.mkdir()
        async with surroundings(logs, scratch, seed=SEED, deadline_s=30.0) as around:
            return await isolation.inspect(runtime, around)

    facts = asyncio.run(run())
    assert {fact.runtime for fact in facts} == {runtime.NAME}
    return {fact.name: fact for fact in facts}


def violations(facts: dict[str, Fact]) -> list[str]:
    """The texts; their number is the fact that the gate reads."""
    texts = [str(fact.value) for name, fact in facts.items() if name.startswith("foreign_state.")]
    assert facts["foreign_state"].value == len(texts)
    return texts


@pytest.mark.parametrize("runtime", [native, node, workerd, durable_object], ids=lambda runtime: str(runtime.NAME))
def test_two_wallets_of_one_isolate_have_nothing_of_each_other(runtime: Runtime, tmp_path: Path) -> None:
    facts = inspected(runtime, tmp_path)
    assert violations(facts) == []
    assert facts["isolated_wallets"].value == 2
    assert "A paid 3 of 3, B paid 3 of 3" in facts["isolated_wallets"].how
    assert isolation in INSPECTIONS


@pytest.mark.parametrize(
    ("kind", "seen", "wallets"),
    [
        ("tells_the_firsts_balance", "both have synced: B is told to hold 51003 sats, it holds 71303", 2),
        ("pays_from_the_first", "both pay without a swap: nobody was called as B, who was asked", 0),
        ("syncs_the_first_too", "B syncs alone: operators or provider were called as A, who was not asked", 2),
        ("one_wallet", "at the start: B is told to be A", 0),
        ("one_book", "A is asked for what B has paid: its request id ended failed (idempotency_conflict)", 2),
    ],
)
def test_wallets_that_are_not_apart_are_seen(kind: str, seen: str, wallets: int, tmp_path: Path) -> None:
    facts = inspected(ProgramRuntime(NAME=kind, program=("-m", "tests.miniatures.leaky_neighbour", kind)), tmp_path)
    assert seen in violations(facts)
    assert facts["isolated_wallets"].value == wallets


def test_a_driver_of_one_wallet_only_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RuntimeStartFailure, match="second_status tells no identity and balance") as failure:
        inspected(miniature("hangs"), tmp_path)
    assert "\n" not in str(failure.value)

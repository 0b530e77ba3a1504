"""One seed, one network: the same calls give the same keys, ids, invoices, tokens and signatures."""

from __future__ import annotations

import pytest

from spikes.emulator.entropy import Entropy
from spikes.emulator.network import Network, Settings
from tests.unit.emulator.stage import Stage


async def lived(seed: int) -> tuple[Stage, list[str]]:
    """A network after funding, two payments and a swap, and what its wallet was given on the way."""
    stage = Stage.set_up(Settings(seed=seed))
    alice = await stage.funded(1003, 5000)
    invoices = [stage.invoice(amount).text for amount in (1000, 777)]
    given = [*alice.tokens.values(), str(alice.ssp_token), *invoices]
    for text in invoices:
        given.append((await alice.pay(text))["lightning_send_payment_preimage"])
    given += sorted(node.SerializeToString(deterministic=True).hex() for node in (await alice.nodes()).values())
    return stage, given


async def test_the_same_seed_and_calls_give_the_same_network() -> None:
    (first, given), (second, again) = await lived(7), await lived(7)
    assert given == again
    assert first.books() == second.books()
    notes = [
        [(e.method, e.party, e.code, e.request_bytes, e.response_bytes, e.note) for e in stage.net.journal.since(0)]
        for stage in (first, second)
    ]
    assert notes[0] == notes[1]


async def test_another_seed_gives_another_network() -> None:
    (first, given), (second, other) = await lived(7), await lived(8)
    assert not set(given) & set(other)
    minted = [
        {t.id for t in stage.net.ledger.transfers.values() if t.sender == stage.provider} for stage in (first, second)
    ]
    assert not minted[0] & minted[1]
    assert not set(first.net.ledger.retired) & set(second.net.ledger.retired)


def identities(net: Network) -> list[bytes]:
    keys = net.identities
    return [*(pair.public for pair in keys.operators), keys.provider.public, keys.lightning_node.public]


@pytest.mark.parametrize("seed", [0, 1, (1 << 64) - 1])
def test_identities_come_from_the_seed(seed: int) -> None:
    clock = Stage.set_up().clock
    first, again = Network(Settings(seed=seed), clock), Network(Settings(seed=seed), clock)
    other = Network(Settings(seed=2), clock)
    assert identities(first) == identities(again)
    assert len(set(identities(first))) == 5
    assert not set(identities(first)) & set(identities(other))


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="use a whole number from 0 to 2"):
        Entropy(seed)


def test_drawing_more_of_one_kind_does_not_shift_another() -> None:
    first, second = Entropy(1), Entropy(1)
    for _ in range(10):
        first.draw("other")
    assert first.draw("kind") == second.draw("kind")
    assert first.uuid("id") == second.uuid("id")
    assert first.scalar("s") == second.scalar("s")
    assert len({first.draw("kind") for _ in range(100)}) == 100

"""Which calls a fault strikes: counted by itself, for one wallet, method and operator; and what healing forgets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.emulator.faults import PAYMENT_METHOD, SSP, Fault, FaultBox, FaultKind, Site
from spikes.emulator.faults.box import CLASSES, KEPT
from spikes.emulator.faults.terms import PAYMENT_KINDS
from spikes.emulator.rpc import AnswerLost, Code, RpcError

ALICE, BOB = bytes([2]) * 33, bytes([3]) * 33
METHODS = ("query_nodes", "claim_transfer")


def site(identity: bytes | None = ALICE, method: str = METHODS[0], party: str = "operator-0") -> Site:
    return Site(party=party, method=method, identity=identity)


def hits(box: FaultBox, where: Site) -> list[str]:
    return [fault.id for fault in box.strike(where).faults]


def test_every_kind_has_a_class_of_its_own() -> None:
    assert set(CLASSES) == set(FaultKind)
    assert len(set(CLASSES.values())) == len(FaultKind)


@given(
    nth=st.integers(1, 4),
    count=st.integers(0, 4),
    whose=st.sampled_from((None, ALICE, BOB)),
    method=st.sampled_from((None, *METHODS)),
    operator=st.sampled_from((None, 0, 1)),
    calls=st.lists(
        st.tuples(
            st.sampled_from((None, ALICE, BOB)),
            st.sampled_from(METHODS),
            st.sampled_from(("operator-0", "operator-1", SSP)),
        ),
        max_size=20,
    ),
)
@settings(deadline=None)
def test_a_fault_strikes_the_calls_it_is_for_from_its_nth_on(  # noqa: PLR0917 - one fault and its calls
    nth: int,
    count: int,
    whose: bytes | None,
    method: str | None,
    operator: int | None,
    calls: list[tuple[bytes | None, str, str]],
) -> None:
    box = FaultBox()
    terms = Fault(kind=FaultKind.DUPLICATE, nth=nth, count=count, identity=whose, method=method, operator=operator)
    box.set(terms)
    seen = struck = 0
    for identity, called, party in calls:
        fits = whose in (None, identity) and method in (None, called)
        fits = fits and (operator is None or party == f"operator-{operator}")
        seen += fits
        expected = fits and seen >= nth and (count == 0 or seen < nth + count)
        struck += expected
        assert bool(hits(box, site(identity, called, party))) is expected
        (fault,) = box.all()
        assert fault.left == (None if count == 0 else count - struck)


def test_several_faults_strike_one_call_each_by_its_own_count() -> None:
    box = FaultBox()
    first = box.set(Fault(kind=FaultKind.DELAY, delay_s=1, nth=2))
    second = box.set(Fault(kind=FaultKind.DUPLICATE, nth=2, count=2))
    assert [hits(box, site()) for _ in range(4)] == [[], [second, first], [second], []]


def test_outages_reach_their_party_only() -> None:
    box = FaultBox()
    box.set(Fault(kind=FaultKind.OPERATOR_DOWN, operator=1, count=0))
    box.set(Fault(kind=FaultKind.SSP_ERROR, count=0))
    everywhere = FaultBox()
    everywhere.set(Fault(kind=FaultKind.OPERATOR_DOWN, count=0))
    for party, struck in (("operator-0", []), ("operator-1", ["fault-1"]), (SSP, ["fault-2"])):
        assert hits(box, site(party=party)) == struck
        assert bool(hits(everywhere, site(party=party))) is (party != SSP)


@pytest.mark.parametrize("kind", PAYMENT_KINDS)
def test_payment_faults_count_requests_to_pay(kind: FaultKind) -> None:
    box = FaultBox()
    box.set(Fault(kind=kind, delay_s=1.0 if kind is FaultKind.SLOW_SETTLE else 0.0))
    assert hits(box, site(method="UserRequest", party=SSP)) == []
    assert hits(box, site(method=PAYMENT_METHOD, party=SSP)) == ["fault-1"]


async def test_what_strikes_the_same_call_acts_in_one_order_whichever_was_set_first() -> None:
    """An outage is before an error, and an error before anything that needs an answer."""
    box = FaultBox()
    for kind in (FaultKind.LOST_AFTER_COMMIT, FaultKind.DUPLICATE, FaultKind.ERROR_BEFORE_COMMIT):
        box.set(Fault(kind=kind, count=2))
    down = box.set(Fault(kind=FaultKind.OPERATOR_DOWN))
    done: list[str] = []

    async def deed() -> bytes:
        done.append("deed")
        return b"answer"

    async def again() -> None:
        done.append("again")

    async def call() -> Site:
        where = site()
        await box.strike(where).around(deed, again, body=bytes)
        return where

    with pytest.raises(AnswerLost):
        await call()
    assert [(fault.id, fault.fired) for fault in box.all() if fault.fired] == [(down, 1)]
    with pytest.raises(RpcError) as caught:
        await call()
    assert (caught.value.code, done) == (Code.UNAVAILABLE, [])


def test_healing_forgets_one_wallets_faults_or_all_and_says_which() -> None:
    box = FaultBox()
    ids = [box.set(Fault(kind=FaultKind.DUPLICATE, identity=whose)) for whose in (ALICE, BOB, None, ALICE)]
    assert len(hits(box, site(ALICE))) == 3
    assert [fault.id for fault in box.heal(ALICE)] == [ids[0], ids[3]]
    assert [fault.id for fault in box.all()] == [ids[1], ids[2]]
    assert hits(box, site(ALICE)) == []
    healed = box.heal()
    assert [fault.id for fault in healed] == [ids[1], ids[2]]
    assert all(fault.healed.is_set() for fault in healed)
    assert (box.all(), hits(box, site(BOB))) == ([], [])


def test_spent_faults_are_remembered_up_to_a_number() -> None:
    box = FaultBox()
    for _ in range(KEPT + 10):
        box.set(Fault(kind=FaultKind.DUPLICATE))
        box.strike(site())
    assert len(box.all()) == KEPT
    assert box.all()[0].id == "fault-11"


def test_a_call_that_no_fault_strikes_costs_nothing() -> None:
    box = FaultBox()
    assert not box.strike(site())
    box.set(Fault(kind=FaultKind.DUPLICATE, identity=BOB))
    assert not box.strike(site())

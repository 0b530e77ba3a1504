"""Caveats: whatever a holder adds, a token opens no more than before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.paywall import caveats
from spikes.paywall.refusals import CredentialError, Refusal

NOW_S = 1_000.0
ISSUED = (
    caveats.services_caveat(("it", "more")),
    caveats.capabilities_caveat("it", ("read", "write")),
    caveats.valid_until_caveat("it", 2_000),
)
NAMES = st.sampled_from(["it", "more", "other", "", "it:0", "it:1"])
ADDED = st.lists(
    st.one_of(
        st.lists(NAMES.map(lambda name: f"{name}:0"), max_size=3).map(lambda named: "services=" + ",".join(named)),
        st.lists(st.sampled_from(["read", "write", "rule", ""]), max_size=3).map(
            lambda named: "it_capabilities=" + ",".join(named)
        ),
        st.integers(-10, 4_000).map(lambda end_s: f"it_valid_until={end_s}"),
        st.text(max_size=30),
    ),
    max_size=4,
).map(tuple)


def opens(held: tuple[str, ...], service: str = "it", capability: str | None = "read", now_s: float = NOW_S) -> bool:
    try:
        caveats.check_services(held, service)
        caveats.check_capabilities(held, service, capability)
        caveats.check_valid_until(held, service, now_s)
    except CredentialError:
        return False
    return True


@given(ADDED, NAMES, st.sampled_from([None, "read", "write", "rule"]), st.floats(0, 3_000))
def test_an_added_caveat_opens_nothing_that_was_shut(
    added: tuple[str, ...], service: str, capability: str | None, now_s: float
) -> None:
    if opens((*ISSUED, *added), service, capability, now_s):
        assert opens(ISSUED, service, capability, now_s)


@given(st.lists(st.text(max_size=40), max_size=5).map(tuple))
def test_any_caveats_are_judged_with_a_typed_reason(held: tuple[str, ...]) -> None:
    assert opens(held) in (True, False)


@given(
    st.text(max_size=30).filter(
        lambda text: text.partition("=")[0] not in ("services", "it_capabilities", "it_valid_until")
    )
)
def test_conditions_that_nobody_asks_for_are_skipped(caveat: str) -> None:
    assert opens((*ISSUED, caveat))


def test_the_three_conditions_as_l402_names_them() -> None:
    assert ISSUED == ("services=it:0,more:0", "it_capabilities=read,write", "it_valid_until=2000")
    assert opens(ISSUED)
    assert opens(ISSUED, service="more", capability=None)
    assert not opens((), service="it")


@pytest.mark.parametrize(
    ("held", "refusal"),
    [
        ((), Refusal.OTHER_ITEM),
        (("services=more:0",), Refusal.OTHER_ITEM),
        (("services=it",), Refusal.MALFORMED),
        (("services=it:x",), Refusal.MALFORMED),
        (("services=it:0,",), Refusal.MALFORMED),
        (("services=it:0", "services=it:1"), Refusal.WIDENED),
        (("services=it:0", "services=it:0,more:0"), Refusal.WIDENED),
        (("services=it:0,more:0", "services=more:0"), Refusal.OTHER_ITEM),
        (("services=it:0,more:0", "services=more:0", "services=it:0"), Refusal.WIDENED),
        (("services=it:0", "it_capabilities=write"), Refusal.OTHER_CAPABILITY),
        (("services=it:0", "it_capabilities=read,write", "it_capabilities=write"), Refusal.OTHER_CAPABILITY),
        (("services=it:0", "it_capabilities=read", "it_capabilities=write"), Refusal.WIDENED),
        (("services=it:0", "it_valid_until=999"), Refusal.EXPIRED),
        (("services=it:0", "it_valid_until=1000"), Refusal.EXPIRED),
        (("services=it:0", "it_valid_until=1001", "it_valid_until=1002"), Refusal.WIDENED),
        (("services=it:0", "it_valid_until=01001 "), Refusal.MALFORMED),
    ],
)
def test_each_reason(held: tuple[str, ...], refusal: Refusal) -> None:
    with pytest.raises(CredentialError) as caught:
        opens_or_raise(held)
    assert caught.value.refusal is refusal


def opens_or_raise(held: tuple[str, ...]) -> None:
    caveats.check_services(held, "it")
    caveats.check_capabilities(held, "it", "read")
    caveats.check_valid_until(held, "it", NOW_S)


def test_the_last_value_of_a_condition() -> None:
    assert caveats.last_value(("a=1", "b=2", "a=3=4", "a"), "a") == "3=4"
    assert caveats.last_value(("a",), "a") is None

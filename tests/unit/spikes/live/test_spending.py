"""The account of live spending: the cap holds over runs, wallets and crashes, from whole satoshis on disk."""

from __future__ import annotations

import json
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.errors import LiveFailure
from spikes.live.spending import SpendingAccount, State

CAP = 100


def opened(path: Path, network: str = "regtest", cap: int = CAP) -> SpendingAccount:
    return SpendingAccount(path, network=network, cap_sats=cap)


def spend(account: SpendingAccount, request: str, sats: int) -> None:
    account.reserve("wallet-1", "run-1", request, sats)


def test_what_was_set_aside_counts_at_once_and_what_was_spent_stays(tmp_path: Path) -> None:
    with opened(tmp_path / "a.jsonl") as account:
        spend(account, "one", 60)
        assert (account.spent_sats, account.left_sats) == (60, 40)
        with pytest.raises(LiveFailure, match="only 40 are left"):
            spend(account, "two", 41)
        account.settle("one", State.SPENT, 52)
        assert account.left_sats == 48
        spend(account, "two", 48)
        account.settle("two", State.RETURNED, 0)
        assert account.left_sats == 48


def test_the_cap_holds_over_runs_and_a_crash_gives_nothing_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.jsonl"
    with opened(path) as account:
        spend(account, "one", 70)  # and here the program is killed
    with opened(path) as account:
        assert account.spent_sats == 70
        with pytest.raises(LiveFailure, match="nothing was sent"):
            spend(account, "two", 31)
        with pytest.raises(LiveFailure, match="in the account already"):
            spend(account, "one", 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_reservation_is_on_disk_before_the_payment_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with opened(path) as account:
        spend(account, "one", 5)
        assert json.loads(path.read_text(encoding="utf-8")) == {
            "network": "regtest",
            "wallet": "wallet-1",
            "run": "run-1",
            "request": "one",
            "state": "reserved",
            "sats": 5,
        }


def test_networks_are_counted_apart_and_wallets_together(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with opened(path) as account:
        account.reserve("wallet-1", "run-1", "one", 90)
    with opened(path, network="mainnet") as account:
        assert account.spent_sats == 0
    with opened(path) as account, pytest.raises(LiveFailure, match="nothing was sent"):
        account.reserve("wallet-2", "run-2", "two", 11)


def test_more_than_was_set_aside_is_booked_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path / "a.jsonl") as account:
        spend(account, "one", 90)
        account.settle("one", State.SPENT, 120)
        assert (account.spent_sats, account.left_sats) == (120, 0)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with opened(path), pytest.raises(LiveFailure, match="another live run"), opened(path):
        pass
    with opened(path) as account:
        assert account.left_sats == CAP


@pytest.mark.parametrize("sats", [0, -1])
def test_a_payment_costs_something(tmp_path: Path, sats: int) -> None:
    with opened(tmp_path / "a.jsonl") as account, pytest.raises(LiveFailure, match="nothing was sent"):
        spend(account, "one", sats)


GOOD = '{"network":"regtest","wallet":"w","run":"r","request":"q","state":"spent","sats":7}'


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "null",
        GOOD.replace("7", "-7"),
        GOOD.replace("7", "7.0"),
        GOOD.replace("7", "true"),
        GOOD.replace('"7"', '"7"').replace("7", '"7"'),
        GOOD.replace("spent", "lent"),
        GOOD.replace('"wallet":"w",', ""),
        GOOD.replace("{", '{"more":1,'),
        GOOD.replace('"q"', "1"),
    ],
)
def test_a_line_that_cannot_be_read_ends_it(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n{line}\n", encoding="utf-8")
    with pytest.raises(LiveFailure, match=r"line 2 of reports/a\.jsonl"), opened(path):
        pass


def test_a_line_that_was_cut_off_ends_it_too(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(LiveFailure, match="line 1"), opened(path):
        pass
    path.write_text(GOOD + "\n", encoding="utf-8")
    with opened(path) as account:
        assert account.spent_sats == 7


MOVES = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from(["spent", "returned", "unknown"]), st.booleans()), max_size=12
)


@given(MOVES)
def test_never_more_than_the_cap_whatever_comes(moves: list[tuple[int, str, bool]]) -> None:
    """Payments are refused or booked; the account is closed and opened again in between; nothing is forgotten."""
    with tempfile.TemporaryDirectory() as folder:
        path, gone = Path(folder) / "a.jsonl", 0
        account = opened(path).__enter__()
        try:
            for number, (sats, end, again) in enumerate(moves):
                room = CAP - gone
                if sats > room:
                    with pytest.raises(LiveFailure):
                        spend(account, str(number), sats)
                else:
                    spend(account, str(number), sats)
                    if end == "returned":
                        account.settle(str(number), State.RETURNED, 0)
                    else:
                        gone += sats
                        if end == "spent":
                            account.settle(str(number), State.SPENT, sats)
                if again:
                    account.__exit__(None, None, None)
                    account = opened(path).__enter__()
                assert account.spent_sats == gone <= CAP
        finally:
            account.__exit__(None, None, None)

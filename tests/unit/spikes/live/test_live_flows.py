"""Live mode refuses until everything is said; what it would then ask pays at most once."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import pytest

from spikes.commands.flows import add_arguments, main
from spikes.errors import FlowFailure, LiveFailure
from spikes.live.flows import (
    AMOUNT_LIMIT,
    CONFIRM,
    EXECUTOR,
    EXECUTOR_TOKEN,
    NETWORK,
    SELLER,
    SPEND_CAP,
    VARIABLES,
    read,
    turns,
)
from spikes.live.permission import AUTOMATIC, MOST_SATS
from spikes.record import Outcome

SAID: Mapping[str, str] = {
    SELLER: "https://seller.example/premium",
    EXECUTOR: "https://wallet.example:8443/",
    EXECUTOR_TOKEN: "a-secret-token",
    SPEND_CAP: "50",
    AMOUNT_LIMIT: "20",
    CONFIRM: "spend up to 50 sats at seller.example",
}


def refusal(said: Mapping[str, str]) -> str:
    with pytest.raises(FlowFailure) as refused:
        read(said)
    text = str(refused.value)
    assert text.startswith("nothing was sent: ")
    assert SAID[EXECUTOR_TOKEN] not in text
    return text


def test_everything_said_is_enough_and_the_token_does_not_show() -> None:
    live = read(SAID)
    assert (live.host, live.executor, live.spend_cap_sats, live.amount_limit_sats) == (
        "seller.example",
        "https://wallet.example:8443",
        50,
        20,
    )
    assert SAID[EXECUTOR_TOKEN] not in repr(live)


@pytest.mark.parametrize("name", VARIABLES)
def test_whatever_is_missing_is_named(name: str) -> None:
    for without in ({**SAID, name: ""}, {key: value for key, value in SAID.items() if key != name}):
        assert f"{name} is not set" in refusal(without)


def test_all_that_is_missing_is_named_at_once() -> None:
    assert all(name in refusal({}) for name in VARIABLES)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (SELLER, "http://seller.example/premium", "https"),
        (SELLER, "seller.example", "https"),
        (SELLER, "https://", "https"),
        (SELLER, "https://name:word@seller.example/", "user name"),
        (SELLER, "https://seller.example:port/", "not an address"),
        (EXECUTOR, "http://10.0.0.1:80", "https"),
        (EXECUTOR, "ftp://127.0.0.1", "https"),
        (SPEND_CAP, "0", "whole number"),
        (SPEND_CAP, "1.5", "whole number"),
        (SPEND_CAP, "10001", "whole number"),
        (SPEND_CAP, "٣", "whole number"),
        (AMOUNT_LIMIT, "-1", "whole number"),
        (AMOUNT_LIMIT, "51", "above"),
        (CONFIRM, "yes", "spend up to 50 sats at seller.example"),
        (CONFIRM, "spend up to 20 sats at seller.example", "spend up to 50 sats"),
        (CONFIRM, "spend up to 50 sats at another.example", "at seller.example"),
    ],
)
def test_whatever_is_wrong_is_named_with_what_to_do(name: str, value: str, says: str) -> None:
    text = refusal({**SAID, name: value})
    assert name in text
    assert says in text


def test_real_money_is_named_in_the_words_and_in_what_the_worker_is_told() -> None:
    mainnet = {**SAID, NETWORK: "mainnet"}
    assert "spend up to 50 real sats at seller.example" in refusal(mainnet)
    live = read({**mainnet, CONFIRM: "spend up to 50 real sats at seller.example"})
    assert (live.network, read(SAID).network) == ("mainnet", "regtest")
    assert "regtest, mainnet" in refusal({**SAID, NETWORK: "signet"})


def test_no_automatic_run_buys() -> None:
    with pytest.raises(LiveFailure, match="nothing was sent: CI is set"):
        read({**SAID, "CI": "true"})


def test_plain_http_is_for_loopback_alone() -> None:
    loopback = {**SAID, SELLER: "http://127.0.0.1:80/x", CONFIRM: "spend up to 50 sats at 127.0.0.1:80"}
    assert read(loopback).host == "127.0.0.1:80"


def test_one_flow_may_pay_and_within_the_limits() -> None:
    asked = list(turns(read(SAID)))
    assert [turn.name for turn in asked if (Outcome.PAID, None) in turn.ends] == ["paid"]
    for turn in asked:
        assert turn.policy["windowCapMsats"] == 50_000
        assert turn.policy["maxAmountMsats"] == (1 if turn.name in ("blocked_cap", "cached") else 20_000)


def test_the_command_refuses_before_it_starts_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *AUTOMATIC):
        monkeypatch.delenv(name, raising=False)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(FlowFailure, match="nothing was sent"):
        main(parser.parse_args(["--live", "--out", str(tmp_path)]))
    assert not list(tmp_path.iterdir())
    assert MOST_SATS <= 10_000

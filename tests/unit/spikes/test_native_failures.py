"""The native driver reads the same table of errors as the JavaScript drivers, and knows every error of its SDK."""

from __future__ import annotations

import importlib.metadata
import json
import re
from typing import Any

import breez_sdk_spark as sdk
import pytest

from spikes.drivers.native.failures import TABLE_FILE, UNMAPPED, WalletError, error_table, sdk_failure
from spikes.drivers.native.session import named, sdk_error
from spikes.processes import PROJECT

DRIVERS = PROJECT / "spikes" / "drivers"
VECTORS: dict[str, Any] = json.loads((DRIVERS / "tests/vectors/sdk_errors.json").read_text(encoding="utf-8"))
THROWN = re.compile(r"""(?:WalletError|sdk_error)\(\s*["']([a-z0-9_]+)["']""")
# What a wrapper wraps is for the table to know; these hold nothing but a text.
WRAPPERS = {"SparkError", "Generic"}


def test_every_code_has_all_of_its_meaning() -> None:
    table = error_table()
    assert table["kill_switch_on"].http == 403
    for code, meaning in table.items():
        assert meaning.definite is (meaning.outcome != "unknown"), code
        assert meaning.kind, code
        assert meaning.tell, code


def test_every_code_that_the_native_driver_raises_is_in_the_table() -> None:
    raised = {code for path in (DRIVERS / "native").glob("*.py") for code in THROWN.findall(path.read_text())}
    assert len(raised) > 10
    assert raised <= set(error_table())


def test_a_code_outside_the_table_is_a_defect() -> None:
    with pytest.raises(KeyError):
        WalletError("made_up", "no")


@pytest.mark.parametrize(("before", "text", "reason"), VECTORS["texts"])
def test_a_text_of_the_sdk_has_the_reason_that_the_javascript_drivers_give_it(
    before: str, text: str, reason: str | None
) -> None:
    assert sdk_failure(before + text.replace("{}", "17")).reason == (reason or UNMAPPED)


def test_the_vectors_know_every_kind_of_error_that_the_native_sdk_has() -> None:
    assert importlib.metadata.version("breez-sdk-spark") == VECTORS["sdk"]
    kinds = {name for name in dir(sdk.SdkError) if name[0].isupper()}
    assert kinds == set(VECTORS["variants"])


@pytest.mark.parametrize("kind", sorted(set(VECTORS["variants"]) - WRAPPERS))
def test_an_exception_of_the_native_sdk_is_mapped_by_its_kind(kind: str) -> None:
    variant = getattr(sdk.SdkError, kind)
    arguments: dict[str, tuple[Any, ...]] = {
        "InsufficientFunds": (),
        "OptimizationAlreadyRunning": (),
        "OptimizationCancelled": (),
        "MissingUtxo": ("tx", 1),
        "MaxDepositClaimFeeExceeded": ("tx", 1, None, 1, 1),
    }
    assert named(variant(*arguments.get(kind, ("17",)))).reason != UNMAPPED


def test_the_reason_is_told_and_the_text_is_not() -> None:
    text = "Service error: validation error: Fee exceeds maximum allowed fee 3 > 2"
    error = sdk_error("send_failed", "stopped", sdk.SdkError.SparkError(text))
    assert (error.code, str(error), error.details) == ("send_failed", "stopped: fee_raised", {"reason": "fee_raised"})
    poor = sdk_error("prepare_failed", "no fee", sdk.SdkError.InsufficientFunds())
    assert poor.code == "insufficient_funds"


def test_patterns_are_of_the_kind_that_both_languages_read_alike() -> None:
    for entry in json.loads(TABLE_FILE.read_text(encoding="utf-8"))["sdk"]:
        assert not re.search(r"\(\?|\\[^(){}.\[\]b]|\$\w|[^\x20-\x7e]", entry["match"]), entry["match"]

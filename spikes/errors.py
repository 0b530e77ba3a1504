"""Harness errors: what can go wrong with the experiment itself, one exit code each.

Role: the typed failures of everything in `spikes` that is not a driver. A harness error says nothing about a
runtime; it is recorded as a `harness_error` line and ends in an exit code of 10 or more.
Must not know: how an attempt ends. What a runtime does wrong is an outcome, never one of these.

Every message says what happened and then what to do next.
"""

from __future__ import annotations

from typing import ClassVar


class HarnessFailure(Exception):
    """The harness could not do its work. Subclasses own one exit code and one short code each.

    `last_words`: what the failed program said last, for the terminal; it never enters a record.
    """

    exit_code: ClassVar[int] = 10
    code: ClassVar[str] = "harness_failure"

    def __init__(self, message: str, *, last_words: str = "") -> None:
        super().__init__(message)
        self.last_words = last_words


class PlanError(HarnessFailure):
    """The plan that was asked for does not exist or contradicts itself."""

    exit_code = 11
    code = "plan_invalid"


class ToolMissing(HarnessFailure):
    """A program or package that the run needs is not installed."""

    exit_code = 12
    code = "tool_missing"


class PinMismatch(HarnessFailure):
    """What is installed is not what `pins.toml` names, byte for byte."""

    exit_code = 13
    code = "pin_mismatch"


class EmulatorFailure(HarnessFailure):
    """The Spark network emulator did not start, died, or answered something it must not answer."""

    exit_code = 14
    code = "emulator_failure"


class PaywallFailure(HarnessFailure):
    """The L402 seller did not start, died, or answered something it must not answer."""

    exit_code = 15
    code = "paywall_failure"


class RuntimeStartFailure(HarnessFailure):
    """A runtime's process did not become ready."""

    exit_code = 16
    code = "runtime_start_failure"


class RunDirectoryError(HarnessFailure):
    """The run's directory cannot be made or is already taken."""

    exit_code = 17
    code = "run_directory_error"


class Interrupted(HarnessFailure):
    """Someone asked the run to stop; the record has no footer, so nothing is decided from it."""

    exit_code = 18
    code = "interrupted"


class ConformanceFailure(HarnessFailure):
    """A runtime does not answer the driver contract as the conformance kit requires."""

    exit_code = 19
    code = "conformance_failure"


class FlowFailure(HarnessFailure):
    """A flow did not end as declared, or none could be made."""

    exit_code = 20
    code = "flow_failure"


class MergeRefused(HarnessFailure):
    """Records that are not the parts of one run, each of them whole, cannot be put together."""

    exit_code = 21
    code = "merge_refused"


class LiveFailure(HarnessFailure):
    """A live run was refused, or had to stop: something is not said, not allowed, or not as it was said."""

    exit_code = 22
    code = "live_failure"


class NetworkUnreachable(LiveFailure):
    """A live network did not answer, so nothing was asked of it."""

    exit_code = 23
    code = "network_unreachable"


class ClusterFailure(HarnessFailure):
    """The cluster that was to make the shards of a run cannot be reached, or lost a worker."""

    exit_code = 24
    code = "cluster_failure"

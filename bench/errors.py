"""Why judging could not start or finish, one exit code each.

Role: typed errors whose messages say what to do next. Must not know: gates, verdicts, the decision;
a failed gate is a result and never an error.
Exit codes 1 and 2 belong to Python and argparse, 0, 3, 4 and 5 to results (see __main__), 10 to 29 to `spikes`.
"""

from __future__ import annotations

from typing import ClassVar


class BenchError(Exception):
    """Judging is impossible as asked; `exit_code` tells scripts why."""

    exit_code: ClassVar[int] = 30


class RecordNotFound(BenchError):
    """No record at the place that was named."""

    exit_code = 30


class NotARecord(BenchError):
    """The file is no record of a run."""

    exit_code = 31


class EmptyRecord(NotARecord):
    """The file holds nothing at all."""


class HeaderMissing(NotARecord):
    """The first line is not a header, so nobody knows what was run."""


class CannotUnpack(NotARecord):
    """The packed record is damaged, or larger than any record."""


class SchemaMismatch(BenchError):
    """The record was written by another version of sparkgate."""

    exit_code = 32


class InconsistentRecord(BenchError):
    """The lines of the record contradict each other."""

    exit_code = 33


class ThresholdError(BenchError):
    """thresholds.toml cannot be used."""

    exit_code = 34


class LimitsError(BenchError):
    """limits.toml cannot be used."""

    exit_code = 35


class AdrNotProposed(BenchError):
    """A person has already ruled on the ADR; a program does not overwrite that."""

    exit_code = 36


class NothingToVerify(BenchError):
    """There are no earlier verdicts to compare with."""

    exit_code = 37


class OutputNotWritable(BenchError):
    """A result could not be written."""

    exit_code = 38


class LinesNotFound(BenchError):
    """The record has no such lines, or what was asked for names none."""

    exit_code = 39


class TooLargeToCommit(BenchError):
    """A run whose packed form is more than a repository should carry."""

    exit_code = 40


class NoPlaceForAnswer(BenchError):
    """The README has no marks between which the answer could stand."""

    exit_code = 41


class WhatIfError(BenchError):
    """A number was named that no gate reads, or given a value that it cannot have."""

    exit_code = 42


class PricesError(BenchError):
    """prices.toml cannot be used."""

    exit_code = 43

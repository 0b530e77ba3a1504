"""`python -m spikes custody`: the table, and what makes it end with an error."""

from __future__ import annotations

from spikes.commands.custody import found_wrong, table
from spikes.record import Fact


def fact(name: str, value: float | str, runtime: str = "native") -> Fact:
    return Fact(runtime=runtime, name=name, value=value, how="scanned")


FACTS = [
    fact("leak_scan.stdout", "CLEAN"),
    fact("leak_scan.stdout", "LEAK", "node"),
    fact("leak_scan.adr", "UNSCANNED"),
    fact("leak_control.stdout", "CAUGHT"),
    fact("leak_control.adr", "MISSED"),
    fact("legacy_env.leak_scan.child_environment", "LEAK"),
    fact("key_life.kms_denied", "error:secret_error/kms_denied"),
    fact("residue.later_s", 5.004),
]


def test_the_table_has_a_column_for_each_runtime_and_one_for_the_control() -> None:
    lines = [" ".join(line.split()) for line in table(FACTS)]
    assert "surface native node leaky control" in lines
    assert "stdout CLEAN LEAK CAUGHT" in lines
    assert "adr UNSCANNED - MISSED" in lines
    assert "kms_denied kms_denied -" in lines
    assert "later_s 5.004 -" in lines


def test_leaks_and_missed_controls_are_wrong_and_what_is_only_told_is_not() -> None:
    assert list(found_wrong(FACTS)) == ["node: stdout LEAK: scanned", "native: adr MISSED: scanned"]
    assert not list(found_wrong(f for f in FACTS if f.value not in ("LEAK", "MISSED") or "legacy" in f.name))

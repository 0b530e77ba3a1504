"""Three values and how they combine."""

from __future__ import annotations

import dataclasses
from itertools import product

from bench.gates.conclude import fails, fold, passes, undecided
from bench.verdict import Criterion, GateVerdict, Verdict, combine, set_aside


def test_combine_over_every_triple() -> None:
    for triple in product(Verdict, repeat=3):
        expected = Verdict.PASS
        if Verdict.INCONCLUSIVE in triple:
            expected = Verdict.INCONCLUSIVE
        if Verdict.FAIL in triple:
            expected = Verdict.FAIL
        assert combine(triple) is expected


def test_nothing_is_never_a_pass() -> None:
    assert combine([]) is Verdict.INCONCLUSIVE
    assert fold("empty", []).verdict is Verdict.INCONCLUSIVE


def test_fold_keeps_the_worst_reason_every_need_and_every_line() -> None:
    parts = [
        passes("a", "fine", lines=(3,)),
        undecided("b", "not measured", needs="a fact `x`", lines=(2,)),
        undecided("c", "not tried", needs="a fact `y`"),
    ]
    folded = fold("whole", parts)
    assert (folded.verdict, folded.lines) == (Verdict.INCONCLUSIVE, (2, 3))
    assert folded.reason == "not measured (and 1 more)"
    assert folded.needs == "the facts `x`, `y`"
    assert fold("whole", [*parts, fails("d", "broken")]).reason == "broken"


def test_setting_aside_opens_every_criterion_and_keeps_how_it_read() -> None:
    verdict = _gate(fails("a", "broken"), passes("b", "fine"))
    aside = set_aside(verdict, "the run was cut off: no footer")
    assert aside.verdict is Verdict.INCONCLUSIVE
    assert aside.reason == "the run was cut off: no footer"
    assert {c.verdict for c in aside.criteria} == {Verdict.INCONCLUSIVE}
    assert "it read FAIL: broken" in aside.criteria[0].reason


def test_a_remark_belongs_to_a_pass_and_goes_with_it() -> None:
    shimmed = dataclasses.replace(passes("a", "fine"), remark="with 2 shims")
    assert _gate(shimmed, passes("b", "fine")).remark == "with 2 shims"
    assert _gate(shimmed, fails("b", "broken")).remark is None
    aside = set_aside(_gate(shimmed), "cut off")
    assert (aside.remark, aside.criteria[0].remark) == (None, None)


def test_a_margin_is_that_of_a_platforms_limit_and_of_nothing_else() -> None:
    held = dataclasses.replace(passes("a", "fine", measured=25, threshold=100), plan="paid")
    assert held.margin == 0.75
    assert dataclasses.replace(held, measured=150).margin == -0.5
    assert dataclasses.replace(held, measured=None).margin is None
    assert dataclasses.replace(held, plan=None).margin is None


def test_the_reason_names_the_worst_criterion() -> None:
    assert _gate(passes("a", "fine"), fails("b", "broken"), fails("c", "too")).reason == (
        "b: broken; 1 further criteria fail"
    )
    assert _gate(passes("a", "fine"), undecided("b", "no data", needs="x")).reason == "b: no data (1 of 2 open)"
    assert _gate().reason == "no criterion was judged"


def _gate(*criteria: Criterion) -> GateVerdict:
    return GateVerdict(
        gate="g",
        runtime="r",
        verdict=combine(c.verdict for c in criteria),
        criteria=criteria,
        runtime_tier="real",
        network_tier="emulated",
    )

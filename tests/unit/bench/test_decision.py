"""The decision rule against an independent statement of it: small worlds exhaustively, large ones by hypothesis."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bench.decision import Candidate, Topology, decide
from bench.verdict import Criterion, GateVerdict, Verdict
from spikes.record import Role, Tier

GATES = ("compatibility", "custody", "latency", "determinism")
P, F, I = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE  # noqa: E741
World = list[tuple[Role, Tier, tuple[Verdict, ...]]]


def candidates(world: World) -> list[Candidate]:
    return [
        Candidate(
            name=f"r{number}",
            role=role,
            tier=tier,
            gates=tuple(_gate(f"r{number}", gate, v) for gate, v in zip(GATES, verdicts, strict=True)),
        )
        for number, (role, tier, verdicts) in enumerate(world)
    ]


def _gate(runtime: str, gate: str, verdict: Verdict) -> GateVerdict:
    needs = "more data" if verdict is I else None
    criterion = Criterion(name="c", verdict=verdict, reason="because", needs=needs)
    return GateVerdict(
        gate=gate,
        runtime=runtime,
        verdict=verdict,
        criteria=(criterion,),
        runtime_tier="real",
        network_tier="emulated",
    )


def brute_force(world: World) -> Topology:
    """architecture.md section 4, read sentence by sentence."""

    def all_pass(entry: tuple[Role, Tier, tuple[Verdict, ...]]) -> bool:
        _, tier, verdicts = entry
        return tier is Tier.REAL and verdicts == (P, P, P, P)

    controls = [entry for entry in world if entry[0] is Role.CONTROL]
    natives = [entry for entry in world if entry[0] is Role.NATIVE]
    externals = [entry for entry in world if entry[0] is Role.EXTERNAL]
    if len(controls) == 0 or len([c for c in controls if all_pass(c)]) < len(controls):
        return Topology.UNDECIDED
    for native in natives:
        if all_pass(native):
            return Topology.A
    if len(natives) > 0 and min(native[2].count(F) for native in natives) >= 1 and any(map(all_pass, externals)):
        return Topology.B
    return Topology.UNDECIDED


ROWS = [(P, P, P, P), (P, F, P, P), (P, P, I, P), (F, P, P, I), (I, I, I, I)]
RUNTIMES = [(tier, row) for tier in Tier for row in ROWS]


def test_every_small_world() -> None:
    seen = set()
    for control, native, external in product(RUNTIMES, RUNTIMES, RUNTIMES):
        world: World = [(Role.CONTROL, *control), (Role.NATIVE, *native), (Role.EXTERNAL, *external)]
        decided = decide(candidates(world), GATES).topology
        assert decided is brute_force(world), world
        seen.add(decided)
    assert seen == set(Topology)


def test_every_row_of_verdicts_for_one_native_runtime() -> None:
    passing = (P, P, P, P)
    for row in product(Verdict, repeat=4):
        world: World = [
            (Role.CONTROL, Tier.REAL, passing),
            (Role.NATIVE, Tier.REAL, row),
            (Role.EXTERNAL, Tier.REAL, passing),
        ]
        expected = Topology.A if row == passing else Topology.B if F in row else Topology.UNDECIDED
        assert decide(candidates(world), GATES).topology is expected


runtimes = st.tuples(
    st.sampled_from(Role),
    st.sampled_from([Tier.REAL, Tier.REAL, Tier.STAND_IN]),
    st.one_of(st.just((P, P, P, P)), st.tuples(*[st.sampled_from([P, P, F, I])] * 4)),
)


@given(world=st.lists(runtimes, max_size=6))
def test_any_world(world: World) -> None:
    decision = decide(candidates(world), GATES)
    assert decision.topology is brute_force(world)
    assert decision.statement
    assert decision.would_change
    assert decide(candidates(world), GATES, blockers=["the run was cut off"]).topology is Topology.UNDECIDED
    if decision.topology is not Topology.UNDECIDED:
        assert {reason.verdict for reason in decision.forced_by} <= {P, F}
        assert decision.forced_by


def test_a_gate_that_was_not_judged_passes_nobody() -> None:
    world: World = [(role, Tier.REAL, (P, P, P, P)) for role in Role]
    complete = candidates(world)
    short = [Candidate(name=c.name, role=c.role, tier=c.tier, gates=c.gates[:3]) for c in complete]
    assert decide(complete, GATES).topology is Topology.A
    assert decide(short, GATES).topology is Topology.UNDECIDED
    assert decide(complete, ()).topology is Topology.UNDECIDED


def test_a_role_that_nobody_plays_satisfies_nothing() -> None:
    control, native, external = ((role, Tier.REAL, (P, P, P, P)) for role in (Role.CONTROL, Role.NATIVE, Role.EXTERNAL))
    failing = (Role.NATIVE, Tier.REAL, (F, P, P, P))
    worlds: list[World] = [[], [control], [control, external], [control, failing], [native, external]]
    for world in worlds:
        assert decide(candidates(world), GATES).topology is Topology.UNDECIDED, world


def test_what_forced_b_and_what_would_change_it() -> None:
    world: World = [
        (Role.CONTROL, Tier.REAL, (P, P, P, P)),
        (Role.NATIVE, Tier.REAL, (P, F, P, I)),
        (Role.EXTERNAL, Tier.REAL, (P, P, P, P)),
        (Role.EXTERNAL, Tier.STAND_IN, (P, P, P, P)),
    ]
    decision = decide(candidates(world), GATES)
    assert decision.statement.startswith("Topology B: no native runtime is fit; r2 executes")
    assert [(r.runtime, r.gate, r.verdict) for r in decision.forced_by if r.verdict is F] == [("r1", "custody", F)]
    assert [gap.runtimes for gap in decision.missing] == [("r1",)]
    assert any("FAIL in custody; INCONCLUSIVE in determinism" in change for change in decision.would_change)


def test_the_same_need_of_two_runtimes_is_one_gap() -> None:
    world: World = [(Role.NATIVE, Tier.REAL, (I, P, P, P)), (Role.EXTERNAL, Tier.REAL, (I, P, P, P))]
    (gap,) = decide(candidates(world), GATES).missing
    assert (gap.gate, gap.runtimes) == ("compatibility", ("r0", "r1"))


def test_a_stand_ins_pass_is_said_not_to_count() -> None:
    world: World = [(Role.CONTROL, Tier.REAL, (P, P, P, P)), (Role.NATIVE, Tier.STAND_IN, (P, P, P, P))]
    decision = decide(candidates(world), GATES)
    assert {reason.why for reason in decision.forced_by} == {"a stand-in's PASS does not count (all 1 criteria pass)"}
    assert any("a stand-in, whose PASS does not count" in change for change in decision.would_change)


# --- informative runtimes ---------------------------------------------------------------------------------------------

informative = st.tuples(
    st.just(Role.INFORMATIVE), st.sampled_from(list(Tier)), st.tuples(*[st.sampled_from([P, F, I])] * 4)
)


@given(world=st.lists(runtimes, max_size=4), extra=st.lists(informative, min_size=1, max_size=3))
def test_informative_runtimes_change_no_word_of_any_decision(world: World, extra: World) -> None:
    deciding = [entry for entry in world if entry[0] is not Role.INFORMATIVE]
    assert decide(candidates([*deciding, *extra]), GATES) == decide(candidates(deciding), GATES)


def test_an_informative_runtime_replaces_neither_control_nor_native_nor_external() -> None:
    control, native, external = ((role, Tier.REAL, (P, P, P, P)) for role in (Role.CONTROL, Role.NATIVE, Role.EXTERNAL))
    failing, guest = (Role.NATIVE, Tier.REAL, (F, P, P, P)), (Role.INFORMATIVE, Tier.REAL, (P, P, P, P))
    worlds: list[World] = [[guest], [guest, native], [control, guest], [control, failing, guest]]
    for world in worlds:
        assert decide(candidates(world), GATES).topology is Topology.UNDECIDED, world
    broken = (Role.INFORMATIVE, Tier.REAL, (F, F, F, F))
    assert decide(candidates([control, broken, native]), GATES).topology is Topology.A
    assert decide(candidates([control, broken, failing, external]), GATES).topology is Topology.B


def test_what_an_informative_runtime_lacks_is_no_missing_evidence() -> None:
    world: World = [(Role.CONTROL, Tier.REAL, (P, P, P, P)), (Role.INFORMATIVE, Tier.REAL, (I, I, I, I))]
    assert decide(candidates(world), GATES).missing == ()

"""Exceptions are data, each has a reason, and there is none for what opens a wallet."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.gates import custody as gate
from spikes.inspections.custody_watch.allowances import Allowance, covering, load
from spikes.inspections.custody_watch.planted import OF_WALLETS
from spikes.scanner.canaries import Kind

ENTRY = """[[allowed]]
surface = "stdout"
kind = "{kind}"
where = "*"
reason = "{reason}"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "allowances.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_allowance_names_a_surface_of_the_gate_and_a_reason() -> None:
    loaded = load()
    assert loaded
    assert {allowance.surface for allowance in loaded} <= set(gate.SURFACES)
    assert not {allowance.kind for allowance in loaded} & OF_WALLETS


@pytest.mark.parametrize("kind", sorted(OF_WALLETS))
def test_what_opens_a_wallet_may_show_nowhere(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(ValueError, match="may show nowhere"):
        load(written(tmp_path, ENTRY.format(kind=kind, reason="it is convenient")))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ENTRY.format(kind="token", reason=" "), "needs a reason"),
        (ENTRY.format(kind="tokens", reason="x"), "tokens"),
        (ENTRY.format(kind="token", reason="x") + 'until = "ever"\n', "until"),
        ('[[allowed]]\nsurface = "stdout"\n', "kind"),
    ],
)
def test_an_entry_that_is_not_of_the_form_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        load(written(tmp_path, text))


def test_the_first_that_fits_covers() -> None:
    allowed = (Allowance(surface="stdout", kind=Kind.TOKEN, where="driver: A*", reason="one"),)
    assert covering(allowed, "stdout", "driver: AB", Kind.TOKEN) == allowed[0]
    for surface, where, kind in (
        ("stderr", "driver: AB", Kind.TOKEN),
        ("stdout", "driver: B", Kind.TOKEN),
        ("stdout", "driver: AB", Kind.SEED),
    ):
        assert covering(allowed, surface, where, kind) is None

"""What a surface may hold by design, read from allowances.toml.

Role: the exceptions, each with a reason, and the rule that there are none for what opens a wallet.
Must not know: how surfaces are scanned.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from spikes.inspections.custody_watch.planted import OF_WALLETS
from spikes.scanner.canaries import Kind

FILE = Path(__file__).with_name("allowances.toml")


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """Canaries of one kind may show in the sources of one surface whose name fits `where` (shell pattern)."""

    surface: str
    kind: Kind
    where: str
    reason: str

    def __post_init__(self) -> None:
        if self.kind in OF_WALLETS:
            raise ValueError(f"a {self.kind} may show nowhere; take the allowance for {self.surface} out")
        if not self.reason.strip():
            raise ValueError(f"the allowance of a {self.kind} in {self.surface} needs a reason")


def load(path: Path = FILE) -> tuple[Allowance, ...]:
    """All allowances. Raises ValueError if one is not of the form, or asks for too much."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["allowed"]
    try:
        return tuple(Allowance(**{**entry, "kind": Kind(entry["kind"])}) for entry in entries)
    except (TypeError, KeyError) as error:
        raise ValueError(f"{path.name}: an allowance needs surface, kind, where and reason ({error})") from None


def covering(allowances: Iterable[Allowance], surface: str, where: str, kind: Kind) -> Allowance | None:
    """The allowance that covers a finding; None if there is none."""
    for allowance in allowances:
        if (allowance.surface, allowance.kind) == (surface, kind) and fnmatchcase(where, allowance.where):
            return allowance
    return None

"""Faults on demand: what the network does wrong, to whom, at which call and how often; one small class a kind.

`terms` says what a fault is, `active` which hooks it has, `calls`, `holds`, `parties` and `payments` what each kind
does with them, `box` which faults are set. Nothing here is random. Must not know any transport or the ledger.
"""

from spikes.emulator.faults.active import ActiveFault, Site
from spikes.emulator.faults.box import NOTHING, FaultBox, Struck
from spikes.emulator.faults.terms import (
    OUTAGES,
    PAYMENT_METHOD,
    QUOTE_METHOD,
    SSP,
    Fault,
    FaultError,
    FaultKind,
)

__all__ = [
    "NOTHING",
    "OUTAGES",
    "PAYMENT_METHOD",
    "QUOTE_METHOD",
    "SSP",
    "ActiveFault",
    "Fault",
    "FaultBox",
    "FaultError",
    "FaultKind",
    "Site",
    "Struck",
]

"""The network: one set of parts - keys, ledger, nonces, sessions, provider, Lightning - that all doors share.

Everything random comes from the seed, every time from the clock; both are given. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from spikes.emulator.archive import KEPT_AT_HAND
from spikes.emulator.archive_file import FileArchive
from spikes.emulator.clock import Clock
from spikes.emulator.entropy import Entropy
from spikes.emulator.events import EventHub
from spikes.emulator.faults import FaultBox
from spikes.emulator.identities import Identities
from spikes.emulator.journal import Journal
from spikes.emulator.latency import LatencyBook
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_state import OPERATOR_COUNT
from spikes.emulator.lightning import LightningNode
from spikes.emulator.mint import LeafForm, Mint
from spikes.emulator.nonces import LIFETIME_S, NoncePool
from spikes.emulator.provider import Provider
from spikes.emulator.provider_terms import ProviderTerms
from spikes.emulator.sessions import SESSION_LIFETIME_S, SessionBook
from spikes.emulator.views import Views

SUPPLY_SATS = 1_000_000_000_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one network behaves. Amounts in satoshis, times in seconds."""

    seed: int = 0
    supply_sats: int = SUPPLY_SATS
    leaf_form: LeafForm = LeafForm.TIMELOCKED
    session_lifetime_s: float = SESSION_LIFETIME_S
    nonce_lifetime_s: float = LIFETIME_S
    terms: ProviderTerms = field(default_factory=ProviderTerms)
    at_hand: int = KEPT_AT_HAND  # how much of each kind of record is kept in memory; the rest is in a file


class Network:
    """All parts of one emulated Spark network."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        entropy = Entropy(settings.seed)
        self.settings = settings
        self.clock = clock
        self.identities = Identities.from_entropy(entropy)
        archive = FileArchive(at_hand=settings.at_hand)
        self.ledger = Ledger(
            provider=self.identities.provider.public, supply_sats=settings.supply_sats, history=archive
        )
        self.views = Views(self.ledger)
        self.nonces = NoncePool(entropy, lifetime_s=settings.nonce_lifetime_s)
        self.entropy = entropy
        self.events = EventHub()
        self.faults = FaultBox()
        self.latency = LatencyBook()
        self.journal = Journal()
        self.on_defect: Callable[[Exception], None] = _raise  # what a defect of the emulator itself leads to
        self.lightning = LightningNode(
            keys=self.identities.lightning_node, entropy=entropy, clock=clock, archive=archive
        )
        self.operator_sessions = tuple(self._sessions(f"operator-{i}") for i in range(OPERATOR_COUNT))
        self.provider_sessions = self._sessions("ssp")
        self.provider = Provider(
            keys=self.identities.provider,
            ledger=self.ledger,
            mint=Mint(provider=self.identities.provider, entropy=entropy, form=settings.leaf_form),
            lightning=self.lightning,
            events=self.events,
            latency=self.latency,
            archive=archive,
            clock=clock,
            terms=settings.terms,
            alarm=self.alarm,
        )

    def alarm(self, error: Exception) -> None:
        """Report a defect of the emulator itself; a service ends the run then."""
        self.on_defect(error)

    def _sessions(self, name: str) -> SessionBook:
        return SessionBook(
            name,
            secret=self.identities.session_secret,
            entropy=self.entropy,
            clock=self.clock,
            lifetime_s=self.settings.session_lifetime_s,
        )


def _raise(error: Exception) -> None:
    raise error

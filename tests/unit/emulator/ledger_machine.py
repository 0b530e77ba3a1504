"""Commands for the ledger in any order, valid and invalid, each predicted by a second and simpler ledger without keys.

The simple books decide whether a command must succeed; the real ledger is held to it, and to changing nothing if not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from spikes.emulator.archive_file import FileArchive
from spikes.emulator.crypto import curve
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_rules import LedgerError
from spikes.emulator.ledger_state import Htlc, HtlcStatus, Leaf, Transfer, TransferKind, TransferStatus
from tests.unit.emulator import ledger_moves as moves
from tests.unit.emulator.ledger_books import SUPPLY_SATS, Books, Known
from tests.unit.emulator.ledger_moves import NOW, PROVIDER, WALLETS

Value = TypeVar("Value")
PREIMAGES = tuple(bytes([number]) * 32 for number in range(3))
HASHES = tuple(hashlib.sha256(preimage).digest() for preimage in PREIMAGES)
PICK = st.integers(0, 1 << 16)
FIRST_LEAVES = (100, 40, 7)
AMOUNTS = st.lists(st.integers(1, 400), min_size=1, max_size=3)
ISSUE_FLAWS = ("id taken", "wrong total", "by a wallet", "leaf known", "leaf listed twice", "pending", "empty", "owned")
LOCK_FLAWS = (
    "id taken",
    "wrong total",
    "to a wallet",
    "claimable",
    "no tweak",
    "leaf twice",
    "empty",
    "impossible key",
)
HTLC_FLAWS = ("of another transfer", "settled already", "worth nothing", "worth too much")
CLAIM_FLAWS = ("unknown", "a leaf less", "a leaf more", "another key")
SWAP_FLAWS = ("unknown", "another receiver", "another total")


def seldom(values: Sequence[Value]) -> st.SearchStrategy[Value | None]:
    """One of the values in a quarter of the cases; most commands should get past their first check."""
    return st.sampled_from((None,) * (3 * len(values)) + tuple(values))


class LedgerMachine(RuleBasedStateMachine):
    """Commands in any order; each is predicted from the simple books, then tried on the real ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(provider=PROVIDER, supply_sats=SUPPLY_SATS, history=FileArchive(at_hand=2))
        self.books = Books()
        self.committed = 0
        self._made = 0

    @initialize()
    def begin_in_the_middle(self) -> None:
        """Every wallet has leaves, one payment and one swap are open."""
        for who in WALLETS:
            self.issue(who, list(FIRST_LEAVES), None)
            self.claim(4 * len(self.books.transfers) - 1, None)  # the latest transfer
        self.lock(WALLETS[0], 1, HASHES[0], None, None)
        self.lock(WALLETS[1], 2, None, None, None)

    @rule(who=st.sampled_from(WALLETS), amounts=AMOUNTS, flaw=seldom(ISSUE_FLAWS))
    def issue(self, who: bytes, amounts: list[int], flaw: str | None) -> None:
        sound = [moves.new_leaf(self._name("leaf"), amount) for amount in amounts]
        transfer, leaves = self._spoil_issue(moves.incoming(self._name("transfer"), who, sound), sound, flaw)
        possible = flaw is None and transfer.total_sats <= self.books.reserve_sats
        if self._attempt(possible, lambda: self.ledger.issue(transfer, leaves)):
            self.books.reserve_sats -= transfer.total_sats
            self._note_minted(transfer.id, TransferKind.TRANSFER, who, leaves)

    def _spoil_issue(  # noqa: PLR0911 - one case a flaw
        self, transfer: Transfer, leaves: list[Leaf], flaw: str | None
    ) -> tuple[Transfer, list[Leaf]]:
        """A transfer of new leaves with one flaw that the ledger must not let pass."""
        match flaw:
            case "id taken":
                return replace(transfer, id=next(iter(self.books.transfers))), leaves
            case "wrong total":
                return replace(transfer, total_sats=transfer.total_sats - 1), leaves
            case "by a wallet":
                return replace(transfer, sender=WALLETS[0]), leaves
            case "owned":
                return transfer, [replace(leaves[0], owner=WALLETS[0]), *leaves[1:]]
            case "leaf known":
                known = [replace(leaves[0], id=next(iter(self.books.worth))), *leaves[1:]]
                return moves.incoming(transfer.id, transfer.receiver, known), known
            case "leaf listed twice":
                return replace(transfer, leaves=(*transfer.leaves, transfer.leaves[0])), leaves
            case "pending":
                return replace(transfer, status=TransferStatus.PENDING), leaves
            case "empty":
                return replace(transfer, leaves=(), total_sats=0), []
            case _:
                return transfer, leaves

    @rule(pick=PICK, flaw=seldom(CLAIM_FLAWS))
    def claim(self, pick: int, flaw: str | None) -> None:
        transfer_id = self._pick(self.books.transfers, pick, TransferStatus.CLAIMABLE)
        known = self.books.transfers[transfer_id]
        new = {leaf: moves.secret(self._name(f"new secret of {leaf}")) for leaf in known.secrets}
        claims = {leaf: moves.claimed(known.secrets[leaf], new[leaf]) for leaf in known.secrets}
        first = next(iter(claims))
        match flaw:
            case "unknown":
                transfer_id = "no such transfer"
            case "a leaf less":
                del claims[first]
            case "a leaf more":
                claims["no such leaf"] = claims[first]
            case "another key":
                claims[first] = replace(claims[first], owner_key=curve.point(5))
            case _:
                pass
        possible = flaw is None and known.status is TransferStatus.CLAIMABLE
        if self._attempt(possible, lambda: self.ledger.claim(transfer_id, claims, NOW)):
            known.status = TransferStatus.COMPLETED
            for leaf in known.secrets:
                self.books.owner[leaf] = known.receiver
                self.books.secret[leaf] = new[leaf]
                del self.books.locked_in[leaf]

    @rule(
        who=st.sampled_from(WALLETS),
        count=st.integers(1, 3),
        payment=st.sampled_from((None, *HASHES)),
        flaw=seldom(LOCK_FLAWS + HTLC_FLAWS),
        any_leaf=seldom(range(8)),
    )
    def lock(self, who: bytes, count: int, payment: bytes | None, flaw: str | None, any_leaf: int | None) -> None:
        chosen = self.books.free(who)[:count]
        if any_leaf is not None:
            chosen.append(list(self.books.worth)[any_leaf % len(self.books.worth)])
        new = {leaf: moves.secret(self._name(f"sent secret of {leaf}")) for leaf in chosen}
        entries = [moves.entry(leaf, moves.tweak(self.books.secret[leaf], new[leaf])) for leaf in chosen]
        total = sum(self.books.worth[leaf] for leaf in chosen)
        kind = TransferKind.PRIMARY_SWAP if payment is None else TransferKind.PREIMAGE_SWAP
        sound = moves.outgoing(self._name("transfer"), who, entries, total, kind)
        sound_htlc = None if payment is None else moves.hash_lock(payment, sound.id, max(1, total - 3))
        transfer, htlc = self._spoil(sound, flaw), self._spoil_htlc(sound_htlc, total, flaw)
        mine = len(set(chosen)) == len(chosen) > 0 and all(leaf in self.books.free(who) for leaf in chosen)
        earlier = self.books.latest.get(payment) if payment is not None else None
        again = earlier is None or self.books.transfers[earlier].status is TransferStatus.RETURNED
        possible = mine and again and (transfer, htlc) == (sound, sound_htlc)
        if self._attempt(possible, lambda: self.ledger.lock(transfer, htlc)):
            self.books.transfers[transfer.id] = Known(
                TransferStatus.PENDING, kind, who, PROVIDER, new, total, htlc.value_sats if htlc else 0
            )
            self.books.locked_in.update(dict.fromkeys(chosen, transfer.id))
            if payment is not None:
                self.books.latest[payment] = transfer.id

    def _spoil(self, transfer: Transfer, flaw: str | None) -> Transfer:  # noqa: PLR0911 - one case a flaw
        """The transfer with one flaw that the ledger must not let pass."""
        entries = transfer.leaves
        match flaw:
            case "id taken":
                return replace(transfer, id=next(iter(self.books.transfers)))
            case "wrong total":
                return replace(transfer, total_sats=transfer.total_sats + 1)
            case "to a wallet":
                return replace(transfer, receiver=WALLETS[0])
            case "claimable":
                return replace(transfer, status=TransferStatus.CLAIMABLE)
            case "no tweak" if entries:
                return replace(transfer, leaves=(replace(entries[0], tweak=None), *entries[1:]))
            case "leaf twice" if entries:
                return replace(transfer, leaves=(*entries, entries[0]))
            case "empty":
                return replace(transfer, leaves=(), total_sats=0)
            case "impossible key" if entries:  # the tweak would make the owner's key the point at infinity
                whole = moves.tweak(self.books.secret[entries[0].leaf_id], 0)
                return replace(transfer, leaves=(replace(entries[0], tweak=whole), *entries[1:]))
            case _:
                return transfer

    @staticmethod
    def _spoil_htlc(htlc: Htlc | None, total_sats: int, flaw: str | None) -> Htlc | None:
        """The hash lock with one flaw that the ledger must not let pass."""
        if htlc is None:
            return None
        match flaw:
            case "of another transfer":
                return replace(htlc, transfer_id="another")
            case "settled already":
                return replace(htlc, status=HtlcStatus.SETTLED)
            case "worth nothing":
                return replace(htlc, value_sats=0)
            case "worth too much":
                return replace(htlc, value_sats=total_sats + 1)
            case _:
                return htlc

    @rule(pick=PICK, shown=st.integers(0, 9))
    def settle(self, pick: int, shown: int) -> None:
        tried = {HASHES.index(payment): name for payment, name in self.books.latest.items()}
        open_ones = [n for n, name in tried.items() if self.books.transfers[name].status is TransferStatus.PENDING]
        number = open_ones[pick % len(open_ones)] if open_ones and pick % 4 else pick % len(HASHES)
        payment, preimage = HASHES[number], PREIMAGES[number] if shown else PREIMAGES[number - 1]
        transfer_id = self.books.latest.get(payment)
        known = self.books.transfers[transfer_id] if transfer_id is not None else None
        waiting = known is not None and known.status is TransferStatus.PENDING
        if self._attempt(waiting and bool(shown), lambda: self.ledger.settle(payment, preimage, NOW)):
            assert known is not None
            self.books.settled.append(payment)
            self.books.paid_sats += known.value_sats
            self.books.reserve_sats += known.total_sats - known.value_sats
            self._retire(known)

    @rule(pick=PICK, wanted=st.integers(1, 400), flaw=seldom(SWAP_FLAWS))
    def swap(self, pick: int, wanted: int, flaw: str | None) -> None:
        transfer_id = self._pick(self.books.transfers, pick, TransferStatus.PENDING)
        known = self.books.transfers[transfer_id]
        change = max(0, known.total_sats - wanted)
        amounts = [known.total_sats - change, *([change] if change else [])]
        if flaw == "another total":
            amounts.append(1)
        leaves = [moves.new_leaf(self._name("leaf"), amount) for amount in amounts]
        receiver = PROVIDER if flaw == "another receiver" else known.sender
        counter = moves.incoming(self._name("transfer"), receiver, leaves, TransferKind.COUNTER_SWAP)
        primary_id = "no such transfer" if flaw == "unknown" else transfer_id
        pending_swap = known.kind is TransferKind.PRIMARY_SWAP and known.status is TransferStatus.PENDING
        possible = flaw is None and pending_swap
        if self._attempt(possible, lambda: self.ledger.swap(primary_id, counter, leaves, NOW)):
            self._retire(known)
            self._note_minted(counter.id, TransferKind.COUNTER_SWAP, known.sender, leaves)

    @rule(pick=PICK)
    def give_back(self, pick: int) -> None:
        transfer_id = self._pick(self.books.transfers, pick, TransferStatus.PENDING)
        known = self.books.transfers[transfer_id]
        possible = known.status is TransferStatus.PENDING
        if self._attempt(possible, lambda: self.ledger.give_back(transfer_id, NOW)):
            known.status = TransferStatus.RETURNED
            for leaf in known.secrets:
                del self.books.locked_in[leaf]

    # ---- parts ----------------------------------------------------------------------------------

    def _attempt(self, possible: bool, command: Callable[[], object]) -> bool:
        """Whether the command was carried out; it must be if and only if it is possible."""
        before = repr(vars(self.ledger))
        try:
            command()
        except LedgerError as error:
            refusal: LedgerError | None = error
        else:
            refusal = None
        assert possible is (refusal is None), f"possible: {possible}, refused: {refusal}"
        if refusal is not None:
            assert repr(vars(self.ledger)) == before
            return False
        self.committed += 1
        return True

    def _name(self, noun: str) -> str:
        self._made += 1
        return f"{noun} {self._made}"

    @staticmethod
    def _pick(transfers: Mapping[str, Known], pick: int, status: TransferStatus) -> str:
        """A transfer in the status that the command needs, three times out of four if there is one; else any."""
        fit = [name for name, known in transfers.items() if known.status is status]
        names = fit if fit and pick % 4 else list(transfers)
        return names[pick // 4 % len(names)]

    def _retire(self, known: Known) -> None:
        """The provider has taken the leaves of a transfer."""
        known.status = TransferStatus.COMPLETED
        for leaf, secret in known.secrets.items():
            self.books.secret[leaf] = secret
            del self.books.owner[leaf], self.books.locked_in[leaf]

    def _note_minted(self, transfer_id: str, kind: TransferKind, receiver: bytes, leaves: Sequence[Leaf]) -> None:
        secrets = {leaf.id: moves.owner_secret(leaf.id) for leaf in leaves}
        total = sum(leaf.value_sats for leaf in leaves)
        self.books.transfers[transfer_id] = Known(TransferStatus.CLAIMABLE, kind, PROVIDER, receiver, secrets, total)
        for leaf in leaves:
            self.books.worth[leaf.id] = leaf.value_sats
            self.books.owner[leaf.id] = PROVIDER
            self.books.locked_in[leaf.id] = transfer_id
        self.books.secret.update(secrets)

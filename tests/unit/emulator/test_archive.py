"""What is kept for ever without being held in memory: nothing is forgotten, nothing grows, the order stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.emulator.archive import Kept
from spikes.emulator.archive_file import FileArchive
from spikes.emulator.ledger_history import HistoryQuery, Role
from spikes.emulator.ledger_state import Transfer, TransferKind, TransferStatus
from tests.unit.emulator import ledger_moves as moves
from tests.unit.emulator.ledger_moves import NOW, PROVIDER, WALLETS

KEYS = st.sampled_from(("a", "b", "c", "d", "e", "f"))
KINDS, STATUSES = list(TransferKind), list(TransferStatus)


@given(changes=st.lists(st.tuples(KEYS, st.integers()), max_size=40), at_hand=st.integers(1, 4))
@settings(deadline=None)
def test_a_kept_mapping_is_a_mapping(changes: list[tuple[str, int]], at_hand: int) -> None:
    kept: Kept[str, int] = Kept(FileArchive(at_hand=at_hand), "numbers")
    plain: dict[str, int] = {}
    for key, value in changes:
        kept.put(key, value)
        plain[key] = value
        assert kept == plain
        assert len(kept) == len(plain)
        assert len(list(kept)) == len(plain)
        assert all((key in kept) is (key in plain) for key in "abcdefg")
        assert kept.in_memory <= at_hand
    with pytest.raises(KeyError):
        kept["g"]


def test_tables_and_kinds_of_keys_do_not_mix() -> None:
    archive = FileArchive(at_hand=1)
    texts: Kept[str, int] = Kept(archive, "texts")
    raw: Kept[bytes, int] = Kept(archive, "raw")
    for number in range(5):
        texts.put(f"{number}", number)
        raw.put(f"{number}".encode(), -number)
    assert dict(texts) == {f"{number}": number for number in range(5)}
    assert dict(raw) == {f"{number}".encode(): -number for number in range(5)}


def test_what_was_changed_after_it_left_memory_is_as_it_was_left() -> None:
    kept: Kept[str, int] = Kept(FileArchive(at_hand=1), "numbers")
    for value in range(3):
        for key in ("a", "b", "c"):
            kept.put(key, value)
    assert kept == {"a": 2, "b": 2, "c": 2}
    assert len(kept) == 3


# ---- history -------------------------------------------------------------------------------------


@st.composite
def transfers(draw: st.DrawFn) -> list[Transfer]:
    """Transfers of both wallets in any kind and state, at times that do not follow their order."""
    made = []
    for number in range(draw(st.integers(0, 12))):
        who, sent = draw(st.sampled_from(WALLETS)), draw(st.booleans())
        bare = moves.incoming(f"transfer {number}", who, [moves.new_leaf(f"leaf {number}", 5)])
        made.append(
            replace(
                bare,
                sender=who if sent else PROVIDER,
                receiver=PROVIDER if sent else who,
                kind=draw(st.sampled_from(KINDS)),
                status=draw(st.sampled_from(STATUSES)),
                created_at=NOW + draw(st.integers(-5, 5)),
            )
        )
    return made


QUERIES = st.builds(
    HistoryQuery,
    wallet=st.sampled_from(WALLETS),
    role=st.sampled_from(Role),
    ids=st.sets(st.integers(0, 14).map(lambda number: f"transfer {number}"), max_size=4),
    kinds=st.none() | st.sets(st.sampled_from(KINDS), max_size=3),
    statuses=st.none() | st.sets(st.sampled_from(STATUSES), max_size=3),
    after=st.none() | st.integers(-6, 6).map(lambda seconds: NOW + seconds),
    before=st.none() | st.integers(-6, 6).map(lambda seconds: NOW + seconds),
    newest_first=st.booleans(),
    offset=st.integers(0, 5),
    limit=st.none() | st.integers(0, 5),
)


def fits(transfer: Transfer, query: HistoryQuery) -> bool:
    """The question asked of one transfer in plain Python."""
    sent, received = transfer.sender == query.wallet, transfer.receiver == query.wallet
    return (
        {Role.ANY: sent or received, Role.SENT: sent, Role.RECEIVED: received}[query.role]
        and (not query.ids or transfer.id in query.ids)
        and (query.kinds is None or transfer.kind in query.kinds)
        and (query.statuses is None or transfer.status in query.statuses)
        and (query.after is None or transfer.created_at > query.after)
        and (query.before is None or transfer.created_at < query.before)
    )


def test_a_transfer_is_found_by_what_it_became_and_where_it_began() -> None:
    archive = FileArchive()
    first, second = (moves.incoming(name, WALLETS[0], [moves.new_leaf(name, 5)]) for name in ("first", "second"))
    for transfer in (first, second, replace(first, status=TransferStatus.COMPLETED, created_at=NOW - 600)):
        archive.note(WALLETS[0], transfer)

    def found(**terms: Any) -> list[str]:
        return archive.find(HistoryQuery(wallet=WALLETS[0], **terms))

    assert found() == ["first", "second"]
    assert found(statuses=(TransferStatus.COMPLETED,)) == ["first"]
    assert found(statuses=(first.status,)) == ["second"]
    assert found(before=NOW - 1) == ["first"]


@given(made=transfers(), queries=st.lists(QUERIES, min_size=1, max_size=5), later=st.sampled_from(STATUSES))
@settings(deadline=None)
def test_the_archive_finds_what_plain_python_finds(
    made: list[Transfer], queries: list[HistoryQuery], later: TransferStatus
) -> None:
    archive = FileArchive()
    changed = [replace(transfer, status=later) if n % 2 else transfer for n, transfer in enumerate(made)]
    for transfer in (*made, *changed):
        archive.note(transfer.receiver if transfer.sender == PROVIDER else transfer.sender, transfer)
    for query in queries:
        found = [transfer.id for transfer in changed if fits(transfer, query)]
        ordered = found[::-1] if query.newest_first else found
        end = None if query.limit is None else query.offset + query.limit
        assert archive.find(query) == ordered[query.offset : end]
    assert set(archive.wallets()) == {t.receiver if t.sender == PROVIDER else t.sender for t in made}

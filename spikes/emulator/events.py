"""Who listens for incoming transfers. In memory, one queue a subscriber, gone when it disconnects."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from spikes.emulator.ledger_state import Transfer


class EventHub:
    """Carries transfers to the subscribers of the identity that may claim them."""

    def __init__(self) -> None:
        self._queues: dict[bytes, set[asyncio.Queue[Transfer]]] = {}

    @contextmanager
    def subscribe(self, identity: bytes) -> Iterator[asyncio.Queue[Transfer]]:
        """A queue of transfers for `identity` (33-byte key), for as long as the block runs."""
        queue: asyncio.Queue[Transfer] = asyncio.Queue()
        self._queues.setdefault(identity, set()).add(queue)
        try:
            yield queue
        finally:
            self._queues[identity].discard(queue)
            if not self._queues[identity]:
                del self._queues[identity]

    def publish(self, transfer: Transfer) -> None:
        """Tell the receiver's subscribers that they can claim `transfer`."""
        for queue in self._queues.get(transfer.receiver, ()):
            queue.put_nowait(transfer)

"""The second witness of a live run: what another process, with another build of the SDK, says that the wallet holds.

Role: the native SDK on the same wallet, with files of its own, which reads the balance from the network's operators and
pays nothing: its own caps allow it one millisatoshi. No ledger of a live network is open to us; this and the proof of
payment are what there is. Must not know: what the driver under test says.
"""

from __future__ import annotations

from spikes.contract import ContractBreach
from spikes.driver_process import DriverProcess
from spikes.errors import LiveFailure
from spikes.live.seats import LiveSeats
from spikes.runtimes import native

NAME = "live-witness"
HOW = "read from the network's operators by a native SDK in another process, which paid nothing"


class BalanceWitness:
    """Start it before anybody pays; ask it between payments."""

    def __init__(self, seats: LiveSeats, deadline_s: float) -> None:
        self._seats = seats
        self._deadline_s = deadline_s
        self._process: DriverProcess | None = None
        self.identity = ""

    async def start(self) -> None:
        """Start it and learn whose wallet it is. Raises RuntimeStartFailure, LiveFailure."""
        self._process = self._seats.process(native, NAME, cap_msats=1)
        await self._process.start()
        try:
            self.identity = (await self._process.driver.status(self._deadline_s)).identity_public_key
        except ContractBreach as breach:
            raise LiveFailure(f"nothing was sent: the witness cannot open the wallet: {breach}") from breach

    async def balance_sats(self) -> int:
        """What the wallet holds now. Raises LiveFailure."""
        if self._process is None:
            raise LiveFailure("the witness was not started, so no balance can be told")
        try:
            claim = await self._process.driver.sync(self._deadline_s)
        except ContractBreach as breach:
            raise LiveFailure(f"the witness cannot read the balance: {breach}; try again later") from breach
        if claim.balance_sats is None:
            raise LiveFailure("the witness read no balance; its logs are in the run's directory")
        return claim.balance_sats

    async def stop(self) -> None:
        """End it."""
        if self._process is not None:
            await self._process.stop()

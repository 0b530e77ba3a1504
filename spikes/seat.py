"""A seat: one runtime in one lane, with its process, its wallet and everything an experiment may ask of it.

Role: the vocabulary of experiments - give money, pay, fetch, restart - in terms of the contract and the network. Every
call to the runtime is timed by the outside clock; `take_phases` hands the times over once an attempt is done.
Must not know: plans, expectations, records.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

from spikes.contract import Answer, ContractBreach, Driver
from spikes.driver_process import DriverProcess
from spikes.errors import RuntimeStartFailure
from spikes.network import Invoice
from spikes.processes import Launch
from spikes.record import Phase, Role
from spikes.runtimes import Eviction, Runtime, workerd
from spikes.runtimes.settings import Settings
from spikes.surroundings import Surroundings
from spikes.wallets import Wallet, derive_token

__all__ = ["LARGE_LEAF_SATS", "MSATS_PER_SAT", "Seat", "Surroundings"]

MSATS_PER_SAT = 1000
T = TypeVar("T")
# One large leaf lasts for many payments, each of which has to swap it for the amount and change.
LARGE_LEAF_SATS = 200_000


class Seat:
    """One runtime in one lane. `name` is the runtime's, with the lane if it is not "a".

    `inspect` names the inspection that watches this seat's driver; None in every run of payments. `folder` names its
    state and logs, if not `name` does. `watched` adds an inspection's instruments to how the driver is started.
    """

    def __init__(
        self,
        runtime: Runtime,
        name: str,
        wallet: Wallet,
        around: Surroundings,
        *,
        inspect: str | None = None,
        folder: str | None = None,
        watched: Callable[[Launch], Launch] | None = None,
    ) -> None:
        self.runtime = runtime
        self.name = name
        self.network = around.network
        self.seller = around.seller
        self.incarnation = 0
        self.served = 0  # attempts that this incarnation has served
        self.identity = ""  # the wallet's identity key, once the driver has told it
        self.has_shrunk = False  # one counterexample of this seat's; each takes as long as many attempts
        self._wallet = wallet
        self._around = around
        self._inspect = inspect
        self._phases: list[Phase] = []
        self._folder = folder or name
        launch = runtime.launch(self._settings(self._folder))
        self._process = self._driver_process(self._folder, watched(launch) if watched else launch, wallet.token)
        self._orchestrator: DriverProcess | None = None
        self._boots: list[float] = []
        self._serving: Driver | None = None  # whom the last request went to: the wallet's driver, or the buyer's

    # --- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the driver and learn the wallet's identity. Raises RuntimeStartFailure."""
        await self.boot()
        await self.build()

    async def build(self) -> None:
        """Have the driver build its wallet and tell its identity. Raises RuntimeStartFailure."""
        try:
            status = await self._timed("build", self.driver.status(self._around.deadline_s))
        except ContractBreach as breach:
            raise RuntimeStartFailure(f"{self.name}: {breach}; read its logs, then run `make doctor`") from breach
        self.identity = status.identity_public_key

    async def boot(self) -> None:
        """Start the driver's process, which builds no wallet before it is asked. Raises RuntimeStartFailure."""
        boot_s = await self._process.start()
        self._boots.append(boot_s)
        self._phases.append(Phase(name="boot", duration_s=boot_s, clock="outside"))

    async def restart(self) -> None:
        """Kill the driver as a crash would and start it anew: the next incarnation. Raises RuntimeStartFailure."""
        await self.crash()
        await self._reincarnate()

    async def restart_in_order(self) -> None:
        """Ask the driver to end, as an upgrade would, and start it anew. Raises RuntimeStartFailure."""
        await self._process.stop()
        await self._reincarnate()

    async def crash(self) -> None:
        """Kill the driver. Nobody answers until it is restarted or revived."""
        await self._process.kill()

    async def revive(self) -> None:
        """Start the driver anew if its process is gone, whatever ended it. Raises RuntimeStartFailure."""
        if self.pid is None:
            await self._reincarnate()

    async def evict(self) -> None:
        """Take the isolate away as its platform would, memory and all. Raises RuntimeStartFailure, ContractBreach."""
        match self.runtime.EVICTION:
            case Eviction.ASKED:
                started = time.perf_counter()
                await self.driver.evict(self._around.deadline_s)
                await self._stop_orchestrator()
                self._incarnated()
                self._phases.append(Phase(name="boot", duration_s=time.perf_counter() - started, clock="outside"))
            case Eviction.STOPPED:
                await self.restart_in_order()
            case Eviction.EVERY_CALL | Eviction.NEVER:
                pass  # there is nothing to take away, or nobody who does

    @asynccontextmanager
    async def twin(self, name: str = "twin", env: Mapping[str, str] | None = None) -> AsyncIterator[Seat]:
        """A second process with the same wallet, which knows nothing of the first one's memory and files.

        `name` tells its files from those of other twins; `env` is told to it besides what every driver is told.
        """
        folder, told = f"{self._folder}-{name}", env or {}
        twin = Seat(
            self.runtime,
            self.name,
            self._wallet,
            self._around,
            folder=folder,
            watched=lambda launch: replace(launch, env={**launch.env, **told}),
        )
        try:
            await twin.start()
            yield twin
        finally:
            await twin.stop()
            self._phases += twin.take_phases()

    async def stop(self) -> None:
        """End everything that belongs to the seat."""
        await self._stop_orchestrator()
        await self._process.stop()

    @property
    def driver(self) -> Driver:
        """The contract's client of the running driver."""
        return self._process.driver

    @property
    def pid(self) -> int | None:
        """The driver's process id, None if it is not running."""
        return self._process.pid

    @property
    def boots_s(self) -> tuple[float, ...]:
        """Seconds from spawn to healthy, one for each incarnation."""
        return tuple(self._boots)

    def take_phases(self) -> tuple[Phase, ...]:
        """The phases timed since the last taking."""
        taken, self._phases = tuple(self._phases), []
        return taken

    # --- what experiments ask -------------------------------------------------------------------------------------

    async def sync(self) -> None:
        """Have the wallet read the network and claim what came in. Raises ContractBreach."""
        await self._timed("sync", self.driver.sync(self._around.deadline_s))

    async def rebuild(self) -> None:
        """Have the driver drop the SDK, so that the next request builds a new one. Raises ContractBreach."""
        await self._timed("rebuild", self.driver.rebuild(self._around.deadline_s))

    async def checked_balance_sats(self) -> int | None:
        """The balance that the driver tells after a sync; None if it tells none. Raises ContractBreach."""
        return (await self._timed("check", self.driver.sync(self._around.deadline_s))).balance_sats

    async def give(self, amounts_sats: list[int]) -> None:
        """Fund the wallet with one leaf for each amount and have it claim them. Raises ContractBreach."""
        await self.network.fund(self.identity, amounts_sats)
        await self.sync()

    async def hold_at_least(self, sats: int) -> None:
        """See to it that the wallet can spend that much; what is missing comes as one large leaf."""
        if (await self.network.wallet(self.identity)).available_sats < sats:
            await self.give([max(LARGE_LEAF_SATS, sats)])

    async def pay(self, request_id: str, invoice: Invoice, phase: str = "pay") -> Answer:
        """Ask the driver to pay an invoice, with a cap of just its amount."""
        cap = invoice.amount_sats * MSATS_PER_SAT
        body = {"requestId": request_id, "invoice": invoice.bolt11, "maxAmountMsats": cap}
        return await self.ask("pay", body, phase)

    async def ask(self, experiment: str, body: Mapping[str, Any], phase: str = "pay") -> Answer:
        """Ask the driver for an experiment by name."""
        self._serving = self.driver
        answer = await self.driver.experiment(experiment, body, self._around.deadline_s)
        self._phases.append(Phase(name=phase, duration_s=answer.wall_s, clock="outside"))
        return answer

    async def fetch(self, request_id: str, url: str, policy: Mapping[str, Any], *, phase: str = "fetch") -> Answer:
        """Have the orchestrating Worker buy what is sold at `url`, within the policy."""
        orchestrator = await self._orchestrating_driver()
        body = {"requestId": request_id, "url": url, "policy": policy}
        self._serving = orchestrator
        answer = await orchestrator.experiment("l402_fetch", body, self._around.deadline_s)
        self._phases.append(Phase(name=phase, duration_s=answer.wall_s, clock="outside"))
        return answer

    async def state_of(self, request_id: str) -> str | None:
        """How far the driver that serves this seat's requests now says that one is; None if it has not heard of it."""
        return None if self._serving is None else await self._serving.state_of(request_id, self._around.deadline_s)

    async def open_shop(self) -> None:
        """Have the orchestrating Worker ready, so that its start is no part of a turn."""
        await self._orchestrating_driver()

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _reincarnate(self) -> None:
        await self._stop_orchestrator()  # it holds the address of the process that is gone
        self._incarnated()
        await self.boot()

    def _incarnated(self) -> None:
        self.incarnation += 1
        self.served = 0

    async def _orchestrating_driver(self) -> Driver:
        """For a native runtime the same isolate buys and pays; beside any other stands a Worker that calls it."""
        if self.runtime.ROLE is Role.NATIVE:
            return self.driver
        if self._orchestrator is None:
            name = f"{self._folder}-orchestrator"
            token = derive_token(self._around.seed, name)
            settings = self._settings(name, token=token, executor=self.driver.base_url)
            self._orchestrator = self._driver_process(name, workerd.launch(settings), token)
            await self._orchestrator.start()
        return self._orchestrator.driver

    async def _stop_orchestrator(self) -> None:
        if self._orchestrator is not None:
            await self._orchestrator.stop()
            self._orchestrator = None

    def _settings(self, folder: str, token: str | None = None, executor: str | None = None) -> Settings:
        state_dir = self._around.scratch / folder
        state_dir.mkdir(parents=True, exist_ok=True)
        return Settings(
            runtime=self.name if executor is None else folder,
            network=self.network.description,
            token=token or self._wallet.token,
            mnemonic=self._wallet.mnemonic if executor is None else None,
            wallet_id=self._wallet.wallet_id,
            state_dir=state_dir,
            inspect=self._inspect if executor is None else None,
            executor_url=executor,
            executor_token=None if executor is None else self._wallet.token,
        )

    def _driver_process(self, name: str, launch: Launch, token: str) -> DriverProcess:
        return DriverProcess(name=name, launch=launch, token=token, logs=self._around.logs, http=self._around.http)

    async def _timed(self, phase: str, call: Awaitable[T]) -> T:
        started = time.perf_counter()
        try:
            return await call
        finally:
            self._phases.append(Phase(name=phase, duration_s=time.perf_counter() - started, clock="outside"))

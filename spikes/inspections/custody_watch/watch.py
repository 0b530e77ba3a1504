"""A seat under watch: its answers kept, its wires tapped, its temporary files and logs in folders of its own.

Role: puts the instruments around one driver and lists what each surface carried. Must not know: what is planted or
found, how keys are opened.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from spikes import services
from spikes.inspections.custody_watch import answers, heap, vault
from spikes.inspections.custody_watch.answers import KeptAnswers
from spikes.inspections.custody_watch.processes_seen import ProcessesSeen
from spikes.inspections.custody_watch.surfaces import Source, files_below
from spikes.inspections.custody_watch.wires import TappedSeller, Wires, wired
from spikes.paywall.catalogue import Catalogue
from spikes.processes import Launch
from spikes.runtimes import Runtime
from spikes.seat import Seat, Surroundings
from spikes.wallets import Wallet

INSPECT = "custody"
WORKERD = "workerd"
_LOG_NAMES = ("*.log", "*.log.*")


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One seat and its instruments."""

    seat: Seat
    wires: Wires
    answers: KeptAnswers
    seen: ProcessesSeen
    logs: Path
    state: Path
    temporary: Path
    services_logs: Path  # of the network, which serves more than this seat

    def look(self) -> None:
        """Look at the driver's processes as they are now."""
        if self.seat.pid is not None:
            self.seen.look(self.seat.pid)

    @property
    def stdout_log(self) -> Path:
        """What the driver printed, over all its incarnations."""
        return self.logs / f"{self.seat.name}.stdout.log"

    def sources(self) -> dict[str, tuple[Source, ...]]:
        """Surface -> what it carried, for every surface but the papers."""
        own = {self.stdout_log, self.logs / f"{self.seat.name}.stderr.log"}
        state = files_below(self.state, "state ")
        logged = tuple(source for source in state if _is_log(source))
        others = tuple(source for source in files_below(self.logs, "log ") if source.content not in own)
        emulator = tuple(
            Source(where=f"log {path.name}", content=path) for path in sorted(self.services_logs.glob("emulator.*"))
        )
        return {
            "stdout": (Source(where="stdout", content=self.stdout_log),),
            "stderr": (Source(where="stderr", content=self.logs / f"{self.seat.name}.stderr.log"),),
            "runtime_logs": (*others, *emulator, *logged),
            "response_bodies": self.answers.kept(answers.BODIES),
            "response_headers": self.answers.kept(answers.HEADERS),
            "errors": self.answers.kept(answers.ERRORS),
            "emulator_traffic": self.wires.of_network(),
            "paywall_traffic": self.wires.of_paywall(),
            "runtime_storage": tuple(source for source in state if source not in logged),
            "temp_files": files_below(self.temporary, "temp "),
            "child_environment": self.seen.environments,
            "child_command_line": self.seen.command_lines,
        }


@asynccontextmanager
async def watched(
    runtime: Runtime,
    around: Surroundings,
    wallet: Wallet,
    *,
    name: str,
    settings: Mapping[str, str] | None,
    items: Catalogue,
    logs: Path,
) -> AsyncIterator[Watch]:
    """A seat that is not started yet. `settings`: the envelope to tell it instead of the mnemonic, None for neither.

    Raises PaywallFailure, ToolMissing, RuntimeStartFailure.
    """
    folder = around.scratch / name
    state, temporary, wires_folder = folder / "state", folder / "tmp", folder / "wires"
    for path in (folder, logs, state, temporary, wires_folder):
        path.mkdir(parents=True, exist_ok=True)
    kept = KeptAnswers(folder / "answers")
    async with AsyncExitStack() as stack:
        network, http = around.network, around.http
        seller = await stack.enter_async_context(services.paywall(http, logs, around.seed, network, items))
        wires = await stack.enter_async_context(wired(network.description, seller, wires_folder))
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=kept, timeout=None)  # noqa: S113 - deadlines are the callers'
        )
        inside = dataclasses.replace(
            around, http=client, seller=TappedSeller(seller, wires.paywall, http), logs=logs, scratch=state
        )

        seat = Seat(runtime, name, wallet, inside, inspect=INSPECT, watched=_instruments(settings, wires, temporary))
        stack.push_async_callback(seat.stop)
        yield Watch(
            seat=seat,
            wires=wires,
            answers=kept,
            seen=ProcessesSeen(),
            logs=logs,
            state=state,
            temporary=temporary,
            services_logs=around.logs,
        )


def _instruments(settings: Mapping[str, str] | None, wires: Wires, temporary: Path) -> Callable[[Launch], Launch]:
    """What is added to how the driver is started; to a Worker its inspector too."""

    def instrumented(launch: Launch) -> Launch:
        told = launch if settings is None else vault.told(launch, settings)
        places = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(temporary))
        env = {**told.env, **places, "SPARKGATE_NETWORK": wires.description}
        if Path(launch.argv[0]).name != WORKERD:
            return dataclasses.replace(told, env=env)
        return dataclasses.replace(told, env=env, argv=(*told.argv, *heap.FLAGS), ready_key=heap.READY_KEY)

    return instrumented


def _is_log(source: Source) -> bool:
    path = Path(source.where.removeprefix("state "))
    return any(path.match(name) for name in _LOG_NAMES) or "logs" in path.parts

"""The control: a driver that leaks on purpose, under the same watch as the honest ones.

Role: takes spikes/drivers/leaky through the same steps, collects and scans the same surfaces, and says which planted
leaks were caught, each in the form in which it was planted. Its files lie in the scratch folder and go with it.
Must not know: honest runtimes.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spikes.experiments import shop
from spikes.inspections.custody_watch import allowances, planted, surfaces
from spikes.inspections.custody_watch.paper import papers
from spikes.inspections.custody_watch.steps import WHOLE_LIFE, Steps, plan_of
from spikes.inspections.custody_watch.surfaces import Scan, Status, Surface
from spikes.inspections.custody_watch.vault import OWNER, issue, vault
from spikes.inspections.custody_watch.watch import watched
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes import Eviction, Form
from spikes.runtimes.settings import Settings
from spikes.scanner.scan import Scanner
from spikes.seat import Surroundings
from spikes.wallets import derive_wallet

NAME = "leaky"
CAUGHT, MISSED = "CAUGHT", "MISSED"
KEY = "leaky"
_RESULTS = "leak-controls.json"
# Surface -> how the scanner has to name what drivers/leaky plants there (its forms.py).
PLANTED: Mapping[str, frozenset[str]] = {
    "stdout": frozenset({"words"}),
    "stderr": frozenset({"white space removed, base64"}),
    "runtime_logs": frozenset({"gzip, words"}),
    "response_bodies": frozenset({"escaped"}),
    "response_headers": frozenset({"raw", "reversed hex"}),
    "errors": frozenset({"reversed"}),
    "emulator_traffic": frozenset({"base64"}),
    "paywall_traffic": frozenset({"URL-encoded"}),
    "runtime_storage": frozenset({"raw", "words"}),
    "temp_files": frozenset({"UTF-16 words", "base64"}),
    "child_environment": frozenset({"hex"}),
    "child_command_line": frozenset({"base64"}),
    "record": frozenset({"decimal list", "words"}),
    "report": frozenset({"words"}),
    "adr": frozenset({"words"}),
    "junit": frozenset({"words"}),
}


@dataclass(frozen=True, kw_only=True)
class LeakyRuntime:
    """The control as the harness sees a runtime. It stands in no registry: no run ever asks it to pay."""

    NAME: str = NAME
    ROLE: Role = Role.NATIVE  # so that it buys itself, and its leaks reach the seller
    TIER: Tier = Tier.STAND_IN
    FORM: Form = Form.DRIVER
    PLATFORM: Platform = Platform.NONE
    EVICTION: Eviction = Eviction.NEVER
    SDK: str = "none"
    ENGINE: str = "CPython"
    PINS: tuple[str, ...] = ()

    def launch(self, settings: Settings) -> Launch:
        return Launch(argv=(sys.executable, "-m", "spikes.drivers.leaky"), env=settings.environment())

    def facts(self) -> tuple[Fact, ...]:
        return ()


async def controls(around: Surroundings) -> dict[str, tuple[str, str]]:
    """Surface -> CAUGHT or MISSED (or UNSCANNED, where there is nothing to scan) and how; made once a run.

    Raises HarnessFailure, KmsError.
    """
    results = around.scratch / _RESULTS
    if not results.exists():
        scans = await leaky_scans(around)
        found = {scan.surface: verdict_of(scan) for scan in scans}
        results.write_text(json.dumps(found), encoding="utf-8")
    return {name: (value, how) for name, (value, how) in json.loads(results.read_text(encoding="utf-8")).items()}


def verdict_of(scan: Scan) -> tuple[str, str]:
    """Whether every form that was planted on this surface was found in it."""
    wanted = PLANTED[scan.surface]
    found = {leak.encoding for leak in scan.leaks}
    planted_forms = ", ".join(sorted(wanted))
    if wanted <= found:
        return CAUGHT, f"planted as {planted_forms}; one leaky driver a run, watched and scanned like the honest ones"
    if scan.status is Status.UNSCANNED:
        return scan.status.value, scan.how
    return MISSED, f"planted as {planted_forms}, not found as {', '.join(sorted(wanted - found))}"


async def leaky_scans(around: Surroundings, scanner_of: type[Scanner] = Scanner) -> list[Scan]:
    """The leaky driver's surfaces, scanned. Raises HarnessFailure, KmsError."""
    seed, runtime = secrets.randbits(63), LeakyRuntime()
    wallet, folder = derive_wallet(seed, NAME), around.scratch / NAME
    folder.mkdir()
    logs, plan = folder / "logs", plan_of(runtime, seed, WHOLE_LIFE, around.deadline_s)
    logs.mkdir()
    async with vault(around.http, folder, logs) as safe:
        life = await safe.life(KEY)
        await life.import_(wallet.wallet_id, OWNER, wallet.mnemonic)
        settings = safe.settings(issue(life, wallet.wallet_id))
        items = shop.items(plan)
        async with watched(
            runtime, around, wallet, name=f"{NAME}-driver", settings=settings, items=items, logs=logs
        ) as watch:
            steps = Steps(watch, plan, "", around.deadline_s)
            await steps.start()
            await steps.attempts()
            await steps.ask_directly()
    course = steps.course
    paper = await asyncio.to_thread(papers, runtime, course.attempts, course.errors, seed, folder / "papers")
    canaries = [*planted.of_wallet("wallet", wallet.mnemonic), planted.token("token", wallet.token)]
    scanner = await asyncio.to_thread(scanner_of, canaries)
    sources = {**watch.sources(), **paper.sources}
    found = (
        Surface(name=name, sources=pieces, unscanned=paper.unscanned.get(name)) for name, pieces in sources.items()
    )
    return await asyncio.to_thread(_scanned, list(found), scanner)


def _scanned(found: Iterable[Surface], scanner: Scanner) -> list[Scan]:
    allowed = allowances.load()
    return [surfaces.scan(surface, scanner, allowed) for surface in found]

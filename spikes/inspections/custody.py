"""Inspection: does a runtime keep its wallet's seed? Envelopes, leaks, the life of keys, what is left in memory.

Role: takes a wallet of its own through its life under watch (custody_watch), scans everything that it carried for the
secrets that were planted, and names the facts. Then briefly the same in the legacy mode, with the mnemonic in the
environment, so that a reader sees what the migration buys. Must not know: what the gates make of it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from spikes.custody.envelope import EnvelopeError
from spikes.custody.kms_client import KmsError
from spikes.errors import RuntimeStartFailure
from spikes.experiments import shop
from spikes.inspections.custody_watch import findings, planted
from spikes.inspections.custody_watch.control import controls
from spikes.inspections.custody_watch.envelope_facts import data_keys, envelope_facts, try_doors
from spikes.inspections.custody_watch.findings import Carried
from spikes.inspections.custody_watch.key_life import KeyLife, Ward, key_life
from spikes.inspections.custody_watch.memory import Remains, look_twice, residue_facts
from spikes.inspections.custody_watch.paper import Papers, papers
from spikes.inspections.custody_watch.planted import OF_WALLETS
from spikes.inspections.custody_watch.steps import BRIEF_LIFE, WHOLE_LIFE, Course, Steps, plan_of
from spikes.inspections.custody_watch.surfaces import Scan
from spikes.inspections.custody_watch.vault import OWNER, Issued, Vault, issue, vault
from spikes.inspections.custody_watch.watch import INSPECT, watched
from spikes.kms.policy import Caller
from spikes.record import Fact
from spikes.runtimes import Runtime
from spikes.scanner.scan import Scanner
from spikes.seat import Surroundings
from spikes.wallets import Wallet, derive_wallet

NAME = INSPECT
AT_ONCE = 2  # its figures are findings and counts
KEY = "watched"
LEGACY = "legacy_env"


@dataclass(frozen=True, kw_only=True)
class Life:
    """One watched seat after its life: what happened, what it carried, what was left in its memory."""

    course: Course
    carried: Carried
    looks: tuple[Remains, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The life of keys, and the data keys that it took."""

    life: KeyLife
    data_keys: list[bytes] = field(repr=False)


async def inspect(runtime: Runtime, around: Surroundings) -> list[Fact]:
    """Every fact of gate 2 but isolation. Raises HarnessFailure if it cannot be measured."""
    with _as_harness_failures(f"{runtime.NAME}-{NAME}"):
        return await _Inspection(runtime, around).facts()


async def catch_the_leaky(around: Surroundings) -> None:
    """The driver that leaks on purpose, watched once for all runtimes of the run. Raises HarnessFailure."""
    with _as_harness_failures(NAME):
        await controls(around)


class _Inspection:
    """One runtime. Every inspection draws a seed of its own: its canaries were never seen before."""

    def __init__(self, runtime: Runtime, around: Surroundings) -> None:
        self._runtime = runtime
        self._around = around
        self._name = f"{runtime.NAME}-{NAME}"
        self._seed = secrets.randbits(63)
        self._folder = around.scratch / self._name
        self._logs = around.logs / self._name

    async def facts(self) -> list[Fact]:
        caught = await controls(self._around)
        for path in (self._folder, self._logs):
            path.mkdir()
        wallet = derive_wallet(self._seed, self._name)
        async with vault(self._around.http, self._folder, self._logs) as safe:
            life = await safe.life(KEY)
            await life.import_(wallet.wallet_id, OWNER, wallet.mnemonic)
            issued = issue(life, wallet.wallet_id)
            key = await safe.data_key(issued)
            async with asyncio.TaskGroup() as group:
                whole = group.create_task(self._whole_life(wallet, safe, issued, key))
                legacy = group.create_task(self._legacy())
                keys = group.create_task(self._key_life())
            doors = await try_doors(safe, issued)
        lives = keys.result()
        told = [
            *envelope_facts(self._runtime.NAME, issued, [key, *lives.data_keys], doors),
            *self._key_life_facts(whole.result().course, lives.life),
            *(self._fact(f"leak_control.{name}", value, how) for name, (value, how) in caught.items()),
        ]
        return await asyncio.to_thread(self._scanned, whole.result(), legacy.result(), told)

    async def _whole_life(self, wallet: Wallet, safe: Vault, issued: Issued, key: bytes) -> Life:
        """With the envelope: what the gates judge."""
        secret = (
            *planted.of_wallet("wallet", wallet.mnemonic),
            planted.data_key("data key", key),
            planted.token("driver's token", wallet.token),
            planted.token("KMS token", safe.tokens[Caller.PAYMENT_RUNTIME]),
        )
        of_wallet = tuple(canary for canary in secret if canary.kind in OF_WALLETS)
        plan = plan_of(self._runtime, self._seed, WHOLE_LIFE, self._around.deadline_s)
        async with (
            asyncio.TaskGroup() as group,
            watched(
                *(self._runtime, self._around, wallet),
                name=self._name,
                settings=safe.settings(issued),
                items=shop.items(plan),
                logs=self._logs,
            ) as watch,
        ):
            scanner = group.create_task(asyncio.to_thread(Scanner, of_wallet))  # takes a second: it must not delay
            steps = Steps(watch, plan, planted.identity_of(wallet.mnemonic), self._around.deadline_s)
            course = steps.course
            await steps.open_under_a_bad_kms(safe, KEY)
            await steps.attempts()
            if course.built is None:
                await steps.ask_directly()
                await steps.pay_while_the_kms_is_gone(safe)
                watch.look()
            paper = group.create_task(asyncio.to_thread(self._papers, course))
            wasm_bytes = None if course.built else await steps.close_wallet()
            looks = await look_twice(watch, await scanner, wasm_bytes) if course.closed else ()
        carried = findings.carried(watch, course, secret, paper.result(), control_plane=safe.database)
        return Life(course=course, carried=carried, looks=looks)

    def _papers(self, course: Course) -> Papers:
        return papers(self._runtime, course.attempts, course.errors, self._seed, self._folder / "papers")

    async def _legacy(self) -> Life:
        """With the mnemonic in the environment, as before the migration: told, not judged."""
        name = f"{self._name}-legacy"
        wallet = derive_wallet(self._seed, name)
        plan = plan_of(self._runtime, self._seed, BRIEF_LIFE, self._around.deadline_s)
        async with watched(
            *(self._runtime, self._around, wallet),
            name=name,
            settings=None,
            items=shop.items(plan),
            logs=self._logs / LEGACY,
        ) as watch:
            steps = Steps(watch, plan, planted.identity_of(wallet.mnemonic), self._around.deadline_s)
            await steps.start()
            await steps.attempts()
        secret = (
            *planted.of_wallet("legacy wallet", wallet.mnemonic),
            planted.token("legacy driver's token", wallet.token),
        )
        return Life(course=steps.course, carried=findings.carried(watch, steps.course, secret))

    async def _key_life(self) -> Keys:
        """On a KMS of its own: the watched one is made to misbehave meanwhile."""
        folder, logs = self._folder / "key-life", self._logs / "key-life"
        folder.mkdir()
        logs.mkdir()
        async with vault(self._around.http, folder, logs) as safe:
            ward = Ward.of(self._runtime, self._around, safe, seed=self._seed, folder=folder, logs=logs)
            life = await key_life(ward)
            return Keys(life=life, data_keys=await data_keys(safe, ward.issued.values()))

    def _scanned(self, whole: Life, legacy: Life, told: list[Fact]) -> list[Fact]:
        """Scan everything with one scanner, and put it into facts."""
        scanner = Scanner((*whole.carried.canaries, *legacy.carried.canaries))
        scans = {scan.surface: scan for scan in findings.scans(whole.carried, scanner)}
        before = {scan.surface: scan for scan in findings.scans(legacy.carried, scanner)}
        facts = [
            *told,
            *self._plaintext(scans),
            *(self._fact(f"leak_scan.{name}", scan.status.value, scan.how) for name, scan in scans.items()),
            *(self._fact(f"{LEGACY}.leak_scan.{name}", scan.status.value, scan.how) for name, scan in before.items()),
        ]
        if whole.looks:
            facts += residue_facts(self._runtime.NAME, whole.looks, whole.course.closed or "")
        return findings.tell_nothing(facts, scanner)

    def _plaintext(self, scans: Mapping[str, Scan]) -> Iterator[Fact]:
        given = [*scans["child_environment"].leaks, *scans["child_command_line"].leaks]
        kept = scans["runtime_storage"].leaks
        what = "mnemonic, seed, private key or data key, in any encoding, in"
        how = f"{what} the driver's environment or command line; into its standard input nothing is written"
        yield self._fact("plaintext_inputs", sum(leak.kind in OF_WALLETS for leak in given), how)
        how = f"{what} the control plane's database or the runtime's files"
        yield self._fact("plaintext_persisted", sum(leak.kind in OF_WALLETS for leak in kept), how)

    def _key_life_facts(self, course: Course, life: KeyLife) -> Iterator[Fact]:
        unwraps = {**course.unwraps, **life.unwraps}
        for case, value in {**course.key_life, **life.values}.items():
            asked = f"; {unwraps[case]} questions to the KMS" if case in unwraps else ""
            yield self._fact(f"key_life.{case}", value, f"the driver's own typed answer, identity key compared{asked}")
        if unwraps:
            how = f"the KMS's audit log: most questions for one build of a wallet, {len(unwraps)} builds"
            yield self._fact("unwraps_per_build", max(unwraps.values()), how)

    def _fact(self, name: str, value: float | str, how: str) -> Fact:
        return Fact(runtime=self._runtime.NAME, name=name, value=value, how=how)


@contextmanager
def _as_harness_failures(name: str) -> Iterator[None]:
    """What goes wrong inside, as failures that the runner knows."""
    try:
        yield
    except (KmsError, EnvelopeError) as error:
        raise RuntimeStartFailure(f"{name}: {error}; read the log of its kms") from error
    except BaseExceptionGroup as several:
        raise _first(several) from several


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure of those that ended a group of tasks, as one that the runner knows."""
    first = several.exceptions[0]
    if isinstance(first, BaseExceptionGroup):
        return _first(first)
    if isinstance(first, KmsError | EnvelopeError):
        return RuntimeStartFailure(f"{NAME}: {first}; read the log of its kms")
    return first

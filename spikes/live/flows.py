"""Flows against a seller and an executor that the environment names: the only place where real money could move.

Role: refuse unless everything is said - where, with which token, how much at once, how much in all, and in so many
words that it may be spent - then make a handful of flows, of which at most one pays. Topology B: the Worker runs here,
the wallet behind the executor.
Must not know: the emulator, plans, records. No secret and no proof of payment is printed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from spikes import services
from spikes.contract import Answer
from spikes.driver_process import DriverProcess
from spikes.errors import FlowFailure
from spikes.live.networks import networks
from spikes.live.permission import MOST_SATS, read_sats, refuse_automation
from spikes.processes import Launch
from spikes.record import Outcome
from spikes.run_directory import RunDirectory, make_run_directory
from spikes.runtimes import workerd_config
from spikes.runtimes.settings import Settings

SELLER, EXECUTOR = "SPARKGATE_LIVE_SELLER", "SPARKGATE_LIVE_EXECUTOR"
EXECUTOR_TOKEN = "SPARKGATE_LIVE_EXECUTOR_TOKEN"  # noqa: S105 - the name of a variable
SPEND_CAP, AMOUNT_LIMIT = "SPARKGATE_LIVE_SPEND_CAP_SATS", "SPARKGATE_LIVE_AMOUNT_LIMIT_SATS"
CONFIRM = "SPARKGATE_LIVE_CONFIRM"
NETWORK = "SPARKGATE_LIVE_NETWORK"  # whose invoices the seller sends: regtest if not told
VARIABLES = (SELLER, EXECUTOR, EXECUTOR_TOKEN, SPEND_CAP, AMOUNT_LIMIT, CONFIRM)
CONFIG = workerd_config.DRIVERS / "workerd" / "live.capnp"
DEADLINE_S = 120.0
MSATS_PER_SAT = 1000
NAME = "live-orchestrator"
ANOTHER_HOST = "seller.example"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class Live:
    """Everything that a live run needs to be told."""

    seller: str
    executor: str
    executor_token: str = field(repr=False)
    spend_cap_sats: int
    amount_limit_sats: int
    network: str = "regtest"

    @property
    def host(self) -> str:
        """The seller's host, with its port if it names one."""
        return urlsplit(self.seller).netloc


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One flow and the ends that are as they should be."""

    name: str
    policy: Mapping[str, Any]
    ends: tuple[tuple[Outcome, str | None], ...]


def read(environment: Mapping[str, str]) -> Live:
    """What the environment says. Raises FlowFailure or LiveFailure that names everything that is missing or wrong."""
    refuse_automation(environment)
    problems = [f"{name} is not set" for name in VARIABLES if not environment.get(name)]
    problems += [f"{name}: {wrong}" for name in (SELLER, EXECUTOR) if (wrong := _bad_url(environment.get(name, "")))]
    known = [network.name for network in networks()]
    network = environment.get(NETWORK) or "regtest"
    problems += [f"{NETWORK} is one of {', '.join(known)}"] if network not in known else []
    sats = {name: read_sats(environment.get(name, "")) for name in (SPEND_CAP, AMOUNT_LIMIT)}
    problems += [
        f"{name} is a whole number from 1 to {MOST_SATS}"
        for name, amount in sats.items()
        if environment.get(name) and amount is None
    ]
    cap, limit = sats[SPEND_CAP] or 0, sats[AMOUNT_LIMIT] or 0
    if not problems and limit > cap:
        problems.append(f"{AMOUNT_LIMIT} ({limit}) is above {SPEND_CAP} ({cap})")
    if problems:
        raise FlowFailure(f"nothing was sent: {'; '.join(problems)}")
    live = Live(
        seller=environment[SELLER],
        executor=environment[EXECUTOR].rstrip("/"),
        executor_token=environment[EXECUTOR_TOKEN],
        spend_cap_sats=cap,
        amount_limit_sats=limit,
        network=network,
    )
    if environment[CONFIRM] != (wanted := confirmation(live)):
        raise FlowFailure(f"nothing was sent: set {CONFIRM} to exactly {wanted!r} if you mean it")
    return live


def confirmation(live: Live) -> str:
    """The words that allow the run. They name amount and place, so that old ones do not fit a new run."""
    real = "" if live.network == "regtest" else " real"
    return f"spend up to {live.spend_cap_sats}{real} sats at {live.host}"


def turns(live: Live) -> Iterator[Turn]:
    """The flows, in order: what must cost nothing comes first, and what comes after the one payment may not pay."""
    policy = {
        "maxAmountMsats": live.amount_limit_sats * MSATS_PER_SAT,
        "windowCapMsats": live.spend_cap_sats * MSATS_PER_SAT,
        "hostAllowlist": [live.host],
    }
    over_cap = (Outcome.BLOCKED, "quoted_amount_exceeds_cap")
    unpaid = {**policy, "maxAmountMsats": 1}
    yield Turn(
        name="blocked_kill_switch",
        policy={**policy, "killSwitch": True},
        ends=((Outcome.BLOCKED, "kill_switch_on"),),
    )
    yield Turn(
        name="blocked_host",
        policy={**policy, "hostAllowlist": [ANOTHER_HOST]},
        ends=((Outcome.BLOCKED, "host_not_allowed"),),
    )
    yield Turn(name="blocked_cap", policy=unpaid, ends=(over_cap,))
    yield Turn(name="paid", policy=policy, ends=((Outcome.PAID, None),))
    # A seller that is paid per request asks again; the cap then ends it.
    yield Turn(name="cached", policy=unpaid, ends=((Outcome.CACHED, None), over_cap))


def main(live: Live, out: Path) -> int:
    """Make the flows and print them. Raises FlowFailure if one did not end as declared."""
    run = make_run_directory(out, "live-flows", 0, datetime.now(UTC), latest="latest-live-flows")
    try:
        wrong = asyncio.run(_run(live, run))
    finally:
        run.clear_scratch()
    if wrong:
        raise FlowFailure(f"did not end as declared: {', '.join(wrong)}; logs are in {run.logs}")
    return 0


async def _run(live: Live, run: RunDirectory) -> list[str]:
    """The names of the flows that ended otherwise. It stops at the first: what follows builds on it."""
    async with services.http_client() as http:
        token = secrets.token_urlsafe(32)
        worker = DriverProcess(name=NAME, launch=_launch(live, run, token), token=token, logs=run.logs, http=http)
        try:
            await worker.start()
            for turn in turns(live):
                body = {"requestId": str(uuid.uuid4()), "url": live.seller, "policy": turn.policy}
                answer = await worker.driver.experiment("l402_fetch", body, DEADLINE_S)
                fits = (answer.outcome, answer.code) in turn.ends
                print(_line(turn, answer, fits=fits), flush=True)
                if not fits:
                    return [turn.name]
        finally:
            await worker.stop()
    return []


def _launch(live: Live, run: RunDirectory, token: str) -> Launch:
    state_dir = run.scratch / NAME
    state_dir.mkdir()
    settings = Settings(
        runtime=NAME,
        network=json.dumps({"network": live.network}),
        token=token,
        mnemonic=None,
        wallet_id=NAME,
        state_dir=state_dir,
        executor_url=live.executor,
        executor_token=live.executor_token,
    )
    return Launch(argv=workerd_config.serving(CONFIG, settings), env=settings.environment())


def _line(turn: Turn, answer: Answer, *, fits: bool) -> str:
    end = f"{answer.outcome} {answer.code or ''}".strip()
    paid = f", {answer.claim.amount_sats} sat and {answer.claim.fee_sats} sat fee" if answer.claim.amount_sats else ""
    return f"{'ok   ' if fits else 'WRONG'} {turn.name:<20} {end}{paid}{'' if fits else f': {answer.reason}'}"


def _bad_url(text: str) -> str | None:
    """What is wrong with an address; None for https, for plain http on loopback, and for nothing at all."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "not an address"
    if parts.username or parts.password:
        return "an address holds no user name or password"
    if host and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        return None
    return "give an https address (http on loopback only)"

"""`python -m spikes emulator`: run the network alone, say where it listens, stop when told to."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys

from spikes.emulator.clock import SystemClock
from spikes.emulator.journal import Entry
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Network, Settings
from spikes.emulator.provider_terms import OrphanPolicy, ProviderTerms
from spikes.emulator.service import PORTS, PortTaken, Service, serve

EXIT_USAGE = 2
EXIT_PORT_TAKEN = 10
EXIT_DEFECT = 11
_JOURNAL_TAIL = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    defaults = Settings()
    parser.add_argument("--json", action="store_true", help="print the network description as one JSON line when ready")
    parser.add_argument("--seed", type=_seed, default=defaults.seed, help="seed of all keys and chance (default 0)")
    parser.add_argument(
        "--port-base", type=_port_base, default=0, help=f"first of {PORTS} consecutive ports (default: free ones)"
    )
    parser.add_argument("--leaf-form", type=LeafForm, choices=list(LeafForm), default=defaults.leaf_form)
    parser.add_argument("--session-lifetime", type=_positive, default=defaults.session_lifetime_s, metavar="SECONDS")
    parser.add_argument("--settle-delay", type=_seconds, default=0.0, metavar="SECONDS", help="how long payments take")
    parser.add_argument("--orphan-after", type=_positive, default=defaults.terms.orphan_after_s, metavar="SECONDS")
    parser.add_argument(
        "--orphan-policy", type=OrphanPolicy, choices=list(OrphanPolicy), default=defaults.terms.orphan_policy
    )
    parser.add_argument("--lifeline", action="store_true", help="stop when standard input ends")


def main(args: argparse.Namespace) -> int:
    """Run until SIGTERM, SIGINT, the end of the lifeline, or a defect. Returns the exit code."""
    settings = Settings(
        seed=args.seed,
        leaf_form=args.leaf_form,
        session_lifetime_s=args.session_lifetime,
        terms=ProviderTerms(
            settle_delay_s=args.settle_delay, orphan_after_s=args.orphan_after, orphan_policy=args.orphan_policy
        ),
    )
    try:
        return asyncio.run(_run(Network(settings, SystemClock()), args))
    except PortTaken as error:
        print(f"emulator: {error}", file=sys.stderr)
        return EXIT_PORT_TAKEN


async def _run(net: Network, args: argparse.Namespace) -> int:
    async with serve(net, args.port_base) as service:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, stop.set)
        _announce(service, as_json=args.json)
        if args.lifeline:
            try:
                loop.add_reader(sys.stdin.fileno(), _read_lifeline, stop)
            except OSError:
                print("emulator: --lifeline needs a pipe or a terminal as standard input", file=sys.stderr)
                return EXIT_USAGE
        service.failed.add_done_callback(lambda _: stop.set())
        await stop.wait()
        if service.failed.done():
            _confess(service.failed.exception(), net.journal.since(max(0, net.journal.next_seq - _JOURNAL_TAIL)))
            return EXIT_DEFECT
    return 0


def _announce(service: Service, *, as_json: bool) -> None:
    description = service.description
    if as_json:
        print(json.dumps(description, separators=(",", ":")), flush=True)
        return
    for operator in description["operators"]:
        print(f"operator {operator['id']}  gRPC {operator['grpc']}  gRPC-Web {operator['grpc_web']}")
    print(f"SSP         {description['ssp']['baseUrl']}/{description['ssp']['schemaEndpoint']}")
    print(f"admin       {description['admin']}", flush=True)


def _read_lifeline(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()


def _confess(error: BaseException | None, tail: list[Entry]) -> None:
    print(f"emulator: stopped by a defect of its own: {error!r}; the last calls were:", file=sys.stderr)
    for entry in tail:
        print(f"  {entry.seq} {entry.party} {entry.method} {entry.code} {entry.note or ''}", file=sys.stderr)


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 64:
        raise argparse.ArgumentTypeError("use a whole number from 0 to 2^64-1")
    return value


def _port_base(text: str) -> int:
    value = int(text)
    if not 1024 <= value <= 65535 - PORTS:
        raise argparse.ArgumentTypeError(f"use a port from 1024 to {65535 - PORTS}")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 86400:
        raise argparse.ArgumentTypeError("use seconds from 0 to 86400")
    return value


def _positive(text: str) -> float:
    value = _seconds(text)
    if value == 0:
        raise argparse.ArgumentTypeError("use more than 0 seconds")
    return value

"""`python -m spikes.paywall`: the seller as a process on loopback.

Role: read the command line, print one line when ready, end on SIGTERM, SIGINT or, with --lifeline, when stdin ends.
Must not know: what is sold how.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from urllib.parse import urlsplit

from aiohttp import web

from spikes.lifeline import hold
from spikes.paywall.seller import DEFAULT_PRICES_SATS, DEFAULT_VALIDITY_S, SellerConfig, SellerConfigError, create_app

_LOOPBACK = "127.0.0.1"


def main() -> None:
    """Serve until told to stop. Exit code 2 for arguments that make no seller."""
    parser = _parser()
    options = parser.parse_args()
    try:
        config = SellerConfig(
            admin_url=options.emulator_admin,
            seed=options.seed,
            prices_sats=dict(options.item or DEFAULT_PRICES_SATS),
            validity_s=options.validity_s,
        )
    except SellerConfigError as error:
        parser.error(str(error))
    asyncio.run(_serve(config, as_json=options.json, lifeline=options.lifeline))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m spikes.paywall", description="An L402 seller on loopback.")
    parser.add_argument(
        "--emulator-admin", required=True, type=_loopback_url, metavar="URL", help="its 'admin' address"
    )
    parser.add_argument("--seed", type=int, default=0, help="keys and token ids come from it (default 0)")
    parser.add_argument(
        "--item",
        action="append",
        type=_item,
        metavar="NAME=SATS",
        help=f"an item for sale, may be repeated (default {DEFAULT_PRICES_SATS})",
    )
    parser.add_argument("--validity-s", type=int, default=DEFAULT_VALIDITY_S, help="how long a token opens its item")
    parser.add_argument("--json", action="store_true", help="print the ready line as JSON")
    parser.add_argument("--lifeline", action="store_true", help="end when stdin reaches its end")
    return parser


def _loopback_url(text: str) -> str:
    if urlsplit(text).scheme != "http" or urlsplit(text).hostname not in (_LOOPBACK, "localhost", "::1"):
        raise argparse.ArgumentTypeError(f"{text!r} is not an http address on loopback; give the emulator's 'admin'")
    return text


def _item(text: str) -> tuple[str, int]:
    name, _, price = text.partition("=")
    if not price.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: write it as NAME=SATS, for example cheap=10")
    return name, int(price)


async def _serve(config: SellerConfig, *, as_json: bool, lifeline: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    runner = web.AppRunner(create_app(config), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, _LOOPBACK, 0).start()
        port = runner.addresses[0][1]
        ready = {"url": f"http://{_LOOPBACK}:{port}", "host": f"{_LOOPBACK}:{port}", "items": dict(config.prices_sats)}
        print(json.dumps(ready) if as_json else f"selling at {ready['url']}/paid/<item>", flush=True)
        if lifeline:
            hold(stop)
        await stop.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    main()

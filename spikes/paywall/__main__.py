"""`python -m spikes.paywall`: the seller as a process on loopback.

Role: read the command line, print one line when ready, end on SIGTERM, SIGINT or, with --lifeline, when stdin ends.
Must not know: what is sold how.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from spikes.paywall.catalogue import DEFAULT, Catalogue, CatalogueError, from_json
from spikes.paywall.seller import SellerConfig
from spikes.paywall.service import create_app
from spikes.serving import LOOPBACK, serve


def main() -> None:
    """Serve until told to stop. Exit code 2 for arguments that make no seller."""
    parser = _parser()
    options = parser.parse_args()
    try:
        catalogue = DEFAULT if options.catalogue is None else _read(options.catalogue)
        config = SellerConfig(admin_url=options.emulator_admin, seed=options.seed, catalogue=catalogue)
    except CatalogueError as error:
        parser.error(str(error))
    ready = partial(_ready, config, as_json=options.json)
    asyncio.run(serve(create_app(config), ready=ready, lifeline=options.lifeline))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m spikes.paywall", description="An L402 seller on loopback.")
    parser.add_argument(
        "--emulator-admin", required=True, type=_loopback_url, metavar="URL", help="its 'admin' address"
    )
    parser.add_argument("--seed", type=int, default=0, help="keys and token ids come from it (default 0)")
    parser.add_argument(
        "--catalogue",
        type=Path,
        metavar="FILE",
        help=f'JSON: {{"items": {{NAME: {{"price_sats": 10, "mode": "honest"}}}}}} (default: {", ".join(DEFAULT)})',
    )
    parser.add_argument("--json", action="store_true", help="print the ready line as JSON")
    parser.add_argument("--lifeline", action="store_true", help="end when stdin reaches its end")
    return parser


def _loopback_url(text: str) -> str:
    if urlsplit(text).scheme != "http" or urlsplit(text).hostname not in (LOOPBACK, "localhost", "::1"):
        raise argparse.ArgumentTypeError(f"{text!r} is not an http address on loopback; give the emulator's 'admin'")
    return text


def _read(path: Path) -> Catalogue:
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path} cannot be read ({type(error).__name__}); name a JSON file") from error


def _ready(config: SellerConfig, port: int, *, as_json: bool) -> str:
    host = f"{LOOPBACK}:{port}"
    if not as_json:
        return f"selling at http://{host}/paid/<item>"
    return json.dumps({"url": f"http://{host}", "host": host, "items": len(config.catalogue)})


if __name__ == "__main__":
    main()

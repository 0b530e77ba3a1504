"""The seller as a process: its ready line, its ends, its refusals, and its trade with the emulator's Lightning side."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import aiohttp
import bolt11
import pytest

from spikes.paywall.identifier import TokenIdentifier
from spikes.paywall.macaroon import decode
from tests.unit.paywall.lightning_node import LightningNode

DEADLINE_S = 20


@asynccontextmanager
async def program(*arguments: str, stdin: int = DEVNULL) -> AsyncIterator[Process]:
    """`python -m` with these arguments, killed at the end if it is still there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, stdin=stdin, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def seller(*arguments: str, stdin: int = DEVNULL) -> AbstractAsyncContextManager[Process]:
    return program("spikes.paywall", *arguments, stdin=stdin)


async def ready_line(process: Process) -> dict[str, object]:
    assert process.stdout is not None
    line = json.loads(await asyncio.wait_for(process.stdout.readline(), DEADLINE_S))
    assert isinstance(line, dict)
    return line


def catalogue_file(folder: Path, text: str = '{"items": {"one": {"price_sats": 7}}}') -> str:
    file = folder / "catalogue.json"
    file.write_text(text, encoding="utf-8")
    return str(file)


async def test_it_sells_until_sigterm(lightning: LightningNode, tmp_path: Path) -> None:
    arguments = ("--emulator-admin", lightning.url, "--seed", "3", "--catalogue", catalogue_file(tmp_path), "--json")
    async with seller(*arguments) as process:
        ready = await ready_line(process)
        assert ready["url"] == f"http://{ready['host']}"
        async with aiohttp.ClientSession() as session, session.get(f"{ready['url']}/paid/one") as response:
            assert response.status == 402
        assert lightning.amounts_sats == [7]
        process.terminate()
        assert await asyncio.wait_for(process.communicate(), DEADLINE_S) == (b"", b"")
        assert process.returncode == 0


async def test_with_a_lifeline_it_ends_when_stdin_ends(lightning: LightningNode) -> None:
    async with seller("--emulator-admin", lightning.url, "--json", "--lifeline", stdin=PIPE) as process:
        await ready_line(process)
        assert process.stdin is not None
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), DEADLINE_S) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--emulator-admin", "http://192.0.2.1:80"), "loopback"),
        (("--emulator-admin", "https://127.0.0.1:80"), "loopback"),
        (("--emulator-admin", "http://127.0.0.1:80", "--catalogue", "no-such-file"), "name a JSON file"),
        ((), "--emulator-admin"),
    ],
)
async def test_bad_arguments_end_with_2_and_say_what_to_do(arguments: tuple[str, ...], says: str) -> None:
    async with seller(*arguments) as process:
        _, stderr = await asyncio.wait_for(process.communicate(), DEADLINE_S)
        assert process.returncode == 2
        assert says in stderr.decode()


@pytest.mark.parametrize("text", ["", "{}", '{"items": {"cheap": {"price_sats": 0}}}'])
async def test_a_catalogue_that_is_none_ends_with_2(text: str, tmp_path: Path) -> None:
    arguments = ("--emulator-admin", "http://127.0.0.1:80", "--catalogue", catalogue_file(tmp_path, text))
    async with seller(*arguments) as process:
        _, stderr = await asyncio.wait_for(process.communicate(), DEADLINE_S)
        assert process.returncode == 2
        assert "catalogue" in stderr.decode() or "at least 1" in stderr.decode()


async def test_its_challenge_binds_the_macaroon_to_an_open_invoice_of_the_emulator() -> None:
    async with program("spikes", "emulator", "--json", "--seed", "1") as emulator, aiohttp.ClientSession() as http:
        admin = str((await ready_line(emulator))["admin"])
        async with seller("--emulator-admin", admin, "--json") as process:
            url = f"{(await ready_line(process))['url']}/paid/expensive"
            async with http.get(url) as response:
                challenge = response.headers["WWW-Authenticate"]
            macaroon, bolt11_text = re.findall(r'(?:macaroon|invoice)="([^"]+)"', challenge)
            invoice = bolt11.decode(bolt11_text)
            payment_hash = TokenIdentifier.decode(decode(base64.b64decode(macaroon)).identifier).payment_hash.hex()
            assert invoice.payment_hash == payment_hash
            assert (invoice.amount_msat, invoice.currency) == (250_000, "bcrt")
            async with http.get(f"{admin}/invoices/{payment_hash}") as response:
                order = await response.json()
            assert (order["state"], order["amount_sats"], order["settled_count"]) == ("open", 250, 0)
            # The hash is public; presenting it as the preimage is what a buyer who did not pay could try.
            async with http.get(url, headers={"Authorization": f"L402 {macaroon}:{payment_hash}"}) as response:
                assert response.status == 401

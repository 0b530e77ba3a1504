"""The words of `key_life.*` come from the driver's typed answer, and from nothing that it did not say."""

from __future__ import annotations

import hashlib

import httpx
import pytest
from aiohttp import web

from spikes.contract import Driver, Reply
from spikes.inspections.custody_watch.opening import opening, refusal
from spikes.inspections.custody_watch.steps import _proofs, _without_kms
from spikes.network import Invoice

IDENTITY = "02" + "ab" * 32
PREIMAGE = bytes(range(32))
INVOICE = Invoice(bolt11="lnbcrt1", payment_hash=hashlib.sha256(PREIMAGE).hexdigest(), amount_sats=1, fee_sats=0)


def error(code: object, reason: object = None, status: int = 500) -> Reply:
    return Reply(
        status=status, body={"ok": False, "error": {"code": code, "message": "m", "details": {"reason": reason}}}
    )


PAID = Reply(status=200, body={"ok": True})
GONE = error("secret_error", "kms_unreachable")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (error("secret_error", "kms_denied"), "error:secret_error/kms_denied"),
        (error("config_error"), "error:config_error"),
        (error("secret_error", "legal winner thank year"), "error:secret_error"),
        (error("not a code"), "HTTP 500 without a typed error"),
        (error(None), "HTTP 500 without a typed error"),
        (Reply(status=502, body=None), "HTTP 502 without a typed error"),
        (Reply(status=502, body={"error": "text"}), "HTTP 502 without a typed error"),
    ],
)
def test_a_refusal_is_code_and_reason_or_no_typed_error(reply: Reply, words: str) -> None:
    assert refusal(reply) == words


@pytest.mark.parametrize(
    ("status", "body", "value"),
    [
        (200, {"identityPublicKey": IDENTITY}, "ok"),
        (200, {"identityPublicKey": "03" + "ab" * 32}, "opened another wallet"),
        (200, {}, "opened another wallet"),
        (
            500,
            {"error": {"code": "secret_error", "details": {"reason": "kms_denied"}}},
            "error:secret_error/kms_denied",
        ),
    ],
)
async def test_only_the_wallet_itself_is_ok(status: int, body: dict[str, object], value: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_get("/status", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with httpx.AsyncClient(trust_env=False) as http:
            driver = Driver(f"http://127.0.0.1:{runner.addresses[0][1]}", "token", http)
            assert await opening(driver, IDENTITY, 5.0) == value
    finally:
        await runner.cleanup()


async def test_no_answer_is_no_error_of_the_driver() -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        assert await opening(Driver("http://127.0.0.1:9", "token", http), IDENTITY, 5.0) == "no answer"


@pytest.mark.parametrize(
    ("first", "settled", "again", "at_last", "value"),
    [
        (PAID, 1, PAID, 1, "ok"),
        (PAID, 0, PAID, 0, "said paid, and was not"),
        (PAID, 1, PAID, 2, "paid 2 times"),
        (GONE, 0, PAID, 1, "error:secret_error/kms_unreachable"),
        (GONE, 1, PAID, 1, "paid, but said error:secret_error/kms_unreachable"),
        (GONE, 0, GONE, 0, "error:secret_error/kms_unreachable, and unpaid with the KMS back"),
        (None, 0, PAID, 1, "no answer"),
    ],
)
def test_a_payment_without_a_kms_goes_on_or_ends_in_a_typed_error(
    first: Reply | None, settled: int, again: Reply | None, at_last: int, value: str
) -> None:
    assert _without_kms(first, settled, again, at_last) == value


def test_only_a_preimage_that_fits_the_invoice_is_planted() -> None:
    def answer(preimage: str) -> Reply:
        return Reply(status=200, body={"result": {"payment": {"preimageHex": preimage}}})

    assert _proofs(answer(PREIMAGE.hex()), INVOICE) == [PREIMAGE]
    for wrong in (answer("00" * 32), answer("no hex"), Reply(status=200, body={}), Reply(status=200, body=None), None):
        assert _proofs(wrong, INVOICE) == []

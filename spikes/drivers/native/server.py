"""The driver's HTTP door: routes, authorisation, bodies, the error envelope.

Role: translate between HTTP and the payer. One wallet, built when it is first needed.
Must not know: what an experiment is for, or what anyone expects of it.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from aiohttp import web

from spikes.drivers.native.book import PaymentBook, Seen
from spikes.drivers.native.config import Config
from spikes.drivers.native.failures import WalletError
from spikes.drivers.native.orders import BACKEND_MODE, Order, PhaseClock, paid_claim, paid_result
from spikes.drivers.native.payer import Payer, longest_payment_s
from spikes.drivers.native.session import SDK_NAME, WalletSession

MAX_BODY_BYTES = 64 * 1024
NO_SELLER = "harness.invalid"  # stands in receipts where a payment of the harness has no seller
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Steps(Protocol):
    """Experiments that are not this door's wallet's own (neighbour.py)."""

    async def take(self, name: str, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any] | None: ...

    async def close(self) -> None: ...


class Door:
    """The routes, and the one wallet behind them."""

    def __init__(self, config: Config, neighbour: Steps | None = None) -> None:
        self._config = config
        self._neighbour = neighbour
        config.state_dir.mkdir(parents=True, exist_ok=True)
        limit_s = longest_payment_s(config.completion_timeout_s)
        file = config.state_dir / "payments.sqlite"
        self._book = PaymentBook(file, in_flight_limit_s=limit_s, window_s=config.window_s)
        self._payer = Payer(config, self._book)
        self._wallet: WalletSession | None = None
        self._building = asyncio.Lock()

    def application(self) -> web.Application:
        """The aiohttp application; the wallet is closed when it is cleaned up."""
        app = web.Application(middlewares=[self._guard], client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/status", self._status)
        app.router.add_get("/requests/{request_id}", self._request)
        app.router.add_post("/pay-bolt11", self._pay)
        app.router.add_post("/experiments/{name}", self._experiment)
        app.on_cleanup.append(self._close)
        return app

    async def _close(self, _: web.Application) -> None:
        await self.close()
        if self._neighbour is not None:
            await self._neighbour.close()

    async def close(self) -> None:
        """Release this door's wallet."""
        if self._wallet is not None:
            await self._wallet.close()
        self._book.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Authorise, and turn every failure into the envelope."""
        try:
            if request.path != "/healthz":
                self._authorise(request.headers.get("Authorization", ""))
            return await handler(request)
        except WalletError as error:
            return _envelope(error, request.get("request_id"))
        except web.HTTPException as error:
            if error.status in (404, 405):
                return _envelope(WalletError("not_found", "no such route"), None)
            return _envelope(WalletError("invalid_request", f"{error.reason}"), None)
        except Exception as error:  # a defect of ours: the caller must not think that nothing happened
            return _envelope(WalletError("internal_error", type(error).__name__), request.get("request_id"))

    def _authorise(self, header: str) -> None:
        expected = f"Bearer {self._config.token}".encode()
        if not hmac.compare_digest(header.encode(errors="replace"), expected):
            raise WalletError("unauthorized", "send the driver's bearer token")

    async def _open_wallet(self, clock: PhaseClock) -> WalletSession:
        async with self._building:
            if self._wallet is None:
                with clock.phase("unseal"):
                    mnemonic = await self._config.custody.mnemonic_now()
                with clock.phase("build"):
                    self._wallet = await WalletSession.open(
                        self._config.network, mnemonic, self._config.state_dir / "sdk", self._config.api_key
                    )
            return self._wallet

    async def info(self) -> tuple[str, int]:
        """The wallet's identity public key and balance in satoshis; builds it if needed. Raises WalletError."""
        return await (await self._open_wallet(PhaseClock())).info()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "runtime": self._config.runtime, "sdk": SDK_NAME})

    async def _status(self, _: web.Request) -> web.Response:
        identity, balance = await self.info()
        return web.json_response(
            {
                "ok": True,
                "walletId": self._config.wallet_id,
                "identityPublicKey": identity,
                "balanceSats": balance,
                "walletState": "ready",
                "backendMode": BACKEND_MODE,
                "durability": "disk",  # of the book and of everything that the SDK stores
                "sdk": SDK_NAME,
            }
        )

    async def _pay(self, request: web.Request) -> web.Response:
        body = await _body(request)
        payment = body.get("payment")
        if not isinstance(payment, dict):
            raise WalletError("invalid_request", "the body needs a payment object")
        order = _order(body.get("requestId"), payment)
        request["request_id"] = order.request_id
        clock = PhaseClock()
        paid = await self._payer.pay(order, await self._open_wallet(clock), clock)
        result = paid_result(self._config, order, paid)
        return web.json_response({"ok": True, "requestId": order.request_id, "result": result, "phases": clock.told()})

    async def _request(self, request: web.Request) -> web.Response:
        """What is known of a request, while it is under way too: no wallet is built or asked for it."""
        request_id = _uuid(request.match_info["request_id"].lower())
        request["request_id"] = request_id
        view = self._book.view(request_id)
        if view is None:
            raise WalletError("not_found", "this request id was never heard of, or nothing came of it")
        told = {
            "state": view.state,
            "code": "payment_failed" if view.state is Seen.FAILED else None,
            "receipt": None if view.paid is None else view.paid["receipt"],
        }
        return web.json_response({"ok": True, "requestId": request_id, **told})

    async def _experiment(self, request: web.Request) -> web.Response:
        body = (await _body(request)).get("input", {})
        if not isinstance(body, dict):
            raise WalletError("invalid_request", 'the body must be {"input": {...}}')
        name = request.match_info["name"]
        clock = PhaseClock()
        answer = None if self._neighbour is None else await self._neighbour.take(name, body, clock)
        if answer is None:
            answer = await self.take(name, body, clock)
        return web.json_response({"ok": True, "experiment": name, **answer, "phases": clock.told()})

    async def take(self, name: str, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any]:
        """Take a step by its name. Raises WalletError."""
        match name:
            case "sync":
                return await self._sync(clock)
            case "pay":
                return await self._attempt(body, clock)
            case "quote":
                return await self._quote(body, clock)
            case "rebuild":
                return await self._rebuild()
            case _:
                return _outcome("unsupported", "unsupported", "this driver knows no experiment of that name")

    async def _sync(self, clock: PhaseClock) -> dict[str, Any]:
        wallet = await self._open_wallet(clock)
        with clock.phase("sync"):
            await wallet.sync()
        _, balance = await wallet.info()
        return {**_outcome("synced"), "claim": {"balanceSats": balance}}

    async def _quote(self, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any]:
        """The SDK's own price of an invoice; nothing moves."""
        order = _order(None, {"host": NO_SELLER, "maxAmountMsats": 1, **body})
        wallet = await self._open_wallet(clock)
        invoice = await wallet.read_invoice(order.invoice)
        with clock.phase("prepare"):
            quote = await wallet.quote(order.invoice)
        amounts = {"amountSats": quote.amount_sats, "feeSats": quote.total_sats - quote.amount_sats}
        return {**_outcome("quoted"), "claim": {"paymentHash": invoice.payment_hash, **amounts}}

    async def _rebuild(self) -> dict[str, Any]:
        """Release the SDK; the next request that needs it builds a new one."""
        async with self._building:
            wallet, self._wallet = self._wallet, None
            if wallet is not None:
                await wallet.close()
        return _outcome("rebuilt")

    async def _attempt(self, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any]:
        order = _order(body.get("requestId"), {"host": NO_SELLER, **body})
        try:
            wallet = await self._open_wallet(clock)
            paid = await self._payer.pay(order, wallet, clock)
            balance = await wallet.known_balance_sats()
        except WalletError as error:
            return _outcome(error.meaning.outcome, error.code, str(error))
        return {**_outcome("paid"), "claim": paid_claim(paid, balance)}


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        value = json.loads(await request.text())
    except (ValueError, UnicodeDecodeError):
        value = None
    if not isinstance(value, dict):
        raise WalletError("invalid_request", "the body must be a JSON object")
    return value


def _order(request_id: object, payment: Mapping[str, Any]) -> Order:
    invoice, cap, host = payment.get("invoice"), payment.get("maxAmountMsats"), payment.get("host")
    if not isinstance(invoice, str) or not invoice:
        raise WalletError("invalid_request", "invoice must be a BOLT11 string")
    if not isinstance(cap, int) or isinstance(cap, bool) or cap <= 0:
        raise WalletError("invalid_request", "maxAmountMsats must be a positive whole number of millisatoshis")
    if not isinstance(host, str) or not host:
        raise WalletError("invalid_request", "host must be the seller's host name, with a port if it has one")
    return Order(request_id=_uuid(request_id), invoice=invoice, max_amount_msats=cap, host=host)


def _uuid(value: object) -> str:
    if value is None:
        return str(uuid.uuid4())
    try:
        if isinstance(value, str) and str(uuid.UUID(value)) == value:
            return value
    except ValueError:
        pass
    raise WalletError("invalid_request", "requestId must be a UUID in its usual lower-case form")


def _outcome(outcome: str, code: str | None = None, reason: str | None = None) -> dict[str, Any]:
    return {"outcome": outcome, "code": code, "reason": reason, "claim": {}}


def _envelope(error: WalletError, request_id: str | None) -> web.Response:
    body: dict[str, Any] = {"requestId": request_id, "code": error.code, "message": str(error)}
    if error.details:
        body["details"] = error.details
    return web.json_response({"ok": False, "error": body}, status=error.meaning.http)

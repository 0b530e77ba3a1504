"""The stand-in for Convex's V8 runtime: what functions find in it, how it ends them, and what survives its own end.

Most of it is asked of functions that look around in their own world (spikes/drivers/convex/probe), bundled by the real
Convex CLI; the wallet's own functions are run where money is at stake.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil
import pytest

from spikes import services
from spikes.commands.smoke import fresh_seat
from spikes.contract import Driver
from spikes.errors import RuntimeStartFailure
from spikes.processes import running
from spikes.record import Outcome
from spikes.runtimes import convex_deployment, convex_isolate
from spikes.runtimes.convex_deployment import FUNCTIONS
from spikes.runtimes.settings import Settings
from spikes.wallets import derive_wallet
from tests.conformance.convex_host import DEADLINE_S, TOKEN, Host, require_installed, until

PRESENT = (
    "fetch Headers Request Response FormData Blob File ReadableStream ReadableStreamDefaultReader "
    "ReadableStreamBYOBReader WritableStream TransformStream setTimeout setInterval clearTimeout clearInterval "
    "crypto.getRandomValues crypto.randomUUID crypto.subtle.digest crypto.subtle.sign crypto.subtle.deriveBits "
    "FinalizationRegistry WeakRef TextEncoder TextDecoder TextEncoderStream TextDecoderStream URL URLSearchParams "
    "atob btoa structuredClone AbortController AbortSignal Event EventTarget DOMException console.log "
    "AsyncLocalStorage Intl SharedArrayBuffer Atomics Uint8Array.fromBase64 performance.now performance.mark "
    "process.env self WebAssembly.Module WebAssembly.Instance WebAssembly.instantiate Date.now Math.random "
)
ABSENT = (
    "queueMicrotask WebSocket Worker MessageChannel BroadcastChannel EventSource XMLHttpRequest CompressionStream "
    "DecompressionStream CustomEvent setImmediate Buffer require global window navigator location indexedDB "
    "localStorage caches crypto.subtle.wrapKey crypto.subtle.unwrapKey WebAssembly.compileStreaming "
    "WebAssembly.instantiateStreaming process.versions process.exit gc module exports "
)
OUT_OF_MEMORY = "JavaScript execution ran out of memory (maximum memory usage: 64 MB)"

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    require_installed()


@pytest.fixture(scope="module")
def probe_bundle() -> Path:
    return convex_deployment.bundle(FUNCTIONS / "probe", "convex_probe")


@pytest.fixture(scope="module")
def probe(probe_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(probe_bundle, tmp_path_factory.mktemp("probe"), SPARKGATE_COLOUR="green")
    yield host
    host.end()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Host]]:
    hosts: list[Host] = []

    def begin(bundle: Path, **env: str) -> Host:
        hosts.append(Host(bundle, tmp_path / "state", **env))
        return hosts[-1]

    yield begin
    for host in hosts:
        host.end(kill=True)


# --- what a function finds ----------------------------------------------------------------------------------------


def test_the_globals_are_those_of_the_table(probe: Host) -> None:
    kinds = probe.ask("typeof", names=[*PRESENT.split(), *ABSENT.split()])
    assert [name for name in PRESENT.split() if kinds[name] == "undefined"] == []
    assert [name for name in ABSENT.split() if kinds[name] != "undefined"] == []


def test_every_call_has_a_fresh_context(probe: Host) -> None:
    assert [probe.ask("calls") for _ in range(3)] == [1, 1, 1]


def test_text_is_never_run(probe: Host) -> None:
    refusals = [*probe.ask("eval"), probe.ask("eval_of_the_host")]
    assert all(refusal.startswith("EvalError: Code generation from strings") for refusal in refusals)


def test_import_meta_throws_and_chunks_can_be_imported(probe: Host) -> None:
    assert probe.ask("import_meta") == "TypeError: import.meta unsupported"
    assert probe.ask("chunk") == "chunk"


def test_importing_starts_nothing_and_time_and_chance_stand_still(probe: Host) -> None:
    first, second = probe.ask("import_phase"), probe.ask("import_phase")
    assert "unsupported while evaluating a module" in first["timer"]
    assert "unsupported while evaluating a module" in first["fetch"]
    assert first["clock"] == first["date"] < first["now"] <= second["now"]
    assert first["stopwatch"] == 0
    frozen = ("clock", "random", "bytes", "uuid")
    assert [first[name] for name in frozen] == [second[name] for name in frozen]


def test_the_environment_is_the_deployments(probe: Host) -> None:
    assert probe.ask("environment") == {"SPARKGATE_TOKEN": TOKEN, "SPARKGATE_COLOUR": "green"}


def test_what_convex_does_otherwise(probe: Host) -> None:
    for name in ("mode", "credentials", "cache"):
        assert probe.ask("request_getter", name=name) == f"Error: Not implemented: get {name} for Request"
    assert probe.ask("request_getter", name="method") is None
    assert probe.ask("finalised") == {"held": True}
    assert probe.ask("wait") == "TypeError: Atomics.wait cannot be called in this context"


def test_only_loopback_is_reachable(probe: Host) -> None:
    assert "reaches loopback only, not seller.example" in probe.ask("outside", url="http://seller.example/")


# --- how a call ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "given", "said"),
    [
        ("unhandled", {}, "Uncaught Error: nobody handles this"),
        ("timer_throws", {}, "Uncaught Error: a timer threw this"),
        ("buffers", {"mib": 80}, "ArrayBuffers of the call hold more than 64 MiB"),
        ("heap", {"strings": 3_000_000}, OUT_OF_MEMORY),
        ("bytes", {"count": 21 << 20}, "the response has more than 20971520 bytes"),
    ],
)
def test_what_ends_a_call_ends_only_that_call(probe: Host, question: str, given: dict[str, int], said: str) -> None:
    assert said in probe.failure(question, **given)
    assert probe.ask("calls") == 1


def test_as_much_as_is_allowed_is_allowed(probe: Host) -> None:
    assert probe.ask("buffers", mib=48) == 48
    assert len(probe.ask("bytes", count=19 << 20)) == 19 << 20


def test_what_an_action_leaves_behind_never_happens(probe: Host) -> None:
    seen: list[str] = []

    class Counter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Counter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert probe.ask("left_behind", url=f"http://127.0.0.1:{server.server_port}/") == "gone"
        assert probe.ask("pause", ms=300) == 300  # long after the timer would have fired
        assert probe.ask("outside", url=f"http://127.0.0.1:{server.server_port}/asked") is None
    finally:
        server.shutdown()
        server.server_close()
    # The one request that was on its way when the answer went may have arrived.
    assert seen in (["/", "/asked"], ["/asked"])


def test_transactions_are_held_to_their_rules(probe: Host) -> None:
    assert "timed out (maximum duration: 1s)" in probe.ask("mutation", name="slow:spin", input={"seconds": 4})
    assert "args.seconds is no number" in probe.ask("mutation", name="slow:spin", input={"seconds": "4"})
    assert "Can't use fetch in queries and mutations" in probe.ask("mutation", name="slow:fetches", input={})
    assert "shelf_tables.revision is missing" in probe.ask("mutation", name="slow:misfit", input={})
    assert "insert is not a function" in probe.ask("query", name="slow:write", input={})
    assert "there is no query slow:fetches" in probe.ask("query", name="slow:fetches", input={})
    read = {"scope": "probe", "places": [], "tables": ["spin"]}
    rolled_back = {"rows": [], "tables": [{"table": "spin", "revision": 0, "rows": []}]}
    assert probe.ask("query", name="shelf:read", input=read) == rolled_back


def test_the_meter_needs_the_token_and_tells_facts(probe: Host) -> None:
    assert probe.http.get("/standin/meter").status_code == 401
    told = probe.http.get("/standin/meter", headers={"Authorization": f"Bearer {TOKEN}"}).json()
    facts = {fact["name"]: fact["value"] for fact in told["facts"]}
    assert 0 < facts["analysis_s"] < 4
    assert facts["heap_bytes"] > 1_000_000
    assert told["calls"] > 0


# --- what lasts ---------------------------------------------------------------------------------------------------


def test_transactions_in_conflict_all_land(probe: Host) -> None:
    with ThreadPoolExecutor(6) as pool:
        runs = list(pool.map(lambda _: probe.ask("add", table="conflict", times=5), range(6)))
    assert probe.ask("sum", table="conflict") == 30
    assert sum(runs) > 2 * 30, "each is rehearsed once and run once; more means that some had to run again"


def test_what_was_committed_outlives_kill_9(probe_bundle: Path, start: Callable[..., Host]) -> None:
    first = start(probe_bundle)
    first.ask("add", table="durable", times=3)
    with ThreadPoolExecutor(1) as pool:
        running_on = pool.submit(first.http.post, "/add", json={"table": "durable", "times": 100_000})
        until(lambda: first.ask("sum", table="durable") > 3, "another commit")
        committed = first.ask("sum", table="durable")
        first.end(kill=True)
        with pytest.raises(httpx.HTTPError):
            running_on.result(DEADLINE_S)
    second = start(probe_bundle)
    assert second.ask("sum", table="durable") >= committed > 3


def test_a_call_that_never_yields_does_not_outlive_its_host(probe_bundle: Path, start: Callable[..., Host]) -> None:
    host = start(probe_bundle)
    children = psutil.Process(host.process.pid).children()
    before_s = sum(child.cpu_times().user for child in children)
    with ThreadPoolExecutor(1) as pool:
        spinning = pool.submit(host.http.post, "/spin", json={})
        until(lambda: sum(child.cpu_times().user for child in children) > before_s + 1, "a child at work")
        host.end(kill=True)
        with pytest.raises(httpx.HTTPError):
            spinning.result(DEADLINE_S)
    assert psutil.wait_procs(children, timeout=DEADLINE_S)[1] == []


# --- the wallet in it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ({"SPARKGATE_STANDIN_WITHOUT": "WebAssembly"}, "Uncaught ReferenceError: WebAssembly is not defined"),
        ({"SPARKGATE_STANDIN_HEAP_MB": "24"}, OUT_OF_MEMORY),
    ],
)
async def test_without_what_the_sdk_needs_no_payment_is_made(
    tmp_path: Path, control: dict[str, str], said: str
) -> None:
    """The negative controls: the platform's own error, an outcome that claims nothing, and an untouched network."""
    wallet = derive_wallet(1, "control")
    async with services.http_client() as http, services.emulator(http, tmp_path, 1) as network:
        settings = Settings(
            runtime="control",
            network=network.description,
            token=wallet.token,
            mnemonic=wallet.mnemonic,
            wallet_id=wallet.wallet_id,
            state_dir=tmp_path,
        )
        launch = convex_isolate.launch(settings)
        launch = type(launch)(argv=launch.argv, env={**launch.env, **control})
        invoice = await network.issue_invoice(100, "control")
        order = {"requestId": str(uuid.uuid4()), "invoice": invoice.bolt11, "maxAmountMsats": 100_000}
        async with running(
            launch, name="control", logs=tmp_path, deadline_s=DEADLINE_S, failure=RuntimeStartFailure
        ) as child:
            driver = Driver(f"http://127.0.0.1:{child.announcement['port']}", wallet.token, http)
            answer = await driver.experiment("pay", order, DEADLINE_S)
        settled, _ = await network.settled(invoice.payment_hash)
    assert (answer.outcome, answer.code, answer.reason) == (Outcome.UNKNOWN, "platform_error", said)
    assert settled == 0


async def test_six_payments_at_once_are_all_made(tmp_path: Path) -> None:
    """Six contexts, six SDKs, one wallet: the lease on the shelf lets one after the other have the leaves."""
    (tmp_path / "scratch").mkdir()
    async with fresh_seat(convex_isolate, tmp_path, tmp_path / "scratch") as seat:
        await seat.give([50_000])
        invoices = [await seat.network.issue_invoice(100 + number, "at once") for number in range(6)]
        answers = await asyncio.gather(*(seat.pay(str(uuid.uuid4()), invoice) for invoice in invoices))
        settled = [(await seat.network.settled(invoice.payment_hash))[0] for invoice in invoices]
        left = (await seat.network.wallet(seat.identity)).available_sats
    assert [answer.outcome for answer in answers] == [Outcome.PAID] * 6
    assert settled == [1] * 6
    assert left == 50_000 - sum(invoice.amount_sats + invoice.fee_sats for invoice in invoices)

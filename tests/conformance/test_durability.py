"""Drivers whose books outlive them: killed and evicted between payments and during one, they repeat and never repay."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from types import ModuleType

import pytest

from spikes.runtimes import durable_object, node
from tests.conformance.durable_stage import DEADLINE_S, code_of, database_of, price, staged, until

LATER_S = 0.035  # twelve of them reach from the first line of a request to beyond its answer
DURABLE = (node, durable_object)
ENDS = [(node, "kill"), (durable_object, "kill"), (durable_object, "evict")]
# Marked as submitted and not seen by the network: unknown while it may still come, failed when it cannot.
UNPAID = ((504, "payment_pending"), (502, "payment_failed"))
# workerd cannot start an object whose database it cannot open, and does not tell why: its log does.
SAID_OF_DAMAGE = {"node": "config_error", "durable_object": "internal_error"}

pytestmark = pytest.mark.conformance
each_end = pytest.mark.parametrize(("runtime", "how"), ENDS, ids=[f"{r.NAME}-{how}" for r, how in ENDS])
each_runtime = pytest.mark.parametrize("runtime", DURABLE, ids=lambda runtime: str(runtime.NAME))


@each_end
async def test_an_answer_is_repeated_word_for_word_by_the_next_incarnation(
    runtime: ModuleType, how: str, tmp_path: Path
) -> None:
    async with staged(runtime, tmp_path) as stage:
        invoice, request_id = await stage.issue(700), str(uuid.uuid4())
        await stage.give(price(invoice), 5_000)
        first, owned = await stage.pay(invoice, request_id), await stage.owned_sats()
        await stage.crash(how)
        since = (await stage.network.journal(0)).next
        told = await stage.process.driver.status(DEADLINE_S)
        again = await stage.pay(invoice, request_id)
        assert told.balance_sats == owned, "what it held is told before the next sync"
        assert (first.status, again.status) == (200, 200)
        assert (again.body or {})["result"] == (first.body or {})["result"]
        assert (await stage.network.journal(0)).next == since, "the books answer, not the network"
        assert code_of(await stage.pay(await stage.issue(700), request_id)) == "idempotency_conflict"
        assert code_of(await stage.pay(invoice)) == "idempotency_conflict"
        assert (await stage.settled(invoice), await stage.owned_sats()) == (1, owned)
        await stage.balances_agree()
        assert (await stage.pay(await stage.issue(300))).status == 200, "and the wallet goes on paying, with a swap"
        await stage.balances_agree()


@each_end
async def test_a_payment_cut_off_after_it_was_sent_is_found_and_not_sent_again(
    runtime: ModuleType, how: str, tmp_path: Path
) -> None:
    async with staged(runtime, tmp_path) as stage:
        invoice, next_one, request_id = await stage.issue(700), await stage.issue(40), str(uuid.uuid4())
        await stage.give_for(invoice, next_one)
        before = await stage.owned_sats()
        await stage.hold("RequestLightningSend")
        paying = asyncio.create_task(stage.pay(invoice, request_id))
        await until(lambda: stage.is_settled(invoice), "the settlement")
        await stage.cut_off(paying, how)
        found = await stage.pay(invoice, request_id)
        assert found.status == 200, found.body
        assert (found.body or {})["result"]["payment"]["feeMsats"] == invoice.fee_sats * 1000
        assert (await stage.pay(invoice, request_id)).body == {**(found.body or {}), "phases": []}
        assert (await stage.settled(invoice), before - await stage.owned_sats()) == (1, price(invoice))
        await stage.balances_agree()
        assert (await stage.pay(next_one)).status == 200


@each_end
async def test_a_payment_cut_off_before_it_was_sent_is_as_good_as_new(
    runtime: ModuleType, how: str, tmp_path: Path
) -> None:
    async with staged(runtime, tmp_path, SPARKGATE_WINDOW_CAP_MSATS="1000000") as stage:
        invoice, next_one, request_id = await stage.issue(700), await stage.issue(400), str(uuid.uuid4())
        await stage.give_for(invoice, next_one)
        before = await stage.owned_sats()
        await stage.crash(how)  # so that the payment begins with a sync
        await stage.hold("query_pending_transfers")
        paying = asyncio.create_task(stage.pay(invoice, request_id))
        await until(stage.is_holding, "the sync to begin")
        await stage.cut_off(paying, how)
        await stage.let_go()
        assert (await stage.settled(invoice), await stage.owned_sats()) == (0, before)
        assert code_of(await stage.pay(invoice)) == "idempotency_conflict"
        assert (await stage.pay(invoice, request_id)).status == 200
        assert code_of(await stage.pay(next_one)) == "window_cap_exceeded"
        assert (await stage.settled(invoice), await stage.owned_sats()) == (1, before - price(invoice))
        await stage.balances_agree()


@each_end
async def test_the_window_remembers_what_was_spent(runtime: ModuleType, how: str, tmp_path: Path) -> None:
    async with staged(runtime, tmp_path, SPARKGATE_WINDOW_CAP_MSATS="1000000") as stage:
        spent, too_much, rest = await stage.issue(700), await stage.issue(301), await stage.issue(300)
        await stage.give_for(spent, too_much, rest)
        assert (await stage.pay(spent)).status == 200
        await stage.crash(how)
        reply = await stage.pay(too_much)
        assert (reply.status, code_of(reply)) == (403, "window_cap_exceeded")
        last = await stage.pay(rest)
        assert (last.body or {})["result"]["windowSpendMsatsAfterPayment"] == 1_000_000


@each_runtime
async def test_killed_at_any_moment_it_pays_each_invoice_once_or_not_at_all(
    runtime: ModuleType, tmp_path: Path
) -> None:
    """Twelve payments, each cut off a little later than the one before; asked again, then weighed."""
    async with staged(runtime, tmp_path) as stage:
        orders = [(await stage.issue(100 + number), str(uuid.uuid4())) for number in range(12)]
        await stage.give_for(*(invoice for invoice, _ in orders))
        before = await stage.owned_sats()
        for number, (invoice, request_id) in enumerate(orders):
            paying = asyncio.create_task(stage.pay(invoice, request_id))
            await asyncio.wait([paying], timeout=number * LATER_S)
            await stage.crash("kill")
            await asyncio.gather(paying, return_exceptions=True)
        replies = [await stage.pay(invoice, request_id) for invoice, request_id in orders]
        settled = [await stage.settled(invoice) for invoice, _ in orders]
        outcomes = [(reply.status, code_of(reply)) for reply in replies]
        assert set(settled) <= {0, 1}
        for outcome, count in zip(outcomes, settled, strict=True):
            assert outcome in (((200, None),) if count else UNPAID)
        owed = sum(price(invoice) for (invoice, _), count in zip(orders, settled, strict=True) if count)
        assert before - await stage.owned_sats() == owed
        await stage.balances_agree()


async def test_two_processes_on_one_state_directory_share_their_books(tmp_path: Path) -> None:
    """A second process is asked while the first one waits for its answer: both tell of one and the same payment."""
    async with staged(node, tmp_path) as stage:
        invoice, next_one, request_id = await stage.issue(700), await stage.issue(40), str(uuid.uuid4())
        await stage.give_for(invoice, next_one)
        second = stage.make_process("second")
        try:
            await second.start()
            await stage.hold("RequestLightningSend")
            paying = asyncio.create_task(stage.pay(invoice, request_id))
            await until(lambda: stage.is_settled(invoice), "the settlement")
            assert code_of(await stage.pay(invoice, process=second)) == "idempotency_conflict"
            found = await stage.pay(invoice, request_id, second)
            assert not paying.done()
            await stage.let_go()
            first = await paying
            assert (first.status, found.status, await stage.settled(invoice)) == (200, 200, 1)
            assert (first.body or {})["result"] == (found.body or {})["result"]
            assert (await stage.pay(next_one, process=second)).status == 200
        finally:
            await second.stop()


@each_runtime
async def test_a_damaged_database_is_refused_and_left_alone(runtime: ModuleType, tmp_path: Path) -> None:
    async with staged(runtime, tmp_path) as stage:
        await stage.process.stop()
        file = database_of(stage)
        for journal in file.parent.glob(f"{file.name}-*"):
            journal.unlink()
        rubbish = b"these are notes about something else\n" * 300
        file.write_bytes(rubbish)
        await stage.process.start()
        since = (await stage.network.journal(0)).next
        for path, body in (("/status", None), ("/experiments/sync", {"input": {}})):
            method = "GET" if body is None else "POST"
            reply = await stage.process.driver.request(method, path, body=body, deadline_s=DEADLINE_S)
            assert (reply.status, code_of(reply)) == (500, SAID_OF_DAMAGE[runtime.NAME]), reply.body
        assert (file.read_bytes(), (await stage.network.journal(0)).next) == (rubbish, since)


@each_runtime
async def test_the_state_is_readable_by_its_owner_only(runtime: ModuleType, tmp_path: Path) -> None:
    async with staged(runtime, tmp_path) as stage:
        above = database_of(stage).relative_to(stage.state).parents
        closed = [folder for folder in above if (stage.state / folder).stat().st_mode & 0o077 == 0]
        assert closed, "no folder between the state directory and the database keeps others out"

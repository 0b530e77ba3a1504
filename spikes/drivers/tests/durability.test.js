/** What is remembered when the service is not: the next one on the same shelf. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { L402Buyer } from '../l402/buyer.js';
import { l402Experiment } from '../l402/experiment.js';
import { Books } from '../wallet/books.js';
import { ContractError } from '../wallet/errors.js';
import { readTerms } from '../wallet/invoice.js';
import { PhaseClock } from '../wallet/phases.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { errorTable, settings, wallet } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { pay } from './support/paying.js';
import { ITEM, demand, honest } from './support/shop.js';
import { until } from './support/until.js';

test('a reborn service repeats the answer word for word, and builds no SDK for it', async () => {
  const shelf = new MemoryShelf();
  const first = wallet({}, {}, { shelf });
  const { request } = first;
  const answer = await pay(first);
  const reborn = wallet({}, {}, { shelf });
  assert.deepEqual(await pay(reborn, request), answer);
  await assert.rejects(pay(reborn, { ...request, maxAmountMsats: 30_000n }), { code: 'idempotency_conflict' });
  assert.deepEqual([reborn.calls.build, reborn.calls.send], [0, 0]);
});

test('a failure for certain is repeated as it was told', async () => {
  const shelf = new MemoryShelf();
  const first = wallet({ send: async (order, api) => api.payment(order, { status: 'failed' }) }, {}, { shelf });
  const { request } = first;
  const told = await pay(first).catch((/** @type {any} */ error) => error);
  assert.equal(told.code, 'payment_failed');
  const again = await pay(wallet({}, {}, { shelf }), request).catch((/** @type {any} */ error) => error);
  assert.deepEqual([again.code, again.message, again.details], [told.code, told.message, told.details]);
});

/**
 * A shelf that its service loses when it dies: from then on no transaction of that service is ever done.
 * @param {MemoryShelf} shelf
 */
function mortal(shelf) {
  let alive = true;
  let booked = () => {};
  const dead = new Promise((resolve) => (booked = () => resolve(null)));
  return {
    cut: () => void (alive = false),
    dead,
    shelf: {
      durability: shelf.durability,
      /** @param {(tx: any) => any} work */
      transaction: (work) => {
        if (alive) return shelf.transaction(work);
        booked();
        return new Promise(() => {});
      },
    },
  };
}

/**
 * A service that dies at a point of its payment, and the next one on the same shelf.
 * @param {'quote' | 'mark' | 'submission'} point @param {object} [changes] to the next one's settings
 */
async function dies(point, changes = {}) {
  const shelf = new MemoryShelf();
  /** @type {any[]} */
  const history = [];
  const { cut, dead, shelf: cutOff } = mortal(shelf);
  const dying = wallet(
    {
      prepare: async () => {
        if (point === 'quote') cut();
        if (point === 'quote') throw new Error('no quote');
        return {
          input: dying.request.invoice,
          amount: 10n,
          paymentMethod: { type: 'bolt11Invoice', lightningFeeSats: 2 },
        };
      },
      send: async (order, api) => {
        await api.submit(order);
        cut();
        if (point === 'mark') throw new Error('the connection is gone');
        history.push(api.payment(order));
        return history[0];
      },
    },
    { windowCapMsats: 15_000n },
    { shelf: cutOff },
  );
  pay(dying).catch(() => {});
  await dead;
  const reborn = wallet({ history }, { windowCapMsats: 15_000n, ...changes }, { shelf });
  const tea = writeInvoice({ paymentHash: secret('tea').paymentHash });
  const next = { ...dying.request, requestId: '00000000-0000-4000-8000-000000000002', invoice: tea };
  await assert.rejects(pay(reborn, next), { code: 'window_cap_exceeded' }, 'its room is still reserved');
  return { dying, reborn, shelf, next, request: dying.request };
}

test('dead before it submitted: the request is paid as new by the next service', async () => {
  const { dying, reborn, request } = await dies('quote');
  assert.equal((await reborn.service.stateOf(request.requestId))?.state, 'approved');
  assert.equal((await pay(reborn, request)).result.payment.preimageHex, dying.preimageHex);
  assert.equal(reborn.calls.send, 1);
  assert.equal(await reborn.service.books.spentMsats(), 10_000n);
});

test('dead before it submitted and never asked for again: the room is free when nobody can be at it any more', async () => {
  const { reborn, next, request } = await dies('quote');
  const { books } = reborn.service;
  books.register.nowMs = books.window.nowMs = () => Date.now() + books.register.inFlightLimitMs;
  await assert.rejects(pay(reborn, next), { code: 'payment_missing_preimage' }, 'there is room for it');
  assert.equal(await reborn.service.stateOf(request.requestId), null);
  assert.equal(await books.spentMsats(), 10_000n);
});

test('dead after it submitted: looked up, and paid by nobody else', async () => {
  const { dying, reborn, request } = await dies('submission');
  assert.equal((await reborn.service.stateOf(request.requestId))?.state, 'in_flight');
  const answer = await pay(reborn, request);
  assert.equal(answer.result.payment.preimageHex, dying.preimageHex);
  assert.equal(reborn.calls.send, 0);
  const state = await reborn.service.stateOf(request.requestId);
  assert.deepEqual(state, { state: 'paid', receipt: answer.result.receipt });
});

test('dead between the mark and the message: unknown while it may still come, failed when it cannot', async () => {
  for (const lostAfterMs of [60_000, 0]) {
    const { reborn, request } = await dies('mark', { lostAfterMs });
    if (lostAfterMs > 0) {
      const unknown = { code: 'payment_pending', details: { reason: 'not_visible' } };
      await assert.rejects(pay(reborn, request), unknown);
      await assert.rejects(pay(reborn, request), unknown, 'and stays unknown');
      assert.equal((await reborn.service.stateOf(request.requestId))?.state, 'unknown');
      assert.equal(await reborn.service.books.spentMsats(), 10_000n);
    } else {
      const lost = { code: 'payment_failed', message: /never got the payment/ };
      await assert.rejects(pay(reborn, request), lost);
      await assert.rejects(pay(reborn, request), lost, 'and stays failed');
      const state = await reborn.service.stateOf(request.requestId);
      assert.deepEqual(state, { state: 'failed', code: 'payment_failed' });
      assert.equal(await reborn.service.books.spentMsats(), 0n);
    }
    assert.equal(reborn.calls.send, 0);
  }
});

test('a payment whose call has not ended is not held for lost, however long it takes', async () => {
  /** @type {(error: Error) => void} */
  let lose = () => {};
  const made = wallet(
    {
      send: async (order, api) => {
        await api.submit(order);
        return new Promise((_, reject) => (lose = reject));
      },
    },
    { lostAfterMs: 0, completionTimeoutS: -14.95 },
  );
  const { request, service } = made;
  await assert.rejects(pay(made), { code: 'payment_pending', details: { reason: 'no_answer_in_time' } });
  await assert.rejects(pay(made), { code: 'payment_pending', details: { reason: 'not_visible' } });
  lose(new Error('connection lost'));
  await until(() => service.session.submissions.running.size === 0, 'the call to end');
  await assert.rejects(pay(made), { code: 'payment_failed' });
  assert.equal((await service.stateOf(request.requestId))?.state, 'failed');
});

test('what is proven paid stays so, and keeps its room, whatever is said of it later', async () => {
  const { request } = wallet();
  const options = { shelf: new MemoryShelf(), config: settings(), inFlightLimitMs: 10 ** 9, incarnation: 'one' };
  const books = new Books(options);
  const order = { request, terms: readTerms(request.invoice, 'regtest') };
  await books.open(order, 'terms');
  const answer = /** @type {any} */ ({ paid: true });
  await books.settlePaid(order, () => answer);
  const failure = new ContractError('payment_failed', 'failed', { afterSubmit: true });
  assert.deepEqual(await books.settleFailed(order, failure), answer);
  assert.deepEqual(await books.settleLost(order, 5, failure), answer);
  assert.equal(await books.spentMsats(), 10_000n);
});

test('what is settled counts in the window for its time; nobody gives its room back', async () => {
  let nowMs = Date.now();
  const { request } = wallet();
  const options = { shelf: new MemoryShelf(), config: settings({ windowMs: 1_000 }), inFlightLimitMs: 10 ** 9 };
  const books = new Books({ ...options, incarnation: 'one', nowMs: () => nowMs });
  const order = { request, terms: readTerms(request.invoice, 'regtest') };
  const { attempt } = /** @type {any} */ (await books.open(order, 'terms'));
  await books.settlePaid(order, () => /** @type {any} */ ({}));
  await books.giveBack({ ...order, attempt });
  assert.equal(await books.spentMsats(), 10_000n);
  nowMs += 1_000;
  assert.equal(await books.spentMsats(), 0n);
});

test('a reborn service tells what the wallet held, until its own sync knows better', async () => {
  const shelf = new MemoryShelf();
  const first = wallet({ balanceSats: 500 }, {}, { shelf });
  await first.service.sync(new PhaseClock());
  const script = { balanceSats: 0 };
  const { service } = wallet(script, {}, { shelf });
  const told = async () => {
    const { balanceSats, walletState } = await service.status(new PhaseClock());
    return [balanceSats, walletState];
  };
  assert.deepEqual(await told(), [500, 'unsynced']);
  script.balanceSats = 480;
  await service.sync(new PhaseClock());
  assert.deepEqual(await told(), [480, 'ready']);
  script.balanceSats = 0;
  await service.rebuild();
  assert.deepEqual(await told(), [480, 'unsynced']);
});

test("another wallet's state is refused before anything of it is used", async () => {
  const shelf = new MemoryShelf();
  await wallet({}, {}, { shelf }).service.status(new PhaseClock());
  const stranger = wallet({ identity: `03${'cd'.repeat(32)}` }, {}, { shelf });
  await assert.rejects(stranger.service.status(new PhaseClock()), { code: 'config_error' });
  await assert.rejects(pay(stranger), { code: 'config_error' });
  assert.deepEqual([stranger.calls.sync, stranger.calls.send], [0, 0]);
});

test('a reborn buyer asks for the same invoice again, and its window remembers', async () => {
  const shelf = new MemoryShelf();
  const other = writeInvoice({ paymentHash: secret('tea').paymentHash });
  /** @type {any[]} */
  const history = [];
  const lose = async (/** @type {any} */ order, /** @type {any} */ api) => {
    await api.submit(order);
    history.push(api.payment(order));
    throw new Error('connection lost');
  };
  const policy = { maxAmountMsats: 20_000, windowCapMsats: 15_000, hostAllowlist: ['seller.example'] };
  const requestId = '00000000-0000-4000-8000-00000000000b';
  /** @param {any} script @param {(given: string | null) => Response} seller */
  const buy = (script, seller) => {
    const { service } = wallet(script, {}, { shelf });
    const send = async (/** @type {any} */ _, /** @type {any} */ init) =>
      seller(new Headers(init.headers).get('authorization'));
    const buyer = new L402Buyer({ service, errorTable, walletId: 'wallet-1', windowMs: 300_000, shelf, send });
    const { l402_fetch } = l402Experiment(buyer);
    return (/** @type {object} */ changes) => /** @type {any} */ (l402_fetch({ url: ITEM, policy, ...changes }));
  };
  const seller = honest();
  const lost = await buy({ send: lose }, seller)({ requestId });
  assert.deepEqual([lost.outcome, lost.code], ['unknown', 'payment_pending']);
  const reborn = buy({ history }, (given) => (given ? seller(given) : demand(other)));
  assert.equal((await reborn({})).code, 'window_cap_exceeded');
  const found = await reborn({ requestId });
  assert.deepEqual([found.outcome, found.response.text], ['paid', 'a cup of coffee']);
});

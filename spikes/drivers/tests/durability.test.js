/** What is remembered when the service is not: the next one on the same shelf, and a shelf that fails. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { L402Buyer } from '../l402/buyer.js';
import { l402Experiment } from '../l402/experiment.js';
import { Books } from '../wallet/books.js';
import { readTerms } from '../wallet/invoice.js';
import { PhaseClock } from '../wallet/phases.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { errorTable, settings, wallet } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { ITEM, demand, honest } from './support/shop.js';
import { until } from './support/until.js';

/** @param {any} made from wallet() @param {object} [changes] */
const pay = ({ service, request }, changes = {}) => service.payBolt11({ ...request, ...changes }, new PhaseClock());

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

test('what was in flight when the service died is unknown at once: looked up, and paid by nobody', async () => {
  for (const wasSubmitted of [true, false]) {
    const shelf = new MemoryShelf();
    /** @type {any[]} */
    const history = [];
    const { cut, dead, shelf: cutOff } = mortal(shelf);
    const dying = wallet(
      wasSubmitted
        ? {
            send: async (order, api) => {
              cut();
              history.push(api.payment(order));
              return history[0];
            },
          }
        : {
            prepare: async () => {
              cut();
              throw new Error('no quote');
            },
          },
      { windowCapMsats: 15_000n },
      { shelf: cutOff },
    );
    const { request } = dying;
    pay(dying).catch(() => {});
    await dead;
    const reborn = wallet({ history }, { windowCapMsats: 15_000n }, { shelf });
    const tea = writeInvoice({ paymentHash: secret('tea').paymentHash });
    const next = { ...request, requestId: '00000000-0000-4000-8000-000000000002', invoice: tea };
    await assert.rejects(pay(reborn, next), { code: 'window_cap_exceeded' }, 'its room is still reserved');
    if (wasSubmitted) assert.equal((await pay(reborn, request)).result.payment.preimageHex, dying.preimageHex);
    else {
      const unknown = { code: 'payment_pending', details: { reason: 'not_visible' } };
      await assert.rejects(pay(reborn, request), unknown);
      await assert.rejects(pay(reborn, request), unknown, 'and stays unknown');
    }
    assert.equal(reborn.calls.send, 0);
  }
});

test('two services on one shelf: the second never pays what the first is paying', async () => {
  const shelf = new MemoryShelf();
  /** @type {any[]} */
  const history = [];
  let finish = () => {};
  const first = wallet(
    {
      send: (order, api) =>
        new Promise((resolve) => {
          finish = () => {
            history.push(api.payment(order));
            resolve(history[0]);
          };
        }),
    },
    {},
    { shelf },
  );
  const { request } = first;
  const paying = pay(first);
  const second = wallet({ history }, {}, { shelf });
  await until(() => first.calls.send > 0, 'the first to send');
  await assert.rejects(pay(second, request), { code: 'payment_pending' });
  finish();
  const answer = await paying;
  assert.deepEqual(await pay(second, request), answer);
  assert.deepEqual([first.calls.send, second.calls.send], [1, 0]);
});

test('a definite failure of the first gives the id back, although the second had called it unknown', async () => {
  const shelf = new MemoryShelf();
  let fail = () => {};
  const first = wallet(
    { prepare: () => new Promise((_, reject) => (fail = () => reject(new Error('no quote')))) },
    {},
    { shelf },
  );
  const { request } = first;
  const paying = pay(first);
  await until(() => first.calls.prepare > 0, 'the first to ask for a quote');
  const second = wallet({}, {}, { shelf });
  await assert.rejects(pay(second, request), { code: 'payment_pending' });
  fail();
  await assert.rejects(paying, { code: 'prepare_failed' });
  assert.equal((await pay(second, request)).result.payment.amountMsats, 10_000);
});

test('what is settled counts in the window for its time; nobody gives its room back', async () => {
  let nowMs = Date.now();
  const { request } = wallet();
  const options = { shelf: new MemoryShelf(), config: settings({ windowMs: 1_000 }), inFlightLimitMs: 10 ** 9 };
  const books = new Books({ ...options, incarnation: 'one', nowMs: () => nowMs });
  const order = { request, terms: readTerms(request.invoice, 'regtest') };
  await books.open(order, 'terms');
  await books.settlePaid(order, () => /** @type {any} */ ({}));
  await books.giveBack(order);
  assert.equal(await books.spentMsats(), 10_000n);
  nowMs += 1_000;
  assert.equal(await books.spentMsats(), 0n);
});

/** A shelf that fails when it is told to. */
function failing() {
  const shelf = new MemoryShelf();
  const state = { broken: false };
  return {
    state,
    shelf: {
      durability: shelf.durability,
      /** @param {(tx: any) => any} work */
      transaction: async (work) => {
        if (state.broken) throw new Error('disk I/O error');
        return shelf.transaction(work);
      },
    },
  };
}

test('books that cannot be opened: nothing is paid, and that is certain', async () => {
  const { shelf, state } = failing();
  const made = wallet({}, {}, { shelf });
  state.broken = true;
  await assert.rejects(pay(made), { code: 'prepare_failed', message: /disk I\/O error.*nothing was paid/ });
  assert.equal(made.calls.build, 0);
  state.broken = false;
  assert.equal((await pay(made)).result.payment.amountMsats, 10_000);
});

test('an end that cannot be booked is not known: never "failed", and found by the next service', async () => {
  const { shelf, state } = failing();
  /** @type {any[]} */
  const history = [];
  const made = wallet(
    {
      send: async (order, api) => {
        history.push(api.payment(order));
        state.broken = true;
        return history[0];
      },
    },
    {},
    { shelf },
  );
  const { request } = made;
  const lost = await pay(made).catch((/** @type {any} */ error) => error);
  assert.equal(errorTable.isDefinite(lost.code ?? 'internal_error'), false, lost.code);
  state.broken = false;
  const reborn = wallet({ history }, {}, { shelf });
  assert.equal((await pay(reborn, request)).result.payment.preimageHex, made.preimageHex);
  assert.equal(reborn.calls.send, 0);
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
    const buyer = new L402Buyer({ service, errorTable, windowMs: 300_000, shelf, send });
    const { l402_fetch } = l402Experiment({ buyer, service, errorTable, walletId: 'wallet-1' });
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

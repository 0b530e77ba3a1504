/** A payment that takes longer than the SDK asks about every second: the wallet looks itself, and never pays again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PhaseClock } from '../wallet/phases.js';
import { watchPayment } from '../wallet/watching.js';
import { wallet } from './support/drivers.js';

/** @param {any} made from wallet() */
const pay = ({ service, request }) => service.payBolt11(request, new PhaseClock());

const SECOND_MS = 1_000;

/**
 * Looks of a session whose every sync is answered by the next of `looks`; its clock stands still but for the waiting.
 * @param {import('node:test').TestContext} t @param {(any | Error)[]} looks @param {number} untilS
 */
async function watched(t, looks, untilS, payment = { id: 'id', status: 'pending', details: {} }) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  let count = 0;
  const session = {
    calls: { within: (/** @type {Promise<any>} */ call) => call },
    sync: async () => {
      if (looks[count++] instanceof Error) throw looks[count - 1];
    },
  };
  const sdk = { getPayment: async () => ({ payment: { ...payment, status: looks[count - 1] } }) };
  const untilMs = Date.now() + untilS * SECOND_MS;
  const watching = watchPayment({ session: /** @type {any} */ (session), sdk, payment, untilMs });
  let isOver = false;
  watching.then(() => (isOver = true));
  for (let turn = 0; !isOver && turn < 2 * untilS; turn += 1) {
    for (let microtask = 0; microtask < 20; microtask += 1) await Promise.resolve();
    t.mock.timers.tick(SECOND_MS);
  }
  const { status } = await watching;
  t.mock.timers.reset();
  return { status, looks: count, tookMs: untilMs - untilS * SECOND_MS };
}

test('one look a second until it has an end, or the time is up', async (t) => {
  const ended = await watched(t, ['pending', new Error('no sync'), 'pending', 'completed'], 45);
  assert.deepEqual([ended.status, ended.looks], ['completed', 4]);
  const failed = await watched(t, ['pending', 'failed'], 45);
  assert.deepEqual([failed.status, failed.looks], ['failed', 2]);
  const late = await watched(t, Array(60).fill('pending'), 45);
  assert.deepEqual([late.status, late.looks], ['pending', 44]);
  assert.equal((await watched(t, [], 0.5)).looks, 0);
});

test('what has an end needs no look; nor has an orphan, which nobody at the service provider is at', async (t) => {
  for (const payment of [
    { id: 'id', status: 'completed', details: {} },
    { id: 'id', status: 'odd', details: {} },
    { id: 'id', status: 'pending', details: undefined },
  ]) {
    assert.equal((await watched(t, ['completed'], 45, /** @type {any} */ (payment))).looks, 0);
  }
});

test('settled after the SDK has stopped waiting: paid all the same, by one submission', async () => {
  /** @type {any[]} */
  const history = [];
  /** @type {any} */
  let asked;
  const made = wallet(
    {
      history,
      send: async (request, api) => {
        asked = request.options.completionTimeoutSecs;
        await api.submit(request);
        history.push(api.payment(request));
        return api.payment(request, { status: 'pending' });
      },
    },
    { completionTimeoutS: 45 },
  );
  assert.equal((await pay(made)).result.payment.preimageHex, made.preimageHex);
  assert.equal(asked, 5, 'as long as it asks every second');
  assert.deepEqual([made.calls.send, made.calls.sync], [1, 2]);
});

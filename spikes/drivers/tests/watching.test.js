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
 * Looks of a session whose every sync is answered by the next of `looks`; time passes only by the waiting.
 * @param {import('node:test').TestContext} t @param {(any | Error)[]} looks
 * @param {{untilS?: number, payment?: any}} [options]
 */
async function watched(t, looks, { untilS = 45, payment = { id: 'id', status: 'pending', details: {} } } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  /** @type {number[]} */
  const atMs = [];
  const session = {
    calls: { within: (/** @type {Promise<any>} */ call) => call },
    sync: async () => {
      atMs.push(Date.now());
      if (looks[atMs.length - 1] instanceof Error) throw looks[atMs.length - 1];
    },
  };
  const sdk = { getPayment: async () => ({ payment: { ...payment, status: looks[atMs.length - 1] } }) };
  const watch = { session: /** @type {any} */ (session), sdk, payment, sinceMs: -5 * SECOND_MS };
  const watching = watchPayment({ ...watch, untilMs: (untilS - 5) * SECOND_MS });
  let isOver = false;
  watching.then(() => (isOver = true));
  for (let turn = 0; !isOver && turn < 100 * untilS; turn += 1) {
    for (let microtask = 0; microtask < 20; microtask += 1) await Promise.resolve();
    t.mock.timers.tick(SECOND_MS / 20);
  }
  const { status } = await watching;
  t.mock.timers.reset();
  return { status, atS: atMs.map((ms) => ms / SECOND_MS + 5) };
}

test('a look every second, then every tenth of what it has taken, until it has an end or the time is up', async (t) => {
  const ended = await watched(t, ['pending', new Error('no sync'), 'pending', 'completed']);
  assert.deepEqual([ended.status, ended.atS], ['completed', [6, 7, 8, 9]]);
  const failed = await watched(t, ['pending', 'failed']);
  assert.deepEqual([failed.status, failed.atS], ['failed', [6, 7]]);
  const { status, atS } = await watched(t, Array(60).fill('pending'));
  assert.deepEqual([status, atS.length], ['pending', 20]);
  for (const [index, at] of atS.entries()) {
    const before = index === 0 ? 5 : atS[index - 1];
    assert.ok(Math.abs(at - before - Math.max(1, before / 10)) < 0.1, `${before} -> ${at}`);
  }
  assert.deepEqual((await watched(t, [], { untilS: 5.5 })).atS, []);
});

test('what has an end needs no look; nor has an orphan, which nobody at the service provider is at', async (t) => {
  for (const payment of [
    { id: 'id', status: 'completed', details: {} },
    { id: 'id', status: 'odd', details: {} },
    { id: 'id', status: 'pending', details: undefined },
  ]) {
    assert.deepEqual((await watched(t, ['completed'], { payment })).atS, []);
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

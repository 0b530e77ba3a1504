/** Two services on one shelf: only one of them submits, and both tell the same end. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryShelf } from '../wallet/shelf.js';
import { wallet } from './support/drivers.js';
import { pay } from './support/paying.js';
import { until } from './support/until.js';

/** A first service that stands still where it is told to, and goes on when it is told to. */
function halting(/** @type {'prepare' | 'send'} */ where) {
  const shelf = new MemoryShelf();
  /** @type {any[]} */
  const history = [];
  let goOn = () => {};
  const here = new Promise((resolve) => (goOn = () => resolve(null)));
  const made = wallet(
    {
      prepare: async () => {
        if (where === 'prepare') await here;
        return {
          input: made.request.invoice,
          amount: 10n,
          paymentMethod: { type: 'bolt11Invoice', lightningFeeSats: 2 },
        };
      },
      send: async (order, api) => {
        await api.submit(order);
        if (where === 'send') await here;
        history.push(api.payment(order));
        return history[0];
      },
    },
    {},
    { shelf },
  );
  return { first: made, second: wallet({ history }, {}, { shelf }), goOn, request: made.request };
}

test('two services on one shelf: the second never pays what the first has submitted', async () => {
  const { first, second, goOn, request } = halting('send');
  const paying = pay(first);
  await until(() => first.calls.send > 0, 'the first to send');
  await assert.rejects(pay(second, request), { code: 'payment_pending' });
  goOn();
  const answer = await paying;
  assert.deepEqual(await pay(second, request), answer);
  assert.deepEqual([first.calls.send, second.calls.send], [1, 0]);
});

test('two services on one shelf: what the first has not submitted, only the second submits; both give its answer', async () => {
  const { first, second, goOn, request } = halting('prepare');
  const paying = pay(first);
  await until(() => first.calls.prepare > 0, 'the first to ask for a quote');
  const answer = await pay(second, request);
  goOn();
  assert.deepEqual(await paying, answer);
  assert.equal(await first.service.books.spentMsats(), 10_000n);
});

test('two services on one shelf: the first is told that its request is under way while the second has it', async () => {
  const { first, goOn, request } = halting('prepare');
  const paying = pay(first);
  await until(() => first.calls.prepare > 0, 'the first to ask for a quote');
  const { shelf } = first.service;
  const second = wallet({ prepare: () => new Promise(() => {}) }, {}, { shelf });
  pay(second, request).catch(() => {});
  await until(() => second.calls.prepare > 0, 'the second to ask for a quote');
  goOn();
  await assert.rejects(paying, { code: 'idempotency_in_flight' });
  assert.equal((await first.service.stateOf(request.requestId))?.state, 'approved', "it is still the second one's");
});

/** Too little money: believed only when no other payment has the rest of it in its hands. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PhaseClock } from '../wallet/phases.js';
import { wallet } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { until } from './support/until.js';

/** A wallet whose first payment has taken its one leaf to be swapped, and a second payment. */
async function oneLeaf() {
  /** @type {(() => void)[]} */
  const finish = [];
  /** @type {import('./support/scripted_sdk.js').Script} */
  const script = {
    send: (order, api) => new Promise((resolve) => finish.push(() => resolve(api.payment(order)))),
  };
  const made = wallet(script);
  const tea = secret('tea');
  made.preimages[tea.paymentHash] = tea.preimageHex;
  const next = {
    ...made.request,
    requestId: '00000000-0000-4000-8000-000000000002',
    invoice: writeInvoice({ paymentHash: tea.paymentHash }),
  };
  const first = made.service.payBolt11(made.request, new PhaseClock());
  await until(() => finish.length === 1, 'the first to be sent');
  script.balanceSats = 0;
  const second = made.service.payBolt11(next, new PhaseClock());
  second.catch(() => {});
  await until(() => made.calls.prepare === 2, 'the second to be quoted');
  return { ...made, script, finish, first, second };
}

test('the second waits for the first, and pays with what comes back', async () => {
  const { script, finish, first, second, calls } = await oneLeaf();
  script.balanceSats = 12;
  finish[0]();
  await first;
  await until(() => finish.length === 2, 'the second to be sent');
  finish[1]();
  assert.equal((await second).result.payment.amountMsats, 10_000);
  assert.equal(calls.sync, 1, 'nothing had to be looked for');
});

test('if nothing comes back it is too little for certain, after one look', async () => {
  const { finish, first, second, calls } = await oneLeaf();
  finish[0]();
  await first;
  await assert.rejects(second, { code: 'insufficient_funds', details: { balanceSats: 0, neededSats: 12 } });
  assert.deepEqual([calls.sync, calls.send], [2, 1]);
});

test('it does not wait for ever', async () => {
  const { finish, first, second, calls } = await oneLeaf();
  await assert.rejects(second, { code: 'insufficient_funds' });
  assert.equal(calls.send, 1);
  finish[0]();
  await first;
});

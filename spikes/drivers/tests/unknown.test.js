/** Payments whose end is not known: never paid again, never called failed, looked up until they are resolved. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PhaseClock } from '../wallet/phases.js';
import { wallet } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';

/** @param {any} made from wallet() @param {object} [changes] */
const pay = ({ service, request }, changes = {}) => service.payBolt11({ ...request, ...changes }, new PhaseClock());

/** @type {[string, import('./support/scripted_sdk.js').Script['send'], string, string][]} */
const INDEFINITE = [
  [
    'an error after submission',
    async (request, api) => {
      await api.submit(request);
      throw new Error('Insufficient funds');
    },
    'payment_pending',
    'submitted',
  ],
  [
    'the network says pending',
    async (request, api) => {
      await api.submit(request);
      return api.payment(request, { status: 'pending' });
    },
    'payment_pending',
    'network_says_pending',
  ],
  [
    'a status nobody knows',
    async (request, api) => api.payment(request, { status: 'odd' }),
    'payment_pending',
    'network_says_pending',
  ],
  [
    'completed without a preimage',
    async (request, api) => api.payment(request, { details: {} }),
    'payment_missing_preimage',
    'preimage_absent',
  ],
  [
    'completed with zeros',
    async (request, api) => api.payment(request, { details: { htlcDetails: { preimage: '00'.repeat(32) } } }),
    'payment_missing_preimage',
    'preimage_mismatch',
  ],
  [
    'completed with a short preimage',
    async (request, api) => api.payment(request, { details: { htlcDetails: { preimage: '00' } } }),
    'payment_missing_preimage',
    'preimage_absent',
  ],
];

for (const [name, send, code, reason] of INDEFINITE) {
  test(`indefinite, never paid again, its money stays reserved: ${name}`, async () => {
    const made = wallet({ send });
    await assert.rejects(pay(made), { code, details: { reason } });
    assert.equal(await made.service.books.spentMsats(), 10_000n);
    await assert.rejects(pay(made), { code: 'payment_pending', details: { reason: 'not_visible' } });
    const other = { requestId: '00000000-0000-4000-8000-000000000002' };
    await assert.rejects(pay(made, other), { code: 'idempotency_conflict', details: { reason: 'invoice_in_use' } });
    assert.equal(made.calls.send, 1);
  });
}

test('an unknown payment is looked up: completed later, failed later', async () => {
  for (const status of ['completed', 'failed']) {
    /** @type {any[]} */
    const history = [];
    const made = wallet({
      history,
      send: async (request, api) => {
        await api.submit(request);
        history.push(api.payment(request, { status }));
        throw new Error('connection lost');
      },
    });
    await assert.rejects(pay(made), { code: 'payment_pending' });
    if (status === 'completed') assert.equal((await pay(made)).result.payment.preimageHex, made.preimageHex);
    else await assert.rejects(pay(made), { code: 'payment_failed' });
    assert.equal(await made.service.books.spentMsats(), status === 'completed' ? 10_000n : 0n);
    if (status === 'failed') await assert.rejects(pay(made), { code: 'payment_failed' }, 'the stored answer');
    assert.equal(made.calls.send, 1);
    const other = { requestId: '00000000-0000-4000-8000-000000000002' };
    const code = status === 'completed' ? 'idempotency_conflict' : 'payment_pending';
    await assert.rejects(pay(made, other), { code }, 'an invoice whose payment failed may be paid by another request');
  }
});

test('after an eviction the history answers, even when the invoice has expired', async () => {
  /** @type {any[]} */
  const history = [];
  const first = wallet({
    send: async (request, api) => {
      history.push(api.payment(request));
      return history[0];
    },
  });
  const { paymentHash } = first;
  const invoice = writeInvoice({ paymentHash, timestampS: Math.floor(Date.now() / 1000) - 10, expiryS: 11 });
  await pay(first, { invoice });
  const reborn = wallet({ history });
  reborn.service.nowMs = () => Date.now() + 60_000;
  assert.equal((await pay(reborn, { invoice })).result.payment.preimageHex, first.preimageHex);
  assert.deepEqual([reborn.calls.prepare, reborn.calls.send], [0, 0]);
  const stranger = { invoice, requestId: '00000000-0000-4000-8000-000000000002' };
  await assert.rejects(
    pay(wallet({ history }), { ...stranger, invoice: writeInvoice({ paymentHash, timestampS: 9 }) }),
    {
      code: 'invalid_request',
    },
  );
  const tea = writeInvoice({ paymentHash: secret('tea').paymentHash });
  await assert.rejects(pay(wallet({ history }), { invoice: tea }), { code: 'idempotency_conflict' });
});

test('a send that runs out of time before it submits can submit nothing later; the id waits for its end', async () => {
  /** @type {any} */
  let late;
  let isFirst = true;
  const made = wallet(
    {
      send: (request, api) => {
        if (!isFirst) return api.submit(request).then(() => api.payment(request));
        isFirst = false;
        return new Promise((_, reject) => {
          late = () => api.submit(request).then(() => reject(new Error('sent!')), reject);
        });
      },
    },
    { completionTimeoutS: -14.95 }, // with the grace of 15 s: a deadline of 50 ms
  );
  await assert.rejects(pay(made), { code: 'send_failed', afterSubmit: false });
  assert.equal(await made.service.stateOf(made.request.requestId), null);
  const busy = { code: 'prepare_failed', details: { reason: 'wallet_busy' } };
  await assert.rejects(pay(made), busy, 'two calls for one payment could not be told apart');
  const lateEnd = [...made.service.session.calls.running][0];
  await late();
  await lateEnd;
  assert.equal((await pay(made)).result.payment.preimageHex, made.preimageHex);
});

test('a defect before anything was submitted: told as indefinite, and the request is as good as new', async () => {
  const made = wallet();
  const { service } = made;
  const { info } = service.session;
  service.session.info = async () => {
    throw new TypeError('boom');
  };
  await assert.rejects(pay(made), { code: 'internal_error' });
  assert.equal(await service.stateOf(made.request.requestId), null);
  assert.equal(await service.books.spentMsats(), 0n);
  service.session.info = info;
  assert.equal((await pay(made)).result.payment.preimageHex, made.preimageHex);
});

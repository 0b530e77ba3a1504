import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PhaseClock } from '../wallet/phases.js';
import { wallet } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';

/** @param {any} made from wallet() @param {object} [changes] */
const pay = ({ service, request }, changes = {}) => service.payBolt11({ ...request, ...changes }, new PhaseClock());

test('paid: result, receipt, phases, and nothing is paid again for the same request', async () => {
  const made = wallet();
  const clock = new PhaseClock();
  const answer = await made.service.payBolt11(made.request, clock);
  const { payment, receipt, windowSpendMsatsAfterPayment } = answer.result;
  assert.equal(payment.preimageHex, made.preimageHex);
  assert.deepEqual([payment.amountMsats, payment.feeMsats, windowSpendMsatsAfterPayment], [10_000, 2_000, 10_000]);
  assert.deepEqual([receipt.outcome, receipt.paymentHash, receipt.host], ['paid', made.paymentHash, 'seller.example']);
  assert.equal(JSON.stringify(receipt).includes(made.preimageHex), false);
  assert.deepEqual(
    clock.phases.map(({ name }) => name),
    ['unseal', 'load', 'build', 'sync', 'prepare', 'send', 'confirm'],
  );
  assert.deepEqual(await pay(made), answer);
  await assert.rejects(pay(made, { maxAmountMsats: 30_000n }), { code: 'idempotency_conflict' });
  assert.equal(made.calls.send, 1);
});

test('refused before the wallet is even built: limits and unpayable invoices', async () => {
  const { paymentHash } = secret('coffee');
  const old = writeInvoice({ paymentHash, timestampS: 1 });
  const made = wallet({}, { requestCapMsats: 20_000n, hostAllowlist: ['seller.example'] });
  await assert.rejects(pay(made, { host: 'other.example' }), { code: 'host_not_allowed' });
  await assert.rejects(pay(made, { maxAmountMsats: 20_001n }), { code: 'request_cap_exceeded' });
  await assert.rejects(pay(made, { maxAmountMsats: 9_999n }), { code: 'quoted_amount_exceeds_cap' });
  await assert.rejects(pay(made, { invoice: 'lnbcrt1rubbish' }), { code: 'invalid_request' });
  assert.equal(made.calls.build, 0);
  await assert.rejects(pay(made, { invoice: old }), { code: 'invalid_request' });
  assert.equal(made.calls.prepare, 0);
  assert.equal((await pay(made)).result.quotedAmountMsats, 10_000, 'none of this used up the request id');
});

test('the window is full: refused, and a definite failure gives the room back', async () => {
  let fails = true;
  const made = wallet(
    {
      prepare: async () => {
        if (fails) throw new Error('no quote');
        return {
          input: made.request.invoice,
          amount: 10n,
          paymentMethod: { type: 'bolt11Invoice', lightningFeeSats: 2 },
        };
      },
    },
    { windowCapMsats: 10_000n },
  );
  await assert.rejects(pay(made), { code: 'prepare_failed' });
  assert.equal(await made.service.books.spentMsats(), 0n);
  fails = false;
  await pay(made);
  const { paymentHash } = secret('tea');
  const next = {
    requestId: '00000000-0000-4000-8000-000000000002',
    invoice: writeInvoice({ paymentHash, amount: '10n' }),
  };
  await assert.rejects(pay(made, next), { code: 'window_cap_exceeded' });
});

/** @type {[string, import('./support/scripted_sdk.js').Script, string, string?][]} */
const DEFINITE = [
  [
    'prepare fails',
    {
      prepare: async () => {
        throw new Error('Network error: no');
      },
    },
    'prepare_failed',
  ],
  [
    'prepare: insufficient funds',
    {
      prepare: async () => {
        throw new Error('Insufficient funds');
      },
    },
    'insufficient_funds',
  ],
  ['the balance is too small', { balanceSats: 11 }, 'insufficient_funds'],
  [
    'send fails before it submits',
    {
      send: async () => {
        throw new Error('Tree service error');
      },
    },
    'send_failed',
  ],
  [
    'another amount is prepared',
    { prepare: async () => ({ amount: 11n, paymentMethod: { type: 'bolt11Invoice', lightningFeeSats: 1 } }) },
    'prepare_failed',
  ],
  [
    'another method is prepared',
    { prepare: async () => ({ amount: 10n, paymentMethod: { type: 'sparkAddress' } }) },
    'unsupported_payment_method',
  ],
  ['the SDK reads another amount', { parse: (parsed) => ({ ...parsed, amountMsat: 9_000 }) }, 'invalid_request'],
  [
    'the SDK reads another hash',
    { parse: (parsed) => ({ ...parsed, paymentHash: 'ff'.repeat(32) }) },
    'invalid_request',
  ],
  [
    'the SDK cannot read it',
    {
      parse: () => {
        throw new Error('Invalid input');
      },
    },
    'invalid_request',
  ],
  [
    'the sync throws',
    {
      sync: async () => {
        throw new Error('x');
      },
    },
    'connect_failed',
  ],
  ['the sync only pretends', { sync: async () => ({}) }, 'connect_failed'],
  [
    'the sync fails in the log',
    {
      sync: async (log, storage) => {
        log('sync_wallet_internal: Spark wallet sync failed in 1ms');
        await storage.setCachedItem('sync_offset', '{}');
      },
    },
    'connect_failed',
  ],
  [
    'the SDK cannot be built',
    {
      build: async () => {
        throw new Error('no');
      },
    },
    'connect_failed',
  ],
];

for (const [name, script, code] of DEFINITE) {
  test(`definite, and the same id may try again: ${name}`, async () => {
    const made = wallet(script);
    await assert.rejects(pay(made), { code, afterSubmit: false });
    assert.equal(await made.service.books.spentMsats(), 0n);
    await assert.rejects(pay(made), { code }, 'asked anew, not answered from the register');
  });
}

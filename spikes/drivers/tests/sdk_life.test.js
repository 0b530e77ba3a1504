/** How long an SDK lives: until it is rebuilt, or for one request; it is never freed while somebody uses it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PhaseClock } from '../wallet/phases.js';
import { wallet } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { until } from './support/until.js';

/** @param {any} made from wallet() @param {object} [changes] */
const pay = ({ service, request }, changes = {}) => service.payBolt11({ ...request, ...changes }, new PhaseClock());

test('rebuild ends the SDK when nobody uses it; the next request builds one, on the same shelf', async () => {
  let finish = () => {};
  const made = wallet({
    send: (order, api) => new Promise((resolve) => (finish = () => resolve(api.payment(order)))),
  });
  const paying = pay(made);
  await until(() => made.calls.send > 0, 'the payment to be sent');
  const rebuilding = made.service.rebuild();
  const status = made.service.status(new PhaseClock());
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([made.calls.free, made.calls.build], [0, 1], 'a payment is using it');
  finish();
  const answer = await paying;
  await Promise.all([rebuilding, status]);
  assert.deepEqual([made.calls.disconnect, made.calls.free, made.calls.build], [1, 1, 2]);
  assert.deepEqual(await pay(made), answer);
});

test('an SDK for each request: built, ended, and never shared, also when requests come at once', async () => {
  /** @type {number[]} how many SDKs had been built when a payment was sent */
  const builds = [];
  const made = wallet(
    {
      send: async (order, api) => {
        builds.push(made.calls.build);
        await new Promise((resolve) => setTimeout(resolve, 20)); // long enough for the others to come in between
        return api.payment(order);
      },
    },
    {},
    { sdkLife: 'request' },
  );
  const tea = secret('tea');
  made.preimages[tea.paymentHash] = tea.preimageHex;
  const next = {
    requestId: '00000000-0000-4000-8000-000000000002',
    invoice: writeInvoice({ paymentHash: tea.paymentHash }),
  };
  await Promise.all([pay(made), pay(made, next), made.service.status(new PhaseClock())]);
  assert.deepEqual([made.calls.build, made.calls.disconnect, made.calls.free], [3, 3, 3]);
  assert.notEqual(builds[0], builds[1]);
  assert.equal(made.service.session.building, null);
});

test('an SDK that is still at work after its deadline is freed when the work ends, not before', async () => {
  let finish = () => {};
  const made = wallet(
    { send: (order, api) => new Promise((resolve) => (finish = () => resolve(api.payment(order)))) },
    { completionTimeoutS: -14.95 },
    { sdkLife: 'request' },
  );
  await assert.rejects(pay(made), { code: 'send_failed' });
  assert.deepEqual([made.calls.disconnect, made.calls.free], [1, 0]);
  finish();
  await until(() => made.calls.free > 0, 'the SDK to be freed');
});

test('a quote moves nothing and needs no sync', async () => {
  const made = wallet();
  const quote = await made.service.quote(made.request.invoice, new PhaseClock());
  assert.deepEqual(quote, { paymentHash: made.paymentHash, amountSats: 10, feeSats: 2 });
  assert.deepEqual([made.calls.sync, made.calls.send], [0, 0]);
  assert.equal(await made.service.books.spentMsats(), 0n);
  await assert.rejects(made.service.quote('lnbcrt1rubbish', new PhaseClock()), { code: 'invalid_request' });
});

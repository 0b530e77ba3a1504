import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createContract } from '../wallet/contract.js';
import { walletExperiments } from '../wallet/experiments.js';
import { PhaseClock } from '../wallet/phases.js';
import { errorTable, wallet } from './support/drivers.js';

/** @param {any} [script] */
function driver(script) {
  const made = wallet(script);
  const { service, request } = made;
  const experiments = walletExperiments(service, errorTable);
  const handle = createContract({ runtime: 'test', sdk: 'scripted', token: 'right', errorTable, service, experiments });
  /** @param {string} method @param {string} path @param {any} [body] @param {string} [authorization] */
  const ask = async (method, path, body, authorization = 'Bearer right') => {
    const init = {
      method,
      headers: { authorization },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    };
    const response = await handle(new Request(`http://127.0.0.1${path}`, init));
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
  const { requestId, invoice, host } = request;
  return { ...made, ask, order: { requestId, payment: { invoice, host, maxAmountMsats: 20_000 } } };
}

test('health needs no token and touches no wallet; everything else needs the token', async () => {
  const { ask, calls } = driver();
  assert.deepEqual((await ask('GET', '/healthz', undefined, '')).body, { ok: true, runtime: 'test', sdk: 'scripted' });
  for (const [method, path] of [
    ['GET', '/status'],
    ['POST', '/pay-bolt11'],
    ['POST', '/experiments/pay'],
    ['GET', '/nowhere'],
  ]) {
    const { status, body } = await ask(method, path, undefined, 'Bearer wrong');
    assert.deepEqual([status, body.ok, body.error.code], [401, false, 'unauthorized'], path);
  }
  assert.equal(calls.build, 0);
});

test('status builds the wallet and does not sync', async () => {
  const { ask, calls } = driver();
  const { body } = await ask('GET', '/status');
  const { walletId, balanceSats, walletState, backendMode, durability, wasmMemoryBytes, sdk } = body;
  assert.deepEqual([walletId, balanceSats, walletState, backendMode], ['wallet-1', 1_000_000, 'unsynced', 'runtime']);
  assert.deepEqual([durability, wasmMemoryBytes, sdk], ['isolate', 65_536, 'scripted']);
  assert.deepEqual([calls.build, calls.sync], [1, 0]);
});

test('pay-bolt11 answers in the form of the contract and forbids keeping it', async () => {
  const { ask, order, preimageHex } = driver();
  const { status, body, headers } = await ask('POST', '/pay-bolt11', order);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['ok', 'requestId', 'result', 'phases']);
  assert.equal(body.result.payment.preimageHex, preimageHex);
  assert.equal(headers.get('cache-control'), 'no-store');
  const { requestId, ...anonymous } = order;
  const again = await ask('POST', '/pay-bolt11', anonymous);
  assert.equal(again.body.error.code, 'idempotency_conflict', 'a new id, made by the driver, for a paid invoice');
  assert.match(again.body.error.requestId, /^[0-9a-f-]{36}$/);
});

test('what became of a request is told without an SDK: first to last, and to nobody without the token', async () => {
  /** @type {any} */
  let made;
  /** @type {string[]} */
  const seen = [];
  const look = async () => {
    const { status, body } = await made.ask('GET', `/requests/${made.order.requestId}`);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['ok', 'requestId', 'state', 'code', 'receipt']);
    seen.push(body.state);
    return body;
  };
  made = driver({
    prepare: async () => {
      await look();
      return {
        input: made.request.invoice,
        amount: 10n,
        paymentMethod: { type: 'bolt11Invoice', lightningFeeSats: 2 },
      };
    },
    send: async (/** @type {any} */ request, /** @type {any} */ api) => {
      await api.submit(request);
      await look();
      return api.payment(request);
    },
  });
  const path = `/requests/${made.order.requestId.toUpperCase()}`;
  const unheard = await made.ask('GET', path);
  assert.deepEqual([unheard.status, unheard.body.error.code], [404, 'not_found']);
  assert.equal(unheard.body.error.requestId, made.order.requestId);
  assert.equal(made.calls.build, 0);
  const { result } = (await made.ask('POST', '/pay-bolt11', made.order)).body;
  const told = await look();
  assert.deepEqual(seen, ['approved', 'in_flight', 'paid']);
  assert.deepEqual([told.code, told.receipt], [null, result.receipt]);
  assert.equal(JSON.stringify(told).includes(made.preimageHex), false);
  for (const [path, code] of [
    ['/requests/nonsense', 'invalid_request'],
    ['/requests/', 'not_found'],
    ['/requests/a/b', 'not_found'],
  ]) {
    assert.equal((await made.ask('GET', path)).body.error.code, code, path);
  }
  assert.equal((await made.ask('GET', path, undefined, 'Bearer wrong')).status, 401);
});

test('a purchase is told by the buyer; how far its payment has come, by the wallet', async () => {
  const made = wallet();
  /** @type {any} */
  let bought = null;
  const buyer = { stateOf: async () => bought };
  const handle = createContract({
    runtime: 't',
    sdk: 's',
    token: 't',
    errorTable,
    service: made.service,
    experiments: {},
    buyer,
  });
  const ask = async () => {
    const url = `http://127.0.0.1/requests/${made.request.requestId}`;
    const response = await handle(new Request(url, { headers: { authorization: 'Bearer t' } }));
    const { state, code, receipt } = await response.json();
    return [response.status, state, code, receipt];
  };
  const nothing = [404, undefined, undefined, undefined];
  assert.deepEqual(await ask(), nothing);
  bought = { state: 'blocked', code: 'host_not_allowed', receipt: { a: 1 } };
  assert.deepEqual(await ask(), [200, 'blocked', 'host_not_allowed', { a: 1 }]);
  bought = { state: 'approved' };
  assert.deepEqual(await ask(), [200, 'approved', null, null]);
  await made.service.payBolt11(made.request, new PhaseClock());
  assert.deepEqual((await ask()).slice(0, 2), [200, 'paid']);
  bought = { state: 'paid', receipt: { kind: 'l402' } };
  assert.deepEqual(await ask(), [200, 'paid', null, { kind: 'l402' }]);
});

test('malformed requests: a typed 400, whatever they hold', async () => {
  const { ask, order, calls } = driver();
  const { payment } = order;
  /** @type {any[]} */
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '\u0000',
    'x'.repeat(70_000),
    {},
    { payment: [] },
    { payment: null },
    { ...order, requestId: 'not-a-uuid' },
    { ...order, requestId: 7 },
    { ...order, requestId: '' },
    { payment: { ...payment, invoice: undefined } },
    { payment: { ...payment, invoice: 'lnbcrt1x' } },
    { payment: { ...payment, maxAmountMsats: '20000' } },
    { payment: { ...payment, maxAmountMsats: 0.5 } },
    { payment: { ...payment, maxAmountMsats: -1 } },
    { payment: { ...payment, host: undefined } },
    { payment: { ...payment, host: 'http://x/' } },
    { payment: { ...payment, host: 'a b' } },
  ];
  for (const body of bodies) {
    const answer = await ask('POST', '/pay-bolt11', body);
    assert.deepEqual(
      [answer.status, answer.body.error.code],
      [400, 'invalid_request'],
      JSON.stringify(body).slice(0, 90),
    );
    assert.equal(JSON.stringify(answer.body).includes(payment.invoice), false);
  }
  assert.equal(calls.build, 0);
});

test('unknown routes and methods are not found', async () => {
  const { ask } = driver();
  const cases = [
    ['POST', '/status'],
    ['GET', '/pay-bolt11'],
    ['POST', '/experiments/'],
    ['POST', '/experiments/A!'],
    ['POST', '/healthz'],
    ['DELETE', '/'],
  ];
  for (const [method, path] of cases) {
    const { status, body } = await ask(method, path, method === 'GET' ? undefined : {});
    assert.deepEqual([status, body.error.code], [404, 'not_found'], path);
  }
});

test('the experiment door: paid, synced, unsupported, blocked, unknown - and never a preimage', async () => {
  const { ask, order, paymentHash, preimageHex } = driver();
  const { invoice } = order.payment;
  const synced = await ask('POST', '/experiments/sync', { input: {} });
  assert.deepEqual([synced.body.outcome, synced.body.claim.balanceSats], ['synced', 1_000_000]);
  const blocked = await ask('POST', '/experiments/pay', { input: { invoice, maxAmountMsats: 1 } });
  assert.deepEqual(
    [blocked.status, blocked.body.outcome, blocked.body.code],
    [200, 'blocked', 'quoted_amount_exceeds_cap'],
  );
  assert.deepEqual([blocked.body.claim.paymentHash, blocked.body.claim.amountSats], [paymentHash, null]);
  const paid = await ask('POST', '/experiments/pay', { input: { invoice, maxAmountMsats: 20_000 } });
  const { amountSats, feeSats, preimageSha256, receiptDigest } = paid.body.claim;
  assert.deepEqual(
    [paid.body.outcome, paid.body.code, amountSats, feeSats, preimageSha256],
    ['paid', null, 10, 2, paymentHash],
  );
  assert.match(receiptDigest, /^[0-9a-f]{64}$/);
  assert.equal(JSON.stringify(paid.body).includes(preimageHex), false);
  for (const name of ['nothing-like-it', 'toString', '__proto__', 'l402_fetch']) {
    const { status, body } = await ask('POST', `/experiments/${name.toLowerCase()}`, { input: {} });
    assert.deepEqual([status, body.ok, body.outcome, body.code], [200, true, 'unsupported', 'unsupported'], name);
  }
  const wrong = await ask('POST', '/experiments/pay', { invoice });
  assert.equal(wrong.body.error.code, 'invalid_request');
  const lost = driver({
    send: async (/** @type {any} */ request, /** @type {any} */ api) => {
      await api.submit(request);
      throw new Error('lost');
    },
  });
  const unknown = await lost.ask('POST', '/experiments/pay', { input: { invoice, maxAmountMsats: 20_000 } });
  assert.deepEqual([unknown.body.outcome, unknown.body.code], ['unknown', 'payment_pending']);
});

test('a defect is answered as an indefinite internal error', async () => {
  const { ask, service } = driver();
  service.status = () => {
    throw new TypeError('boom');
  };
  const { status, body } = await ask('GET', '/status');
  assert.deepEqual([status, body.error.code], [500, 'internal_error']);
});

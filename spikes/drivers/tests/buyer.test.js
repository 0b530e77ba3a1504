import assert from 'node:assert/strict';
import { test } from 'node:test';

import { receiptDigest } from '../wallet/receipts.js';
import { secret, writeInvoice } from './support/invoices.js';
import { ITEM, MACAROON, demand, honest, shop } from './support/shop.js';

test('paid, then cached: one payment, the credential in the colon form, receipts without secrets', async () => {
  const { fetch, seen, calls, preimageHex, paymentHash } = shop(honest());
  const paid = await fetch();
  assert.deepEqual(
    [paid.outcome, paid.code, paid.cacheStatus, paid.response.text],
    ['paid', null, 'miss', 'a cup of coffee'],
  );
  assert.deepEqual([paid.claim.amountSats, paid.claim.feeSats, paid.claim.preimageSha256], [10, 2, paymentHash]);
  const cached = await fetch();
  assert.deepEqual([cached.outcome, cached.cacheStatus, cached.claim.amountSats], ['cached', 'hit', 0]);
  assert.equal(cached.claim.paymentHash, paymentHash);
  const right = `L402 ${MACAROON}:${preimageHex}`;
  assert.deepEqual(seen, [null, right, right]);
  assert.equal(calls.send, 1);
  for (const { receipt, ...report } of [paid, cached]) {
    assert.equal(receipt.digest, await receiptDigest(receipt));
    assert.equal(report.claim.receiptDigest, receipt.digest);
    const text = JSON.stringify([receipt, report]);
    for (const hidden of [preimageHex, 'lnbcrt', MACAROON, '/paid/cheap'])
      assert.equal(text.includes(hidden), false, hidden);
  }
});

test('blocked: host, cap, window - each before any payment, each with its receipt', async () => {
  const { fetch, seen, calls } = shop(honest());
  const host = await fetch({ policy: { hostAllowlist: ['seller.example:80', 'example', 'x.seller.example'] } });
  assert.deepEqual([host.outcome, host.code, host.receipt.outcome], ['blocked', 'host_not_allowed', 'blocked']);
  assert.equal(seen.length, 0, 'a forbidden seller is not even asked');
  const cap = await fetch({ policy: { maxAmountMsats: 9_999 } });
  assert.deepEqual(
    [cap.outcome, cap.code, cap.receipt.quotedAmountMsats],
    ['blocked', 'quoted_amount_exceeds_cap', 10_000],
  );
  const full = await fetch({ policy: { windowCapMsats: 9_999 } });
  assert.deepEqual([full.outcome, full.code], ['blocked', 'window_cap_exceeded']);
  assert.equal(calls.build, 0);
  assert.equal((await fetch({ policy: { hostAllowlist: ['seller.example:8402'] } })).outcome, 'paid');
});

test('paid but refused: paid stays paid, the credential is dropped, nothing is tried twice', async () => {
  const { fetch, seen, calls } = shop(() => demand(writeInvoice({ paymentHash: secret('coffee').paymentHash })));
  const { outcome, code, claim } = await fetch();
  assert.deepEqual(
    [outcome, code, claim.amountSats, seen.length, calls.send],
    ['paid', 'credential_refused', 10, 2, 1],
  );
});

test('a lost second answer costs nothing: the credential was kept', async () => {
  const seller = honest();
  let asked = 0;
  const { fetch, calls } = shop((given) => ((asked += 1) === 2 ? Promise.reject(new Error('lost')) : seller(given)));
  assert.deepEqual([(await fetch()).code, (await fetch()).outcome, calls.send], ['seller_unreachable', 'cached', 1]);
});

test('a refused cached credential is a new offer, judged like any other; a stale one is not sent', async () => {
  const seller = honest();
  let greedy = false;
  const dear = writeInvoice({ amount: '1m', paymentHash: secret('tea').paymentHash });
  const { fetch, later, seen, calls } = shop((given) => (greedy ? demand(dear) : seller(given)));
  await fetch();
  greedy = true;
  const again = await fetch();
  assert.deepEqual([again.outcome, again.code, again.cacheStatus], ['blocked', 'quoted_amount_exceeds_cap', 'invalid']);
  greedy = false;
  assert.equal((await fetch()).code, 'idempotency_conflict', 'the same invoice was paid before, under another id');
  const fresh = shop(honest());
  await fresh.fetch();
  fresh.later(600_000);
  assert.equal((await fresh.fetch()).cacheStatus, 'stale');
  assert.equal(fresh.seen[2], null);
  assert.deepEqual([seen.length, calls.send], [4, 1]);
  later(0);
});

test('unknown: the same request id pays the same invoice or nothing, and the window keeps its room', async () => {
  /** @type {any[]} */
  const history = [];
  const { fetch, seen, calls } = shop(honest(), {
    history,
    send: async (/** @type {any} */ request, /** @type {any} */ api) => {
      await api.submit(request);
      history.push(api.payment(request));
      throw new Error('connection lost');
    },
  });
  const requestId = '00000000-0000-4000-8000-000000000009';
  const first = await fetch({ requestId, policy: { windowCapMsats: 10_000 } });
  assert.deepEqual([first.outcome, first.code, first.claim.amountSats], ['unknown', 'payment_pending', null]);
  assert.equal((await fetch({ requestId, url: `${ITEM}2` })).code, 'idempotency_conflict');
  assert.equal((await fetch({ url: `${ITEM}2`, policy: { windowCapMsats: 10_000 } })).code, 'window_cap_exceeded');
  const second = await fetch({ requestId, policy: { windowCapMsats: 10_000 } });
  assert.deepEqual([second.outcome, second.claim.amountSats, calls.send], ['paid', 10, 1]);
  assert.equal(seen.filter((given) => given === null).length, 2, 'the seller was not asked for another invoice');
});

test('of a large body only the beginning is read', async () => {
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(5_000).fill(97)) });
  const { preimageHex, paymentHash } = secret('coffee');
  const invoice = writeInvoice({ paymentHash });
  const { fetch } = shop((given) => (given?.endsWith(preimageHex) ? new Response(body) : demand(invoice)));
  const { response } = await fetch();
  assert.deepEqual([response.bytes, response.truncated, response.text.length], [8_192, true, 8_192]);
});

test('inputs that are no purchase are refused before anything happens', async () => {
  const { fetch, seen } = shop(honest());
  const bad = [
    { url: 'ftp://x/' },
    { url: 'x' },
    { url: undefined },
    { url: 'http://u:p@seller.example/' },
    { requestId: '1' },
    { policy: { hostAllowlist: 'seller.example' } },
    { policy: { hostAllowlist: [7] } },
    { policy: { maxAmountMsats: 0 } },
    { policy: { windowCapMsats: 1.5 } },
  ];
  for (const changes of bad) await assert.rejects(fetch(changes), { code: 'invalid_request' }, JSON.stringify(changes));
  assert.equal(seen.length, 0);
});

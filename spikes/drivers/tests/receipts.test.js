import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canonicalJson } from '../wallet/canonical.js';
import { flowFields, makeReceipt, receiptDigest, receiptHost } from '../wallet/receipts.js';
import { sha256 } from './support/invoices.js';
import { seeded } from './support/random.js';

/** @type {import('../wallet/receipts.js').ReceiptFacts} */
const FACTS = {
  kind: 'payment',
  requestId: '00000000-0000-4000-8000-000000000001',
  walletId: 'wallet-1',
  walletSource: 'legacy_env',
  backendMode: 'runtime',
  host: 'seller.example',
  outcome: 'paid',
  code: null,
  reasonClass: null,
  reasonDetail: null,
  paymentHash: sha256('x'),
  quotedAmountMsats: 10_000,
  settledAmountMsats: 10_000,
  feeMsats: 2_000,
  capsApplied: { maxAmountMsats: 20_000, windowCapMsats: null },
  cacheStatus: null,
  volatile: { paymentId: 'p', paidAtMs: 1 },
};

test('canonical JSON: sorted keys, no spaces, escapes as JSON has them', () => {
  assert.equal(canonicalJson({ b: [1, true, null], a: 'é"\n', A: {} }), '{"A":{},"a":"é\\"\\n","b":[1,true,null]}');
});

test('canonical JSON refuses what has no single form', () => {
  for (const value of [1.5, NaN, -0, 2 ** 53, undefined, 1n, new Date(0), new Map(), () => 1, { a: undefined }]) {
    assert.throws(() => canonicalJson(value), TypeError);
  }
});

test('the order in which an object was built never shows', () => {
  const random = seeded(7);
  const entries = Object.entries(FACTS).filter(([name]) => name !== 'volatile');
  const expected = canonicalJson(Object.fromEntries(entries));
  for (let round = 0; round < 50; round += 1) {
    assert.equal(canonicalJson(Object.fromEntries(random.shuffled(entries))), expected);
  }
});

test('the digests of this receipt never change: other drivers and judges compute the same', async () => {
  const { digest, flowDigest, receiptId } = await makeReceipt(FACTS);
  const text =
    `{"assetId":"BTC_LN","backendMode":"runtime","cacheStatus":null,` +
    `"capsApplied":{"maxAmountMsats":20000,"windowCapMsats":null},"code":null,"feeMsats":2000,"host":"seller.example",` +
    `"kind":"payment","outcome":"paid","paymentHash":"${FACTS.paymentHash}","quotedAmountMsats":10000,"rail":"lightning",` +
    `"reasonClass":null,"reasonDetail":null,"receiptVersion":"sparkgate.receipt.v2","requestId":"${FACTS.requestId}",` +
    `"settledAmountMsats":10000,"walletId":"wallet-1","walletSource":"legacy_env"}`;
  assert.equal(digest, sha256(text));
  assert.equal(receiptId, `sgr_${digest.slice(0, 24)}`);
  const flow =
    `{"assetId":"BTC_LN","cacheStatus":null,"capsApplied":{"maxAmountMsats":20000,"windowCapMsats":null},"code":null,` +
    `"feeMsats":2000,"host":"seller.example","kind":"payment","outcome":"paid","quotedAmountMsats":10000,` +
    `"rail":"lightning","reasonClass":null,"receiptVersion":"sparkgate.receipt.v2","settledAmountMsats":10000}`;
  assert.equal(flowDigest, sha256(flow));
});

test('what belongs to one run is outside the digest of the flow, every other field is inside', async () => {
  const receipt = await makeReceipt(FACTS);
  assert.equal(sha256(canonicalJson(flowFields(receipt))), receipt.flowDigest);
  const ofOneRun = ['requestId', 'walletId', 'walletSource', 'backendMode', 'paymentHash', 'reasonDetail'];
  for (const name of Object.keys(FACTS).filter((field) => field !== 'volatile')) {
    const { flowDigest } = await makeReceipt({ ...FACTS, [name]: 'other' });
    assert.equal(flowDigest === receipt.flowDigest, ofOneRun.includes(name), name);
  }
});

test('volatile fields are outside the digest, every other field is inside', async () => {
  const receipt = await makeReceipt(FACTS);
  const later = await makeReceipt({ ...FACTS, volatile: { paymentId: 'q', paidAtMs: 2 } });
  assert.equal(later.digest, receipt.digest);
  assert.equal(await receiptDigest(receipt), receipt.digest);
  for (const name of Object.keys(FACTS).filter((field) => field !== 'volatile')) {
    assert.notEqual((await makeReceipt({ ...FACTS, [name]: 'other' })).digest, receipt.digest, name);
    assert.notEqual(await receiptDigest({ ...receipt, [name]: 'forged' }), receipt.digest, name);
  }
});

test('the host of a receipt is lower case and has no port', () => {
  assert.equal(receiptHost('127.0.0.1:43211'), '127.0.0.1');
  assert.equal(receiptHost('Seller.Example'), 'seller.example');
  assert.equal(receiptHost('[::1]:80'), '[::1]');
});

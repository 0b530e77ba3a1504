/** The flows of a purchase, each with its outcome, its typed reason, what moved and what the receipt says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { receiptDigest } from '../wallet/receipts.js';
import { secret, writeInvoice } from './support/invoices.js';
import { ITEM, MACAROON, buyerOf, demand, honest, paidCoffee, scriptedWallet, shop } from './support/shop.js';

test('paid, then cached: one payment, the credential in the colon form, receipts without secrets', async () => {
  const { fetch, seen, calls, preimageHex, paymentHash } = shop(honest());
  const paid = await fetch({ url: `${ITEM}?who=me` });
  assert.deepEqual(
    [paid.outcome, paid.code, paid.tell, paid.cacheStatus, paid.response.text],
    ['paid', null, null, 'miss', 'a cup of coffee'],
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
    assert.deepEqual([report.claim.receiptDigest, report.claim.flowDigest], [receipt.digest, receipt.flowDigest]);
    const text = JSON.stringify([receipt, report]);
    for (const hidden of [preimageHex, preimageHex.slice(0, 16), 'lnbcrt', MACAROON, '/paid/cheap', 'who=me', ':8402'])
      assert.equal(text.includes(hidden), false, hidden);
  }
});

test('the older name is answered with the older name', async () => {
  const { preimageHex, paymentHash } = secret('coffee');
  const offer = { 'www-authenticate': `LSAT macaroon="${MACAROON}", invoice="${writeInvoice({ paymentHash })}"` };
  const { fetch, seen } = shop((given) =>
    given ? new Response('coffee') : new Response('', { status: 402, headers: offer }),
  );
  assert.equal((await fetch()).outcome, 'paid');
  assert.deepEqual(seen, [null, `LSAT ${MACAROON}:${preimageHex}`]);
});

/** @type {[string, any, number][]} policy, and how often the seller was asked */
const BLOCKED = [
  ['kill_switch_on', { killSwitch: true }, 0],
  ['wallet_disabled', { walletDisabled: true }, 0],
  ['host_blocked', { hostBlocklist: ['seller.example'] }, 0],
  ['host_not_allowed', { hostAllowlist: ['seller.example:80', 'example', 'x.seller.example'] }, 0],
  ['host_not_allowed', { hostAllowlist: [] }, 0],
  ['quoted_amount_exceeds_cap', { maxAmountMsats: 9_999 }, 1],
  ['window_cap_exceeded', { windowCapMsats: 9_999 }, 1],
  ['approval_required', { approval: 'required' }, 1],
];

for (const [code, policy, asked] of BLOCKED) {
  test(`blocked before any payment: ${code} by ${JSON.stringify(policy)}`, async () => {
    const { fetch, seen, calls, buyer } = shop(honest());
    const { outcome, code: given, receipt, tell, claim, response } = await fetch({ policy });
    assert.deepEqual([outcome, given, seen.length, calls.build], ['blocked', code, asked, 0]);
    assert.deepEqual(
      [receipt.outcome, receipt.reasonClass, receipt.settledAmountMsats],
      ['blocked', 'policy_denied', 0],
    );
    assert.equal(receipt.quotedAmountMsats, asked ? 10_000 : null);
    assert.equal(receipt.capsApplied.maxAmountMsats, policy.maxAmountMsats ?? 20_000);
    assert.equal(receipt.capsApplied.windowCapMsats, policy.windowCapMsats ?? null);
    assert.deepEqual([claim.amountSats, response], [null, null]);
    assert.match(tell, /No money was spent/);
    assert.equal(await buyer.shelf.transaction((tx) => buyer.window.spentMsats(tx)), 0n, 'no room is kept');
    const credulous = scriptedWallet(paidCoffee);
    assert.equal((await buyerOf(honest(), { service: credulous }).fetch({ policy })).code, code);
    assert.equal(credulous.orders.length, 0, 'the buyer itself says no, and does not leave it to the wallet');
  });
}

test('what was paid for needs no approval, and the kill switch stops even that', async () => {
  const { fetch, seen } = shop(honest());
  await fetch();
  assert.equal((await fetch({ policy: { approval: 'required' } })).outcome, 'cached');
  assert.equal((await fetch({ policy: { killSwitch: true } })).code, 'kill_switch_on');
  assert.equal(seen.length, 3);
});

test('a host with its port is allowed at that port', async () => {
  const { fetch } = shop(honest());
  assert.equal((await fetch({ policy: { hostAllowlist: ['seller.example:8402'] } })).outcome, 'paid');
});

for (const status of [401, 402, 403]) {
  test(`paid but refused with ${status}: paid stays paid, the credential is dropped, nothing is tried twice`, async () => {
    const bill = writeInvoice({ paymentHash: secret('coffee').paymentHash });
    const { fetch, seen, calls } = shop((given) =>
      given && status !== 402 ? new Response('', { status }) : demand(bill),
    );
    const { outcome, code, claim, tell, receipt } = await fetch();
    assert.deepEqual(
      [outcome, code, claim.amountSats, seen.length, calls.send],
      ['paid', 'credential_refused', 10, 2, 1],
    );
    assert.deepEqual([receipt.settledAmountMsats, receipt.reasonClass], [10_000, 'seller_fault']);
    assert.match(tell, /You paid/);
    await fetch();
    assert.equal(seen[2], null, 'the refused credential is not sent again');
  });
}

test('a lost second answer costs nothing: the credential was kept, and nobody says that nothing was spent', async () => {
  const seller = honest();
  let asked = 0;
  const { fetch, calls } = shop((given) => ((asked += 1) === 2 ? Promise.reject(new Error('lost')) : seller(given)));
  const lost = await fetch();
  assert.deepEqual([lost.outcome, lost.code], ['paid', 'seller_unreachable']);
  assert.match(lost.tell, /You paid/);
  assert.deepEqual([(await fetch()).outcome, calls.send], ['cached', 1]);
});

test('a credential that the seller no longer accepts (402): a new offer, judged like any other', async () => {
  const seller = honest();
  let bill = '';
  const { fetch, calls } = shop((given) => (bill ? demand(bill) : seller(given)));
  await fetch();
  bill = writeInvoice({ amount: '1m', paymentHash: secret('tea').paymentHash });
  const dear = await fetch();
  assert.deepEqual([dear.outcome, dear.code, dear.cacheStatus], ['blocked', 'quoted_amount_exceeds_cap', 'invalid']);
  bill = '';
  assert.equal((await fetch()).code, 'idempotency_conflict', 'the same invoice was paid before, under another id');
  assert.equal(calls.send, 1);
});

test('a credential that is over is bought anew within the policy: one new payment', async () => {
  const [coffee, tea] = [secret('coffee'), secret('tea')];
  let good = coffee;
  const { fetch, calls, preimages } = shop((given) =>
    given?.endsWith(good.preimageHex) ? new Response('ok') : demand(writeInvoice({ paymentHash: good.paymentHash })),
  );
  preimages[tea.paymentHash] = tea.preimageHex;
  await fetch();
  good = tea;
  const second = await fetch();
  assert.deepEqual([second.outcome, second.code, second.cacheStatus, calls.send], ['paid', null, 'invalid', 2]);
  assert.equal(second.claim.paymentHash, tea.paymentHash);
});

test('a revoked credential (401): nothing is paid, the credential is dropped, the next request is a new purchase', async () => {
  const seller = honest();
  let revoked = false;
  const { fetch, seen, calls } = shop((given) =>
    revoked && given ? new Response('', { status: 401 }) : seller(given),
  );
  await fetch();
  revoked = true;
  const answer = await fetch();
  assert.deepEqual([answer.outcome, answer.code, answer.cacheStatus], ['failed', 'credential_revoked', 'hit']);
  assert.deepEqual([calls.send, seen.length], [1, 3], 'and it is not asked for a price either');
  await fetch();
  assert.equal(seen[3], null);
});

for (const status of [403, 500, 503]) {
  test(`a cached credential answered with ${status}: paying again would not help, and it is kept`, async () => {
    const seller = honest();
    let broken = false;
    const { fetch, calls } = shop((given) => (broken && given ? new Response('no', { status }) : seller(given)));
    await fetch();
    broken = true;
    const answer = await fetch();
    assert.deepEqual([answer.outcome, answer.code, answer.response.status], ['failed', 'seller_error', status]);
    broken = false;
    assert.deepEqual([(await fetch()).outcome, calls.send], ['cached', 1]);
  });
}

test('of a large body only the beginning is read', async () => {
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(5_000).fill(97)) });
  const { preimageHex, paymentHash } = secret('coffee');
  const invoice = writeInvoice({ paymentHash });
  const { fetch } = shop((given) => (given?.endsWith(preimageHex) ? new Response(body) : demand(invoice)));
  const { response, outcome } = await fetch();
  assert.deepEqual([outcome, response.bytes, response.truncated, response.text.length], ['paid', 8_192, true, 8_192]);
});

test('a body that breaks off after the payment: paid, and said to be undelivered', async () => {
  const broken = () => new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
  const { paymentHash } = secret('coffee');
  const invoice = writeInvoice({ paymentHash });
  const { fetch } = shop((given) => (given ? new Response(broken()) : demand(invoice)));
  const { outcome, code } = await fetch();
  assert.deepEqual([outcome, code], ['paid', 'seller_unreachable']);
  const early = shop(() => {
    const answer = demand(invoice);
    return new Response(broken(), { status: 402, headers: answer.headers });
  });
  assert.equal((await early.fetch()).code, 'credential_refused', 'of a 402 the body does not matter');
});

test('inputs that are no purchase are refused before anything happens', async () => {
  const { fetch, seen } = shop(honest());
  const bad = [
    { url: 'ftp://x/' },
    { url: 'x' },
    { url: undefined },
    { url: 'http://u:p@seller.example/' },
    { url: 'http://my_seller.example/' },
    { requestId: '1' },
    { policy: { hostAllowlist: 'seller.example' } },
    { policy: { hostAllowlist: [7] } },
    { policy: { hostBlocklist: {} } },
    { policy: { maxAmountMsats: 0 } },
    { policy: { windowCapMsats: 1.5 } },
    { policy: { killSwitch: 'yes' } },
    { policy: { walletDisabled: 1 } },
    { policy: { approval: 'later' } },
    { policy: { maxAmountSats: 1 } },
  ];
  for (const changes of bad) await assert.rejects(fetch(changes), { code: 'invalid_request' }, JSON.stringify(changes));
  assert.equal(seen.length, 0);
});

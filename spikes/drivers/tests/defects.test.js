/**
 * Eight defects that an earlier executor and buyer of this kind were seen to have. Each has a test that fails if it
 * comes back, in both topologies: the wallet in the same isolate, and behind the contract over HTTP.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HttpWalletService } from '../l402/executor.js';
import { createContract } from '../wallet/contract.js';
import { PhaseClock } from '../wallet/phases.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { errorTable, wallet } from './support/drivers.js';
import { secret, sha256, writeInvoice } from './support/invoices.js';
import { serve } from './support/servers.js';
import { ITEM, MACAROON, REQUEST, buyerOf, demand, honest } from './support/shop.js';

const requestId = REQUEST;
const [coffee, tea] = [secret('coffee'), secret('tea')];

/** Submitted, and the answer lost; the payment itself went through. @param {any[]} history */
const answerLost = (history) => ({
  history,
  send: async (/** @type {any} */ request, /** @type {any} */ api) => {
    await api.submit(request);
    history.push(api.payment(request));
    throw new Error('SparkSdkError: Operator RPC error: Connection error: lost');
  },
});

/**
 * A buyer and its wallet, wherever that is.
 * @param {import('node:test').TestContext} t @param {boolean} isRemote
 * @param {{seller?: any, script?: any, shelf?: any, walletShelf?: any, config?: any}} [options]
 */
async function world(t, isRemote, { seller = honest(), script, shelf, walletShelf, config } = {}) {
  const made = wallet(script, config, { shelf: walletShelf });
  made.preimages[tea.paymentHash] = tea.preimageHex;
  /** @type {any} */
  let service = made.service;
  if (isRemote) {
    const driver = { runtime: 'x', sdk: 'scripted', token: 'right', errorTable, service, experiments: {} };
    const url = await serve(t, createContract(driver));
    service = new HttpWalletService({ executor: { url, token: 'right', timeoutS: 10 }, errorTable });
  }
  return { ...made, service, ...buyerOf(seller, { service, shelf }) };
}

/** @param {string} name @param {(t: import('node:test').TestContext, isRemote: boolean) => Promise<void>} body */
function inBothTopologies(name, body) {
  test(`${name} (wallet in the isolate)`, (t) => body(t, false));
  test(`${name} (wallet behind HTTP)`, (t) => body(t, true));
}

inBothTopologies('1: no part of a preimage in results, receipts, states or messages', async (t, isRemote) => {
  const { fetch, buyer } = await world(t, isRemote);
  const told = [await fetch({ requestId }), await fetch(), await fetch({ requestId }), await buyer.stateOf(requestId)];
  const text = JSON.stringify(told).toLowerCase();
  const raw = Buffer.from(coffee.preimageHex, 'hex');
  for (let start = 0; start + 12 <= 64; start += 1) {
    assert.equal(text.includes(coffee.preimageHex.slice(start, start + 12)), false, `twelve digits from ${start} on`);
  }
  for (const form of [raw.toString('base64'), raw.toString('base64url'), raw.reverse().toString('hex')]) {
    assert.equal(text.includes(form.slice(0, 12).toLowerCase()), false);
  }
});

inBothTopologies('2: preimageSha256 is the hash of the bytes, and so the payment hash', async (t, isRemote) => {
  const { fetch } = await world(t, isRemote);
  const { claim, receipt } = await fetch();
  assert.deepEqual([claim.preimageSha256, receipt.paymentHash], [coffee.paymentHash, coffee.paymentHash]);
  assert.notEqual(claim.preimageSha256, sha256(coffee.preimageHex), 'the hash of the hex text');
});

inBothTopologies('3: after payment_pending the same request id never pays again', async (t, isRemote) => {
  /** @type {any[]} */
  const history = [];
  const { fetch, calls, seen } = await world(t, isRemote, { script: answerLost(history) });
  assert.deepEqual([(await fetch({ requestId })).code, history.length], ['payment_pending', 1]);
  const paid = await fetch({ requestId });
  assert.deepEqual([paid.outcome, paid.claim.amountSats, calls.send], ['paid', 10, 1]);
  assert.equal(seen.filter((given) => given === null).length, 1, 'no second invoice was asked for');
});

inBothTopologies("4: the amount that is judged is the invoice's own", async (t, isRemote) => {
  const bill = writeInvoice({ amount: '210n', paymentHash: coffee.paymentHash });
  for (const beside of ['amount_msats="1"', 'amount="1"', 'price="0"', 'max_amount_msats=1']) {
    for (const order of [0, 1]) {
      const parts = [`macaroon="${MACAROON}", invoice="${bill}"`, beside];
      const header = `L402 ${(order ? parts.reverse() : parts).join(', ')}`;
      const seller = () => new Response('', { status: 402, headers: { 'www-authenticate': header } });
      const { fetch, calls } = await world(t, isRemote, { seller });
      const { code, receipt } = await fetch();
      assert.deepEqual(
        [code, receipt.quotedAmountMsats, calls.build],
        ['quoted_amount_exceeds_cap', 21_000, 0],
        header,
      );
    }
  }
});

inBothTopologies('5: the credential goes out in the colon form', async (t, isRemote) => {
  const { fetch, seen } = await world(t, isRemote);
  assert.equal((await fetch()).outcome, 'paid');
  assert.match(String(seen[1]), /^L402 [A-Za-z0-9+/_=-]+:[0-9a-f]{64}$/);
});

inBothTopologies('6: what may have been spent counts as spent', async (t, isRemote) => {
  const { fetch, calls } = await world(t, isRemote, { script: answerLost([]) });
  const policy = { windowCapMsats: 19_999 };
  assert.equal((await fetch({ requestId, policy })).outcome, 'unknown');
  const next = await fetch({ url: `${ITEM}2`, policy });
  assert.deepEqual([next.outcome, next.code, calls.send], ['blocked', 'window_cap_exceeded', 1]);
});

inBothTopologies("6: likewise in the wallet's own window", async (t, isRemote) => {
  const bills = [coffee, tea].map(({ paymentHash }) => writeInvoice({ paymentHash }));
  const options = { script: answerLost([]), config: { windowCapMsats: 19_999n } };
  const { fetch, calls } = await world(t, isRemote, { ...options, seller: () => demand(String(bills.shift())) });
  assert.equal((await fetch({ requestId })).outcome, 'unknown');
  const next = await fetch({ url: `${ITEM}2` });
  assert.deepEqual([next.outcome, next.code, calls.send], ['blocked', 'window_cap_exceeded', 1]);
});

inBothTopologies(
  '7: caps, request ids and credentials outlive the process, as far as the shelf does',
  async (t, isRemote) => {
    const shelves = { shelf: new MemoryShelf(), walletShelf: new MemoryShelf() };
    const first = await world(t, isRemote, shelves);
    const paid = await first.fetch({ requestId });
    const next = await world(t, isRemote, shelves);
    const again = await next.fetch({ requestId });
    assert.deepEqual([again.outcome, again.receipt.digest], ['paid', paid.receipt.digest]);
    assert.equal((await next.fetch()).outcome, 'cached');
    const seller = () => demand(writeInvoice({ paymentHash: tea.paymentHash }));
    const third = await world(t, isRemote, { ...shelves, seller });
    assert.equal(
      (await third.fetch({ url: `${ITEM}2`, policy: { windowCapMsats: 19_999 } })).code,
      'window_cap_exceeded',
    );
    assert.deepEqual([first.calls.send, next.calls.send, third.calls.send], [1, 0, 0]);
  },
);

inBothTopologies('7: the wallet alone remembers too', async (t, isRemote) => {
  const walletShelf = new MemoryShelf();
  const first = await world(t, isRemote, { walletShelf });
  const { request } = first;
  const { result } = await first.service.payBolt11(request, new PhaseClock());
  const next = await world(t, isRemote, { walletShelf });
  assert.deepEqual((await next.service.payBolt11(request, new PhaseClock())).result, result);
  assert.deepEqual([first.calls.send, next.calls.send], [1, 0]);
});

/** @type {[string, any][]} */
const STRICTER = [
  ['quoted_amount_exceeds_cap', { maxAmountMsats: 9_999 }],
  ['window_cap_exceeded', { windowCapMsats: 19_999 }],
  ['approval_required', { approval: 'required' }],
];

inBothTopologies(
  '8: a 402 to a cached credential is an offer like any other, and no leave to pay',
  async (t, isRemote) => {
    for (const [code, policy] of STRICTER) {
      let good = coffee;
      const { fetch, calls } = await world(t, isRemote, {
        seller: (/** @type {any} */ given) =>
          given?.endsWith(good.preimageHex)
            ? new Response('ok')
            : demand(writeInvoice({ paymentHash: good.paymentHash })),
      });
      assert.equal((await fetch()).outcome, 'paid');
      good = tea;
      const answer = await fetch({ policy });
      assert.deepEqual([answer.outcome, answer.code, answer.cacheStatus, calls.send], ['blocked', code, 'invalid', 1]);
    }
  },
);

/** The same request again: one purchase for one request id, whenever, from wherever and however often it comes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Purchases } from '../l402/purchases.js';
import { ContractError } from '../wallet/errors.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { secret, writeInvoice } from './support/invoices.js';
import { ITEM, REQUEST, buyerOf, demand, honest, paidCoffee, scriptedWallet, shop } from './support/shop.js';
import { until } from './support/until.js';

const requestId = REQUEST;
const pending = () => {
  throw new ContractError('payment_pending', 'no answer', { afterSubmit: true, details: { reason: 'executor' } });
};
/** @param {string} code @param {Record<string, unknown>} [details] */
const failing = (code, details) => () => {
  throw new ContractError(code, 'no', { details });
};
/** @param {any} answer */
const without = ({ phases, response, replayed, ...kept }) => kept;

test('paid: the same id gives the stored answer and receipt, whatever the policy now says, and asks nobody', async () => {
  const { fetch, seen, calls, later } = shop(honest());
  const first = await fetch({ requestId });
  later(3_600_000);
  for (const policy of [{}, { killSwitch: true }, { maxAmountMsats: 1 }, { hostAllowlist: [] }]) {
    const again = await fetch({ requestId, policy });
    assert.deepEqual(without(again), without(first));
    assert.deepEqual([again.replayed, again.response], [true, null]);
  }
  assert.deepEqual([first.replayed, seen.length, calls.send], [false, 2, 1]);
});

test('cached: likewise', async () => {
  const { fetch, seen } = shop(honest());
  await fetch();
  const first = await fetch({ requestId });
  assert.deepEqual([first.outcome, without(await fetch({ requestId })), seen.length], ['cached', without(first), 3]);
});

test('blocked and failed: repeated under the same policy, judged again under another', async () => {
  const { fetch, seen } = shop(honest());
  const first = await fetch({ requestId, policy: { approval: 'required' } });
  assert.deepEqual(without(await fetch({ requestId, policy: { approval: 'required' } })), without(first));
  assert.equal(seen.length, 1);
  const paid = await fetch({ requestId, policy: { approval: 'granted' } });
  assert.deepEqual([paid.outcome, paid.replayed, seen.length], ['paid', false, 3]);
  assert.notEqual(paid.receipt.digest, first.receipt.digest);
  const other = '00000000-0000-4000-8000-00000000000a';
  const broken = shop(() => new Response('', { status: 503 }));
  for (let round = 0; round < 2; round += 1)
    assert.equal((await broken.fetch({ requestId: other })).code, 'seller_error');
  assert.equal(broken.seen.length, 1);
});

test('another URL under the same id is refused, and changes nothing', async () => {
  const { fetch, seen } = shop(honest());
  const first = await fetch({ requestId });
  for (const url of [`${ITEM}2`, `${ITEM}?x`]) {
    const answer = await fetch({ requestId, url });
    assert.deepEqual(
      [answer.outcome, answer.code, answer.details.reason],
      ['failed', 'idempotency_conflict', 'other_purchase'],
    );
  }
  assert.deepEqual(
    without(await fetch({ requestId, url: `${ITEM}#part` })),
    without(first),
    'a fragment is never sent',
  );
  assert.equal(seen.length, 2);
});

test('the same request twice at once: one purchase, one answer', async () => {
  const { fetch, seen, calls } = shop(honest());
  const [first, second, other] = await Promise.all([
    fetch({ requestId }),
    fetch({ requestId }),
    fetch({ requestId, url: `${ITEM}2` }),
  ]);
  assert.deepEqual([first.outcome, first.replayed, second.replayed], ['paid', false, true]);
  assert.deepEqual([without(second), second.response], [without(first), first.response]);
  assert.deepEqual([other.outcome, other.code], ['failed', 'idempotency_conflict']);
  assert.deepEqual([seen.length, calls.send], [2, 1]);
});

/** A shelf as isolates share it that live at the same time. */
const sharedShelf = () => Object.assign(new MemoryShelf(), { durability: /** @type {const} */ ('database') });

test('two isolates on one shelf, the same request at once: one is at it, the other asks nobody', async () => {
  const shelf = sharedShelf();
  const wallet = scriptedWallet(paidCoffee);
  const shops = [0, 1].map(() => buyerOf(honest(), { service: wallet, shelf }));
  const [first, second] = await Promise.all(shops.map(({ fetch }) => fetch({ requestId })));
  assert.deepEqual([first.outcome, second.outcome, second.code], ['paid', 'unknown', 'idempotency_in_flight']);
  assert.deepEqual([shops[0].seen.length, shops[1].seen.length, wallet.orders.length], [2, 0, 1]);
  const again = await shops[1].fetch({ requestId });
  assert.deepEqual([without(again), again.replayed], [without(first), true]);
});

test('what ended unknown may be gone on with at once, by any isolate', async () => {
  const shelf = sharedShelf();
  const wallet = scriptedWallet(pending, paidCoffee);
  assert.equal((await buyerOf(honest(), { service: wallet, shelf }).fetch({ requestId })).outcome, 'unknown');
  assert.equal((await buyerOf(honest(), { service: wallet, shelf }).fetch({ requestId })).outcome, 'paid');
});

test('an isolate that died on a shared shelf is waited for, and then its order gone on with', async () => {
  const shelf = sharedShelf();
  const wallet = scriptedWallet(() => new Promise(() => {}), paidCoffee);
  void buyerOf(honest(), { service: wallet, shelf }).fetch({ requestId });
  await until(() => wallet.orders.length === 1, 'the order');
  const next = buyerOf(honest(), { service: wallet, shelf });
  next.later(59_000);
  assert.equal((await next.fetch({ requestId })).code, 'idempotency_in_flight');
  assert.equal((await next.buyer.stateOf(requestId))?.state, 'in_flight');
  next.later(2_000);
  assert.equal((await next.fetch({ requestId })).outcome, 'paid');
  assert.deepEqual(wallet.orders[1], wallet.orders[0]);
});

test('two isolates that do not see the lease of each other: one order, one payment', async () => {
  const [first, second] = [secret('coffee'), secret('tea')];
  const shelf = new MemoryShelf();
  const wallet = scriptedWallet(paidCoffee);
  const bills = [first, second].map(({ paymentHash }) => writeInvoice({ paymentHash }));
  const both = Promise.withResolvers();
  const seller = async (/** @type {any} */ given) => {
    if (given) return new Response('ok');
    const bill = String(bills.shift());
    if (bills.length === 0) both.resolve(null);
    await both.promise; // each has asked before either is answered
    return demand(bill);
  };
  const shops = [0, 1].map(() => buyerOf(seller, { service: wallet, shelf }));
  const answers = await Promise.all(shops.map(({ fetch }) => fetch({ requestId })));
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['paid', 'paid'],
  );
  assert.equal(new Set(wallet.orders.map(({ invoice }) => invoice)).size, 1, 'never two invoices for one request');
  assert.equal(answers[0].receipt.digest, answers[1].receipt.digest);
  const [{ buyer }] = shops;
  assert.equal(await shelf.transaction((tx) => buyer.window.spentMsats(tx)), 10_000n);
});

test('unknown: the same invoice on the same terms, whatever the seller and the policy now say', async () => {
  const wallet = scriptedWallet(pending, pending, paidCoffee);
  const { fetch, seen, buyer } = buyerOf(honest(), { service: wallet });
  const first = await fetch({ requestId, policy: { windowCapMsats: 10_000 } });
  assert.deepEqual([first.outcome, first.code, first.claim.amountSats], ['unknown', 'payment_pending', null]);
  assert.deepEqual([first.receipt.outcome, first.receipt.reasonClass], ['unknown', 'payment_unknown']);
  assert.equal(first.receipt.reasonDetail, null, 'how far it came is different each time');
  assert.equal((await buyer.stateOf(requestId))?.state, 'unknown');
  const full = await fetch({ url: `${ITEM}2`, policy: { windowCapMsats: 10_000 } });
  assert.equal(full.code, 'window_cap_exceeded', 'what may have been spent keeps its room');
  assert.equal((await fetch({ requestId, policy: { maxAmountMsats: 1, approval: 'required' } })).outcome, 'unknown');
  const paid = await fetch({ requestId });
  assert.deepEqual([paid.outcome, paid.claim.amountSats], ['paid', 10]);
  const [one, ...others] = wallet.orders;
  for (const order of others) assert.deepEqual(order, one);
  assert.deepEqual(
    [wallet.orders.length, seen.length],
    [3, 3],
    'the seller was asked for one invoice each, and once more',
  );
});

test('unknown, and the policy now forbids to ask: it stays unknown, and nobody is asked', async () => {
  const wallet = scriptedWallet(pending, paidCoffee);
  const { fetch } = buyerOf(honest(), { service: wallet });
  await fetch({ requestId });
  for (const policy of [{ killSwitch: true }, { walletDisabled: true }, { hostAllowlist: [] }]) {
    const answer = await fetch({ requestId, policy });
    assert.deepEqual([answer.outcome, answer.code], ['unknown', 'payment_pending'], JSON.stringify(policy));
    assert.equal(answer.receipt.quotedAmountMsats, 10_000);
  }
  assert.equal(wallet.orders.length, 1);
  assert.equal((await fetch({ requestId })).outcome, 'paid');
});

/** What a wallet may answer to an order that it may have had before; whether that settles it. @type {[() => any, string, string][]} */
const RESUMED = [
  [failing('unauthorized'), 'unknown', 'payment_pending'],
  [failing('idempotency_conflict'), 'unknown', 'payment_pending'],
  [failing('window_cap_exceeded'), 'unknown', 'payment_pending'],
  [failing('connect_failed'), 'unknown', 'payment_pending'],
  [failing('prepare_failed'), 'unknown', 'payment_pending'],
  [failing('invalid_request'), 'unknown', 'payment_pending'],
  [failing('idempotency_in_flight'), 'unknown', 'idempotency_in_flight'],
  [failing('payment_failed'), 'failed', 'payment_failed'],
  [failing('insufficient_funds'), 'failed', 'insufficient_funds'],
  [failing('send_failed'), 'failed', 'send_failed'],
  [failing('invalid_request', { reason: 'expired' }), 'failed', 'invoice_unpayable'],
];

for (const [then, outcome, code] of RESUMED) {
  test(`unknown, asked again, and the wallet says ${code} of it or worse: ${outcome}`, async () => {
    const wallet = scriptedWallet(pending, then);
    const { fetch, buyer } = buyerOf(honest(), { service: wallet });
    await fetch({ requestId });
    const answer = await fetch({ requestId });
    assert.deepEqual([answer.outcome, answer.code], [outcome, code]);
    const spent = await buyer.shelf.transaction((tx) => buyer.window.spentMsats(tx));
    assert.equal(spent, outcome === 'unknown' ? 10_000n : 0n);
  });
}

test('a buyer that died with an order goes on with that order; one that died before begins anew', async () => {
  const shelf = new MemoryShelf();
  const wallet = scriptedWallet(() => new Promise(() => {}), paidCoffee);
  const dying = buyerOf(honest(), { service: wallet, shelf });
  void dying.fetch({ requestId });
  await until(() => wallet.orders.length === 1, 'the first order');
  assert.equal((await dying.buyer.stateOf(requestId))?.state, 'in_flight');
  const next = buyerOf(honest(), { service: wallet, shelf });
  assert.equal((await next.fetch({ requestId })).outcome, 'paid');
  assert.deepEqual(wallet.orders[1], wallet.orders[0]);
  assert.deepEqual([next.seen.length, next.seen.includes(null)], [1, false], 'no second invoice was asked for');

  const other = '00000000-0000-4000-8000-00000000000b';
  const silent = buyerOf(() => new Promise(() => {}), { service: wallet, shelf });
  void silent.fetch({ requestId: other, url: `${ITEM}2` });
  await until(() => silent.seen.length === 1, 'the question to the seller');
  assert.equal((await silent.buyer.stateOf(other))?.state, 'approved');
  const tea = buyerOf(() => new Response('', { status: 503 }), { service: wallet, shelf });
  assert.equal((await tea.fetch({ requestId: other, url: `${ITEM}2` })).code, 'seller_error');
});

test('what became of a request is told while it is under way and after', async () => {
  const { fetch, buyer } = shop(honest());
  assert.equal(await buyer.stateOf(requestId), null);
  const paid = await fetch({ requestId });
  assert.deepEqual(await buyer.stateOf(requestId), { state: 'paid', receipt: paid.receipt });
  const blocked = '00000000-0000-4000-8000-00000000000c';
  const { receipt } = await fetch({ requestId: blocked, policy: { killSwitch: true } });
  assert.deepEqual(await buyer.stateOf(blocked), { state: 'blocked', code: 'kill_switch_on', receipt });
});

test('the book keeps what is unresolved and drops the oldest of the rest', async () => {
  const shelf = new MemoryShelf();
  const purchases = new Purchases({ limit: 3 });
  const marks = { place: 'p', policy: 'q' };
  /** @type {any} */
  const [order, answer] = [{ invoice: 'i' }, { outcome: 'failed' }];
  const known = () =>
    shelf.transaction((tx) => ['0', '1', '2', '3', '4', '5', '6', '7'].filter((id) => purchases.stateOf(tx, id)));
  for (let id = 0; id < 8; id += 1) {
    await shelf.transaction((tx) => {
      purchases.begin(tx, String(id), marks, true);
      if (id === 2) purchases.open(tx, String(id), order);
      else purchases.close(tx, String(id), answer, false);
    });
  }
  assert.deepEqual(await known(), ['2', '5', '6', '7']);
});

test('proof of payment replaces an earlier failure; nothing else replaces a final answer', async () => {
  const shelf = new MemoryShelf();
  const purchases = new Purchases();
  /** @type {any} */
  const [failed, paid, unknown] = ['failed', 'paid', 'unknown'].map((outcome) => ({ outcome }));
  const close = (/** @type {any} */ answer) =>
    shelf.transaction((tx) => purchases.close(tx, requestId, answer, true).answer.outcome);
  await shelf.transaction((tx) => purchases.begin(tx, requestId, { place: 'p', policy: 'q' }, true));
  assert.deepEqual([await close(unknown), await close(failed), await close(unknown)], ['unknown', 'failed', 'failed']);
  assert.deepEqual([await close(paid), await close(failed)], ['paid', 'paid']);
});

test('who comes too late for an order, or finds one that is not his, says that it is under way', async () => {
  const shelf = new MemoryShelf();
  const purchases = new Purchases();
  /** @type {any} */
  const [order, answer] = [{ invoice: 'i' }, { outcome: 'failed' }];
  await shelf.transaction((tx) => {
    purchases.begin(tx, requestId, { place: 'p', policy: 'q' }, true);
    purchases.open(tx, requestId, order);
  });
  const inFlight = { code: 'idempotency_in_flight' };
  await assert.rejects(
    shelf.transaction((tx) => purchases.close(tx, requestId, answer, false)),
    inFlight,
  );
  await shelf.transaction((tx) => purchases.close(tx, requestId, answer, true));
  await assert.rejects(
    shelf.transaction((tx) => purchases.open(tx, requestId, order)),
    inFlight,
  );
});

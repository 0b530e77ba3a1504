import assert from 'node:assert/strict';
import { test } from 'node:test';

import { jsonInteger, readMsats, satsToMsats, wholeSats } from '../wallet/money.js';
import { IdempotencyRegister } from '../wallet/register.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { SpendWindow } from '../wallet/spend_window.js';

test('money is a positive whole number or an error, never rounded', () => {
  assert.equal(readMsats(1, 'x'), 1n);
  assert.equal(readMsats(Number.MAX_SAFE_INTEGER, 'x'), BigInt(Number.MAX_SAFE_INTEGER));
  for (const value of [0, -1, 1.5, 2 ** 53, NaN, Infinity, '10', null, undefined, [], 10n, true]) {
    assert.throws(() => readMsats(value, 'x'), { code: 'invalid_request' }, String(value));
  }
  assert.equal(wholeSats(10_000n), 10n);
  assert.throws(() => wholeSats(10_001n), { code: 'unsupported_payment_method' });
  assert.equal(satsToMsats(21n), 21_000n);
  assert.throws(() => jsonInteger(2n ** 53n), RangeError);
});

/** @param {number} nowMs */
const clockAt = (nowMs) => ({ nowMs: () => nowMs, to: (/** @type {number} */ later) => void (nowMs = later) });

/**
 * The methods of `books` without their first argument: each call is a transaction of its own.
 * @param {any} books @param {import('../wallet/shelf.js').Shelf} [shelf] @returns {any}
 */
const onShelf = (books, shelf = new MemoryShelf()) =>
  new Proxy(books, {
    get:
      (target, name) =>
      (/** @type {any[]} */ ...args) =>
        shelf.transaction((tx) => target[name](tx, ...args)),
  });

/** @param {number} windowMs */
function spendWindow(windowMs) {
  const clock = clockAt(0);
  return { clock, window: onShelf(new SpendWindow({ windowMs, nowMs: () => clock.nowMs() })) };
}

test('the window counts what is reserved, not only what is settled', async () => {
  const { window } = spendWindow(1_000);
  await window.reserve('a', 60n, 100n);
  await assert.rejects(window.reserve('b', 41n, 100n), { code: 'window_cap_exceeded' });
  await window.reserve('b', 40n, 100n);
  await window.reserve('b', 40n, 100n); // the same payment again takes no more room
  assert.equal(await window.spentMsats(), 100n);
  await window.release('b');
  assert.equal(await window.spentMsats(), 60n);
});

test('settled spending leaves the window with time, open spending never does', async () => {
  const { window, clock } = spendWindow(1_000);
  await window.reserve('settled', 10n, null);
  await window.settle('settled', 10n);
  await window.reserve('unknown', 7n, null);
  clock.to(999);
  assert.equal(await window.spentMsats(), 17n);
  clock.to(1_000_000);
  assert.equal(await window.spentMsats(), 7n);
  await assert.rejects(window.reserve('next', 4n, 10n), { code: 'window_cap_exceeded' });
});

test('two budgets on one shelf do not count for one another; what is over leaves no row behind', async () => {
  const shelf = new MemoryShelf();
  const clock = clockAt(0);
  const nowMs = () => clock.nowMs();
  const [mine, other] = ['mine', 'other'].map((table) =>
    onShelf(new SpendWindow({ windowMs: 10, table, nowMs }), shelf),
  );
  await mine.reserve('a', 5n, 5n);
  await other.reserve('a', 5n, 5n);
  await mine.settle('a', 5n);
  clock.to(100);
  await mine.reserve('b', 5n, 5n);
  const rows = await shelf.transaction((tx) => tx.list('mine').map(([id]) => id));
  assert.deepEqual(rows, ['b']);
});

test('a payment that is proven after all counts, although its room had been given back', async () => {
  const { window } = spendWindow(1_000);
  await window.reserve('a', 5n, null);
  await window.release('a');
  await window.settle('a', 5n);
  assert.equal(await window.spentMsats(), 5n);
});

/** @param {{settledLimit?: number, shelf?: MemoryShelf, incarnation?: string}} [options] */
function register({ settledLimit, shelf = new MemoryShelf(), incarnation = 'one' } = {}) {
  const clock = clockAt(0);
  const options = { inFlightLimitMs: 1_000, incarnation, nowMs: () => clock.nowMs(), settledLimit };
  return { books: onShelf(new IdempotencyRegister(options), shelf), clock, shelf };
}

test('the same request again: in flight, then the stored answer', async () => {
  const { books } = register();
  assert.deepEqual(await books.begin('id', 'terms', 'hash'), { state: 'new' });
  await assert.rejects(books.begin('id', 'terms', 'hash'), { code: 'idempotency_in_flight' });
  await books.settle('id', 'answer');
  assert.deepEqual(await books.begin('id', 'terms', 'hash'), { state: 'settled', answer: 'answer' });
  await assert.rejects(books.begin('id', 'other terms', 'hash'), {
    code: 'idempotency_conflict',
    details: { reason: 'other_payment' },
  });
});

test('an invoice belongs to one request, until its payment failed or never began', async () => {
  const { books } = register();
  const inUse = { code: 'idempotency_conflict', details: { reason: 'invoice_in_use' } };
  await books.begin('first', 'terms', 'hash');
  await assert.rejects(books.begin('second', 'terms', 'hash'), inUse);
  await books.markUnknown('first');
  await assert.rejects(books.begin('second', 'terms', 'hash'), inUse);
  assert.equal(await books.release('first'), true);
  assert.deepEqual(await books.begin('second', 'terms', 'hash'), { state: 'new' });
  await books.settle('second', 'failed', { invoiceIsFree: true });
  assert.deepEqual(await books.begin('third', 'terms', 'hash'), { state: 'new' });
  await books.settle('third', 'paid');
  await assert.rejects(books.begin('fourth', 'terms', 'hash'), inUse);
});

test('a request that outlived its deadline is unknown, and is never new again', async () => {
  const { books, clock } = register();
  await books.begin('id', 'terms', 'hash');
  clock.to(1_000);
  assert.deepEqual(await books.begin('id', 'terms', 'hash'), { state: 'unknown' });
  clock.to(10 ** 12);
  assert.deepEqual(await books.begin('id', 'terms', 'hash'), { state: 'unknown' });
});

test('what another incarnation has in flight is unknown at once, and only that one can release it', async () => {
  const { books: first, shelf } = register();
  const { books: second } = register({ shelf, incarnation: 'two' });
  await first.begin('id', 'terms', 'hash');
  assert.deepEqual(await second.begin('id', 'terms', 'hash'), { state: 'unknown' });
  assert.equal(await second.release('id'), false);
  await assert.rejects(second.begin('other', 'terms', 'hash'), { code: 'idempotency_conflict' });
  assert.equal(await first.release('id'), true, 'it was alive, and had submitted nothing');
  assert.deepEqual(await second.begin('id', 'terms', 'hash'), { state: 'new' });
  assert.equal(await first.release('id'), false, 'the entry is now another one');
  await first.settle('id', 'paid');
  assert.deepEqual(await second.begin('id', 'terms', 'hash'), { state: 'settled', answer: 'paid' });
});

test('what is settled stays: the first answer is repeated, nothing makes it unknown or new', async () => {
  const { books } = register();
  await books.begin('id', 'terms', 'hash');
  assert.equal(await books.settle('id', 'first'), 'first');
  assert.equal(await books.settle('id', 'second'), 'first');
  assert.equal(await books.settle('id', 'failed', { invoiceIsFree: true }), 'first');
  await books.markUnknown('id');
  assert.equal(await books.release('id'), false);
  assert.deepEqual(await books.begin('id', 'terms', 'hash'), { state: 'settled', answer: 'first' });
});

test('proof of payment replaces "failed", and nothing replaces the proof', async () => {
  const { books } = register();
  await books.begin('id', 'terms', 'hash');
  await books.settle('id', 'failed', { invoiceIsFree: true });
  assert.equal(await books.settle('id', 'failed again', { invoiceIsFree: true }), 'failed');
  assert.equal(await books.settle('id', 'paid'), 'paid');
  assert.equal(await books.settle('id', 'failed', { invoiceIsFree: true }), 'paid');
});

test('only settled entries are forgotten when there are too many', async () => {
  const { books, shelf } = register({ settledLimit: 3 });
  await books.begin('unknown', 't', 'hash-unknown');
  await books.markUnknown('unknown');
  for (let index = 0; index < 20; index += 1) {
    await books.begin(`id-${index}`, 't', `hash-${index}`);
    await books.settle(`id-${index}`, index);
  }
  const sizes = await shelf.transaction((tx) => [tx.list('register').length, tx.list('register_owners').length]);
  assert.deepEqual(sizes, [3, 3]);
  assert.deepEqual(await books.begin('unknown', 't', 'hash-unknown'), { state: 'unknown' });
  assert.deepEqual(await books.begin('id-19', 't', 'hash-19'), { state: 'settled', answer: 19 });
});

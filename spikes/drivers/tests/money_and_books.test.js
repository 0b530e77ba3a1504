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

const IN_FLIGHT = { code: 'idempotency_in_flight' };

test('the same request again: in flight, then the stored answer', async () => {
  const { books } = register();
  assert.deepEqual(await books.begin('id', 'terms', 'hash', 'try-1'), { state: 'new' });
  await assert.rejects(books.begin('id', 'terms', 'hash', 'try-2'), IN_FLIGHT);
  await books.settle('id', 'answer');
  assert.deepEqual(await books.begin('id', 'terms', 'hash', 'try-3'), { state: 'settled', answer: 'answer' });
  await assert.rejects(books.begin('id', 'other terms', 'hash', 'try-4'), {
    code: 'idempotency_conflict',
    details: { reason: 'other_payment' },
  });
});

test('an invoice belongs to one request, until its payment failed or never began', async () => {
  const { books } = register();
  const inUse = { code: 'idempotency_conflict', details: { reason: 'invoice_in_use' } };
  await books.begin('first', 'terms', 'hash', 'try-1');
  await assert.rejects(books.begin('second', 'terms', 'hash', 'try-2'), inUse);
  assert.equal(await books.release('first', 'try-1'), true);
  assert.deepEqual(await books.begin('second', 'terms', 'hash', 'try-2'), { state: 'new' });
  await books.markSubmitted('second', 'try-2');
  assert.equal(await books.markUnknown('second', 'try-2', false), false);
  await assert.rejects(books.begin('third', 'terms', 'hash', 'try-3'), inUse);
  await books.settle('second', 'failed', { invoiceIsFree: true });
  assert.deepEqual(await books.begin('third', 'terms', 'hash', 'try-3'), { state: 'new' });
  await books.settle('third', 'paid');
  await assert.rejects(books.begin('fourth', 'terms', 'hash', 'try-4'), inUse);
});

test('a submitted request that outlived its deadline is unknown, and is never new again', async () => {
  const { books, clock } = register();
  await books.begin('id', 'terms', 'hash', 'try-1');
  clock.to(200);
  await books.markSubmitted('id', 'try-1');
  const unknown = { state: 'unknown', submittedAtMs: 200 };
  clock.to(999);
  await assert.rejects(books.begin('id', 'terms', 'hash', 'try-2'), IN_FLIGHT);
  clock.to(1_000);
  assert.deepEqual(await books.begin('id', 'terms', 'hash', 'try-2'), unknown);
  clock.to(10 ** 12);
  assert.deepEqual(await books.begin('id', 'terms', 'hash', 'try-2'), unknown);
});

test('what was not submitted is taken over, and whoever had it can submit and release nothing any more', async () => {
  for (const takenAtMs of [0, 1_000]) {
    const { books: first, shelf, clock } = register();
    // Of another incarnation at once; of the same one when its time is up.
    const { books: second } = takenAtMs === 0 ? register({ shelf, incarnation: 'two' }) : { books: first };
    await first.begin('id', 'terms', 'hash', 'try-1');
    clock.to(takenAtMs);
    assert.deepEqual(await second.begin('id', 'terms', 'hash', 'try-2'), { state: 'new' });
    await assert.rejects(first.markSubmitted('id', 'try-1'), IN_FLIGHT);
    assert.equal(await first.release('id', 'try-1'), false);
    assert.equal(await first.markUnknown('id', 'try-1', true), false);
    await assert.rejects(first.begin('other', 'terms', 'hash', 'try-3'), { code: 'idempotency_conflict' });
    assert.deepEqual(await second.view('id'), { state: 'approved' });
    await second.markSubmitted('id', 'try-2');
    assert.deepEqual(await second.view('id'), { state: 'in_flight' });
    assert.equal(await second.release('id', 'try-2'), true, 'it knows that its mark was never followed by anything');
  }
});

test('what another incarnation has submitted is unknown, and only the attempt itself can release or submit it', async () => {
  const { books: first, shelf } = register();
  const { books: second } = register({ shelf, incarnation: 'two' });
  await first.begin('id', 'terms', 'hash', 'try-1');
  await first.markSubmitted('id', 'try-1');
  assert.equal((await second.begin('id', 'terms', 'hash', 'try-2')).state, 'unknown');
  assert.deepEqual(await second.view('id'), { state: 'unknown' });
  assert.equal(await second.release('id', 'try-2'), false);
  await assert.rejects(second.markSubmitted('id', 'try-2'), IN_FLIGHT);
  await first.markSubmitted('id', 'try-1'); // it was alive, and chooses other leaves
  assert.deepEqual(await second.view('id'), { state: 'in_flight' });
  await first.settle('id', 'paid');
  await assert.rejects(first.markSubmitted('id', 'try-1'), IN_FLIGHT, 'it has its end');
  assert.equal((await second.begin('id', 'terms', 'hash', 'try-2')).answer, 'paid');
});

test('held for lost only while the mark is the one that was seen', async () => {
  const { books, clock } = register();
  await books.begin('id', 'terms', 'hash', 'try-1');
  clock.to(5);
  await books.markSubmitted('id', 'try-1');
  await books.markUnknown('id', 'try-1', true);
  clock.to(9);
  await books.markSubmitted('id', 'try-1');
  await assert.rejects(books.settleLost('id', 5, 'lost'), IN_FLIGHT);
  assert.equal(await books.settleLost('id', 9, 'lost'), 'lost');
  await assert.rejects(books.markSubmitted('id', 'try-1'), IN_FLIGHT);
  assert.deepEqual(await books.begin('other', 'terms', 'hash', 'try-2'), { state: 'new' }, 'the invoice is free');
  assert.equal(await books.settle('id', 'paid'), 'paid', 'proof comes first, whenever it comes');
  assert.equal(await books.settleLost('id', 9, 'lost'), 'paid');
});

test('not known how it ended: without a mark it is as good as new, unless the attempt knows better', async () => {
  const { books, clock } = register();
  await books.begin('id', 'terms', 'hash', 'try-1');
  assert.equal(await books.markUnknown('id', 'try-1', false), true);
  await assert.rejects(books.markSubmitted('id', 'try-1'), IN_FLIGHT, 'what it was about to submit is fenced off');
  assert.equal(await books.view('id'), null);
  await books.begin('id', 'terms', 'hash', 'try-2');
  clock.to(7);
  assert.equal(await books.markUnknown('id', 'try-2', true), false);
  assert.deepEqual(await books.begin('id', 'terms', 'hash', 'try-3'), { state: 'unknown', submittedAtMs: 7 });
});

test('an entry that was written before there were marks counts as submitted, nobody knows when', async () => {
  const { books, shelf } = register();
  const entry = { fingerprint: 'terms', paymentHash: 'hash', incarnation: 'old', state: 'in_flight', staleAtMs: 5 };
  await shelf.transaction((tx) => tx.put('register', 'id', entry));
  assert.deepEqual(await books.begin('id', 'terms', 'hash', 'try-1'), { state: 'unknown', submittedAtMs: null });
});

test('what is settled stays: the first answer is repeated, nothing makes it unknown or new', async () => {
  const { books } = register();
  await books.begin('id', 'terms', 'hash', 'try-1');
  await books.markSubmitted('id', 'try-1');
  assert.equal(await books.settle('id', 'first'), 'first');
  assert.equal(await books.settle('id', 'second'), 'first');
  assert.equal(await books.settle('id', 'failed', { invoiceIsFree: true }), 'first');
  await books.markUnknown('id', 'try-1', true);
  assert.equal(await books.release('id', 'try-1'), false);
  assert.deepEqual(await books.begin('id', 'terms', 'hash', 'try-2'), { state: 'settled', answer: 'first' });
});

test('proof of payment replaces "failed", and nothing replaces the proof', async () => {
  const { books } = register();
  await books.begin('id', 'terms', 'hash', 'try-1');
  await books.settle('id', 'failed', { invoiceIsFree: true });
  assert.equal(await books.settle('id', 'failed again', { invoiceIsFree: true }), 'failed');
  assert.equal(await books.settle('id', 'paid'), 'paid');
  assert.equal(await books.settle('id', 'failed', { invoiceIsFree: true }), 'paid');
});

test('only settled entries are forgotten when there are too many', async () => {
  const { books, shelf } = register({ settledLimit: 3 });
  await books.begin('unknown', 't', 'hash-unknown', 'try');
  await books.markUnknown('unknown', 'try', true);
  for (let index = 0; index < 20; index += 1) {
    await books.begin(`id-${index}`, 't', `hash-${index}`, `try-${index}`);
    await books.settle(`id-${index}`, index);
  }
  const sizes = await shelf.transaction((tx) => [tx.list('register').length, tx.list('register_owners').length]);
  assert.deepEqual(sizes, [3, 3]);
  assert.equal((await books.begin('unknown', 't', 'hash-unknown', 'try-2')).state, 'unknown');
  assert.deepEqual(await books.begin('id-19', 't', 'hash-19', 'again'), { state: 'settled', answer: 19 });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { jsonInteger, readMsats, satsToMsats, wholeSats } from '../wallet/money.js';
import { IdempotencyRegister } from '../wallet/register.js';
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

test('the window counts what is reserved, not only what is settled', () => {
  const clock = clockAt(0);
  const window = new SpendWindow({ windowMs: 1_000, nowMs: () => clock.nowMs() });
  window.reserve('a', 60n, 100n);
  assert.throws(() => window.reserve('b', 41n, 100n), { code: 'window_cap_exceeded' });
  window.reserve('b', 40n, 100n);
  window.reserve('b', 40n, 100n); // the same payment again takes no more room
  assert.equal(window.spentMsats(), 100n);
  window.release('b');
  assert.equal(window.spentMsats(), 60n);
});

test('settled spending leaves the window with time, open spending never does', () => {
  const clock = clockAt(0);
  const window = new SpendWindow({ windowMs: 1_000, nowMs: () => clock.nowMs() });
  window.reserve('settled', 10n, null);
  window.settle('settled');
  window.reserve('unknown', 7n, null);
  clock.to(999);
  assert.equal(window.spentMsats(), 17n);
  clock.to(1_000_000);
  assert.equal(window.spentMsats(), 7n);
  assert.throws(() => window.reserve('next', 4n, 10n), { code: 'window_cap_exceeded' });
});

/** @param {number} [settledLimit] */
function register(settledLimit) {
  const clock = clockAt(0);
  const books = new IdempotencyRegister({ inFlightLimitMs: 1_000, nowMs: () => clock.nowMs(), settledLimit });
  return { books, clock };
}

test('the same request again: in flight, then the stored answer', () => {
  const { books } = register();
  assert.deepEqual(books.begin('id', 'terms', 'hash'), { state: 'new' });
  assert.throws(() => books.begin('id', 'terms', 'hash'), { code: 'idempotency_in_flight' });
  books.settle('id', 'answer');
  assert.deepEqual(books.begin('id', 'terms', 'hash'), { state: 'settled', answer: 'answer' });
  assert.throws(() => books.begin('id', 'other terms', 'hash'), {
    code: 'idempotency_conflict',
    details: { reason: 'other_payment' },
  });
});

test('an invoice belongs to one request, until its payment failed or never began', () => {
  const { books } = register();
  const inUse = { code: 'idempotency_conflict', details: { reason: 'invoice_in_use' } };
  books.begin('first', 'terms', 'hash');
  assert.throws(() => books.begin('second', 'terms', 'hash'), inUse);
  books.markUnknown('first');
  assert.throws(() => books.begin('second', 'terms', 'hash'), inUse);
  books.release('first');
  assert.deepEqual(books.begin('second', 'terms', 'hash'), { state: 'new' });
  books.settle('second', 'failed', { invoiceIsFree: true });
  assert.deepEqual(books.begin('third', 'terms', 'hash'), { state: 'new' });
  books.settle('third', 'paid');
  assert.throws(() => books.begin('fourth', 'terms', 'hash'), inUse);
});

test('a request that outlived its deadline is unknown, and is never new again', () => {
  const { books, clock } = register();
  books.begin('id', 'terms', 'hash');
  clock.to(1_000);
  assert.deepEqual(books.begin('id', 'terms', 'hash'), { state: 'unknown' });
  clock.to(10 ** 12);
  assert.deepEqual(books.begin('id', 'terms', 'hash'), { state: 'unknown' });
});

test('only settled entries are forgotten when there are too many', () => {
  const { books } = register(3);
  books.begin('unknown', 't', 'hash-unknown');
  books.markUnknown('unknown');
  for (let index = 0; index < 20; index += 1) {
    books.begin(`id-${index}`, 't', `hash-${index}`);
    books.settle(`id-${index}`, index);
  }
  assert.equal(books.entries.size, 3);
  assert.equal(books.owners.size, 3);
  assert.deepEqual(books.begin('unknown', 't', 'hash-unknown'), { state: 'unknown' });
  assert.deepEqual(books.begin('id-19', 't', 'hash-19'), { state: 'settled', answer: 19 });
});

/**
 * Idempotency register: which request id stands for which payment, and what became of it.
 *
 * Role: makes "the same request again" safe; code over a transaction of the shelf, without a memory of its own.
 * Must not know: the SDK, HTTP, which shelf it is. How long it is remembered is the shelf's affair (status says
 * "durability"); below it lies the SDK's own idempotency: the request id is the Spark transfer id.
 *
 * Rules that keep money safe:
 * - an entry that is unknown (submitted, no final answer) is never forgotten and never paid again;
 * - an entry in flight whose request outlived its deadline is unknown: the runtime may have cancelled it;
 * - an entry in flight of another incarnation is unknown at once: that service may have died, and if it has not (two
 *   processes on one shelf) it still books its own end. Looking up, which is all that is done with an unknown
 *   payment, cannot hurt it: only the incarnation that opened an entry releases it;
 * - an invoice belongs to one request id as long as it is in flight, unknown or paid;
 * - a settled entry stays as it is: the first final answer is the one that is repeated. Except that proof of payment
 *   replaces "failed";
 * - only settled entries are dropped, oldest first, when there are too many.
 */

import { ContractError } from './errors.js';

const SETTLED_LIMIT = 10_000;
const ENTRIES = 'register';
const OWNERS = 'register_owners'; // payment hash -> request id
const COUNTS = 'register_counts'; // so that counting needs no list

/** @typedef {import('./shelf.js').Tx} Tx */

/**
 * @template T
 * @typedef {{fingerprint: string, paymentHash: string, incarnation: string,
 *   state: 'in_flight' | 'unknown' | 'settled', staleAtMs: number, answer?: T, invoiceIsFree?: boolean}} Entry
 */

/** @template T type of the stored answers: JSON */
export class IdempotencyRegister {
  /**
   * @param {{inFlightLimitMs: number, incarnation: string, nowMs?: () => number, settledLimit?: number}} options
   *   incarnation: an id that no other instance of the service has
   */
  constructor({ inFlightLimitMs, incarnation, nowMs = () => Date.now(), settledLimit = SETTLED_LIMIT }) {
    this.inFlightLimitMs = inFlightLimitMs;
    this.incarnation = incarnation;
    this.nowMs = nowMs;
    this.settledLimit = settledLimit;
  }

  /**
   * Takes the id for a payment, or says what is known of it.
   * @param {Tx} tx @param {string} requestId @param {string} fingerprint of the payment's terms
   * @param {string} paymentHash
   * @returns {{state: 'new' | 'unknown'} | {state: 'settled', answer: T}}
   * @throws {ContractError} idempotency_conflict, idempotency_in_flight
   */
  begin(tx, requestId, fingerprint, paymentHash) {
    const entry = this.#entry(tx, requestId);
    if (!entry) return this.#open(tx, requestId, fingerprint, paymentHash);
    if (entry.fingerprint !== fingerprint) {
      throw conflict('other_payment', 'this request id belongs to another payment; use a new one for a new payment');
    }
    if (entry.state === 'settled') return { state: 'settled', answer: /** @type {T} */ (entry.answer) };
    if (this.#isUnderWay(entry)) {
      throw new ContractError('idempotency_in_flight', 'this payment is under way; ask again with the same request id');
    }
    this.markUnknown(tx, requestId);
    return { state: 'unknown' };
  }

  /** Submitted, outcome not known. @param {Tx} tx @param {string} requestId */
  markUnknown(tx, requestId) {
    const entry = this.#entry(tx, requestId);
    if (entry?.state === 'in_flight') tx.put(ENTRIES, requestId, { ...entry, state: 'unknown' });
  }

  /**
   * The final answer; from now on it is repeated.
   * @param {Tx} tx @param {string} requestId @param {T} answer
   * @param {{invoiceIsFree?: boolean}} [options] the payment failed: another request may pay the invoice
   * @returns {T} the answer that stands: an earlier one, if there was one
   */
  settle(tx, requestId, answer, { invoiceIsFree = false } = {}) {
    const entry = this.#entry(tx, requestId);
    if (!entry) return answer;
    const isProofAfterFailure = entry.invoiceIsFree && !invoiceIsFree;
    if (entry.state === 'settled' && !isProofAfterFailure) return /** @type {T} */ (entry.answer);
    tx.put(ENTRIES, requestId, { ...entry, state: 'settled', answer, invoiceIsFree });
    if (invoiceIsFree) this.#freeInvoice(tx, requestId, entry);
    this.#dropOldest(tx);
    return answer;
  }

  /**
   * Nothing was submitted: the id is as good as new.
   * @param {Tx} tx @param {string} requestId @returns {boolean} false: it is not ours to release
   */
  release(tx, requestId) {
    const entry = this.#entry(tx, requestId);
    if (!entry || entry.state === 'settled' || entry.incarnation !== this.incarnation) return false;
    this.#forget(tx, requestId, entry);
    return true;
  }

  /** @param {Tx} tx @param {string} requestId @returns {Entry<T> | null} */
  #entry(tx, requestId) {
    return tx.get(ENTRIES, requestId);
  }

  /** @param {Entry<T>} entry */
  #isUnderWay(entry) {
    return entry.state === 'in_flight' && entry.incarnation === this.incarnation && this.nowMs() < entry.staleAtMs;
  }

  /**
   * @param {Tx} tx @param {string} requestId @param {string} fingerprint @param {string} paymentHash
   * @returns {{state: 'new'}}
   */
  #open(tx, requestId, fingerprint, paymentHash) {
    if (tx.get(OWNERS, paymentHash) !== null) {
      throw conflict('invoice_in_use', 'this invoice is being paid, or was paid, under another request id');
    }
    const { incarnation } = this;
    const staleAtMs = this.nowMs() + this.inFlightLimitMs;
    tx.put(ENTRIES, requestId, { fingerprint, paymentHash, incarnation, state: 'in_flight', staleAtMs });
    tx.put(OWNERS, paymentHash, requestId);
    count(tx, 1);
    return { state: 'new' };
  }

  /** @param {Tx} tx @param {string} requestId @param {Entry<T>} entry */
  #forget(tx, requestId, entry) {
    tx.delete(ENTRIES, requestId);
    this.#freeInvoice(tx, requestId, entry);
    count(tx, -1);
  }

  /** @param {Tx} tx @param {string} requestId @param {Entry<T>} entry */
  #freeInvoice(tx, requestId, entry) {
    if (tx.get(OWNERS, entry.paymentHash) === requestId) tx.delete(OWNERS, entry.paymentHash);
  }

  /** A tenth more than is needed, so that a full register is not listed at every payment. @param {Tx} tx */
  #dropOldest(tx) {
    const size = count(tx, 0);
    if (size <= this.settledLimit) return;
    let surplus = size - this.settledLimit + Math.floor(this.settledLimit / 10);
    for (const [requestId, entry] of tx.list(ENTRIES)) {
      if (surplus <= 0) return;
      if (entry.state !== 'settled') continue;
      this.#forget(tx, requestId, entry);
      surplus -= 1;
    }
  }
}

/** @param {Tx} tx @param {number} change @returns {number} entries, after the change */
function count(tx, change) {
  const size = (tx.get(COUNTS, 'entries') ?? 0) + change;
  if (change) tx.put(COUNTS, 'entries', size);
  return size;
}

/** @param {string} reason @param {string} message */
function conflict(reason, message) {
  return new ContractError('idempotency_conflict', message, { details: { reason } });
}

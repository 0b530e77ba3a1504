/**
 * Idempotency register: which request id stands for which payment, and what became of it.
 *
 * Role: makes "the same request again" safe. Must not know: the SDK, HTTP.
 * First form: it lives in the memory of the isolate or process (status says durability "isolate"). What
 * survives an eviction is the SDK's own idempotency: the request id is the Spark transfer id.
 *
 * Rules that keep money safe:
 * - an entry that is unknown (submitted, no final answer) is never forgotten and never paid again;
 * - an entry in flight whose request outlived its deadline is unknown: the runtime may have cancelled it;
 * - an invoice belongs to one request id as long as it is in flight, unknown or paid;
 * - only settled entries are dropped, oldest first, when there are too many.
 */

import { ContractError } from './errors.js';

const SETTLED_LIMIT = 10_000;

/**
 * @template T
 * @typedef {{fingerprint: string, paymentHash: string, state: 'in_flight' | 'unknown' | 'settled',
 *   staleAtMs: number, answer?: T}} Entry
 */

/** @template T type of the stored answers */
export class IdempotencyRegister {
  /** @param {{inFlightLimitMs: number, nowMs?: () => number, settledLimit?: number}} options */
  constructor({ inFlightLimitMs, nowMs = () => Date.now(), settledLimit = SETTLED_LIMIT }) {
    this.inFlightLimitMs = inFlightLimitMs;
    this.nowMs = nowMs;
    this.settledLimit = settledLimit;
    /** @type {Map<string, Entry<T>>} */
    this.entries = new Map();
    /** @type {Map<string, string>} payment hash -> request id */
    this.owners = new Map();
  }

  /**
   * Takes the id for a payment, or says what is known of it.
   * @param {string} requestId @param {string} fingerprint of the payment's terms @param {string} paymentHash
   * @returns {{state: 'new' | 'unknown'} | {state: 'settled', answer: T}}
   * @throws {ContractError} idempotency_conflict, idempotency_in_flight
   */
  begin(requestId, fingerprint, paymentHash) {
    const entry = this.entries.get(requestId);
    if (!entry) return this.#open(requestId, fingerprint, paymentHash);
    if (entry.fingerprint !== fingerprint) {
      throw conflict('other_payment', 'this request id belongs to another payment; use a new one for a new payment');
    }
    if (entry.state === 'settled') return { state: 'settled', answer: /** @type {T} */ (entry.answer) };
    if (entry.state === 'in_flight' && this.nowMs() < entry.staleAtMs) {
      throw new ContractError('idempotency_in_flight', 'this payment is under way; ask again with the same request id');
    }
    entry.state = 'unknown';
    return { state: 'unknown' };
  }

  /** Submitted, outcome not known. @param {string} requestId */
  markUnknown(requestId) {
    const entry = this.entries.get(requestId);
    if (entry) entry.state = 'unknown';
  }

  /**
   * The final answer; from now on it is repeated.
   * @param {string} requestId @param {T} answer
   * @param {{invoiceIsFree?: boolean}} [options] the payment failed: another request may pay the invoice
   */
  settle(requestId, answer, { invoiceIsFree = false } = {}) {
    const entry = this.entries.get(requestId);
    if (!entry) return;
    entry.state = 'settled';
    entry.answer = answer;
    if (invoiceIsFree) this.owners.delete(entry.paymentHash);
    this.#dropOldest();
  }

  /** Nothing was submitted: the id is as good as new. @param {string} requestId */
  release(requestId) {
    const entry = this.entries.get(requestId);
    if (!entry) return;
    this.#forget(requestId, entry);
  }

  /** @param {string} requestId @param {Entry<T>} entry */
  #forget(requestId, entry) {
    this.entries.delete(requestId);
    if (this.owners.get(entry.paymentHash) === requestId) this.owners.delete(entry.paymentHash);
  }

  /**
   * @param {string} requestId @param {string} fingerprint @param {string} paymentHash
   * @returns {{state: 'new'}}
   */
  #open(requestId, fingerprint, paymentHash) {
    if (this.owners.has(paymentHash)) {
      throw conflict('invoice_in_use', 'this invoice is being paid, or was paid, under another request id');
    }
    const staleAtMs = this.nowMs() + this.inFlightLimitMs;
    this.entries.set(requestId, { fingerprint, paymentHash, state: 'in_flight', staleAtMs });
    this.owners.set(paymentHash, requestId);
    return { state: 'new' };
  }

  #dropOldest() {
    let surplus = this.entries.size - this.settledLimit;
    for (const [requestId, entry] of this.entries) {
      if (surplus <= 0) return;
      if (entry.state !== 'settled') continue;
      this.#forget(requestId, entry);
      surplus -= 1;
    }
  }
}

/** @param {string} reason @param {string} message */
function conflict(reason, message) {
  return new ContractError('idempotency_conflict', message, { details: { reason } });
}

/**
 * Idempotency register: which request id stands for which payment, and what became of it.
 *
 * Role: makes "the same request again" safe; code over a transaction of the shelf, without a memory of its own.
 * Must not know: the SDK, HTTP, which shelf it is. How long it is remembered is the shelf's affair (status says
 * "durability"); below it lies the SDK's own idempotency: the request id is the Spark transfer id.
 *
 * Rules that keep money safe:
 * - every try of a request is an attempt with an id of its own. Before the first message that can pay, an attempt marks
 *   its entry as submitted, which it can only while the entry is its own and has no end. That mark is the fence:
 *   without it nothing was submitted, and nothing will be;
 * - an entry that nobody can be at any more - of another incarnation, or past its deadline, when the runtime may have
 *   cancelled it - is taken over by the next to ask if it is not marked: an attempt that is still alive (two processes
 *   on one shelf) then finds the entry not its own, and submits nothing. If it is marked, it is unknown;
 * - an entry that is unknown (submitted, no final answer) is never forgotten and never paid again. Looking up, which is
 *   all that is done with it, cannot hurt whoever submitted it;
 * - but what the network does not show long after the mark never reached it, and has failed;
 * - only the attempt that an entry belongs to releases it;
 * - an invoice belongs to one request id as long as it is in flight, unknown or paid;
 * - a settled entry stays as it is: the first final answer is the one that is repeated. Except that proof of payment
 *   replaces "failed";
 * - only settled entries are dropped, oldest first, when there are too many.
 */

import { ContractError } from './errors.js';
import {
  addEntry,
  dropOldest,
  forgetEntry,
  freeInvoice,
  isInvoiceTaken,
  readEntry,
  wasSubmitted,
  writeEntry,
} from './register_rows.js';

const SETTLED_LIMIT = 10_000;

/** @typedef {import('./shelf.js').Tx} Tx */

/**
 * @template T
 * @typedef {{state: 'new'} | {state: 'unknown', submittedAtMs: number | null} | {state: 'settled', answer: T}} Place
 */

/**
 * @template T
 * @typedef {{state: 'approved' | 'in_flight' | 'unknown'} | {state: 'settled', answer: T}} View
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
   * @param {string} paymentHash @param {string} attempt an id that no other try of any request has
   * @returns {Place<T>}
   * @throws {ContractError} idempotency_conflict, idempotency_in_flight
   */
  begin(tx, requestId, fingerprint, paymentHash, attempt) {
    const entry = readEntry(tx, requestId);
    const mine = { ...this.#mine(attempt), fingerprint, paymentHash };
    if (!entry) {
      if (isInvoiceTaken(tx, paymentHash)) {
        throw conflict('invoice_in_use', 'this invoice is being paid, or was paid, under another request id');
      }
      addEntry(tx, requestId, mine);
      return { state: 'new' };
    }
    if (entry.fingerprint !== fingerprint) {
      throw conflict('other_payment', 'this request id belongs to another payment; use a new one for a new payment');
    }
    if (entry.state === 'settled') return { state: 'settled', answer: /** @type {T} */ (entry.answer) };
    if (this.#isUnderWay(entry)) throw inFlight();
    const submitted = wasSubmitted(entry);
    writeEntry(tx, requestId, submitted ? { ...entry, state: 'unknown' } : mine);
    return submitted ? { state: 'unknown', submittedAtMs: entry.submittedAtMs ?? null } : { state: 'new' };
  }

  /**
   * The last step before the first message that can pay; a try that chooses other leaves takes it again.
   * @param {Tx} tx @param {string} requestId @param {string} attempt
   * @throws {ContractError} idempotency_in_flight: the request is another attempt's, or has its end
   */
  markSubmitted(tx, requestId, attempt) {
    const entry = readEntry(tx, requestId);
    if (!entry || entry.state === 'settled' || entry.attempt !== attempt) throw inFlight();
    writeEntry(tx, requestId, { ...entry, state: 'in_flight', submittedAtMs: this.nowMs() });
  }

  /**
   * Held for lost; only while the mark is the one that was seen before the look.
   * @param {Tx} tx @param {string} requestId @param {number} submittedAtMs @param {T} answer @returns {T} what stands
   * @throws {ContractError} idempotency_in_flight: it has been submitted anew
   */
  settleLost(tx, requestId, submittedAtMs, answer) {
    const entry = readEntry(tx, requestId);
    if (entry && entry.state !== 'settled' && entry.submittedAtMs !== submittedAtMs) throw inFlight();
    return this.settle(tx, requestId, answer, { invoiceIsFree: true });
  }

  /**
   * Its end is not known. If it was not even submitted it is as good as new: what it might submit is fenced off.
   * @param {Tx} tx @param {string} requestId @param {string} attempt
   * @param {boolean} isSubmitted the attempt knows that it was, whatever the mark says
   * @returns {boolean} whether it is forgotten
   */
  markUnknown(tx, requestId, attempt, isSubmitted) {
    const entry = readEntry(tx, requestId);
    if (entry?.state !== 'in_flight' || entry.attempt !== attempt) return false;
    if (!isSubmitted && !wasSubmitted(entry)) return this.release(tx, requestId, attempt);
    writeEntry(tx, requestId, { ...entry, state: 'unknown', submittedAtMs: entry.submittedAtMs ?? this.nowMs() });
    return false;
  }

  /**
   * The final answer; from now on it is repeated.
   * @param {Tx} tx @param {string} requestId @param {T} answer
   * @param {{invoiceIsFree?: boolean}} [options] the payment failed: another request may pay the invoice
   * @returns {T} the answer that stands: an earlier one, if there was one
   */
  settle(tx, requestId, answer, { invoiceIsFree = false } = {}) {
    const entry = readEntry(tx, requestId);
    if (!entry) return answer;
    const isProofAfterFailure = entry.invoiceIsFree && !invoiceIsFree;
    if (entry.state === 'settled' && !isProofAfterFailure) return /** @type {T} */ (entry.answer);
    writeEntry(tx, requestId, { ...entry, state: 'settled', answer, invoiceIsFree });
    if (invoiceIsFree) freeInvoice(tx, requestId, entry);
    dropOldest(tx, this.settledLimit);
    return answer;
  }

  /**
   * Nothing was submitted, as the attempt itself knows: the id is as good as new.
   * @param {Tx} tx @param {string} requestId @param {string} attempt @returns {boolean} false: not this one's to release
   */
  release(tx, requestId, attempt) {
    const entry = readEntry(tx, requestId);
    if (!entry || entry.state === 'settled' || entry.attempt !== attempt) return false;
    forgetEntry(tx, requestId, entry);
    return true;
  }

  /** What was opened before that nobody can be at any more. */
  get oldestUnderWayMs() {
    return this.nowMs() - this.inFlightLimitMs;
  }

  /** @param {Tx} tx @param {string} requestId @returns {boolean} false: submitted, or somebody may be at it */
  dropAbandoned(tx, requestId) {
    const entry = readEntry(tx, requestId);
    if (!entry || wasSubmitted(entry) || entry.state === 'settled' || this.nowMs() < entry.staleAtMs) return false;
    forgetEntry(tx, requestId, entry);
    return true;
  }

  /** For whoever only looks. @param {Tx} tx @param {string} requestId @returns {View<T> | null} null: unheard of */
  view(tx, requestId) {
    const entry = readEntry(tx, requestId);
    if (!entry) return null;
    if (entry.state === 'settled') return { state: 'settled', answer: /** @type {T} */ (entry.answer) };
    if (!wasSubmitted(entry)) return { state: 'approved' };
    // Whether another incarnation is still at it cannot be seen from here; until its deadline it may be.
    return { state: entry.state === 'in_flight' && this.nowMs() < entry.staleAtMs ? 'in_flight' : 'unknown' };
  }

  /** @param {string} attempt */
  #mine(attempt) {
    const staleAtMs = this.nowMs() + this.inFlightLimitMs;
    const state = /** @type {const} */ ('in_flight');
    return { incarnation: this.incarnation, attempt, state, submittedAtMs: null, staleAtMs };
  }

  /** @param {import('./register_rows.js').Entry<T>} entry */
  #isUnderWay(entry) {
    return entry.state === 'in_flight' && entry.incarnation === this.incarnation && this.nowMs() < entry.staleAtMs;
  }
}

export function inFlight() {
  return new ContractError('idempotency_in_flight', 'this payment is under way; ask again with the same request id');
}

/** @param {string} reason @param {string} message */
function conflict(reason, message) {
  return new ContractError('idempotency_conflict', message, { details: { reason } });
}

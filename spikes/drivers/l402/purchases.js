/**
 * The buyer's book: which request id stands for which purchase, how far it came, and how it ended.
 *
 * Role: makes "the same request again" safe and its receipt replayable; code over a transaction of the shelf, without
 * a memory of its own. Must not know: sellers, wallets, which shelf it is.
 *
 * Rules that keep money safe:
 * - an order - the invoice and the terms that the wallet was asked to pay on - stays until its end is known, and is the
 *   only one of its request: whoever comes with the same id, from whatever isolate, goes on with that one;
 * - as long as one isolate is at it, others that share the shelf leave it alone; should it die, they go on after a
 *   minute, and it would be safe at once: the lease is for tidiness, the order for safety;
 * - a final answer stays as it is. Only "paid" replaces another one; and what was refused may be judged again if the
 *   request comes with another policy;
 * - the oldest rows are dropped when there are too many, but none with an order.
 */

import { ContractError } from '../wallet/errors.js';

const ROWS = 'l402_purchases';
const SLOTS = 'l402_purchase_slots'; // a ring of request ids, so that dropping the oldest needs no list
const LIMIT = 2_000;
const LEASE_MS = 60_000;
/** details.reason of refusals that say nothing of the purchase in the book, which stays as it is. */
const OTHER_PURCHASE = 'other_purchase';
const UNDER_WAY = 'under_way';

/**
 * @typedef {import('../wallet/shelf.js').Tx} Tx
 * @typedef {import('./purchase_answer.js').Kept} Kept
 *
 * @typedef {object} Order what the wallet is asked for: word for word the same whenever it is asked again
 * @property {'L402' | 'LSAT'} scheme
 * @property {string} macaroon
 * @property {string} invoice
 * @property {number} maxAmountMsats
 * @property {string} host
 *
 * @typedef {{place: string, policy: string}} Marks digests of the URL and of the policy
 *
 * @typedef {Marks & {state: string | null, order: Order | null, answer: Kept | null,
 *   lease: {holder: string, untilMs: number} | null}} Row state: null while it is not certain that anything will be
 *   asked of anybody; lease: who is at it
 */

export class Purchases {
  /**
   * @param {{isShared?: boolean, limit?: number, leaseMs?: number, nowMs?: () => number}} [options]
   *   isShared: isolates that live at the same time have this shelf; else whoever held a lease here is dead
   */
  constructor({ isShared = false, limit = LIMIT, leaseMs = LEASE_MS, nowMs = () => Date.now() } = {}) {
    this.isShared = isShared;
    this.limit = limit;
    this.leaseMs = leaseMs;
    this.nowMs = nowMs;
    this.holder = crypto.randomUUID();
  }

  /**
   * @param {Tx} tx @param {string} requestId @param {Marks} marks @param {boolean} isApproved as far as can be judged
   * @returns {{order: Order} | {answer: Kept} | null} to go on with; the answer to repeat; null: a new purchase
   * @throws {ContractError} idempotency_conflict; idempotency_in_flight: another isolate is at it
   */
  begin(tx, requestId, marks, isApproved) {
    const row = this.#row(tx, requestId);
    if (row && row.place !== marks.place) {
      throw new ContractError('idempotency_conflict', 'this request id belongs to another purchase; use a new one', {
        details: { reason: OTHER_PURCHASE },
      });
    }
    if (row?.answer && isFinal(row.answer) && !this.#mayBeJudgedAgain(row, marks)) return { answer: row.answer };
    if (this.isShared && row?.lease && row.lease.holder !== this.holder && this.nowMs() < row.lease.untilMs) {
      throw underWay();
    }
    const lease = { holder: this.holder, untilMs: this.nowMs() + this.leaseMs };
    if (row?.order) {
      this.#put(tx, requestId, { ...row, lease });
      return { order: row.order };
    }
    if (!row) this.#takeSlot(tx, requestId);
    this.#put(tx, requestId, { ...marks, state: isApproved ? 'approved' : null, order: null, answer: null, lease });
    return null;
  }

  /**
   * The wallet is about to be asked.
   * @param {Tx} tx @param {string} requestId @param {Order} order
   * @returns {Order} the one that stands: another isolate may have been faster
   */
  open(tx, requestId, order) {
    const row = this.#row(tx, requestId);
    if (row?.order) return row.order;
    if (!row || row.answer) throw underWay();
    this.#put(tx, requestId, { ...row, state: 'in_flight', order });
    return order;
  }

  /**
   * @param {Tx} tx @param {string} requestId @param {Kept} answer @param {boolean} hadOrder
   * @returns {{answer: Kept, isOurs: boolean}} the answer that stands
   * @throws {ContractError} idempotency_in_flight: another isolate is having this very request paid
   */
  close(tx, requestId, answer, hadOrder) {
    const row = this.#row(tx, requestId);
    if (!row) return { answer, isOurs: true }; // so old that it was dropped: there is nothing to stand in its way
    const standing = row.answer && isFinal(row.answer) ? row.answer : null;
    if (standing && (standing.outcome === 'paid' || answer.outcome !== 'paid')) {
      return { answer: standing, isOurs: false };
    }
    if (row.order && !hadOrder) throw underWay();
    const order = isFinal(answer) ? null : row.order;
    this.#put(tx, requestId, { ...row, state: answer.outcome, order, answer, lease: null });
    return { answer, isOurs: true };
  }

  /** @param {Tx} tx @param {string} requestId @returns {{state: string, answer: Kept | null} | null} */
  stateOf(tx, requestId) {
    const row = this.#row(tx, requestId);
    return row?.state ? { state: row.state, answer: row.answer } : null;
  }

  /** What is bought is bought; what was refused was refused by the policy of then. @param {Row} row @param {Marks} marks */
  #mayBeJudgedAgain({ policy, answer }, marks) {
    return policy !== marks.policy && !['paid', 'cached'].includes(String(answer?.outcome));
  }

  /** @param {Tx} tx @param {string} requestId @returns {Row | null} */
  #row(tx, requestId) {
    return tx.get(ROWS, requestId);
  }

  /** @param {Tx} tx @param {string} requestId @param {Row} row */
  #put(tx, requestId, row) {
    tx.put(ROWS, requestId, row);
  }

  /** @param {Tx} tx @param {string} requestId */
  #takeSlot(tx, requestId) {
    const next = tx.get(SLOTS, 'next') ?? 0;
    const oldest = tx.get(SLOTS, `slot ${next}`);
    if (oldest !== null && !this.#row(tx, oldest)?.order) tx.delete(ROWS, oldest);
    tx.put(SLOTS, `slot ${next}`, requestId);
    tx.put(SLOTS, 'next', (next + 1) % this.limit);
  }
}

/** Whether a refusal leaves the book as it is. @param {ContractError | null} error */
export function isOfAnother(error) {
  return [OTHER_PURCHASE, UNDER_WAY].includes(String(error?.details?.reason));
}

/** @param {Kept} answer */
function isFinal({ outcome }) {
  return outcome !== 'unknown';
}

function underWay() {
  return new ContractError(
    'idempotency_in_flight',
    'this purchase is under way elsewhere; ask again with the same request id',
    { details: { reason: UNDER_WAY } },
  );
}

/**
 * The L402 buyer: requests in, typed answers with receipts out.
 *
 * Role: one purchase for one request id, whenever and however often it comes; every end has its answer and its receipt,
 * which are kept. The same in every topology: it does not know where the wallet is.
 * Must not know: the SDK, HTTP servers, the steps of a purchase.
 */

import { ContractError, asContractError } from '../wallet/errors.js';
import { sha256HexOfText } from '../wallet/hashing.js';
import { PhaseClock, withDeadline } from '../wallet/phases.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { SpendWindow } from '../wallet/spend_window.js';
import { CredentialCache } from './credentials.js';
import { policyText } from './policy.js';
import { answerOf } from './purchase_answer.js';
import { Purchases, isOfAnother } from './purchases.js';
import { Turn } from './turn.js';

/** Longer than any purchase takes; who has waited that long asks again. */
const JOIN_WAIT_S = 180;

/**
 * @typedef {import('./purchase_answer.js').Purchase} Purchase
 * @typedef {import('./purchase_answer.js').Kept} Kept
 * @typedef {import('./purchases.js').Marks} Marks
 * @typedef {Pick<Purchase, 'requestId' | 'url' | 'policy'>} Wish
 * @typedef {Kept & {requestId: string, phases: PhaseClock['phases'], response: Purchase['response'],
 *   replayed: boolean}} Answer replayed: it is the answer of another call with the same request id
 */

export class L402Buyer {
  /**
   * @param {{service: import('../wallet/contract.js').Service, errorTable: import('../wallet/errors.js').ErrorTable,
   *   walletId: string, windowMs: number, shelf?: import('../wallet/shelf.js').Shelf, send?: typeof fetch,
   *   nowMs?: () => number, network?: string}} options
   *   network: whose invoices are paid; shelf: remembers purchases, paid credentials and the window of the buyer's own policy
   */
  constructor({ service, errorTable, walletId, windowMs, shelf, send, nowMs = Date.now, network = 'regtest' }) {
    this.service = service;
    this.errorTable = errorTable;
    this.walletId = walletId;
    this.shelf = shelf ?? new MemoryShelf();
    this.send = send ?? ((/** @type {any} */ input, /** @type {any} */ init) => fetch(input, init));
    this.nowMs = nowMs;
    this.network = network;
    this.purchases = new Purchases({ isShared: this.shelf.durability === 'database', nowMs });
    this.credentials = new CredentialCache({ nowMs });
    this.window = new SpendWindow({ windowMs, table: 'l402_spend_window', nowMs });
    /** @type {Map<string, Promise<Answer>>} under way in this isolate, by request id and URL */
    this.running = new Map();
  }

  /** @param {Wish} wish @returns {Promise<Answer>} whatever sellers and wallets do, a typed outcome */
  async fetch(wish) {
    const [place, policy] = await Promise.all([wish.url.href, policyText(wish.policy)].map(sha256HexOfText));
    const key = `${wish.requestId} ${place}`;
    const running = this.running.get(key);
    if (running) return this.#join(wish, running);
    const answer = this.#purchase(wish, { place, policy });
    this.running.set(key, answer);
    try {
      return await answer;
    } finally {
      this.running.delete(key);
    }
  }

  /**
   * How far a request came, also while it is under way: one read of the shelf.
   * @param {string} requestId @returns {Promise<import('../wallet/contract.js').RequestState | null>}
   */
  async stateOf(requestId) {
    const found = await this.shelf.transaction((tx) => this.purchases.stateOf(tx, requestId));
    if (!found) return null;
    const { code = null, receipt } = found.answer ?? {};
    const state = /** @type {import('../wallet/contract.js').RequestState['state']} */ (found.state);
    return { state, ...(code ? { code } : {}), ...(receipt ? { receipt } : {}) };
  }

  /** @param {Wish} wish @param {Marks} marks @returns {Promise<Answer>} */
  async #purchase(wish, marks) {
    const purchase = this.#begun(wish);
    try {
      const earlier = await new Turn(this, purchase).take(marks);
      if (earlier) return asked(purchase, earlier, true);
    } catch (thrown) {
      return this.#end(purchase, asContractError(thrown));
    }
    return this.#end(purchase, null);
  }

  /** Keeps the answer, and gives the one that stands. @param {Purchase} purchase @param {ContractError | null} error */
  async #end(purchase, error) {
    const ours = await answerOf(purchase, error, this);
    if (isOfAnother(error)) return asked(purchase, ours);
    try {
      const { answer, isOurs } = await this.shelf.transaction((tx) => this.#book(tx, purchase, ours));
      return asked(purchase, answer, !isOurs);
    } catch (thrown) {
      if (thrown instanceof ContractError) return asked(purchase, await answerOf(purchase, thrown, this));
      throw thrown;
    }
  }

  /** @param {import('../wallet/shelf.js').Tx} tx @param {Purchase} purchase @param {Kept} ours */
  #book(tx, { requestId, order, paid, quotedAmountMsats }, ours) {
    const end = this.purchases.close(tx, requestId, ours, order !== null);
    if (!end.isOurs || !order) return end;
    // Only what certainly did not move gives its room back; what is unknown keeps it, however long.
    if (paid) this.window.settle(tx, requestId, /** @type {bigint} */ (quotedAmountMsats));
    else if (ours.outcome !== 'unknown') this.window.release(tx, requestId);
    return end;
  }

  /** The same request at the same time: one purchase. @param {Wish} wish @param {Promise<Answer>} answer */
  async #join(wish, answer) {
    const late = () =>
      new ContractError('idempotency_in_flight', 'this purchase has not ended yet; ask later with the same request id');
    try {
      return { ...(await withDeadline(answer, JOIN_WAIT_S, late)), replayed: true };
    } catch (thrown) {
      const purchase = this.#begun(wish);
      return asked(purchase, await answerOf(purchase, asContractError(thrown), this));
    }
  }

  /** @param {Wish} wish @returns {Purchase} */
  #begun({ requestId, url, policy }) {
    return {
      requestId,
      url,
      policy,
      clock: new PhaseClock(),
      startedAtMs: this.nowMs(),
      cacheStatus: 'miss',
      order: null,
      paymentHash: null,
      quotedAmountMsats: null,
      paid: null,
      response: null,
    };
  }
}

/** @param {Purchase} purchase @param {Kept} kept @returns {Answer} */
function asked({ requestId, clock, response }, kept, replayed = false) {
  return { requestId, ...kept, phases: clock.phases, response: replayed ? null : response, replayed };
}

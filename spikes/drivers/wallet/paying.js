/**
 * The course of a payment: entered in the books, paid or looked up, its end booked.
 *
 * Role: decides what a request needs - its stored answer, a payment, a look-up - and sees to it that whatever comes of
 * it is booked. Must not know: HTTP, L402, who may use the SDK when.
 */

import { canonicalJson } from './canonical.js';
import { ContractError, asContractError } from './errors.js';
import { sha256HexOfText } from './hashing.js';
import { readTerms } from './invoice.js';
import { payInvoice } from './pay.js';
import { payAnswer, paymentReceipt } from './pay_answer.js';
import { failed, lookUpPayment, pending, requirePayable } from './settlement.js';

/**
 * @typedef {import('./service.js').PayRequest} PayRequest
 * @typedef {import('./pay_answer.js').PayAnswer} PayAnswer
 * @typedef {import('./phases.js').PhaseClock} PhaseClock
 * @typedef {import('./books.js').Order} Order
 * @typedef {import('./books.js').Attempt} Attempt
 * @typedef {{facts: import('./settlement.js').PaymentFacts, balanceSats: bigint}} Paid
 */

export class Payments {
  /**
   * @param {{config: import('./config.js').Config, errorTable: import('./errors.js').ErrorTable,
   *   books: import('./books.js').Books, session: import('./session.js').WalletSession,
   *   withSdk: <T>(work: () => Promise<T>) => Promise<T>, backendMode: string, nowMs: () => number}} parts
   *   withSdk: runs work once it is its turn to use the SDK
   */
  constructor({ config, errorTable, books, session, withSdk, backendMode, nowMs }) {
    this.config = config;
    this.errorTable = errorTable;
    this.books = books;
    this.session = session;
    this.withSdk = withSdk;
    this.backendMode = backendMode;
    this.nowMs = nowMs;
  }

  /** @param {PayRequest} request @param {PhaseClock} clock @returns {Promise<PayAnswer>} */
  async pay(request, clock) {
    const terms = readTerms(request.invoice, this.config.sparkNetwork);
    const fingerprint = await sha256HexOfText(
      canonicalJson({ host: request.host, invoice: terms.invoice, max: String(request.maxAmountMsats) }),
    );
    const order = { request, terms };
    const place = await this.books.open(order, fingerprint);
    switch (place.state) {
      case 'settled':
        return place.answer;
      case 'unknown':
        return this.#lookUp(order, place.submittedAtMs, clock);
      case 'new':
        return this.#payNew({ ...order, attempt: place.attempt }, clock);
    }
  }

  /** @param {Attempt} attempt @param {PhaseClock} clock @returns {Promise<PayAnswer>} */
  async #payNew(attempt, clock) {
    let paid;
    try {
      paid = await this.withSdk(() => this.#payInTurn(attempt, clock));
    } catch (thrown) {
      return this.#bookUnpaid(attempt, asContractError(thrown));
    }
    return this.#bookPaid(attempt, paid);
  }

  /** @param {Attempt} attempt @param {PhaseClock} clock @returns {Promise<Paid>} */
  async #payInTurn(attempt, clock) {
    const { request, terms } = attempt;
    const order = { session: this.session, terms, requestId: request.requestId };
    await requirePayable({ ...order, nowMs: this.nowMs() }, clock);
    const { completionTimeoutS } = this.config;
    const markSubmitted = () => this.books.markSubmitted(attempt);
    return this.#withBalance(await payInvoice({ ...order, completionTimeoutS, markSubmitted }, clock), clock);
  }

  /**
   * What became of a payment that was submitted earlier.
   * @param {Order} order @param {number | null} submittedAtMs null: long ago, nobody knows when
   * @param {PhaseClock} clock @returns {Promise<PayAnswer>}
   */
  async #lookUp(order, submittedAtMs, clock) {
    const { session } = this;
    const { requestId } = order.request;
    const isSending = session.submissions.running.has(requestId);
    const isOld = submittedAtMs !== null && this.nowMs() - submittedAtMs >= this.config.lostAfterMs;
    let found;
    try {
      found = await this.withSdk(async () => {
        const facts = await lookUpPayment({ session, terms: order.terms, requestId }, clock);
        return facts && this.#withBalance(facts, clock);
      });
    } catch (thrown) {
      return this.#bookNotFound(order, asContractError(thrown));
    }
    if (found) return this.#bookPaid(order, found);
    if (isSending || !isOld) throw pending('not_visible', 'the network does not show the payment yet');
    return this.books.settleLost(order, submittedAtMs, failed('the network never got the payment; nothing was paid'));
  }

  /** @param {Order} order @param {ContractError} error @returns {Promise<PayAnswer>} */
  async #bookNotFound(order, error) {
    // The look-up itself may end definitely (no turn in the lane); what it looks for stays unknown.
    if (!error.afterSubmit) throw pending('lookup_failed', error.message);
    if (this.errorTable.isDefinite(error.code)) return this.books.settleFailed(order, error);
    throw error;
  }

  /** @param {import('./settlement.js').PaymentFacts} facts @param {PhaseClock} clock @returns {Promise<Paid>} */
  async #withBalance(facts, clock) {
    return { facts, balanceSats: (await this.session.info(clock)).balanceSats };
  }

  /**
   * If this fails, the end is not known to the books and is looked up when the request comes again.
   * @param {Order} order @param {Paid} paid @returns {Promise<PayAnswer>}
   */
  async #bookPaid(order, paid) {
    const { walletId, custody, windowCapMsats } = this.config;
    const payer = { walletId, walletSource: custody.source, windowCapMsats, backendMode: this.backendMode };
    const receipt = await paymentReceipt({ ...order, ...payer, facts: paid.facts });
    return this.books.settlePaid(order, (windowSpendMsats) => payAnswer(paid, receipt, windowSpendMsats));
  }

  /** @param {Attempt} attempt @param {ContractError} error @returns {Promise<PayAnswer>} or throws */
  async #bookUnpaid(attempt, error) {
    if (!this.errorTable.isDefinite(error.code)) {
      await this.books.markUnknown(attempt, { isSubmitted: error.afterSubmit });
    } else if (error.afterSubmit) {
      return this.books.settleFailed(attempt, error);
    } else {
      const answer = await this.books.giveBack(attempt);
      if (answer) return answer;
    }
    throw error;
  }
}

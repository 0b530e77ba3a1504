/**
 * One purchase: ask, judge the offer, have it paid, ask again with the credential.
 *
 * Role: the order of the steps, and what is booked between them. Nothing is tried twice: after paying, the seller is
 * asked exactly once more; a payment whose end is not known is only asked about again, with the same invoice.
 * Must not know: where the wallet is, what is answered to whom.
 */

import { ContractError, asContractError } from '../wallet/errors.js';
import { readTerms } from '../wallet/invoice.js';
import { jsonInteger } from '../wallet/money.js';
import { discard } from './bounded.js';
import { authorization } from './credentials.js';
import { readOffer } from './offer.js';
import { endOfPayment, mayNotAsk, provenPreimage } from './payment_end.js';
import { refusalBeforeAsking, requireApproval, requireUnderCap } from './policy.js';
import { ask, preview } from './seller.js';

/** Answers to a credential that was just paid for: it buys nothing. */
const REFUSALS = new Set([401, 402, 403]);

/**
 * @typedef {import('./purchase_answer.js').Purchase} Purchase
 * @typedef {import('./purchase_answer.js').Kept} Kept
 * @typedef {import('./purchases.js').Order} Order
 * @typedef {import('./credentials.js').CredentialCache} CredentialCache
 *
 * @typedef {object} Parts of the buyer
 * @property {import('../wallet/contract.js').Service} service
 * @property {import('../wallet/errors.js').ErrorTable} errorTable
 * @property {import('../wallet/shelf.js').Shelf} shelf
 * @property {typeof fetch} send
 * @property {() => number} nowMs
 * @property {string} network whose invoices are paid: regtest or mainnet
 * @property {import('./purchases.js').Purchases} purchases
 * @property {CredentialCache} credentials
 * @property {import('../wallet/spend_window.js').SpendWindow} window
 */

export class Turn {
  /** @param {Parts} parts @param {Purchase} purchase is brought up to date as more is known */
  constructor(parts, purchase) {
    this.parts = parts;
    this.purchase = purchase;
  }

  /**
   * @param {import('./purchases.js').Marks} marks
   * @returns {Promise<Kept | null>} the answer that this request had before; null: something was delivered now
   * @throws {ContractError} anything else
   */
  async take(marks) {
    const { requestId, url, policy } = this.purchase;
    const { shelf, purchases, credentials } = this.parts;
    const refusal = refusalBeforeAsking(policy, url);
    const { known, cached } = await shelf.transaction((tx) => ({
      known: purchases.begin(tx, requestId, marks, refusal === null),
      cached: credentials.find(tx, url),
    }));
    if (known && 'answer' in known) return known.answer;
    if (known) {
      this.#standBy(known.order);
      if (refusal) throw mayNotAsk(refusal);
      await this.#pay(known.order, true);
      return null;
    }
    if (refusal) throw refusal;
    const offer = await this.#findOffer(cached);
    if (offer) await this.#judgeAndPay(offer);
    return null;
  }

  /**
   * @param {ReturnType<CredentialCache['find']>} cached
   * @returns {Promise<import('./offer.js').Offer | null>} null: nothing to pay
   */
  async #findOffer(cached) {
    const { purchase } = this;
    purchase.cacheStatus = cached.status;
    const answer = await this.#ask(cached.status === 'hit' ? cached.credential : null);
    if (cached.status === 'hit') {
      if (answer.status !== 402 && answer.status !== 401) {
        purchase.paymentHash = cached.credential.paymentHash;
        return this.#deliver(answer);
      }
      await this.#dropCredential();
      if (answer.status === 401) {
        await discard(answer);
        throw new ContractError('credential_revoked', 'the seller withdrew a paid credential; nothing was paid now');
      }
      // The seller wants more. That is a new offer, judged like any other: a hit is no permission to pay.
      purchase.cacheStatus = 'invalid';
    }
    if (answer.status === 402) {
      await discard(answer);
      return readOffer(answer, this.parts.network, this.parts.nowMs());
    }
    await this.#deliver(answer);
    throw new ContractError('not_challenged', `the seller answered HTTP ${answer.status} without asking for payment`);
  }

  /** Enters the order in the books, or refuses and does not. @param {import('./offer.js').Offer} offer */
  async #judgeAndPay({ terms, scheme, macaroon }) {
    const { requestId, url, policy } = this.purchase;
    const { shelf, window, purchases } = this.parts;
    this.#quote(terms);
    requireUnderCap(policy, terms.amountMsats);
    const maxAmountMsats = jsonInteger(policy.maxAmountMsats);
    const ours = { scheme, macaroon, invoice: terms.invoice, maxAmountMsats, host: url.host };
    const order = await shelf.transaction((tx) => {
      window.reserve(tx, requestId, terms.amountMsats, policy.windowCapMsats);
      requireApproval(policy, terms.amountMsats);
      return purchases.open(tx, requestId, ours);
    });
    this.#standBy(order);
    await this.#pay(order, order.invoice !== ours.invoice); // another isolate was faster: then its order stands
  }

  /** @param {Order} order */
  #standBy(order) {
    this.purchase.order = order;
    this.#quote(readTerms(order.invoice, this.parts.network));
  }

  /** @param {{paymentHash: string, amountMsats: bigint}} terms */
  #quote({ paymentHash, amountMsats }) {
    this.purchase.paymentHash = paymentHash;
    this.purchase.quotedAmountMsats = amountMsats;
  }

  /** @param {Order} order @param {boolean} isResumed it may have reached the wallet before */
  async #pay(order, isResumed) {
    const { requestId, clock, paymentHash } = this.purchase;
    const { service, errorTable } = this.parts;
    const { invoice, host } = order;
    let preimageHex;
    try {
      const maxAmountMsats = BigInt(order.maxAmountMsats);
      const answer = await service.payBolt11({ requestId, invoice, maxAmountMsats, host }, clock);
      preimageHex = await provenPreimage(answer, String(paymentHash));
      this.purchase.paid = answer;
    } catch (thrown) {
      throw endOfPayment(asContractError(thrown), isResumed, errorTable);
    }
    await this.#collect(order, preimageHex);
  }

  /**
   * Money has moved: the credential is kept before the seller is asked, so that a lost answer costs nothing.
   * @param {Order} order @param {string} preimageHex
   */
  async #collect({ scheme, macaroon }, preimageHex) {
    const { url, paymentHash } = this.purchase;
    const { shelf, credentials } = this.parts;
    const credential = { scheme, macaroon, preimageHex, paymentHash: String(paymentHash) };
    await shelf.transaction((tx) => credentials.store(tx, url, credential));
    const answer = await this.#ask(credential);
    if (!REFUSALS.has(answer.status)) return this.#deliver(answer);
    await this.#dropCredential();
    await discard(answer);
    throw new ContractError(
      'credential_refused',
      `paid, but the seller answered HTTP ${answer.status}; complain with the receipt`,
    );
  }

  /** @param {import('./credentials.js').Credential | null} credential */
  #ask(credential) {
    const { url, clock } = this.purchase;
    return clock.time('fetch', () => ask(this.parts.send, url, credential && authorization(credential)));
  }

  /** @param {Response} answer @returns {Promise<null>} */
  async #deliver(answer) {
    this.purchase.response = await preview(answer);
    if (answer.ok) return null;
    throw new ContractError('seller_error', `the seller answered HTTP ${answer.status}; try again later`);
  }

  async #dropCredential() {
    const { shelf, credentials } = this.parts;
    await shelf.transaction((tx) => credentials.drop(tx, this.purchase.url));
  }
}

/**
 * Buys one resource: ask, judge the offer, have it paid, ask again with the credential.
 *
 * Role: the buyer's orchestration, the same in every topology: it does not know where the wallet is. Nothing
 * is tried twice: after paying, the seller is asked exactly once more. Must not know: the SDK, HTTP servers.
 */

import { ContractError, asContractError } from '../wallet/errors.js';
import { bytesFromHex32, sha256Hex } from '../wallet/hashing.js';
import { readTerms } from '../wallet/invoice.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { SpendWindow } from '../wallet/spend_window.js';
import { CredentialCache, authorization } from './credentials.js';
import { readOffer } from './offer.js';
import { requireAllowedHost, requireUnderCap } from './policy.js';
import { ask, preview } from './seller.js';

const NETWORK = 'regtest';
const DENIED = new Set([401, 402, 403]);
/** Offers whose payment is not resolved, by request id. */
const OPEN = 'l402_open_offers';

/**
 * @typedef {object} Purchase what is asked for, and what is known so far
 * @property {string} requestId
 * @property {URL} url
 * @property {import('./policy.js').Policy} policy
 * @property {import('../wallet/phases.js').PhaseClock} clock
 * @property {'miss' | 'hit' | 'stale' | 'invalid'} cacheStatus
 * @property {string | null} paymentHash
 * @property {bigint | null} quotedAmountMsats
 * @property {import('../wallet/pay_answer.js').PayAnswer | null} paid set as soon as money has moved
 * @property {Awaited<ReturnType<typeof preview>> | null} response the seller's last answer
 */

export class L402Buyer {
  /**
   * @param {{service: import('../wallet/contract.js').Service, errorTable: import('../wallet/errors.js').ErrorTable,
   *   windowMs: number, shelf?: import('../wallet/shelf.js').Shelf, send?: typeof fetch, nowMs?: () => number}} options
   *   shelf: remembers open offers, paid credentials and the window of the buyer's own policy
   */
  constructor({ service, errorTable, windowMs, shelf, send = (input, init) => fetch(input, init), nowMs = Date.now }) {
    this.service = service;
    this.errorTable = errorTable;
    this.shelf = shelf ?? new MemoryShelf();
    this.send = send;
    this.nowMs = nowMs;
    this.credentials = new CredentialCache({ nowMs });
    this.window = new SpendWindow({ windowMs, table: 'l402_spend_window', nowMs });
  }

  /** @param {Purchase} purchase @returns {Promise<void>} throws if the resource was not delivered */
  async buy(purchase) {
    const { requestId, url, policy } = purchase;
    requireAllowedHost(policy, url);
    const offer = (await this.#unresolved(requestId, url)) ?? (await this.#findOffer(purchase));
    if (!offer) return; // the cached credential was good
    purchase.paymentHash = offer.terms.paymentHash;
    purchase.quotedAmountMsats = offer.terms.amountMsats;
    const credential = await this.#pay(purchase, offer);
    await this.#collect(purchase, credential);
  }

  /**
   * The same request again, while its payment is unknown: the same invoice, never another one.
   * @param {string} requestId @param {URL} url
   */
  async #unresolved(requestId, url) {
    const open = await this.shelf.transaction((tx) => tx.get(OPEN, requestId));
    if (!open) return null;
    if (open.href === url.href) return { ...open.challenge, terms: readTerms(open.invoice, NETWORK) };
    throw new ContractError('idempotency_conflict', 'this request id belongs to another purchase; use a new one');
  }

  /** @param {Purchase} purchase @returns {Promise<import('./offer.js').Offer | null>} null: nothing to pay */
  async #findOffer(purchase) {
    const { url, clock } = purchase;
    const found = await this.shelf.transaction((tx) => this.credentials.find(tx, url));
    purchase.cacheStatus = found.status;
    if (found.status === 'hit') {
      const answer = await clock.time('fetch', () => ask(this.send, url, authorization(found.credential)));
      if (!DENIED.has(answer.status)) {
        purchase.paymentHash = found.credential.paymentHash;
        return this.#deliver(purchase, answer);
      }
      // The seller wants more. That is a new offer, judged like any other: a hit is no permission to pay.
      await this.shelf.transaction((tx) => this.credentials.drop(tx, url));
      purchase.cacheStatus = 'invalid';
      if (answer.status === 402) return this.#offerOf(answer);
      await answer.body?.cancel();
    }
    const answer = await clock.time('fetch', () => ask(this.send, url, null));
    if (answer.status === 402) return this.#offerOf(answer);
    await this.#deliver(purchase, answer);
    throw new ContractError('not_challenged', `the seller answered HTTP ${answer.status} without asking for payment`);
  }

  /** @param {Response} answer */
  async #offerOf(answer) {
    await answer.body?.cancel();
    return readOffer(answer, NETWORK, this.nowMs());
  }

  /** @param {Purchase} purchase @param {import('./offer.js').Offer} offer */
  async #pay(purchase, offer) {
    const { requestId, url, policy, clock } = purchase;
    const { terms, scheme, macaroon } = offer;
    requireUnderCap(policy, terms.amountMsats);
    await this.shelf.transaction((tx) => {
      this.window.reserve(tx, requestId, terms.amountMsats, policy.windowCapMsats);
      tx.put(OPEN, requestId, { href: url.href, challenge: { scheme, macaroon }, invoice: terms.invoice });
    });
    try {
      const { maxAmountMsats } = policy;
      const order = { requestId, invoice: terms.invoice, maxAmountMsats, host: url.host };
      const answer = await this.service.payBolt11(order, clock);
      const preimageHex = await provenPreimage(answer, terms.paymentHash);
      purchase.paid = answer;
      await this.shelf.transaction((tx) => {
        this.window.settle(tx, requestId, terms.amountMsats);
        tx.delete(OPEN, requestId);
      });
      return { scheme, macaroon, preimageHex, paymentHash: terms.paymentHash };
    } catch (thrown) {
      const error = asContractError(thrown);
      if (this.errorTable.isDefinite(error.code)) {
        await this.shelf.transaction((tx) => {
          this.window.release(tx, requestId);
          tx.delete(OPEN, requestId);
        });
      }
      throw error;
    }
  }

  /**
   * Money has moved: the credential is kept before the seller is asked, so that a lost answer costs nothing.
   * @param {Purchase} purchase @param {import('./credentials.js').Credential} credential
   */
  async #collect(purchase, credential) {
    const { url, clock } = purchase;
    await this.shelf.transaction((tx) => this.credentials.store(tx, url, credential));
    const answer = await clock.time('fetch', () => ask(this.send, url, authorization(credential)));
    if (DENIED.has(answer.status)) {
      await this.shelf.transaction((tx) => this.credentials.drop(tx, url));
      await answer.body?.cancel();
      throw new ContractError(
        'credential_refused',
        `paid, but the seller answered HTTP ${answer.status}; complain with the receipt`,
      );
    }
    await this.#deliver(purchase, answer);
  }

  /** @param {Purchase} purchase @param {Response} answer @returns {Promise<null>} */
  async #deliver(purchase, answer) {
    purchase.response = await preview(answer);
    if (answer.ok) return null;
    throw new ContractError('seller_error', `the seller answered HTTP ${answer.status}; try again later`);
  }
}

/**
 * An executor may be wrong, or lie: without the preimage nothing proves a payment.
 * @param {import('../wallet/pay_answer.js').PayAnswer} answer @param {string} paymentHash
 */
async function provenPreimage({ result }, paymentHash) {
  const preimageHex = String(result.payment.preimageHex).toLowerCase();
  const preimage = bytesFromHex32(preimageHex);
  if (preimage && (await sha256Hex(preimage)) === paymentHash) return preimageHex;
  throw new ContractError('payment_missing_preimage', 'the wallet said paid without the right preimage; ask again', {
    details: { reason: preimage ? 'preimage_mismatch' : 'preimage_absent' },
    afterSubmit: true,
  });
}

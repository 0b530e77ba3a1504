/**
 * WalletExecutionService, in the isolate: the rules around a payment.
 *
 * Role: reads a request, has it entered in the books, has it paid, books its end. The HTTP client in l402/executor.js
 * offers the same methods, so that a buyer does not know where its wallet runs. Must not know: HTTP, L402.
 */

import { Books } from './books.js';
import { canonicalJson } from './canonical.js';
import { mnemonicSource } from './custody.js';
import { ContractError, asContractError, errorText } from './errors.js';
import { sha256HexOfText } from './hashing.js';
import { readTerms } from './invoice.js';
import { jsonInteger } from './money.js';
import { longestPaymentS, payInvoice, quoteInvoice } from './pay.js';
import { payAnswer, paymentReceipt } from './pay_answer.js';
import { WalletSession } from './session.js';
import { lookUpPayment, pending, requirePayable } from './settlement.js';
import { MemoryShelf } from './shelf.js';
import { Turns } from './turns.js';

const NETWORK = 'regtest';
const TURN_WAIT_S = 60;

/**
 * @typedef {object} PayRequest
 * @property {string} requestId UUID, lower case
 * @property {string} invoice
 * @property {bigint} maxAmountMsats
 * @property {string} host of the seller
 *
 * @typedef {import('./pay_answer.js').PayAnswer} PayAnswer
 * @typedef {{facts: import('./settlement.js').PaymentFacts, balanceSats: bigint}} Paid
 * @typedef {import('./books.js').Order} Order
 * @typedef {import('./phases.js').PhaseClock} PhaseClock
 */

export class LocalWalletService {
  /**
   * @param {{config: import('./config.js').Config, errorTable: import('./errors.js').ErrorTable,
   *   loadSdk: () => Promise<import('./session.js').LoadedSdk>, oneAtATime: boolean,
   *   shelf?: import('./shelf.js').Shelf, sdkLife?: 'kept' | 'request', lane?: Pick<import('./lane.js').Lane,
   *   'busy' | 'run'>, nowMs?: () => number}} options
   *   oneAtATime: SDK calls of different requests must not overlap (see workerd/worker.js), and lane: nor those of
   *   other isolates; shelf: where the wallet remembers; sdkLife: one SDK for all requests, or a new one for each
   */
  constructor({ config, errorTable, loadSdk, oneAtATime, lane, shelf, sdkLife = 'kept', nowMs = () => Date.now() }) {
    const network = /** @type {import('./config.js').NetworkDescription} */ (config.network);
    const longestS = longestPaymentS(config.completionTimeoutS);
    this.config = config;
    this.errorTable = errorTable;
    this.nowMs = nowMs;
    this.backendMode = 'spark';
    this.execution = 'isolate';
    this.sdkLife = sdkLife;
    this.shelf = shelf ?? new MemoryShelf();
    const fetchMnemonic = mnemonicSource(config, NETWORK);
    this.session = new WalletSession({ loadSdk, network, fetchMnemonic, shelf: this.shelf });
    this.books = new Books({
      shelf: this.shelf,
      config,
      inFlightLimitMs: (TURN_WAIT_S + longestS) * 1000,
      incarnation: crypto.randomUUID(),
      nowMs,
    });
    // An SDK of one request must not serve another one, so those requests take turns.
    const takeTurns = oneAtATime || sdkLife === 'request';
    this.turns = new Turns({ oneAtATime: takeTurns, lane, holdS: longestS, waitS: TURN_WAIT_S, nowMs });
  }

  /** @param {PhaseClock} clock */
  async status(clock) {
    // While a payment has the only turn, the last known state answers: status must not wait for a seller. So it does
    // where each request has an SDK of its own: before its first sync a new SDK does not know what the wallet holds.
    const known = this.turns.busy || this.sdkLife === 'request' ? await this.session.lastInfo() : null;
    const { identityPublicKey, balanceSats } = known ?? (await this.#withSdk(() => this.session.info(clock)));
    return {
      walletId: this.config.walletId,
      identityPublicKey,
      balanceSats: jsonInteger(balanceSats),
      walletState: this.session.state,
      backendMode: this.backendMode,
      durability: this.shelf.durability, // of register, window and everything that the SDK stores
      wasmMemoryBytes: this.session.memoryBytes?.() ?? null,
    };
  }

  /** @param {PhaseClock} clock @returns {Promise<number>} satoshis after the sync */
  async sync(clock) {
    return this.#withSdk(async () => {
      await this.session.sync(clock);
      return jsonInteger((await this.session.info(clock)).balanceSats);
    });
  }

  /** What a payment would cost; nothing moves. @param {string} invoice @param {PhaseClock} clock */
  async quote(invoice, clock) {
    const terms = readTerms(invoice, NETWORK);
    const { amountSats, feeSats } = await this.#withSdk(() => quoteInvoice({ session: this.session, terms }, clock));
    return {
      paymentHash: terms.paymentHash,
      amountSats: jsonInteger(amountSats),
      feeSats: jsonInteger(feeSats),
    };
  }

  /** Ends the SDK once nobody uses it; the next request that needs one builds it. */
  async rebuild() {
    await this.turns.alone(() => this.session.end());
  }

  /** @param {PayRequest} request @param {PhaseClock} clock @returns {Promise<PayAnswer>} */
  async payBolt11(request, clock) {
    const terms = readTerms(request.invoice, NETWORK);
    const fingerprint = await sha256HexOfText(
      canonicalJson({ host: request.host, invoice: terms.invoice, max: String(request.maxAmountMsats) }),
    );
    const order = { request, terms };
    const place = await this.books.open(order, fingerprint);
    if (place.state === 'settled') return place.answer;
    return this.#conclude(order, place.state === 'unknown' ? this.#lookUp(order, clock) : this.#payNew(order, clock));
  }

  /** @param {Order} order @param {PhaseClock} clock */
  async #payNew({ request: { requestId }, terms }, clock) {
    return this.#withSdk(async () => {
      const order = { session: this.session, terms, requestId };
      await requirePayable({ ...order, nowMs: this.nowMs() }, clock);
      const { completionTimeoutS } = this.config;
      const facts = await payInvoice({ ...order, completionTimeoutS }, clock);
      return this.#withBalance(facts, clock);
    });
  }

  /** @param {Order} order @param {PhaseClock} clock */
  async #lookUp({ request: { requestId }, terms }, clock) {
    try {
      return await this.#withSdk(async () => {
        const facts = await lookUpPayment({ session: this.session, terms, requestId }, clock);
        return this.#withBalance(facts, clock);
      });
    } catch (error) {
      // The look-up itself may end definitely (no turn in the lane); what it looks for stays unknown.
      if (error instanceof ContractError && error.afterSubmit) throw error;
      throw pending('lookup_failed', asContractError(error).message);
    }
  }

  /** @param {import('./settlement.js').PaymentFacts} facts @param {PhaseClock} clock @returns {Promise<Paid>} */
  async #withBalance(facts, clock) {
    return { facts, balanceSats: (await this.session.info(clock)).balanceSats };
  }

  /** A turn with the SDK. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  #withSdk(work) {
    return this.turns.run(async () => {
      try {
        return await work();
      } finally {
        if (this.sdkLife === 'request') await this.#endSdk();
      }
    });
  }

  /** What came of the request stands, however its SDK ends. */
  async #endSdk() {
    try {
      await this.session.end();
    } catch (error) {
      console.error(`the SDK could not be ended: ${errorText(error)}`);
    }
  }

  /**
   * Books the end of a payment, whatever it is. If that fails, the end is not known to the books and is looked up
   * when the request comes again.
   * @param {Order} order @param {Promise<Paid>} work @returns {Promise<PayAnswer>}
   */
  async #conclude(order, work) {
    let paid;
    try {
      paid = await work;
    } catch (thrown) {
      return this.#concludeUnpaid(order, asContractError(thrown));
    }
    const { walletId, custody } = this.config;
    const payer = { walletId, walletSource: custody.source, backendMode: this.backendMode };
    const receipt = await paymentReceipt({ ...order, ...payer, facts: paid.facts });
    return this.books.settlePaid(order, (windowSpendMsats) => payAnswer(paid, receipt, windowSpendMsats));
  }

  /** @param {Order} order @param {ContractError} error @returns {Promise<PayAnswer>} or throws */
  async #concludeUnpaid(order, error) {
    if (!this.errorTable.isDefinite(error.code)) await this.books.markUnknown(order);
    else if (error.afterSubmit) return this.books.settleFailed(order, error);
    else await this.books.giveBack(order);
    throw error;
  }
}

/**
 * WalletExecutionService, in the isolate: one wallet, its books, its SDK and who may use it when.
 *
 * Role: puts the parts of a wallet together and answers for it. The HTTP client in l402/executor.js offers the same
 * methods, so that a buyer does not know where its wallet runs. Must not know: HTTP, L402.
 */

import { Books } from './books.js';
import { mnemonicSource } from './custody.js';
import { errorText } from './errors.js';
import { readTerms } from './invoice.js';
import { jsonInteger } from './money.js';
import { longestPaymentS, quoteInvoice } from './pay.js';
import { Payments } from './paying.js';
import { WalletSession } from './session.js';
import { MemoryShelf } from './shelf.js';
import { Turns } from './turns.js';

const TURN_WAIT_S = 60;

/**
 * @typedef {object} PayRequest
 * @property {string} requestId UUID, lower case
 * @property {string} invoice
 * @property {bigint} maxAmountMsats
 * @property {string} host of the seller
 *
 * @typedef {import('./pay_answer.js').PayAnswer} PayAnswer
 * @typedef {import('./phases.js').PhaseClock} PhaseClock
 */

export class LocalWalletService {
  /**
   * @param {{config: import('./config.js').Config, errorTable: import('./errors.js').ErrorTable,
   *   loadSdk: () => Promise<import('./session.js').LoadedSdk>, oneAtATime: boolean,
   *   shelf?: import('./shelf.js').Shelf, sdkLife?: 'kept' | 'request', lane?: Pick<import('./lane.js').Lane,
   *   'busy' | 'run'>, backendMode?: string, nowMs?: () => number}} options
   *   oneAtATime: SDK calls of different requests must not overlap (see workerd/worker.js), and lane: nor those of
   *   other isolates; shelf: where the wallet remembers; sdkLife: one SDK for all requests, or a new one for each;
   *   backendMode: what receipts call the place where it executes
   */
  constructor({ config, errorTable, loadSdk, oneAtATime, lane, shelf, nowMs = () => Date.now(), ...options }) {
    const { sdkLife = 'kept', backendMode = 'runtime' } = options;
    const network = /** @type {import('./config.js').NetworkDescription} */ (config.network);
    const longestS = longestPaymentS(config.completionTimeoutS);
    this.config = config;
    this.errorTable = errorTable;
    this.nowMs = nowMs;
    this.backendMode = backendMode;
    this.execution = 'isolate';
    this.sdkLife = sdkLife;
    this.shelf = shelf ?? new MemoryShelf();
    const fetchMnemonic = mnemonicSource(config, config.sparkNetwork);
    this.session = new WalletSession({ loadSdk, network, errorTable, fetchMnemonic, shelf: this.shelf });
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
    const { books, session } = this;
    const withSdk = this.#withSdk.bind(this);
    this.payments = new Payments({
      config,
      errorTable,
      books,
      session,
      withSdk,
      backendMode,
      nowMs: () => this.nowMs(),
    });
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
    const terms = readTerms(invoice, this.config.sparkNetwork);
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
  payBolt11(request, clock) {
    return this.payments.pay(request, clock);
  }

  /** Without an SDK, at any time. @type {import('./contract.js').StateOf} */
  stateOf(requestId) {
    return this.books.stateOf(requestId);
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
}

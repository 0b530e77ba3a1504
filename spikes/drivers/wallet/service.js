/**
 * WalletExecutionService, in the isolate: the rules around a payment.
 *
 * Role: reads a request, applies host list, caps and window, makes it idempotent, has it paid, keeps the
 * books. The HTTP client in l402/executor.js offers the same three methods, so that a buyer does not know
 * where its wallet runs. Must not know: HTTP, L402.
 */

import { canonicalJson } from './canonical.js';
import { ContractError, asContractError } from './errors.js';
import { sha256HexOfText } from './hashing.js';
import { readTerms, requireUnexpired } from './invoice.js';
import { jsonInteger } from './money.js';
import { Lane } from './lane.js';
import { requireWithinLimits } from './limits.js';
import { longestPaymentS, payInvoice } from './pay.js';
import { payAnswer } from './pay_answer.js';
import { IdempotencyRegister } from './register.js';
import { WalletSession } from './session.js';
import { findPayment, lookUpPayment, pending } from './settlement.js';
import { SpendWindow } from './spend_window.js';

const NETWORK = 'regtest';
const LANE_WAIT_S = 60;

/**
 * @typedef {object} PayRequest
 * @property {string} requestId UUID, lower case
 * @property {string} invoice
 * @property {bigint} maxAmountMsats
 * @property {string} host of the seller
 *
 * @typedef {import('./pay_answer.js').PayAnswer} PayAnswer
 * @typedef {{facts: import('./settlement.js').PaymentFacts, balanceSats: bigint}} Paid
 * @typedef {{answer: PayAnswer} | {error: ContractError}} Settled
 * @typedef {import('./invoice.js').Terms} Terms
 * @typedef {import('./phases.js').PhaseClock} PhaseClock
 */

export class LocalWalletService {
  /**
   * @param {{config: import('./config.js').Config, errorTable: import('./errors.js').ErrorTable,
   *   loadSdk: () => Promise<import('./session.js').LoadedSdk>, oneAtATime: boolean, nowMs?: () => number}} options
   *   oneAtATime: SDK calls of different requests must not overlap (see workerd/worker.js)
   */
  constructor({ config, errorTable, loadSdk, oneAtATime, nowMs = () => Date.now() }) {
    const network = /** @type {import('./config.js').NetworkDescription} */ (config.network);
    this.config = config;
    this.errorTable = errorTable;
    this.nowMs = nowMs;
    this.backendMode = 'spark';
    this.execution = 'isolate';
    this.session = new WalletSession({ loadSdk, network, mnemonic: config.mnemonic });
    this.window = new SpendWindow({ windowMs: config.windowMs, nowMs });
    /** @type {IdempotencyRegister<Settled>} */
    this.register = new IdempotencyRegister({
      inFlightLimitMs: (LANE_WAIT_S + longestPaymentS(config.completionTimeoutS)) * 1000,
      nowMs,
    });
    const holdS = longestPaymentS(config.completionTimeoutS);
    this.lane = oneAtATime ? new Lane({ holdS, waitS: LANE_WAIT_S, nowMs }) : null;
  }

  /** @param {PhaseClock} clock */
  async status(clock) {
    // While a payment holds the lane, the last known state answers: status must not wait for a seller.
    const known = this.lane?.busy ? this.session.lastInfo : null;
    const { identityPublicKey, balanceSats } = known ?? (await this.#alone(() => this.session.info(clock)));
    return {
      walletId: this.config.walletId,
      identityPublicKey,
      balanceSats: jsonInteger(balanceSats),
      walletState: this.session.state,
      backendMode: this.backendMode,
      durability: 'isolate', // idempotency and window live in memory; see register.js
      wasmMemoryBytes: this.session.memoryBytes?.() ?? null,
    };
  }

  /** @param {PhaseClock} clock @returns {Promise<number>} satoshis after the sync */
  async sync(clock) {
    return this.#alone(async () => {
      await this.session.sync(clock);
      return jsonInteger((await this.session.info(clock)).balanceSats);
    });
  }

  /** @param {PayRequest} request @param {PhaseClock} clock @returns {Promise<PayAnswer>} */
  async payBolt11(request, clock) {
    const terms = readTerms(request.invoice, NETWORK);
    const { requestId } = request;
    const fingerprint = await sha256HexOfText(
      canonicalJson({ host: request.host, invoice: terms.invoice, max: String(request.maxAmountMsats) }),
    );
    const place = this.register.begin(requestId, fingerprint, terms.paymentHash);
    if (place.state === 'settled') return repeat(place.answer);
    const work =
      place.state === 'unknown' ? this.#lookUp(requestId, terms, clock) : this.#payNew(request, terms, clock);
    return this.#conclude(request, terms, work);
  }

  /** @param {PayRequest} request @param {Terms} terms @param {PhaseClock} clock */
  async #payNew(request, terms, clock) {
    const { requestId } = request;
    requireWithinLimits(this.config, request, terms.amountMsats);
    this.window.reserve(requestId, terms.amountMsats, this.config.windowCapMsats);
    return this.#alone(async () => {
      await this.#requirePayable(terms, requestId, clock);
      const { completionTimeoutS } = this.config;
      const facts = await payInvoice({ session: this.session, terms, requestId, completionTimeoutS }, clock);
      return this.#withBalance(facts, clock);
    });
  }

  /** @param {string} requestId @param {Terms} terms @param {PhaseClock} clock */
  async #lookUp(requestId, terms, clock) {
    try {
      return await this.#alone(async () => {
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

  /** @template T @param {() => Promise<T>} work that calls the SDK @returns {Promise<T>} */
  #alone(work) {
    return this.lane ? this.lane.run(work) : work();
  }

  /**
   * An expired invoice is refused - unless this very request was paid before an eviction emptied the register:
   * "expired" would then read as "not paid" although the money has gone.
   * @param {Terms} terms @param {string} requestId @param {PhaseClock} clock
   */
  async #requirePayable(terms, requestId, clock) {
    try {
      requireUnexpired(terms, this.nowMs());
    } catch (expired) {
      await this.session.ensureSynced(clock);
      if (!(await findPayment(await this.session.ready(clock), requestId))) throw expired;
    }
  }

  /**
   * Books the end of a payment in register and window, whatever it is.
   * @param {PayRequest} request @param {Terms} terms
   * @param {Promise<Paid>} work @returns {Promise<PayAnswer>}
   */
  async #conclude(request, terms, work) {
    const { requestId } = request;
    const { backendMode } = this;
    const { walletId } = this.config;
    try {
      const paid = await work;
      this.window.settle(requestId);
      const windowSpendMsats = this.window.spentMsats();
      const answer = await payAnswer({ request, terms, ...paid, walletId, backendMode, windowSpendMsats });
      this.register.settle(requestId, { answer });
      return answer;
    } catch (thrown) {
      const error = asContractError(thrown);
      if (!this.errorTable.isDefinite(error.code)) {
        this.register.markUnknown(requestId);
      } else {
        this.window.release(requestId);
        if (error.afterSubmit) this.register.settle(requestId, { error }, { invoiceIsFree: true });
        else this.register.release(requestId);
      }
      throw error;
    }
  }
}

/** @param {Settled} settled */
function repeat(settled) {
  if ('error' in settled) throw settled.error;
  return settled.answer;
}

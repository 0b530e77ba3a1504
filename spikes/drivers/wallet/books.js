/**
 * The books of a wallet: register and window, kept together in single transactions of the shelf.
 *
 * Role: a payment is opened in the register and its room is reserved, or neither; its end is booked in both, or in
 * neither. Whatever happens between the two transactions, the entry is there and nothing is paid twice.
 * Must not know: the SDK, HTTP, which shelf it is.
 */

import { ContractError, errorText } from './errors.js';
import { requireWithinLimits } from './limits.js';
import { IdempotencyRegister, inFlight } from './register.js';
import { SpendWindow } from './spend_window.js';

/**
 * @typedef {import('./pay_answer.js').PayAnswer} PayAnswer
 * @typedef {{code: string, message: string, details?: Record<string, unknown>}} Failure
 * @typedef {{answer: PayAnswer} | {error: Failure}} Settled as it lies on the shelf
 * @typedef {{request: import('./service.js').PayRequest, terms: import('./invoice.js').Terms}} Order
 * @typedef {Order & {attempt: string}} Attempt one try of an order, as `open` has entered it
 * @typedef {import('./shelf.js').Tx} Tx
 */

export class Books {
  /**
   * @param {{shelf: import('./shelf.js').Shelf, config: import('./config.js').Config, inFlightLimitMs: number,
   *   incarnation: string, nowMs?: () => number}} options
   */
  constructor({ shelf, config, inFlightLimitMs, incarnation, nowMs }) {
    this.shelf = shelf;
    this.config = config;
    /** @type {IdempotencyRegister<Settled>} */
    this.register = new IdempotencyRegister({ inFlightLimitMs, incarnation, nowMs });
    this.window = new SpendWindow({ windowMs: config.windowMs, nowMs });
  }

  /**
   * Opens the payment and reserves its room, or says what is known of it.
   * @param {Order} order @param {string} fingerprint
   * @returns {Promise<{state: 'new', attempt: string} | {state: 'unknown', submittedAtMs: number | null}
   *   | {state: 'settled', answer: PayAnswer}>}
   * @throws {ContractError} a conflict, a limit, or the failure that this payment ended with
   */
  async open({ request, terms }, fingerprint) {
    const attempt = crypto.randomUUID();
    const place = await this.#write((tx) => {
      const known = this.register.begin(tx, request.requestId, fingerprint, terms.paymentHash, attempt);
      if (known.state === 'new') {
        this.#freeAbandoned(tx);
        requireWithinLimits(this.config, request, terms.amountMsats);
        this.window.reserve(tx, request.requestId, terms.amountMsats, this.config.windowCapMsats);
      }
      return known;
    });
    if (place.state === 'settled') return { state: 'settled', answer: standing(place.answer) };
    return place.state === 'new' ? { state: 'new', attempt } : place;
  }

  /**
   * Before the first message that can pay; if this throws, it must not be sent.
   * @param {Attempt} attempt @throws {ContractError} idempotency_in_flight: the request is not this attempt's any more
   */
  async markSubmitted({ request, attempt }) {
    await this.#write((tx) => this.register.markSubmitted(tx, request.requestId, attempt));
  }

  /**
   * Paid: proven, and final.
   * @param {Order} order @param {(windowSpendMsats: bigint) => PayAnswer} answerOf
   * @returns {Promise<PayAnswer>} the answer that stands, now and whenever the request is repeated
   */
  async settlePaid({ request, terms }, answerOf) {
    const settled = await this.shelf.transaction((tx) => {
      this.window.settle(tx, request.requestId, terms.amountMsats);
      return this.register.settle(tx, request.requestId, { answer: answerOf(this.window.spentMsats(tx)) });
    });
    return standing(settled);
  }

  /**
   * Submitted, and failed for certain.
   * @param {Order} order @param {ContractError} error
   * @returns {Promise<PayAnswer>} only if it has been proven paid meanwhile; throws the failure otherwise
   */
  settleFailed({ request: { requestId } }, error) {
    return this.#settleUnpaid(requestId, error, (tx, settled) =>
      this.register.settle(tx, requestId, settled, { invoiceIsFree: true }),
    );
  }

  /**
   * Submitted, and the network never got it.
   * @param {Order} order @param {number} submittedAtMs as `open` told it @param {ContractError} error
   * @returns {Promise<PayAnswer>} as settleFailed @throws {ContractError} also: it has been submitted anew
   */
  settleLost({ request: { requestId } }, submittedAtMs, error) {
    return this.#settleUnpaid(requestId, error, (tx, settled) =>
      this.register.settleLost(tx, requestId, submittedAtMs, settled),
    );
  }

  /**
   * @param {string} requestId @param {ContractError} failure @param {(tx: Tx, settled: Settled) => Settled} settle
   * @returns {Promise<PayAnswer>}
   */
  async #settleUnpaid(requestId, { code, message, details }, settle) {
    const settled = await this.shelf.transaction((tx) => {
      const stands = settle(tx, { error: { code, message, details } });
      if ('error' in stands) this.window.release(tx, requestId);
      return stands;
    });
    return standing(settled);
  }

  /**
   * Nothing was submitted: the request is as good as new.
   * @param {Attempt} attempt
   * @returns {Promise<PayAnswer | null>} the answer of another attempt that has taken the request over and has paid
   * @throws {ContractError} that other one failed, or is under way
   */
  async giveBack({ request, attempt }) {
    const taken = await this.shelf.transaction((tx) => {
      if (!this.register.release(tx, request.requestId, attempt)) return this.register.view(tx, request.requestId);
      this.window.release(tx, request.requestId);
      return null;
    });
    if (taken?.state === 'settled') return standing(taken.answer);
    if (taken) throw inFlight();
    return null;
  }

  /**
   * Its end is not known: if it was submitted it keeps its place and its room.
   * @param {Attempt} attempt @param {{isSubmitted: boolean}} known false: only the mark can tell
   */
  async markUnknown({ request: { requestId }, attempt }, { isSubmitted }) {
    await this.shelf.transaction((tx) => {
      if (this.register.markUnknown(tx, requestId, attempt, isSubmitted)) this.window.release(tx, requestId);
    });
  }

  /** @param {string} requestId @returns {Promise<import('./contract.js').RequestState | null>} null: unheard of */
  async stateOf(requestId) {
    const view = await this.shelf.transaction((tx) => this.register.view(tx, requestId));
    if (view?.state !== 'settled') return view;
    if ('answer' in view.answer) return { state: 'paid', receipt: view.answer.answer.result.receipt };
    return { state: 'failed', code: view.answer.error.code };
  }

  /** @returns {Promise<bigint>} reserved and spent, now */
  spentMsats() {
    return this.shelf.transaction((tx) => this.window.spentMsats(tx));
  }

  /** Room of payments that were never submitted, and that nobody can be at any more. @param {Tx} tx */
  #freeAbandoned(tx) {
    for (const id of this.window.openSince(tx, this.register.oldestUnderWayMs)) {
      if (this.register.dropAbandoned(tx, id)) this.window.release(tx, id);
    }
  }

  /**
   * Before anything is paid. If the books cannot be written, nothing is.
   * @template T @param {(tx: Tx) => T} work @returns {Promise<T>}
   */
  async #write(work) {
    try {
      return await this.shelf.transaction(work);
    } catch (error) {
      if (error instanceof ContractError) throw error;
      throw new ContractError(
        'prepare_failed',
        `the payment could not be entered in the books: ${errorText(error)}; nothing was paid, look after the disk`,
      );
    }
  }
}

/** @param {Settled} settled @returns {PayAnswer} */
function standing(settled) {
  if ('answer' in settled) return settled.answer;
  const { code, message, details } = settled.error;
  throw new ContractError(code, message, { details, afterSubmit: true });
}

/**
 * Two observers of the SDK, through its own hooks, for the two things its calls do not tell.
 *
 * SubmissionWitness: did a payment reach the point where it is handed to the network? The SDK calls its
 * PaymentObserver after choosing (and swapping) leaves and before the first message that can pay. An error
 * from sendPayment before that moment is definite, after it is not.
 * SyncWitness: did syncWallet really synchronise? In server mode SDK 0.19.2 resolves syncWallet also when no
 * operator can be reached (seen: unreachable addresses, `{}` returned); the failure is only in its log.
 * Must not know: what is done with the answers.
 */

import { errorText } from './errors.js';

export class SubmissionWitness {
  constructor() {
    /** @type {Set<string>} */
    this.submitted = new Set();
    /** @type {Set<string>} */
    this.abandoned = new Set();
  }

  /** The SDK's PaymentObserver; if beforeSend throws, the SDK gives the payment up. */
  observer() {
    return {
      /** @param {{paymentId: string}[]} payments for Lightning the id is the transfer id: our request id */
      beforeSend: async (payments) => {
        for (const { paymentId } of payments) {
          if (this.abandoned.has(paymentId)) throw new Error('given up: its request ran out of time');
        }
        for (const { paymentId } of payments) this.submitted.add(paymentId);
      },
      afterSend: async () => {},
    };
  }

  /** @param {string} requestId */
  wasSubmitted(requestId) {
    return this.submitted.has(requestId);
  }

  /**
   * Forbids the submission of a payment that has not been submitted so far, for good.
   * @param {string} requestId @returns {boolean} false: too late, it was submitted
   */
  abandon(requestId) {
    if (this.submitted.has(requestId)) return false;
    this.abandoned.add(requestId);
    return true;
  }

  /** The payment has its final answer. @param {string} requestId */
  forget(requestId) {
    this.submitted.delete(requestId);
  }
}

/** Log lines of the SDK that mean: this sync is not one. Its other parts (deposits, LNURL) do not matter here. */
const SYNC_FAILURES = ['Spark wallet sync failed', 'Failed to sync wallet state to storage'];
/** Only errors of that one module are formatted at all. */
const SYNC_LOG_FILTER = 'breez_sdk_spark::sdk::sync=error';

/** One for each instance of the SDK module: its logger can be set only once. */
export class SyncWitness {
  /** @type {WeakMap<object, SyncWitness>} */
  static #bySdk = new WeakMap();

  /** @param {any} sdk the SDK module @returns {Promise<SyncWitness>} */
  static async of(sdk) {
    const known = SyncWitness.#bySdk.get(sdk);
    if (known) return known;
    const witness = new SyncWitness();
    SyncWitness.#bySdk.set(sdk, witness);
    await sdk.initLogging({ log: (/** @type {{line: string}} */ entry) => witness.#note(entry.line) }, SYNC_LOG_FILTER);
    return witness;
  }

  constructor() {
    this.failures = 0;
    this.lastFailure = '';
  }

  /** @param {string} line */
  #note(line) {
    if (!SYNC_FAILURES.some((text) => line.includes(text))) return;
    this.failures += 1;
    this.lastFailure = errorText(line);
  }
}

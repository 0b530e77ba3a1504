/**
 * Two observers of the SDK, through its own hooks, for the two things its calls do not tell.
 *
 * Submissions: did a payment reach the point where it is handed to the network? The SDK calls its PaymentObserver
 * after choosing (and swapping) leaves and before the first message that can pay, again if it chooses anew. There the
 * payment is marked in the books, and if that fails the SDK gives it up. An error from sendPayment before that moment
 * is definite, after it is not.
 * SyncWitness: did syncWallet really synchronise? In server mode SDK 0.19.2 resolves syncWallet also when no
 * operator can be reached (seen: unreachable addresses, `{}` returned); the failure is only in its log.
 * Must not know: what is done with the answers, what a mark is.
 */

import { ContractError, errorText } from './errors.js';

export class Submissions {
  constructor() {
    /** @type {Map<string, Submission>} request id -> what the SDK is sending, until that call has ended */
    this.running = new Map();
  }

  /** The SDK's PaymentObserver. */
  observer() {
    return {
      /** @param {{paymentId: string}[]} payments for Lightning the id is the transfer id: our request id */
      beforeSend: async (payments) => {
        for (const { paymentId } of payments) {
          const submission = this.running.get(paymentId);
          if (!submission) throw new Error('nobody asked for this payment');
          await submission.submit();
        }
      },
      afterSend: async () => {},
    };
  }

  /**
   * Has the SDK send a payment.
   * @template T
   * @param {string} requestId @param {() => Promise<void>} mark throws if it must not be submitted
   * @param {() => Promise<T>} send the SDK's call @returns {{submission: Submission, sending: Promise<T>}}
   * @throws {ContractError} an earlier call for the same payment has not ended: the observer could not tell them apart
   */
  start(requestId, mark, send) {
    if (this.running.has(requestId)) {
      throw new ContractError(
        'prepare_failed',
        'an earlier try of this request has not ended; nothing was paid by this one, try again',
        { details: { reason: 'wallet_busy' } },
      );
    }
    const submission = new Submission(mark);
    this.running.set(requestId, submission);
    const ended = () => void this.running.delete(requestId);
    const sending = (async () => send())(); // a call that throws at once is one that fails
    sending.then(ended, ended);
    return { submission, sending };
  }
}

/** One call of the SDK that sends one payment. */
class Submission {
  /** @param {() => Promise<void>} mark */
  constructor(mark) {
    this.mark = mark;
    this.marking = 0;
    this.isMarked = false;
    this.isAbandoned = false;
  }

  /** Whether the payment may have been handed to the network. */
  get wasSubmitted() {
    return this.isMarked || this.marking > 0;
  }

  async submit() {
    if (this.isAbandoned) throw new Error('given up: its request ran out of time');
    this.marking += 1;
    try {
      await this.mark();
      this.isMarked = true;
    } catch (error) {
      // For the SDK, which gives the payment up: it ends as any other that was not submitted.
      throw new Error(`not to be submitted: ${errorText(error)}`);
    } finally {
      this.marking -= 1;
    }
  }

  /** Forbids the submission for good. @returns {boolean} false: too late, it may have been submitted */
  abandon() {
    if (this.wasSubmitted) return false;
    this.isAbandoned = true;
    return true;
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

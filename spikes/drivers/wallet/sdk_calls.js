/**
 * The calls that an SDK is working on: which of them are still running, and which are payments being sent.
 *
 * Role: puts deadlines on calls that cannot be called back, and knows what has not ended yet. Must not know: what the
 * calls are for, what is done when one is late.
 */

import { withDeadline } from './phases.js';

export class SdkCalls {
  constructor() {
    /** @type {Set<Promise<void>>} also those that are over their deadline */
    this.running = new Set();
    /** @type {Set<Promise<void>>} */
    this.sends = new Set();
  }

  /**
   * Waits for a call, but not longer than `seconds`; the call itself goes on.
   * @template T @param {Promise<T>} call @param {number} seconds @param {() => Error} late what to throw
   * @returns {Promise<T>}
   */
  within(call, seconds, late) {
    track(this.running, call);
    return withDeadline(call, seconds, late);
  }

  /** The same, for a payment that is being sent. @type {SdkCalls['within']} */
  sendWithin(call, seconds, late) {
    const send = this.within(call, seconds, late);
    track(this.sends, send);
    return send;
  }

  /** @param {number} seconds at most @returns {Promise<boolean>} false: none is being sent, or none ended in time */
  async aSendEnds(seconds) {
    if (this.sends.size === 0) return false;
    const late = () => new Error('none in time');
    return withDeadline(Promise.race(this.sends), seconds, late).then(
      () => true,
      () => false,
    );
  }
}

/**
 * Keeps `work` in the set until it has ended, well or badly.
 * @param {Set<Promise<void>>} set @param {Promise<any>} work
 */
function track(set, work) {
  const remove = () => void set.delete(over);
  const over = work.then(remove, remove);
  set.add(over);
}

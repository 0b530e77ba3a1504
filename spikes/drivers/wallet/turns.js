/**
 * Turns: which pieces of work may use the SDK at the same time.
 *
 * Role: lets work overlap, or run one at a time, and keeps everybody out while the SDK is taken down.
 * Must not know: what the work is.
 */

import { Lane, walletBusy } from './lane.js';
import { withDeadline } from './phases.js';

export class Turns {
  /**
   * @param {{oneAtATime: boolean, holdS: number, waitS: number, nowMs?: () => number,
   *   lane?: Pick<Lane, 'busy' | 'run'>}} options holdS, waitS: longest times to have a turn, to wait for one;
   *   lane: the host's own, where turns are shared with other isolates
   */
  constructor({ oneAtATime, holdS, waitS, nowMs, lane }) {
    this.waitS = waitS;
    this.lane = lane ?? (oneAtATime ? new Lane({ holdS, waitS, nowMs }) : null);
    /** @type {Set<Promise<unknown>>} */
    this.running = new Set();
    /** @type {Promise<void>} open again when it resolves */
    this.gate = Promise.resolve();
  }

  /** A turn would have to wait. */
  get busy() {
    return this.lane?.busy ?? false;
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async run(work) {
    if (this.lane) return this.lane.run(work);
    for (let gate = null; gate !== this.gate;) await (gate = this.gate);
    const task = work();
    this.running.add(task);
    try {
      return await task;
    } finally {
      this.running.delete(task);
    }
  }

  /** Work that must be alone. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async alone(work) {
    if (this.lane) return this.lane.run(work);
    const before = this.gate;
    let open = () => {};
    this.gate = new Promise((resolve) => (open = resolve));
    try {
      await before;
      await withDeadline(Promise.allSettled([...this.running]), this.waitS, walletBusy);
      return await work();
    } finally {
      open();
    }
  }
}

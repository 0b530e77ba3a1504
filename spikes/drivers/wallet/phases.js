/**
 * Times the parts of one request: load, build, sync, prepare, send, confirm, fetch, pay.
 *
 * Role: a stopwatch per request. The durations are the driver's own claim: in production a Worker's clock
 * stands still between I/O, so they are hints, never evidence. Must not know: what the parts do.
 */
export class PhaseClock {
  /** @param {() => number} [nowMs] */
  constructor(nowMs = () => performance.now()) {
    this.nowMs = nowMs;
    /** @type {{name: string, durationS: number}[]} */
    this.phases = [];
  }

  /**
   * Runs `work` and notes how long it took, also when it throws.
   * @template T @param {string} name @param {() => Promise<T>} work @returns {Promise<T>}
   */
  async time(name, work) {
    const startMs = this.nowMs();
    try {
      return await work();
    } finally {
      this.phases.push({ name, durationS: Math.round((this.nowMs() - startMs) * 1000) / 1_000_000 });
    }
  }
}

/**
 * Waits for `work`, but not longer than `seconds`. The work itself goes on: a payment cannot be called back.
 * @template T @param {Promise<T>} work @param {number} seconds @param {() => Error} late what to throw
 * @returns {Promise<T>}
 */
export async function withDeadline(work, seconds, late) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(late()), seconds * 1000);
  });
  work.catch(() => {}); // if it fails after the deadline nobody listens any more
  try {
    return await /** @type {Promise<T>} */ (Promise.race([work, timeout]));
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for something that another task brings about; fails, and says for what it waited, after a while. */

const DEADLINE_MS = 5_000;

/** @param {() => boolean} holds @param {string} what */
export async function until(holds, what) {
  const giveUpMs = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > giveUpMs) throw new Error(`waited ${DEADLINE_MS} ms for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

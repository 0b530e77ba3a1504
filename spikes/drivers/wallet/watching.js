/**
 * Waits for the end of a payment that was submitted: looks again and again, never pays.
 *
 * Role: takes over where the SDK's own polling becomes too slow (known.toml: polls-grow-rare). One look is a sync and
 * a question to the SDK's records. Must not know: how a payment is made, what its end means.
 */

import { PhaseClock } from './phases.js';
import { findPayment } from './settlement.js';

const LEAST_PAUSE_MS = 1_000;
/** A look is some ten requests, so a payment that takes long is looked at less often: it is told a tenth later. */
const PAUSE_SHARE = 0.1;

/**
 * @param {{session: import('./session.js').WalletSession, sdk: any, payment: any, sinceMs: number,
 *   untilMs: number}} watch payment: the SDK's, as it is now; since when it is under way, and when to stop, by Date.now()
 * @returns {Promise<any>} the payment when it is not pending any more, or as it was last seen
 */
export async function watchPayment({ session, sdk, payment, sinceMs, untilMs }) {
  if (!payment.details) return payment; // an orphan: the service provider was never told, so nobody is at it
  let seen = payment;
  while (seen.status === 'pending') {
    const pauseMs = Math.max(LEAST_PAUSE_MS, PAUSE_SHARE * (Date.now() - sinceMs));
    if (Date.now() + pauseMs >= untilMs) break;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    seen = (await look(session, sdk, seen.id, untilMs)) ?? seen;
  }
  return seen;
}

/**
 * @param {import('./session.js').WalletSession} session @param {any} sdk @param {string} paymentId
 * @param {number} untilMs
 */
async function look(session, sdk, paymentId, untilMs) {
  const late = () => new Error('no end of the look in time');
  try {
    await session.calls.within(session.sync(new PhaseClock()), (untilMs - Date.now()) / 1000, late);
    return await findPayment(sdk, paymentId);
  } catch {
    return null; // a look that fails shows nothing; the next one may
  }
}

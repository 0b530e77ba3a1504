/**
 * One payment, from quote to proof.
 *
 * Role: drives the SDK and translates its answers into the contract's codes. The one rule: whatever happens
 * before the SDK hands the payment to the network is definite (nothing left the wallet); whatever happens
 * after it is indefinite (payment_pending), unless the network itself says completed or failed.
 * Must not know: caps, hosts, idempotency, HTTP. Nothing here tries a payment twice.
 */

import { ContractError } from './errors.js';
import { requireSameReading } from './invoice.js';
import { jsonInteger } from './money.js';
import { LONGEST_SYNC_S } from './session.js';
import { findPayment, pending, settledFacts } from './settlement.js';
import { watchPayment } from './watching.js';

const PREPARE_DEADLINE_S = 30;
/** So long the SDK asks every second whether the payment is done; then less and less often. */
const SDK_POLLS_WELL_S = 5;
/** Above the completion timeout: leaf swap, submission and the last poll need time too. */
const SEND_GRACE_S = 15;

/**
 * @typedef {import('./settlement.js').PaymentFacts} PaymentFacts
 * @typedef {import('./session.js').WalletSession} WalletSession
 * @typedef {import('./phases.js').PhaseClock} PhaseClock
 * @typedef {import('./invoice.js').Terms} Terms
 */

/** Longest time that payInvoice can take, in seconds. @param {number} completionTimeoutS */
export function longestPaymentS(completionTimeoutS) {
  const waitForFundsS = completionTimeoutS;
  return 2 * LONGEST_SYNC_S + PREPARE_DEADLINE_S + waitForFundsS + completionTimeoutS + SEND_GRACE_S + 15;
}

/**
 * Pays. The request id is the SDK's idempotency key and becomes the id of the Spark transfer.
 * @param {{session: WalletSession, terms: Terms, requestId: string, completionTimeoutS: number,
 *   markSubmitted: () => Promise<void>}} order markSubmitted: before the first message that can pay; throws if the
 *   payment must not be submitted
 * @param {PhaseClock} clock @returns {Promise<PaymentFacts>}
 */
export async function payInvoice({ session, terms, requestId, completionTimeoutS, markSubmitted }, clock) {
  const sdk = await session.ready(clock);
  await requireSameReading(sdk, terms);
  await session.ensureSynced(clock);
  // After an eviction the register is empty, but the history may know this id: never start it again.
  const earlier = await findPayment(sdk, requestId);
  if (earlier) return settledFacts(requireSamePayment(earlier, terms), terms);
  const prepared = await prepare({ session, sdk, terms }, clock);
  const neededSats = terms.amountSats + BigInt(prepared.paymentMethod.lightningFeeSats);
  await requireFunds({ session, neededSats, waitS: completionTimeoutS }, clock);
  const sinceMs = Date.now();
  const payment = await send({ session, sdk, prepared, requestId, completionTimeoutS, markSubmitted }, clock);
  return clock.time('confirm', async () => {
    const ended = await watchPayment({ session, sdk, payment, sinceMs, untilMs: sinceMs + completionTimeoutS * 1000 });
    return settledFacts(ended, terms);
  });
}

/** @param {any} payment that the history shows under our id @param {Terms} terms */
function requireSamePayment(payment, terms) {
  const paymentHash = payment.details?.htlcDetails?.paymentHash;
  if (!paymentHash || paymentHash === terms.paymentHash) return payment;
  throw new ContractError(
    'idempotency_conflict',
    'this request id paid another invoice; use a new one for a new payment',
    {
      details: { reason: 'other_payment' },
    },
  );
}

/**
 * What the payment would cost; nothing moves, and nothing is synchronised.
 * @param {{session: WalletSession, terms: Terms}} order @param {PhaseClock} clock
 * @returns {Promise<{amountSats: bigint, feeSats: bigint}>}
 */
export async function quoteInvoice({ session, terms }, clock) {
  const sdk = await session.ready(clock);
  await requireSameReading(sdk, terms);
  const { amount, paymentMethod } = await prepare({ session, sdk, terms }, clock);
  return { amountSats: BigInt(amount), feeSats: BigInt(paymentMethod.lightningFeeSats) };
}

/** @param {{session: WalletSession, sdk: any, terms: Terms}} order @param {PhaseClock} clock */
async function prepare({ session, sdk, terms }, clock) {
  const request = { paymentRequest: { type: 'input', input: terms.invoice } };
  let prepared;
  try {
    const late = () => new ContractError('prepare_failed', `no fee quote within ${PREPARE_DEADLINE_S} s; try again`);
    prepared = await clock.time('prepare', () =>
      session.calls.within(sdk.prepareSendPayment(request), PREPARE_DEADLINE_S, late),
    );
  } catch (error) {
    throw definite(session, error, 'prepare_failed', 'the fee could not be quoted');
  }
  if (prepared.paymentMethod?.type !== 'bolt11Invoice') {
    throw new ContractError('unsupported_payment_method', 'the SDK would not pay this as a BOLT11 invoice');
  }
  if (BigInt(prepared.amount) !== terms.amountSats) {
    throw new ContractError('prepare_failed', 'the SDK would pay another amount than the invoice asks for');
  }
  return prepared;
}

/**
 * Too little is believed only when it cannot be otherwise: while another payment has its leaf swapped, the rest of the
 * money is not there to be seen; and in server mode nobody looks for money that has come in unless asked, so look once.
 * @param {{session: WalletSession, neededSats: bigint, waitS: number}} need @param {PhaseClock} clock
 */
async function requireFunds({ session, neededSats, waitS }, clock) {
  const giveUpMs = Date.now() + waitS * 1000;
  const balanceSats = async () => (await session.info(clock)).balanceSats;
  while ((await balanceSats()) < neededSats) {
    const leftS = (giveUpMs - Date.now()) / 1000;
    if (leftS > 0 && (await session.calls.aSendEnds(leftS))) continue;
    await session.sync(clock);
    const heldSats = await balanceSats();
    if (heldSats >= neededSats) return;
    throw new ContractError('insufficient_funds', 'the wallet holds less than amount plus fee; fund it', {
      details: { balanceSats: jsonInteger(heldSats), neededSats: jsonInteger(neededSats) },
    });
  }
}

/**
 * @param {{session: WalletSession, sdk: any, prepared: any, requestId: string, completionTimeoutS: number,
 *   markSubmitted: () => Promise<void>}} order
 * @param {PhaseClock} clock
 */
async function send({ session, sdk, prepared, requestId, completionTimeoutS, markSubmitted }, clock) {
  const request = {
    prepareResponse: prepared,
    options: {
      type: 'bolt11Invoice',
      preferSpark: false,
      completionTimeoutSecs: Math.min(completionTimeoutS, SDK_POLLS_WELL_S),
    },
    idempotencyKey: requestId,
  };
  const { submissions, calls } = session;
  const { submission, sending } = submissions.start(requestId, markSubmitted, () => sdk.sendPayment(request));
  const late = () =>
    submission.abandon()
      ? new ContractError('send_failed', 'sending ran out of time before it submitted anything; try again')
      : pending('no_answer_in_time', 'the payment was submitted and did not finish in time');
  try {
    const inTime = calls.sendWithin(sending, completionTimeoutS + SEND_GRACE_S, late);
    const answer = await clock.time('send', () => inTime);
    if (answer.payment.status !== 'completed') session.markStale();
    return answer.payment;
  } catch (error) {
    session.markStale(); // reserved leaves, a half-done swap: the next payment looks first
    if (error instanceof ContractError) throw error;
    if (submission.wasSubmitted) throw pending('submitted', session.errorTable.sdkText(error));
    throw definite(session, error, 'send_failed', 'sending stopped before anything was submitted');
  }
}

/**
 * @param {WalletSession} session @param {unknown} error @param {string} code @param {string} what
 * @returns {ContractError}
 */
function definite({ errorTable }, error, code, what) {
  if (error instanceof ContractError) return error;
  return errorTable.sdkError(code, what, error, 'nothing was paid, try again');
}

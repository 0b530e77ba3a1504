/**
 * What the network says of a payment, turned into proven facts or a typed error.
 *
 * Role: completed needs a preimage that fits (the SDK does not compare it with the hash), failed is definite,
 * everything else is pending. Also the look-up of a payment that was submitted earlier: looks, never pays.
 * Must not know: how a payment is made.
 */

import { ContractError, asContractError, errorText } from './errors.js';
import { bytesFromHex32, sha256Hex } from './hashing.js';
import { requireUnexpired } from './invoice.js';

/**
 * @typedef {object} PaymentFacts what the network says of a payment that is done
 * @property {string} paymentId
 * @property {bigint} amountSats
 * @property {bigint} feeSats
 * @property {string} preimageHex its SHA-256 is the payment hash: checked
 * @property {string} preimageSha256
 * @property {number} paidAtMs
 *
 * @typedef {import('./session.js').WalletSession} WalletSession
 * @typedef {import('./phases.js').PhaseClock} PhaseClock
 * @typedef {import('./invoice.js').Terms} Terms
 */

/**
 * The payment's facts if it is done; the SDK does not compare preimage and hash, so it is done here.
 * @param {any} payment the SDK's @param {Terms} terms @returns {Promise<PaymentFacts>}
 */
export async function settledFacts(payment, terms) {
  if (payment.status === 'failed') {
    throw failed('the network says that the payment failed; the money is back');
  }
  if (payment.status !== 'completed') throw pending('network_says_pending', 'the network says that it is pending');
  const preimageHex = String(payment.details?.htlcDetails?.preimage ?? '').toLowerCase();
  const preimage = bytesFromHex32(preimageHex);
  if (!preimage) throw unproven('preimage_absent', 'the network says paid but shows no preimage');
  const preimageSha256 = await sha256Hex(preimage);
  if (preimageSha256 !== terms.paymentHash) {
    throw unproven('preimage_mismatch', 'the network says paid but its preimage is not the one of the invoice');
  }
  return {
    paymentId: payment.id,
    amountSats: BigInt(payment.amount),
    feeSats: BigInt(payment.fees),
    preimageHex,
    preimageSha256,
    paidAtMs: Number(payment.timestamp) * 1000,
  };
}

/**
 * What became of a payment that was submitted earlier: looks, never pays.
 * @param {{session: WalletSession, terms: Terms, requestId: string}} order
 * @param {PhaseClock} clock @returns {Promise<PaymentFacts | null>} null: the network does not show it
 */
export async function lookUpPayment({ session, terms, requestId }, clock) {
  let payment;
  try {
    const sdk = await session.ready(clock);
    await session.sync(clock);
    payment = await findPayment(sdk, requestId);
  } catch (error) {
    throw pending('lookup_failed', `the payment could not be looked up: ${asContractError(error).message}`);
  }
  return payment && settledFacts(payment, terms);
}

/** For certain, and final. @param {string} text */
export function failed(text) {
  return new ContractError('payment_failed', text, { afterSubmit: true });
}

/**
 * An expired invoice is refused - unless this very request was paid before an eviction emptied the register:
 * "expired" would then read as "not paid" although the money has gone.
 * @param {{session: WalletSession, terms: Terms, requestId: string, nowMs: number}} order @param {PhaseClock} clock
 */
export async function requirePayable({ session, terms, requestId, nowMs }, clock) {
  try {
    requireUnexpired(terms, nowMs);
  } catch (expired) {
    await session.ensureSynced(clock);
    if (!(await findPayment(await session.ready(clock), requestId))) throw expired;
  }
}

/** @param {any} sdk @param {string} paymentId @returns {Promise<any>} null if the wallet's history has none */
export async function findPayment(sdk, paymentId) {
  try {
    return (await sdk.getPayment({ paymentId })).payment;
  } catch (error) {
    if (/not found/i.test(errorText(error))) return null;
    throw error;
  }
}

/** Submitted, outcome not known. @param {string} reason @param {string} text */
export function pending(reason, text) {
  return new ContractError('payment_pending', `${text}; ask again with the same request id`, {
    details: { reason },
    afterSubmit: true,
  });
}

/** @param {string} reason @param {string} text */
function unproven(reason, text) {
  return new ContractError('payment_missing_preimage', `${text}; ask again with the same request id`, {
    details: { reason },
    afterSubmit: true,
  });
}

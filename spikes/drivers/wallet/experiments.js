/**
 * The harness's door to the wallet: pay, and its steps, answered with an outcome instead of an error envelope.
 *
 * Role: turns results and typed errors into {outcome, code, reason, claim, phases}. A claim holds hashes and
 * amounts; a preimage never leaves through here. Must not know: what outcome anybody expects.
 */

import { decodeBolt11 } from './bolt11.js';
import { asContractError } from './errors.js';
import { bytesFromHex32, sha256Hex } from './hashing.js';
import { PhaseClock } from './phases.js';
import { readInvoice, readPayment, readRequestId } from './requests.js';

/** Where a payment of the harness has no seller, this host stands in requests and receipts. */
const NO_SELLER = 'harness.invalid';

/**
 * @typedef {object} Claim
 * @property {string | null} paymentHash
 * @property {number | null} amountSats
 * @property {number | null} feeSats
 * @property {string | null} preimageSha256
 * @property {number | null} balanceSats
 * @property {string | null} receiptDigest
 * @property {string | null} flowDigest what repeats of one flow agree in
 */

/** @type {Claim} */
const NOTHING = {
  paymentHash: null,
  amountSats: null,
  feeSats: null,
  preimageSha256: null,
  balanceSats: null,
  receiptDigest: null,
  flowDigest: null,
};

/** @param {Partial<Claim>} facts @returns {Claim} */
export function claim(facts) {
  return { ...NOTHING, ...facts };
}

/**
 * Experiments of a driver that has its own wallet.
 * @param {import('./service.js').LocalWalletService} service @param {import('./errors.js').ErrorTable} errorTable
 * @returns {Record<string, import('./contract.js').Experiment>}
 */
export function walletExperiments(service, errorTable) {
  return {
    sync: () => step(errorTable, 'synced', async (clock) => ({ balanceSats: await service.sync(clock) })),
    quote: (input) => step(errorTable, 'quoted', (clock) => service.quote(readInvoice(input.invoice), clock)),
    rebuild: () => step(errorTable, 'rebuilt', async () => void (await service.rebuild())),
    ...payExperiment(service, errorTable),
  };
}

/**
 * Payment through any service, local or remote.
 * @param {import('./contract.js').Service} service @param {import('./errors.js').ErrorTable} errorTable
 * @returns {Record<string, import('./contract.js').Experiment>}
 */
export function payExperiment(service, errorTable) {
  return { pay: (input) => pay(service, errorTable, input) };
}

/**
 * A step of the runner, never an attempt: its outcome, if it is taken, is `done`.
 * @param {import('./errors.js').ErrorTable} errorTable @param {string} done
 * @param {(clock: PhaseClock) => Promise<Partial<Claim> | void>} work what it finds out
 */
async function step(errorTable, done, work) {
  const clock = new PhaseClock();
  try {
    const facts = await work(clock);
    return { outcome: done, code: null, reason: null, claim: claim(facts ?? {}), phases: clock.phases };
  } catch (thrown) {
    return refused(errorTable, thrown, claim({}), clock);
  }
}

/**
 * @param {import('./contract.js').Service} service @param {import('./errors.js').ErrorTable} errorTable
 * @param {Record<string, unknown>} input
 */
async function pay(service, errorTable, input) {
  const clock = new PhaseClock();
  const request = readPayment({ host: NO_SELLER, ...input }, readRequestId(input.requestId));
  try {
    const answer = await service.payBolt11(request, clock);
    return { outcome: 'paid', code: null, reason: null, claim: await paidClaim(answer), phases: clock.phases };
  } catch (thrown) {
    return refused(errorTable, thrown, claim(named(request.invoice)), clock);
  }
}

/** @param {import('./pay_answer.js').PayAnswer} answer @returns {Promise<Claim>} */
export async function paidClaim({ result, balanceSats }) {
  const preimage = bytesFromHex32(result.payment.preimageHex);
  return claim({
    paymentHash: result.receipt.paymentHash,
    amountSats: sats(result.payment.amountMsats),
    feeSats: sats(result.payment.feeMsats),
    preimageSha256: preimage && (await sha256Hex(preimage)),
    balanceSats,
    receiptDigest: result.receipt.digest,
    flowDigest: result.receipt.flowDigest ?? null,
  });
}

/**
 * @param {import('./errors.js').ErrorTable} errorTable @param {unknown} thrown
 * @param {Claim} claimed @param {PhaseClock} clock
 */
function refused(errorTable, thrown, claimed, clock) {
  const { code, message } = asContractError(thrown);
  return { outcome: errorTable.outcome(code), code, reason: message, claim: claimed, phases: clock.phases };
}

/**
 * Which payment a refusal is about. Its amount is left out: a claim's amounts are what was paid.
 * @param {string} invoice @returns {Partial<Claim>}
 */
function named(invoice) {
  try {
    return { paymentHash: decodeBolt11(invoice).paymentHash };
  } catch {
    return {};
  }
}

/** Whole satoshis, or null where the amount has a fraction: never rounded. @param {number} msats */
export function sats(msats) {
  return msats % 1000 === 0 ? msats / 1000 : null;
}

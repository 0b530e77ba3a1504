/**
 * The Worker in front of the wallet's Durable Object: every request goes to the one object that owns the wallet.
 *
 * Role: finds the object, and answers in the contract's form when the object is reset while it works, which loses its
 * answer: an eviction that was asked for is done by that, for anything else the end is not known.
 * Must not know: what the object does with a request.
 */

import { createRefusingContract } from '../wallet/contract.js';
import { ContractError, ErrorTable, errorText } from '../wallet/errors.js';
import errors from '../wallet/errors.json';
import { SDK } from '../wallet/sdk_version.js';

/** One wallet in one object: whoever asks for this name reaches the same one, wherever it runs. */
const OBJECT = 'wallet';
const EVICT = '/experiments/evict';

export const front = {
  /**
   * @param {Request} request @param {Record<string, any>} env
   * @param {{exports: {WalletObject: any}, waitUntil: (work: Promise<unknown>) => void}} context
   */
  async fetch(request, env, context) {
    // On Cloudflare a binding names the objects (wrangler.jsonc); local workerd has them among the exports.
    const WalletObject = env.WALLET_OBJECT ?? context.exports.WalletObject;
    const answer = WalletObject.get(WalletObject.idFromName(OBJECT)).fetch(request);
    // A caller that hangs up must not cancel a payment half-way.
    context.waitUntil(answer.catch(() => {}));
    try {
      return await answer;
    } catch (error) {
      return answerOfTheLost(request, env, error);
    }
  },
};

/** @param {Request} request @param {Record<string, string | null>} env @param {any} error */
async function answerOfTheLost(request, env, error) {
  if (error.durableObjectReset && new URL(request.url).pathname === EVICT) {
    return Response.json({ ok: true, experiment: 'evict', outcome: 'evicted', code: null, reason: null, phases: [] });
  }
  const lost = `the wallet's object gave no answer: ${errorText(error)}; ask again with the same request id`;
  const driver = { runtime: env.SPARKGATE_RUNTIME || 'durable_object', sdk: SDK, errorTable: new ErrorTable(errors) };
  return createRefusingContract(driver, new ContractError('internal_error', lost))(request);
}

/**
 * The harness's door to the buyer: l402_fetch, answered with an outcome, a claim and a receipt.
 *
 * Role: reads the input and has it bought. Must not know: what outcome anybody expects.
 */

import { invalid, readHost, readRequestId } from '../wallet/requests.js';
import { readPolicy } from './policy.js';

/**
 * @param {import('./buyer.js').L402Buyer} buyer
 * @returns {Record<string, import('../wallet/contract.js').Experiment>}
 */
export function l402Experiment(buyer) {
  return { l402_fetch: async (input) => buyer.fetch(readWish(input)) };
}

/** @param {Record<string, unknown>} input @returns {import('./buyer.js').Wish} @throws {ContractError} invalid_request */
function readWish(input) {
  const url = typeof input.url === 'string' && URL.canParse(input.url) ? new URL(input.url) : null;
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid('url must be an http or https URL');
  if (url.username || url.password) throw invalid('url must not hold a user name or password');
  readHost(url.host);
  url.hash = ''; // never sent: two URLs that differ in it are one
  return { requestId: readRequestId(input.requestId), url, policy: readPolicy(input.policy) };
}

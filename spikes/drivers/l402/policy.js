/**
 * A buyer's policy: which hosts, how much at once, how much in a window. Pure, except for the window's memory.
 *
 * Role: says no before any money moves, with a typed reason. The amount judged is the invoice's own.
 * Must not know: how anything is paid or fetched.
 */

import { ContractError } from '../wallet/errors.js';
import { jsonInteger, readMsats } from '../wallet/money.js';
import { invalid, readHost, requireObject } from '../wallet/requests.js';

/**
 * @typedef {object} Policy
 * @property {bigint} maxAmountMsats
 * @property {bigint | null} windowCapMsats null: no cap
 * @property {string[]} hostAllowlist host names (any port) or host:port; an empty list allows nobody
 */

/** @param {unknown} value @returns {Policy} */
export function readPolicy(value) {
  const policy = requireObject(value, 'policy');
  if (!Array.isArray(policy.hostAllowlist)) throw invalid('policy.hostAllowlist must be a list of host names');
  return {
    maxAmountMsats: readMsats(policy.maxAmountMsats, 'policy.maxAmountMsats'),
    windowCapMsats:
      policy.windowCapMsats === undefined || policy.windowCapMsats === null
        ? null
        : readMsats(policy.windowCapMsats, 'policy.windowCapMsats'),
    hostAllowlist: policy.hostAllowlist.map(readHost),
  };
}

/** @param {Policy} policy @param {URL} url */
export function requireAllowedHost({ hostAllowlist }, url) {
  if (hostAllowlist.includes(url.host) || hostAllowlist.includes(url.hostname)) return;
  throw new ContractError('host_not_allowed', `${url.host} is not on the allowlist; add it there if you trust it`, {
    details: { host: url.host },
  });
}

/** @param {Policy} policy @param {bigint} amountMsats the invoice's own amount */
export function requireUnderCap({ maxAmountMsats }, amountMsats) {
  if (amountMsats <= maxAmountMsats) return;
  throw new ContractError(
    'quoted_amount_exceeds_cap',
    'the invoice asks for more than the policy allows; nothing was paid',
    {
      details: { quotedAmountMsats: jsonInteger(amountMsats), maxAmountMsats: jsonInteger(maxAmountMsats) },
    },
  );
}

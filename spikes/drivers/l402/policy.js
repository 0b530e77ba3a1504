/**
 * A buyer's policy: whether anything is bought at all, from whom, how much at once, with whose approval. Pure.
 *
 * Role: says no before any money moves, with a typed reason. The amount judged is the invoice's own. How much was spent
 * lately is SpendWindow's to say. Must not know: how anything is paid or fetched.
 */

import { canonicalJson } from '../wallet/canonical.js';
import { ContractError } from '../wallet/errors.js';
import { jsonInteger, readMsats } from '../wallet/money.js';
import { invalid, readHost, requireObject } from '../wallet/requests.js';

/**
 * @typedef {object} Policy
 * @property {bigint} maxAmountMsats
 * @property {bigint | null} windowCapMsats null: no cap
 * @property {string[]} hostAllowlist host names (any port) or host:port; an empty list allows nobody
 * @property {string[]} hostBlocklist the same; it outranks the allowlist
 * @property {boolean} killSwitch
 * @property {boolean} walletDisabled
 * @property {'granted' | 'required'} approval required: the payment, not the use of what was paid for, waits for it
 */

const FIELDS = new Set([
  'maxAmountMsats',
  'windowCapMsats',
  'hostAllowlist',
  'hostBlocklist',
  'killSwitch',
  'walletDisabled',
  'approval',
]);

/** @type {Record<string, string>} */
const DEFAULT_PORTS = { 'http:': '80', 'https:': '443' };

/** @param {unknown} value @returns {Policy} @throws {ContractError} invalid_request */
export function readPolicy(value) {
  const policy = requireObject(value, 'policy');
  const unknown = Object.keys(policy).filter((name) => !FIELDS.has(name));
  // A rule that is not understood is not obeyed either, so it must not pass for one.
  if (unknown.length > 0) throw invalid(`policy knows no ${unknown.join(', ').slice(0, 100)}`);
  const { windowCapMsats = null, approval = 'granted' } = policy;
  if (approval !== 'granted' && approval !== 'required') throw invalid('policy.approval must be granted or required');
  return {
    maxAmountMsats: readMsats(policy.maxAmountMsats, 'policy.maxAmountMsats'),
    windowCapMsats: windowCapMsats === null ? null : readMsats(windowCapMsats, 'policy.windowCapMsats'),
    hostAllowlist: readHosts(policy.hostAllowlist, 'hostAllowlist'),
    hostBlocklist: readHosts(policy.hostBlocklist ?? [], 'hostBlocklist'),
    killSwitch: readSwitch(policy.killSwitch, 'killSwitch'),
    walletDisabled: readSwitch(policy.walletDisabled, 'walletDisabled'),
    approval,
  };
}

/** The same text for the same policy: whether a repeated request comes with another one. @param {Policy} policy */
export function policyText(policy) {
  const { hostAllowlist, hostBlocklist, ...rest } = policy;
  return canonicalJson({
    ...rest,
    ...capsOf(policy),
    hostAllowlist: [...hostAllowlist].sort(),
    hostBlocklist: [...hostBlocklist].sort(),
  });
}

/** For receipts. @param {Policy} policy */
export function capsOf({ maxAmountMsats, windowCapMsats }) {
  return {
    maxAmountMsats: jsonInteger(maxAmountMsats),
    windowCapMsats: windowCapMsats === null ? null : jsonInteger(windowCapMsats),
  };
}

/**
 * What can be judged before the seller is asked anything.
 * @param {Policy} policy @param {URL} url @returns {ContractError | null} the refusal
 */
export function refusalBeforeAsking({ killSwitch, walletDisabled, hostAllowlist, hostBlocklist }, url) {
  const details = { host: url.host };
  if (killSwitch)
    return new ContractError('kill_switch_on', 'the kill switch is on; nothing is bought until it is off');
  if (walletDisabled) return new ContractError('wallet_disabled', 'the wallet is disabled; enable it to buy with it');
  if (names(hostBlocklist, url)) {
    return new ContractError('host_blocked', `${url.host} is on the blocklist; nothing is bought there`, { details });
  }
  if (names(hostAllowlist, url)) return null;
  return new ContractError('host_not_allowed', `${url.host} is not on the allowlist; add it there if you trust it`, {
    details,
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

/** @param {Policy} policy @param {bigint} amountMsats what would be paid */
export function requireApproval({ approval }, amountMsats) {
  if (approval === 'granted') return;
  throw new ContractError('approval_required', 'the payment needs approval; ask again with approval "granted"', {
    details: { quotedAmountMsats: jsonInteger(amountMsats) },
  });
}

/**
 * With the port also where a URL leaves it out, and without the dot that may end a host name: neither is a way around
 * a list.
 * @param {string[]} hosts @param {URL} url
 */
function names(hosts, { hostname, port, protocol }) {
  const name = hostname.replace(/\.$/, '');
  return hosts.includes(name) || hosts.includes(`${name}:${port || DEFAULT_PORTS[protocol]}`);
}

/** @param {unknown} value @param {string} name */
function readHosts(value, name) {
  if (!Array.isArray(value)) throw invalid(`policy.${name} must be a list of host names`);
  return value.map(readHost);
}

/** @param {unknown} value @param {string} name */
function readSwitch(value, name) {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw invalid(`policy.${name} must be true or false`);
  return value;
}

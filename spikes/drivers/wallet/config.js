/**
 * A driver's settings, from environment variables (Node) or bindings of the same names (workerd).
 *
 * Role: reads and checks them once; every refusal names the variable and what it must hold. Secrets pass
 * through and are never part of a message. Must not know: what the settings are used for.
 */

import { readCustody } from './custody.js';
import { ContractError } from './errors.js';
import { INVOICE_NETWORKS } from './invoice.js';

/**
 * @typedef {object} Operator
 * @property {number} id
 * @property {string} identifier 64 hex digits
 * @property {string} identityPublicKey 66 hex digits
 * @property {string} grpc_web base URL for gRPC-Web
 *
 * @typedef {object} NetworkDescription what the emulator prints when it is ready
 * @property {string} [network] regtest or mainnet; the emulator is a regtest and need not say so
 * @property {Operator[]} operators
 * @property {string} coordinatorIdentifier
 * @property {number} threshold
 * @property {{baseUrl: string, schemaEndpoint?: string, identityPublicKey: string}} ssp
 * @property {string} [apiKey] the SDK's, where its network asks for one; a secret, and no part of the description
 *
 * @typedef {object} Config
 * @property {string} runtime
 * @property {string} walletId
 * @property {string} token bearer token that callers must show
 * @property {import('./custody.js').Custody} custody where the mnemonic comes from
 * @property {NetworkDescription | null} network null if another runtime executes
 * @property {string} sparkNetwork regtest or mainnet: whose invoices are paid
 * @property {{url: string, token: string, timeoutS: number} | null} executor
 * @property {bigint} requestCapMsats
 * @property {bigint | null} windowCapMsats null: no cap
 * @property {number} windowMs
 * @property {string[] | null} hostAllowlist null: any host
 * @property {number} completionTimeoutS how long one send waits for the Lightning payment to finish
 * @property {number} lostAfterMs a submitted payment that the network does not show so long after never reached it
 */

const DEFAULTS = {
  requestCapMsats: 200_000_000,
  windowS: 300,
  completionTimeoutS: 45,
  executorTimeoutS: 75,
  // Between the mark and the message that pays lie two calls of the SDK, each with a deadline of 60 s, as has the
  // message itself; a minute more.
  lostAfterS: 240,
};

/**
 * @param {Record<string, string | null | undefined>} env
 * @returns {Config}
 * @throws {ContractError} config_error
 */
export function readConfig(env) {
  const executor = env.SPARKGATE_EXECUTOR_URL ? readExecutor(env) : null;
  return {
    runtime: required(env, 'SPARKGATE_RUNTIME', 'the name of this runtime'),
    walletId: env.SPARKGATE_WALLET_ID || 'default',
    token: required(env, 'SPARKGATE_TOKEN', 'the bearer token that callers must show'),
    custody: readCustody(env),
    network: executor ? null : readNetwork(env),
    sparkNetwork: sparkNetwork(env.SPARKGATE_NETWORK ? parsed(env.SPARKGATE_NETWORK) : {}),
    executor,
    requestCapMsats: BigInt(integer(env, 'SPARKGATE_REQUEST_CAP_MSATS', DEFAULTS.requestCapMsats)),
    windowCapMsats: env.SPARKGATE_WINDOW_CAP_MSATS ? BigInt(integer(env, 'SPARKGATE_WINDOW_CAP_MSATS', 0)) : null,
    windowMs: integer(env, 'SPARKGATE_WINDOW_S', DEFAULTS.windowS) * 1000,
    hostAllowlist: env.SPARKGATE_HOST_ALLOWLIST ? env.SPARKGATE_HOST_ALLOWLIST.toLowerCase().split(',') : null,
    completionTimeoutS: integer(env, 'SPARKGATE_COMPLETION_TIMEOUT_S', DEFAULTS.completionTimeoutS),
    lostAfterMs: integer(env, 'SPARKGATE_LOST_AFTER_S', DEFAULTS.lostAfterS) * 1000,
  };
}

/** @param {Record<string, string | null | undefined>} env */
function readExecutor(env) {
  return {
    url: url(env.SPARKGATE_EXECUTOR_URL, 'SPARKGATE_EXECUTOR_URL'),
    token: required(env, 'SPARKGATE_EXECUTOR_TOKEN', "the executor's bearer token"),
    // Longer than the executor's own deadlines, so that it is the executor that says "pending".
    timeoutS: integer(env, 'SPARKGATE_EXECUTOR_TIMEOUT_S', DEFAULTS.executorTimeoutS),
  };
}

/** @param {Record<string, string | null | undefined>} env @returns {NetworkDescription} */
function readNetwork(env) {
  const network = parsed(required(env, 'SPARKGATE_NETWORK', 'the JSON line of the emulator'));
  const operators = network?.operators;
  if (!Array.isArray(operators) || operators.length === 0) throw bad('SPARKGATE_NETWORK', 'names no operators');
  operators.forEach((operator, index) => {
    if (operator?.id !== index) throw bad('SPARKGATE_NETWORK', 'must list operators by id, from 0 on');
    key(operator.identityPublicKey, `operators[${index}].identityPublicKey`);
    url(operator.grpc_web, `SPARKGATE_NETWORK operators[${index}].grpc_web`);
  });
  if (!operators.some((operator) => operator.identifier === network.coordinatorIdentifier)) {
    throw bad('SPARKGATE_NETWORK', 'has a coordinatorIdentifier that no operator has');
  }
  if (!Number.isInteger(network.threshold)) throw bad('SPARKGATE_NETWORK', 'has no whole threshold');
  url(network.ssp?.baseUrl, 'SPARKGATE_NETWORK ssp.baseUrl');
  key(network.ssp?.identityPublicKey, 'ssp.identityPublicKey');
  return { ...network, network: sparkNetwork(network), apiKey: env.SPARKGATE_API_KEY || undefined };
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw bad('SPARKGATE_NETWORK', 'is not JSON; pass the line that the emulator prints');
  }
}

/** @param {any} description @returns {string} */
function sparkNetwork(description) {
  const name = description?.network ?? 'regtest';
  if (!Object.hasOwn(INVOICE_NETWORKS, name)) {
    throw bad('SPARKGATE_NETWORK', `names a network that is none of ${Object.keys(INVOICE_NETWORKS).join(', ')}`);
  }
  return name;
}

/** @param {Record<string, string | null | undefined>} env @param {string} name @param {string} what */
function required(env, name, what) {
  const value = env[name];
  if (!value) throw bad(name, `is not set; set it to ${what}`);
  return value;
}

/** @param {Record<string, string | null | undefined>} env @param {string} name @param {number} fallback */
function integer(env, name, fallback) {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) throw bad(name, 'must be a whole number, 0 or more');
  return value;
}

/** @param {unknown} text @param {string} name @returns {string} without a slash at the end */
function url(text, name) {
  if (typeof text !== 'string' || !URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw bad(name, 'must be an http or https URL');
  }
  return text.replace(/\/+$/, '');
}

/** @param {unknown} text @param {string} name */
function key(text, name) {
  if (typeof text !== 'string' || !/^0[23][0-9a-f]{64}$/.test(text)) {
    throw bad('SPARKGATE_NETWORK', `has no compressed public key in ${name}`);
  }
}

/** @param {string} name @param {string} problem */
function bad(name, problem) {
  return new ContractError('config_error', `${name} ${problem}`);
}

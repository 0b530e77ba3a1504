/**
 * Where the mnemonic comes from: an encrypted envelope and the KMS, or, as before, the environment.
 *
 * Role: reads and checks the settings of custody, and gives the session a function that fetches the mnemonic at
 * the moment the SDK is built. The KMS is asked once for each build and never again on its own: a KMS that
 * denies or is slow is an answer. Must not know: the SDK, payments.
 */

import { fromBase64, openEnvelope, secretError } from './envelope.js';
import { ContractError } from './errors.js';

const KMS_TIMEOUT_S = 5;
const MAX_ANSWER_CHARS = 16_384;
/** Refusals of the KMS by its own codes; anything else it says is `kms_refused`. */
const REASONS = new Map([
  ['denied', 'kms_denied'],
  ['unauthenticated', 'kms_denied'],
  ['key_disabled', 'key_disabled'],
  ['key_destroyed', 'key_destroyed'],
  ['not_authentic', 'envelope_tampered'],
  ['no_such_key', 'kms_key_unknown'],
]);

/**
 * @typedef {object} EnvelopeCustody
 * @property {'convex_envelope'} source
 * @property {import('./envelope.js').EnvelopeRow} row
 * @property {number} keyVersion the wallet's current one
 * @property {{url: string, token: string, timeoutS: number}} kms
 *
 * @typedef {EnvelopeCustody | {source: 'legacy_env', mnemonic: string}} Custody an empty mnemonic: it was not given
 */

/**
 * @param {Record<string, string | null | undefined>} env @returns {Custody}
 * @throws {ContractError} config_error
 */
export function readCustody(env) {
  const source = env.SPARKGATE_WALLET_SOURCE || 'legacy_env';
  if (source === 'legacy_env') return { source, mnemonic: env.SPARKGATE_MNEMONIC || '' };
  if (source !== 'convex_envelope') {
    throw new ContractError('config_error', 'SPARKGATE_WALLET_SOURCE must be convex_envelope or legacy_env');
  }
  if (env.SPARKGATE_MNEMONIC) {
    throw new ContractError(
      'config_error',
      'SPARKGATE_MNEMONIC is set beside an envelope; unset it, the plaintext is what the envelope is there to avoid',
    );
  }
  const keyVersion = Number(required(env, 'SPARKGATE_WALLET_KEY_VERSION'));
  if (!Number.isSafeInteger(keyVersion) || keyVersion < 1) {
    throw new ContractError('config_error', 'SPARKGATE_WALLET_KEY_VERSION must be a whole number from 1 on');
  }
  const timeoutS = Number(env.SPARKGATE_KMS_TIMEOUT_S || KMS_TIMEOUT_S);
  const url = required(env, 'SPARKGATE_KMS_URL').replace(/\/+$/, '');
  if (!URL.canParse(url) || !(timeoutS > 0)) {
    throw new ContractError('config_error', 'SPARKGATE_KMS_URL must be a URL, SPARKGATE_KMS_TIMEOUT_S seconds above 0');
  }
  const kms = { url, token: required(env, 'SPARKGATE_KMS_TOKEN'), timeoutS };
  return { source, row: readRow(required(env, 'SPARKGATE_ENVELOPE')), keyVersion, kms };
}

/**
 * @param {{custody: Custody, walletId: string}} config @param {string} network
 * @returns {() => Promise<string>} fetches the mnemonic, to be used at once and kept nowhere
 */
export function mnemonicSource({ custody, walletId }, network) {
  return () => fetchMnemonic(custody, { walletId, network });
}

/**
 * @param {Custody} custody @param {{walletId: string, network: string}} wallet as the settings name it
 * @returns {Promise<string>} the mnemonic
 * @throws {ContractError} mnemonic_missing, secret_error
 */
async function fetchMnemonic(custody, { walletId, network }) {
  if (custody.source === 'legacy_env') {
    if (custody.mnemonic) return custody.mnemonic;
    throw new ContractError('mnemonic_missing', 'SPARKGATE_MNEMONIC is not set; give the wallet its mnemonic');
  }
  const { row, keyVersion, kms } = custody;
  return openEnvelope(row, { walletId, network, keyVersion }, (wrapped, bound) => unwrap(kms, wrapped, bound));
}

/**
 * @param {EnvelopeCustody['kms']} kms @param {import('./envelope.js').WrappedKey} wrapped @param {Uint8Array} bound
 * @returns {Promise<Uint8Array>} the data key
 */
async function unwrap({ url, token, timeoutS }, { keyName, keyVersion, ciphertext }, bound) {
  const body = { ciphertext, keyVersion, additionalAuthenticatedData: btoa(String.fromCharCode(...bound)) };
  const { status, text } = await ask(`${url}/v1/keys/${encodeURIComponent(keyName)}:unwrap`, token, body, timeoutS);
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw secretError('kms_malformed', 'the answer of the KMS cannot be read');
  }
  if (status === 200 && typeof answer?.plaintext === 'string') return fromBase64(answer.plaintext);
  const reason = REASONS.get(answer?.error?.code) ?? 'kms_refused';
  throw secretError(reason, `the KMS did not unwrap the data key (HTTP ${status}, ${reason}); see its audit log`);
}

/** @param {string} url @param {string} token @param {object} body @param {number} timeoutS */
async function ask(url, token, body, timeoutS) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutS * 1000);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    return { status: response.status, text: (await response.text()).slice(0, MAX_ANSWER_CHARS) };
  } catch {
    if (abort.signal.aborted) throw secretError('kms_timeout', `no answer from the KMS within ${timeoutS} s`);
    throw secretError('kms_unreachable', 'the KMS cannot be reached; is it up?');
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} text @returns {import('./envelope.js').EnvelopeRow} */
function readRow(text) {
  let row;
  try {
    row = JSON.parse(text);
  } catch {
    // handled below: what cannot be parsed is no row
  }
  const texts = ['walletId', 'network', 'purpose', 'algorithm', 'nonce', 'ciphertext', 'wrappedDataKey', 'kmsKeyName'];
  const fits = texts.every((name) => typeof row?.[name] === 'string');
  if (!fits || !['keyVersion', 'kmsKeyVersion'].every((name) => Number.isSafeInteger(row[name]))) {
    throw new ContractError('config_error', 'SPARKGATE_ENVELOPE is not a row of lightningWalletKeyEnvelopes as JSON');
  }
  return row;
}

/** @param {Record<string, string | null | undefined>} env @param {string} name */
function required(env, name) {
  const value = env[name];
  if (!value) throw new ContractError('config_error', `${name} is not set; an envelope cannot be opened without it`);
  return value;
}

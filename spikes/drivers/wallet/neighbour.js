/**
 * A second wallet in the same isolate, for the inspection that asks whether two ever see each other's state.
 *
 * Role: without that inspection it is nothing. With it, another service of the same kind - the host's loaded SDK, its
 * rules of turns, a part of its shelf - is built from the settings in SPARKGATE_SECOND_WALLET and answers steps whose
 * names begin with `second_`. Must not know: what the harness compares.
 */

import { readConfig } from './config.js';
import { ContractError } from './errors.js';
import { claim, walletExperiments } from './experiments.js';
import { PhaseClock } from './phases.js';
import { LocalWalletService } from './service.js';
import { ScopedShelf } from './shelf_scoped.js';

export const ISOLATION = 'isolation';
/** Settings that belong to one wallet: the second one must name its own, and inherits none of the first one's. */
const OF_A_WALLET = /^SPARKGATE_(WALLET_(ID|SOURCE|KEY_VERSION)|MNEMONIC|ENVELOPE|KMS_(URL|TOKEN|TIMEOUT_S))$/;

/**
 * @typedef {object} Home what both wallets have in common
 * @property {Record<string, string | null | undefined>} env
 * @property {import('./errors.js').ErrorTable} errorTable
 * @property {() => Promise<import('./session.js').LoadedSdk>} loadSdk
 * @property {boolean} oneAtATime
 * @property {'kept' | 'request'} [sdkLife]
 * @property {(shelf: import('./shelf.js').Shelf) => Pick<import('./lane.js').Lane, 'busy' | 'run'>} [laneOn]
 */

/**
 * @param {LocalWalletService} first @param {Home} home
 * @returns {Record<string, import('./contract.js').Experiment>} none without the inspection
 * @throws {ContractError} config_error
 */
export function neighbourExperiments(first, { env, ...home }) {
  if (env.SPARKGATE_INSPECT !== ISOLATION || !env.SPARKGATE_SECOND_WALLET) return {};
  const second = secondService(first, readConfig(secondSettings(env, env.SPARKGATE_SECOND_WALLET)), home);
  const steps = Object.entries(walletExperiments(second, home.errorTable));
  return {
    ...Object.fromEntries(steps.map(([name, step]) => [`second_${name}`, step])),
    second_status: () => status(second),
  };
}

/** @param {LocalWalletService} first @param {import('./config.js').Config} config @param {Omit<Home, 'env'>} home */
function secondService(first, config, { laneOn, ...home }) {
  if (config.walletId === first.config.walletId) throw bad('names the first wallet; give the second one its own');
  const shelf = new ScopedShelf(first.shelf, config.walletId);
  // That the SDK's calls must not overlap is a rule of the isolate, so both wallets wait in one lane. A lane that lies
  // on a shelf, among isolates, is the wallet's own.
  const lane = laneOn?.(shelf) ?? first.turns.lane ?? undefined;
  return new LocalWalletService({ ...home, config, shelf, lane, backendMode: first.backendMode });
}

/**
 * @param {Record<string, string | null | undefined>} env @param {string} text
 * @returns {Record<string, string | null | undefined>}
 */
function secondSettings(env, text) {
  let own;
  try {
    own = JSON.parse(text);
  } catch {
    throw bad('is not JSON'); // and its text, which may hold a mnemonic, is no part of the message
  }
  const names = Object.keys(own ?? {});
  if (!names.includes('SPARKGATE_WALLET_ID')) throw bad('names no SPARKGATE_WALLET_ID');
  if (!names.every((name) => OF_A_WALLET.test(name) && typeof own[name] === 'string')) {
    throw bad('may hold the settings of one wallet only, as text');
  }
  const shared = Object.entries(env).filter(([name]) => !OF_A_WALLET.test(name));
  return { ...Object.fromEntries(shared), ...own };
}

/** @param {LocalWalletService} second */
async function status(second) {
  const clock = new PhaseClock();
  const { identityPublicKey, balanceSats } = await second.status(clock);
  const told = { claim: claim({ balanceSats }), identityPublicKey, phases: clock.phases };
  return { outcome: 'told', code: null, reason: null, ...told };
}

/** @param {string} problem */
function bad(problem) {
  return new ContractError('config_error', `SPARKGATE_SECOND_WALLET ${problem}`);
}

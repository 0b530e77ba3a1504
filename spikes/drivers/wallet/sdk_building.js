/**
 * Builds an SDK wallet: fetches the mnemonic, loads the module, puts the parts together.
 *
 * Role: everything between the settings and a usable SDK, with typed errors. Must not know: what the SDK is used for,
 * how long it lives.
 */

import { ContractError } from './errors.js';
import { requireOwnShelf } from './known_state.js';
import { refusingChainService, sdkConfig } from './sdk_config.js';
import { createSessionStore } from './sessions.js';
import { SyncWitness } from './witnesses.js';

/**
 * @typedef {object} LoadedSdk
 * @property {any} sdk the SDK module's exports
 * @property {() => number | null} memoryBytes size of the wasm memory, null if the build does not show it
 * @property {(builder: any) => Promise<any>} [build] has the SDK built, where the host's own language is to drive it
 *
 * @typedef {object} Parts
 * @property {() => Promise<LoadedSdk>} loadSdk
 * @property {import('./config.js').NetworkDescription} network
 * @property {import('./errors.js').ErrorTable} errorTable
 * @property {() => Promise<string>} fetchMnemonic
 * @property {import('./shelf.js').Shelf} shelf
 * @property {any} storage the SDK's
 * @property {any} observer of payments, the SDK's
 */

/**
 * @param {Parts} parts @param {import('./phases.js').PhaseClock} clock
 * @returns {Promise<{wallet: any, module: any, memoryBytes: () => number | null}>} wallet: the built SDK
 */
export async function buildSdk(parts, clock) {
  const mnemonic = await clock.time('unseal', parts.fetchMnemonic);
  const { sdk: module, memoryBytes, build = builtIn } = await clock.time('load', parts.loadSdk);
  const wallet = await clock.time('build', async () => {
    await SyncWitness.of(module); // before the first sync, or its log lines are lost
    const built = await build(builder(module, mnemonic, parts)).catch((error) => {
      throw buildFailed(parts.errorTable, error);
    });
    try {
      await requireOwnShelf(parts.shelf, (await built.getInfo({})).identityPubkey);
    } catch (error) {
      await endSdk(built);
      throw error;
    }
    return built;
  });
  return { wallet, module, memoryBytes };
}

/**
 * Frees an SDK when the last of the calls has ended that it is still working on: earlier it would refuse, and be lost.
 * @param {any} wallet @param {Set<Promise<void>>} [calls]
 */
export async function endSdk(wallet, calls = new Set()) {
  await wallet.disconnect();
  const isIdle = calls.size === 0;
  const freed = Promise.all(calls).then(() => wallet.free());
  if (isIdle) await freed;
}

/** @param {any} module @param {string} mnemonic @param {Parts} parts */
function builder(module, mnemonic, { network, shelf, storage, observer }) {
  return module.SdkBuilder.new(sdkConfig(module, network), { type: 'mnemonic', mnemonic })
    .withStorage(storage)
    .withSessionStore(createSessionStore(shelf))
    .withChainService(refusingChainService())
    .withPaymentObserver(observer);
}

/** @param {any} builder @returns {Promise<any>} */
function builtIn(builder) {
  return builder.build();
}

/** @param {import('./errors.js').ErrorTable} table @param {unknown} error of the SDK */
function buildFailed(table, error) {
  const failure = table.sdkError('connect_failed', 'the SDK could not be built', error, 'check SPARKGATE_NETWORK');
  if (failure.code !== 'mnemonic_invalid') return failure;
  return new ContractError('mnemonic_invalid', 'SPARKGATE_MNEMONIC is not a valid BIP39 phrase; check its words');
}

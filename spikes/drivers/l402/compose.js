/**
 * A driver put together: settings, wallet or executor, buyer, contract. The same in every host that orchestrates.
 *
 * Role: the one place where the parts meet, so that Worker, Durable Object and Pyodide cannot differ in it.
 * What a host has of its own - how it loads the SDK, where its wallet remembers - is handed in.
 * Must not know: which host it runs in, routes, payments.
 */

import { readConfig } from '../wallet/config.js';
import { createRefusingContract } from '../wallet/contract.js';
import { ErrorTable } from '../wallet/errors.js';
import { payExperiment, walletExperiments } from '../wallet/experiments.js';
import { inspectedContract } from '../wallet/inspection.js';
import { neighbourExperiments } from '../wallet/neighbour.js';
import { SDK } from '../wallet/sdk_version.js';
import { LocalWalletService } from '../wallet/service.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { L402Buyer } from './buyer.js';
import { HttpWalletService } from './executor.js';
import { l402Experiment } from './experiment.js';

/**
 * @typedef {import('../wallet/shelf.js').Shelf} Shelf
 *
 * @typedef {object} Host what a host has of its own
 * @property {string} name of the runtime, where the settings do not tell it
 * @property {Record<string, string | null | undefined>} env settings, by the names of wallet/config.js
 * @property {any} errors errors.json: hosts differ in how a module imports JSON
 * @property {() => Promise<import('../wallet/session.js').LoadedSdk>} loadSdk called at the first use, if ever
 * @property {boolean} oneAtATime SDK calls of different requests must not overlap
 * @property {Shelf} [shelf] where wallet and buyer remember; none: in memory
 * @property {'kept' | 'request'} [sdkLife] one SDK for all requests, or one built and freed in each
 * @property {(shelf: Shelf) => Pick<import('../wallet/lane.js').Lane, 'busy' | 'run'>} [laneOn] the turns of the
 *   wallet on this shelf, where it shares them with other isolates
 * @property {Record<string, import('../wallet/contract.js').Experiment>} [steps] that only this host can take
 * @property {string[]} [shims] APIs that this host itself puts in place of what its platform lacks
 * @property {string} [backendMode] what receipts call this host if its own wallet pays: "worker_native" if not told
 */

/**
 * With SPARKGATE_EXECUTOR_URL another runtime pays and no SDK is built here.
 * @param {Host} host @returns {(request: Request) => Promise<Response>}
 */
export function composeDriver({ name, env, errors, steps = {}, shims, ...wallet }) {
  const errorTable = new ErrorTable(errors);
  const sdk = env.SPARKGATE_EXECUTOR_URL ? null : SDK;
  try {
    const config = readConfig(env);
    const { runtime, token, walletId, windowMs, sparkNetwork: network } = config;
    const { service, experiments } = config.executor
      ? remoteWallet(config.executor, errorTable)
      : localWallet({ env, config, errorTable, ...wallet });
    const buyer = new L402Buyer({ service, errorTable, walletId, windowMs, network, shelf: wallet.shelf });
    Object.assign(experiments, steps, l402Experiment(buyer));
    const driver = { runtime, sdk, token, errorTable, service, experiments, buyer };
    return inspectedContract(driver, { inspect: env.SPARKGATE_INSPECT, shelf: wallet.shelf, shims });
  } catch (error) {
    return createRefusingContract({ runtime: env.SPARKGATE_RUNTIME || name, sdk, errorTable }, error);
  }
}

/**
 * @param {Pick<Host, 'env' | 'loadSdk' | 'oneAtATime' | 'shelf' | 'sdkLife' | 'laneOn' | 'backendMode'>
 *   & {config: import('../wallet/config.js').Config, errorTable: ErrorTable}} options
 */
function localWallet({ config, shelf = new MemoryShelf(), backendMode = 'worker_native', env, ...home }) {
  const { laneOn, ...options } = home;
  const service = new LocalWalletService({ ...options, config, shelf, backendMode, lane: laneOn?.(shelf) });
  const steps = walletExperiments(service, home.errorTable);
  return { service, experiments: { ...steps, ...neighbourExperiments(service, { env, ...home }) } };
}

/** @param {{url: string, token: string, timeoutS: number}} executor @param {ErrorTable} errorTable */
function remoteWallet(executor, errorTable) {
  const service = new HttpWalletService({ executor, errorTable });
  return { service, experiments: payExperiment(service, errorTable) };
}

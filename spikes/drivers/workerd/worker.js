/**
 * workerd driver: wallet and L402 buyer in one isolate, or the buyer alone.
 *
 * Role: host. With SPARKGATE_EXECUTOR_URL the Worker only orchestrates and another runtime pays; without it the
 * wallet is built in this isolate, once, at the first request that needs it. Must not know: payments, routes.
 */

import { HttpWalletService } from '../l402/executor.js';
import { L402Buyer } from '../l402/buyer.js';
import { l402Experiment } from '../l402/experiment.js';
import { readConfig } from '../wallet/config.js';
import { createContract, createRefusingContract } from '../wallet/contract.js';
import { ErrorTable } from '../wallet/errors.js';
import errors from '../wallet/errors.json';
import { payExperiment, walletExperiments } from '../wallet/experiments.js';
import { SDK } from '../wallet/sdk_version.js';
import { LocalWalletService } from '../wallet/service.js';
import { loadSdk } from './sdk.js';

/** @type {((request: Request) => Promise<Response>) | undefined} */
let handle;

export default {
  /**
   * @param {Request} request @param {Record<string, string | null>} env
   * @param {{waitUntil: (work: Promise<unknown>) => void}} context
   */
  async fetch(request, env, context) {
    handle ??= compose(env);
    const answer = handle(request);
    // A caller that hangs up must not cancel a payment half-way: the work goes on until it is booked.
    context.waitUntil(answer);
    return answer;
  },
};

/** @param {Record<string, string | null>} env */
function compose(env) {
  const errorTable = new ErrorTable(errors);
  const sdk = env.SPARKGATE_EXECUTOR_URL ? null : SDK;
  try {
    const config = readConfig(env);
    const { runtime, token, walletId, windowMs } = config;
    const { service, experiments } = config.executor
      ? remoteWallet(config.executor, errorTable)
      : localWallet(config, errorTable);
    const buyer = new L402Buyer({ service, errorTable, windowMs });
    Object.assign(experiments, l402Experiment({ buyer, service, errorTable, walletId }));
    return createContract({ runtime, sdk, token, errorTable, service, experiments });
  } catch (error) {
    return createRefusingContract({ runtime: env.SPARKGATE_RUNTIME || 'workerd', sdk, errorTable }, error);
  }
}

/**
 * SDK calls of different requests must not overlap in a Worker: payments that wait for one another's leaf swap
 * then hang (known.toml: overlapping-payments-hang-in-a-worker). The likely cause, not traced: the SDK's executor
 * wakes a waiting task in whichever request happens to run, and what that task starts ends with that request.
 * @param {import('../wallet/config.js').Config} config @param {ErrorTable} errorTable
 */
function localWallet(config, errorTable) {
  const service = new LocalWalletService({ config, errorTable, loadSdk, oneAtATime: true });
  return { service, experiments: walletExperiments(service, errorTable) };
}

/** @param {{url: string, token: string, timeoutS: number}} executor @param {ErrorTable} errorTable */
function remoteWallet(executor, errorTable) {
  const service = new HttpWalletService({ executor, errorTable });
  return { service, experiments: payExperiment(service, errorTable) };
}

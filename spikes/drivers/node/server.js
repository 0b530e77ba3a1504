/**
 * Node driver: the external runtime of Topology B. Serves the contract on a loopback port.
 *
 * Role: host. Reads settings from the environment, prints one ready line on stdout, ends with its parent.
 * Must not know: payments, routes.
 */

import { createServer } from 'node:http';

import { createRefusingContract } from '../wallet/contract.js';
import { ContractError, ErrorTable } from '../wallet/errors.js';
import errors from '../wallet/errors.json' with { type: 'json' };
import { walletExperiments } from '../wallet/experiments.js';
import { readConfig } from '../wallet/config.js';
import { inspectedContract } from '../wallet/inspection.js';
import { neighbourExperiments } from '../wallet/neighbour.js';
import { SDK } from '../wallet/sdk_version.js';
import { LocalWalletService } from '../wallet/service.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { openDiskShelf } from './disk_shelf.js';
import { fetchHandler } from './fetch_handler.js';
import { endWithParent, keepStdoutForTheReadyLine, watchForDefects } from './process.js';
import { loadSdk } from './sdk.js';

const READY = keepStdoutForTheReadyLine();
watchForDefects();

const server = createServer(fetchHandler(compose(process.env)));
endWithParent(server, process.env.SPARKGATE_LIFELINE === '1');
// Secrets are read: what is started from here, and what reads the environment later, need not see them.
for (const name of ['SPARKGATE_MNEMONIC', 'SPARKGATE_SECOND_WALLET', 'SPARKGATE_TOKEN', 'SPARKGATE_API_KEY']) delete process.env[name];
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  READY({ event: 'listen', port: typeof address === 'object' ? address?.port : null });
});

/** @param {NodeJS.ProcessEnv} env */
function compose(env) {
  const errorTable = new ErrorTable(errors);
  try {
    const config = readConfig(env);
    if (config.executor) {
      throw new ContractError(
        'config_error',
        'SPARKGATE_EXECUTOR_URL is set, but this driver is an executor; unset it',
      );
    }
    // Without a directory it remembers in memory, and its status says so.
    const shelf = env.SPARKGATE_STATE_DIR ? openDiskShelf(env.SPARKGATE_STATE_DIR) : new MemoryShelf();
    const home = { errorTable, loadSdk, oneAtATime: false };
    const service = new LocalWalletService({ ...home, config, shelf });
    const neighbour = neighbourExperiments(service, { ...home, env });
    const experiments = { ...walletExperiments(service, errorTable), ...neighbour };
    const driver = { runtime: config.runtime, sdk: SDK, token: config.token, errorTable, service, experiments };
    return inspectedContract(driver, { inspect: env.SPARKGATE_INSPECT, shelf });
  } catch (error) {
    return createRefusingContract({ runtime: env.SPARKGATE_RUNTIME || 'node', sdk: SDK, errorTable }, error);
  }
}

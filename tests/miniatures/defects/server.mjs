/**
 * Buyer and wallet of the drivers in one Node process: where a seeded defect can be switched in.
 *
 * Role: host, as spikes/drivers/workerd is one; its shelf is a file, so that it outlives a restart.
 * Must not know: which defect it has, payments.
 */

import { createServer } from 'node:http';

import { composeDriver } from '../../../spikes/drivers/l402/compose.js';
import { openDiskShelf } from '../../../spikes/drivers/node/disk_shelf.js';
import { fetchHandler } from '../../../spikes/drivers/node/fetch_handler.js';
import { endWithParent, keepStdoutForTheReadyLine } from '../../../spikes/drivers/node/process.js';
import { loadSdk } from '../../../spikes/drivers/node/sdk.js';
import errors from '../../../spikes/drivers/wallet/errors.json' with { type: 'json' };

const ready = keepStdoutForTheReadyLine();
const shelf = openDiskShelf(process.env.SPARKGATE_STATE_DIR);
const server = createServer(
  fetchHandler(composeDriver({ name: 'defects', env: process.env, errors, loadSdk, oneAtATime: false, shelf })),
);
endWithParent(server, process.env.SPARKGATE_LIFELINE === '1');
server.listen(0, '127.0.0.1', () => ready({ event: 'listen', port: server.address().port }));

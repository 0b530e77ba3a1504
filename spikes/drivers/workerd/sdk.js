/**
 * Instantiates the SDK's web build, as published, in a Worker.
 *
 * Role: hands the module to the wallet. workerd compiles the wasm file when it loads the Worker (compiling at
 * run time is forbidden); instantiating it is left to the first use, so that an orchestrating Worker pays
 * nothing for it. Must not know: what the module is used for.
 */

import * as sdk from '../node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm.js';
import module from '../node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm_bg.wasm';

/** @returns {Promise<import('../wallet/session.js').LoadedSdk>} */
export async function loadSdk() {
  const { memory } = sdk.initSync({ module });
  return { sdk, memoryBytes: () => memory.buffer.byteLength };
}

/**
 * Settings of the SDK: server mode, our network, and nothing that would speak to anybody else.
 *
 * Role: the one place that says what the SDK may reach. Must not know: wallets, payments.
 */

/**
 * @param {any} sdk the SDK module @param {import('./config.js').NetworkDescription} network
 * @returns {any} the SDK's Config
 */
export function sdkConfig(sdk, network) {
  const config = sdk.defaultServerConfig(network.network ?? 'regtest');
  config.apiKey = network.apiKey;
  config.lnurlDomain = undefined;
  config.realTimeSyncServerUrl = undefined;
  config.crossChainConfig = undefined;
  config.externalInputParsers = undefined;
  config.useDefaultExternalInputParsers = false;
  config.preferSparkOverLightning = false;
  config.sparkConfig = {
    ...config.sparkConfig,
    coordinatorIdentifier: network.coordinatorIdentifier,
    threshold: network.threshold,
    signingOperators: network.operators.map(({ id, identifier, identityPublicKey, grpc_web }) => ({
      id,
      identifier,
      identityPublicKey,
      address: grpc_web,
    })),
    sspConfig: { ...network.ssp },
  };
  return config;
}

/** A paying wallet has no business on the chain; the default service would call a public server. */
export function refusingChainService() {
  const refuse = async () => {
    throw new Error('this wallet has no chain service: on-chain deposits and withdrawals are switched off');
  };
  return {
    getAddressUtxos: refuse,
    getTransactionStatus: refuse,
    getTransactionHex: refuse,
    broadcastTransaction: refuse,
    recommendedFees: refuse,
  };
}

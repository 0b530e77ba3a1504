# The Worker, for the real workerd binary. Precompile it (text costs 110 ms CPU at every start):
#   workerd compile config.capnp --config-only > config.bin
#   workerd serve -b config.bin --control-fd=N      the control fd tells the port
# All embeds are relative to this file; the SDK comes from node_modules as published.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # The Worker's only way out. Without it fetch would reach the public internet.
    (name = "loopback", network = (allow = ["127.0.0.1/32"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  # The first module is the main one. Names mirror paths, so that relative imports work as in Node.
  modules = [
    (name = "workerd/worker.js", esModule = embed "worker.js"),
    (name = "workerd/sdk.js", esModule = embed "sdk.js"),
    (name = "l402/buyer.js", esModule = embed "../l402/buyer.js"),
    (name = "l402/challenge.js", esModule = embed "../l402/challenge.js"),
    (name = "l402/credentials.js", esModule = embed "../l402/credentials.js"),
    (name = "l402/executor.js", esModule = embed "../l402/executor.js"),
    (name = "l402/experiment.js", esModule = embed "../l402/experiment.js"),
    (name = "l402/macaroon.js", esModule = embed "../l402/macaroon.js"),
    (name = "l402/offer.js", esModule = embed "../l402/offer.js"),
    (name = "l402/policy.js", esModule = embed "../l402/policy.js"),
    (name = "l402/seller.js", esModule = embed "../l402/seller.js"),
    (name = "wallet/auth.js", esModule = embed "../wallet/auth.js"),
    (name = "wallet/bolt11.js", esModule = embed "../wallet/bolt11.js"),
    (name = "wallet/canonical.js", esModule = embed "../wallet/canonical.js"),
    (name = "wallet/config.js", esModule = embed "../wallet/config.js"),
    (name = "wallet/contract.js", esModule = embed "../wallet/contract.js"),
    (name = "wallet/errors.js", esModule = embed "../wallet/errors.js"),
    (name = "wallet/experiments.js", esModule = embed "../wallet/experiments.js"),
    (name = "wallet/hashing.js", esModule = embed "../wallet/hashing.js"),
    (name = "wallet/invoice.js", esModule = embed "../wallet/invoice.js"),
    (name = "wallet/lane.js", esModule = embed "../wallet/lane.js"),
    (name = "wallet/limits.js", esModule = embed "../wallet/limits.js"),
    (name = "wallet/money.js", esModule = embed "../wallet/money.js"),
    (name = "wallet/pay.js", esModule = embed "../wallet/pay.js"),
    (name = "wallet/pay_answer.js", esModule = embed "../wallet/pay_answer.js"),
    (name = "wallet/phases.js", esModule = embed "../wallet/phases.js"),
    (name = "wallet/receipts.js", esModule = embed "../wallet/receipts.js"),
    (name = "wallet/redaction.js", esModule = embed "../wallet/redaction.js"),
    (name = "wallet/register.js", esModule = embed "../wallet/register.js"),
    (name = "wallet/requests.js", esModule = embed "../wallet/requests.js"),
    (name = "wallet/sdk_config.js", esModule = embed "../wallet/sdk_config.js"),
    (name = "wallet/sdk_version.js", esModule = embed "../wallet/sdk_version.js"),
    (name = "wallet/service.js", esModule = embed "../wallet/service.js"),
    (name = "wallet/session.js", esModule = embed "../wallet/session.js"),
    (name = "wallet/sessions.js", esModule = embed "../wallet/sessions.js"),
    (name = "wallet/settlement.js", esModule = embed "../wallet/settlement.js"),
    (name = "wallet/spend_window.js", esModule = embed "../wallet/spend_window.js"),
    (name = "wallet/storage.js", esModule = embed "../wallet/storage.js"),
    (name = "wallet/storage_filters.js", esModule = embed "../wallet/storage_filters.js"),
    (name = "wallet/storage_payments.js", esModule = embed "../wallet/storage_payments.js"),
    (name = "wallet/storage_records.js", esModule = embed "../wallet/storage_records.js"),
    (name = "wallet/witnesses.js", esModule = embed "../wallet/witnesses.js"),
    (name = "wallet/errors.json", json = embed "../wallet/errors.json"),
    (name = "node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm.js",
      esModule = embed "../node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm.js"),
    (name = "node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm_bg.wasm",
      wasm = embed "../node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm_bg.wasm"),
  ],
  compatibilityDate = "2026-11-01",
  # Secrets arrive as bindings; by default workerd would copy them into process.env as well.
  compatibilityFlags = ["nodejs_compat_do_not_populate_process_env"],
  globalOutbound = "loopback",
  bindings = [
    (name = "SPARKGATE_RUNTIME", fromEnvironment = "SPARKGATE_RUNTIME"),
    (name = "SPARKGATE_TOKEN", fromEnvironment = "SPARKGATE_TOKEN"),
    (name = "SPARKGATE_WALLET_ID", fromEnvironment = "SPARKGATE_WALLET_ID"),
    (name = "SPARKGATE_NETWORK", fromEnvironment = "SPARKGATE_NETWORK"),
    (name = "SPARKGATE_MNEMONIC", fromEnvironment = "SPARKGATE_MNEMONIC"),
    (name = "SPARKGATE_EXECUTOR_URL", fromEnvironment = "SPARKGATE_EXECUTOR_URL"),
    (name = "SPARKGATE_EXECUTOR_TOKEN", fromEnvironment = "SPARKGATE_EXECUTOR_TOKEN"),
    (name = "SPARKGATE_EXECUTOR_TIMEOUT_S", fromEnvironment = "SPARKGATE_EXECUTOR_TIMEOUT_S"),
    (name = "SPARKGATE_REQUEST_CAP_MSATS", fromEnvironment = "SPARKGATE_REQUEST_CAP_MSATS"),
    (name = "SPARKGATE_WINDOW_CAP_MSATS", fromEnvironment = "SPARKGATE_WINDOW_CAP_MSATS"),
    (name = "SPARKGATE_WINDOW_S", fromEnvironment = "SPARKGATE_WINDOW_S"),
    (name = "SPARKGATE_HOST_ALLOWLIST", fromEnvironment = "SPARKGATE_HOST_ALLOWLIST"),
    (name = "SPARKGATE_COMPLETION_TIMEOUT_S", fromEnvironment = "SPARKGATE_COMPLETION_TIMEOUT_S"),
  ],
);

@0xd1a7c3f25b90e846;
# The one script that Cloudflare would be given - Worker, Durable Object, wallet, SDK - and what every way of running
# it has in common. workerd/config.capnp and durable_object/config.capnp each choose an entry point of it.
# All embeds are relative to this file; the SDK comes from node_modules as published.

using Workerd = import "/workerd/workerd.capnp";

const modules :List(Workerd.Worker.Module) = [
  # The first module is the main one. Names mirror paths, so that relative imports work as in Node.
  (name = "workerd/script.js", esModule = embed "script.js"),
  (name = "workerd/sdk.js", esModule = embed "sdk.js"),
  (name = "workerd/worker.js", esModule = embed "worker.js"),
  (name = "durable_object/front.js", esModule = embed "../durable_object/front.js"),
  (name = "durable_object/wallet_object.js", esModule = embed "../durable_object/wallet_object.js"),
  (name = "l402/buyer.js", esModule = embed "../l402/buyer.js"),
  (name = "l402/challenge.js", esModule = embed "../l402/challenge.js"),
  (name = "l402/compose.js", esModule = embed "../l402/compose.js"),
  (name = "l402/credentials.js", esModule = embed "../l402/credentials.js"),
  (name = "l402/executor.js", esModule = embed "../l402/executor.js"),
  (name = "l402/experiment.js", esModule = embed "../l402/experiment.js"),
  (name = "l402/macaroon.js", esModule = embed "../l402/macaroon.js"),
  (name = "l402/offer.js", esModule = embed "../l402/offer.js"),
  (name = "l402/policy.js", esModule = embed "../l402/policy.js"),
  (name = "l402/seller.js", esModule = embed "../l402/seller.js"),
  (name = "wallet/auth.js", esModule = embed "../wallet/auth.js"),
  (name = "wallet/bolt11.js", esModule = embed "../wallet/bolt11.js"),
  (name = "wallet/books.js", esModule = embed "../wallet/books.js"),
  (name = "wallet/canonical.js", esModule = embed "../wallet/canonical.js"),
  (name = "wallet/config.js", esModule = embed "../wallet/config.js"),
  (name = "wallet/contract.js", esModule = embed "../wallet/contract.js"),
  (name = "wallet/custody.js", esModule = embed "../wallet/custody.js"),
  (name = "wallet/envelope.js", esModule = embed "../wallet/envelope.js"),
  (name = "wallet/errors.js", esModule = embed "../wallet/errors.js"),
  (name = "wallet/experiments.js", esModule = embed "../wallet/experiments.js"),
  (name = "wallet/hashing.js", esModule = embed "../wallet/hashing.js"),
  (name = "wallet/host_ledger.js", esModule = embed "../wallet/host_ledger.js"),
  (name = "wallet/inspection.js", esModule = embed "../wallet/inspection.js"),
  (name = "wallet/invoice.js", esModule = embed "../wallet/invoice.js"),
  (name = "wallet/known_state.js", esModule = embed "../wallet/known_state.js"),
  (name = "wallet/lane.js", esModule = embed "../wallet/lane.js"),
  (name = "wallet/limits.js", esModule = embed "../wallet/limits.js"),
  (name = "wallet/money.js", esModule = embed "../wallet/money.js"),
  (name = "wallet/neighbour.js", esModule = embed "../wallet/neighbour.js"),
  (name = "wallet/open_work.js", esModule = embed "../wallet/open_work.js"),
  (name = "wallet/pay.js", esModule = embed "../wallet/pay.js"),
  (name = "wallet/pay_answer.js", esModule = embed "../wallet/pay_answer.js"),
  (name = "wallet/phases.js", esModule = embed "../wallet/phases.js"),
  (name = "wallet/receipts.js", esModule = embed "../wallet/receipts.js"),
  (name = "wallet/redaction.js", esModule = embed "../wallet/redaction.js"),
  (name = "wallet/register.js", esModule = embed "../wallet/register.js"),
  (name = "wallet/requests.js", esModule = embed "../wallet/requests.js"),
  (name = "wallet/sdk_building.js", esModule = embed "../wallet/sdk_building.js"),
  (name = "wallet/sdk_calls.js", esModule = embed "../wallet/sdk_calls.js"),
  (name = "wallet/sdk_config.js", esModule = embed "../wallet/sdk_config.js"),
  (name = "wallet/sdk_version.js", esModule = embed "../wallet/sdk_version.js"),
  (name = "wallet/service.js", esModule = embed "../wallet/service.js"),
  (name = "wallet/session.js", esModule = embed "../wallet/session.js"),
  (name = "wallet/sessions.js", esModule = embed "../wallet/sessions.js"),
  (name = "wallet/settlement.js", esModule = embed "../wallet/settlement.js"),
  (name = "wallet/shelf.js", esModule = embed "../wallet/shelf.js"),
  (name = "wallet/shelf_scoped.js", esModule = embed "../wallet/shelf_scoped.js"),
  (name = "wallet/shelf_sql.js", esModule = embed "../wallet/shelf_sql.js"),
  (name = "wallet/spend_window.js", esModule = embed "../wallet/spend_window.js"),
  (name = "wallet/storage.js", esModule = embed "../wallet/storage.js"),
  (name = "wallet/storage_filters.js", esModule = embed "../wallet/storage_filters.js"),
  (name = "wallet/storage_payments.js", esModule = embed "../wallet/storage_payments.js"),
  (name = "wallet/storage_records.js", esModule = embed "../wallet/storage_records.js"),
  (name = "wallet/storage_rows.js", esModule = embed "../wallet/storage_rows.js"),
  (name = "wallet/turns.js", esModule = embed "../wallet/turns.js"),
  (name = "wallet/witnesses.js", esModule = embed "../wallet/witnesses.js"),
  (name = "wallet/errors.json", json = embed "../wallet/errors.json"),
  (name = "node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm.js",
    esModule = embed "../node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm.js"),
  (name = "node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm_bg.wasm",
    wasm = embed "../node_modules/@breeztech/breez-sdk-spark/web/breez_sdk_spark_wasm_bg.wasm"),
];

const bindings :List(Workerd.Worker.Binding) = [
  (name = "SPARKGATE_RUNTIME", fromEnvironment = "SPARKGATE_RUNTIME"),
  (name = "SPARKGATE_TOKEN", fromEnvironment = "SPARKGATE_TOKEN"),
  (name = "SPARKGATE_WALLET_ID", fromEnvironment = "SPARKGATE_WALLET_ID"),
  (name = "SPARKGATE_NETWORK", fromEnvironment = "SPARKGATE_NETWORK"),
  (name = "SPARKGATE_MNEMONIC", fromEnvironment = "SPARKGATE_MNEMONIC"),
  (name = "SPARKGATE_WALLET_SOURCE", fromEnvironment = "SPARKGATE_WALLET_SOURCE"),
  (name = "SPARKGATE_ENVELOPE", fromEnvironment = "SPARKGATE_ENVELOPE"),
  (name = "SPARKGATE_WALLET_KEY_VERSION", fromEnvironment = "SPARKGATE_WALLET_KEY_VERSION"),
  (name = "SPARKGATE_KMS_URL", fromEnvironment = "SPARKGATE_KMS_URL"),
  (name = "SPARKGATE_KMS_TOKEN", fromEnvironment = "SPARKGATE_KMS_TOKEN"),
  (name = "SPARKGATE_KMS_TIMEOUT_S", fromEnvironment = "SPARKGATE_KMS_TIMEOUT_S"),
  (name = "SPARKGATE_INSPECT", fromEnvironment = "SPARKGATE_INSPECT"),
  (name = "SPARKGATE_SECOND_WALLET", fromEnvironment = "SPARKGATE_SECOND_WALLET"),
  (name = "SPARKGATE_EXECUTOR_URL", fromEnvironment = "SPARKGATE_EXECUTOR_URL"),
  (name = "SPARKGATE_EXECUTOR_TOKEN", fromEnvironment = "SPARKGATE_EXECUTOR_TOKEN"),
  (name = "SPARKGATE_EXECUTOR_TIMEOUT_S", fromEnvironment = "SPARKGATE_EXECUTOR_TIMEOUT_S"),
  (name = "SPARKGATE_REQUEST_CAP_MSATS", fromEnvironment = "SPARKGATE_REQUEST_CAP_MSATS"),
  (name = "SPARKGATE_WINDOW_CAP_MSATS", fromEnvironment = "SPARKGATE_WINDOW_CAP_MSATS"),
  (name = "SPARKGATE_WINDOW_S", fromEnvironment = "SPARKGATE_WINDOW_S"),
  (name = "SPARKGATE_HOST_ALLOWLIST", fromEnvironment = "SPARKGATE_HOST_ALLOWLIST"),
  (name = "SPARKGATE_COMPLETION_TIMEOUT_S", fromEnvironment = "SPARKGATE_COMPLETION_TIMEOUT_S"),
];

const compatibilityDate :Text = "2026-11-01";

# Secrets arrive as bindings; by default workerd would copy them into process.env as well.
const compatibilityFlags :List(Text) = ["nodejs_compat_do_not_populate_process_env"];

# The script's only way out. Without it fetch would reach the public internet.
const loopback :Workerd.Service = (name = "loopback", network = (allow = ["127.0.0.1/32"]));

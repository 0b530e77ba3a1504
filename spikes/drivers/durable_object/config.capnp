# Worker and Durable Object, for the real workerd binary: the same script as workerd/config.capnp, entered at its front.
#   workerd compile config.capnp --config-only > config.bin
#   workerd serve -b config.bin --control-fd=N --directory-path=state=DIR
# DIR must exist; the object's SQLite lies in it.

using Workerd = import "/workerd/workerd.capnp";
using Script = import "../workerd/script.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "state", disk = (writable = true)),
    Script.loopback,
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = (name = "main", entrypoint = "front"))],
);

const worker :Workerd.Worker = (
  modules = Script.modules,
  bindings = Script.bindings,
  compatibilityDate = Script.compatibilityDate,
  compatibilityFlags = Script.compatibilityFlags,
  globalOutbound = "loopback",
  # The front finds the namespace in its context's exports; a binding would have to be listed beside the shared ones.
  durableObjectNamespaces = [(className = "WalletObject", uniqueKey = "wallet", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
);

# Worker and Durable Object of a live run: as config.capnp, but with a way out to the public internet.
# `python -m spikes live` starts it, and nothing else does.

using Workerd = import "/workerd/workerd.capnp";
using Script = import "../workerd/script.capnp";
using Outside = import "../workerd/outside.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "state", disk = (writable = true)),
    Outside.outside,
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = (name = "main", entrypoint = "front"))],
);

const worker :Workerd.Worker = (
  modules = Script.modules,
  bindings = Script.bindings,
  compatibilityDate = Script.compatibilityDate,
  compatibilityFlags = Script.compatibilityFlags,
  globalOutbound = "outside",
  # The front finds the namespace in its context's exports; a binding would have to be listed beside the shared ones.
  durableObjectNamespaces = [(className = "WalletObject", uniqueKey = "wallet", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
);

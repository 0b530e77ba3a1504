# The Worker of live runs: as config.capnp, but with a way out to the public internet. Nothing else serves it.
# `python -m spikes flows --live` starts it without a wallet, `python -m spikes live` with one.

using Workerd = import "/workerd/workerd.capnp";
using Script = import "script.capnp";
using Outside = import "outside.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), Outside.outside],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = Script.modules,
  bindings = Script.bindings,
  compatibilityDate = Script.compatibilityDate,
  compatibilityFlags = Script.compatibilityFlags,
  globalOutbound = "outside",
);


# The Worker, for the real workerd binary. Precompile it (text costs 110 ms CPU at every start):
#   workerd compile config.capnp --config-only > config.bin
#   workerd serve -b config.bin --control-fd=N      the control fd tells the port

using Workerd = import "/workerd/workerd.capnp";
using Script = import "script.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), Script.loopback],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = Script.modules,
  bindings = Script.bindings,
  compatibilityDate = Script.compatibilityDate,
  compatibilityFlags = Script.compatibilityFlags,
  globalOutbound = "loopback",
);

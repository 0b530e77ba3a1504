# The least a Worker can be, with the date and flags of the Workers under test.

using Workerd = import "/workerd/workerd.capnp";
using Script = import "../../../drivers/workerd/script.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    Script.loopback,
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = Script.compatibilityDate,
  compatibilityFlags = Script.compatibilityFlags,
  globalOutbound = "loopback",
);

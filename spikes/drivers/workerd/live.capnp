# The Worker that `python -m spikes flows --live` starts: as config.capnp, but with a way out to the public internet.
# Nothing else serves this configuration. It owns no wallet: it asks a seller and an executor that the caller named.

using Workerd = import "/workerd/workerd.capnp";
using Script = import "script.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), .outside],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = Script.modules,
  bindings = Script.bindings,
  compatibilityDate = Script.compatibilityDate,
  compatibilityFlags = Script.compatibilityFlags,
  globalOutbound = "outside",
);

const outside :Workerd.Service = (
  name = "outside",
  network = (allow = ["public", "127.0.0.1/32"], tlsOptions = (trustBrowserCas = true)),
);

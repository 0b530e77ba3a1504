# The smallest Python Worker, for the real workerd binary: does it start here at all? Never reached by a request.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "loopback", network = (allow = ["127.0.0.1/32"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "python_worker.py", pythonModule = embed "python_worker.py")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["python_workers"],
  globalOutbound = "loopback",
);

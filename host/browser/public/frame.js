// Holds the worker in which a stranger's policy runs: in a frame without an origin, a network or a storage of its own.
//
// Always true here: code runs only where the frame has no origin; a page that embeds it without a sandbox gets an error. The frame passes
// messages on and understands none, but the first, which brings the worker's code.
addEventListener("message", (first) => {
  const [port] = first.ports;
  if (first.source !== parent || port === undefined) return;
  if (self.origin !== "null") {
    port.postMessage({ id: 0, error: { kind: "load", message: "the frame of this policy has an origin, and runs nothing: embed it with `sandbox=\"allow-scripts\"`" } });
    return;
  }
  const worker = new Worker(URL.createObjectURL(new Blob([first.data], { type: "text/javascript" })));
  worker.onmessage = (message) => port.postMessage(message.data);
  worker.onerror = () => port.postMessage({ id: 0, error: { kind: "load", message: "the worker of this policy could not be started" } });
  port.onmessage = (message) => worker.postMessage(message.data);
}, { once: true });

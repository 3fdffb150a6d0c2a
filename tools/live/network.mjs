// Answers every request of Python in the page by `respond` of runner.py, the scripted model: nothing goes over the network.

/** Replace `fetch` by one that asks this function. */
export function answerRequests(respond) {
  globalThis.fetch = async (url, options = {}) => {
    const headers = JSON.stringify(options.headers ?? {});
    const found = respond(options.method ?? "GET", String(url), headers, options.body ?? new Uint8Array());
    if (found == null) throw new TypeError("Failed to fetch");
    const [status, answered, pieces, pause, cutAfter] = found.toJs();
    found.destroy();
    return new Response(inPieces(pieces, pause, cutAfter, options.signal), { status, headers: answered });
  };
}

function inPieces(pieces, pause, cutAfter, signal) {
  let sent = 0;
  return new ReadableStream({
    start(controller) {
      signal?.addEventListener("abort", () => { try { controller.error(signal.reason); } catch { /* it has ended */ } });
    },
    async pull(controller) {
      if (pause) await new Promise((done) => setTimeout(done, pause * 1000));
      if (sent === cutAfter) controller.error(new TypeError("the connection was cut"));
      else if (sent === pieces.length) controller.close();
      else controller.enqueue(pieces[sent++]);
    },
  });
}

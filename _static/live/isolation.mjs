// A page may share memory with its Python only if it comes with two headers. Where the host does not
// send them, a service worker adds them to the pages that are opened after the first press.

const script = new URL("../../chapters/service_worker.js", import.meta.url);

export async function isolateNextPages() {
  if (globalThis.crossOriginIsolated) return;
  try {
    await navigator.serviceWorker?.register(script); // there is none without https
  } catch {
    // A browser may refuse. Then Stop ends Python, and the cells run again.
  }
}

export async function isolateNoMore() {
  const found = await navigator.serviceWorker?.getRegistration();
  if (found?.scope === new URL(".", script).href) await found.unregister();
}

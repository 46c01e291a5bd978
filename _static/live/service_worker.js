// Sends the pages of chapters/ on with the two headers that let Stop keep all names, where the host
// does not send them. Nothing is kept here: each page comes from the host, as it would without this.
//
// _ext/live.py copies this file into chapters/, and it sees no page above that folder. A browser
// keeps it. To take it away from all readers, publish it with only these two lines in it:
//
//     addEventListener("install", () => skipWaiting());
//     addEventListener("activate", () => registration.unregister());

addEventListener("install", () => skipWaiting());

addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(withHeaders(event.request));
});

async function withHeaders(request) {
  const page = await fetch(request);
  if (!page.ok) return page;
  const headers = new Headers(page.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  return new Response(page.body, { status: page.status, headers });
}

const STYLE = `
:root { color-scheme: light dark; --bad: #b3261e; --good: #1a7f37; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7ee787; } }
body { font: 1rem/1.45 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 0 1rem 3rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin-bottom: 0; }
article { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .8rem; margin: .6rem 0; }
article p, ul { margin: .2rem 0; } ul { padding-left: 1.2rem; }
body, pre { overflow-wrap: anywhere; } pre { white-space: pre-wrap; margin: .3rem 0; font-size: .85rem; }
.Failed, .Terminated, .problem { color: var(--bad); font-weight: 600; } .Completed { color: var(--good); }
small { opacity: .75; }`;

/** A page for people; it needs nothing but itself. */
export function htmlPage(title: string, body: string): Response {
  const html = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${body}
</html>
`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
}

export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export function link(url: string, text = url): string {
  return `<a href="${escaped(url)}">${escaped(text)}</a>`;
}

export function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${item}</li>`).join("\n")}</ul>`;
}

// The page around every view: head, bar, main part, and the dialog that asks before something is ended.

import { assetNames } from "../assets/assets.ts";
import { type Html, html } from "../html.ts";
import type { Page } from "../page.ts";
import type { Visitor } from "../visitor.ts";
import { foreign } from "./parts.ts";

export interface Layout {
  readonly title: string;
  readonly body: Html;
  /** Present where the console's pages are open to this visitor. */
  readonly navigation?: { readonly current: "sessions" | "activity" | undefined; readonly visitor: Visitor };
  /** A narrow page, for one thing at a time. */
  readonly isNarrow?: boolean;
}

export function layout(page: Page, { title, body, navigation, isNarrow }: Layout): Html {
  const { base, texts } = page;
  const asset = (name: keyof typeof assetNames): string => `${base}/assets/${assetNames[name]}`;
  return html`<!doctype html>
<html lang="${texts.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${asset("icon")}">
<link rel="stylesheet" href="${asset("style")}">
<script type="module" src="${asset("script")}"></script>
</head>
<body>
<a class="skip" href="#main">${texts.skip}</a>
${navigation ? bar(page, asset("icon"), navigation) : ""}
<main id="main" tabindex="-1"${isNarrow ? html` class="narrow"` : ""}>
${body}
</main>
${confirmDialog(page)}
</body>
</html>
`;
}

function bar(page: Page, icon: string, { current, visitor }: NonNullable<Layout["navigation"]>): Html {
  const { base, texts } = page;
  const link = (name: "sessions" | "activity", path: string): Html =>
    html`<li><a href="${base}${path}"${current === name ? html` aria-current="page"` : ""}>${texts[name]}</a></li>`;
  return html`<header class="bar">
<div class="bar-inside">
<img src="${icon}" alt="" width="28" height="28">
<nav aria-label="${texts.navigation}"><ul>${link("sessions", "/")}${link("activity", "/activity")}</ul></nav>
<p class="who">${visitor.owner === undefined ? texts.nobody : html`${texts.signedInAs} ${foreign(visitor.owner)}`}</p>
</div>
</header>`;
}

function confirmDialog({ texts }: Page): Html {
  return html`<dialog id="confirm" aria-labelledby="confirm-question" aria-describedby="confirm-consequence">
<form method="dialog">
<h2 id="confirm-question">${texts.end.title}</h2>
<p id="confirm-consequence">${texts.end.consequence}</p>
<div class="buttons"><button value="cancel" autofocus>${texts.cancel}</button><button class="danger solid" value="ok">${texts.end.confirm}</button></div>
</form>
</dialog>`;
}

// The devices page: a user's own sessions, and a button to log each of them out.

import type { SessionInfo } from "../../core/admin/session-info.ts";
import { deviceName } from "../device-names.ts";
import { type Html, html } from "../html.ts";
import type { Page } from "../page.ts";
import type { Visitor } from "../visitor.ts";
import { layout } from "./layout.ts";
import { csrfField, deviceLabel, endButton, foreign, timeAgo } from "./parts.ts";

export interface DevicesView {
  readonly visitor: Visitor;
  /** The visitor's own sessions alone. */
  readonly sessions: readonly SessionInfo[];
  /** How many the request before this one has ended. */
  readonly ended: number | undefined;
}

export function devicesView(page: Page, { visitor, sessions, ended }: DevicesView): Html {
  const { texts, formats, base } = page;
  const { devices } = texts;
  const inOrder = [...sessions].sort(
    (a, b) =>
      Number(b.key === visitor.key) - Number(a.key === visitor.key) ||
      b.lastActiveAt.getTime() - a.lastActiveAt.getTime(),
  );
  const body = html`<h1>${devices.title}</h1>
${ended === undefined ? "" : html`<p class="done" role="status">${devices.done(ended, formats.number(ended))}</p>`}
<p>${devices.intro(sessions.length, formats.number(sessions.length))}</p>
<form method="post" action="${base}/end">
${csrfField(visitor)}
<ul class="devices">${inOrder.map((session) => device(page, session, visitor))}</ul>
</form>
${
  sessions.length < 2
    ? ""
    : html`<form class="buttons" method="post" action="${base}/end-others">${csrfField(visitor)}${endButton({ text: devices.logOutOthers, question: devices.askOthers })}</form>`
}`;
  return layout(page, { title: devices.title, body, isNarrow: true });
}

function device(page: Page, session: SessionInfo, visitor: Visitor): Html {
  const { devices } = page.texts;
  const name = deviceLabel(page, session.device);
  const isHere = session.key === visitor.key;
  const { kind } = deviceName(session.device?.userAgent);
  const { place, address } = session.device ?? {};
  const fact = (term: string, value: string | Html | undefined): Html =>
    value === undefined ? html`` : html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
  return html`<li class="card device ${kind}">
<div>
<h2>${foreign(name)}${isHere ? html` <span class="badge">${devices.here}</span>` : ""}</h2>
<dl class="inline">
${fact(devices.lastSeen, timeAgo(page, session.lastActiveAt))}
${fact(devices.loggedIn, timeAgo(page, session.createdAt))}
${fact(devices.place, place === undefined ? undefined : foreign(place))}
${fact(devices.address, address === undefined ? undefined : foreign(address))}
</dl>
</div>
${endButton({ text: devices.logOut, label: devices.logOutLabel(name), question: devices.askOne(name), name: "only", value: session.key, isQuiet: true })}
</li>`;
}

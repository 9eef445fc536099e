// The script of the console and of the devices page. Without it both work with more page loads. It asks in a dialog before
// it ends a session, selects all rows, refreshes the charts, and shows times in the visitor's own time zone.
const root = document.documentElement;
root.classList.add("has-script");

const dialog = /** @type {HTMLDialogElement} */ (document.querySelector("#confirm"));
/** @type {{ form: HTMLFormElement, submitter: HTMLElement } | undefined} */
let asking;

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const { submitter } = event;
  const question = submitter?.dataset["question"];
  if (!submitter || question === undefined || form.elements.namedItem("confirmed")) return;
  event.preventDefault();
  const count = form.querySelectorAll("input[name=key]:checked").length;
  const isForSelected = question.includes("{n}");
  if (isForSelected && count === 0) {
    /** @type {HTMLElement | null} */ (form.querySelector("input[name=key]"))?.focus();
    return;
  }
  asking = { form, submitter };
  part("h2").textContent = question.replace("{n}", count.toLocaleString(root.lang));
  part("[value=ok]").textContent = submitter.textContent.trim();
  dialog.returnValue = "";
  dialog.showModal();
});

/** @param {string} selector */
function part(selector) {
  return /** @type {HTMLElement} */ (dialog.querySelector(selector));
}

dialog?.addEventListener("close", () => {
  if (!asking) return;
  const { form, submitter } = asking;
  asking = undefined;
  if (dialog.returnValue !== "ok") {
    submitter.focus();
    return;
  }
  const confirmed = document.createElement("input");
  Object.assign(confirmed, { type: "hidden", name: "confirmed", value: "yes" });
  confirmed.dataset["asked"] = "";
  form.append(confirmed);
  form.requestSubmit(submitter);
});

// When the visitor comes back with the browser's button, the page asks again.
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("input[data-asked]")) field.remove();
});

const all = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-select-all]"));
const rows = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("input[name=key]")]);
if (all) {
  all.addEventListener("change", () => {
    for (const row of rows) row.checked = all.checked;
  });
  for (const row of rows) {
    row.addEventListener("change", () => {
      const count = rows.filter(({ checked }) => checked).length;
      all.checked = count === rows.length;
      all.indeterminate = count > 0 && count < rows.length;
    });
  }
}

const format = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "medium" });
for (const time of document.querySelectorAll("time")) {
  const text = format.format(new Date(time.dateTime));
  if ("local" in time.dataset) time.textContent = text;
  else time.title = text;
}

const live = document.querySelector("[data-live]");
if (live) {
  const isOn = () => live.getAttribute("aria-pressed") === "true";
  live.addEventListener("click", () => {
    live.setAttribute("aria-pressed", String(!isOn()));
  });
  setInterval(() => {
    if (!document.hidden && isOn()) refreshCharts();
  }, 15_000);
}

function refreshCharts() {
  for (const figure of document.querySelectorAll("figure")) {
    for (const source of figure.querySelectorAll("source")) source.srcset = atThisMoment(source.srcset);
    for (const image of figure.querySelectorAll("img")) image.src = atThisMoment(image.src);
  }
}

/** @param {string} address */
function atThisMoment(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("at", String(Date.now()));
  return url.pathname + url.search;
}

const select = /** @type {HTMLSelectElement | null} */ (document.querySelector("#by"));
const hint = document.querySelector("#hint");
if (select && hint) {
  select.addEventListener("change", () => {
    hint.textContent = select.selectedOptions[0]?.dataset["hint"] ?? "";
  });
}

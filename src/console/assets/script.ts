// The script of both pages. What it adds, they do without it in a longer way: it asks in a dialog before something is ended,
// selects all rows, keeps the charts of the moment, and says times in the visitor's own zone.
export const script: string = `const root = document.documentElement;
root.classList.add("has-script");

const dialog = document.querySelector("#confirm");
let asking;

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const question = submitter?.dataset.question;
  if (question === undefined || form.elements.namedItem("confirmed")) return;
  event.preventDefault();
  const count = form.querySelectorAll("input[name=key]:checked").length;
  const isForSelected = question.includes("{n}");
  if (isForSelected && count === 0) return form.querySelector("input[name=key]")?.focus();
  asking = { form, submitter };
  dialog.querySelector("h2").textContent = question.replace("{n}", count.toLocaleString(root.lang));
  dialog.querySelector("[value=ok]").textContent = submitter.textContent.trim();
  dialog.returnValue = "";
  dialog.showModal();
});

dialog?.addEventListener("close", () => {
  if (!asking) return;
  const { form, submitter } = asking;
  asking = undefined;
  if (dialog.returnValue !== "ok") return submitter.focus();
  const confirmed = document.createElement("input");
  Object.assign(confirmed, { type: "hidden", name: "confirmed", value: "yes" });
  confirmed.dataset.asked = "";
  form.append(confirmed);
  form.requestSubmit(submitter);
});

// Coming back to the page by the browser's button, the question is asked again.
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("input[data-asked]")) field.remove();
});

const all = document.querySelector("[data-select-all]");
const rows = [...document.querySelectorAll("input[name=key]")];
all?.addEventListener("change", () => {
  for (const row of rows) row.checked = all.checked;
});
for (const row of rows) {
  row.addEventListener("change", () => {
    const count = rows.filter(({ checked }) => checked).length;
    all.checked = count === rows.length;
    all.indeterminate = count > 0 && count < rows.length;
  });
}

const format = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "medium" });
for (const time of document.querySelectorAll("time")) {
  const text = format.format(new Date(time.dateTime));
  if ("local" in time.dataset) time.textContent = text;
  else time.title = text;
}

const live = document.querySelector("[data-live]");
live?.addEventListener("click", () => {
  live.setAttribute("aria-pressed", String(live.getAttribute("aria-pressed") !== "true"));
});

function renew(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("at", Date.now());
  return url.pathname + url.search;
}

if (live) {
  setInterval(() => {
    if (document.hidden || live.getAttribute("aria-pressed") !== "true") return;
    for (const source of document.querySelectorAll("figure source")) source.srcset = renew(source.srcset);
    for (const image of document.querySelectorAll("figure img")) image.src = renew(image.src);
  }, 15_000);
}

const select = document.querySelector("#by");
const hint = document.querySelector("#hint");
select?.addEventListener("change", () => {
  hint.textContent = select.selectedOptions[0].dataset.hint;
});
`;

// Templates beside Flask's own: what prints the same, and each difference that docs/flask.md tells of.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Flask, g, renderTemplate } from "../../src/flask/index.ts";
import { startPython } from "./python-lines.ts";

const VALUES = {
  none: null,
  yes: true,
  zero: 0,
  n: 7,
  half: 0.5,
  text: "a <b> & 'c'",
  blank: "",
  list: [3, 1, 2],
  nothing: [],
  no_keys: {},
  user: { name: "ada", age: 36 },
  users: [
    { name: "ada", age: 36, tags: [] },
    { name: "bob", age: 17, tags: ["x"] },
    { name: "cy", age: 36, tags: ["y"] },
  ],
  rows: [
    ["a", 1],
    ["b", 2],
  ],
};

const SAME = [
  "{{ text }}{{ text|safe }}{{ text|e }}{{ text|upper }}{{ text|length }}",
  "{{ request.form['title'] or 'none' }}|{{ request.form['missing'] or user['name'] }}|{{ request.form.missing }}",
  "{{ request.form.get('title') }}{{ request.form.get('missing', 'x') }}{{ request.args['page'] }}{{ request.args.nope }}",
  "{% for k, v in request.form.items() %}{{ k }}={{ v }};{% endfor %}",
  "{% for k in request.form.keys() %}{{ k }};{% endfor %}{% for v in request.form.values() %}{{ v }};{% endfor %}",
  "{% for k in request.form %}{{ k }};{% endfor %}{{ request.form.getlist('title')|length }}",
  "{% if request.form['empty'] %}full{% else %}empty{% endif %}{% if request.form %}form{% endif %}",
  "{% if nothing %}a{% else %}b{% endif %}{% if no_keys %}a{% else %}b{% endif %}{% if list %}a{% endif %}",
  "{% if not nothing %}a{% endif %}{{ 'a' if nothing else 'b' }}{{ nothing or 'none' }}{{ user and 'yes' }}",
  "{% if zero %}a{% elif blank %}b{% elif none %}c{% else %}d{% endif %}{% if text and not nothing %}e{% endif %}",
  "{% for x in list if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
  "{% for u in users if u.age > 18 and u.tags %}{{ u.name }}{% else %}nobody{% endfor %}",
  "{% for k, v in rows if v > 1 %}{{ k }}{% endfor %}{% for x in nothing if x %}a{% else %}b{% endfor %}",
  "{% for k, v in user.items() %}{{ k }}={{ v }};{% endfor %}{{ user.get('age') }}{{ user.get('x', 'y') }}",
  "{% for k in user %}{{ k }};{% endfor %}{% for v in user.values() %}{{ v }};{% endfor %}{% for c in 'ab' %}{{ c }}.{% endfor %}",
  "{{ user|tojson }}{{ list|tojson }}{{ text|tojson }}{{ {'ü': none, 'a': [yes, half]}|tojson }}{{ []|tojson }}",
  "<script>const user = {{ users|tojson }};</script>",
  "{{ config.SHOP }}{{ config['SHOP'] }}{{ config.get('NOPE', 'x') }}{{ config.NOPE }}",
  "{{ g.user.name }}{{ g.nope }}{% if g.user %}in{% endif %}{{ g.get('nope', 'x') }}",
  "{{ n|shout }}{{ text|shout }}{{ year }}",
  "{{ missing }}{{ user.missing }}{{ user['missing'] }}{{ missing|default('x') }}{{ user.missing or 'y' }}",
  "{{ missing.name }}",
  "{{ user.missing.name }}",
  "{{ missing() }}",
  "{{ users|map(attribute='name')|join(', ') }}{{ list|sort|join('-') }}{{ list|first }}{{ list|last }}{{ list|sum }}",
  "{{ users|selectattr('tags')|list|length }}{{ users|rejectattr('tags')|list|length }}",
  "{% for age, group in users|groupby('age') %}{{ age }}:{{ group|length }};{% endfor %}",
  "{{ 7 // 2 }} {{ 7 % 2 }} {{ 2 ** 3 }} {{ 'a' ~ 1 }} {% if n == 7 %}7{% endif %}",
  "{% set x = 5 %}{{ x }}{% macro field(name, value='') %}<i>{{ name }}={{ value }}</i>{% endmacro %}{{ field('a', text) }}{{ field('b') }}",
  "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}{# not seen #}",
  "{% if 'a' in 'abc' and 'name' in user and 3 in list and 'x' not in list %}in{% endif %}",
  "{{ users|selectattr('age', 'gt', 20)|map(attribute='name')|join }}{{ list|map('string')|join('+') }}",
  "{{ users|rejectattr('age', 'eq', 36)|map(attribute='name')|first }}{{ users|selectattr('nope', 'defined')|list|length }}",
  "{{ users[0].name }}{{ users[0]['age'] }}{{ list[0] }}{{ list|length }}",
  "{{ url_for('static', filename='a b.css') }}{{ '%s-%d'|length }}",
  "{{ text|replace('a', 'z') }}{{ 'abc'|capitalize }}{{ 'a b'|title }}{{ ' a '|trim }}",
  "{% filter upper %}abc{% endfilter %}{% raw %}{{ x }}{% endraw %}",
  "{%- if yes -%} a {%- endif -%} b",
  "line\n",
  "line\n\n",
  "{% if n is defined %}d{% endif %}{% if missing is defined %}d{% endif %}{% if n is odd %}o{% endif %}{% if none is none %}n{% endif %}",
  "{{ get_flashed_messages()|length }}{{ request.method }}{{ request.path }}",
  "{% if n > 3 and n < 10 %}mid{% endif %}{{ 'yes' if n == 7 }}{{ 'x' if n == 8 }}",
  "{{ list|join }}{{ rows|length }}{{ n|string|length }}{{ half + 1 }}{{ '5'|int + 1 }}",
];

/** [template, Flask's page, the page here]: the rows of the table in docs/flask.md. */
const DIFFERENT: readonly (readonly [template: string, flask: string, here: string])[] = [
  ["{{ yes }}", "True", "true"],
  ["{{ none }}", "None", ""],
  ["{{ list }}", "[3, 1, 2]", "3,1,2"],
  ["{{ 4 / 2 }}", "2.0", "2"],
  ["{{ text.upper() }}", "A &lt;B&gt; &amp; &#39;C&#39;", "error"],
  ["{{ list[1:] }}", "[1, 2]", "error"],
  ["{{ list[-1] }}", "2", ""],
  ["{{ '%s!' % n }}", "7!", "NaN"],
  ["{{ 'abcdef'|truncate(3, true, '') }}", "abcdef", "abc"],
  ["{{ n == 7 }}", "True", "true"],
  ["{{ list|max }}", "3", "error"],
  ["{{ {'a': 1, 'b': 2}|length }}{{ [1, 2] + [3] }}", "2[1, 2, 3]", "21,23"],
  ["{{ [1, 2] == [1, 2] }}", "True", "false"],
  ["{{ 'ab' * 2 }}", "abab", "NaN"],
  ["{% set ns = namespace(x=1) %}{{ ns.x }}", "1", "error"],
  ["{{ (1, 2)[1] }}", "2", ""],
];

const folder = mkdtempSync(path.join(tmpdir(), "coatcheck-templates-"));
const python = startPython("templates.py");
after(() => {
  python.close();
  rmSync(folder, { recursive: true });
});

const app = new Flask(pathToFileURL(path.join(folder, "app.js")), { templateFolder: "." });
app.secretKey = "0123456789abcdef0123456789abcdef-not-published";
app.config["SHOP"] = "Ada & co";
app.templateFilter("shout", (value) => `${String(value)}!`);
app.contextProcessor(() => ({ year: 2026 }));
let name = "";
app.post("/", function render() {
  g["user"] = { name: "ada" };
  return renderTemplate(name, VALUES);
});
app.errorHandler(Error, () => "error");

async function renderHere(template: string, i: number): Promise<string> {
  name = `${i}.html`;
  writeFileSync(path.join(folder, name), template);
  const body = new URLSearchParams({ title: "<T>", empty: "" });
  const response = await app.request("/?page=2", { method: "POST", body });
  return response.text();
}

async function renderThere(templates: readonly string[]): Promise<string[]> {
  return python.ask(templates.map((template) => ({ template, values: VALUES })));
}

test("templates of Flask's kind print what Flask prints", async (t) => {
  t.mock.method(console, "error", () => {});
  const theirs = await renderThere(SAME);
  const wrong: unknown[] = [];
  for (const [i, template] of SAME.entries()) {
    const ours = await renderHere(template, i);
    if (ours !== theirs[i]) wrong.push({ template, ours, theirs: theirs[i] });
  }
  assert.deepEqual(wrong, []);
});

test("each difference of the table is one, and the table in docs/flask.md has each", async (t) => {
  t.mock.method(console, "error", () => {});
  const theirs = await renderThere(DIFFERENT.map(([template]) => template));
  const docs = readFileSync(new URL("../../docs/flask.md", import.meta.url), "utf8");
  const wrong: unknown[] = [];
  for (const [i, [template, flask, here]] of DIFFERENT.entries()) {
    const ours = await renderHere(template, 1000 + i);
    if (ours !== here || theirs[i] !== flask) wrong.push([template, theirs[i], ours]);
    if (!docs.includes(`\`${template.replaceAll("|", "\\|")}\``)) wrong.push(`docs/flask.md lacks ${template}`);
  }
  assert.deepEqual(wrong, []);
});

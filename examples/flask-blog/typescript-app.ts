// The blog in TypeScript. Its twin is flask_app.py; both use the same templates.
import {
  abort,
  Flask,
  flash,
  g,
  jsonify,
  makeResponse,
  redirect,
  renderTemplate,
  request,
  session,
  urlFor,
} from "coatcheck/flask";

interface User {
  readonly username: string;
  readonly password: string;
}

interface Post {
  readonly id: number;
  readonly author: string;
  title: string;
  body: string;
  tags: string[];
  draft: boolean;
  attachment: { name: string; size: number; type: string } | null;
}

const app = new Flask(import.meta.url);
app.secretKey = process.env["SECRET_KEY"];
app.config["SITE"] = "Flaskr & co";

const users = new Map<string, User>();
const posts = new Map<number, Post>();

app.beforeRequest(() => {
  g["user"] = "user" in session ? (users.get(String(session["user"])) ?? null) : null;
});

const user = (): User | null => g["user"] as User | null;

app.contextProcessor(() => ({ site: app.config["SITE"] }));

app.templateFilter("words", (text) => String(text).split(/\s+/).filter(Boolean).length);

app.afterRequest((response) => {
  response.headers.set("X-Blog", `posts=${posts.size}`);
});

app.errorHandler(404, (error) => renderTemplate("error.html", { code: 404, text: error.description }));

app.route("/", function index() {
  return renderTemplate("index.html", { posts: [...posts.values()] });
});

app.route("/auth/register", { methods: ["GET", "POST"] }, function register() {
  const errors: Record<string, string> = {};
  if (request.method === "POST") {
    const username = request.form["username"] ?? "";
    const password = request.form["password"] ?? "";
    if (!username) errors["username"] = "Username is required.";
    else if (users.has(username)) errors["username"] = `User ${username} is already registered.`;
    if (!password) errors["password"] = "Password is required.";
    if (Object.keys(errors).length === 0) {
      users.set(username, { username, password });
      flash(`Welcome, ${username}`, "success");
      return redirect(urlFor("login"));
    }
    flash("Please correct the form.", "error");
  }
  return renderTemplate("account.html", { action: "Register", errors });
});

app.route("/auth/login", { methods: ["GET", "POST"] }, function login() {
  const errors: Record<string, string> = {};
  if (request.method === "POST") {
    const found = users.get(request.form["username"] ?? "");
    if (!found) errors["username"] = "Incorrect username.";
    else if (found.password !== request.form["password"]) errors["password"] = "Incorrect password.";
    else {
      session.clear();
      session["user"] = found.username;
      return redirect(request.args.get("next") || urlFor("index"));
    }
  }
  return renderTemplate("account.html", { action: "Log In", errors });
});

app.route("/auth/logout", function logout() {
  session.clear();
  return redirect(urlFor("index"));
});

async function readPost(post: Post): Promise<void> {
  const { form, files } = request;
  post.title = form["title"] ?? "";
  post.body = form["body"] ?? "";
  const tags = form.get("tags", "").split(",");
  post.tags = tags.map((tag) => tag.trim()).filter(Boolean);
  post.draft = "draft" in form;
  const file = files.get("attachment");
  if (file?.name) post.attachment = { name: file.name, size: file.size, type: file.type };
}

app.route("/create", { methods: ["GET", "POST"] }, async function create() {
  const author = user()?.username;
  if (author === undefined) return redirect(urlFor("login", { next: request.path }));
  const errors: Record<string, string> = {};
  if (request.method === "POST") {
    if (request.form["title"]) {
      const post: Post = { id: posts.size + 1, author, title: "", body: "", tags: [], draft: false, attachment: null };
      await readPost(post);
      posts.set(post.id, post);
      flash("Saved.");
      return redirect(urlFor("index"));
    }
    errors["title"] = "Title is required.";
  }
  return renderTemplate("edit.html", { post: {}, errors });
});

app.route("/<int:id>/", function show({ id }) {
  return renderTemplate("show.html", { post: posts.get(id) ?? abort(404, `Post id ${id} doesn't exist.`) });
});

app.route("/<int:id>/update", { methods: ["GET", "POST"] }, async function update({ id }) {
  const post = posts.get(id) ?? abort(404, `Post id ${id} doesn't exist.`);
  if (user()?.username !== post.author) abort(403);
  const errors: Record<string, string> = {};
  if (request.method === "POST") {
    if (request.form["title"]) {
      await readPost(post);
      return redirect(urlFor("show", { id }));
    }
    errors["title"] = "Title is required.";
  }
  return renderTemplate("edit.html", { post, errors });
});

app.route("/api/posts", function apiPosts() {
  const tag = request.args.get("tag");
  return jsonify([...posts.values()].filter(({ tags }) => tag === undefined || tags.includes(tag)));
});

app.route("/api/echo", { methods: ["POST"] }, function apiEcho() {
  return jsonify({ given: request.getJson(), by: session.get("user") ?? null });
});

app.route("/files/<path:name>", function file({ name }) {
  return { file: name };
});

app.route("/files/<path:name>/edit", function editFile({ name }) {
  return [{ edit: name }, 202, { "X-Edit": "yes" }];
});

app.route("/theme/<name>", function theme({ name }) {
  const response = makeResponse(request.cookies.get("theme", "none"));
  response.setCookie("theme", name, { maxAge: 60, sameSite: "Lax" });
  return response;
});

const { url } = await app.run({ port: Number(process.argv[2] ?? 5001) });
console.log(url);

# The blog in Python. Its twin is typescript-app.ts; both use the same templates.
import sys

from flask import Flask, abort, flash, g, jsonify, make_response, redirect, render_template, request, session, url_for
from werkzeug.serving import make_server

app = Flask(__name__)
app.secret_key = "0123456789abcdef0123456789abcdef: an example's"
app.config["SITE"] = "Flaskr & co"

users = {}
posts = {}


@app.before_request
def load_logged_in_user():
    g.user = users.get(session["user"]) if "user" in session else None


@app.context_processor
def site():
    return {"site": app.config["SITE"]}


@app.template_filter("words")
def words(text):
    return len(text.split())


@app.after_request
def add_header(response):
    response.headers["X-Blog"] = "posts=" + str(len(posts))
    return response


@app.errorhandler(404)
def not_found(error):
    return render_template("error.html", code=404, text=error.description), 404


@app.route("/")
def index():
    return render_template("index.html", posts=list(posts.values()))


@app.route("/auth/register", methods=["GET", "POST"])
def register():
    errors = {}
    if request.method == "POST":
        username = request.form["username"]
        if not username:
            errors["username"] = "Username is required."
        elif username in users:
            errors["username"] = f"User {username} is already registered."
        if not request.form["password"]:
            errors["password"] = "Password is required."
        if not errors:
            users[username] = {"username": username, "password": request.form["password"]}
            flash("Welcome, " + username, "success")
            return redirect(url_for("login"))
        flash("Please correct the form.", "error")
    return render_template("account.html", action="Register", errors=errors)


@app.route("/auth/login", methods=["GET", "POST"])
def login():
    errors = {}
    if request.method == "POST":
        user = users.get(request.form["username"])
        if user is None:
            errors["username"] = "Incorrect username."
        elif user["password"] != request.form["password"]:
            errors["password"] = "Incorrect password."
        else:
            session.clear()
            session["user"] = user["username"]
            return redirect(request.args.get("next") or url_for("index"))
    return render_template("account.html", action="Log In", errors=errors)


@app.route("/auth/logout")
def logout():
    session.clear()
    return redirect(url_for("index"))


def read_post(post):
    post["title"] = request.form["title"]
    post["body"] = request.form["body"]
    post["tags"] = [tag.strip() for tag in request.form.get("tags", "").split(",") if tag.strip()]
    post["draft"] = "draft" in request.form
    if "attachment" in request.files and request.files["attachment"].filename:
        file = request.files["attachment"]
        post["attachment"] = {"name": file.filename, "size": len(file.read()), "type": file.mimetype}


@app.route("/create", methods=["GET", "POST"])
def create():
    if g.user is None:
        return redirect(url_for("login", next=request.path))
    errors = {}
    if request.method == "POST":
        if request.form["title"]:
            post = {"id": len(posts) + 1, "author": g.user["username"], "attachment": None}
            read_post(post)
            posts[post["id"]] = post
            flash("Saved.")
            return redirect(url_for("index"))
        errors["title"] = "Title is required."
    return render_template("edit.html", post={}, errors=errors)


@app.route("/<int:id>/")
def show(id):
    if id not in posts:
        abort(404, f"Post id {id} doesn't exist.")
    return render_template("show.html", post=posts[id])


@app.route("/<int:id>/update", methods=["GET", "POST"])
def update(id):
    post = posts.get(id)
    if post is None:
        abort(404, f"Post id {id} doesn't exist.")
    if g.user is None or g.user["username"] != post["author"]:
        abort(403)
    errors = {}
    if request.method == "POST":
        if request.form["title"]:
            read_post(post)
            return redirect(url_for("show", id=id))
        errors["title"] = "Title is required."
    return render_template("edit.html", post=post, errors=errors)


@app.route("/api/posts")
def api_posts():
    tag = request.args.get("tag")
    return [post for post in posts.values() if tag is None or tag in post["tags"]]


@app.route("/api/echo", methods=["POST"])
def api_echo():
    return jsonify(given=request.get_json(), by=session.get("user"))


@app.route("/files/<path:name>")
def file(name):
    return {"file": name}


@app.route("/files/<path:name>/edit")
def edit_file(name):
    return {"edit": name}, 202, {"X-Edit": "yes"}


@app.route("/theme/<name>")
def theme(name):
    response = make_response(request.cookies.get("theme", "none"))
    response.set_cookie("theme", name, max_age=60, samesite="Lax")
    return response


if __name__ == "__main__":
    server = make_server("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 5000, app)
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()

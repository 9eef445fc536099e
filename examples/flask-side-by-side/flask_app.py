# The pages that are still Flask's: sessions as Flask has them by default, in its signed cookie.
import os
import time

from flask import Flask, flash, redirect, request, session
from markupsafe import escape

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]


@app.get("/flask")
def index():
    if "username" not in session:
        return "Flask: You are not logged in."
    return f"Flask: Logged in as {escape(session['username'])}"


@app.post("/flask/login")
def login():
    session["username"] = request.form["username"]
    # As Flask-Login's sessions do, each differs from any before.
    session["since"] = time.time()
    flash("Flask let you in")
    return redirect("/flask", 303)


@app.post("/flask/logout")
def logout():
    session.clear()
    return redirect("/flask", 303)


if __name__ == "__main__":
    app.run(port=int(os.environ["FLASK_PORT"]))

# A real Flask app, for tests that ask it and coatcheck/flask the same. Reads one JSON line after another and answers each
# with one. The first line out is Flask's version.
#   {"secret": s | null, "config": {...}, "templates": {name: text}, "visits": [{"at": seconds, "steps": [[name, ...], ...]}]}
# A visitor with a cookie jar makes the visits; what each step gives, and what the response says of the session, is the answer.
import json
import sys
from datetime import datetime as real_datetime
from datetime import timedelta
from importlib.metadata import version

import flask.sessions
import itsdangerous.timed
from flask import Flask, flash, get_flashed_messages, render_template_string, session

clock = {"now": 1_900_000_000}


class Datetime(real_datetime):
    @classmethod
    def now(cls, tz=None):
        return real_datetime.fromtimestamp(clock["now"], tz)

    @classmethod
    def utcnow(cls):
        return real_datetime.utcfromtimestamp(clock["now"])


class Time:
    @staticmethod
    def time():
        return clock["now"]


flask.sessions.datetime = Datetime
itsdangerous.timed.time = Time

STEPS = {
    "get": lambda key, fallback=None: session.get(key, fallback),
    "set": lambda key, value: session.__setitem__(key, value),
    "has": lambda key: key in session,
    "pop": lambda key, fallback=None: session.pop(key, fallback),
    "delete": lambda key: session.__delitem__(key),
    "setDefault": lambda key, value: session.setdefault(key, value),
    "update": lambda values: session.update(values),
    "clear": lambda: session.clear(),
    "keys": lambda: sorted(key for key in session if not key.startswith("_")),
    "push": lambda key, value: session[key].append(value),
    "permanent": lambda: session.permanent,
    "setPermanent": lambda value: setattr(session, "permanent", value),
    "isNew": lambda: session.new,
    "modified": lambda: session.modified,
    "setModified": lambda: setattr(session, "modified", True),
    "accessed": lambda: session.accessed,
    "flash": lambda message, category="message": flash(message, category),
    "flashes": lambda with_categories=False, category_filter=(): get_flashed_messages(with_categories, category_filter),
}


def perform(templates, name, *arguments):
    try:
        if name == "render":
            return render_template_string(templates[arguments[0]]).split()
        return STEPS[name](*arguments)
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


def answer(request):
    app = Flask(__name__)
    app.secret_key = request["secret"]
    app.config.update(request.get("config", {}))
    steps = []
    given = []

    @app.route("/")
    def visit():
        given[:] = [perform(request.get("templates", {}), *step) for step in steps]
        return ""

    client = app.test_client()
    answers = []
    for one in request["visits"]:
        clock["now"] = one["at"]
        steps[:] = one["steps"]
        response = client.get("/")
        answers.append(
            {
                "steps": list(given),
                "status": response.status_code,
                "setCookies": response.headers.getlist("Set-Cookie"),
                "vary": response.headers.get("Vary"),
            }
        )
    return answers


print(json.dumps(version("flask")), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)

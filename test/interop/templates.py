# Flask's own answer to templates. One JSON line in, one out: [{"template": text, "values": {...}}, ...] -> [page or "error"].
import json
import sys

from flask import Flask, g, render_template_string

app = Flask(__name__)
app.secret_key = "a key that signs nothing of worth"
app.config["SHOP"] = "Ada & co"


@app.template_filter("shout")
def shout(text):
    return f"{text}!"


@app.context_processor
def shop():
    return {"year": 2026}


def render(case):
    form = {"title": "<T>", "empty": ""}
    with app.test_request_context("/?page=2", method="POST", data=form):
        g.user = {"name": "ada"}
        try:
            return render_template_string(case["template"], **case["values"])
        except Exception:
            return "error"


for line in sys.stdin:
    print(json.dumps([render(case) for case in json.loads(line)]), flush=True)

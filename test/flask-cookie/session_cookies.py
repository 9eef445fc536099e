# Real Flask's session cookies, for tests: reads one JSON line after another, and answers each with one.
#   {"read": [cookie, ...], "secret": s}            what Flask's serializer loads, as tagged JSON, or the error's name
#   {"write": [tagged JSON, ...], "secret": s}      the cookies of a Flask app for these sessions
#   {"time": [cookie, ...], "secret": s}            how long one read takes, in nanoseconds
import json
import sys
import time

from flask import Flask
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SecureCookieSessionInterface

tags = TaggedJSONSerializer()


def serializer(secret):
    app = Flask(__name__)
    app.secret_key = secret
    return app, SecureCookieSessionInterface().get_signing_serializer(app)


def load(signer, cookie):
    try:
        return tags.dumps(signer.loads(cookie, max_age=2678400))
    except Exception as error:
        return type(error).__name__


def timed(signer, cookies):
    begin = time.perf_counter_ns()
    for cookie in cookies:
        signer.loads(cookie, max_age=2678400)
    return (time.perf_counter_ns() - begin) / len(cookies)


for line in sys.stdin:
    request = json.loads(line)
    app, signer = serializer(request["secret"])
    with app.app_context():
        if "read" in request:
            answer = [load(signer, cookie) for cookie in request["read"]]
        elif "write" in request:
            answer = [signer.dumps(tags.loads(text)) for text in request["write"]]
        else:
            answer = timed(signer, request["time"])
    print(json.dumps(answer), flush=True)

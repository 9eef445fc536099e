# Real Flask-Session on a real Redis, for tests. The first line out says the versions. Then one JSON line after another:
#   {"redis": url, "secret": s, "prefix": p, "format": "msgpack" | "json", "signer": bool, "permanent": bool,
#    "cookie": text | null, "update": {...}, "pop": [...], "clear": bool}
# is a request with that cookie; the answer is what the session holds then, and the Set-Cookie headers.
# Bytes are {"$hex": "..."} in both directions.
import json
import sys
import warnings
from importlib.metadata import version

from flask import Flask, session
from flask_session import Session
from redis import Redis

warnings.simplefilter("ignore", DeprecationWarning)
apps = {}


def decode(value):
    return bytes.fromhex(value["$hex"]) if set(value) == {"$hex"} else value


def encode(value):
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    raise TypeError(type(value).__name__)


def app_of(request):
    key = json.dumps([request[name] for name in ("redis", "secret", "prefix", "format", "signer", "permanent")])
    if key not in apps:
        app = Flask(__name__)
        app.config.update(
            SECRET_KEY=request["secret"],
            SESSION_TYPE="redis",
            SESSION_REDIS=Redis.from_url(request["redis"]),
            SESSION_KEY_PREFIX=request["prefix"],
            SESSION_SERIALIZATION_FORMAT=request["format"],
            SESSION_USE_SIGNER=request["signer"],
            SESSION_PERMANENT=request["permanent"],
        )
        Session(app)
        apps[key] = app
    return apps[key]


def answer(request):
    app = app_of(request)
    headers = {} if request.get("cookie") is None else {"Cookie": request["cookie"]}
    with app.test_request_context("/", headers=headers):
        session.update(request.get("update", {}))
        for name in request.get("pop", []):
            session.pop(name, None)
        if request.get("clear"):
            session.clear()
        held = dict(session)
        response = app.process_response(app.response_class())
        return {"session": held, "setCookies": response.headers.getlist("Set-Cookie")}


names = ("flask", "flask-session", "msgspec", "cachelib", "redis")
print(json.dumps({name: version(name) for name in names}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line, object_hook=decode)), default=encode), flush=True)

# Random session records with every type of MessagePack, written by msgspec as Flask-Session writes them, and compared
# after TypeScript has changed one key. One JSON line in, one out:
#   {"write": count, "seed": n} -> [{"hex": record, "keys": [text keys]}, ...]
#   {"compare": [{"before": hex, "after": hex, "key": text, "value": json or absent}, ...]} -> [problems]
import datetime
import decimal
import json
import random
import struct
import sys
import uuid

import msgspec

MISSING = object()
encoder = msgspec.msgpack.Encoder()

# Spellings that msgspec reads and does not choose itself.
RAW = [
    bytes.fromhex(text)
    for text in (
        "ca3fc00000", "cc05", "cd0005", "ce00000005", "cf0000000000000005", "d005", "d10005", "d200000005",
        "d30000000000000005", "d90161", "da000161", "db0000000161", "c500017a", "c6000000017a", "dc000101",
        "dd0000000101", "de0001a16101", "df00000001a16101", "c7010578", "c800010578", "c9000000010578", "d40578",
        "d505abcd", "d605abcdef01", "d7050102030405060708", "d80501020304050607080102030405060708",
        "d6ff00000005", "c70cff00000001ffffffffffffffff",
    )
]


def text(rng, length=None):
    length = rng.choice([0, 1, 5, 31, 32, 255, 256]) if length is None else length
    return "".join(rng.choice("abzé中😀_ \x00\"\\") for _ in range(length))


def leaf(rng):
    return rng.choice([
        lambda: None,
        lambda: rng.random() < 0.5,
        lambda: rng.choice([0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 + 1, 2**64 - 1]),
        lambda: rng.choice([-1, -32, -33, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, -(2**63)]),
        lambda: rng.choice([1.0, 0.0, -0.0, 1.5, 1e300, 2.0**60, float("inf"), float("-inf"), float("nan")]),
        lambda: rng.uniform(-1e6, 1e6),
        lambda: text(rng),
        lambda: rng.randbytes(rng.choice([0, 3, 255, 256])),
        lambda: datetime.datetime(2024, 1, 2, 3, 4, 5, rng.randrange(10**6), tzinfo=datetime.timezone.utc),
        lambda: datetime.datetime(2024, 1, 2, 3, 4, 5, rng.randrange(10**6)),
        lambda: datetime.date(2024, 1, rng.randrange(1, 28)),
        lambda: uuid.UUID(int=rng.getrandbits(128)),
        lambda: decimal.Decimal("1.50"),
        lambda: msgspec.msgpack.Ext(rng.randrange(0, 128), rng.randbytes(rng.choice([0, 1, 2, 4, 8, 16, 17, 300]))),
        lambda: msgspec.Raw(rng.choice(RAW)),
    ])()


def key(rng):
    return rng.choice([
        lambda: text(rng, rng.randrange(1, 8)),
        lambda: rng.randrange(-5, 300),
        lambda: rng.uniform(0, 9),
        lambda: None,
        lambda: True,
        lambda: (1, text(rng, 2)),
        lambda: rng.randbytes(3),
    ])()


def value(rng, depth=0):
    kind = rng.random()
    if depth > 2 or kind < 0.6:
        return leaf(rng)
    if kind < 0.8:
        return rng.choice([list, tuple])(value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3, 15, 16])))
    if kind < 0.85:
        return {text(rng, 2) for _ in range(3)}
    name = key if kind < 0.93 else (lambda one: text(one, 3))
    return {name(rng): value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3, 16]))}


def record(rng):
    session = {f"k{i}{text(rng, 2)}": value(rng) for i in range(rng.choice([1, 4, 15, 16, 20]))}
    if rng.random() < 0.5:
        session["_permanent"] = rng.random() < 0.9
    if rng.random() < 0.3:
        session["_flashes"] = [("message", text(rng, 4)), ("error", {5: 1.0}), "no pair"]
    if rng.random() < 0.3:
        session["_user_id"] = rng.choice([5, "ada", None])
    if rng.random() < 0.3:
        session[key(rng)] = value(rng)
    if rng.random() < 0.2:
        session["__proto__"] = {"a": 1.0}
    items = list(session.items())
    rng.shuffle(items)
    return dict(items)


def write(count, seed):
    rng = random.Random(seed)
    written = [record(rng) for _ in range(count)]
    written[0]["large list"] = [1.0] * 70_000
    written[1]["large dict"] = {i: 1.0 for i in range(70_000)}
    return [
        {"hex": encoder.encode(one).hex(), "keys": [k for k in one if isinstance(k, str) and k.startswith("k")]}
        for one in written
    ]


def strict(one):
    """A form in which 1 and 1.0, and a list and a text, differ, and nan is itself."""
    if isinstance(one, dict):
        return ("dict", sorted((repr(strict(k)), repr(strict(v))) for k, v in one.items()))
    if isinstance(one, (list, tuple)):
        return ("list", [strict(member) for member in one])
    if isinstance(one, msgspec.msgpack.Ext):
        return ("ext", one.code, bytes(one.data))
    if isinstance(one, float):
        return ("float", struct.pack(">d", one))
    return (type(one).__name__, repr(one))


def problem(case):
    before = msgspec.msgpack.decode(bytes.fromhex(case["before"]))
    after = msgspec.msgpack.decode(bytes.fromhex(case["after"]))
    if "value" in case:
        before[case["key"]] = case["value"]
    else:
        before.pop(case["key"])
    names = {repr(k): k for k in [*before, *after]}
    return [
        name for name, k in names.items() if strict(before.get(k, MISSING)) != strict(after.get(k, MISSING))
    ]


for line in sys.stdin:
    request = json.loads(line)
    if "write" in request:
        answer = write(request["write"], request["seed"])
    else:
        answer = [found for case in request["compare"] if (found := problem(case))]
    print(json.dumps(answer), flush=True)

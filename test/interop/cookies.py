# werkzeug's cookies. One JSON line in, one out: {"dump": [values]} -> [Set-Cookie], {"parse": [headers]} -> [[pairs]].
import json
import sys

from werkzeug.http import dump_cookie, parse_cookie

for line in sys.stdin:
    request = json.loads(line)
    if "dump" in request:
        answer = [dump_cookie("c", value, max_size=0) for value in request["dump"]]
    else:
        # As a WSGI server hands the header over: a character for each byte.
        answer = [list(parse_cookie(header).items(multi=True)) for header in request["parse"]]
    print(json.dumps(answer), flush=True)

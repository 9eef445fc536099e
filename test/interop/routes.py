# werkzeug's own answer to a method and a path, for many sets of rules. One JSON line in, one out:
#   {"rules": [[rule, [methods]], ...], "requests": [[method, path], ...]} -> [answer, ...]
# An answer is ["found", rule, {variables}], ["redirect", path], ["methods", [...]] or ["none"].
import json
import sys

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule


def ask(urls, method, path):
    try:
        rule, values = urls.match(path, method, return_rule=True)
        return ["found", rule.rule, {name: str(value) for name, value in values.items()}]
    except RequestRedirect as redirect:
        return ["redirect", redirect.new_url.removeprefix("http://example.com")]
    except MethodNotAllowed as error:
        return ["methods", sorted(error.valid_methods)]
    except NotFound:
        return ["none"]


for line in sys.stdin:
    case = json.loads(line)
    rules = [Rule(rule, endpoint=rule, methods=methods) for rule, methods in case["rules"]]
    urls = Map(rules).bind("example.com", "/")
    print(json.dumps([ask(urls, method, path) for method, path in case["requests"]]), flush=True)

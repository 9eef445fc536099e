-- wrk's script: GET with one Cookie header after another, from a file with one header a line; without a file, no cookie.
local requests = {}
local at = 0

function init(args)
  if args[1] == nil then
    requests[1] = wrk.format("GET")
    return
  end
  for cookie in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, { Cookie = cookie })
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d\n", summary.requests, summary.duration, failed))
end

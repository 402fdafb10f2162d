-- For wrk: sends the requests of a file, `path<TAB>value of a header` per line, each thread from its own place on.
--   wrk … -s send.lua URL -- FILE HEADER [ACCEPT]
local requests, place = {}, 0

function setup(thread)
  offset = (offset or 0) + 997
  thread:set("place", offset)
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, value = line:match("^(%S+)\t(.*)$")
    local headers = {}
    if arguments[3] then headers["Accept"] = arguments[3] end
    if value ~= "" then headers[arguments[2]] = value end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end

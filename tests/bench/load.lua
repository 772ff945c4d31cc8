-- The load of `load.py` for wrk: deliveries that are put together from a template and a file of signatures.
-- TEMPLATE and SIGNATURES name files; every line of the second is a number and the signature of its body.
local pieces, marks, signatures = {}, {}, nil

function init(args)
   local text = io.open(os.getenv("TEMPLATE"), "rb"):read("*a")
   for piece, mark in (text .. "\4"):gmatch("([^\1-\4]*)([\1-\4])") do
      pieces[#pieces + 1] = piece
      marks[#marks + 1] = mark
   end
   signatures = io.lines(os.getenv("SIGNATURES"))
end

function request()
   local line = signatures()
   if not line then
      signatures = io.lines(os.getenv("SIGNATURES"))
      line = signatures()
   end
   local filled = { ["\1"] = line:sub(1, 9), ["\2"] = line:sub(11), ["\3"] = line:sub(4, 9), ["\4"] = "" }
   local parts = {}
   for place, piece in ipairs(pieces) do
      parts[#parts + 1] = piece
      parts[#parts + 1] = filled[marks[place]]
   end
   return table.concat(parts)
end

function done(summary, latency, requests)
   local errors, at = summary.errors, {}
   for _, share in ipairs({0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100}) do
      local took = share == 0 and latency.min or share == 100 and latency.max or latency:percentile(share)
      at[#at + 1] = string.format('"%g": %.4f', share, took / 1000)
   end
   io.write(string.format(
      'MEASURED {"requests": %d, "seconds": %.6f, "bad": %d, "took": {%s}}\n',
      summary.requests, summary.duration / 1e6,
      errors.status + errors.connect + errors.read + errors.write + errors.timeout, table.concat(at, ", ")))
end

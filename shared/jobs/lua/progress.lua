-- Purpose: report progress of a running attempt, to readers and to watchers.
-- KEYS: service-wide.
-- ARGV: [id, generation, token, progress (JSON {"done","total","note"}), done].
-- Returns: 1 stored, 0 stale, -1 lower than what this attempt reported before.
-- Events: progress. Invariant: progress of one attempt never decreases.
local id = args[1]
local record = load(id)
if not holds(record, args[2], args[3]) then return 0 end
if record[PROGRESS] ~= '' and cjson.decode(record[PROGRESS]).done > args[5] then return -1 end
record[PROGRESS] = args[4]
save(id, record)
event(id, record, 'progress', args[4])
return 1

-- Purpose: telling what happened: every transition of a call goes into one stream entry at its end. Not a script itself.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines event(), and tell() for the end of every script.
-- Events: an entry's field e is msgpack [now, [id, kind, packed record, extra, ...]], at most EVENTS_AN_ENTRY of these fours.
-- Invariant: a transition and its event are one atomic write; the stream is bounded (rule 7: it only informs).
local EVENTS_AN_ENTRY, ENTRIES_KEPT = 64, 5000
local told = {}

local function tell()
  if #told == 0 then return end
  redis.call('XADD', EVENTS, 'MAXLEN', '~', ENTRIES_KEPT, '*', 'e', cmsgpack.pack({now, told}))
  told = {}
end

-- `packed` is the record as it was packed already, for who has it.
local function event(id, record, kind, extra, packed)
  local n = #told
  told[n + 1], told[n + 2], told[n + 3], told[n + 4] = id, kind, packed or cmsgpack.pack(record), extra or ''
  if n + 4 >= EVENTS_AN_ENTRY * 4 then tell() end
end

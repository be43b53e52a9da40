-- Purpose: remove entries whose outcome PostgreSQL has committed.
-- KEYS: service-wide.
-- ARGV: [tomb_ms, entries]; each entry [id, generation, state].
-- Returns: how many left. Events: none.
-- Invariant: an entry goes only if it still holds the very outcome that was committed (rule 6).
local gone = 0
for _, entry in ipairs(args[2]) do
  local id = entry[1]
  redis.call('ZREM', UNSETTLED, id)
  local record = load(id)
  if record and record[STATE] ~= TOMB then
    if record[GENERATION] == entry[2] and record[STATE] == entry[3] then
      entomb(id, record, args[1])
      gone = gone + 1
    elseif FINAL[record[STATE]] then
      redis.call('ZADD', UNSETTLED, now, id)
    end
  end
end
return gone

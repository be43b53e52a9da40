-- Purpose: remove entries whose outcome PostgreSQL has committed.
-- KEYS: service-wide.
-- ARGV: [tomb_ms, entries]; each entry [id, generation, state].
-- Returns: how many left. Events: none.
-- Invariant: an entry goes only if it still holds the very outcome that was committed (rule 6).
local ids, gone, generations = {}, {}, {}
for i, entry in ipairs(args[2]) do ids[i] = entry[1] end
if #ids == 0 then return 0 end
redis.call('ZREM', UNSETTLED, unpack(ids))
local taken = {}
for i, record in ipairs(load_all(ids)) do
  local id, entry = ids[i], args[2][i]
  if record and record[STATE] ~= TOMB and not taken[id] then
    if record[GENERATION] == entry[2] and record[STATE] == entry[3] then
      taken[id] = true
      gone[#gone + 1], generations[#generations + 1] = id, record[GENERATION]
    elseif FINAL[record[STATE]] then
      redis.call('ZADD', UNSETTLED, now, id)
    end
  end
end
entomb_all(gone, generations, args[1])
return #gone

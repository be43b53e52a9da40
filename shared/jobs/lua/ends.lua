-- Purpose: how a job's entry ends: outcome records, tombstones, and who holds a running attempt. Not a script itself.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines entomb_all(), entomb(), conclude() and holds().
-- Invariant: an outcome has no TTL and leaves only after PostgreSQL has it (rule 6); a tombstone outlives push deadlines (rule 5).

-- Finished entries leave tombstones. generations[i] belongs to ids[i]; both are at most a few hundred.
local function entomb_all(ids, generations, tomb_ms)
  if #ids == 0 then return end
  redis.call('HDEL', BODIES, unpack(ids))
  redis.call('HDEL', OUTCOMES, unpack(ids))
  redis.call('ZREM', UNSETTLED, unpack(ids))
  local saves, until_when = {}, {}
  for i, id in ipairs(ids) do
    saves[2 * i - 1], saves[2 * i] = id, '\145' .. cmsgpack.pack({generations[i], TOMB})
    until_when[2 * i - 1], until_when[2 * i] = now + tomb_ms, id
  end
  redis.call('HSET', JOBS, unpack(saves))
  redis.call('ZADD', TOMBS, unpack(until_when))
  local old = redis.call('ZRANGEBYSCORE', TOMBS, '-inf', now, 'LIMIT', 0, 20 + 2 * #ids)
  if #old == 0 then return end
  redis.call('ZREM', TOMBS, unpack(old))
  local gone = {}
  for i, record in ipairs(load_all(old)) do
    if record and record[STATE] == TOMB then gone[#gone + 1] = old[i] end
  end
  if #gone > 0 then redis.call('HDEL', JOBS, unpack(gone)) end
end

local function entomb(id, record, tomb_ms)
  entomb_all({id}, {record[GENERATION]}, tomb_ms)
end

-- The entry holds its final state and outcome until PostgreSQL has it (rule 6).
local function conclude(id, record, state, outcome, extra)
  record[STATE], record[DUE], record[PROGRESS] = state, 0, ''
  event(id, record, state, extra, save(id, record))
  redis.call('HSET', OUTCOMES, id, outcome)
  redis.call('ZADD', UNSETTLED, now, id)
  wake(SETTLE_WAKE)
end

-- True while `record` is the running attempt that holds `token` (rule 8).
local function holds(record, generation, token)
  return record and record[STATE] == 'running' and record[GENERATION] == generation and record[TOKEN] == token
end

-- Purpose: what a changed setting does to the gates of a queue: places are counted anew, all gates are looked at again.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines regate().
-- Running jobs are bounded by the slots of all workers, so that counting them is, too.
-- Invariant: places are exact from the moment a queue is gated; it stays gated as long as anybody is parked.
local function recount(keys)
  redis.call('DEL', keys.places)
  local ids = redis.call('ZRANGE', keys.running, 0, -1)
  for from = 1, #ids, 500 do
    local page = {unpack(ids, from, math.min(from + 499, #ids))}
    for _, record in ipairs(load_all(page)) do
      if record and record[STATE] == 'running' then
        for _, gate in ipairs(gates_of(record)) do redis.call('HINCRBY', keys.places, gate, 1) end
      end
    end
  end
end

local function regate(keys)
  local conf = redis.call('HMGET', keys.conf, 'group_max', 'gates')
  if (tonumber(conf[1]) or 0) > 0 or (tonumber(conf[2]) or 0) > 0 or redis.call('ZCARD', keys.parked) > 0 then
    redis.call('HSET', keys.conf, 'gated', 1)
    recount(keys)
    open_all(keys)
  elseif redis.call('HDEL', keys.conf, 'gated') == 1 then
    redis.call('DEL', keys.places, keys.opened)
  end
end

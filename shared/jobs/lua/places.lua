-- Purpose: places at the gates of job names ('j:name') and groups ('g:group'): who runs is counted, who must wait is parked.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines give_back(), displace(), open_gate(),
--   open_all() and park().
-- A parked member is gate, NUL, score in 20 digits, NUL, id: one gate's members stand together, in their old order.
-- Invariant: while a queue is gated, places[gate] counts its running jobs exactly; where somebody is parked,
--   the gate is closed, or it stands in `opened` with the time at which a claim looks at it.
local function gates_of(record)
  if (record[GROUP] or '') == '' then return {'j:' .. record[NAME]} end
  return {'j:' .. record[NAME], 'g:' .. record[GROUP]}
end

local function parked_at(keys, gate, count)
  return redis.call('ZRANGEBYLEX', keys.parked, '[' .. gate .. '\0', '(' .. gate .. '\1', 'LIMIT', 0, count)
end

-- A gate that may have room is looked at by the next claim; true when somebody waits there.
local function open_gate(keys, gate)
  if not parked_at(keys, gate, 1)[1] then return false end
  redis.call('ZADD', keys.opened, now, gate)
  return true
end

-- All gates at which somebody is parked, after the one named, are looked at again; a long row of them is continued by claims.
local function open_all(keys, after)
  for _ = 1, 100 do
    local from = after and '(' .. after .. '\1' or '-'
    local first = redis.call('ZRANGEBYLEX', keys.parked, from, '+', 'LIMIT', 0, 1)[1]
    if not first then return end
    after = string.match(first, '^[^%z]*')
    redis.call('ZADD', keys.opened, now, after)
  end
  redis.call('ZADD', keys.opened, now, 's:' .. after)
end

-- Running jobs of a queue have ended: their places are free. True when that may let somebody else start.
local function give_back(keys, records)
  local conf = redis.call('HMGET', keys.conf, 'gated', 'max_running')
  if conf[1] ~= '1' then return (tonumber(conf[2]) or 0) > 0 end
  local left = {}
  for _, record in ipairs(records) do
    for _, gate in ipairs(gates_of(record)) do left[gate] = (left[gate] or 0) + 1 end
  end
  for gate, n in pairs(left) do
    if redis.call('HINCRBY', keys.places, gate, -n) <= 0 then redis.call('HDEL', keys.places, gate) end
    open_gate(keys, gate)
  end
  return true
end

-- A waiting entry leaves without having started: whoever could have had its turn is looked at again.
local function displace(keys, id, record)
  redis.call('ZREM', keys.delayed, id)
  if (record[PARKED] or '') ~= '' then
    redis.call('ZREM', keys.parked, record[PARKED])
    record[PARKED] = ''
  elseif redis.call('ZREM', keys.ready, id) == 1 and redis.call('HGET', keys.conf, 'gated') == '1' then
    for _, gate in ipairs(gates_of(record)) do
      if open_gate(keys, gate) then wake(keys.wake) end
    end
  end
end

-- An entry that has left the ready set waits at a gate; its record tells where and why.
local function park(keys, id, record, gate, reason)
  record[GROUP], record[WAIT_REASON] = record[GROUP] or '', reason
  record[PARKED] = gate .. '\0' .. string.format('%020d', record[SCORE]) .. '\0' .. id
  redis.call('ZADD', keys.parked, 0, record[PARKED])
  save(id, record)
end

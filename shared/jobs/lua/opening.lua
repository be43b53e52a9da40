-- Purpose: what happens at gates that may have room: whoever is parked there and may pass comes back to his old place.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines open_gates().
-- Invariant: a gate leaves `opened` only when nobody is parked there or it is closed; a limiter's never while somebody is.
local OPEN_AT_ONCE = 100

-- Parked members come back to their old places; returns how many there were.
local function unpark(keys, members, gate)
  if #members == 0 then return 0 end
  redis.call('ZREM', keys.parked, unpack(members))
  local ids, saves, places = {}, {}, {}
  for at, member in ipairs(members) do ids[at] = string.sub(member, #gate + 23) end
  for at, record in ipairs(load_all(ids)) do
    if record and record[PARKED] == members[at] and record[STATE] == 'queued' then
      record[PARKED], record[WAIT_REASON] = '', ''
      local n = #saves
      saves[n + 1], saves[n + 2], places[n + 1], places[n + 2] = ids[at], kept_as(record, cmsgpack.pack(record)), record[SCORE], ids[at]
    end
  end
  if #saves > 0 then
    redis.call('HSET', JOBS, unpack(saves))
    redis.call('ZADD', keys.ready, unpack(places))
  end
  return #members
end

-- What a limiter's points pay for comes back, in order; for the rest this claim asks, if it could start it.
local function open_limiter(queue, gate, need)
  local keys, limiter, paid, left = queue.keys, string.sub(gate, 3), {}, nil
  local members = parked_at(keys, gate, math.min(need, OPEN_AT_ONCE))
  local ids, points = {}, credits[limiter] or 0
  for at, member in ipairs(members) do ids[at] = string.sub(member, #gate + 23) end
  local records = load_all(ids)
  learn_all(queue, records)
  for at, record in ipairs(records) do
    local cost = record and record[NAME] and queue.known['j:' .. record[NAME]].cost or 0
    if left == nil and cost <= points then
      points, paid[at] = points - cost, members[at]
    elseif not refused[limiter] then
      left, queue.asking[gate] = true, true
      ask(queue, limiter, cost)
    end
  end
  unpark(keys, paid, gate)
  if not parked_at(keys, gate, 1)[1] then
    redis.call('ZREM', keys.opened, gate)
  else
    redis.call('ZADD', keys.opened, refused[limiter] or left and now + LOOK_AGAIN_MS or now, gate)
  end
end

local function open_gates(queue, need)
  local keys, due = queue.keys, {}
  for limiter in pairs(credits) do due[1 + #due] = 'l:' .. limiter end
  for _, gate in ipairs(redis.call('ZRANGEBYSCORE', keys.opened, '-inf', now, 'LIMIT', 0, 20)) do due[1 + #due] = gate end
  if #due == 0 then return end
  learn(queue, due)
  for _, gate in ipairs(due) do
    local state = queue.known[gate]
    if string.sub(gate, 1, 2) == 's:' then
      redis.call('ZREM', keys.opened, gate)
      open_all(keys, string.sub(gate, 3))
    elseif string.sub(gate, 1, 2) == 'l:' then
      if not queue.visited[gate] then open_limiter(queue, gate, need) end
      queue.visited[gate] = true
    elseif state.until_ms > now then
      redis.call('ZADD', keys.opened, state.until_ms, gate)
    else
      local room = state.until_ms == -1 and 0 or state.limit > 0 and state.limit - state.running or OPEN_AT_ONCE
      local moved = room > 0 and unpark(keys, parked_at(keys, gate, math.min(room, OPEN_AT_ONCE)), gate) or 0
      if moved < OPEN_AT_ONCE or room == moved and state.limit > 0 then redis.call('ZREM', keys.opened, gate) end
    end
  end
end

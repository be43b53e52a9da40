-- Purpose: the walk of a claim through a gated queue: candidates start, or are parked at the gate that is closed.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines admit().
-- Invariant: whoever starts is the best that may; a call moves about LOOKS entries and then leaves the rest to the next one.
local LOOKS, ROUNDS = 200, 20

-- One look at the head of the ready: who may start is added to `ids`, who may not is parked. Returns how many were looked at.
local function look(queue, ids, records, size)
  local keys, need = queue.keys, queue.n - #ids
  local batch, turns = candidates(keys, math.max(need + 1, size), queue.started + #ids, queue.age_ms)
  local loaded, gone, seen = load_all(batch), {}, 0
  learn_all(queue, loaded)
  for at, id in ipairs(batch) do
    local record, ahead = loaded[at], turns[at] and loaded[at + 1]
    if #gone == need then break end
    -- A turn of the aged is taken from somebody who could start; who is parked on the way there shifts the turns.
    if turns[at] and seen > #gone then break end
    local gate, reason
    if ahead and ahead[STATE] == 'queued' then gate, reason = closed_by(queue, ahead) end
    if gate then id, record = batch[at + 1], ahead else gate, reason = nil, nil end
    seen = seen + 1
    if record and record[STATE] == 'queued' then
      if not gate then gate, reason = closed_by(queue, record) end
      if gate then
        if turn_away(queue, id, record, gate, reason) or turns[at] then break end
      else
        take(queue, record)
        gone[#gone + 1], ids[#ids + 1], records[#records + 1] = id, id, record
      end
    else
      redis.call('ZREM', keys.ready, id)
    end
  end
  if #gone > 0 then redis.call('ZREM', keys.ready, unpack(gone)) end
  return seen
end

-- The ids and records of those who start now, at most queue.n; they have left the ready set.
local function admit(queue)
  queue.known, queue.taken, queue.asking, queue.visited, queue.n_asked = {}, {}, {}, {}, 0
  local ids, records, looks = {}, {}, 0
  for round = 1, ROUNDS do
    open_gates(queue, queue.n - #ids)
    -- Where many are parked, the next look is a wider one.
    local seen = look(queue, ids, records, math.min(50, 10 * round - 10))
    looks = looks + seen
    if seen == 0 or #ids == queue.n or looks >= LOOKS then break end
  end
  for gate, n in pairs(queue.taken) do redis.call('HINCRBY', queue.keys.places, gate, n) end
  return ids, records
end

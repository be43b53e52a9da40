-- Purpose: the order of starts: strictly by priority, except that every tenth start of a queue is a turn for what has aged.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines candidates().
-- Invariant: FIFO within a priority, always; a lower priority that has waited for age_ms gets a tenth of the starts and no more.
local AGED_TURN = 10

-- Of each lower priority that waits, the first `turns` in their order, as far as they have aged.
local function aged_of(keys, highest, lowest, turns, age_ms)
  local aged = {}
  for priority = highest + 1, lowest do
    local from, to = string.format('%.0f', priority * BAND), string.format('(%.0f', (priority + 1) * BAND)
    local ids, queue = redis.call('ZRANGEBYSCORE', keys.ready, from, to, 'LIMIT', 0, turns), {}
    for at, record in ipairs(load_all(ids)) do
      local since = record and record[ENQUEUED] and math.max(record[ENQUEUED], record[DUE])
      if not since or now - since < age_ms then break end
      queue[at] = {ids[at], since}
    end
    aged[priority] = queue
  end
  return aged
end

-- Take the longest waiting head of a priority below `priority`; of those that came together, the higher priority's.
local function oldest(aged, priority, lowest)
  local best
  for below = priority + 1, lowest do
    local head = aged[below] and aged[below][1]
    if head and (not best or head[2] < aged[best][1][2]) then best = below end
  end
  return best and table.remove(aged[best], 1)[1]
end

-- The first n in their order, and which of these places are turns of the aged. `started` = starts of the queue until now.
local function candidates(keys, n, started, age_ms)
  local ids = redis.call('ZRANGE', keys.ready, 0, n - 1)
  local first_turn = AGED_TURN - started % AGED_TURN
  if first_turn > #ids then return ids, {} end
  local last = redis.call('ZRANGE', keys.ready, -1, -1, 'WITHSCORES')
  local highest = math.floor(redis.call('ZSCORE', keys.ready, ids[1]) / BAND)
  local lowest = math.floor(last[2] / BAND)
  if highest >= lowest then return ids, {} end
  -- Behind a head that has not aged nobody has: the rest is worked out only when there is something to work out.
  local heads = aged_of(keys, highest, lowest, 1, age_ms)
  if not oldest(heads, highest, lowest) then return ids, {} end
  local aged = aged_of(keys, highest, lowest, math.floor((n - first_turn) / AGED_TURN) + 1, age_ms)
  local scored = redis.call('ZRANGE', keys.ready, 0, n - 1, 'WITHSCORES')
  local order, turns, taken, at = {}, {}, {}, 1
  while #order < n and scored[at] do
    local id = scored[at]
    if taken[id] then
      at = at + 2
    else
      local place = #order + 1
      local turn = (started + place) % AGED_TURN == 0 and oldest(aged, math.floor(scored[at + 1] / BAND), lowest)
      if turn and not taken[turn] then
        order[place], turns[place], taken[turn] = turn, true, true
      else
        order[place], at = id, at + 2
      end
    end
  end
  return order, turns
end

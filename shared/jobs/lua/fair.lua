-- Purpose: turns in a fair queue: every group gets one start a round, however many jobs it has waiting.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines is_untimed(), turn_of() and served().
-- The number in a score (record.lua) is that of the arrival, or in a fair queue of the round, which is never above it.
--   Number 0: the job's round is found when its time has come.
-- `turns` holds, as such scores, for each priority 'v:p' the round that is being served, and 'p:group' a group's last one.
-- Invariant: rounds of a group grow with its arrivals (FIFO); nobody joins a round that is over, so that who was idle has
--   saved up nothing, and starts within the next round.
local looked_at = {}

local function is_untimed(record) return record[SCORE] % BAND == 0 end

-- The round that is being served at a priority; the first to ask when there is none begins it.
local function round_of(keys, priority, arrival)
  local known = redis.call('ZSCORE', keys.turns, 'v:' .. priority)
  if known then return tonumber(known) end
  local from, to = string.format('%.0f', priority * BAND + 1), string.format('(%.0f', (priority + 1) * BAND)
  local first = redis.call('ZRANGEBYSCORE', keys.ready, from, to, 'WITHSCORES', 'LIMIT', 0, 1)[2]
  local round = tonumber(first) or priority * BAND + arrival
  redis.call('ZADD', keys.turns, string.format('%.0f', round), 'v:' .. priority)
  return round
end

-- The score with which a job joins the ready; `arrival` is its number, nil for one that came long ago; `group` is its own
-- where the record has not got it yet.
local function turn_of(keys, record, arrival, group)
  -- Where nobody waits nobody has to be fair; a batch looks only once, since it is written at its end.
  if not looked_at[keys.turns] then
    looked_at[keys.turns] = true
    if redis.call('ZCARD', keys.ready) + redis.call('ZCARD', keys.parked) == 0 then redis.call('DEL', keys.turns) end
  end
  local round = round_of(keys, record[PRIORITY], arrival or tonumber(redis.call('GET', SEQ)) or 1)
  local member = record[PRIORITY] .. ':' .. (group or record[GROUP])
  local last = tonumber(redis.call('ZSCORE', keys.turns, member))
  local turn = last and math.max(round, last + 1) or round
  redis.call('ZADD', keys.turns, string.format('%.0f', turn), member)
  return turn
end

-- Jobs have started: theirs are the rounds being served, and who had his last turn before them is as good as new.
local function served(keys, records)
  local rounds = {}
  for _, record in ipairs(records) do
    if record and record[STATE] == 'running' then
      rounds[record[PRIORITY]] = math.max(rounds[record[PRIORITY]] or 0, record[SCORE])
    end
  end
  for priority, round in pairs(rounds) do
    redis.call('ZADD', keys.turns, 'GT', string.format('%.0f', round), 'v:' .. priority)
    local now_served = redis.call('ZSCORE', keys.turns, 'v:' .. priority)
    redis.call('ZREMRANGEBYSCORE', keys.turns, string.format('%.0f', priority * BAND), '(' .. now_served)
  end
end

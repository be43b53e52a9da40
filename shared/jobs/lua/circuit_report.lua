-- Purpose: tell how a guarded call went; opens and closes the circuit.
-- KEYS: 1 what is set and how it stands; 2 probes under way; 3 (only of a job on its last attempt) what it met here.
-- ARGV: [token, verdict ('ok', 'failed', 'neutral'), reason].
-- Returns: [state, ms to wait, has changed, turn, opens, since, streak]; 'unknown' as in circuit_admit. Of a closed circuit
--   there is something to wait for only when the failure is not to cost the job its last attempt.
-- Events: none. Invariant: every change raises `turn` by one; late answers of calls that were made before it opened
--   neither close nor prolong an open circuit. No job dies here unless others' calls went well between its own, twice.
local token, verdict, reason = unpack(cmsgpack.unpack(ARGV[1]))
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local names = {'state', 'opens', 'turn', 'since', 'streak', 'rule', 'bucket', 'ok', 'bad', 'ok_before', 'bad_before', 'run', 'good', 'oks'}
local set = {}
for at, value in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do set[names[at]] = value end
if not set.state or not set.rule then return {'unknown', 0, 0, 0, 0, 0, 0} end
local rule = cmsgpack.unpack(set.rule)
local changed = 0
local function number(name) return tonumber(set[name]) or 0 end

local function turn_to(state, opens, streak)
  set.state, set.opens, set.streak, set.turn, set.since = state, opens, streak, number('turn') + 1, now
  changed = 1
  redis.call('HDEL', KEYS[1], 'bucket', 'ok', 'bad', 'ok_before', 'bad_before', 'run', 'good')
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'state', state, 'opens', string.format('%d', opens), 'since', string.format('%d', now),
             'turn', string.format('%d', set.turn), 'streak', string.format('%d', streak), 'reason', reason)
end

local function open()
  local streak = number('streak')
  turn_to('open', now + math.min(rule.cooldown_max, rule.cooldown * 2 ^ math.min(streak, 30)), streak + 1)
end

-- Two halves of the window are kept, so what counts is from half a window to a whole one old.
local function count()
  local half, ok, bad = math.max(1, math.floor(rule.window / 2)), number('ok'), number('bad')
  local bucket, ok_before, bad_before, run = math.floor(now / half), number('ok_before'), number('bad_before'), number('run')
  local age = bucket - number('bucket')
  if age ~= 0 then
    ok_before, bad_before = age == 1 and ok or 0, age == 1 and bad or 0
    ok, bad = 0, 0
    if age > 1 then run = 0 end
  end
  if verdict == 'ok' then ok, run = ok + 1, 0 else bad, run = bad + 1, run + 1 end
  local failed, all = bad + bad_before, ok + ok_before + bad + bad_before
  if run >= rule.failures or (failed >= rule.failures and failed >= rule.ratio * all) then return open() end
  redis.call('HSET', KEYS[1], 'bucket', string.format('%d', bucket), 'ok', ok, 'bad', bad, 'ok_before', ok_before,
             'bad_before', bad_before, 'run', run)
  if verdict == 'ok' then redis.call('HINCRBY', KEYS[1], 'oks', 1) end
end

-- How long a job waits whose last attempt has failed while nobody knows yet whether it or what it calls is to blame. Its
-- own failures open the circuit however far apart they are, unless a call of another went well between them.
local function spare()
  local raw = redis.call('GET', KEYS[3])
  local met = raw and cmsgpack.unpack(raw)
  if not met or met.turn ~= number('turn') then met = {turn = number('turn'), oks = number('oks'), alone = 0, among = 0} end
  if met.oks == number('oks') then met.alone = met.alone + 1 else met.alone, met.among = 1, met.among + 1 end
  if met.alone < rule.failures and met.among < 2 then
    met.oks = number('oks')
    redis.call('SET', KEYS[3], cmsgpack.pack(met), 'PX', 3600000)
    return math.min(rule.cooldown, rule.window)
  end
  redis.call('DEL', KEYS[3])
  if met.among < 2 then open() end
  return 0
end

local wait = 0
local was_probe = redis.call('ZREM', KEYS[2], token) == 1
if set.state == 'closed' and verdict ~= 'neutral' then
  count()
  if KEYS[3] and verdict == 'failed' and set.state == 'closed' then wait = spare() end
elseif set.state == 'open' and was_probe and verdict == 'failed' then
  open()
elseif set.state == 'open' and was_probe and verdict == 'ok' then
  if redis.call('HINCRBY', KEYS[1], 'good', 1) >= rule.probes then turn_to('closed', 0, 0) end
end
local opens = number('opens')
return {set.state, set.state == 'open' and math.max(1, opens - now) or wait, changed, number('turn'), opens, number('since'),
        number('streak')}

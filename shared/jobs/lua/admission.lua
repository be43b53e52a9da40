-- Purpose: which gate keeps a job of a gated queue from starting: of its name, of its group, or a limiter shared by services.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines learn(), closed_by(), take() and turn_away().
-- A gate is 'j:name', 'g:group' or 'l:limiter'. Somebody who is at work on a limiter is given LOOK_AGAIN_MS.
-- Invariant: no gate lets more run than its limit; a limiter's credits are spent once.
local LOOK_AGAIN_MS = 250
-- By limiter: points that a worker leased, times until which it was refused, and points this claim would need besides.
local credits, refused, asked = {}, {}, {}

-- What is known of gates in this call is read once.
local function learn(queue, gates)
  local fresh, fields = {}, {}
  for _, gate in ipairs(gates) do
    if not queue.known[gate] then
      queue.known[gate], fresh[#fresh + 1] = true, gate
      for _, field in ipairs({'max:', 'until:', 'limiter:', 'cost:'}) do fields[#fields + 1] = field .. gate end
    end
  end
  if #fresh == 0 then return end
  local set, places = redis.call('HMGET', queue.keys.conf, unpack(fields)), redis.call('HMGET', queue.keys.places, unpack(fresh))
  for i, gate in ipairs(fresh) do
    local usual = string.sub(gate, 1, 2) == 'g:' and queue.group_max or 0
    queue.known[gate] = {running = tonumber(places[i]) or 0, limit = tonumber(set[4 * i - 3]) or usual,
                         until_ms = tonumber(set[4 * i - 2]) or 0, limiter = set[4 * i - 1], cost = tonumber(set[4 * i]) or 1}
  end
end

local function learn_all(queue, records)
  local gates = {}
  for _, record in ipairs(records) do
    if record and record[NAME] then for _, gate in ipairs(gates_of(record)) do gates[#gates + 1] = gate end end
  end
  learn(queue, gates)
end

local function is_paused(state) return state.until_ms == -1 or state.until_ms > now end

-- The gate that keeps a job from starting, and why; nil when it may.
local function closed_by(queue, record)
  for _, gate in ipairs(gates_of(record)) do
    local state, kind = queue.known[gate], string.sub(gate, 1, 1) == 'j' and 'job' or 'group'
    if is_paused(state) then return gate, kind .. '_paused' end
    if state.limit > 0 and state.running >= state.limit then return gate, kind .. '_limit' end
  end
  local job = queue.known['j:' .. record[NAME]]
  if job.limiter and (credits[job.limiter] or 0) < job.cost then return 'l:' .. job.limiter, 'limiter' end
end

local function take(queue, record)
  for _, gate in ipairs(gates_of(record)) do
    queue.known[gate].running, queue.taken[gate] = queue.known[gate].running + 1, (queue.taken[gate] or 0) + 1
  end
  local job = queue.known['j:' .. record[NAME]]
  if job.limiter then credits[job.limiter] = credits[job.limiter] - job.cost end
end

-- This job needs points of a limiter for one of the places that are free: the claim's answer says so.
local function ask(queue, limiter, cost)
  if queue.n_asked >= queue.n then return end
  queue.n_asked, asked[limiter] = queue.n_asked + 1, asked[limiter] or {0, cost}
  asked[limiter][1] = asked[limiter][1] + cost
end

-- Park it, so that it is not looked at again until its gate opens; true when another gate, through which it did not go,
-- has somebody else to let in.
local function turn_away(queue, id, record, gate, reason)
  local keys, passed_on = queue.keys, false
  redis.call('ZREM', keys.ready, id)
  park(keys, id, record, gate, reason)
  if reason == 'limiter' then
    local job = queue.known['j:' .. record[NAME]]
    local looks_at = refused[job.limiter] or redis.call('ZSCORE', keys.opened, gate)
    -- Whoever finds nobody at work on this limiter is it; others wait for him, or until he should be done.
    if not looks_at then queue.asking[gate], looks_at = true, now + LOOK_AGAIN_MS end
    redis.call('ZADD', keys.opened, looks_at, gate)
    if queue.asking[gate] then ask(queue, job.limiter, job.cost) end
  elseif queue.known[gate].until_ms > now then
    redis.call('ZADD', keys.opened, queue.known[gate].until_ms, gate)
  end
  for _, other in ipairs(gates_of(record)) do
    if other ~= gate and open_gate(keys, other) then passed_on = true end
  end
  return passed_on
end

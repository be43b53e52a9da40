-- Purpose: since when the longest waiting queued job of each queue could have started, parked ones included. Reads only.
-- KEYS: service-wide, one block per queue asked for. ARGV: [how many queues].
-- Returns: one value a queue: milliseconds it has waited, 0 when nothing is queued. Events: none.
-- Invariant: bounded: heads of each priority, of the ready and of the first GATES gates at which somebody stands.
local GATES, LOWEST = 100, 5

local function waited(id)
  local record = load(id)
  if not record or record[STATE] ~= 'queued' then return 0 end
  return math.max(0, now - math.max(record[ENQUEUED], record[DUE]))
end

local function of_ready(keys)
  local most = 0
  for priority = 1, LOWEST do
    local from, to = string.format('%.0f', priority * BAND), string.format('(%.0f', (priority + 1) * BAND)
    local id = redis.call('ZRANGEBYSCORE', keys.ready, from, to, 'LIMIT', 0, 1)[1]
    if id then most = math.max(most, waited(id)) end
  end
  return most
end

-- One gate's members stand by score, which begins with the priority: the next priority's head is one look away.
local function of_parked(keys)
  local most, from = 0, '-'
  for _ = 1, GATES * LOWEST do
    local member = redis.call('ZRANGEBYLEX', keys.parked, from, '+', 'LIMIT', 0, 1)[1]
    if not member then break end
    local gate, score, id = string.match(member, '^([^%z]*)%z(%d+)%z(.*)$')
    most = math.max(most, waited(id))
    from = '[' .. gate .. '\0' .. string.format('%020d', (math.floor(tonumber(score) / BAND) + 1) * BAND)
  end
  return most
end

local ages = {}
for i = 1, args[1] do
  local keys = queue_keys(i)
  ages[i] = math.max(of_ready(keys), of_parked(keys))
end
return ages

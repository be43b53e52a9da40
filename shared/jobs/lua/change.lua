-- Purpose: give a waiting job another priority, time or queue, in place.
-- KEYS: service-wide, one block per queue named in args.
-- ARGV: [queues, id, generation, priority (0 = keep), due_ms (-1 = keep, 0 = now), queue ('' = keep)];
--   queues[i] names the i-th block.
-- Returns: 1 changed, 0 no entry of this generation yet, -1 it runs or has ended, so nothing was moved.
-- Events: changed. Invariant: the job is in exactly one of ready and delayed; its number in the order of arrival stays, so
--   that it joins its new priority or queue at the place it would have had there.
local blocks = {}
for i, queue in ipairs(args[1]) do blocks[queue] = queue_keys(i) end
local id, priority, due, queue = args[2], args[4], args[5], args[6]
local record = load(id)
if not record or record[GENERATION] < args[3] then return 0 end
local state = record[STATE]
local is_waiting = state == 'queued' or state == 'scheduled' or state == 'retrying'
if record[GENERATION] > args[3] or not is_waiting or not blocks[record[QUEUE]] then return -1 end

local from = blocks[record[QUEUE]]
local waits_until = redis.call('ZSCORE', from.delayed, id)
displace(from, id, record)
if state == 'retrying' then redis.call('HINCRBY', from.count, 'retrying', -1) end

if priority > 0 then
  record[SCORE] = record[SCORE] + (priority - record[PRIORITY]) * BAND
  record[PRIORITY] = priority
end
if queue ~= '' then
  record[QUEUE] = queue
  if is_untimed(record) then record[SCORE] = record[SCORE] + redis.call('INCR', SEQ) end
end
-- Whichever gate it waited at, it asks anew.
if state == 'queued' then record[WAIT_REASON] = '' end
if due > now then
  record[DUE], record[WAIT_REASON], waits_until = due, 'delay', due
  if state == 'queued' then record[STATE] = 'scheduled' end
elseif due >= 0 then
  record[STATE], record[DUE], record[WAIT_REASON] = 'queued', now, ''
end
if record[STATE] == 'queued' and is_untimed(record) then record[SCORE] = turn_of(from, record) end
local packed = save(id, record)

local to = blocks[record[QUEUE]]
if record[STATE] == 'queued' then
  redis.call('ZADD', to.ready, record[SCORE], id)
  wake(to.wake)
else
  redis.call('ZADD', to.delayed, waits_until or record[DUE], id)
  if record[STATE] == 'retrying' then redis.call('HINCRBY', to.count, 'retrying', 1) end
  if redis.call('ZRANGE', to.delayed, 0, 0)[1] == id then wake(to.wake) end
end
event(id, record, 'changed', record[WAIT_REASON], packed)
return 1

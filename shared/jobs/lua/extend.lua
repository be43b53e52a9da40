-- Purpose: the heartbeat: extend the leases of the attempts a worker names.
-- KEYS: service-wide, one block per queue named in args.
-- ARGV: [lease_ms, grace_ms, attempts]; each attempt [id, generation, token, queue_index].
-- Returns: one status an attempt: 1 extended, 0 lost, 2 doomed (dropped while running), 3 past its time limit (not extended).
-- Events: none. Invariant: a lease is extended only for its token, and never beyond time limit + grace, so a zombie heartbeat ends.
local statuses = {}
for i, attempt in ipairs(args[3]) do
  local id, keys = attempt[1], queue_keys(attempt[4])
  local record = load(id)
  if not holds(record, attempt[2], attempt[3]) then
    statuses[i] = 0
  elseif now > record[STARTED] + record[TIMEOUT] + args[2] then
    statuses[i] = 3
  else
    -- Removing comes first: a script that starts with it runs to its end even when memory is full, and a heartbeat must.
    redis.call('ZREM', keys.running, id)
    redis.call('ZADD', keys.running, now + args[1], id)
    statuses[i] = record[DOOMED] == 1 and 2 or 1
  end
end
return statuses

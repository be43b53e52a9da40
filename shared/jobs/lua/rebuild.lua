-- Purpose: mark an index that PostgreSQL does not know as being rebuilt; claims are closed, since no identity matches a mark.
-- KEYS: service-wide.
-- ARGV: [prefix, mark]; a mark begins with its prefix, which names the instance.
-- Returns: the mark that stands: that of another rebuild of the same instance is shared. Events: none.
-- Invariant: a mark does not outlive the data it stands in: a flush takes both, so adopt.lua then refuses.
local present = redis.call('GET', IDENTITY)
if present and string.sub(present, 1, #args[1]) == args[1] then return present end
redis.call('SET', IDENTITY, args[2])
return args[2]

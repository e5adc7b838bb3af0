-- KEYS as for acquiring. ARGV: now (ms), permit, then per thing: tokens to add (may be below zero), tokens/min or -1.
local now, minute, debt_max = tonumber(ARGV[1]), 60000, 3300000
for i = 1, #KEYS, 2 do
  local correction, per_minute = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local was_running = redis.call('zrem', KEYS[i + 1], ARGV[2])
  if was_running == 1 and per_minute > 0 then
    local left = math.max(0, tonumber(redis.call('hget', KEYS[i], 'tokens') or 0) - now)
    local corrected = math.min(debt_max, math.max(0, left + correction * minute / per_minute))
    redis.call('hset', KEYS[i], 'tokens', string.format('%.3f', now + corrected))
    redis.call('pexpire', KEYS[i], 3600000)
  end
end
return 1

-- One atomic step over all that is limited: everything admits, or nothing is charged.
-- Answers with -1 and, per limited thing, the debts of requests and tokens in ms; or with what blocks: index, unit, wait.
-- KEYS: per limited thing a hash of debts and a sorted set of running requests.
-- ARGV: now (ms), tokens, permit, slot lifetime (ms), then per thing: requests/min, tokens/min, concurrent; -1 is no limit.
local now, tokens, permit, slot_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local minute, hour, debt_max = 60000, 3600000, 3300000

local function debt(key, field)
  local left = tonumber(redis.call('hget', key, field) or 0) - now
  if left > hour or left < 0 then return 0 end
  return left
end

-- No debt is so long that it could be taken for a clock that went back.
local function push(key, field, ms)
  redis.call('hset', key, field, string.format('%.3f', now + math.min(debt_max, debt(key, field) + ms)))
end

local function wait(key, field, amount, per_minute)
  if per_minute < 0 then return 0 end
  if per_minute == 0 then return minute end
  return math.ceil(debt(key, field) + math.min(amount, per_minute) * minute / per_minute - minute)
end

for i = 1, #KEYS, 2 do
  local arg = 5 + (i - 1) / 2 * 3
  local requests, per_minute, running = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  redis.call('zremrangebyscore', KEYS[i + 1], '-inf', now)
  if running >= 0 and redis.call('zcard', KEYS[i + 1]) >= running then return { (i - 1) / 2, 'concurrent', 1000 } end
  local ms = wait(KEYS[i], 'requests', 1, requests)
  if ms > 0 then return { (i - 1) / 2, 'requests', ms } end
  ms = wait(KEYS[i], 'tokens', tokens, per_minute)
  if ms > 0 then return { (i - 1) / 2, 'tokens', ms } end
end

local debts = { -1 }
for i = 1, #KEYS, 2 do
  local arg = 5 + (i - 1) / 2 * 3
  local requests, per_minute = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
  if requests > 0 then
    push(KEYS[i], 'requests', minute / requests)
  end
  if per_minute > 0 then
    push(KEYS[i], 'tokens', tokens * minute / per_minute)
  end
  redis.call('pexpire', KEYS[i], hour)
  redis.call('zadd', KEYS[i + 1], now + slot_ms, permit)
  redis.call('pexpire', KEYS[i + 1], slot_ms)
  debts[#debts + 1] = math.ceil(debt(KEYS[i], 'requests'))
  debts[#debts + 1] = math.ceil(debt(KEYS[i], 'tokens'))
end
return debts

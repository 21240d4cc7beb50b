-- sieve.lua: the primes up to 20,000, by the sieve of Eratosthenes. Loops over an
-- array.

local LIMIT = 20000

local function fill(is_prime)
  for i = 2, LIMIT do is_prime[i] = true end
end

local function strike(is_prime, prime)
  for i = prime * prime, LIMIT, prime do is_prime[i] = false end
end

local function count(is_prime)
  local found = 0
  for i = 2, LIMIT do
    if is_prime[i] then found = found + 1 end
  end
  return found
end

return function(n)
  local is_prime = { false }
  for _ = 1, n * 15 do
    fill(is_prime)
    for i = 2, math.floor(math.sqrt(LIMIT)) do
      if is_prime[i] then strike(is_prime, i) end
    end
    local found = count(is_prime)
    assert(found == 2262, "sieve: " .. found)
  end
end

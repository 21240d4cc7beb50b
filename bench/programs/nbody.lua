-- nbody.lua: the sun and four planets move. Floats in fields of tables.

local PI = math.pi
local SOLAR_MASS = 4 * PI * PI
local DAYS = 365.24 -- a year

local function new_body(x, y, z, vx, vy, vz, mass)
  return {
    x = x, y = y, z = z, vx = vx * DAYS, vy = vy * DAYS, vz = vz * DAYS,
    mass = mass * SOLAR_MASS,
  }
end

local function new_system()
  return {
    new_body(0, 0, 0, 0, 0, 0, 1), -- the sun
    new_body(4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01,
      1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05,
      9.54791938424326609e-04),    -- Jupiter
    new_body(8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01,
      -2.76742510726411899e-03, 4.99852801234917238e-03, 2.30417297573763929e-05,
      2.85885980666130812e-04),    -- Saturn
    new_body(1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01,
      2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05,
      4.36624404335156298e-05),    -- Uranus
    new_body(1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01,
      2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05,
      5.15138902046611451e-05),    -- Neptune
  }
end

local function stop_the_whole(bodies)
  local px, py, pz = 0, 0, 0
  for _, body in ipairs(bodies) do
    px, py, pz = px + body.vx * body.mass, py + body.vy * body.mass, pz + body.vz * body.mass
  end
  local sun = bodies[1]
  sun.vx, sun.vy, sun.vz = -px / SOLAR_MASS, -py / SOLAR_MASS, -pz / SOLAR_MASS
end

local function distance(a, b)
  local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
  return math.sqrt(dx * dx + dy * dy + dz * dz), dx, dy, dz
end

local function attract(a, b, dt)
  local d, dx, dy, dz = distance(a, b)
  local force = dt / (d * d * d)
  local by_a, by_b = a.mass * force, b.mass * force
  a.vx, a.vy, a.vz = a.vx - dx * by_b, a.vy - dy * by_b, a.vz - dz * by_b
  b.vx, b.vy, b.vz = b.vx + dx * by_a, b.vy + dy * by_a, b.vz + dz * by_a
end

local function move(bodies, dt)
  for i = 1, #bodies do
    local body = bodies[i]
    body.x, body.y, body.z = body.x + dt * body.vx, body.y + dt * body.vy, body.z + dt * body.vz
  end
end

local function advance(bodies, dt)
  for i = 1, #bodies do
    local a = bodies[i]
    for j = i + 1, #bodies do attract(a, bodies[j], dt) end
  end
  move(bodies, dt)
end

local function energy(bodies)
  local sum = 0
  for i, a in ipairs(bodies) do
    sum = sum + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
    for j = i + 1, #bodies do
      sum = sum - a.mass * bodies[j].mass / (distance(a, bodies[j]))
    end
  end
  return sum
end

return function(n)
  for _ = 1, n * 5 do
    local bodies = new_system()
    stop_the_whole(bodies)
    assert(math.abs(energy(bodies) + 0.169075164) < 1e-9, "nbody: energy at the start")
    for _ = 1, 1000 do advance(bodies, 0.01) end
    assert(math.abs(energy(bodies) + 0.169087605) < 1e-9, "nbody: energy after 1,000 steps")
  end
end

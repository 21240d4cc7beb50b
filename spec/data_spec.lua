-- data_spec.lua: lua/data.lua, the handler that the benchmarks and the demo use.
local support = require "support"

describe("GET /data", function()
  local server

  setup(function()
    server = support.serve { "--workers", "2", support.source .. "/lua" }
  end)
  teardown(function() server:stop() end)

  local function get(query, headers)
    return support.request(server.url .. "/data" .. (query or ""),
      { headers = headers })
  end

  it("sums up the rows it made", function()
    local status, body, headers = get "?rows=1000"
    assert.equal(200, status)
    assert.equal("application/json", headers["content-type"])
    assert.is_nil(headers["content-encoding"])
    assert.equal(1000, tonumber(body:match('"rows":(%d+)')))
    local orders, regions = 0, 0
    for count in body:gmatch('"orders":(%d+)') do
      orders, regions = orders + count, regions + 1
    end
    assert.equal(1000, orders)
    assert.equal(5, regions)
  end)

  it("sorts by price, the highest first", function()
    local _, body = get()
    local last, n = math.huge, 0
    for price in body:match('"top":(%b[])'):gmatch('"price":([%d.]+)') do
      assert.is_true(tonumber(price) <= last)
      last, n = tonumber(price), n + 1
    end
    assert.equal(5, n)
  end)

  it("is the same for the same seed and rows", function()
    local function facts(query)
      local _, body = get(query)
      local list = {}
      for fact in body:gmatch('"[%w_]+":[%w."-]+') do list[#list + 1] = fact end
      table.sort(list)
      return list
    end
    assert.same(facts "?seed=7&rows=50", facts "?seed=7&rows=50")
    assert.are_not.same(facts "?seed=7&rows=50", facts "?seed=8&rows=50")
  end)

  it("works at both ends of its bounds", function()
    for _, rows in ipairs { 1, 100000 } do
      local status, body = get("?rows=" .. rows)
      assert.equal(200, status)
      assert.truthy(body:find('"rows":' .. rows, 1, true))
    end
  end)

  it("compresses its answer when asked to", function()
    for query, headers in pairs {
      ["?gzip=1"] = {}, [""] = { ["Accept-Encoding"] = "br, gzip" },
    } do
      local status, body, reply = get(query, headers)
      assert.equal(200, status)
      assert.equal("gzip", reply["content-encoding"])
      assert.equal("application/json", reply["content-type"])
      local path = os.tmpname()
      support.write_file(path, body)
      local _, text = support.run("gzip -dc <" .. path)
      os.remove(path)
      assert.truthy(text:find('"rows":500', 1, true), text)
    end
  end)

  for query, message in pairs {
    ["rows=0"] = "rows must be a whole number from 1 to 100000, got '0'",
    ["rows=100001"] = "rows must be a whole number from 1 to 100000, got '100001'",
    ["rows=1.5"] = "rows must be a whole number from 1 to 100000, got '1.5'",
    ["rows="] = "rows must be a whole number from 1 to 100000, got ''",
    ["seed=-1"] = "seed must be a whole number from 0 to 4294967295, got '-1'",
    ["seed=99999999999999999999"] =
      "seed must be a whole number from 0 to 4294967295, got '99999999999999999999'",
    ["gzip=yes"] = "gzip must be a whole number from 0 to 1, got 'yes'",
  } do
    it("refuses " .. query, function()
      local status, body = get("?" .. query)
      assert.equal(400, status)
      assert.equal(message .. "\n", body)
    end)
  end
end)

-- faults_spec.lua: 64 virtual users against a server that does everything wrong
-- (spec/faulty): every failure has its error code and is counted under it, nothing
-- leaks, and memory stays bounded.
-- Needs: faulty_server asan
local support = require "support"

local VUS, HEAVY_VUS = 64, 8
local BODY_MAX_KIB = 16 * 1024 -- the most of a reply that a virtual user keeps

local SERVER = os.getenv "FAULTY_SERVER" or support.source .. "/build/spec/faulty_server"

describe("a faulty server", function()
  local folder, server, base, faults

  setup(function()
    folder = support.new_folder()
    server = support.start { SERVER }
    local out = support.wait_until(function()
      local text = server:output()
      return text:find "port %d+\n" and text
    end, "the faulty server", 60)
    local port = out:match "port (%d+)"
    base, faults = "http://127.0.0.1:" .. port .. "/", {}
    for number, code, status, name in out:gmatch "(%d+) (%d+) (%d+) ([^\n]+)\n" do
      faults[#faults + 1] = { url = base .. number, name = name, status = tonumber(status),
        code = tonumber(code), requests = name == "redirect loop" and 11 or 1 }
    end
    assert(#faults > 50)
    local function add(name, url, code)
      faults[#faults + 1] = { url = url, name = name, status = 0, code = code, requests = 1 }
    end
    add("refused", "http://127.0.0.1:" .. support.free_port() .. "/", 1212)
    add("no TLS", "https://127.0.0.1:" .. port .. "/", 1301)
    add("no URL", "nonsense", 1020)
  end)

  teardown(function()
    server:stop()
    support.remove_folder(folder)
  end)

  --- Returns the faults that take 16 MiB of each virtual user, or all others.
  local function select(heavy)
    local list = {}
    for _, fault in ipairs(faults) do
      local is_heavy = fault.name == "endless body" or fault.name:find "^gzip bomb"
      if (is_heavy ~= nil and is_heavy ~= false) == heavy then list[#list + 1] = fault end
    end
    return list
  end

  --- Writes a script whose virtual users each go through the faults once. `order` is
  -- the position of the k-th of n faults, in Lua.
  local function script(list, order, vus)
    local lines = {}
    for i, fault in ipairs(list) do
      local failed = fault.status == 0
      lines[i] = ("{ url = %q, name = %q, status = %d, code = %d, timeout = %q },"):format(
        fault.url, fault.name, fault.status,
        failed and fault.code or fault.status >= 400 and 1000 + fault.status or 0,
        fault.code == 1050 and "2s" or "10m")
    end
    local path = folder .. "/faults.lua"
    support.write_file(path, ([[
      local http, t = require "http", require "loadtest"
      local faults = { %s }
      local n = #faults
      return {
        options = { scenarios = { all = { executor = "per-vu-iterations", vus = %d,
          iterations = 1 } } },
        default = function()
          for k = 1, n do
            local fault = faults[%s]
            local res = http.get(fault.url, { timeout = fault.timeout })
            t.check(res, { [fault.name .. ", as expected"] = res.status == fault.status and
              res.error_code == fault.code and (res.error ~= "") == (fault.status == 0) })
          end
        end,
      }]]):format(table.concat(lines, "\n"), vus, order))
    return path
  end

  --- Compares the summary with the faults.
  local function assert_counted(out, list, vus)
    local errors, requests = {}, 0
    for _, fault in ipairs(list) do
      requests = requests + vus * fault.requests
      if fault.status == 0 then errors[fault.code] = (errors[fault.code] or 0) + vus end
    end
    assert.falsy(out:find("✗ ", 1, true), out)
    assert.truthy(out:find("http_reqs%.+: " .. requests .. " "), out)
    local seen = {}
    for code, n in out:gmatch "\n    (1%d%d%d) [^\n]*: +(%d+)%f[\n]" do
      seen[tonumber(code)] = tonumber(n)
    end
    assert.same(errors, seen)
  end

  it("is survived: each fault by all at once, and all by each", function()
    local function run(list, order, vus)
      local code, out, err = support.command("load -q " .. script(list, order, vus))
      assert.equal(0, code, err)
      assert.falsy(err:find("Sanitizer", 1, true), err)
      assert.falsy(err:find("runtime error", 1, true), err)
      assert_counted(out, list, vus)
    end
    run(select(false), "k", VUS)
    run(select(false), "(k + t.vu) % n + 1", VUS)
    run(select(true), "(k + t.vu) % n + 1", HEAVY_VUS)
  end)

  --- Returns the most memory that a run has had, in KiB, and its output.
  local function peak_kib(path)
    local process = support.start { support.perilune, "load", "-q", path }
    local status, peak = "/proc/" .. process.pid .. "/status", 0
    support.wait_until(function()
      local file = io.open(status)
      local text = file and file:read "a" or ""
      if file then file:close() end
      peak = math.max(peak, tonumber(text:match "VmHWM:%s+(%d+)") or 0)
      return support.exists(process.status_file)
    end, "its end", 600)
    local out = process:output()
    assert.equal(0, process:stop(), out)
    return peak, out
  end

  -- AddressSanitizer keeps freed memory for a while, so memory is not measured.
  if os.getenv "PERILUNE_ASAN" then return end

  it("does not take more memory than all bodies may have", function()
    local list = select(true)
    local peak, out = peak_kib(script(list, "k", HEAVY_VUS))
    assert_counted(out, list, HEAVY_VUS)
    assert.truthy(peak < HEAVY_VUS * BODY_MAX_KIB + 64 * 1024, peak .. " KiB")
    list = select(false)
    peak, out = peak_kib(script(list, "(k + t.vu) % n + 1", VUS))
    assert_counted(out, list, VUS)
    assert.truthy(peak < 64 * 1024, peak .. " KiB")
  end)
end)

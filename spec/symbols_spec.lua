-- symbols_spec.lua: native code in profiles has functions, files and lines from
-- the debug information that there is, the mappings say how much of it, and so go
-- tool pprof shows the same names with and without the files.
-- Needs: core go
local go_pprof = require "go_pprof"
local sampling = require "sampling"
local socket = require "socket"
local support = require "support"

local SOURCE = support.source .. "/spec/scripts/burner.c"
local FLAGS = { FN = "functions", FL = "filenames", LN = "line numbers", IN = "inline frames" }

local folder, source_lines

--- Returns the number of the line of burner.c with this comment.
local function line_with(comment)
  for i, line in ipairs(source_lines) do
    if line:find("/* " .. comment .. " */", 1, true) then return i end
  end
  error("no line with " .. comment)
end

local function run(command)
  local code, _, err = support.run(("cd %s && %s"):format(folder, command))
  assert(code == 0, err)
end

--- Compiles the module into a folder of its own, and returns that folder.
local function compile(name, flags, after)
  local at = folder .. "/" .. name
  run(("mkdir %s && cc -O2 -shared -fPIC -I/usr/include/lua5.4 %s -o %s/burner.so")
    :format(at, flags:gsub("SOURCE", SOURCE), at))
  if after then run("cd " .. at .. " && " .. after) end
  return at
end

setup(function()
  folder, source_lines = support.new_folder(), {}
  for line in support.read_file(SOURCE):gmatch "([^\n]*)\n" do
    source_lines[#source_lines + 1] = line
  end
end)

teardown(function() support.remove_folder(folder) end)

--- Runs `perilune run` of a script and returns its CPU profile, with at least 400
-- samples: a line with a share of 10 % is missed once in 10^18 runs.
local function profile(script, options)
  options = options or {}
  local file = os.tmpname()
  support.write_file(file, script)
  local all = sampling.gather(options.samples or 400, 20, function(i)
    local out = ("%s.%d.pb.gz"):format(file, i)
    local code, _, err = support.run(("%s %s run --rate 1000 --cpu %s %s"):format(
      options.environment or "", options.program or support.perilune, out, file))
    assert(code == 0, err)
    run(("mv %s ."):format(out))
    return sampling.read(folder .. "/" .. out:match "[^/]+$")
  end)
  os.remove(file)
  return all
end

local function burn_with(at, call)
  return ("package.cpath = '%s/?.so'\nfor _ = 1, 60 do require 'burner'.%s(0.01) end\n")
    :format(at, call or "burn_for")
end

--- Reads what `go tool pprof -raw` says: mappings by id with their flags and the
-- list of their locations, and all locations, as { mapping, lines = { { name,
-- file, line } } }.
local function read_raw(file)
  local text = go_pprof.read("-raw -symbolize=none " .. file, folder)
  local mappings, locations, location = {}, {}, nil
  for line in (text:match "\nLocations\n(.-)\nMappings\n" or ""):gmatch "[^\n]+" do
    local address, rest = line:match "^ *%d+: (0x%x+) ?(.*)$"
    if address then
      location = { lines = {} }
      locations[#locations + 1] = location
      location.mapping, rest = tonumber(rest:match "^M=(%d+)"), rest:gsub("^M=%d+ ?", "")
    else
      rest = line
    end
    local name, place, number = rest:match "^ *(.-) (%S*):(%d+):%d+ s=%d+"
    if name then
      location.lines[#location.lines + 1] = { name = name, file = place, line = tonumber(number) }
    end
  end
  for line in (text:match "\nMappings\n(.*)$" or ""):gmatch "[^\n]+" do
    local id, path, rest = line:match "^(%d+): %S+ (%S+)(.*)$"
    local mapping = { path = path, flags = {}, locations = {} }
    for flag in rest:gmatch "%[(%u%u)%]" do mapping.flags[flag] = true end
    mappings[tonumber(id)] = mapping
  end
  for _, l in ipairs(locations) do
    if l.mapping then table.insert(mappings[l.mapping].locations, l) end
  end
  return mappings, locations
end

--- Returns what a mapping's flags must be by its locations.
local function flags_of(locations)
  local flags = { FN = #locations > 0, FL = #locations > 0, LN = #locations > 0, IN = false }
  for _, location in ipairs(locations) do
    if #location.lines == 0 then flags.FN, flags.FL, flags.LN = false, false, false end
    if #location.lines > 1 then flags.IN = true end
    for _, line in ipairs(location.lines) do
      flags.FN = flags.FN and line.name ~= ""
      flags.FL = flags.FL and line.file ~= ""
      flags.LN = flags.LN and line.line ~= 0
    end
  end
  return flags
end

local function check_flags(file)
  local mappings, locations = read_raw(file)
  for _, mapping in ipairs(mappings) do
    local expected = flags_of(mapping.locations)
    for flag, what in pairs(FLAGS) do
      assert.equal(expected[flag], mapping.flags[flag] or false,
        ("%s: has %s"):format(mapping.path, what))
    end
  end
  return mappings, locations
end

local function mapping_of(mappings, path)
  for _, mapping in ipairs(mappings) do
    if mapping.path:find(path, 1, true) then return mapping end
  end
  error("no mapping of " .. path)
end

--- Returns the text of a report without the lines that name the program's file.
local function report(arguments)
  local code, out, err = go_pprof.run(arguments, folder)
  assert.equal(0, code, err)
  return out:gsub("^File: [^\n]*\n", ""), err
end

--- Returns the share of the samples whose leaf is this line of burner.c. On a busy
-- machine single samples have much of the CPU time, so samples are counted.
local function share_of_line(p, comment)
  local out = report("-lines -top -sample_index=samples -nodefraction=0 " .. p:arguments())
  local share = 0
  for percent, place in out:gmatch "([%d.]+)%%%s+[%d.]+%%%s+%S+%s+[%d.]+%%%s+(%S+ [^\n]*)\n" do
    if place:find(("burner.c:%d"):format(line_with(comment)) .. "%f[^%d]") then
      share = share + tonumber(percent) / 100
    end
  end
  return share
end

describe("a C module with debug information", function()
  local p

  setup(function() p = profile(burn_with(compile("debug", "-g SOURCE"))) end)

  it("has its functions, inlined ones too, and its lines", function()
    local tolerance = 0.13 -- five deviations of a half at 400 samples
    assert.is_near(0.5, share_of_line(p, "inlined"), tolerance)
    assert.is_near(0.5, share_of_line(p, "called"), tolerance)
    -- spin_inlined is called by burn_for, as in the source.
    assert.is_near(0.5, p:share("samples", "main;burner.burn_for;spin_inlined")
      + p:share("samples", "burner.burn_for;spin_inlined"), tolerance)
    assert.is_near(0.5, p:share("samples", "burner.burn_for;spin_called"), tolerance)
  end)

  it("has flags that are true", function()
    for _, file in ipairs(p.files) do
      local mapping = mapping_of(check_flags(file), "debug/burner.so")
      for flag, what in pairs(FLAGS) do assert.is_true(mapping.flags[flag], what) end
    end
  end)

  it("is listed with and without its file, under the names of Lua and C", function()
    local function check()
      for _, name in ipairs { "burner.burn_for", "spin_called", "spin_inlined" } do
        local out = report(("-list '^%s$' %s"):format(name, p:arguments()))
        assert.truthy(out:find("ROUTINE =+ " .. name:gsub("%.", "%%.") .. "[^\n]* in "), out)
      end
      local out = report("-list '^burner.burn_for$' " .. p:arguments())
      -- The time of the callees stands on the two calls.
      for _, comment in ipairs { "place of the inlined call", "place of the call" } do
        local flat, cum = out:match(("\n *(%%S+) +(%%S+) +%d:"):format(line_with(comment)))
        assert.truthy(flat, out)
        assert.truthy(cum:find "^%d", out)
      end
    end
    check()
    run "rm debug/burner.so"
    check()
  end)
end)

describe("debug information in a file of its own", function()
  local SEPARATE = "objcopy --only-keep-debug burner.so burner.debug && strip -g burner.so"
  for name, after in pairs {
    ["beside the object"] = " && objcopy --add-gnu-debuglink=burner.debug burner.so",
    ["in the folder .debug"] = " && objcopy --add-gnu-debuglink=burner.debug burner.so"
      .. " && mkdir .debug && mv burner.debug .debug",
  } do
    it("is found " .. name, function()
      local at = "link" .. #name
      local p = profile(burn_with(compile(at, "-g -Wl,--build-id=none SOURCE", SEPARATE .. after)))
      assert.is_near(0.5, share_of_line(p, "inlined"), 0.13)
      assert.is_true(mapping_of(check_flags(p.files[1]), at .. "/burner.so").flags.LN)
    end)
  end

  it("is not used if it belongs to another build", function()
    local at = compile("other", "-g -Wl,--build-id=none SOURCE", SEPARATE
      .. " && objcopy --add-gnu-debuglink=burner.debug burner.so && echo >>burner.debug")
    local p = profile(burn_with(at))
    assert.equal(0, share_of_line(p, "inlined"))
    local flags = mapping_of(check_flags(p.files[1]), "other/burner.so").flags
    assert.same({ FN = true }, flags)
  end)
end)

describe("an object", function()
  it("of which a part has debug information claims no lines", function()
    run(("cc -O2 -fPIC -c -DBURN -x c - -o plain.o <<'END'\n"
      .. "static volatile unsigned sink;\nvoid burn_plain(void)\n{\n"
      .. "    for (unsigned i = 0; i < 200000; i++)\n"
      .. "        sink = sink * 1664525 + 1013904223;\n}\nEND\n"))
    local at = compile("half", "-g -DWITH_PLAIN SOURCE " .. folder .. "/plain.o")
    local p = profile(burn_with(at, "plain"))
    assert.is_true(p:share("samples", "burner.plain;burn_plain") > 0.8)
    local mapping = mapping_of(check_flags(p.files[1]), "half/burner.so")
    assert.is_true(mapping.flags.FN)
    assert.is_nil(mapping.flags.FL)
    assert.is_nil(mapping.flags.LN)
  end)

  it("without any symbol has functions by their addresses", function()
    local p = profile(burn_with(compile("stripped", "SOURCE", "strip burner.so")))
    local mappings = check_flags(p.files[1])
    local mapping, names = mapping_of(mappings, "stripped/burner.so"), {}
    assert.same({ FN = true }, mapping.flags)
    for _, location in ipairs(mapping.locations) do names[location.lines[1].name] = true end
    -- burn has its name from Lua; spin_called has none, and it calls nothing.
    assert.is_true(names["burner.burn_for"])
    assert.is_true(p:share("samples", function(sample)
      return sample.stack:find ";burner%.burn_for;burner%.so%+0x%x+;$"
    end) > 0.3)
  end)
end)

describe("go tool pprof", function()
  --- The report is the same as if pprof looks for no file, and it complains of nothing.
  local function check(file)
    local out, err = report("-top -nodecount=1000 " .. file)
    assert.equal("", err:gsub("Fetching profile[^\n]*\n", ""):gsub("Saved profile[^\n]*\n", ""))
    assert.equal(report("-top -nodecount=1000 -symbolize=none " .. file), out)
    return out
  end

  it("shows the same names of every kind with and without the program", function()
    local program = folder .. "/program"
    run(("cp %s %s"):format(support.perilune, program))
    local perilune = support.perilune
    support.perilune = program
    local server = support.serve { "--heap-rate", "4096", support.source .. "/lua" }
    support.perilune = perilune
    finally(function() server:stop() end)
    local files = {}
    for _, kind in ipairs { "allocs", "goroutine", "threadcreate", "block",
      "profile?seconds=1" } do
      local status, body = support.request(server.url .. "/debug/pprof/" .. kind)
      assert.equal(200, status)
      files[kind] = ("%s/%s.pb.gz"):format(folder, kind:match "%a+")
      support.write_file(files[kind], body)
      check_flags(files[kind])
    end
    local names = check(files.allocs)
    assert.truthy(names:find "reloader_load", names)
    os.rename(program, program .. ".elsewhere")
    for kind, file in pairs(files) do
      names = check(file)
      assert.is_nil(names:find("[program]", 1, true), kind .. ": " .. names)
    end
  end)

  it("shows C functions under the names of Lua in every report", function()
    local p = profile [[
      local start, json = os.clock(), require "json"
      while os.clock() - start < 0.6 do
        for i = 1, 100 do
          local list = { json.encode { i, "x", 0.5 }, ("%d"):format(i), "a" }
          table.sort(list, function(a, b) return a < b end)
        end
      end]]
    local file = p:arguments()
    local names = { ["json.encode"] = "json_encode_lua", ["string.format"] = "str_format" }
    for _, arguments in ipairs { "-top", "-peek .", "-traces", "-lines -tree", "-dot" } do
      local out = report(arguments .. " -nodefraction=0 -nodecount=1000 " .. file)
      for name, symbol in pairs(names) do
        if arguments == "-dot" then name = name:gsub("%.", "\\n") end
        assert.truthy(out:find(name, 1, true), arguments .. ": " .. out)
        assert.is_nil(out:find(symbol, 1, true), arguments .. ": " .. out)
      end
    end
    -- They have addresses in the program, and where it has debug information, the line.
    local mappings, locations = check_flags(p.files[1])
    local lines = {}
    for _, location in ipairs(locations) do
      local last = location.lines[#location.lines]
      if last and (last.name == "json.encode" or last.name == "string.format") then
        assert.equal(mappings[1], mappings[location.mapping])
        if last.name == "json.encode" then lines[last.line] = true end
        if last.name == "json.encode" then assert.truthy(last.file:find "/module_json%.c$") end
      end
    end
    assert.truthy(next(lines, next(lines)), "json.encode has one line only")
  end)

  it("lists a C function of the program", function()
    local p = profile [[
      local start, json = os.clock(), require "json"
      local list = {}
      for i = 1, 1000 do list[i] = { i, "x", 0.5 } end
      while os.clock() - start < 0.6 do json.encode(list) end]]
    local _, locations = read_raw(p.files[1])
    for _, location in ipairs(locations) do
      for _, line in ipairs(location.lines) do
        local top = line.file:match "^(/.*)/core/modules/json_encode%.c$"
        if top then -- another tree, if the compiler's output comes from a cache
          local out = report(("-list '^json_encode$' -source_path %s -trim_path %s %s"):format(
            support.source, top, p:arguments()))
          assert.truthy(out:find "%d+:bool json_encode%(lua_State %*L", out)
          assert.truthy(out:find "\n *%S+ +[%d.]+m?s +%d+:[^\n]*encode_value", out)
          return
        end
      end
    end
    error "no line of json_encode.c"
  end)
end)

describe("symbols are looked up", function()
  it("without asking a server for debug information", function()
    local silent = assert(socket.bind("127.0.0.1", 0))
    local _, port = silent:getsockname()
    local environment = "DEBUGINFOD_URLS=http://127.0.0.1:" .. port
    local p = profile(burn_with(compile("plain", "SOURCE", "strip burner.so")),
      { environment = environment })
    assert.is_true(p:share("samples", "burner.burn_for") > 0.8)
    silent:settimeout(0)
    local client, err = silent:accept()
    assert.is_nil(client)
    assert.equal("timeout", err)
    silent:close()
  end)

  it("in the program's file after another has taken its place", function()
    local program = folder .. "/replaced"
    run(("cp %s %s"):format(support.perilune, program))
    local p = profile(([[
      os.execute "cp /bin/true %s.new && mv %s.new %s"
      local start, json = os.clock(), require "json"
      while os.clock() - start < 0.6 do json.encode { "text", 1 } end]])
      :format(program, program, program), { program = program, samples = 1 })
    assert.is_true(p:sum("samples", "json.encode;json_encode;encode_value") > 0)
  end)
end)

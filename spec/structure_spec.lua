-- structure_spec.lua: the folders of core/: which folder may include which, and how
-- large a folder may get. The README.md of a folder is its map: it names the files,
-- in core/ and in the other folders that people read.
local support = require "support"

-- What each folder may include besides itself. A folder stands below all that
-- it may include, so no arrow points up.
local ARROWS = {
  { "base" },
  { "profile", "base" },
  { "sample/platform", "base" },
  { "sample/tables", "sample/platform base" },
  { "sample/walk", "sample/tables sample/platform base" },
  { "sample/hooks", "sample/walk sample/tables sample/platform base" },
  { "sample/build", "sample/walk sample/tables sample/platform profile base" },
  { "sample/session", "sample/build sample/hooks sample/walk sample/tables " ..
    "sample/platform profile base" },
  { "sync", "base" },
  { "client", "base" },
  { "script", "sample/* sync base" },
  { "modules", "script client sync sample/* base" },
  { "record", "script sync sample/* profile base" },
  { "export", "modules script sample/* profile base" },
  { "http", "base" },
  { "handler", "http modules script client sample/* base" },
  { "pprof", "record export http sample/* profile base" },
  { "serve", "pprof record export handler http modules script client sample/* base" },
  { "measure", "script client base" },
  { "target", "measure record client profile base" },
  { "load", "target measure record modules script client base" },
  { "report", "load target record measure export modules script client base" },
  { "live", "load measure base" },
  { "cli", "live report load record export serve http modules script client " ..
    "sample/* profile base" },
}

local MAX_FILES = 45

-- Folders outside core/ that a map describes, and the map's folder.
local MAPPED = {
  ["lua"] = "lua", ["lua/meta"] = "lua",
  ["exporters"] = "exporters", ["exporters/lib"] = "exporters",
  ["exporters/report"] = "exporters",
  ["scripts"] = "scripts",
  ["bench"] = "bench", ["bench/programs"] = "bench/programs",
  ["spec"] = "spec", ["spec/c"] = "spec",
}

--- Returns the lines that a shell command prints in the root of the tree.
local function lines_of(command)
  local code, out, err = support.run(("cd %s && %s")
    :format(support.quote(support.source), command))
  assert(code == 0, err)
  local lines = {}
  for line in out:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

local function list_sources()
  local folders = {}
  for _, path in ipairs(lines_of "find core -name '*.[ch]' | sort") do
    local folder, name = path:match "^core/(.+)/([^/]+)$"
    folders[folder] = folders[folder] or {}
    table.insert(folders[folder], name)
  end
  return folders
end

--- Reads the README.md of a folder. Returns a function that tells whether the map
-- names a word. In a map, `executor_NAME` names a family of files.
local function read_map(folder)
  local path = ("%s/%s/README.md"):format(support.source, folder)
  local text = support.exists(path) and support.read_file(path) or ""
  local words, families = {}, {}
  for word in text:gmatch "[%w_-]+" do
    words[word] = true
    families[#families + 1] = word:match "^(.+_)NAME$"
  end
  return function(name)
    for _, prefix in ipairs(families) do
      if name:sub(1, #prefix) == prefix then return true end
    end
    return words[name] or false
  end
end

--- The set of folders that each folder may include, and where it stands.
local function allowed_includes()
  local allowed, place = {}, {}
  for i, arrow in ipairs(ARROWS) do place[arrow[1]] = i end
  for _, arrow in ipairs(ARROWS) do
    local set = { [arrow[1]] = true }
    for word in (arrow[2] or ""):gmatch "%S+" do
      if word == "sample/*" then
        for folder in pairs(place) do
          if folder:find "^sample/" then set[folder] = true end
        end
      else
        set[word] = true
      end
    end
    allowed[arrow[1]] = set
  end
  return allowed, place
end

local folders = list_sources()

describe("The folders of core/", function()
  it("include only what lies below them", function()
    local allowed, place = allowed_includes()
    local wrong = {}
    for folder, set in pairs(allowed) do
      for included in pairs(set) do
        assert(place[included], "unknown folder " .. included)
        if place[included] > place[folder] then
          wrong[#wrong + 1] = ("the list lets %s include %s, above it")
            :format(folder, included)
        end
      end
    end
    for folder, names in pairs(folders) do
      for _, name in ipairs(names) do
        local path = ("core/%s/%s"):format(folder, name)
        local text = support.read_file(support.source .. "/" .. path)
        for header in text:gmatch '#include "([^"]+)"' do
          local included = header:match "^(.+)/" or "?"
          if header:find "%.pb%-c%.h$" then
            included = nil -- made from proto/ by the build
          end
          if included and not (allowed[folder] or {})[included] then
            wrong[#wrong + 1] = ("%s includes %s"):format(path, header)
          end
        end
      end
    end
    table.sort(wrong)
    assert.are.same({}, wrong)
  end)

  it("have a README.md that names each file", function()
    local unnamed = {}
    for folder, names in pairs(folders) do
      local is_named = read_map("core/" .. folder)
      for _, name in ipairs(names) do
        if not is_named(name:match "^[^.]+") then
          unnamed[#unnamed + 1] = ("core/%s/README.md does not name %s")
            :format(folder, name)
        end
      end
    end
    table.sort(unnamed)
    assert.are.same({}, unnamed)
  end)

  it("have a README.md whose table names files that there are", function()
    local stale = {}
    for folder, names in pairs(folders) do
      local there = {}
      for _, name in ipairs(names) do there[name:match "^[^.]+"] = true end
      local path = ("core/%s/README.md"):format(folder)
      local text = support.read_file(support.source .. "/" .. path)
      for cell in text:gmatch "\n|([^|]+)|" do
        for name in cell:gmatch "`([%w_]+)`" do
          if not there[name] and not name:find "_NAME$" then
            stale[#stale + 1] = ("%s names %s"):format(path, name)
          end
        end
      end
    end
    table.sort(stale)
    assert.are.same({}, stale)
  end)

  it("have at most " .. MAX_FILES .. " files", function()
    for folder, names in pairs(folders) do
      assert.is_true(#names <= MAX_FILES,
        ("core/%s has %d files"):format(folder, #names))
    end
  end)

  it("have headers whose guard is their path", function()
    local wrong = {}
    for folder, names in pairs(folders) do
      for _, name in ipairs(names) do
        if name:find "%.h$" then
          local path = ("%s/%s"):format(folder, name)
          local text = support.read_file(support.source .. "/core/" .. path)
          local guard = path:upper():gsub("[^%w]", "_")
          if not text:find(("#ifndef %s\n#define %s\n"):format(guard, guard), 1,
              true) then
            wrong[#wrong + 1] = "core/" .. path
          end
        end
      end
    end
    table.sort(wrong)
    assert.are.same({}, wrong)
  end)

  it("name in their Path: lines files that there are", function()
    local there = { ["main.c"] = true }
    for folder, names in pairs(folders) do
      for _, name in ipairs(names) do
        there[name] = true
        there[folder .. "/" .. name] = true
        there[(folder:match "[^/]+$") .. "/" .. name] = true
      end
    end
    local stale = {}
    for folder, names in pairs(folders) do
      for _, name in ipairs(names) do
        local path = ("core/%s/%s"):format(folder, name)
        local text = support.read_file(support.source .. "/" .. path)
        local line = text:match "Path: (.-)\n %*[ /\n]*\n" or text:match "Path: (.-)%*/"
        for file in (line or ""):gmatch "[%w_/]+%.[ch]%f[%W]" do
          if not there[file] then
            stale[#stale + 1] = ("%s: Path: names %s"):format(path, file)
          end
        end
      end
    end
    table.sort(stale)
    assert.are.same({}, stale)
  end)
end)

describe("The folders beside core/", function()
  --- The names of the sources of core/, without their ends: spec/c/NAME.c tests one.
  local function source_names()
    local found = {}
    for _, names in pairs(folders) do
      for _, name in ipairs(names) do found[name:match "^[^.]+"] = true end
    end
    return found
  end

  it("have a README.md that names each file and each folder", function()
    local unnamed, sources = {}, source_names()
    for folder, of in pairs(MAPPED) do
      local is_named = read_map(of)
      local list = "find %s -mindepth 1 -maxdepth 1 ! -name README.md ! -name '.*'"
      for _, path in ipairs(lines_of(list:format(folder))) do
        local name = path:match "([^/.]+)[^/]*$"
        if not is_named(name) and not is_named(name:gsub("_spec$", "") .. "")
            and not (folder == "spec/c" and sources[name]) then
          unnamed[#unnamed + 1] = ("%s/README.md does not name %s"):format(of, path)
        end
      end
    end
    table.sort(unnamed)
    assert.are.same({}, unnamed)
  end)

  -- "histogram.c -- tests of measure/histogram.c: ..."
  it("have unit tests whose heads name files that there are", function()
    local stale = {}
    for _, path in ipairs(lines_of "find spec/c -name '*.c'") do
      local text = support.read_file(support.source .. "/" .. path)
      local head = text:match "^/%*.-%*/" or ""
      for file in head:gmatch "[%w_/]+/[%w_]+%.[ch]%f[%W]" do
        local there = false
        for _, place in ipairs { "core/", "core/sample/", "" } do
          there = there or support.exists(("%s/%s%s"):format(support.source, place, file))
        end
        if not there then
          stale[#stale + 1] = ("%s names %s"):format(path, file)
        end
      end
    end
    table.sort(stale)
    assert.are.same({}, stale)
  end)

  it("have maps that name files that there are", function()
    local stale = {}
    for _, of in pairs(MAPPED) do
      local there = {}
      for _, path in ipairs(lines_of(("find %s -type f"):format(of))) do
        there[path:match "[^/]+$"] = true
      end
      local text = support.read_file(("%s/%s/README.md"):format(support.source, of))
      for file in text:gmatch "`([%w_/-]+%.%l+)`" do
        if not file:find "NAME" and not there[file:match "[^/]+$"]
            and not support.exists(("%s/%s"):format(support.source, file)) then
          stale[("%s/README.md names %s"):format(of, file)] = true
        end
      end
    end
    assert.are.same({}, stale)
  end)
end)
